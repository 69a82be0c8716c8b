#![cfg(test)]
//! Bars of every length, of shares and of indices: the truth at every vendor that promises them, and no request to the others.

use std::sync::OnceLock;

use finvista::raw::{Refusal, Zone};
use finvista::{
    Adjust, Call, CnStockMinute, DateRange, Error, ErrorKind, FinVista, Period, SkipReason, Table,
};
use finvista_testkit::{Instrument, Kind, Market, Simulator, Vendor};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime, date};

use crate::support::{Bench, days, told};
use crate::truth::{Plain, assert_bars};

const PERIODS: [(Period, finvista_testkit::Period); 3] = [
    (Period::Day, finvista_testkit::Period::Day),
    (Period::Week, finvista_testkit::Period::Week),
    (Period::Month, finvista_testkit::Period::Month),
];

/// A range that begins and ends in the middle of a week and of a month.
fn range() -> DateRange {
    days(date(2023, 3, 8), date(2024, 6, 13))
}

/// The answer, or `None` if the vendor does not promise it. Then it was not asked, unless only its answer shows that it cannot be
/// exact.
fn promised<D>(result: Result<Table<D>, Error>, place: &str) -> Option<Table<D>> {
    match result {
        Ok(table) => Some(table),
        Err(Error::Unsupported(report)) => {
            let withdrawn = report.attempts.iter().all(|attempt| {
                attempt.error.as_ref().is_some_and(|error| error.kind() == ErrorKind::Unsupported)
            });
            assert!(withdrawn && report.attempts.len() + report.skipped.len() == 1, "{place}: {report}");
            None
        }
        Err(error) => panic!("{place}: {error}"),
    }
}

#[tokio::test]
async fn weeks_and_months_are_the_truth_at_every_vendor_that_promises_them() {
    let bench = Bench::start(71).await;
    let mut answered = [0; 3];
    for code in ["sz000001", "sh600519", "sh688981", "bj920982", "sh510300", "sh900901", "sz301632"] {
        let instrument = bench.instrument(code);
        for (period, kit) in PERIODS {
            for adjust in [Adjust::None, Adjust::Qfq, Adjust::Hfq] {
                let truth = crate::truth::days(instrument, (kit, adjust), range());
                for (vendor, answered) in Vendor::ALL.into_iter().zip(&mut answered) {
                    let place = format!("{vendor} {code} {period} {adjust}");
                    let call = crate::support::daily(&bench.fv, code, range(), adjust);
                    let result = call.period(period).source(vendor.to_string()).await;
                    let Some(table) = promised_or_none(result, truth.is_empty(), &place) else { continue };
                    let rows: Vec<Plain<Date>> = table.rows().map(Plain::from).collect();
                    assert_bars(&rows, &truth, (vendor, instrument, adjust), &place);
                    *answered += 1;
                }
            }
        }
    }
    assert!(answered[0] >= 50 && answered[1] >= 12 && answered[2] >= 30, "{answered:?}");
}

/// As [`promised`], of an instrument that may have no bar at all.
fn promised_or_none<D>(result: Result<Table<D>, Error>, is_empty: bool, place: &str) -> Option<Table<D>> {
    match result {
        Err(Error::NotFound(_)) if is_empty => None,
        result => promised(result, place),
    }
}

/// The symbol of an index, whose codes no exchange may have.
fn index_symbol(instrument: &Instrument) -> String {
    match instrument.exchange.prefix() {
        "csi" => format!("{}.CSI", instrument.code),
        _ if instrument.code.starts_with("98") => format!("{}.CNI", instrument.code),
        _ => crate::truth::symbol(instrument),
    }
}

fn indices(market: &Market) -> impl Iterator<Item = &Instrument> {
    market.instruments().iter().filter(|instrument| instrument.kind == Kind::Index)
}

#[tokio::test]
async fn bars_of_indices_are_the_truth_at_every_vendor_that_promises_them() {
    let bench = Bench::start(72).await;
    let mut answered = [0; 3];
    for instrument in indices(bench.market()) {
        for (period, kit) in PERIODS {
            let truth = crate::truth::days(instrument, (kit, Adjust::None), range());
            for (vendor, answered) in Vendor::ALL.into_iter().zip(&mut answered) {
                let place = format!("{vendor} {} {period}", index_symbol(instrument));
                let call = bench.fv.cn_index_daily(index_symbol(instrument).as_str()).period(period);
                let call = call.start(date(2023, 3, 8)).end(date(2024, 6, 13));
                let Some(table) = promised(call.source(vendor.to_string()).await, &place) else { continue };
                let rows: Vec<Plain<Date>> = table.rows().map(Plain::from).collect();
                assert_bars(&rows, &truth, (vendor, instrument, Adjust::None), &place);
                *answered += 1;
            }
        }
    }
    let all = indices(bench.market()).count() * 3;
    assert!(answered[0] == all && answered[1] >= 5 && answered[2] >= 15, "{answered:?} of {all}");
}

#[tokio::test]
async fn quotes_of_indices_are_the_truth_and_what_only_one_vendor_has_comes_from_it() {
    let bench = Bench::start(73).await;
    let everywhere = ["000001", "000300", "399001", "399006"];
    for vendor in Vendor::ALL {
        let table = bench.fv.cn_index_quote(everywhere).source(vendor.to_string()).await.unwrap();
        assert_eq!(table.num_rows(), everywhere.len());
        for (row, code) in table.rows().zip(everywhere) {
            let index = indices(bench.market()).find(|index| index.code == code).unwrap();
            let (truth, unit) = (index.quote(), 10_f64.powi(index.decimals.try_into().unwrap()));
            let price = |ticks: Option<i64>| ticks.map(|ticks| ticks as f64 / unit);
            let place = format!("{vendor}: {row:?}");
            assert_eq!(row.symbol, index_symbol(index), "{place}");
            assert_eq!((row.price, row.pre_close), (price(truth.price), price(truth.pre_close)), "{place}");
            let day = [truth.open, truth.high, truth.low].map(price);
            assert_eq!([row.open, row.high, row.low], day, "{place}");
            assert!((row.volume.unwrap() - truth.volume).abs() <= 50, "{place}");
            assert!((row.amount.unwrap() - truth.amount as f64 / 100.0).abs() <= 5_000.0, "{place}");
        }
    }
    let table = bench.fv.cn_index_quote(["000001", "930955", "980017"]).await.unwrap();
    assert_eq!(table.source(), "eastmoney");
    let refusals: Vec<_> = table.provenance().skipped.iter().map(|skipped| &skipped.reason).collect();
    assert_eq!(refusals.len(), 2, "{refusals:?}");
    for refusal in refusals {
        assert!(matches!(refusal, SkipReason::Unsupported(Refusal::Board { .. })), "{refusal:?}");
    }
    // A bare code is an index here, and a stock there.
    assert_eq!(bench.fv.cn_index_quote(["000001"]).await.unwrap().rows().next().unwrap().symbol, "000001.SH");
    assert!(matches!(bench.fv.cn_index_quote(["600519"]).await, Err(Error::InvalidInput { .. })));
}

fn minutes(fv: &FinVista, code: &str, period: u8, start: Date, adjust: Adjust) -> Call<CnStockMinute> {
    fv.cn_stock_minute(code).period(Period::Minutes(period)).start(start).adjust(adjust)
}

#[tokio::test]
async fn minutes_are_the_truth_at_every_vendor_that_promises_them() {
    let bench = Bench::start(74).await;
    let three = [date(2024, 6, 26), date(2024, 6, 27), date(2024, 6, 28)];
    let mut answered = [0; 3];
    for code in ["sz000001", "sh600519", "sh688981", "sz300750", "bj920982", "sh510300", "sh900901"] {
        let instrument = bench.instrument(code);
        // Tencent has 320 bars.
        for (size, days) in [(1, &three[2..]), (5, &three), (15, &three), (30, &three), (60, &three)] {
            for adjust in [Adjust::None, Adjust::Qfq, Adjust::Hfq] {
                let truth = crate::truth::minutes(instrument, (size.into(), adjust), days);
                for (vendor, answered) in Vendor::ALL.into_iter().zip(&mut answered) {
                    let place = format!("{vendor} {code} {size}m {adjust}");
                    let call = minutes(&bench.fv, code, size, days[0], adjust).source(vendor.to_string());
                    let Some(table) = promised(call.await, &place) else { continue };
                    assert!(table.rows().all(|bar| bar.finished), "{place}");
                    let rows: Vec<Plain<Timestamp>> = table.rows().map(Plain::from).collect();
                    assert_bars(&rows, &truth, (vendor, instrument, adjust), &place);
                    *answered += 1;
                }
            }
        }
    }
    // Of single minutes East Money has no adjusted ones; Sina adjusts no funds and no Beijing shares, and Tencent none at all.
    assert_eq!(answered, [91, 68, 25]);
    // No vendor keeps the minutes of years ago, and one that does not promise them is not asked.
    let before = bench.calls();
    let old = minutes(&bench.fv, "000001", 5, date(2020, 1, 2), Adjust::None).await;
    assert!(matches!(old, Err(Error::Unsupported(_))), "{}", told(&old));
    assert_eq!(bench.calls(), before);
}

/// A quarter past ten and some seconds, in the middle of the session of the market's last day.
const IN_SESSION: DateTime = DateTime::constant(2024, 6, 28, 10, 17, 30, 0);

fn in_session() -> Timestamp {
    static NOW: OnceLock<Timestamp> = OnceLock::new();
    *NOW.get_or_init(|| Zone::Shanghai.instant(IN_SESSION).unwrap())
}

#[tokio::test]
async fn the_bar_under_way_is_there_and_not_finished() {
    let simulator = Simulator::builder().market(Market::at(75, IN_SESSION)).start().await.unwrap();
    let fv = crate::support::client(&simulator).wall_clock(in_session).build().unwrap();
    let today = IN_SESSION.date();
    let instrument = simulator.market().unwrap().instrument("sh600519").unwrap();
    for vendor in Vendor::ALL {
        for size in [1_u8, 5, 15, 30, 60] {
            let place = format!("{vendor} {size}m");
            let call = minutes(&fv, "600519", size, today, Adjust::None).source(vendor.to_string());
            let Some(table) = promised(call.await, &place) else { continue };
            let rows: Vec<Plain<Timestamp>> = table.rows().map(Plain::from).collect();
            let truth = crate::truth::minutes(instrument, (size.into(), Adjust::None), &[today]);
            assert_bars(&rows, &truth, (vendor, instrument, Adjust::None), &place);
            let finished: Vec<bool> = table.rows().map(|bar| bar.finished).collect();
            let expected: Vec<bool> = truth.iter().map(|bar| bar.at <= in_session()).collect();
            assert_eq!((finished.last(), &finished), (Some(&false), &expected), "{place}");
            // What is over stays as it is, and what is under way is kept for a moment.
            assert_eq!(finished.iter().filter(|finished| !**finished).count(), 1, "{place}");
        }
        let call = fv.cn_stock_daily("600519").start(today).source(vendor.to_string());
        let rows: Vec<Plain<Date>> = call.await.unwrap().rows().map(Plain::from).collect();
        let truth = crate::truth::days(instrument, (PERIODS[0].1, Adjust::None), days(today, today));
        assert_bars(&rows, &truth, (vendor, instrument, Adjust::None), &format!("{vendor} today"));
    }
}
