//! Answers that the testkit's encoders write for a made-up market.

use finvista_core::dataset::Dataset;
use finvista_core::{Adjust, Body, ErrorKind, Next, Query, RecordBatch, Request, SourceError, answer_from};
use finvista_datasets::CnStockDaily;
use finvista_testkit::{Adjust as Series, Exchange, Instrument, Kind, Limits, Market, Period, State};

use super::{bars, check, cx, daily, endpoint, first, quotes, rows};

pub(super) fn market() -> Market {
    Market::new(11, "2024-06-28".parse().unwrap())
}

pub(super) fn symbol(instrument: &Instrument) -> String {
    let suffix = match instrument.exchange {
        Exchange::Sh => "SH",
        Exchange::Sz => "SZ",
        Exchange::Bj => "BJ",
        Exchange::Csi => "CSI",
    };
    format!("{}.{suffix}", instrument.code)
}

pub(super) fn stocks(market: &Market) -> impl Iterator<Item = &Instrument> {
    market.instruments().iter().filter(|instrument| instrument.kind != Kind::Index)
}

fn body(market: &Market, limits: &Limits, request: &Request) -> Body {
    let answer = finvista_testkit::answer(market, limits, &finvista_testkit::Request::from_url(&request.url));
    assert_eq!(answer.status, 200, "{}", request.url);
    let charset = answer.content_type.split_once("charset=").map(|(_, charset)| charset.to_owned());
    Body { charset, ..Body::new(answer.body) }
}

pub(super) fn ask(market: &Market, limits: &Limits, query: &Query) -> Result<RecordBatch, SourceError> {
    let batch = answer_from(endpoint(query), &cx(), query, |request| Some(body(market, limits, request)))?;
    check(query, &batch)?;
    Ok(batch)
}

#[test]
fn whole_histories_come_back_whatever_the_page_holds() {
    let market = market();
    for instrument in stocks(&market).filter(|instrument| !instrument.bars().is_empty()) {
        for (tencent_rows, tencent_extends_start) in [(640, true), (640, false), (90, true)] {
            let limits = Limits { tencent_rows, tencent_extends_start, ..Limits::default() };
            let query = daily(&symbol(instrument), "", "", Adjust::None);
            let batch = ask(&market, &limits, &query).unwrap();
            let bars = bars(&batch);
            assert_eq!(bars.len(), instrument.bars().len(), "{query}");
            let scale = 10_f64.powi(instrument.decimals as i32);
            for (bar, truth) in bars.iter().zip(instrument.bars()) {
                assert_eq!(bar.date, truth.date, "{query}");
                let prices =
                    [truth.open, truth.high, truth.low, truth.close].map(|price| price as f64 / scale);
                assert_eq!([bar.open, bar.high, bar.low, bar.close], prices, "{query} {}", bar.date);
                let unit = if instrument.kind == Kind::Star { 1 } else { 100 };
                assert_eq!(bar.volume, (truth.volume + unit / 2) / unit * unit, "{query} {}", bar.date);
                assert_eq!(bar.turnover, Some(truth.turnover as f64 / 100.0), "{query} {}", bar.date);
                if let Some(amount) = bar.amount {
                    assert!((amount - truth.amount as f64 / 100.0).abs() <= 50.0, "{query} {}", bar.date);
                }
            }
        }
    }
}

#[test]
fn adjusted_prices_are_the_vendors_to_three_decimals() {
    let market = market();
    let range = ("2019-03-04", "2023-09-28");
    for instrument in stocks(&market).filter(|instrument| !instrument.bars().is_empty()) {
        for (adjust, series) in [(Adjust::Qfq, Series::Qfq), (Adjust::Hfq, Series::Hfq)] {
            let query = daily(&symbol(instrument), range.0, range.1, adjust);
            let result = ask(&market, &Limits::default(), &query);
            let truth: Vec<_> = instrument
                .adjusted(series)
                .into_iter()
                .filter(|bar| (range.0..=range.1).contains(&bar.date.to_string().as_str()))
                .collect();
            match (instrument.kind, instrument.events().is_empty()) {
                _ if truth.is_empty() => assert_eq!(result.unwrap_err().kind(), ErrorKind::NoData, "{query}"),
                // An event outside the range would adjust the bars inside.
                (Kind::Beijing, _) | (_, true) => {
                    assert_eq!(result.unwrap_err().kind(), ErrorKind::Unsupported, "{query}");
                }
                _ => {
                    let batch = result.unwrap();
                    let bars = bars(&batch);
                    assert_eq!(bars.len(), truth.len(), "{query}");
                    for (bar, truth) in bars.iter().zip(truth) {
                        assert_eq!(bar.date, truth.date, "{query}");
                        assert!((bar.close - truth.close).abs() <= 0.000_500_1, "{query} {}", bar.date);
                        assert!((bar.open - truth.open).abs() <= 0.000_500_1, "{query} {}", bar.date);
                    }
                }
            }
        }
    }
}

#[test]
fn weeks_and_months_are_those_of_the_market() {
    let market = market();
    let limits = Limits { tencent_rows: 90, ..Limits::default() };
    for instrument in stocks(&market).filter(|instrument| !instrument.bars().is_empty()) {
        for (name, period) in [("week", Period::Week), ("month", Period::Month)] {
            let params =
                [("symbol", symbol(instrument)), ("period", name.to_owned())].map(|(k, v)| (k.to_owned(), v));
            let query = CnStockDaily::SPEC.parse(&params.into()).unwrap();
            let batch = ask(&market, &limits, &query).unwrap();
            let truth = instrument.bars_by(period);
            let scale = 10_f64.powi(instrument.decimals as i32);
            assert_eq!(bars(&batch).len(), truth.len(), "{query}");
            for (bar, truth) in bars(&batch).iter().zip(truth) {
                let prices =
                    [truth.open, truth.high, truth.low, truth.close].map(|price| price as f64 / scale);
                assert_eq!(
                    (bar.date, [bar.open, bar.high, bar.low, bar.close]),
                    (truth.date, prices),
                    "{query}"
                );
                assert!((bar.volume - truth.volume).abs() <= 50, "{query} {}", bar.date);
            }
        }
    }
}

#[test]
fn the_first_bar_of_a_range_knows_its_previous_close() {
    let market = market();
    let query = daily("600519.SH", "2024-02-19", "2024-03-01", Adjust::None);
    // The first day after a holiday of ten days.
    for tencent_extends_start in [true, false] {
        let limits = Limits { tencent_extends_start, ..Limits::default() };
        let batch = ask(&market, &limits, &query).unwrap();
        assert!(bars(&batch)[0].change.is_some());
        // A range that is reached by the first page takes one request.
        let (_, mut run) = endpoint(&query).start(&cx(), &query).unwrap();
        let body = body(&market, &limits, &first(&query));
        assert_eq!(run.feed(&body.reply()).unwrap(), Next::Done);
    }
}

#[test]
fn an_unknown_code_is_not_found() {
    let market = market();
    for query in [daily("605999.SH", "2024-01-01", "", Adjust::None), quotes(["605999.SH", "605998.SH"])] {
        assert_eq!(ask(&market, &Limits::default(), &query).unwrap_err().kind(), ErrorKind::NotFound);
    }
    let query = daily("002710.SZ", "", "", Adjust::None);
    assert_eq!(ask(&market, &Limits::default(), &query).unwrap_err().kind(), ErrorKind::NoData);
}

#[test]
fn quotes_say_what_the_market_says() {
    let market = market();
    let symbols: Vec<String> = stocks(&market).map(symbol).collect();
    let query = quotes(symbols.iter().map(String::as_str));
    let batch = ask(&market, &Limits::default(), &query).unwrap();
    let rows = rows(&batch);
    // What is not listed has no row.
    let is_listed =
        |i: &&Instrument| matches!(i.state, State::Trading | State::Suspended | State::CallAuction);
    let instruments: Vec<_> = stocks(&market).filter(is_listed).collect();
    assert_eq!(rows.len(), instruments.len());
    for (row, instrument) in rows.iter().zip(instruments) {
        let truth = instrument.quote();
        let scale = 10_f64.powi(instrument.decimals as i32);
        let price = |price: Option<i64>| price.map(|price| price as f64 / scale);
        let traded = instrument.state == State::Trading;
        assert_eq!(row.price, price(truth.price.filter(|_| traded)), "{}", row.symbol);
        assert_eq!((row.open, row.pre_close), (price(truth.open), price(truth.pre_close)), "{}", row.symbol);
        assert_eq!((row.high, row.low), (price(truth.high), price(truth.low)), "{}", row.symbol);
        let unit = if instrument.kind == Kind::Star { 1 } else { 100 };
        assert_eq!(row.volume, Some((truth.volume + unit / 2) / unit * unit), "{}", row.symbol);
        let amount = row.amount.unwrap();
        assert!((amount - truth.amount as f64 / 100.0).abs() <= 0.5, "{}", row.symbol);
        let best = truth.bids[0];
        assert_eq!(row.bid1, price(Some(best.price).filter(|&price| price != 0)), "{}", row.symbol);
        if row.bid1.is_some() {
            assert_eq!(row.bid_volume1, Some((best.volume + 50) / 100 * 100), "{}", row.symbol);
        }
        assert_eq!(row.name, instrument.name.replace("  ", " "), "{}", row.symbol);
    }
}
