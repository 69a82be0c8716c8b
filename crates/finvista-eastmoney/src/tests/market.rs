//! The simulated market, written down by encoders that share no code with these decoders.

use finvista_core::Symbol;
use finvista_testkit::{Answer, Instrument, Kind, Limits, Market, State, answer};

use super::*;

fn market() -> Market {
    Market::new(20_240_628, "2024-06-28".parse().unwrap())
}

fn ask(market: &Market, request: &Request) -> Vec<u8> {
    let request = finvista_testkit::Request::from_url(&request.url);
    let Answer { status, body, .. } = answer(market, &Limits::default(), &request);
    assert_eq!(status, 200);
    body
}

fn symbol(instrument: &Instrument) -> Symbol {
    instrument.prefixed().parse().unwrap()
}

fn stocks(market: &Market) -> impl Iterator<Item = &Instrument> {
    market.instruments().iter().filter(|i| i.kind != Kind::Index)
}

/// An integer in units of `10^-decimals`.
fn decimal(value: i64, decimals: u32) -> f64 {
    format!("{value}e-{decimals}").parse().unwrap()
}

/// Shares as whole lots, rounded as the simulator rounds them.
fn lots(shares: i64) -> i64 {
    (shares + 50) / 100 * 100
}

fn daily(market: &Market, query: &CnStockDailyQuery) -> Result<RecordBatch, SourceError> {
    let asked = Query::CnStockDaily(query.clone());
    answer_from(&Daily, &settings(), &asked, |request| Some((ask(market, request), None)))
}

#[test]
fn bars_are_the_markets_in_every_adjustment() {
    let market = market();
    let ranges = [("", ""), ("2023-01-03", "2023-03-31"), ("2024-06-01", ""), ("", "2016-12-31")];
    let kinds = [
        (Adjust::None, finvista_testkit::Adjust::None),
        (Adjust::Qfq, finvista_testkit::Adjust::Qfq),
        (Adjust::Hfq, finvista_testkit::Adjust::Hfq),
    ];
    let mut rows = 0;
    for instrument in stocks(&market).filter(|i| i.state != State::CodeChanged) {
        for ((start, end), (adjust, truth)) in ranges.iter().flat_map(|r| kinds.iter().map(move |k| (*r, *k)))
        {
            let query = bars_of(&symbol(instrument).to_string(), start, end, adjust);
            let unit = 10_f64.powi(instrument.decimals as i32);
            let price = |price: f64| decimal((price * unit).round() as i64, instrument.decimals);
            let truth = instrument.adjusted(truth);
            let expected: Vec<_> = truth
                .iter()
                .zip(instrument.bars())
                .filter(|(bar, _)| query.range.contains(bar.date))
                .map(|(bar, raw)| {
                    let prices = [bar.open, bar.high, bar.low, bar.close].map(price);
                    (
                        bar.date,
                        prices,
                        lots(raw.volume),
                        Some(decimal(raw.amount, 2)),
                        Some(decimal(raw.turnover, 2)),
                    )
                })
                .collect();
            let batch = match daily(&market, &query) {
                Ok(batch) => batch,
                Err(error) => {
                    assert!(expected.is_empty(), "{query:?}: {error}");
                    assert_eq!(error.kind(), ErrorKind::NoData, "{query:?}");
                    continue;
                }
            };
            let found = bars(&batch);
            let plain: Vec<_> = found
                .iter()
                .map(|b| (b.date, [b.open, b.high, b.low, b.close], b.volume, b.amount, b.turnover))
                .collect();
            assert_eq!(plain, expected, "{query:?}");
            for pair in found.windows(2) {
                let change = pair[1].close - pair[0].close;
                assert!((pair[1].change.unwrap() - change).abs() < 1e-9, "{:?}", pair[1]);
            }
            check_daily(&query, &batch);
            rows += found.len();
        }
    }
    assert!(rows > 50_000, "{rows} rows");
}

#[test]
fn unknown_codes_are_not_found() {
    let market = market();
    let changed = stocks(&market).find(|i| i.state == State::CodeChanged).unwrap();
    for symbol in ["999999.SH".to_owned(), symbol(changed).to_string()] {
        let error = daily(&market, &bars_of(&symbol, "", "", Adjust::None)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound, "{symbol}");
        let error = decode_quotes(&quotes_of(&symbol), |request| ask(&market, request)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound, "{symbol}");
    }
}

#[test]
fn quotes_are_the_markets() {
    let market = market();
    let symbols: Vec<String> =
        stocks(&market).map(|i| symbol(i).to_string()).chain(["999999.SH".to_owned()]).collect();
    let query = quotes_of(&symbols.join(","));
    let batch = decode_quotes(&query, |request| ask(&market, request)).unwrap();
    let found = quotes(&batch);
    let known: Vec<_> = stocks(&market).filter(|i| i.state != State::CodeChanged).collect();
    assert_eq!(found.len(), known.len());
    for (row, instrument) in found.iter().zip(&known) {
        let quote = instrument.quote();
        let traded = instrument.state == State::Trading;
        let price = |value: Option<i64>| value.map(|value| decimal(value, instrument.decimals));
        assert_eq!((row.symbol, row.name), (&*symbol(instrument).to_string(), &*instrument.name));
        assert_eq!(row.price, price(quote.price).filter(|_| traded), "{}", row.symbol);
        assert_eq!(row.pre_close, price(quote.pre_close), "{}", row.symbol);
        assert_eq!(
            [row.open, row.high, row.low],
            [quote.open, quote.high, quote.low].map(price),
            "{}",
            row.symbol
        );
        assert_eq!(row.volume, traded.then(|| lots(quote.volume)), "{}", row.symbol);
        assert_eq!(row.amount, traded.then(|| decimal(quote.amount, 2)), "{}", row.symbol);
        let change = quote.price.zip(quote.pre_close).map(|(last, before)| last - before);
        assert_eq!(row.change, price(change).filter(|_| traded), "{}", row.symbol);
        assert!(row.time.is_some() && row.bid1.is_none() && row.ask1.is_none());
    }
    assert_eq!(check_quotes(&query, &batch), symbols.len() - known.len());
}
