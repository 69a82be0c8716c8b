//! Promises are kept: queries inside the promise are answered, and others refused.

use finvista_core::dataset::DatasetSpec;
use finvista_core::{Adjust, ErrorKind, Period, Query, ShapeKind};
use jiff::civil::date;

use super::truth;
use crate::bench::{Bench, Offered, World};
use crate::report::{Checked, fail, skip};
use crate::subject::Subject;
use crate::{samples, table};

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

pub(crate) fn answered(bench: &Bench, subject: &Subject, offered: &Offered) -> Checked {
    if offered.asked.is_empty() {
        return skip("only its author knows what can be asked: name a sample");
    }
    // What the testkit and the author have must be there; a source of its own need not have well-known instruments.
    let given = subject.samples.iter().any(|query| *query.dataset() == offered.spec.id());
    let must = given || matches!(bench.world, World::Market);
    for (query, answer) in &offered.asked {
        let Err(error) = answer else { continue };
        if must || !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NoData) {
            return fail(format!("{query}: {error}"));
        }
    }
    if offered.asked.iter().all(|(_, answer)| answer.is_err()) {
        return skip("it has none of the well-known instruments: name a sample");
    }
    Ok(())
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
    Ok(())
}

/// Bars of every promised period, held against the market.
pub(crate) async fn periods(bench: &Bench, offered: &Offered) -> Checked {
    if offered.spec.rules.periods.len() < 2 {
        return skip("the data set has one period");
    }
    if bench.world == World::Answers {
        return skip("the author's answers are for the samples alone");
    }
    let (sample, _) = offered.answered()?;
    let mut asked = 0;
    for &period in offered.spec.rules.periods {
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

pub(crate) async fn adjustments(bench: &Bench, offered: &Offered) -> Checked {
    let capability = &offered.capability;
    let promises = [Adjust::Qfq, Adjust::Hfq].map(|a| capability.boards_of(a).is_some_and(|b| !b.is_empty()));
    if !offered.spec.rules.adjusts || promises == [false, false] {
        return skip("no adjustment is promised");
    }
    offered.answered()?;
    let period = samples::period(offered.spec, capability);
    // Two years have an ex-date, and every source of daily bars reaches as far back.
    let range = match period {
        Period::Minutes(_) => samples::recent(period, bench.today),
        _ => samples::range(samples::days_before(bench.today, 700), samples::days_before(bench.today, 14)),
    };
    let mut asked = 0;
    for symbol in samples::known(offered.spec, capability) {
        let query = |adjust| samples::series(offered.spec, symbol, range, adjust);
        let adjusted = [Adjust::Qfq, Adjust::Hfq].into_iter().filter_map(query);
        for query in adjusted.filter(|query| samples::promised(capability, query, bench.today)) {
            let batch = match table::checked(offered, &query, bench.ask(&query).await) {
                Ok(batch) => batch,
                Err(e) if bench.world != World::Market && e.kind() == ErrorKind::NotFound => continue,
                Err(error) => return fail(format!("{query}: {error}")),
            };
            asked += 1;
            truth::check_adjusted(bench, &query, &batch)?;
        }
    }
    if asked == 0 { skip("none of the instruments that it has is adjusted") } else { Ok(()) }
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
