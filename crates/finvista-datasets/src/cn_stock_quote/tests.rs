use super::*;
use crate::testing::{builder, check, check_with, finish, params, refused, symbol};
use finvista_core::dataset::{ColumnType, Dataset, Level, Quote, QuoteSink};
use finvista_core::{ErrorKind, Precision, Shape, Snapshot, Table};

fn snapshot(symbols: &[&str]) -> Snapshot {
    Snapshot::new(symbols.iter().map(|text| symbol(text)), &CnStockQuote::SPEC.rules).unwrap()
}

fn quote() -> Quote<'static> {
    let mut quote = Quote {
        name: " 浦发银行 ",
        price: Some(10.1),
        pre_close: Some(10.0),
        open: Some(10.0),
        high: Some(10.5),
        low: Some(9.5),
        volume: Some(1_000),
        amount: Some(10_000.0),
        ..Quote::default()
    };
    quote.bids[0] = Level { price: Some(10.1), volume: Some(300) };
    quote
}

fn built(snapshot: &Snapshot, quotes: &[(&str, Quote<'_>)]) -> Table<CnStockQuote> {
    let mut builder = builder::<CnStockQuote>(snapshot);
    for (code, quote) in quotes {
        builder.quote(symbol(code), quote).unwrap();
    }
    finish(builder)
}

#[test]
fn rows_come_in_the_order_of_the_query() {
    let snapshot = snapshot(&["600519.SH", "000001.SZ", "600000.SH"]);
    let table = built(&snapshot, &[("000001.SZ", quote()), ("600519.SH", quote())]);
    let rows: Vec<QuoteRow<'_>> = table.rows().collect();
    assert_eq!(rows.iter().map(|row| row.symbol).collect::<Vec<_>>(), ["600519.SH", "000001.SZ"]);
    assert_eq!((rows[0].name, rows[0].change, rows[0].change_pct), ("浦发银行", Some(0.1), Some(1.0)));
    assert_eq!((rows[0].bid1, rows[0].bid_volume1, rows[0].bid2), (Some(10.1), Some(300), None));
    assert_eq!(check(&snapshot, &table).unwrap(), [symbol("600000.SH")]);
}

#[test]
fn a_change_is_price_minus_previous_close() {
    let snapshot = snapshot(&["600000.SH"]);
    let row = |quote: Quote<'static>| {
        let table = built(&snapshot, &[("600000.SH", quote)]);
        check(&snapshot, &table).unwrap();
        table.rows().next().map(|row| (row.change, row.change_pct, row.amount)).unwrap()
    };
    let said = |change: f64, pct: f64| Quote { change: Some(change), change_pct: Some(pct), ..quote() };
    assert_eq!(row(said(0.1, 1.0)), (Some(0.1), Some(1.0), Some(10_000.0)));
    assert_eq!(row(said(0.11, 1.05)), (Some(0.1), Some(1.0), Some(10_000.0)));
    // Without a price there is no change, whatever the vendor says, and an amount of zero for traded shares is missing.
    assert_eq!(row(Quote { price: None, amount: Some(0.0), ..said(-10.0, -100.0) }), (None, None, None));
    // Without a previous close there is one if it can be, and not against zero.
    let alone = |change, pct| row(Quote { pre_close: None, ..said(change, pct) });
    assert_eq!(alone(0.1, 1.0), (Some(0.1), Some(1.0), Some(10_000.0)));
    assert_eq!(alone(10.1, 0.0), (None, None, Some(10_000.0)));
    let table = built(&snapshot, &[("600000.SH", Quote { pre_close: None, ..said(0.1, 10.0) })]);
    assert!(check(&snapshot, &table).is_err());
}

#[test]
fn a_symbol_that_was_not_asked_for_is_refused() {
    let mut builder = builder::<CnStockQuote>(&snapshot(&["600000.SH"]));
    let error = builder.quote(symbol("600519.SH"), &quote()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert_eq!(error.message(), "expected quotes of the symbols asked for, got one of 600519.SH");
}

#[test]
fn a_query_asks_for_each_symbol_once_and_for_no_index() {
    let rules = &CnStockQuote::SPEC.rules;
    assert_eq!(snapshot(&["600000.SH", "600519.SH", "600000.SH"]).symbols.len(), 2);
    let none = Snapshot::new([], rules).unwrap_err();
    assert_eq!(
        none.to_string(),
        "expected at least one symbol for cn_stock_quote, such as 600519.SH, got none"
    );
    assert_eq!(none.param(), Some("symbols"));
    let index = Snapshot::new([symbol("000300.SH")], rules).unwrap_err();
    assert!(index.to_string().ends_with("got 000300.SH, an index"));
    let parsed = |text: &str| CnStockQuote::SPEC.parse(&params(&[("symbols", text)]));
    assert_eq!(parsed("000001, sh600519").unwrap().to_string(), "000001.SZ, 600519.SH");
    assert_eq!(refused(parsed("000001,x")).1, Some("symbols"));
    assert_eq!(refused(parsed(" ")).0, none.to_string());
    let parsed = parsed("000001 600519 000001").unwrap();
    assert_eq!(Snapshot::of(parsed.selection()).unwrap().symbols, ["000001.SZ", "600519.SH"].map(symbol));
}

#[test]
fn every_broken_invariant_is_named() {
    let snapshot = snapshot(&["600000.SH"]);
    let checked = |quotes: &[(&str, Quote<'_>)]| check(&snapshot, &built(&snapshot, quotes));
    let of = |quote: Quote<'static>| vec![("600000.SH", quote)];
    assert!(checked(&of(quote())).unwrap().is_empty());
    // A suspended instrument has no prices of the day.
    let suspended = Quote { pre_close: Some(10.0), volume: Some(0), amount: Some(0.0), ..Quote::default() };
    assert!(checked(&of(suspended)).unwrap().is_empty());
    for (quotes, message) in [
        (
            of(Quote { price: Some(10.6), ..quote() }),
            "expected open and price between low 9.5 and high 10.5, got 10 and 10.6",
        ),
        (
            of(Quote { open: Some(9.4), ..quote() }),
            "expected open and price between low 9.5 and high 10.5, got 9.4 and 10.1",
        ),
        (
            of(Quote { low: Some(10.6), open: None, price: None, ..quote() }),
            "expected open and price between low 10.6 and high 10.5, got none and none",
        ),
        (of(Quote { pre_close: Some(0.0), ..quote() }), "expected a number above 0 in pre_close, got 0"),
        (of(Quote { volume: Some(-1), ..quote() }), "expected a number of at least 0 in volume, got -1"),
        (
            of(Quote { change: Some(0.5), ..quote() }),
            "expected change 0.10 against the previous close 10, got 0.5",
        ),
        (
            of(Quote { change: Some(0.1), change_pct: Some(-99_999.0), ..quote() }),
            "expected change_pct 1.00 against the previous close 10, got -99999",
        ),
        (
            of(Quote { change: Some(1e300), ..quote() }),
            &format!("expected change 0.10 against the previous close 10, got {}", 1e300),
        ),
        (
            of(Quote { amount: Some(1.1e15), ..quote() }),
            "expected a number from 0 to 1000000000000000 in amount, got 1100000000000000",
        ),
        (
            of(Quote { volume: Some(100_000), ..quote() }),
            "expected amount 10000 / volume 100000 between low 9.5 and high 10.5, got 0.1000: a unit is wrong",
        ),
        (vec![("600000.SH", quote()), ("600000.SH", quote())], "expected a symbol that was asked for, once"),
    ] {
        let error = checked(&quotes).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert_eq!(error.message(), format!("600000.SH: {message}"));
    }
}

#[test]
fn one_row_in_a_hundred_may_fail_the_unit_proof() {
    let codes: Vec<String> = (600_000..600_200).map(|code| format!("{code}.SH")).collect();
    let snapshot = snapshot(&codes.iter().map(String::as_str).collect::<Vec<_>>());
    let mut exact = Precision::default();
    (exact.volume, exact.amount, exact.price) = (0.0, 0.0, 0.0);
    let with = |slips: usize| {
        let quote = |place| match place < slips {
            true => Quote { amount: Some(10_700.0), ..quote() },
            false => quote(),
        };
        let quotes: Vec<_> =
            codes.iter().zip(0..).map(|(code, place)| (code.as_str(), quote(place))).collect();
        check_with(&snapshot, &built(&snapshot, &quotes), exact)
    };
    assert!(with(2).is_ok());
    assert!(with(3).unwrap_err().message().starts_with("600000.SH: "));
}

#[test]
fn groups_expand_to_their_columns_with_units() {
    let names: Vec<_> = CnStockQuote::SPEC.columns.iter().map(|column| column.name).collect();
    let mut expected: Vec<String> = [
        "symbol",
        "name",
        "time",
        "price",
        "pre_close",
        "open",
        "high",
        "low",
        "volume",
        "amount",
        "change",
        "change_pct",
    ]
    .map(str::to_owned)
    .to_vec();
    for name in ["bid", "bid_volume", "ask", "ask_volume"] {
        expected.extend((1..=5).map(|level| format!("{name}{level}")));
    }
    assert_eq!(names, expected);
    for column in CnStockQuote::SPEC.columns {
        let (ty, unit) = match column.name {
            "symbol" | "name" => (ColumnType::Text, ""),
            "time" => (ColumnType::Time(finvista_core::Zone::Shanghai), ""),
            "amount" => (ColumnType::Float, "CNY"),
            "change_pct" => (ColumnType::Float, "%"),
            name if name.contains("volume") => (ColumnType::Int, "shares"),
            _ => (ColumnType::Float, "currency of the instrument"),
        };
        assert_eq!((column.ty, column.unit), (ty, unit), "{}", column.name);
        assert_eq!(column.nullable, !matches!(column.name, "symbol" | "name"), "{}", column.name);
        assert!(!column.doc.is_empty());
    }
}
