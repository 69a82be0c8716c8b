//! Adjusted prices are those of the simulated market, or differ from the prices as traded where nothing else does.

use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use finvista_core::{Adjust, ErrorKind, Period, Query, RecordBatch};

use super::truth;
use crate::bench::{Bench, Offered, World};
use crate::report::{Checked, fail, skip};
use crate::{samples, table};

/// Every promised adjustment is answered, and is one.
pub(crate) async fn adjustments(bench: &Bench, offered: &Offered) -> Checked {
    let promised =
        |adjust: &Adjust| offered.capability.boards_of(*adjust).is_some_and(|boards| !boards.is_empty());
    let promised: Vec<Adjust> = [Adjust::Qfq, Adjust::Hfq].into_iter().filter(promised).collect();
    if !offered.spec.rules.adjusts || promised.is_empty() {
        return skip("no adjustment is promised");
    }
    offered.answered()?;
    for adjust in promised {
        match bench.world {
            World::Market => true_in_the_market(bench, offered, adjust).await?,
            _ => unlike_the_traded(bench, offered, adjust).await?,
        }
    }
    Ok(())
}

/// A series of each well-known instrument.
fn series(bench: &Bench, offered: &Offered, adjust: Adjust) -> Vec<Query> {
    let period = samples::period(offered.spec, &offered.capability);
    // Two years have an ex-date, and every source of daily bars reaches as far back.
    let range = match period {
        Period::Minutes(_) => samples::recent(period, bench.today),
        _ => samples::range(samples::days_before(bench.today, 700), samples::days_before(bench.today, 14)),
    };
    let known = samples::known(offered.spec, &offered.capability).into_iter();
    let queries = known.filter_map(|symbol| samples::series(offered.spec, symbol, range, adjust));
    queries.filter(|query| samples::promised(&offered.capability, query, bench.today)).collect()
}

async fn true_in_the_market(bench: &Bench, offered: &Offered, adjust: Adjust) -> Checked {
    let mut refused = None;
    let mut answered = 0;
    for query in series(bench, offered, adjust) {
        match table::checked(offered, &query, bench.ask(&query).await) {
            Ok(batch) => truth::check_adjusted(bench, &query, &batch)?,
            // A vendor may send prices as traded of some instrument; that its source says so is right.
            Err(error) if error.kind() == ErrorKind::Unsupported => {
                refused = Some(format!("{query}: {error}"));
                continue;
            }
            Err(error) => return fail(format!("{query}: {error}")),
        }
        answered += 1;
    }
    match refused {
        Some(why) if answered == 0 => fail(why),
        _ => Ok(()),
    }
}

/// Without a truth to hold them against, adjusted prices are proven by rows that the author wrote down, or by prices as traded that
/// differ from them.
async fn unlike_the_traded(bench: &Bench, offered: &Offered, adjust: Adjust) -> Checked {
    let of_author = |query: &&Query| query.adjust() == Some(adjust);
    let asked = offered.asked.iter().map(|(query, _)| query).filter(of_author).cloned();
    let mut queries: Vec<Query> = asked.collect();
    if bench.world != World::Answers {
        queries.extend(series(bench, offered, adjust));
    }
    let (mut answered, mut differs) = (0, false);
    for query in queries {
        let batch = match table::checked(offered, &query, bench.ask(&query).await) {
            Ok(batch) => batch,
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return fail(format!("{query}: {error}")),
        };
        answered += 1;
        if offered.samples.iter().any(|sample| sample.query == query && sample.knows("close")) {
            differs = true;
        }
        let Some(traded) = samples::adjusted(offered.spec, &query, Adjust::None) else { continue };
        let traded = match table::checked(offered, &traded, bench.ask(&traded).await) {
            Ok(traded) => traded,
            // The author's answers need not have it.
            Err(_) if bench.world == World::Answers => continue,
            Err(error) => return fail(format!("{traded}: {error}")),
        };
        differs |= compared(&query, &batch, &traded)?;
    }
    match (answered, differs) {
        (0, _) => fail(format!(
            "it promises {adjust}, of which no sample was answered: name one that went ex in its range (Subject::sample)"
        )),
        (_, false) => fail(format!(
            "nothing proves that its {adjust} prices are adjusted, as none differs from the price as traded: name a sample that went ex \
             in its range (Subject::sample), with its first row (Sample::first)"
        )),
        (_, true) => Ok(()),
    }
}

/// Whether a close differs. Volumes and amounts are never adjusted.
fn compared(query: &Query, adjusted: &RecordBatch, traded: &RecordBatch) -> Result<bool, crate::Outcome> {
    let (rows, others) = (table::bars(adjusted), table::bars(traded));
    let same_days =
        rows.len() == others.len() && rows.iter().zip(&others).all(|(row, other)| row.at == other.at);
    if !same_days {
        let (expected, got) = (others.len(), rows.len());
        return fail(format!("{query}: expected the {expected} days as traded, got {got}"));
    }
    if let Some((row, other)) = rows.iter().zip(&others).find(|(row, other)| row.volume != other.volume) {
        let (expected, got) = (other.volume, row.volume);
        return fail(format!("{query}: expected the volume as traded on {}, {expected}, got {got}", row.day));
    }
    let amounts = |batch: &RecordBatch| -> Vec<Option<f64>> {
        let column =
            batch.column_by_name("amount").and_then(|column| column.as_primitive_opt::<Float64Type>());
        column.map(|column| column.iter().collect()).unwrap_or_default()
    };
    for ((amount, other), row) in amounts(adjusted).into_iter().zip(amounts(traded)).zip(&rows) {
        if amount != other {
            let shown =
                |amount: Option<f64>| amount.map_or_else(|| "null".to_owned(), |amount| amount.to_string());
            let (expected, got) = (shown(other), shown(amount));
            return fail(format!(
                "{query}: expected the amount as traded on {}, {expected}, got {got}",
                row.day
            ));
        }
    }
    let close = |row: &table::Bar| row.prices[3];
    Ok(rows.iter().zip(&others).any(|(row, other)| close(row) != close(other)))
}
