//! Ranges: empty ones, and long ones, which a vendor may cut in silence.

use arrow_array::RecordBatch;
use finvista_core::{DateRange, Period, Query, ShapeKind, date};
use jiff::civil::Date;

use crate::bench::{Bench, Offered, World};
use crate::report::{Checked, Outcome, fail, skip};
use crate::{samples, table};

/// A series whose bars are known to be there.
fn sample(offered: &Offered) -> Result<(&Query, Period), Outcome> {
    if offered.spec.shape != ShapeKind::Series {
        return skip("the data set has no days");
    }
    let (query, _) = offered.answered()?;
    Ok((query, query.period().unwrap_or_default()))
}

pub(crate) async fn weekend(bench: &Bench, offered: &Offered) -> Checked {
    let (query, period) = sample(offered)?;
    let weekend = samples::weekend(period, bench.today);
    let Some(query) = samples::over(offered.spec, query, weekend) else {
        return skip("no instrument is known");
    };
    if !samples::promised(&offered.capability, &query, bench.today) {
        return skip("no weekend is in reach");
    }
    match bench.ask(&query).await {
        Err(error) if error.kind() == finvista_core::ErrorKind::NoData => Ok(()),
        Err(error) => fail(format!("{query}: expected no_data, got {error}")),
        Ok(batch) => fail(format!("{query}: expected no_data, got {} rows", batch.num_rows())),
    }
}

/// A range is the sum of its halves: a source that cuts the longer one at the end of a page is found.
pub(crate) async fn long(bench: &Bench, offered: &Offered) -> Checked {
    let (sample, period) = sample(offered)?;
    if bench.world == World::Answers {
        return skip("the author's answers are for the samples alone");
    }
    let end = match period {
        Period::Minutes(_) => samples::days_before(bench.today, 1),
        _ => samples::days_before(bench.today, 14),
    };
    let start = longest(offered, sample, bench.today, end);
    let middle = samples::days_before(end, (i64::from((end - start).get_days())) / 2);
    let ask = |range: DateRange| {
        let query = samples::over(offered.spec, sample, range);
        async move {
            let Some(query) = query else { return skip("no instrument is known") };
            match table::checked(offered, &query, bench.ask(&query).await) {
                Ok(batch) => Ok((query, batch)),
                Err(error) => fail(format!("{query}: {error}")),
            }
        }
    };
    let (query, whole) = ask(samples::range(start, end)).await?;
    let (_, newer) = ask(samples::range(samples::days_before(middle, -1), end)).await?;
    let older = match ask(samples::range(start, middle)).await {
        Ok((_, older)) => values(&older),
        // It was not listed yet.
        Err(_) if bench.world != World::Market => Vec::new(),
        Err(outcome) => return Err(outcome),
    };
    let parts: Vec<_> = older.into_iter().chain(values(&newer)).collect();
    if values(&whole) != parts {
        let rows = whole.num_rows();
        return fail(format!("{query}: expected the {} rows of its halves, got {rows}", parts.len()));
    }
    match bench.market() {
        Ok(market) if bench.world == World::Market && period == Period::Day => {
            of_market(market, &query, &whole)
        }
        _ => Ok(()),
    }
}

fn of_market(market: &finvista_testkit::Market, query: &Query, whole: &RecordBatch) -> Checked {
    let code = query.symbols().first().and_then(|symbol| symbol.prefixed());
    let Some(instrument) = code.and_then(|code| market.instrument(&code)) else { return Ok(()) };
    let inside = |day| query.range().is_none_or(|range| range.contains(day));
    let days = instrument.bars().iter().filter(|bar| inside(bar.date)).count();
    match whole.num_rows() == days {
        true => Ok(()),
        false => {
            fail(format!("{query}: expected the {days} days of the market, got {} rows", whole.num_rows()))
        }
    }
}

/// The start of nine years, or as far back as is promised.
fn longest(offered: &Offered, sample: &Query, today: Date, end: Date) -> Date {
    let fits = |days: &i64| {
        let range = samples::range(samples::days_before(today, *days), end);
        let query = samples::over(offered.spec, sample, range);
        query.is_some_and(|query| samples::promised(&offered.capability, &query, today))
    };
    let least = i64::from(date::days_since_epoch(today)) - i64::from(date::days_since_epoch(end)) + 1;
    let days = (least..9 * 365).rev().find(fits).unwrap_or(least);
    samples::days_before(today, days)
}

/// What does not depend on where a range begins. The first week or month of a range may be cut by its start.
fn values(batch: &RecordBatch) -> Vec<(i64, [f64; 4], i64)> {
    table::bars(batch).into_iter().map(|bar| (bar.at, bar.prices, bar.volume)).collect()
}
