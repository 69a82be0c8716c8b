//! A whole market in Sina's own formats, written by the testkit, which shares no code with the endpoints.

use finvista_core::dataset::{DailyViews, QuoteViews, RowViews};
use finvista_core::{
    Adjust, Capability, DynEndpoint, Endpoint, ErrorKind, Query, RecordBatch, Request, Settings, SourceError,
    answer_from,
};
use finvista_testkit::{Instrument, Limits, Market, State};
use jiff::civil::{Date, date};

use super::{check, daily, quotes};
use crate::{Daily, Quote};

fn market() -> Market {
    Market::new(7, date(2024, 6, 28))
}

fn fetch(market: &Market, limits: &Limits, request: &Request) -> Option<(Vec<u8>, Option<String>)> {
    let mut asked = finvista_testkit::Request::from_url(&request.url);
    if let Some((_, referer)) = request.headers.iter().find(|(name, _)| *name == "Referer") {
        asked = asked.referer(referer);
    }
    let answer = finvista_testkit::answer(market, limits, &asked);
    let charset = answer.content_type.split_once("charset=").map(|(_, charset)| charset.to_owned());
    (answer.status == 200).then_some((answer.body, charset))
}

fn ask(endpoint: &dyn DynEndpoint, market: &Market, query: &Query) -> Result<RecordBatch, SourceError> {
    let cx = Settings { today: market.until() };
    answer_from(endpoint, &cx, query, |request| fetch(market, &Limits::default(), request))
}

fn unit(instrument: &Instrument) -> f64 {
    10_f64.powi(i32::try_from(instrument.decimals).unwrap())
}

#[test]
fn every_series_is_the_truth_of_the_market() {
    let market = market();
    let capability: Capability = Endpoint::capability(&Daily);
    let start: Date = date(2021, 1, 15);
    let mut series = 0;
    for instrument in market.instruments() {
        for adjust in [Adjust::None, Adjust::Qfq, Adjust::Hfq] {
            let code = instrument.prefixed();
            if finvista_core::Symbol::stock(&code).unwrap().board() == finvista_core::Board::Index {
                continue;
            }
            let query = daily(&code, Some(start), None, adjust);
            if capability.answers(&query, market.until()).is_err() {
                continue;
            }
            let truth = || instrument.bars().iter().filter(|bar| bar.date >= start);
            let answer = ask(&Daily, &market, &query);
            if instrument.state == State::Delisted || truth().count() == 0 {
                assert_eq!(answer.unwrap_err().kind(), ErrorKind::NotFound, "{code}");
                continue;
            }
            let batch = answer.unwrap();
            check(&Daily, &query, &batch);
            assert_eq!(batch.num_rows(), truth().count(), "{code}");
            let kit = match adjust {
                Adjust::None => finvista_testkit::Adjust::None,
                Adjust::Qfq => finvista_testkit::Adjust::Qfq,
                Adjust::Hfq => finvista_testkit::Adjust::Hfq,
            };
            let adjusted = instrument.adjusted(kit);
            let views = DailyViews::new(&batch).unwrap();
            let prices = adjusted.iter().filter(|bar| bar.date >= start);
            for (index, (bar, price)) in truth().zip(prices).enumerate() {
                let row = views.row(index);
                assert_eq!((row.date, row.volume, row.amount), (bar.date, bar.volume, None), "{code}");
                for (got, want) in [
                    (row.open, price.open),
                    (row.high, price.high),
                    (row.low, price.low),
                    (row.close, price.close),
                ] {
                    assert!((got - want).abs() < 0.000_501, "{code} {} {adjust:?}: {got} {want}", bar.date);
                }
            }
            // The bar before the range is there, so the first row has its change, unless the listing is younger.
            let older = instrument.bars().first().is_some_and(|bar| bar.date < start);
            assert_eq!(views.row(0).change.is_some(), older, "{code}");
            series += 1;
        }
    }
    assert!(series > 50, "{series}");
}

#[test]
fn a_start_beyond_the_cap_is_refused() {
    let error =
        ask(&Daily, &market(), &daily("600519", Some(date(2016, 1, 4)), None, Adjust::None)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    let error = ask(&Daily, &market(), &daily("600519", None, None, Adjust::None)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

#[test]
fn every_quote_is_the_truth_of_the_market() {
    let market = market();
    let instruments: Vec<&Instrument> =
        market.instruments().iter().filter(|i| i.kind != finvista_testkit::Kind::Index).collect();
    let codes: Vec<String> = instruments.iter().map(|instrument| instrument.prefixed()).collect();
    let query = quotes(&codes.iter().map(String::as_str).collect::<Vec<_>>());
    let batch = ask(&Quote, &market, &query).unwrap();
    assert!(check(&Quote, &query, &batch).is_empty());
    let views = QuoteViews::new(&batch).unwrap();
    for (index, instrument) in instruments.iter().enumerate() {
        let (row, truth, unit) = (views.row(index), instrument.quote(), unit(instrument));
        let price = |ticks: Option<i64>| ticks.filter(|&ticks| ticks != 0).map(|ticks| ticks as f64 / unit);
        let traded = truth.price.filter(|_| instrument.state == State::Trading);
        assert_eq!(row.name, instrument.name.replace("  ", " "));
        assert_eq!(row.price, price(traded), "{}", row.symbol);
        assert_eq!((row.open, row.high, row.low), (price(truth.open), price(truth.high), price(truth.low)));
        assert_eq!((row.volume, row.amount), (Some(truth.volume), Some(truth.amount as f64 / 100.0)));
        assert_eq!(
            (row.bid1, row.ask5),
            (price(Some(truth.bids[0].price)), price(Some(truth.asks[4].price)))
        );
        let shares = |level: &finvista_testkit::Level| (level.price != 0).then_some(level.volume);
        assert_eq!((row.bid_volume3, row.ask_volume2), (shares(&truth.bids[2]), shares(&truth.asks[1])));
        assert_eq!(row.time, finvista_core::date::at_china(truth.time));
        if matches!(instrument.state, State::Trading | State::Suspended | State::CallAuction) {
            assert_eq!(row.pre_close, price(truth.pre_close), "{}", row.symbol);
        } else {
            assert_eq!(row.pre_close, None, "{}", row.symbol);
        }
    }
}
