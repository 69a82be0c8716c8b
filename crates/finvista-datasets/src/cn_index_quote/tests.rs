use super::*;
use crate::testing::{builder, check, finish, params, symbol};
use finvista_core::Snapshot;
use finvista_core::dataset::{Dataset, Quote, QuoteSink};

#[test]
fn quotes_of_indices_have_the_order_of_the_query_and_no_order_book() {
    let parsed = CnIndexQuote::SPEC.parse(&params(&[("symbols", "000001,399001,930955")])).unwrap();
    assert_eq!(parsed.symbols(), ["000001.SH", "399001.SZ", "930955.CSI"].map(symbol));
    let snapshot = Snapshot::new(parsed.symbols().iter().copied(), &CnIndexQuote::SPEC.rules).unwrap();
    let mut builder = builder::<CnIndexQuote>(&snapshot);
    let quote = Quote {
        name: "上证指数",
        price: Some(2_967.4),
        pre_close: Some(2_945.85),
        open: Some(2_943.67),
        high: Some(2_985.85),
        low: Some(2_943.67),
        volume: Some(31_000_000_000),
        amount: Some(2.9e11),
        ..Quote::default()
    };
    for code in ["930955.CSI", "000001.SH"] {
        builder.quote(symbol(code), &quote).unwrap();
    }
    let table = finish::<CnIndexQuote>(builder);
    let rows: Vec<IndexQuote<'_>> = table.rows().collect();
    assert_eq!(rows.iter().map(|row| row.symbol).collect::<Vec<_>>(), ["000001.SH", "930955.CSI"]);
    assert_eq!((rows[0].change, rows[0].change_pct), (Some(21.55), Some(0.73)));
    assert!(table.column("bid1").is_none());
    assert_eq!(check(&snapshot, &table).unwrap(), [symbol("399001.SZ")]);
}

#[test]
fn prices_are_points_and_amounts_are_money() {
    let unit =
        |name: &str| CnIndexQuote::schema().field_with_name(name).unwrap().metadata().get("unit").cloned();
    for name in ["price", "pre_close", "open", "high", "low", "change"] {
        assert_eq!(unit(name).as_deref(), Some("points"), "{name}");
    }
    assert_eq!((unit("amount").as_deref(), unit("change_pct").as_deref()), (Some("CNY"), Some("%")));
}
