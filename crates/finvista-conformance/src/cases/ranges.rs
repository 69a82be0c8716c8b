//! Ranges: empty ones, and long ones, which a vendor may cut in silence.

use arrow_array::RecordBatch;
use finvista_core::dataset::{CnStockDaily, Dataset};
use finvista_core::{Adjust, DateRange, ErrorKind, Query, Symbol, date};
use jiff::civil::Date;

use crate::bench::{Bench, Offered, World};
use crate::report::{Checked, Outcome, fail, skip};
use crate::{samples, table};

/// An instrument whose bars are known to be there.
fn symbol(bench: &Bench, offered: &Offered) -> Result<Symbol, Outcome> {
    if offered.spec.id != CnStockDaily::SPEC.id {
        return skip("the data set has no days");
    }
    if bench.world == World::Answers {
        return skip("the author's answers are for the samples alone");
    }
    let (query, _) = offered.answered()?;
    query
        .symbols()
        .first()
        .cloned()
        .ok_or_else(|| Outcome::NotApplicable("no instrument is known".to_owned()))
}

pub(crate) async fn weekend(bench: &Bench, offered: &Offered) -> Checked {
    let symbol = symbol(bench, offered)?;
    let Some(query) = samples::daily(symbol, samples::weekend(bench.today), Adjust::None) else {
        return skip("no instrument is known");
    };
    match bench.ask(&query).await {
        Err(error) if error.kind() == ErrorKind::NoData => Ok(()),
        Err(error) => fail(format!("{query}: {error}, and not no_data")),
        Ok(batch) => fail(format!("{query}: {} rows of days without trade", batch.num_rows())),
    }
}

/// A range is the sum of its halves: whoever cuts the longer one at a page's end is found out.
pub(crate) async fn long(bench: &Bench, offered: &Offered) -> Checked {
    let symbol = symbol(bench, offered)?;
    let end = samples::days_before(bench.today, 14);
    let start = longest(offered, bench.today);
    let middle = samples::days_before(end, (i64::from((end - start).get_days())) / 2);
    let ask = |range: DateRange| {
        let query = samples::daily(symbol.clone(), range, Adjust::None);
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
    let older = ask(samples::range(start, middle)).await;
    let older = match older {
        Ok((_, older)) => values(&older),
        // It was not there yet.
        Err(_) if bench.world != World::Market => Vec::new(),
        Err(outcome) => return Err(outcome),
    };
    let parts: Vec<_> = older.into_iter().chain(values(&newer)).collect();
    if values(&whole) != parts {
        let rows = whole.num_rows();
        return fail(format!("{query}: {rows} rows, which are not the {} of its halves", parts.len()));
    }
    match bench.market() {
        Ok(market) if bench.world == World::Market => of_market(market, &query, &whole),
        _ => Ok(()),
    }
}

fn of_market(market: &finvista_testkit::Market, query: &Query, whole: &RecordBatch) -> Checked {
    let Some(symbol) = query.symbols().first() else { return Ok(()) };
    let Some(instrument) = market.instrument(&symbol.prefixed()) else { return Ok(()) };
    let inside = |day| query.range().is_none_or(|range| range.contains(day));
    let days = instrument.bars().iter().filter(|bar| inside(bar.date)).count();
    match whole.num_rows() == days {
        true => Ok(()),
        false => fail(format!("{query}: {} rows, and there were {days} days", whole.num_rows())),
    }
}

/// Nine years, or as far back as is promised.
fn longest(offered: &Offered, today: Date) -> Date {
    let far = samples::days_before(today, 9 * 365);
    let Some(bars) = offered.capability.reach() else { return far };
    let fits = |days: &i64| date::weekdays(samples::days_before(today, *days), today) <= i64::from(bars);
    let days = (15..9 * 365).rev().find(fits).unwrap_or(30);
    samples::days_before(today, days)
}

/// What does not depend on where a range begins.
fn values(batch: &RecordBatch) -> Vec<(Date, [f64; 4], i64)> {
    let bars = table::bars(batch).into_iter();
    bars.map(|bar| (bar.date, [bar.open, bar.high, bar.low, bar.close], bar.volume)).collect()
}
