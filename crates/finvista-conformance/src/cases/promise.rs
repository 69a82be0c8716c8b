//! Promises are kept: queries inside the promise are answered, and others refused.

use finvista_core::dataset::{Check, DatasetSpec};
use finvista_core::{Adjust, Board, ErrorKind, Period, Query, RecordBatch, ShapeKind};
use jiff::civil::date;

use super::truth;
use crate::bench::{Bench, Offered, World};
use crate::report::{Checked, NAME_A_SAMPLE, fail, skip, todo};
use crate::subject::Subject;
use crate::{samples, table, value};

pub(crate) fn identity(bench: &Bench, subject: &Subject) -> Checked {
    let info = bench.source.info();
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-".contains(&b);
    if info.name.is_empty() || !info.name.bytes().all(plain) {
        return fail(format!("expected a name in lower-case ASCII, digits, _ and -, got {:?}", info.name));
    }
    if info.offers.is_empty() {
        return fail("it offers no data set");
    }
    for (place, offer) in info.offers.iter().enumerate() {
        if info.offers.iter().skip(place + 1).any(|other| other.dataset == offer.dataset) {
            return fail(format!("it offers {} twice", offer.dataset));
        }
    }
    for spec in &subject.datasets {
        let offers = info.offers.iter().any(|offer| offer.dataset == spec.id());
        if !offers && bench.source.capability(&spec.id()).is_some() {
            return fail(format!("it promises {} but does not offer it", spec.id));
        }
    }
    Ok(())
}

pub(crate) fn answered(bench: &Bench, offered: &Offered) -> Checked {
    if offered.asked.is_empty() {
        return todo(NAME_A_SAMPLE);
    }
    // What the testkit and the author have must be there; a source of its own need not have well-known instruments.
    let given = !offered.samples.is_empty();
    let must = given || matches!(bench.world, World::Market);
    for (query, answer) in &offered.asked {
        let error = match answer {
            Ok(batch) if batch.num_rows() == 0 => {
                return fail(format!(
                    "{query}: expected rows, no_data or not_found, got a table without rows"
                ));
            }
            Ok(_) => continue,
            Err(error) => error,
        };
        if must || !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NoData) {
            return fail(format!("{query}: {error}"));
        }
    }
    if offered.asked.iter().all(|(_, answer)| answer.is_err()) {
        return fail(
            "it has none of the well-known instruments: name a sample that it has (Subject::sample)",
        );
    }
    let unproven: Vec<String> = unproven_boards(offered).iter().map(ToString::to_string).collect();
    match unproven.is_empty() {
        true => Ok(()),
        false => fail(format!(
            "it promises {}, of which no sample was answered: name one of each (Subject::sample), or do not promise it",
            unproven.join(", ")
        )),
    }
}

/// The boards that a promise names, and that no answer is about.
fn unproven_boards(offered: &Offered) -> Vec<Board> {
    let about_instruments = matches!(offered.spec.shape, ShapeKind::Series | ShapeKind::Snapshot);
    let Some(boards) = offered.capability.boards.filter(|_| about_instruments) else { return Vec::new() };
    let answered = offered.asked.iter().filter(|(_, answer)| answer.is_ok());
    let proven: Vec<Board> =
        answered.flat_map(|(query, _)| query.symbols()).map(|symbol| symbol.board()).collect();
    let universe = offered.spec.rules.universe.boards;
    boards.iter().filter(|board| universe.contains(*board) && !proven.contains(board)).collect()
}

/// The rows that the author wrote down are those of the answer.
pub(crate) fn expected(bench: &Bench, offered: &Offered) -> Checked {
    let known = offered.samples.iter().filter(|sample| !sample.first.is_empty() || !sample.last.is_empty());
    let mut rows = 0;
    for sample in known {
        let answer = offered.asked.iter().find(|(query, _)| *query == sample.query);
        let Some((query, Ok(batch))) = answer else { continue };
        for (which, row, place) in
            [("first", &sample.first, 0), ("last", &sample.last, batch.num_rows().saturating_sub(1))]
        {
            for (column, expected) in row {
                rows += 1;
                if let Err(why) = value::is(batch, column, place, expected) {
                    return fail(format!("{query}: {column} of the {which} row: {why}"));
                }
            }
        }
    }
    match (rows, bench.world) {
        (0, World::Market) => skip("the simulated market is the truth"),
        (0, _) => todo("write down the first and the last row of a sample (Sample::first, Sample::last)"),
        _ => Ok(()),
    }
}

/// Every answer holds to the rules of its data set; about the testkit's market it is also true, in the units of the data set.
pub(crate) fn invariants(bench: &Bench, offered: &Offered) -> Checked {
    offered.answered()?;
    for (query, answer) in &offered.asked {
        let Ok(batch) = answer else { continue };
        if let Err(error) = table::check(offered, query, batch) {
            return fail(format!("{query}: {error}"));
        }
        truth::check(bench, offered, query, batch)?;
    }
    units(bench, offered)
}

/// The units of volumes are proven by amounts, by the market, or by rows that the author wrote down.
fn units(bench: &Bench, offered: &Offered) -> Checked {
    let known = offered.samples.iter().any(|sample| sample.knows("volume"));
    if !offered.spec.checks.contains(&Check::UnitProof) || known || bench.world == World::Market {
        return Ok(());
    }
    let proven = |batch: &RecordBatch| {
        batch.column_by_name("amount").is_some_and(|amounts| amounts.null_count() < amounts.len())
    };
    match offered.asked.iter().any(|(_, answer)| answer.as_ref().is_ok_and(proven)) {
        true => Ok(()),
        false => fail(
            "no row has an amount, so nothing proves that volumes count shares: write down a row with its volume (Sample::first)",
        ),
    }
}

/// Bars of every promised period, held against the market.
pub(crate) async fn periods(bench: &Bench, offered: &Offered) -> Checked {
    if offered.spec.rules.periods.len() < 2 {
        return skip("the data set has one period");
    }
    let (sample, _) = offered.answered()?;
    let mut asked = 0;
    for &period in offered.spec.rules.periods {
        if bench.world == World::Answers {
            // The answers are for the samples alone.
            let promised = offered.capability.periods.is_none_or(|periods| periods.contains(&period));
            let mut answered = offered.asked.iter().filter(|(_, answer)| answer.is_ok());
            if promised && !answered.any(|(query, _)| query.period().unwrap_or_default() == period) {
                return fail(format!(
                    "it promises the period {period}, of which no sample was answered: name one (Subject::sample)"
                ));
            }
            asked += usize::from(promised);
            continue;
        }
        let range = samples::recent(period, bench.today);
        let Some(query) = samples::in_period(offered.spec, sample, period, range) else { continue };
        if !samples::promised(&offered.capability, &query, bench.today) {
            continue;
        }
        match table::checked(offered, &query, bench.ask(&query).await) {
            Ok(batch) => truth::check(bench, offered, &query, &batch)?,
            Err(error) => return fail(format!("{query}: {error}")),
        }
        asked += 1;
    }
    if asked == 0 { skip("no period is promised for recent days") } else { Ok(()) }
}

/// The manager does not ask for what is not promised. A source that is asked nonetheless returns no table, which could only be
/// another one than was asked for.
pub(crate) async fn refusals(bench: &Bench, offered: &Offered) -> Checked {
    const FOREIGN: DatasetSpec =
        DatasetSpec::new("conformance_foreign", "A data set that no source has", ShapeKind::Free, &[]);
    if let Ok(foreign) = FOREIGN.parse(&finvista_core::Params::new()) {
        match bench.ask(&foreign).await {
            Err(error) if error.kind() == ErrorKind::Unsupported => {}
            Err(error) => {
                return fail(format!("a data set that it does not have: expected unsupported, got {error}"));
            }
            Ok(_) => return fail("it answers a data set that it does not have"),
        }
    }
    let refused = |query: &Query| !samples::promised(&offered.capability, query, bench.today);
    for query in unpromised(bench, offered).into_iter().filter(refused) {
        match bench.ask(&query).await {
            // A source that does not know the instrument need not know that it is of another board.
            Err(error) if !error.kind().meaning().counts => {}
            Err(error) => return fail(format!("{query}: expected a refusal, got {error}")),
            Ok(batch) => return fail(format!("{query} is not promised, and has {} rows", batch.num_rows())),
        }
    }
    Ok(())
}

/// Queries of every facet, of which a capability leaves out some.
fn unpromised(bench: &Bench, offered: &Offered) -> Vec<Query> {
    let spec = offered.spec;
    let symbols = samples::all(spec).into_iter();
    match spec.shape {
        ShapeKind::Series => {
            let period = samples::period(spec, &offered.capability);
            let recent = samples::recent(period, bench.today);
            let since = samples::range(date(2015, 1, 5), samples::days_before(bench.today, 14));
            let adjusts = || [Adjust::None, Adjust::Qfq, Adjust::Hfq].into_iter();
            let asked = symbols.flat_map(|symbol| {
                let query = |range, adjust| samples::series(spec, symbol, range, adjust);
                let near = adjusts().filter_map(|adjust| query(recent, adjust));
                near.chain(query(since, Adjust::None)).collect::<Vec<_>>()
            });
            let asked: Vec<Query> = asked.collect();
            let periods = asked.first().into_iter().flat_map(|query| {
                let of = |period: &Period| {
                    samples::in_period(spec, query, *period, samples::recent(*period, bench.today))
                };
                spec.rules.periods.iter().filter_map(of)
            });
            periods.collect::<Vec<_>>().into_iter().chain(asked).collect()
        }
        ShapeKind::Snapshot => symbols.filter_map(|symbol| samples::snapshot(spec, vec![symbol])).collect(),
        ShapeKind::Listing => samples::listings(spec),
        _ => Vec::new(),
    }
}
