//! What a source promises to answer exactly, and how exact its numbers are.

use jiff::civil::Date;

use crate::date;
use crate::exchange::Board;
use crate::query::{Adjust, Query};

/// A promise of a source for one data set, checked before any call: a query outside it is not sent.
///
/// ```
/// use finvista_core::{Adjust, Board, Capability};
///
/// // Adjusted prices for everything but Beijing shares, and no further back than 1,023 bars.
/// let capability = Capability::of_boards(&[Board::Main, Board::Star, Board::ChiNext, Board::Beijing])
///     .adjusts(Adjust::Qfq, &[Board::Main, Board::Star, Board::ChiNext])
///     .last_bars(1023);
/// # let _ = capability;
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Capability {
    /// The boards whose instruments it has, unadjusted. `None` where the data set is not about boards: a third party's.
    boards: Option<Vec<Board>>,
    /// The boards of each adjustment other than none.
    adjusts: Vec<(Adjust, Vec<Board>)>,
    /// How many of the latest bars it can reach back; `None` is all of them.
    last_bars: Option<u32>,
    precision: Precision,
}

impl Capability {
    /// Promises an answer to every query of the data set.
    pub fn any() -> Self {
        Self { boards: None, adjusts: Vec::new(), last_bars: None, precision: Precision::default() }
    }

    /// Promises the instruments of these boards, unadjusted. [`Board::Other`] belongs to them where the vendor itself says
    /// whether it knows a code.
    pub fn of_boards(boards: &[Board]) -> Self {
        Self { boards: Some(boards.to_vec()), ..Self::any() }
    }

    /// Promises this adjustment for the instruments of these boards.
    #[must_use]
    pub fn adjusts(mut self, adjust: Adjust, boards: &[Board]) -> Self {
        self.adjusts.push((adjust, boards.to_vec()));
        self
    }

    /// Limits the promise to the latest `bars` of a series.
    #[must_use]
    pub fn last_bars(mut self, bars: u32) -> Self {
        self.last_bars = Some(bars);
        self
    }

    /// Says how exact the numbers are.
    #[must_use]
    pub fn precision(mut self, precision: Precision) -> Self {
        self.precision = precision;
        self
    }

    /// How exact the numbers are.
    pub fn get_precision(&self) -> &Precision {
        &self.precision
    }

    /// The adjustments, `none` first, that are promised for at least one board. Empty where the data set has no boards.
    pub fn adjustments(&self) -> Vec<Adjust> {
        let none = self.boards.is_some().then_some(Adjust::None);
        none.into_iter().chain(self.adjusts.iter().map(|(adjust, _)| *adjust)).collect()
    }

    /// The boards whose instruments are promised, unadjusted; `None` where the data set is not about boards.
    pub fn boards(&self) -> Option<&[Board]> {
        self.boards.as_deref()
    }

    /// The boards of each adjustment other than none.
    pub fn adjusted(&self) -> impl Iterator<Item = (Adjust, &[Board])> {
        self.adjusts.iter().map(|(adjust, boards)| (*adjust, boards.as_slice()))
    }

    /// How many of the latest bars can be reached, where there is a limit.
    pub fn reach(&self) -> Option<u32> {
        self.last_bars
    }

    /// Whether the query lies inside the promise on this day.
    ///
    /// # Errors
    ///
    /// The reason why it does not, for the report of who was skipped.
    pub fn answers(&self, query: &Query, today: Date) -> Result<(), String> {
        let adjust = query.adjust().unwrap_or_default();
        if let Some(boards) = &self.boards {
            for symbol in query.symbols() {
                let board = symbol.board();
                if !boards.contains(&board) {
                    return Err(format!("does not serve {symbol}, a {board}"));
                }
                let adjusted = self.adjusts.iter().find(|(known, _)| *known == adjust);
                if adjust != Adjust::None && !adjusted.is_some_and(|(_, boards)| boards.contains(&board)) {
                    return Err(format!("does not adjust ({adjust}) {symbol}, a {board}"));
                }
            }
        }
        match (self.last_bars, query.range()) {
            (Some(bars), Some(range)) => {
                // Weekdays are an upper bound of trading days, so a range that fits by weekdays is surely in reach.
                let needed = range.start().map(|start| date::weekdays(start, today));
                match needed {
                    Some(needed) if needed <= i64::from(bars) => Ok(()),
                    Some(_) => Err(format!("reaches back {bars} bars, and {range} may need more")),
                    None => Err(format!("reaches back {bars} bars, and no start was given")),
                }
            }
            _ => Ok(()),
        }
    }
}

/// How a source rounds, as half steps: a printed value lies at most this far from the true one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Precision {
    /// Shares.
    pub volume: f64,
    /// Money.
    pub amount: f64,
    /// Prices.
    pub price: f64,
}

/// A lot of rounding either way for shares, 5,000 for money (Tencent's 10,000 yuan), a cent for prices: the coarsest
/// rounding of any vendor, for a source that does not say.
impl Default for Precision {
    fn default() -> Self {
        Self { volume: 100.0, amount: 5_000.0, price: 0.01 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::CnStockDailyQuery;
    use crate::query::DateRange;
    use jiff::civil::date;

    fn query(symbol: &str, start: Option<Date>, adjust: Adjust) -> Query {
        Query::CnStockDaily(CnStockDailyQuery {
            symbol: symbol.parse().unwrap(),
            range: DateRange::new(start, None).unwrap(),
            adjust,
        })
    }

    #[test]
    fn a_promise_names_what_it_leaves_out() {
        let capability = Capability::of_boards(&[Board::Main, Board::Beijing])
            .adjusts(Adjust::Qfq, &[Board::Main])
            .last_bars(100);
        let today = date(2024, 6, 28);
        let near = Some(date(2024, 6, 3));
        assert_eq!(capability.answers(&query("000001.SZ", near, Adjust::Qfq), today), Ok(()));
        let refused = |q: Query| capability.answers(&q, today).unwrap_err();
        assert!(refused(query("688981.SH", near, Adjust::None)).contains("STAR"));
        assert!(refused(query("920982.BJ", near, Adjust::Qfq)).contains("does not adjust (qfq)"));
        assert!(refused(query("000001.SZ", near, Adjust::Hfq)).contains("hfq"));
        assert!(refused(query("000001.SZ", None, Adjust::None)).contains("100 bars"));
        assert!(refused(query("000001.SZ", Some(date(2024, 1, 1)), Adjust::None)).contains("100 bars"));
    }
}
