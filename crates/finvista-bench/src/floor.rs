//! The floor: the fastest parse of an answer into columns that we know of in safe Rust. It believes everything: no field is
//! checked, nothing is null, and what is not digits is skipped.

mod cursor;
mod listings;

use memchr::memmem;

use cursor::Cursor;

pub use listings::{Listings, listings};

/// Columns of daily bars.
#[derive(Debug, Default)]
pub struct Bars {
    /// Days since 1970-01-01.
    pub date: Vec<i32>,
    /// Open, close, high and low.
    pub prices: [Vec<f64>; 4],
    /// Shares.
    pub volume: Vec<i64>,
    /// CNY.
    pub amount: Vec<f64>,
    /// Amplitude in percent, change in percent, change, turnover in percent.
    pub derived: [Vec<f64>; 4],
}

/// Reads the `klines` of East Money's answer.
pub fn bars(body: &[u8]) -> Bars {
    let rows = body.len() / 64;
    let column = || Vec::with_capacity(rows);
    let mut bars = Bars {
        date: Vec::with_capacity(rows),
        prices: [(); 4].map(|()| column()),
        volume: Vec::with_capacity(rows),
        amount: column(),
        derived: [(); 4].map(|()| column()),
    };
    let start = memmem::find(body, b"\"klines\":[").map_or(body.len(), |at| at + 10);
    let mut row = Cursor { rest: body.get(start..).unwrap_or_default() };
    let mut day = Days::default();
    while row.take(b'"') {
        bars.date.push(day.read(row));
        row.skip(11);
        let [open, close, high, low] = &mut bars.prices;
        open.push(row.price::<2>());
        close.push(row.price::<2>());
        high.push(row.price::<2>());
        low.push(row.price::<2>());
        bars.volume.push(row.integer() * 100);
        bars.amount.push(row.amount::<2>());
        let [amplitude, change_pct, change, turnover] = &mut bars.derived;
        amplitude.push(row.price::<2>());
        change_pct.push(row.signed_price::<2>());
        change.push(row.signed_price::<2>());
        turnover.push(row.price::<2>());
        row.take(b',');
    }
    bars
}

/// Columns of quotes.
#[derive(Debug, Default)]
pub struct Quotes {
    /// The codes, eight bytes each.
    pub code: Vec<u8>,
    /// The names, in the character set of the answer.
    pub name: Vec<u8>,
    /// Where each name ends.
    pub name_end: Vec<usize>,
    /// Open, previous close, price, high, low, best bid, best ask.
    pub prices: [Vec<f64>; 7],
    /// Shares.
    pub volume: Vec<i64>,
    /// CNY.
    pub amount: Vec<f64>,
    /// The shares of the five bids, then of the five asks.
    pub book_volumes: [Vec<i64>; 10],
    /// The prices of the same.
    pub book_prices: [Vec<f64>; 10],
    /// Milliseconds since 1970-01-01.
    pub time: Vec<i64>,
}

/// Reads Sina's answer.
pub fn quotes(body: &[u8]) -> Quotes {
    const LINE: usize = "var hq_str_sh600000=\"".len();
    let mut quotes = Quotes::default();
    let mut line = Cursor { rest: body };
    let mut day = Days::default();
    while let Some(code) = line.rest.get(LINE - 10..LINE - 2) {
        quotes.code.extend_from_slice(code);
        line.skip(LINE);
        quotes.name.extend_from_slice(line.until(b','));
        quotes.name_end.push(quotes.name.len());
        quotes.prices.iter_mut().for_each(|column| column.push(line.price::<3>()));
        quotes.volume.push(line.integer());
        quotes.amount.push(line.amount::<3>());
        for (volume, price) in quotes.book_volumes.iter_mut().zip(&mut quotes.book_prices) {
            volume.push(line.integer());
            price.push(line.price::<3>());
        }
        let date = day.read(line);
        line.skip(11);
        quotes.time.push(i64::from(date) * 86_400_000 + china_milliseconds(line.word(0)));
        line.until(b'\n');
    }
    quotes
}

/// Days since 1970-01-01, with the last month at hand: rows come month by month.
#[derive(Debug, Default)]
struct Days {
    month: u64,
    before: i32,
}

impl Days {
    /// Reads `2024-06-28`.
    #[inline(always)]
    fn read(&mut self, row: Cursor<'_>) -> i32 {
        let month = row.word(0);
        if month != self.month {
            let digit = |at: u32| (month >> (8 * at) & 0xf) as i32;
            let year = digit(0) * 1_000 + digit(1) * 100 + digit(2) * 10 + digit(3);
            *self = Self { month, before: days_before(year, digit(5) * 10 + digit(6)) };
        }
        let day = row.word(8);
        self.before + ((day & 0xf) * 10 + (day >> 8 & 0xf)) as i32
    }
}

/// The days from 1970-01-01 to the day before a month. A year begins in March here, so that the day that comes and goes is its
/// last.
fn days_before(year: i32, month: i32) -> i32 {
    let (year, month) = if month < 3 { (year - 1, month + 9) } else { (year, month - 3) };
    365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 - 719_469
}

/// The time of day of `15:00:03` at UTC+8, in milliseconds at UTC.
#[inline(always)]
fn china_milliseconds(text: u64) -> i64 {
    let two = |at: u32| ((text >> at & 0xf) * 10 + (text >> (at + 8) & 0xf)) as i64;
    ((two(0) - 8) * 3_600 + two(24) * 60 + two(48)) * 1_000
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{bodies, naive};

    #[test]
    fn the_floor_reads_every_bar() {
        let body = bodies::eastmoney_daily();
        let (bars, rows) = (bars(&body), naive::bars(&body).unwrap());
        assert_eq!(rows.len(), bodies::BARS);
        assert_eq!(bars.date.len(), bodies::BARS);
        let epoch = jiff::civil::date(1970, 1, 1);
        for (i, row) in rows.iter().enumerate() {
            let day: jiff::civil::Date = row.day.parse().unwrap();
            assert_eq!(i64::from(bars.date[i]), day.duration_since(epoch).as_hours() / 24);
            let [prices, derived] =
                [&bars.prices, &bars.derived].map(|columns| columns.each_ref().map(|it| it[i]));
            assert_eq!(prices[..], row.numbers[..4]);
            assert_eq!([bars.volume[i] as f64 / 100.0, bars.amount[i]][..], row.numbers[4..6]);
            assert_eq!(derived[..], row.numbers[6..]);
        }
    }

    #[test]
    fn the_floor_reads_every_quote() {
        let body = bodies::sina_quotes();
        let rows = naive::quotes(&encoding_rs::GB18030.decode(&body).0).unwrap();
        let quotes = quotes(&body);
        assert_eq!(quotes.time.len(), bodies::QUOTES);
        let mut name_start = 0;
        for (i, row) in rows.iter().enumerate() {
            assert_eq!(quotes.code[8 * i..8 * i + 8], *row.code.as_bytes());
            let name = &quotes.name[name_start..quotes.name_end[i]];
            assert_eq!(encoding_rs::GB18030.decode(name).0, row.name);
            name_start = quotes.name_end[i];
            let mut numbers: Vec<f64> = quotes.prices.iter().map(|column| column[i]).collect();
            numbers.extend([quotes.volume[i] as f64, quotes.amount[i]]);
            for (volume, price) in quotes.book_volumes.iter().zip(&quotes.book_prices) {
                numbers.extend([volume[i] as f64, price[i]]);
            }
            assert_eq!(numbers, row.numbers);
            let time = jiff::Timestamp::from_millisecond(quotes.time[i]).unwrap();
            let local = jiff::tz::offset(8).to_datetime(time);
            assert_eq!(local.strftime("%Y-%m-%d %H:%M:%S").to_string(), row.time);
        }
    }
}
