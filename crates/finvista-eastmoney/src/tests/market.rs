//! The simulated market, written down by encoders that share no code with these decoders.

use finvista_core::{DateRange, Symbol, Venue, Zone};
use finvista_testkit::{Adjust, Answer, Exchange, Instrument, Kind, Limits, Market, Period, State};
use jiff::civil::Date;

use super::*;

fn market() -> Market {
    Market::new(20_240_628, "2024-06-28".parse().unwrap())
}

fn ask(market: &Market, url: &str) -> Vec<u8> {
    let request = finvista_testkit::Request::from_url(url);
    let Answer { status, body, .. } = finvista_testkit::answer(market, &Limits::default(), &request);
    assert_eq!(status, 200);
    body
}

fn symbol(instrument: &Instrument) -> Symbol {
    let venue = match instrument.exchange {
        Exchange::Sz if instrument.code.starts_with("98") => Venue::Cni,
        Exchange::Sh => Venue::Sh,
        Exchange::Sz => Venue::Sz,
        Exchange::Bj => Venue::Bj,
        Exchange::Csi => Venue::Csi,
    };
    Symbol::new(venue, &instrument.code).unwrap()
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

const PERIODS: [(&str, Period); 3] = [("day", Period::Day), ("week", Period::Week), ("month", Period::Month)];
const ADJUSTS: [(&str, Adjust); 3] = [("none", Adjust::None), ("qfq", Adjust::Qfq), ("hfq", Adjust::Hfq)];
const RANGES: [&str; 4] = ["", "start=2023-01-03 end=2023-03-31", "start=2024-06-05", "end=2016-12-30"];

/// A bar without what follows from the one before it.
type Plain = (Date, [f64; 4], i64, Option<f64>, Option<f64>);

macro_rules! plain {
    ($bar:ident) => {
        ($bar.date, [$bar.open, $bar.high, $bar.low, $bar.close], $bar.volume, $bar.amount, $bar.change)
    };
}

/// Compares the answer to a query with the bars of an instrument; their number.
fn bars_are_true<D: Dataset>(
    (market, instrument): (&Market, &Instrument),
    (period, adjust): (Period, Adjust),
    params: &str,
    plain: impl Fn(&D::Row<'_>) -> Plain,
) -> usize {
    let query = query::<D>(params);
    let range: DateRange = query.selection().range().unwrap();
    let unit = 10_f64.powi(instrument.decimals as i32);
    let price = |price: f64| decimal((price * unit).round() as i64, instrument.decimals);
    let prices = instrument.adjusted_by(period, adjust);
    let truth = prices.iter().zip(instrument.bars_by(period)).filter(|(bar, _)| range.contains(bar.date));
    let expected: Vec<_> = truth
        .map(|(bar, raw)| {
            let prices = [bar.open, bar.high, bar.low, bar.close].map(price);
            (bar.date, prices, lots(raw.volume), Some(decimal(raw.amount, 2)))
        })
        .collect();
    let batch = match answer(&query, |url| ask(market, url)) {
        Ok(batch) => batch,
        Err(error) => {
            assert!(expected.is_empty(), "{query}: {error}");
            assert_eq!(error.kind(), ErrorKind::NoData, "{query}");
            return 0;
        }
    };
    let bars: Vec<Plain> = rows::<D>(&batch).iter().map(plain).collect();
    let found: Vec<_> =
        bars.iter().map(|&(at, prices, volume, amount, _)| (at, prices, volume, amount)).collect();
    assert_eq!(found, expected, "{query}");
    for pair in bars.windows(2) {
        let change = pair[1].1[3] - pair[0].1[3];
        assert!((pair[1].4.unwrap() - change).abs() < 1e-9, "{:?}", pair[1]);
    }
    check(&query, &batch);
    bars.len()
}

#[test]
fn bars_are_the_markets_in_every_period_and_adjustment() {
    let market = market();
    let mut count = 0;
    for instrument in stocks(&market).filter(|i| i.state != State::CodeChanged) {
        let symbol = symbol(instrument);
        for (period, truth) in PERIODS {
            for (adjust, kind) in ADJUSTS {
                let ranges = if truth == Period::Day { &RANGES[..] } else { &RANGES[1..] };
                for range in ranges {
                    let params = format!("symbol={symbol} period={period} adjust={adjust} {range}");
                    let subject = (&market, instrument);
                    count +=
                        bars_are_true::<CnStockDaily>(subject, (truth, kind), &params, |bar| plain!(bar));
                }
            }
        }
    }
    assert!(count > 50_000, "{count} rows");
}

#[test]
fn bars_of_indices_are_the_markets_in_every_period() {
    let market = market();
    let mut count = 0;
    for instrument in market.instruments().iter().filter(|i| i.kind == Kind::Index) {
        let symbol = symbol(instrument);
        for ((period, truth), range) in PERIODS.into_iter().zip(RANGES) {
            let params = format!("symbol={symbol} period={period} {range}");
            let subject = (&market, instrument);
            count +=
                bars_are_true::<CnIndexDaily>(subject, (truth, Adjust::None), &params, |bar| plain!(bar));
        }
    }
    assert!(count > 15_000, "{count} rows");
}

#[test]
fn minutes_are_the_markets() {
    let market = market();
    let days = ["2024-06-26", "2024-06-27", "2024-06-28"].map(|day| day.parse::<Date>().unwrap());
    for instrument in stocks(&market).filter(|i| i.state == State::Trading).step_by(3) {
        for size in [1, 5, 15, 30, 60] {
            let params = format!("symbol={} period={size} start=2024-06-26", symbol(instrument));
            let query = query::<CnStockMinute>(&params);
            let batch = answer(&query, |url| ask(&market, url)).unwrap();
            assert_eq!(check(&query, &batch), 0);
            let expected: Vec<_> = days
                .iter()
                .flat_map(|day| instrument.minutes(*day, size))
                .map(|bar| {
                    let prices = [bar.open, bar.high, bar.low, bar.close];
                    let prices = prices.map(|price| decimal(price, instrument.decimals));
                    (bar.end, prices, lots(bar.volume), Some(decimal(bar.amount, 2)))
                })
                .collect();
            let found: Vec<_> = rows::<CnStockMinute>(&batch)
                .iter()
                .map(|bar| {
                    let end = Zone::Shanghai.clock(bar.time);
                    (end, [bar.open, bar.high, bar.low, bar.close], bar.volume, bar.amount)
                })
                .collect();
            assert_eq!(found, expected, "{query}");
        }
    }
}

#[test]
fn listings_are_the_markets() {
    let market = market();
    for (scope, total) in [
        ("all", 5_000),
        ("sh", 2_000),
        ("sz", 2_000),
        ("bj", 250),
        ("star", 500),
        ("chinext", 1_000),
        ("etf", 500),
        ("b", 2),
    ] {
        let query = query::<CnStockList>(&format!("market={scope}"));
        let boards = query.selection().scope().unwrap().boards;
        let batch = answer(&query, |url| ask(&market, url)).unwrap();
        assert_eq!(check(&query, &batch), 0);
        let mut expected: Vec<&Instrument> = market
            .listed()
            .iter()
            .filter(|i| boards.contains(symbol(i).board()))
            .filter(|i| match scope {
                "sh" => i.exchange == Exchange::Sh,
                "sz" => i.exchange == Exchange::Sz,
                "etf" => i.is_etf(),
                _ => true,
            })
            .collect();
        expected.sort_by_key(|i| symbol(i).to_string());
        assert!(expected.len() > total, "{scope}: {}", expected.len());
        let found = rows::<CnStockList>(&batch);
        assert_eq!(found.len(), expected.len(), "{scope}");
        for (row, listing) in found.iter().zip(expected) {
            let (quote, symbol) = (listing.quote(), symbol(listing));
            let traded = listing.state == State::Trading;
            let name = listing.name.trim();
            assert_eq!((row.symbol, row.name, row.board), (&*symbol.written(), name, symbol.board().name()));
            let price = quote.price.map(|price| decimal(price, listing.decimals)).filter(|_| traded);
            assert_eq!(row.price, price, "{symbol}");
            assert_eq!(row.volume, traded.then(|| lots(quote.volume)), "{symbol}");
            assert_eq!(row.amount, traded.then(|| decimal(quote.amount, 2)), "{symbol}");
            assert_eq!(row.turnover, traded.then(|| decimal(quote.turnover, 2)), "{symbol}");
            let cap = row.market_cap.zip(price).map(|(cap, price)| cap / price / listing.total_shares as f64);
            assert!(cap.is_none_or(|ratio| (ratio - 1.0).abs() < 1e-6), "{symbol}: {cap:?}");
        }
    }
}

#[test]
fn searches_find_what_the_market_has() {
    let market = market();
    let search = |text: &str, asked: &Instrument| {
        let query = query::<CnStockSearch>(&format!("limit=25 text={text}"));
        let batch = answer(&query, |url| ask(&market, url)).unwrap();
        assert_eq!(check(&query, &batch), 0);
        let found = rows::<CnStockSearch>(&batch);
        let symbol = symbol(asked).to_string();
        let Some(row) = found.iter().find(|row| row.symbol == symbol) else { panic!("{symbol} by {text}") };
        assert_eq!(row.name, asked.name);
        assert!(asked.initials().iter().any(|initials| Some(initials.as_str()) == row.initials), "{row:?}");
    };
    let known = stocks(&market).filter(|i| matches!(i.state, State::Trading | State::Suspended));
    for instrument in known {
        search(&instrument.code, instrument);
        search(instrument.name.split(' ').next().unwrap(), instrument);
        instrument.initials().iter().for_each(|initials| search(initials, instrument));
    }
    let nothing = query::<CnStockSearch>("text=QXZQXZ");
    assert_eq!(refused(answer(&nothing, |url| ask(&market, url))).0, ErrorKind::NotFound);
}

#[test]
fn unknown_codes_are_not_found() {
    let market = market();
    let changed = stocks(&market).find(|i| i.state == State::CodeChanged).unwrap();
    for symbol in ["605999.SH".to_owned(), symbol(changed).to_string()] {
        let asked = [
            query::<CnStockDaily>(&format!("symbol={symbol}")),
            query::<CnStockQuote>(&format!("symbols={symbol}")),
            query::<CnStockMinute>(&format!("symbol={symbol} start=2024-06-27")),
            query::<CnIndexDaily>("symbol=000778"),
        ];
        for query in asked {
            assert_eq!(refused(answer(&query, |url| ask(&market, url))).0, ErrorKind::NotFound, "{query}");
        }
    }
}

#[test]
fn quotes_of_indices_are_the_markets() {
    let market = market();
    let indices = || market.instruments().iter().filter(|i| i.kind == Kind::Index);
    let symbols: Vec<String> = indices().map(|i| symbol(i).to_string()).collect();
    let query = query::<CnIndexQuote>(&format!("symbols={}", symbols.join(",")));
    let batch = answer(&query, |url| ask(&market, url)).unwrap();
    assert_eq!((batch.num_rows(), check(&query, &batch)), (symbols.len(), 0));
    for (row, (index, symbol)) in rows::<CnIndexQuote>(&batch).iter().zip(indices().zip(&symbols)) {
        let quote = index.quote();
        assert_eq!((row.symbol, row.name), (&**symbol, &*index.name));
        assert_eq!(row.price, quote.price.map(|price| decimal(price, index.decimals)), "{symbol}");
        assert_eq!(row.volume, Some(lots(quote.volume)), "{symbol}");
        assert_eq!(row.amount, Some(decimal(quote.amount, 2)), "{symbol}");
    }
}

#[test]
fn quotes_are_the_markets() {
    let market = market();
    let symbols: Vec<String> =
        stocks(&market).map(|i| symbol(i).to_string()).chain(["605999.SH".to_owned()]).collect();
    let query = query::<CnStockQuote>(&format!("symbols={}", symbols.join(",")));
    let batch = answer(&query, |url| ask(&market, url)).unwrap();
    let found = rows::<CnStockQuote>(&batch);
    let known: Vec<_> = stocks(&market).filter(|i| i.state != State::CodeChanged).collect();
    assert_eq!(found.len(), known.len());
    for (row, instrument) in found.iter().zip(&known) {
        let quote = instrument.quote();
        let traded = instrument.state == State::Trading;
        let price = |value: Option<i64>| value.map(|value| decimal(value, instrument.decimals));
        assert_eq!((row.symbol, row.name), (&*symbol(instrument).to_string(), &*instrument.name));
        assert_eq!(row.price, price(quote.price).filter(|_| traded), "{}", row.symbol);
        assert_eq!(row.pre_close, price(quote.pre_close), "{}", row.symbol);
        let of_the_day = [quote.open, quote.high, quote.low].map(price);
        assert_eq!([row.open, row.high, row.low], of_the_day, "{}", row.symbol);
        assert_eq!(row.volume, traded.then(|| lots(quote.volume)), "{}", row.symbol);
        assert_eq!(row.amount, traded.then(|| decimal(quote.amount, 2)), "{}", row.symbol);
        let change = quote.price.zip(quote.pre_close).map(|(last, before)| last - before);
        assert_eq!(row.change, price(change).filter(|_| traded), "{}", row.symbol);
        assert!(row.time.is_some() && row.bid1.is_none() && row.ask1.is_none());
    }
    assert_eq!(check(&query, &batch), symbols.len() - known.len());
}
