//! A whole market in Sina's own formats, written by the testkit, which shares no code with the endpoints.

use finvista_core::dataset::Dataset;
use finvista_core::{
    Board, Body, EndpointContext, ErrorKind, Query, Request, SourceError, Symbol, Table, Venue, Zone,
    answer_from,
};
use finvista_datasets::{
    CnIndexDaily, CnIndexQuote, CnStockDaily, CnStockList, CnStockMinute, CnStockQuote, CnStockSearch,
};
use finvista_testkit::{Adjust, Exchange, Instrument, Kind, Level, Limits, Market, State};
use jiff::civil::{Date, date};

use super::{endpoint, missing, query};

fn market() -> Market {
    Market::new(7, date(2024, 6, 28))
}

fn fetch(market: &Market, request: &Request) -> Option<Body> {
    let mut asked = finvista_testkit::Request::from_url(&request.url);
    if let Some((_, referer)) = request.headers.iter().find(|(name, _)| *name == "Referer") {
        asked = asked.referer(referer);
    }
    let answer = finvista_testkit::answer(market, &Limits::default(), &asked);
    let mut body = Body::new(answer.body);
    body.charset = answer.content_type.split_once("charset=").map(|(_, charset)| charset.to_owned());
    body.status = answer.status;
    (answer.status == 200 || request.reads.contains(&answer.status)).then_some(body)
}

/// The endpoint's answer from a market, on its last evening.
fn ask<D: Dataset>(market: &Market, query: &Query) -> Result<Table<D>, SourceError> {
    let cx = EndpointContext::new(Zone::Shanghai.instant(market.until().at(16, 0, 0, 0)).unwrap());
    let batch = answer_from(endpoint::<D>(), &cx, query, |request| fetch(market, request))?;
    assert_eq!(missing::<D>(query, &batch), []);
    Ok(Table::new(batch).typed().unwrap())
}

/// Whether the endpoint promises an answer.
fn promised<D: Dataset>(market: &Market, query: &Query) -> bool {
    endpoint::<D>().capability().answers(query.selection(), market.until()).is_ok()
}

const ADJUSTS: [(&str, Adjust); 3] = [("none", Adjust::None), ("qfq", Adjust::Qfq), ("hfq", Adjust::Hfq)];

fn unit(instrument: &Instrument) -> f64 {
    10_f64.powi(i32::try_from(instrument.decimals).unwrap())
}

fn symbol(instrument: &Instrument) -> Option<Symbol> {
    Symbol::from_prefixed(&instrument.prefixed())
}

#[test]
fn every_series_is_the_truth_of_the_market() {
    let market = market();
    let start: Date = date(2021, 1, 15);
    let mut series = 0;
    for instrument in market.instruments().iter().filter(|i| i.kind != Kind::Index) {
        for (name, adjust) in ADJUSTS {
            let code = instrument.prefixed();
            let query = query::<CnStockDaily>(&format!("symbol={code} start={start} adjust={name}"));
            if !promised::<CnStockDaily>(&market, &query) {
                continue;
            }
            let truth = || instrument.bars().iter().filter(|bar| bar.date >= start);
            let answer = ask::<CnStockDaily>(&market, &query);
            if instrument.state == State::Delisted || truth().count() == 0 {
                assert_eq!(answer.unwrap_err().kind(), ErrorKind::NotFound, "{code}");
                continue;
            }
            let table = answer.unwrap();
            assert_eq!(table.num_rows(), truth().count(), "{code}");
            let adjusted = instrument.adjusted(adjust);
            let prices = adjusted.iter().filter(|bar| bar.date >= start);
            for ((bar, price), row) in truth().zip(prices).zip(&table) {
                assert_eq!((row.date, row.volume, row.amount), (bar.date, bar.volume, None), "{code}");
                for (got, want) in [
                    (row.open, price.open),
                    (row.high, price.high),
                    (row.low, price.low),
                    (row.close, price.close),
                ] {
                    assert!((got - want).abs() < 0.000_501, "{code} {} {name}: {got} {want}", bar.date);
                }
            }
            // The bar before the range is there, so the first row has its change, unless the listing is younger.
            let older = instrument.bars().first().is_some_and(|bar| bar.date < start);
            assert_eq!(table.rows().next().unwrap().change.is_some(), older, "{code}");
            series += 1;
        }
    }
    assert!(series > 50, "{series}");
}

#[test]
fn every_minute_is_the_truth_of_the_market() {
    let (market, mut series) = (market(), 0);
    for instrument in market.instruments().iter().filter(|i| i.kind != Kind::Index) {
        for ((name, adjust), (size, start)) in
            ADJUSTS.into_iter().zip([(5, date(2024, 6, 11)), (30, date(2024, 5, 6)), (60, date(2024, 1, 2))])
        {
            let code = instrument.prefixed();
            let query =
                query::<CnStockMinute>(&format!("symbol={code} period={size}m start={start} adjust={name}"));
            if !promised::<CnStockMinute>(&market, &query) {
                continue;
            }
            let days = instrument.bars().iter().map(|bar| bar.date).filter(|day| *day >= start);
            let truth: Vec<_> = days.flat_map(|day| instrument.minutes(day, size)).collect();
            let answer = ask::<CnStockMinute>(&market, &query);
            if instrument.state == State::Delisted || truth.is_empty() {
                let kind = answer.unwrap_err().kind();
                assert!(matches!(kind, ErrorKind::NotFound | ErrorKind::NoData), "{code} {kind:?}");
                continue;
            }
            let table = answer.unwrap();
            assert_eq!(table.num_rows(), truth.len(), "{code}");
            // What the day's close was multiplied with.
            let factors = instrument.adjusted(adjust);
            for (row, bar) in table.rows().zip(&truth) {
                let day = factors.iter().find(|day| day.date == bar.end.date()).unwrap();
                let raw = instrument.bars().iter().find(|raw| raw.date == day.date).unwrap();
                let factor = day.close / (raw.close as f64 / unit(instrument));
                let close = bar.close as f64 / unit(instrument) * factor;
                assert!((row.close - close).abs() < 1e-3 * (1.0 + factor), "{code} {}: {close}", bar.end);
                assert_eq!((Some(row.time), row.finished), (Zone::Shanghai.instant(bar.end), true), "{code}");
                assert_eq!((row.volume, row.amount), (bar.volume, Some(bar.amount as f64 / 100.0)), "{code}");
            }
            series += 1;
        }
    }
    assert!(series > 40, "{series}");
}

#[test]
fn every_series_and_quote_of_an_index_is_the_truth_of_the_market() {
    let (market, start) = (market(), date(2023, 1, 3));
    let mut series = 0;
    for instrument in market.instruments() {
        let Some(symbol) = symbol(instrument).filter(|symbol| symbol.board() == Board::Index) else {
            continue;
        };
        let table =
            ask::<CnIndexDaily>(&market, &query::<CnIndexDaily>(&format!("symbol={symbol} start={start}")));
        let (truth, unit) = (instrument.bars().iter().filter(|bar| bar.date >= start), unit(instrument));
        let truth: Vec<_> = truth.map(|bar| (bar.date, bar.close as f64 / unit, bar.volume)).collect();
        let read: Vec<_> = table.unwrap().rows().map(|bar| (bar.date, bar.close, bar.volume)).collect();
        assert_eq!(read, truth, "{symbol}");
        series += 1;

        let quote =
            ask::<CnIndexQuote>(&market, &query::<CnIndexQuote>(&format!("symbols={symbol}"))).unwrap();
        let (quote, truth) = (quote.rows().next().unwrap(), instrument.quote());
        // The vendor counts lots in Shanghai.
        let rounding = if symbol.venue() == Venue::Sh { 100 } else { 1 };
        assert!((quote.volume.unwrap() - truth.volume).abs() < rounding, "{symbol}");
        assert_eq!(quote.price, truth.price.map(|price| price as f64 / unit), "{symbol}");
        assert!((quote.amount.unwrap() - truth.amount as f64 / 100.0).abs() <= 1.0, "{symbol}");
    }
    assert!(series >= 3, "{series}");
}

#[test]
fn a_start_beyond_the_cap_is_refused() {
    for params in ["symbol=600519 start=2016-01-04", "symbol=600519"] {
        let error = ask::<CnStockDaily>(&market(), &query::<CnStockDaily>(params)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
    }
}

#[test]
fn every_quote_is_the_truth_of_the_market() {
    let market = market();
    // What is not listed has no row.
    let is_listed =
        |i: &&Instrument| matches!(i.state, State::Trading | State::Suspended | State::CallAuction);
    let instruments: Vec<&Instrument> =
        market.instruments().iter().filter(|i| i.kind != Kind::Index).filter(is_listed).collect();
    let codes: Vec<String> = instruments.iter().map(|instrument| instrument.prefixed()).collect();
    let table = ask::<CnStockQuote>(&market, &query::<CnStockQuote>(&format!("symbols={}", codes.join(","))))
        .unwrap();
    for (row, instrument) in table.rows().zip(&instruments) {
        let (truth, unit) = (instrument.quote(), unit(instrument));
        let price = |ticks: Option<i64>| ticks.filter(|&ticks| ticks != 0).map(|ticks| ticks as f64 / unit);
        let traded = truth.price.filter(|_| instrument.state == State::Trading);
        assert_eq!(row.symbol, &*symbol(instrument).unwrap().written());
        assert_eq!(row.name, instrument.name.replace("  ", " "));
        assert_eq!(row.price, price(traded), "{}", row.symbol);
        assert_eq!((row.open, row.high, row.low), (price(truth.open), price(truth.high), price(truth.low)));
        assert_eq!((row.volume, row.amount), (Some(truth.volume), Some(truth.amount as f64 / 100.0)));
        assert_eq!(
            (row.bid1, row.ask5),
            (price(Some(truth.bids[0].price)), price(Some(truth.asks[4].price)))
        );
        let shares = |level: &Level| (level.price != 0).then_some(level.volume);
        assert_eq!((row.bid_volume3, row.ask_volume2), (shares(&truth.bids[2]), shares(&truth.asks[1])));
        assert_eq!(row.time, Zone::Shanghai.instant(truth.time));
        assert_eq!(row.pre_close, price(truth.pre_close), "{}", row.symbol);
    }
}

#[test]
fn every_listing_is_the_truth_of_the_market() {
    let market = market();
    let truth: Vec<(Symbol, &Instrument)> =
        market.listed().iter().filter_map(|instrument| Some((symbol(instrument)?, instrument))).collect();
    type Belongs = fn(&Instrument) -> bool;
    let scopes: [(&str, Belongs); 8] = [
        ("all", is_a_share),
        ("sh", |i| is_a_share(i) && i.exchange == Exchange::Sh),
        ("sz", |i| is_a_share(i) && i.exchange == Exchange::Sz),
        ("bj", |i| is_a_share(i) && i.exchange == Exchange::Bj),
        ("star", |i| i.kind == Kind::Star),
        ("chinext", |i| i.kind == Kind::ChiNext),
        ("etf", Instrument::is_etf),
        ("b", |i| i.kind == Kind::BShare),
    ];
    for (scope, belongs) in scopes {
        let table = ask::<CnStockList>(&market, &query::<CnStockList>(&format!("market={scope}"))).unwrap();
        let mut truth: Vec<_> = truth.iter().filter(|(_, instrument)| belongs(instrument)).collect();
        truth.sort_by_key(|(symbol, _)| symbol.written().to_string());
        assert!(!truth.is_empty(), "{scope}");
        assert_eq!(table.num_rows(), truth.len(), "{scope}");
        for (row, (symbol, instrument)) in table.rows().zip(truth) {
            let quote = instrument.quote();
            let traded = quote.price.filter(|_| instrument.state == State::Trading);
            assert_eq!((row.symbol, row.board), (&*symbol.written(), symbol.board().name()));
            assert_eq!(row.price, traded.map(|price| price as f64 / unit(instrument)), "{symbol}");
            assert_eq!(row.volume, Some(quote.volume), "{symbol}");
            assert!((row.amount.unwrap() - quote.amount as f64 / 100.0).abs() <= 0.5, "{symbol}");
            let cap = traded.map(|price| price as f64 / unit(instrument) * instrument.total_shares as f64);
            let cap = cap.filter(|_| instrument.kind != Kind::BShare);
            assert!((row.market_cap.unwrap_or(0.0) - cap.unwrap_or(0.0)).abs() < 0.011, "{symbol}");
        }
    }
}

fn is_a_share(instrument: &Instrument) -> bool {
    matches!(instrument.kind, Kind::Main | Kind::Star | Kind::ChiNext | Kind::Beijing)
}

#[test]
fn every_share_of_the_market_is_found_by_code_name_and_initials() {
    let market = market();
    let mut found = 0;
    for instrument in market.listed().iter().filter(|i| i.kind != Kind::Index).step_by(40) {
        let symbol = symbol(instrument).unwrap();
        let own =
            instrument.initials().first().filter(|initials| initials.bytes().all(|b| b.is_ascii_uppercase()));
        for text in [Some(instrument.code.as_str()), Some(instrument.name.as_str()), own.map(String::as_str)]
        {
            let Some(text) = text.filter(|text| !text.contains(' ')) else { continue };
            let query = query::<CnStockSearch>(&format!("text={text} limit=5"));
            let table =
                ask::<CnStockSearch>(&market, &query).unwrap_or_else(|e| panic!("{text} {symbol}: {e}"));
            assert!(table.num_rows() <= 5);
            let is_there = table.rows().any(|row| row.symbol == &*symbol.written());
            // Short initials are those of more shares than are shown.
            assert!(is_there || table.num_rows() == 5, "{text} {symbol}: {table:?}");
            found += usize::from(is_there);
        }
    }
    assert!(found > 100, "{found}");
    let error = ask::<CnStockSearch>(&market, &query::<CnStockSearch>("text=qqqqqq")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}
