use super::*;
use crate::capability::Precision;
use crate::error::ErrorKind;
use crate::table::Table;

fn symbol(text: &str) -> Symbol {
    text.parse().unwrap()
}

fn query(symbols: &[&str]) -> CnStockQuoteQuery {
    CnStockQuoteQuery::new(symbols.iter().map(|text| symbol(text))).unwrap()
}

fn quote() -> Quote<'static> {
    Quote {
        name: " 浦发银行 ",
        price: Some(10.1),
        pre_close: Some(10.0),
        open: Some(10.0),
        high: Some(10.5),
        low: Some(9.5),
        volume: Some(1_000),
        amount: Some(10_000.0),
        bids: [
            Level { price: Some(10.1), volume: Some(300) },
            Level::default(),
            Level::default(),
            Level::default(),
            Level::default(),
        ],
        ..Quote::default()
    }
}

fn built(query: &CnStockQuoteQuery, quotes: &[(&str, Quote<'_>)]) -> Table {
    let mut builder = CnStockQuote::builder(query);
    for (code, quote) in quotes {
        builder.quote(&symbol(code), quote).unwrap();
    }
    Table::new(CnStockQuote::finish(builder).unwrap())
}

#[test]
fn rows_come_in_the_order_of_the_query() {
    let query = query(&["600519.SH", "000001.SZ", "600000.SH"]);
    let table = built(&query, &[("000001.SZ", quote()), ("600519.SH", quote())]);
    let rows: Vec<QuoteRow<'_>> = table.rows::<CnStockQuote>().unwrap().collect();
    assert_eq!(rows.iter().map(|row| row.symbol).collect::<Vec<_>>(), ["600519.SH", "000001.SZ"]);
    assert_eq!((rows[0].name, rows[0].change, rows[0].change_pct), ("浦发银行", Some(0.1), Some(1.0)));
    assert_eq!((rows[0].bid1, rows[0].bid_volume1, rows[0].bid2), (Some(10.1), Some(300), None));
    let missing = (CnStockQuote::SPEC.check)(&query.into(), table.batch(), &Precision::default()).unwrap();
    assert_eq!(missing, [symbol("600000.SH")]);
}

#[test]
fn a_symbol_that_was_not_asked_for_is_refused() {
    let mut builder = CnStockQuote::builder(&query(&["600000.SH"]));
    assert_eq!(builder.quote(&symbol("600519.SH"), &quote()).unwrap_err().kind(), ErrorKind::Invalid);
}

#[test]
fn a_query_asks_each_symbol_once_and_no_index() {
    assert_eq!(query(&["600000.SH", "600519.SH", "600000.SH"]).symbols.len(), 2);
    assert!(CnStockQuoteQuery::new([]).is_err());
    assert!(CnStockQuoteQuery::new([symbol("000300.SH")]).unwrap_err().to_string().contains("index"));
    let params = Params::from([("symbols".to_owned(), "000001, sh600519".to_owned())]);
    assert_eq!(CnStockQuote::SPEC.parse(&params).unwrap().to_string(), "000001.SZ, 600519.SH");
}

#[test]
fn every_broken_invariant_is_named() {
    let query = query(&["600000.SH"]);
    let checked = |quotes: &[(&str, Quote<'_>)]| {
        (CnStockQuote::SPEC.check)(
            &query.clone().into(),
            built(&query, quotes).batch(),
            &Precision::default(),
        )
    };
    let of = |quote: Quote<'static>| vec![("600000.SH", quote)];
    assert!(checked(&of(quote())).unwrap().is_empty());
    // A suspended instrument has no price of the day.
    let suspended = Quote { pre_close: Some(10.0), volume: Some(0), amount: Some(0.0), ..Quote::default() };
    assert!(checked(&of(suspended)).unwrap().is_empty());
    for (quotes, part) in [
        (of(Quote { price: Some(10.6), ..quote() }), "do not lie between"),
        (of(Quote { open: Some(9.4), ..quote() }), "do not lie between"),
        (of(Quote { low: Some(10.6), open: None, price: None, ..quote() }), "do not lie between"),
        (of(Quote { pre_close: Some(0.0), ..quote() }), "not positive"),
        (of(Quote { volume: Some(-1), ..quote() }), "negative"),
        (of(Quote { volume: Some(100_000), ..quote() }), "a unit is wrong"),
        (vec![("600000.SH", quote()), ("600000.SH", quote())], "quoted twice"),
    ] {
        let error = checked(&quotes).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.message().contains(part), "{error}");
    }
}

#[test]
fn a_slip_in_a_hundred_quotes_passes() {
    let codes: Vec<String> = (600_000..600_200).map(|code| format!("{code}.SH")).collect();
    let query = query(&codes.iter().map(String::as_str).collect::<Vec<_>>());
    let exact = Precision { volume: 0.0, amount: 0.0, price: 0.0 };
    let with = |slips: usize| {
        let quote = |place| match place < slips {
            true => Quote { amount: Some(10_700.0), ..quote() },
            false => quote(),
        };
        let quotes: Vec<_> =
            codes.iter().zip(0..).map(|(code, place)| (code.as_str(), quote(place))).collect();
        (CnStockQuote::SPEC.check)(&query.clone().into(), built(&query, &quotes).batch(), &exact)
    };
    assert!(with(2).is_ok());
    assert!(with(3).unwrap_err().message().contains("600000.SH"));
}
