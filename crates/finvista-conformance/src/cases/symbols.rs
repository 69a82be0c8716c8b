//! Instruments: unknown ones, those that do not trade, and many of them.

use finvista_core::{ErrorKind, ShapeKind, Symbol};
use finvista_testkit::{Kind, State};

use crate::bench::{Bench, Offered, World};
use crate::report::{Checked, fail, skip};
use crate::{samples, table};

/// More than any vendor answers at once.
const MANY: usize = 1_000;

pub(crate) async fn unknown(bench: &Bench, offered: &Offered) -> Checked {
    let spec = offered.spec;
    let recent = samples::recent(samples::period(spec, &offered.capability), bench.today);
    let queries =
        samples::unknown(spec).into_iter().filter_map(|symbol| samples::about(spec, symbol, recent));
    let Some(query) =
        queries.into_iter().find(|query| samples::promised(&offered.capability, query, bench.today))
    else {
        return skip("the data set is not about instruments");
    };
    match table::checked(offered, &query, bench.ask(&query).await) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return fail(format!("{query}: expected not_found, got {error}")),
        Ok(batch) => return fail(format!("{query}: expected not_found, got {} rows", batch.num_rows())),
    }
    // Beside one that is known it is missing, and harms no other.
    let Some(known) = some_known(bench, offered) else { return Ok(()) };
    let Some(both) = samples::snapshot(spec, query.symbols().iter().copied().chain([known]).collect()) else {
        return Ok(());
    };
    match bench.ask(&both).await {
        Ok(batch) => match table::check(offered, &both, &batch) {
            Ok(missing) if missing == query.symbols() && batch.num_rows() == 1 => Ok(()),
            Ok(_) => fail(format!("{both}: expected 1 row, got {}", batch.num_rows())),
            Err(error) => fail(format!("{both}: {error}")),
        },
        Err(error) => fail(format!("{both}: {error}")),
    }
}

/// A symbol of the snapshot that was answered.
fn some_known(bench: &Bench, offered: &Offered) -> Option<Symbol> {
    if offered.spec.shape != ShapeKind::Snapshot || bench.world == World::Answers {
        return None;
    }
    let (query, batch) = offered.answered().ok()?;
    let first = table::symbols(batch)?.iter().next().flatten()?;
    query.symbols().iter().find(|symbol| &*symbol.written() == first).copied()
}

/// An instrument that does not trade has no bar and no price, whatever stands in the vendor's field: "-", 0 or yesterday's
/// close.
pub(crate) async fn suspended(bench: &Bench, offered: &Offered) -> Checked {
    let market = bench.market()?;
    let spec = offered.spec;
    let halted = [State::Suspended, State::CallAuction];
    let start = samples::days_before(bench.today, 21);
    let start = match offered.capability.days_back {
        Some(days) => start.max(samples::days_before(bench.today, i64::from(days) - 1)),
        None => start,
    };
    let mut asked = 0;
    for instrument in market.instruments().iter().filter(|instrument| halted.contains(&instrument.state)) {
        let Some(symbol) = Symbol::from_prefixed(&instrument.prefixed()) else { continue };
        let query = samples::about(spec, symbol, samples::range(start, bench.today));
        let Some(query) = query.filter(|query| samples::promised(&offered.capability, query, bench.today))
        else {
            continue;
        };
        asked += 1;
        let batch = match table::checked(offered, &query, bench.ask(&query).await) {
            Ok(batch) => batch,
            // It did not trade on any of the days.
            Err(error) if error.kind() == ErrorKind::NoData => continue,
            Err(error) => return fail(format!("{query}: {error}")),
        };
        if table::bars(&batch).iter().any(|bar| bar.day == bench.today) {
            return fail(format!("{query}: a bar of a day without a trade"));
        }
        if let Some((_, Some(price))) = table::prices(&batch).into_iter().next() {
            return fail(format!("{query}: expected no price of a day without a trade, got {price}"));
        }
    }
    if asked == 0 { skip("the data set is not about such instruments") } else { Ok(()) }
}

pub(crate) async fn batch(bench: &Bench, offered: &Offered) -> Checked {
    let spec = offered.spec;
    if spec.shape != ShapeKind::Snapshot {
        return skip("a query asks for one instrument");
    }
    bench.spares()?;
    let market = bench.market()?;
    let trading = market.instruments().iter().filter(|instrument| instrument.state == State::Trading);
    let trading = trading.filter(|instrument| (instrument.kind == Kind::Index) == is_of_indices(offered));
    let listed: Vec<Symbol> = trading.filter_map(|i| Symbol::from_prefixed(&i.prefixed())).collect();
    let codes = (0..MANY).map(|code| match is_of_indices(offered) {
        true => format!("399{code:03}.SZ"),
        false => format!("60{:04}.SH", 2000 + code),
    });
    let made_up = codes.filter_map(|code| code.parse().ok()).filter(|symbol| !listed.contains(symbol));
    // The listed ones stand at both ends, so that neither the first batch nor the last may be lost.
    let (front, back) = listed.split_at(listed.len() / 2);
    let all: Vec<Symbol> = front.iter().copied().chain(made_up).chain(back.iter().copied()).collect();
    let answerable = |symbol: &Symbol| {
        let query = samples::snapshot(spec, vec![*symbol]);
        query.is_some_and(|query| samples::promised(&offered.capability, &query, bench.today))
    };
    let all: Vec<Symbol> = all.into_iter().filter(answerable).collect();
    let wanted = all.iter().filter(|symbol| listed.contains(symbol)).count();
    let Some(query) = samples::snapshot(spec, all) else { return skip("no symbol to ask for") };
    match table::checked(offered, &query, bench.ask(&query).await) {
        Ok(batch) if batch.num_rows() == wanted => Ok(()),
        Ok(batch) => fail(format!("{query}: expected {wanted} listed ones, got {} rows", batch.num_rows())),
        Err(error) => fail(format!("{query}: {error}")),
    }
}

fn is_of_indices(offered: &Offered) -> bool {
    offered.spec.rules.universe.boards.contains(finvista_core::Board::Index)
}
