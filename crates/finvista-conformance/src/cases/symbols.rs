//! Instruments: unknown ones, those that do not trade, and many of them.

use finvista_core::dataset::{CnStockQuote, Dataset, QuoteViews, RowViews};
use finvista_core::{Adjust, ErrorKind, Query, Symbol};
use finvista_testkit::{Kind, State};

use crate::bench::{Bench, Offered, World};
use crate::report::{Checked, fail, skip};
use crate::{samples, table};

/// More than any vendor answers at once.
const MANY: usize = 1_000;

pub(crate) async fn unknown(bench: &Bench, offered: &Offered) -> Checked {
    let query = |symbol: Symbol| match offered.spec.id {
        "cn_stock_daily" => samples::daily(symbol, samples::recent(bench.today), Adjust::None),
        "cn_stock_quote" => samples::quote(vec![symbol]),
        _ => None,
    };
    let promised = |query: &Query| offered.capability.answers(query, bench.today).is_ok();
    let Some(query) = samples::unknown().into_iter().filter_map(query).find(promised) else {
        return skip("the data set is not about instruments");
    };
    match table::checked(offered, &query, bench.ask(&query).await) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return fail(format!("{query}: {error}, and not not_found")),
        Ok(batch) => return fail(format!("{query}: {} rows of what nobody has", batch.num_rows())),
    }
    // Beside one that is known it is missing, and harms nobody.
    let Some(known) = some_known(bench, offered) else { return Ok(()) };
    let Some(both) = samples::quote(query.symbols().iter().cloned().chain([known]).collect()) else {
        return Ok(());
    };
    match bench.ask(&both).await {
        Ok(batch) => match table::check(offered, &both, &batch) {
            Ok(missing) if missing == query.symbols() && batch.num_rows() == 1 => Ok(()),
            Ok(_) => fail(format!("{both}: {} rows", batch.num_rows())),
            Err(error) => fail(format!("{both}: {error}")),
        },
        Err(error) => fail(format!("{both}: {error}")),
    }
}

/// A symbol of the quotes that were answered.
fn some_known(bench: &Bench, offered: &Offered) -> Option<Symbol> {
    if offered.spec.id != CnStockQuote::SPEC.id || bench.world == World::Answers {
        return None;
    }
    let (query, batch) = offered.answered().ok()?;
    let first = QuoteViews::new(batch).filter(|_| batch.num_rows() > 0)?.row(0).symbol.to_owned();
    query.symbols().iter().find(|symbol| symbol.to_string() == first).cloned()
}

/// Who does not trade has no bar and no price, whatever stands in the vendor's field: "-", 0 or yesterday's close.
pub(crate) async fn suspended(bench: &Bench, offered: &Offered) -> Checked {
    let market = bench.market()?;
    let halted = [State::Suspended, State::CallAuction];
    for instrument in market.instruments().iter().filter(|instrument| halted.contains(&instrument.state)) {
        let Ok(symbol) = Symbol::stock(&instrument.prefixed()) else { continue };
        let start = samples::days_before(bench.today, 21);
        let query = match offered.spec.id {
            "cn_stock_daily" => samples::daily(symbol, samples::range(start, bench.today), Adjust::None),
            "cn_stock_quote" => samples::quote(vec![symbol]),
            _ => return skip("the data set is not about instruments"),
        };
        let promised = |query: &Query| offered.capability.answers(query, bench.today).is_ok();
        let Some(query) = query.filter(promised) else { continue };
        let batch = match table::checked(offered, &query, bench.ask(&query).await) {
            Ok(batch) => batch,
            Err(error) => return fail(format!("{query}: {error}")),
        };
        if table::bars(&batch).iter().any(|bar| bar.date == bench.today) {
            return fail(format!("{query}: a bar of a day without a trade"));
        }
        if let Some(views) = QuoteViews::new(&batch)
            && let Some(price) = views.row(0).price
        {
            return fail(format!("{query}: the price {price} where nothing was traded"));
        }
    }
    Ok(())
}

pub(crate) async fn batch(bench: &Bench, offered: &Offered) -> Checked {
    if offered.spec.id != CnStockQuote::SPEC.id {
        return skip("a query asks for one instrument");
    }
    bench.spares()?;
    let market = bench.market()?;
    let stocks = market.instruments().iter().filter(|instrument| instrument.kind != Kind::Index);
    let trading = stocks.filter(|instrument| instrument.state == State::Trading);
    let listed: Vec<Symbol> = trading.filter_map(|i| Symbol::stock(&i.prefixed()).ok()).collect();
    let codes = (0..MANY).map(|code| format!("60{:04}.SH", 2000 + code));
    let made_up =
        codes.filter_map(|code| Symbol::stock(&code).ok()).filter(|symbol| !listed.contains(symbol));
    // The listed ones stand at both ends, so that neither the first batch nor the last may be lost.
    let (front, back) = listed.split_at(listed.len() / 2);
    let all: Vec<Symbol> = front.iter().cloned().chain(made_up).chain(back.iter().cloned()).collect();
    let answerable = |symbol: &Symbol| {
        samples::quote(vec![symbol.clone()])
            .is_some_and(|q| offered.capability.answers(&q, bench.today).is_ok())
    };
    let all: Vec<Symbol> = all.into_iter().filter(answerable).collect();
    let wanted = all.iter().filter(|symbol| listed.contains(symbol)).count();
    let Some(query) = samples::quote(all) else { return skip("no symbol to ask for") };
    match table::checked(offered, &query, bench.ask(&query).await) {
        Ok(batch) if batch.num_rows() == wanted => Ok(()),
        Ok(batch) => fail(format!("{query}: {} rows, and {wanted} are listed", batch.num_rows())),
        Err(error) => fail(format!("{query}: {error}")),
    }
}
