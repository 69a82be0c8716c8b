#![cfg(test)]
//! One market feeds all three formats, so the same question has the same answer at every vendor: the market's truth.

use std::cell::{Cell, OnceCell};

use finvista::{Adjust, DateRange, Error, SkipReason, Table};
use finvista_core::date::weekdays;
use finvista_testkit::{Instrument, Kind, State, Vendor};
use jiff::ToSpan;
use jiff::civil::Date;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::TestRunner;

use crate::support::{Bench, UNTIL, daily, stocks};
use crate::truth::{assert_daily, assert_quote, inside, symbol};

/// Markets are cheap, but not so cheap that each case has its own.
const SEEDS: usize = 8;

/// The markets that were needed so far, on one runtime.
struct Markets {
    runtime: tokio::runtime::Runtime,
    benches: [OnceCell<Bench>; SEEDS],
}

impl Markets {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { runtime, benches: Default::default() }
    }

    fn get(&self, seed: usize) -> &Bench {
        self.benches[seed].get_or_init(|| self.runtime.block_on(Bench::start(seed as u64)))
    }
}

fn runner(cases: u32) -> TestRunner {
    TestRunner::new(ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() })
}

/// A day worth asking about.
#[derive(Debug, Clone)]
enum Anchor {
    Listing,
    /// An ex-date.
    Event(Index),
    /// The longest time without a bar: a halt, or a holiday.
    Halt,
    /// Any bar of the instrument.
    Bar(Index),
    /// The last day of the market.
    Today,
}

#[derive(Debug, Clone)]
enum Days {
    All,
    From(Anchor, i32),
    Until(Anchor, i32),
    Between(Anchor, i32, i32),
}

fn anchor() -> impl Strategy<Value = Anchor> {
    prop_oneof![
        1 => Just(Anchor::Listing),
        3 => any::<Index>().prop_map(Anchor::Event),
        2 => Just(Anchor::Halt),
        4 => any::<Index>().prop_map(Anchor::Bar),
        2 => Just(Anchor::Today),
    ]
}

fn ranges() -> impl Strategy<Value = Days> {
    let offset = || prop_oneof![3 => -6..6_i32, 1 => -200..200_i32];
    // Single days, weekends, weeks, a quarter, and more than one page of any vendor.
    let length = prop::sample::select(vec![0, 0, 1, 2, 7, 30, 90, 400, 1400, 3000]);
    prop_oneof![
        1 => Just(Days::All),
        3 => (anchor(), offset()).prop_map(|(anchor, offset)| Days::From(anchor, offset)),
        1 => (anchor(), offset()).prop_map(|(anchor, offset)| Days::Until(anchor, offset)),
        5 => (anchor(), offset(), length).prop_map(|(anchor, offset, n)| Days::Between(anchor, offset, n)),
    ]
}

impl Days {
    fn of(&self, instrument: &Instrument) -> DateRange {
        let day = |anchor: &Anchor, offset: i32| anchor.day(instrument).checked_add(offset.days()).unwrap();
        let (start, end) = match self {
            Self::All => (None, None),
            Self::From(anchor, offset) => (Some(day(anchor, *offset)), None),
            Self::Until(anchor, offset) => (None, Some(day(anchor, *offset))),
            Self::Between(anchor, offset, length) => {
                (Some(day(anchor, *offset)), Some(day(anchor, offset + length)))
            }
        };
        DateRange::new(start, end).unwrap()
    }
}

impl Anchor {
    fn day(&self, instrument: &Instrument) -> Date {
        let (bars, events) = (instrument.bars(), instrument.events());
        let gap = |pair: &&[finvista_testkit::Bar]| pair[0].date.until(pair[1].date).unwrap().get_days();
        match self {
            Self::Event(index) if !events.is_empty() => index.get(events).date,
            Self::Halt if bars.len() > 1 => bars.windows(2).max_by_key(gap).unwrap()[0].date,
            Self::Bar(index) if !bars.is_empty() => index.get(bars).date,
            Self::Today => UNTIL,
            _ => instrument.listed,
        }
    }
}

/// What a vendor must do with a query.
#[derive(Debug, PartialEq)]
enum Expected {
    Rows,
    /// It knows of nothing there.
    Nothing,
    /// Outside its promise: it is not even asked.
    Refused,
    /// Inside its promise, and only the answer shows that it cannot be given exactly.
    Withdrawn,
}

fn expected(vendor: Vendor, instrument: &Instrument, range: DateRange, adjust: Adjust) -> Expected {
    let is_adjusted = adjust != Adjust::None;
    let refused = match vendor {
        Vendor::EastMoney => false,
        // The latest 1,023 bars, and no factor file of a fund or a Beijing share.
        Vendor::Sina => {
            range.start().is_none_or(|start| weekdays(start, UNTIL) > 1023)
                || is_adjusted && matches!(instrument.kind, Kind::Fund | Kind::Beijing)
        }
        Vendor::Tencent => is_adjusted && instrument.kind == Kind::Beijing,
    };
    // Tencent sends what never went ex as unadjusted, and does not say which of the two it is. Of a fund it does not show events
    // either, and of a share those of the range alone: later ones count forward, and earlier ones backward.
    let hides_events = match adjust {
        Adjust::Hfq => range.start().is_some(),
        _ => range.end().is_some_and(|end| end < UNTIL),
    };
    let unclear =
        is_adjusted && instrument.events().is_empty() && (instrument.kind == Kind::Fund || hides_events);
    match () {
        () if refused => Expected::Refused,
        () if inside(instrument, range).is_empty() => Expected::Nothing,
        () if vendor == Vendor::Sina && instrument.state == State::Delisted => Expected::Nothing,
        () if vendor == Vendor::Tencent && unclear => Expected::Withdrawn,
        () => Expected::Rows,
    }
}

/// What the vendor did, after a look at what it must not do.
fn seen<D>(result: &Result<Table<D>, Error>, place: &str) -> Expected {
    match result {
        Ok(_) => Expected::Rows,
        Err(Error::NotFound(not_found)) => {
            assert!(not_found.conclusive(), "{place}: {not_found}");
            Expected::Nothing
        }
        Err(Error::Unsupported(report)) if report.attempts.is_empty() => {
            assert!(matches!(report.skipped[0].reason, SkipReason::Unsupported(_)), "{place}: {report}");
            Expected::Refused
        }
        Err(Error::Unsupported(_)) => Expected::Withdrawn,
        Err(error) => panic!("{place}: {error}"),
    }
}

#[test]
fn daily_bars_are_the_truth_at_every_vendor() {
    let markets = Markets::new();
    let [rows, nothing, refused] = [Cell::new(0), Cell::new(0), Cell::new(0)];
    let adjusts = prop::sample::select(vec![Adjust::None, Adjust::Qfq, Adjust::Hfq]);
    let cases = (0..SEEDS, any::<Index>(), ranges(), adjusts);
    let run = |(seed, pick, days, adjust): (usize, Index, Days, Adjust)| {
        let bench = markets.get(seed);
        let instrument = *pick.get(&stocks(bench.market()));
        let range = days.of(instrument);
        for vendor in Vendor::ALL {
            let place = format!("seed {seed}, {vendor} {} {range} {adjust}", instrument.prefixed());
            let before = bench.simulator.calls(vendor);
            let call = daily(&bench.fv, &instrument.prefixed(), range, adjust).source(vendor.to_string());
            let result = markets.runtime.block_on(call.into_future());
            let expected = expected(vendor, instrument, range, adjust);
            match (expected, seen(&result, &place)) {
                // Both words for the same end: no bars at all show no sign of a missing adjustment.
                (Expected::Nothing, Expected::Withdrawn) => assert_eq!(vendor, Vendor::Tencent, "{place}"),
                (expected, seen) => assert_eq!(expected, seen, "{place}"),
            }
            match result {
                Ok(table) => {
                    assert_daily(&table, vendor, instrument, range, adjust);
                    rows.set(rows.get() + 1);
                }
                Err(error) if error.attempts().is_empty() => {
                    assert_eq!(bench.simulator.calls(vendor), before, "{place}: it was asked all the same");
                    refused.set(refused.get() + 1);
                }
                Err(_) => nothing.set(nothing.get() + 1),
            }
        }
        Ok(())
    };
    runner(300).run(&cases, run).unwrap();
    // A property that is only ever asked about nothing holds too easily.
    let counted = [rows.get(), nothing.get(), refused.get()];
    assert!(counted.iter().all(|count| *count > 60), "rows, nothing, refused: {counted:?}");
}

/// The last start that Sina's 1,023 bars surely reach, and the day before it.
#[tokio::test]
async fn sinas_promise_holds_to_its_last_day_and_not_beyond() {
    let bench = Bench::start(11).await;
    let instrument = bench.instrument("sh600519");
    let mut edge = UNTIL;
    while weekdays(edge, UNTIL) < 1023 {
        edge = edge.yesterday().unwrap();
    }
    for (start, expected) in
        [(edge, Expected::Rows), (edge.checked_sub(3.days()).unwrap(), Expected::Refused)]
    {
        let range = DateRange::new(Some(start), None).unwrap();
        for adjust in [Adjust::None, Adjust::Qfq] {
            let before = bench.simulator.calls(Vendor::Sina);
            let result = daily(&bench.fv, "600519", range, adjust).source("sina").await;
            assert_eq!(seen(&result, "sina"), expected, "{range} {adjust}");
            match result {
                Ok(table) => assert_daily(&table, Vendor::Sina, instrument, range, adjust),
                Err(_) => assert_eq!(bench.simulator.calls(Vendor::Sina), before),
            }
        }
    }
}

/// Unknown codes of every exchange.
const UNKNOWN: [&str; 6] = ["sh605999", "sz000003", "sh600003", "bj920001", "sz159999", "sh688001"];

fn assert_quotes(markets: &Markets, bench: &Bench, vendor: Vendor, codes: &[String]) {
    let call = bench.fv.cn_stock_quote(codes).source(vendor.to_string());
    let result = markets.runtime.block_on(call.into_future());
    let (mut known, mut missing): (Vec<&Instrument>, Vec<String>) = Default::default();
    let mut seen = std::collections::HashSet::new();
    for code in codes.iter().filter(|code| seen.insert(code.as_str())) {
        match bench.market().instrument(code) {
            // East Money knows no old codes of Beijing's, and does not say what is not listed.
            Some(i) if i.state == State::CodeChanged => missing.push(symbol(i)),
            Some(i)
                if vendor != Vendor::EastMoney && matches!(i.state, State::Delisted | State::NotListed) =>
            {
                missing.push(symbol(i));
            }
            Some(instrument) => known.push(instrument),
            None => missing.push(finvista::raw::CN_STOCKS.symbol(code).unwrap().to_string()),
        }
    }
    if known.is_empty() {
        assert!(matches!(result, Err(Error::NotFound(_))), "{vendor} {codes:?}: {result:?}");
        return;
    }
    let table = result.unwrap_or_else(|error| panic!("{vendor} {codes:?}: {error}"));
    assert_eq!(table.num_rows(), known.len(), "{vendor} {codes:?}");
    for (row, instrument) in table.rows().zip(known) {
        assert_quote(&row, vendor, instrument);
    }
    let named: Vec<String> = table.provenance().missing.iter().map(ToString::to_string).collect();
    assert_eq!(named, missing, "{vendor} {codes:?}");
}

#[test]
fn quotes_are_the_truth_at_every_vendor() {
    let markets = Markets::new();
    let run = |(seed, picks): (usize, Vec<Index>)| {
        let bench = markets.get(seed);
        let mut codes: Vec<String> = stocks(bench.market()).iter().map(|i| i.prefixed()).collect();
        codes.extend(UNKNOWN.map(str::to_owned));
        // Some of them twice, which is asked once.
        let codes: Vec<String> = picks.iter().map(|pick| pick.get(&codes).clone()).collect();
        for vendor in Vendor::ALL {
            assert_quotes(&markets, bench, vendor, &codes);
        }
        Ok(())
    };
    runner(60).run(&(0..SEEDS, prop::collection::vec(any::<Index>(), 1..60)), run).unwrap();
}

#[test]
fn a_batch_larger_than_any_vendor_takes_keeps_its_order() {
    let markets = Markets::new();
    let bench = markets.get(0);
    let mut codes: Vec<String> = (0..2_000).map(|n| format!("sz00{:04}", 3000 + n)).collect();
    // East Money takes 100 codes, Sina and Tencent 800: known ones in the first page, the last, and on both sides of an edge.
    for (place, instrument) in
        [0, 99, 100, 350, 799, 800, 801, 1_650, 1_999].into_iter().zip(stocks(bench.market()))
    {
        codes[place] = instrument.prefixed();
    }
    for vendor in Vendor::ALL {
        assert_quotes(&markets, bench, vendor, &codes);
    }
    assert_eq!(bench.calls(), [20, 3, 3]);
    // All that is known in the last page, and nothing in those before it.
    let last = codes.split_off(1_000);
    for vendor in Vendor::ALL {
        assert_quotes(&markets, bench, vendor, &last[801..]);
    }
}
