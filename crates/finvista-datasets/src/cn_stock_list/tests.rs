use super::*;
use crate::testing::{builder, check, finish, params, refused};
use finvista_core::ErrorKind;
use finvista_core::dataset::{Build, Dataset};

fn all() -> Listing {
    Listing::new(&CnStockList::SPEC.rules)
}

fn listed(symbol: &str) -> Listed<'_> {
    Listed {
        symbol,
        name: "浦发银行",
        board: "main",
        price: Some(10.1),
        change: Some(0.1),
        change_pct: Some(1.0),
        volume: Some(1_000),
        amount: Some(10_000.0),
        turnover: Some(0.5),
        market_cap: Some(1e9),
        float_cap: Some(9e8),
    }
}

fn suspended(symbol: &str) -> Listed<'_> {
    Listed {
        price: None,
        change: None,
        change_pct: None,
        volume: None,
        amount: None,
        turnover: None,
        ..listed(symbol)
    }
}

#[test]
fn rows_are_sorted_by_symbol_and_suspended_listings_are_kept() {
    let mut builder = builder::<CnStockList>(&all());
    builder.expect(3);
    for row in [listed("600519.SH"), suspended("000001.SZ"), listed("600000.SH")] {
        builder.push(row);
    }
    assert_eq!(builder.len(), 3);
    let table = finish::<CnStockList>(builder);
    assert_eq!(check(&all(), &table).unwrap(), []);
    let rows: Vec<Listed<'_>> = table.rows().collect();
    let expected = [suspended("000001.SZ"), listed("600000.SH"), listed("600519.SH")];
    assert_eq!(rows, expected);
}

#[test]
fn another_number_of_rows_than_the_vendor_announced_is_refused() {
    for announced in [1, 3] {
        let mut builder = builder::<CnStockList>(&all());
        builder.push(listed("600000.SH"));
        builder.expect(announced);
        builder.push(listed("600519.SH"));
        let error = builder.finish().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert_eq!(error.message(), format!("expected {announced} rows, as the vendor announced, got 2"));
    }
}

#[test]
fn wrong_rows_are_refused_by_name() {
    let checked = |rows: &[Listed<'_>]| {
        let mut builder = builder::<CnStockList>(&all());
        rows.iter().for_each(|&row| builder.push(row));
        check(&all(), &finish::<CnStockList>(builder)).unwrap_err().message().to_owned()
    };
    let good = listed("600000.SH");
    assert_eq!(
        checked(&[good, good]),
        "600000.SH: expected ascending and unique keys, got this one after 600000.SH"
    );
    assert_eq!(
        checked(&[suspended("000001.SZ"), Listed { price: Some(0.0), ..good }]),
        "600000.SH: expected a number above 0 in price, got 0"
    );
    assert_eq!(
        checked(&[Listed { float_cap: Some(-1.0), ..good }]),
        "600000.SH: expected a number of at least 0 in float_cap, got -1"
    );
}

#[test]
fn the_market_is_one_of_the_scopes() {
    let parsed = |text: &str| CnStockList::SPEC.parse(&params(&[("market", text)]));
    assert_eq!(CnStockList::SPEC.parse(&params(&[])).unwrap().scope().unwrap().name, "all");
    let star = parsed(" STAR ").unwrap();
    assert_eq!((star.to_string().as_str(), star.scope().unwrap().name), ("the STAR market", "star"));
    assert_eq!(
        refused(parsed("hk")),
        (
            "expected a market of cn_stock_list (all, sh, sz, bj, star, chinext, etf or b), got \"hk\""
                .to_owned(),
            Some("market")
        )
    );
    // The rules do not allow a listing as of a past day.
    assert_eq!(
        refused(CnStockList::SPEC.parse(&params(&[("day", "2024-06-28")]))).0,
        "expected a parameter of cn_stock_list (market), got \"day\""
    );
}

#[test]
fn a_listing_is_a_sweep() {
    let second = std::time::Duration::from_secs(1);
    assert!(CnStockList::SPEC.pace.is_sweep());
    assert_eq!(CnStockList::SPEC.pace.attempt(10 * second), 120 * second);
    assert_eq!(CnStockList::SPEC.pace.call(400 * second), 400 * second);
}
