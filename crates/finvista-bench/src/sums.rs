//! What a table holds, by whichever way it was read: proof that all ways did the same work.

use crate::{floor, naive};

/// Rows, the sum of round(close × 100), and the volume in lots of 100 shares.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    /// The number of rows.
    pub rows: usize,
    /// The closes or prices, in hundredths.
    pub closes: i64,
    /// Lots of 100 shares.
    pub volume: i64,
}

impl Sums {
    fn add(&mut self, close: f64, volume: i64) {
        self.rows += 1;
        self.closes += (close * 100.0).round() as i64;
        self.volume += volume;
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            rows: self.rows + other.rows,
            closes: self.closes + other.closes,
            volume: self.volume + other.volume,
        }
    }

    /// The sums of these rows: the close, and the volume in lots.
    pub fn collect(rows: impl Iterator<Item = (f64, i64)>) -> Self {
        let mut sums = Self::default();
        rows.for_each(|(close, volume)| sums.add(close, volume));
        sums
    }
}

/// Of the floor's bars.
pub fn floor_bars(bars: &floor::Bars) -> Sums {
    let [_, closes, ..] = &bars.prices;
    Sums::collect(closes.iter().zip(&bars.volume).map(|(&close, volume)| (close, volume / 100)))
}

/// Of the floor's quotes.
pub fn floor_quotes(quotes: &floor::Quotes) -> Sums {
    let [_, _, prices, ..] = &quotes.prices;
    Sums::collect(prices.iter().map(|&price| (price, 0)))
}

/// Of the usual bars: closes are the second of the ten numbers, volumes in lots the fifth.
pub fn naive_bars(bars: &[naive::Bar]) -> Sums {
    let number = |bar: &naive::Bar, at: usize| bar.numbers.get(at).copied().unwrap_or(f64::NAN);
    Sums::collect(bars.iter().map(|bar| (number(bar, 1), number(bar, 4) as i64)))
}

/// Of the usual quotes: prices are the third of the numbers.
pub fn naive_quotes(quotes: &[naive::Quote]) -> Sums {
    Sums::collect(quotes.iter().map(|quote| (quote.numbers.get(2).copied().unwrap_or(f64::NAN), 0)))
}

/// Of the rows of the floor's list that have a price.
pub fn floor_listings(page: &floor::Listings) -> Sums {
    let rows = page.price.iter().zip(&page.volume).filter(|(price, _)| !price.is_nan());
    Sums::collect(rows.map(|(&price, &volume)| (price, volume as i64)))
}

/// Of the rows of the usual list that have a price.
pub fn naive_listings(page: &naive::Page) -> Sums {
    let rows = page.rows.iter().filter_map(|row| row.price.zip(row.volume));
    Sums::collect(rows.map(|(price, volume)| (price, volume as i64)))
}
