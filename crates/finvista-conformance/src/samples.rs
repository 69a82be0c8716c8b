//! Queries that most sources can answer: shares and funds that everybody knows, one of each board.

use finvista_core::dataset::{CnStockDailyQuery, CnStockQuoteQuery, DatasetSpec};
use finvista_core::{Adjust, Board, Capability, DateRange, Params, Query, Symbol};
use jiff::ToSpan;
use jiff::civil::Date;

/// The samples are in the testkit's market, too.
const KNOWN: [(Board, &str); 6] = [
    (Board::Main, "600519.SH"),
    (Board::Star, "688981.SH"),
    (Board::ChiNext, "300750.SZ"),
    (Board::Beijing, "920982.BJ"),
    (Board::BShare, "900901.SH"),
    (Board::Fund, "510300.SH"),
];

/// What a data set is asked for first. Nothing, where only its author knows what can be asked.
pub(crate) fn queries(spec: &DatasetSpec, capability: &Capability, today: Date) -> Vec<Query> {
    match spec.id {
        "cn_stock_daily" => {
            let queries =
                known(capability).into_iter().map(|symbol| daily(symbol, recent(today), Adjust::None));
            queries.collect::<Option<Vec<Query>>>().unwrap_or_default()
        }
        "cn_stock_quote" => quote(known(capability)).into_iter().collect(),
        _ => spec.parse(&Params::new()).into_iter().collect(),
    }
}

/// A well-known symbol of each board that is promised; a share of the main board where nothing is said of boards.
pub(crate) fn known(capability: &Capability) -> Vec<Symbol> {
    let promised = |board: Board| match capability.boards() {
        Some(boards) => boards.contains(&board),
        None => board == Board::Main,
    };
    all().into_iter().filter(|symbol| promised(symbol.board())).collect()
}

/// A well-known symbol of each board.
pub(crate) fn all() -> Vec<Symbol> {
    KNOWN.iter().filter_map(|(_, code)| Symbol::stock(code).ok()).collect()
}

/// Codes that nobody has, the likelier to be promised first.
pub(crate) fn unknown() -> Vec<Symbol> {
    ["609999.SH", "999999.SH"].into_iter().filter_map(|code| Symbol::stock(code).ok()).collect()
}

/// A month that is over, and within the reach of every source.
pub(crate) fn recent(today: Date) -> DateRange {
    range(days_before(today, 50), days_before(today, 14))
}

/// Two days on which no exchange is open.
pub(crate) fn weekend(today: Date) -> DateRange {
    let before = days_before(today, 21);
    let saturday = days_before(before, i64::from(before.weekday().to_monday_zero_offset()) + 2);
    range(saturday, days_before(saturday, -1))
}

pub(crate) fn range(start: Date, end: Date) -> DateRange {
    DateRange::new(Some(start), Some(end)).unwrap_or_default()
}

pub(crate) fn days_before(day: Date, days: i64) -> Date {
    day.checked_sub(days.days()).unwrap_or(day)
}

/// None for a symbol that the data set does not have.
pub(crate) fn daily(symbol: Symbol, range: DateRange, adjust: Adjust) -> Option<Query> {
    CnStockDailyQuery::new(symbol, range, adjust).ok().map(Query::from)
}

pub(crate) fn quote(symbols: Vec<Symbol>) -> Option<Query> {
    CnStockQuoteQuery::new(symbols).ok().map(Query::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::{Weekday, date};

    #[test]
    fn every_known_symbol_is_of_its_board() {
        let boards: Vec<Board> = all().iter().map(Symbol::board).collect();
        assert_eq!(boards, KNOWN.map(|(board, _)| board));
        assert_eq!(unknown().len(), 2);
    }

    #[test]
    fn a_weekend_is_one_whatever_day_it_is() {
        for day in 1..=28 {
            let range = weekend(date(2024, 6, day));
            assert_eq!(range.start().unwrap().weekday(), Weekday::Saturday, "{range}");
            assert_eq!(range.end().unwrap().weekday(), Weekday::Sunday, "{range}");
        }
    }
}
