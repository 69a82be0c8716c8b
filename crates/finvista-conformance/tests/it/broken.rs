#![cfg(test)]
//! Sources that break a rule each: the suite finds it, and under the right name.

use std::collections::HashMap;
use std::fs::File;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use finvista_conformance::{Outcome, Report, Subject, check, run};
use finvista_core::dataset::{Bar, BarSink, Build, Dataset};
use finvista_core::{
    Adjust, Board, Boards, Capability, Context, DataSource, DatasetId, ErrorKind, Offer, Period, Query,
    RecordBatch, Series, Shape, SourceError, SourceInfo, async_trait, calendar,
};
use finvista_datasets::CnStockDaily;
use jiff::ToSpan;
use jiff::civil::{Date, date};

/// The rule that a source breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flaw {
    Nothing,
    CountsLots,
    CountsLotsWithoutAmounts,
    RawAdjusted,
    AdjustsWithoutAmounts,
    HasNoFunds,
    SendsNothing,
    KnowsEverybody,
    PanicsAtTheUnknown,
    EmptyTables,
    CutsPages,
    ForgetsThePromise,
    NeverEnds,
    KeepsFiles,
    KeepsMemory,
    MixesCallsUp,
}

const BOARDS: Boards = Boards::of(&[Board::Main, Board::Star, Board::Fund]);

#[derive(Debug)]
struct Flawed {
    flaw: Flaw,
    info: SourceInfo,
    capability: Capability,
    under_way: AtomicUsize,
    kept: Mutex<(Vec<File>, Vec<Vec<u8>>)>,
    /// The tables that were asked for before: making one takes longer than all that the suite does with it.
    made: Mutex<HashMap<Query, RecordBatch>>,
}

impl Flawed {
    fn new(flaw: Flaw) -> Self {
        let info = SourceInfo {
            name: "flawed".to_owned(),
            title: "Flawed".to_owned(),
            version: "1.0.0".to_owned(),
            origin: "custom".to_owned(),
            failure_domain: "flawed".to_owned(),
            offers: vec![Offer { dataset: CnStockDaily::SPEC.id(), priority: 0 }],
        };
        let capability = Capability::of_boards(BOARDS).periods(&[Period::Day]).adjusts(Adjust::Qfq, BOARDS);
        Self {
            flaw,
            info,
            capability,
            under_way: AtomicUsize::new(0),
            kept: Mutex::default(),
            made: Mutex::default(),
        }
    }

    /// What it answers, right but for its flaw.
    fn table(&self, query: &Query, asked: &Series, cx: &Context) -> RecordBatch {
        let mut made = self.made.lock().unwrap();
        let make = || {
            let mut builder = <CnStockDaily as Dataset>::Builder::new(asked, cx.now);
            self.bars(asked, cx.today()).into_iter().for_each(|bar| builder.bar(bar));
            builder.finish().unwrap()
        };
        made.entry(query.clone()).or_insert_with(make).clone()
    }

    fn bars(&self, query: &Series, today: Date) -> Vec<Bar> {
        let first = query.range.start().unwrap_or(date(2015, 1, 5));
        let last = query.range.end().unwrap_or(today).min(today);
        let days = std::iter::successors(Some(first), |day| day.checked_add(1.day()).ok());
        let days = days.take_while(|day| *day <= last);
        let venue = query.symbol.venue();
        let sessions = days.filter(|day| calendar::is_session(venue, *day) == Some(true));
        let in_lots = [Flaw::CountsLots, Flaw::CountsLotsWithoutAmounts].contains(&self.flaw);
        let volume = if in_lots { 10_000 } else { 1_000_000 };
        let adjusted = query.adjust != Adjust::None;
        let known = match self.flaw {
            Flaw::CountsLotsWithoutAmounts => false,
            Flaw::AdjustsWithoutAmounts => !adjusted,
            _ => true,
        };
        let amount = known.then_some(10e6);
        // It went ex half a year ago.
        let ex = today.checked_sub(180.days()).unwrap();
        let bar = |day| {
            let factor = if adjusted && day < ex && self.flaw != Flaw::RawAdjusted { 0.5 } else { 1.0 };
            let [open, high, low, close] = [10.0, 10.5, 9.5, 10.0].map(|price| price * factor);
            Bar { amount, ..Bar::new(day, open, high, low, close, volume) }
        };
        let mut bars: Vec<Bar> = match self.flaw {
            Flaw::SendsNothing => Vec::new(),
            _ => sessions.map(bar).collect(),
        };
        if self.flaw == Flaw::CutsPages {
            bars.drain(..bars.len().saturating_sub(640));
        }
        bars
    }
}

/// What keeps a file open when a fetch is dropped before its end.
struct Guard<'a>(&'a Flawed);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        if self.0.flaw == Flaw::KeepsFiles {
            self.0.kept.lock().unwrap().0.extend(File::open("/proc/self/status"));
        }
        self.0.under_way.fetch_sub(1, SeqCst);
    }
}

#[async_trait]
impl DataSource for Flawed {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn capability(&self, dataset: &DatasetId) -> Option<&Capability> {
        (*dataset == CnStockDaily::SPEC.id()).then_some(&self.capability)
    }

    async fn fetch(&self, cx: &Context, query: &Query) -> Result<RecordBatch, SourceError> {
        let error = |kind, what: &str| Err(SourceError::new(kind, what));
        let asked = Series::of(query.selection()).filter(|_| *query.dataset() == CnStockDaily::SPEC.id());
        let Some(asked) = asked else { return error(ErrorKind::Unsupported, "no such data set") };
        if self.flaw != Flaw::ForgetsThePromise
            && self.capability.answers(query.selection(), cx.today()).is_err()
        {
            return error(ErrorKind::Unsupported, "not promised");
        }
        if CnStockDaily::SPEC.rules.universe.unknown.contains(&&*asked.symbol.written()) {
            assert!(self.flaw != Flaw::PanicsAtTheUnknown, "who is that?");
            if self.flaw != Flaw::KnowsEverybody {
                return error(ErrorKind::NotFound, "no such symbol");
            }
        }
        if self.flaw == Flaw::HasNoFunds && asked.symbol.board() == Board::Fund {
            return error(ErrorKind::NotFound, "no fund is here");
        }
        let guard = Guard(self);
        let others = self.under_way.fetch_add(1, SeqCst);
        for _ in 0..if self.flaw == Flaw::KeepsFiles { 20 } else { 2 } {
            tokio::task::yield_now().await;
        }
        if self.flaw == Flaw::NeverEnds && cx.time.as_secs() == 0 {
            std::future::pending::<()>().await;
        }
        if self.flaw == Flaw::KeepsMemory {
            self.kept.lock().unwrap().1.push(vec![1; 2_000]);
        }
        let mut table = self.table(query, asked, cx);
        if self.flaw == Flaw::MixesCallsUp && others > 0 {
            table = table.slice(0, table.num_rows() - 1);
        }
        if self.flaw == Flaw::KeepsFiles {
            // Over in good order.
            std::mem::forget(guard);
            self.under_way.fetch_sub(1, SeqCst);
        }
        if table.num_rows() == 0 && ![Flaw::EmptyTables, Flaw::SendsNothing].contains(&self.flaw) {
            return error(ErrorKind::NoData, "no weekday");
        }
        Ok(table)
    }
}

/// The suite on a clock that jumps where everybody waits: these sources wait for nothing real, and what is never done is known
/// at once.
fn report(flaw: Flaw) -> Report {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_all().start_paused(true).build().unwrap();
    runtime.block_on(check(&Subject::source(Arc::new(Flawed::new(flaw)))))
}

#[test]
fn each_flaw_is_found() {
    let report_of_good = report(Flaw::Nothing);
    assert!(report_of_good.passed(), "{report_of_good}");
    for (flaw, name) in [
        (Flaw::CountsLots, "units and invariants"),
        (Flaw::CountsLotsWithoutAmounts, "units and invariants"),
        (Flaw::RawAdjusted, "promised adjustments are answered"),
        (Flaw::AdjustsWithoutAmounts, "promised adjustments are answered"),
        (Flaw::HasNoFunds, "what is promised is answered"),
        (Flaw::SendsNothing, "what is promised is answered"),
        (Flaw::KnowsEverybody, "an unknown symbol is NotFound"),
        (Flaw::PanicsAtTheUnknown, "an unknown symbol is NotFound"),
        (Flaw::EmptyTables, "a range without a trading day is NoData"),
        (Flaw::CutsPages, "a long range is whole"),
        (Flaw::ForgetsThePromise, "what is not promised is refused"),
        (Flaw::NeverEnds, "a fetch ends in its time"),
        (Flaw::KeepsMemory, "memory stays flat"),
        (Flaw::MixesCallsUp, "many at once get the same tables"),
    ] {
        assert_fails(flaw, name);
    }
    if cfg!(target_os = "linux") {
        assert_fails(Flaw::KeepsFiles, "a dropped fetch leaves nothing behind");
    }
}

fn assert_fails(flaw: Flaw, name: &str) {
    let report = report(flaw);
    let outcome = |case: &finvista_conformance::Case| matches!(case.outcome, Outcome::Failed(_));
    assert!(report.case("cn_stock_daily", name).is_some_and(outcome), "{flaw:?}: {report}");
    assert!(!report.passed(), "{flaw:?}: {report}");
}

#[test]
fn an_offer_without_a_promise_is_found() {
    let mut source = Flawed::new(Flaw::Nothing);
    source.info.offers.push(Offer { dataset: DatasetId::new("cn_stock_quote"), priority: 0 });
    let report = run(&Subject::source(Arc::new(source)));
    let quote = &report.case("cn_stock_quote", "data set").unwrap().outcome;
    assert!(matches!(quote, Outcome::Failed(why) if why.contains("promises nothing")), "{quote:?}");
}
