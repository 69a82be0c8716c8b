//! Queries that most sources can answer, by the shape of the data set: well-known instruments of its universe, one of each board.

use finvista_core::dataset::DatasetSpec;
use finvista_core::{
    Adjust, Board, Capability, DateRange, Listing, Params, Period, Query, Selection, Series, Shape,
    ShapeKind, Snapshot, Symbol,
};
use jiff::ToSpan;
use jiff::civil::Date;

/// What a data set is asked first. Nothing where only its author knows what can be asked.
pub(crate) fn queries(spec: &DatasetSpec, capability: &Capability, today: Date) -> Vec<Query> {
    let known = known(spec, capability);
    match spec.shape {
        ShapeKind::Series => {
            let period = period(spec, capability);
            let range = recent(period, today);
            known.into_iter().filter_map(|symbol| series(spec, symbol, range, Adjust::None)).collect()
        }
        ShapeKind::Snapshot => snapshot(spec, known).into_iter().collect(),
        ShapeKind::Listing => {
            listings(spec).into_iter().filter(|query| promised(capability, query, today)).collect()
        }
        ShapeKind::Keyword => {
            let text = known.first().map(|symbol| symbol.code().to_owned());
            text.and_then(|text| parsed(spec, [("text", text)])).into_iter().collect()
        }
        _ => spec.example_query().or_else(|| spec.parse(&Params::new()).ok()).into_iter().collect(),
    }
}

/// A well-known symbol of each board that is promised.
pub(crate) fn known(spec: &DatasetSpec, capability: &Capability) -> Vec<Symbol> {
    let promised = |board: Board| capability.boards.is_none_or(|boards| boards.contains(board));
    let mut boards = Vec::new();
    let mut known = all(spec);
    known.retain(|symbol| {
        let board = symbol.board();
        let first = promised(board) && !boards.contains(&board);
        boards.push(board);
        first
    });
    known
}

/// A well-known symbol of each board of the data set's universe.
pub(crate) fn all(spec: &DatasetSpec) -> Vec<Symbol> {
    spec.rules.universe.known.iter().filter_map(|text| text.parse().ok()).collect()
}

/// Symbols that no vendor has.
pub(crate) fn unknown(spec: &DatasetSpec) -> Vec<Symbol> {
    spec.rules.universe.unknown.iter().filter_map(|text| text.parse().ok()).collect()
}

/// The first period of the data set that is promised.
pub(crate) fn period(spec: &DatasetSpec, capability: &Capability) -> Period {
    let promised = |period: &&Period| capability.periods.is_none_or(|periods| periods.contains(period));
    spec.rules.periods.iter().find(promised).copied().unwrap_or_default()
}

/// Days that are over, and within the reach of every source.
pub(crate) fn recent(period: Period, today: Date) -> DateRange {
    match period {
        Period::Minutes(_) => range(days_before(today, 3), days_before(today, 1)),
        Period::Day => range(days_before(today, 50), days_before(today, 14)),
        _ => range(days_before(today, 200), days_before(today, 40)),
    }
}

/// Two days on which no exchange is open.
pub(crate) fn weekend(period: Period, today: Date) -> DateRange {
    let before = if matches!(period, Period::Minutes(_)) { today } else { days_before(today, 21) };
    let saturday = days_before(before, i64::from(before.weekday().to_monday_zero_offset()) + 2);
    range(saturday, days_before(saturday, -1))
}

pub(crate) fn range(start: Date, end: Date) -> DateRange {
    DateRange::new(Some(start), Some(end)).unwrap_or_default()
}

pub(crate) fn days_before(day: Date, days: i64) -> Date {
    day.checked_sub(days.days()).unwrap_or(day)
}

/// A series in the data set's default period; `None` for what it cannot be asked.
pub(crate) fn series(spec: &DatasetSpec, symbol: Symbol, range: DateRange, adjust: Adjust) -> Option<Query> {
    let mut series = Series::new(symbol, &spec.rules).ok()?;
    (series.range, series.adjust) = (range, adjust);
    spec.query(&series.erase()).ok()
}

/// The same series over other days.
pub(crate) fn over(spec: &DatasetSpec, query: &Query, range: DateRange) -> Option<Query> {
    let mut series = Series::of(query.selection())?.clone();
    series.range = range;
    spec.query(&series.erase()).ok()
}

/// The same series with another adjustment.
pub(crate) fn adjusted(spec: &DatasetSpec, query: &Query, adjust: Adjust) -> Option<Query> {
    let mut series = Series::of(query.selection())?.clone();
    series.adjust = adjust;
    spec.query(&series.erase()).ok()
}

/// The same series in another period.
pub(crate) fn in_period(
    spec: &DatasetSpec,
    query: &Query,
    period: Period,
    range: DateRange,
) -> Option<Query> {
    let mut series = Series::of(query.selection())?.clone();
    (series.period, series.range) = (period, range);
    spec.query(&series.erase()).ok()
}

pub(crate) fn snapshot(spec: &DatasetSpec, symbols: Vec<Symbol>) -> Option<Query> {
    spec.query(&Snapshot::new(symbols, &spec.rules).ok()?.erase()).ok()
}

/// A listing of every scope.
pub(crate) fn listings(spec: &DatasetSpec) -> Vec<Query> {
    let listing = |scope| {
        let mut listing = Listing::new(&spec.rules);
        listing.scope = scope;
        spec.query(&Selection::Listing(listing)).ok()
    };
    match spec.rules.scopes {
        [] => listing(None).into_iter().collect(),
        scopes => scopes.iter().filter_map(|scope| listing(Some(*scope))).collect(),
    }
}

/// A query about this symbol alone, in the default period, over recent days; `None` where the data set is not about
/// instruments.
pub(crate) fn about(spec: &DatasetSpec, symbol: Symbol, range: DateRange) -> Option<Query> {
    match spec.shape {
        ShapeKind::Series => series(spec, symbol, range, Adjust::None),
        ShapeKind::Snapshot => snapshot(spec, vec![symbol]),
        _ => None,
    }
}

pub(crate) fn promised(capability: &Capability, query: &Query, today: Date) -> bool {
    capability.answers(query.selection(), today).is_ok()
}

fn parsed<const N: usize>(spec: &DatasetSpec, params: [(&str, String); N]) -> Option<Query> {
    let params: Params = params.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    spec.parse(&params).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::{Weekday, date};

    #[test]
    fn a_weekend_is_one_whatever_day_it_is() {
        for day in 1..=28 {
            for period in [Period::Day, Period::Minutes(5)] {
                let range = weekend(period, date(2024, 6, day));
                assert_eq!(range.start().unwrap().weekday(), Weekday::Saturday, "{range}");
                assert_eq!(range.end().unwrap().weekday(), Weekday::Sunday, "{range}");
            }
        }
    }
}
