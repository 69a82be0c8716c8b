//! Honesty: what is promised is answered, and what is not promised is refused.

use arrow_array::RecordBatch;
use finvista_core::dataset::DailyBar;
use finvista_core::{Adjust, DatasetId, ErrorKind, Query};
use finvista_testkit::Instrument;
use jiff::civil::date;

use crate::bench::{Bench, Offered, World};
use crate::report::{Checked, fail, skip};
use crate::subject::Subject;
use crate::{samples, table};

pub(crate) fn identity(bench: &Bench, subject: &Subject) -> Checked {
    let info = bench.source.info();
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-".contains(&b);
    if info.name.is_empty() || !info.name.bytes().all(plain) {
        return fail(format!("{:?} is no name: lower-case ASCII, digits, _ and - are", info.name));
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
            return fail(format!("it promises {} and does not offer it", spec.id));
        }
    }
    Ok(())
}

pub(crate) fn answered(bench: &Bench, subject: &Subject, offered: &Offered) -> Checked {
    if offered.asked.is_empty() {
        return skip("what can be asked of it only its author knows: name a sample");
    }
    // What the testkit and the author know must be known; a source of its own need not have what everybody knows.
    let given = subject.samples.iter().any(|query| query.dataset() == offered.spec.id());
    let must = given || matches!(bench.world, World::Market);
    for (query, answer) in &offered.asked {
        let Err(error) = answer else { continue };
        if must || !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NoData) {
            return fail(format!("{query}: {error}"));
        }
    }
    if offered.asked.iter().all(|(_, answer)| answer.is_err()) {
        return skip("it knows no instrument that everybody knows: name a sample");
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
        let market = bench.market().ok().filter(|_| bench.world == World::Market);
        let symbol = query.symbols().first().map(|symbol| symbol.prefixed());
        if let (Some(instrument), Query::CnStockDaily(_)) =
            (market.and_then(|market| market.instrument(&symbol?)), query)
        {
            is_true(offered, instrument, query, batch)?;
        }
    }
    Ok(())
}

/// The bars of an instrument, in its currency and in shares.
fn is_true(offered: &Offered, instrument: &Instrument, query: &Query, batch: &RecordBatch) -> Checked {
    let inside = |day| query.range().is_none_or(|range| range.contains(day));
    let truth: Vec<_> = instrument.bars().iter().filter(|bar| inside(bar.date)).collect();
    let rows = table::bars(batch);
    if rows.len() != truth.len() {
        return fail(format!("{query}: {} rows where there are {} days", rows.len(), truth.len()));
    }
    let unit = 10_f64.powi(i32::try_from(instrument.decimals).unwrap_or_default());
    let precision = offered.capability.get_precision();
    let near = |is: f64, should: f64, tolerance: f64| (is - should).abs() <= tolerance + 1e-9 * should.abs();
    for (row, bar) in rows.iter().zip(truth) {
        let prices = [(row.open, bar.open), (row.high, bar.high), (row.low, bar.low), (row.close, bar.close)];
        let right = prices.iter().all(|&(is, ticks)| near(is, ticks as f64 / unit, precision.price))
            && near(row.volume as f64, bar.volume as f64, precision.volume)
            && row.amount.is_none_or(|is| near(is, bar.amount as f64 / 100.0, precision.amount));
        if row.date != bar.date || !right {
            return fail(format!("{query}: {row:?} is not what happened: {bar:?}"));
        }
    }
    Ok(())
}

pub(crate) async fn adjustments(bench: &Bench, offered: &Offered) -> Checked {
    if offered.spec.id != "cn_stock_daily" || offered.capability.adjusted().next().is_none() {
        return skip("no adjustment is promised");
    }
    offered.answered()?;
    let mut asked = 0;
    for symbol in samples::known(&offered.capability) {
        // Two years have an ex-date, and every source reaches as far back.
        let range =
            samples::range(samples::days_before(bench.today, 700), samples::days_before(bench.today, 14));
        let query = |adjust| samples::daily(symbol.clone(), range, adjust);
        let adjusted = [Adjust::Qfq, Adjust::Hfq].into_iter().filter_map(query);
        for query in adjusted.filter(|query| offered.capability.answers(query, bench.today).is_ok()) {
            let batch = match table::checked(offered, &query, bench.ask(&query).await) {
                Ok(batch) => batch,
                Err(e) if bench.world != World::Market && e.kind() == ErrorKind::NotFound => continue,
                Err(error) => return fail(format!("{query}: {error}")),
            };
            asked += 1;
            let market = bench.market().ok().filter(|_| bench.world == World::Market);
            if let Some(instrument) = market.and_then(|market| market.instrument(&symbol.prefixed())) {
                is_adjusted(instrument, &query, &batch)?;
            }
        }
    }
    if asked == 0 { skip("none of the instruments that it knows has an adjustment") } else { Ok(()) }
}

/// Within a cent, the coarsest rounding of any vendor, the prices are the market's own adjusted ones.
fn is_adjusted(instrument: &Instrument, query: &Query, batch: &RecordBatch) -> Checked {
    let kit = match query.adjust() {
        Some(Adjust::Qfq) => finvista_testkit::Adjust::Qfq,
        _ => finvista_testkit::Adjust::Hfq,
    };
    let adjusted = instrument.adjusted(kit);
    let truth = instrument.bars().iter().zip(&adjusted);
    let inside = |day| query.range().is_none_or(|range| range.contains(day));
    let truth: Vec<_> =
        truth.filter(|(bar, _)| inside(bar.date)).map(|(bar, price)| (bar.date, price)).collect();
    let rows: Vec<DailyBar<'_>> = table::bars(batch);
    for (row, (day, price)) in rows.iter().zip(&truth) {
        if row.date != *day || (row.close - price.close).abs() > 0.0101 {
            return fail(format!("{query}: {row:?} closed at {} on {day}", price.close));
        }
    }
    if rows.len() == truth.len() { Ok(()) } else { fail(format!("{query}: {} rows", rows.len())) }
}

/// The manager does not ask for what is not promised. A source that is asked nonetheless gives no table, which could only be
/// another one than was asked for.
pub(crate) async fn refusals(bench: &Bench, offered: &Offered) -> Checked {
    let foreign = Query::custom(DatasetId::new("conformance_nobody_has_this"), [("a", "b")]);
    match bench.ask(&foreign).await {
        Err(error) if error.kind() == ErrorKind::Unsupported => {}
        Err(error) => return fail(format!("a data set that it does not have: {error}, and not unsupported")),
        Ok(_) => return fail("it answers a data set that it does not have"),
    }
    let refused = |query: &Query| offered.capability.answers(query, bench.today).is_err();
    for query in unpromised(bench, offered).into_iter().filter(refused) {
        match bench.ask(&query).await {
            // Whoever does not know the instrument need not know that it is of another board.
            Err(error) if !error.kind().meaning().counts => {}
            Err(error) => return fail(format!("{query}: {error}, which is no refusal")),
            Ok(batch) => return fail(format!("{query} is not promised, and has {} rows", batch.num_rows())),
        }
    }
    Ok(())
}

fn unpromised(bench: &Bench, offered: &Offered) -> Vec<Query> {
    let symbols = samples::all().into_iter();
    match offered.spec.id {
        "cn_stock_daily" => {
            let since = samples::range(date(2015, 1, 5), samples::days_before(bench.today, 14));
            let asked = symbols.flat_map(|symbol| {
                let query = |range, adjust| samples::daily(symbol.clone(), range, adjust);
                let recent = samples::recent(bench.today);
                let adjusts = [Adjust::None, Adjust::Qfq, Adjust::Hfq].map(|adjust| query(recent, adjust));
                adjusts.into_iter().chain([query(since, Adjust::None)]).flatten().collect::<Vec<_>>()
            });
            asked.collect()
        }
        "cn_stock_quote" => symbols.filter_map(|symbol| samples::quote(vec![symbol])).collect(),
        _ => Vec::new(),
    }
}
