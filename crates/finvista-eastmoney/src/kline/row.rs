//! One row. A row of the usual form is read eight bytes at a time, with no place for an error; any other is read once more by
//! `wire`, which knows every form and names the field in its errors.
//!
//! The length of a price changes seldom from row to row, so branches find it, and the processor predicts where the next field
//! begins. Signs and the lengths of volumes and amounts change all the time, so arithmetic finds those.

use finvista_core::SourceError;
use finvista_core::dataset::Bar;
use finvista_core::wire::{self, Fields};
use jiff::civil::{Date, DateTime, Time};

use crate::LOT;

/// Reads a row. Columns after the amount may be missing, and further ones may follow (kline_hk_00700_jsonp_fragment.txt has 15).
#[inline(always)]
pub(super) fn bar<At: From<DateTime>>(row: &[u8], minutes: bool) -> Result<Bar<At>, SourceError> {
    match usual(row, minutes) {
        Some(bar) => Ok(bar),
        None => any(row, minutes),
    }
}

/// A row of any form.
#[cold]
#[inline(never)]
fn any<At: From<DateTime>>(row: &[u8], minutes: bool) -> Result<Bar<At>, SourceError> {
    let mut fields = Fields::new(row, b',');
    let at = if minutes { end(fields.text("time")?)? } else { fields.day("date")?.into() };
    let open = fields.number("open")?;
    let close = fields.number("close")?;
    let high = fields.number("high")?;
    let low = fields.number("low")?;
    let volume = fields.shares("volume", LOT)?;
    let amount = fields.optional("amount")?;
    let mut derived = |name| if fields.is_at_end() { Ok(None) } else { fields.optional(name) };
    Ok(Bar {
        amount,
        amplitude: derived("amplitude")?,
        change_pct: derived("change_pct")?,
        change: derived("change")?,
        turnover: derived("turnover")?,
        ..Bar::new(At::from(at), open, high, low, close, volume)
    })
}

/// The end of a bar of minutes: `2024-12-18 09:35`.
fn end(text: &str) -> Result<DateTime, SourceError> {
    let (day, time) = text.split_once(' ').unwrap_or((text, ""));
    let two = |digits: &str| if digits.len() == 2 { digits.parse().ok() } else { None };
    let (hour, minute) = time.split_once(':').unwrap_or_default();
    let time = two(hour).zip(two(minute)).and_then(|(hour, minute)| Time::new(hour, minute, 0, 0).ok());
    let wrong = || SourceError::decode(format!("expected a time such as 2024-12-18 09:35, got {text:?}"));
    Ok(wire::day("time", day)?.to_datetime(time.ok_or_else(wrong)?))
}

/// A row of the usual form.
#[inline(always)]
fn usual<At: From<DateTime>>(row: &[u8], minutes: bool) -> Option<Bar<At>> {
    let (at, rest) = if minutes { usual_end(row)? } else { usual_day(row)? };
    let ends = Ends { row };
    let (open, rest) = ends.decimal(rest)?;
    let (close, rest) = ends.decimal(rest?)?;
    let (high, rest) = ends.decimal(rest?)?;
    let (low, rest) = ends.decimal(rest?)?;
    let (volume, rest) = ends.shares(rest?)?;
    let (amount, rest) = ends.amount(rest?)?;
    let (amplitude, rest) = ends.derived(rest)?;
    let (change_pct, rest) = ends.derived(rest)?;
    let (change, rest) = ends.derived(rest)?;
    let (turnover, _) = ends.derived(rest)?;
    let bar = Bar::new(At::from(at), open, high, low, close, volume);
    Some(Bar { amount: Some(amount), amplitude, change_pct, change, turnover, ..bar })
}

/// `2024-12-18,`, and what follows it.
#[inline(always)]
fn usual_day(row: &[u8]) -> Option<(DateTime, &[u8])> {
    match row.split_first_chunk()? {
        (&[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b','], rest) => {
            Some((day([y1, y2, y3, y4, m1, m2, d1, d2])?.into(), rest))
        }
        _ => None,
    }
}

/// `2024-12-18 09:35,`, and what follows it.
#[inline(always)]
fn usual_end(row: &[u8]) -> Option<(DateTime, &[u8])> {
    match row.split_first_chunk()? {
        (
            &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b' ', hour1, hour2, b':', minute1, minute2, b','],
            rest,
        ) => {
            let time = Time::new(two(hour1, hour2)?, two(minute1, minute2)?, 0, 0).ok()?;
            Some((day([y1, y2, y3, y4, m1, m2, d1, d2])?.to_datetime(time), rest))
        }
        _ => None,
    }
}

/// The day of eight digits.
#[inline(always)]
fn day([y1, y2, y3, y4, m1, m2, d1, d2]: [u8; 8]) -> Option<Date> {
    // A year has four digits, so its first is not 0.
    let century = two(y1, y2).filter(|century| *century >= 10)?;
    Date::new(i16::from(century) * 100 + i16::from(two(y3, y4)?), two(m1, m2)?, two(d1, d2)?).ok()
}

/// The fields of a row, each with what follows its comma: `None` behind the last one.
#[derive(Clone, Copy)]
struct Ends<'a> {
    row: &'a [u8],
}

type Field<'a, T> = Option<(T, Option<&'a [u8]>)>;

/// More is no volume, which the long way says.
const MOST_LOTS: u64 = 10_000_000_000_000;

const ZEROS: u64 = 0x3030_3030_3030_3030;
const COMMAS: u64 = 0x2c2c_2c2c_2c2c_2c2c;

impl<'a> Ends<'a> {
    /// A number behind the amount, which may be negative, or not there at all.
    #[inline(always)]
    fn derived(self, rest: Option<&'a [u8]>) -> Field<'a, Option<f64>> {
        let Some(rest) = rest else { return Some((None, None)) };
        let negative = rest.first() == Some(&b'-');
        let (magnitude, rest) = self.decimal(rest.get(usize::from(negative)..)?)?;
        Some((Some(if negative { -magnitude } else { magnitude }), rest))
    }

    /// Lots, as shares.
    #[inline(always)]
    fn shares(self, rest: &'a [u8]) -> Field<'a, i64> {
        let (lots, digits) = self.integer(rest)?;
        let ends = matches!(rest.get(digits), None | Some(b','));
        if ends && lots < MOST_LOTS { Some((lots as i64 * LOT, rest.get(digits + 1..))) } else { None }
    }

    /// An amount of money with two decimals.
    #[inline(always)]
    fn amount(self, rest: &'a [u8]) -> Field<'a, f64> {
        let (whole, digits) = self.integer(rest)?;
        let behind = rest.get(digits..)?;
        let word = self.word(behind)?;
        // The point, two digits, and the end of the field.
        let cents = (word ^ ZEROS) >> 8 & 0xffff;
        let mantissa = whole * 100 + (cents & 0xff) * 10 + (cents >> 8);
        if word & 0xff00_00ff == 0x2c00_002e && are_digits(cents << 48) && mantissa < 1 << 53 {
            Some((mantissa as i64 as f64 / 100.0, behind.get(4..)))
        } else {
            None
        }
    }

    /// One to five digits before a point and two or three behind it, seven together at most.
    #[inline(always)]
    fn decimal(self, rest: &'a [u8]) -> Field<'a, f64> {
        let word = self.word(rest)?;
        if byte(word, 2) == b'.' {
            fixed::<2>(word, rest)
        } else if byte(word, 1) == b'.' {
            fixed::<1>(word, rest)
        } else if byte(word, 3) == b'.' {
            fixed::<3>(word, rest)
        } else if byte(word, 4) == b'.' {
            fixed::<4>(word, rest)
        } else if byte(word, 5) == b'.' {
            fixed::<5>(word, rest)
        } else {
            None
        }
    }

    /// 1 to 14 digits, and how many they are.
    #[inline(always)]
    fn integer(self, rest: &'a [u8]) -> Option<(u64, usize)> {
        const SCALES: [u64; 7] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000];
        let first = self.word(rest)? ^ ZEROS;
        let digits = digits_in_front(first);
        if digits == 0 {
            return None;
        }
        if digits < 8 {
            return Some((eight_digits(first << (64 - 8 * digits)), digits as usize));
        }
        let second = self.word(rest.get(8..)?)? ^ ZEROS;
        let digits = digits_in_front(second);
        let scale = SCALES.get(digits as usize)?;
        // In two steps, because a shift by 64 would be none.
        let last = eight_digits(second << 8 << (56 - 8 * digits));
        Some((eight_digits(first) * scale + last, 8 + digits as usize))
    }

    /// Eight bytes, the first in the lowest bits. Commas follow the end of the row.
    #[inline(always)]
    fn word(self, rest: &[u8]) -> Option<u64> {
        if let Some(bytes) = rest.first_chunk() {
            return Some(u64::from_le_bytes(*bytes));
        }
        let bits = 8 * rest.len() as u32;
        let last = u64::from_le_bytes(*self.row.last_chunk()?);
        Some(last.checked_shr(64 - bits).unwrap_or(0) | COMMAS << bits)
    }
}

/// This many digits before a point and two or three behind it.
#[inline(always)]
fn fixed<const WHOLE: u32>(word: u64, rest: &[u8]) -> Field<'_, f64> {
    let ends = |at: u32| match at < 8 {
        true => byte(word, at) == b',',
        false => matches!(rest.get(at as usize), None | Some(b',')),
    };
    if ends(WHOLE + 3) {
        fixed_with::<WHOLE, 2>(word, rest)
    } else if WHOLE < 5 && ends(WHOLE + 4) {
        fixed_with::<WHOLE, 3>(word, rest)
    } else {
        None
    }
}

#[inline(always)]
fn fixed_with<const WHOLE: u32, const DECIMALS: u32>(word: u64, rest: &[u8]) -> Field<'_, f64> {
    let digits = word ^ ZEROS;
    let before = (1 << (8 * WHOLE)) - 1;
    let joined = (digits & before | digits >> 8 & !before) << (64 - 8 * (WHOLE + DECIMALS));
    if !are_digits(joined) {
        return None;
    }
    let number = eight_digits(joined) as i64 as f64 / f64::from(10_u32.pow(DECIMALS));
    Some((number, rest.get((WHOLE + DECIMALS + 2) as usize..)))
}

/// The number of two digits.
#[inline(always)]
fn two(tens: u8, ones: u8) -> Option<i8> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens < 10 && ones < 10).then(|| (tens * 10 + ones) as i8)
}

#[inline(always)]
fn byte(word: u64, at: u32) -> u8 {
    (word >> (8 * at)) as u8
}

const HIGH_BITS: u64 = 0x8080_8080_8080_8080;

/// A bit for each byte that is more than nine, of eight from which `'0'` has been taken; bytes behind the first one may have one
/// too.
#[inline(always)]
fn others(digits: u64) -> u64 {
    (digits.wrapping_add(0x7676_7676_7676_7676) | digits) & HIGH_BITS
}

#[inline(always)]
fn are_digits(digits: u64) -> bool {
    others(digits) == 0
}

/// How many bytes in front are digits.
#[inline(always)]
fn digits_in_front(digits: u64) -> u32 {
    others(digits).trailing_zeros() / 8
}

/// The number of eight digits, the first in the lowest byte: pairs, fours, eight.
#[inline(always)]
fn eight_digits(digits: u64) -> u64 {
    let pairs = (digits.wrapping_mul(10 << 8 | 1) >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs.wrapping_mul(100 << 16 | 1) >> 16) & 0x0000_ffff_0000_ffff;
    fours.wrapping_mul(10_000 << 32 | 1) >> 32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(row: &[u8]) {
        let plain = |bar: Result<Bar<Date>, SourceError>| {
            // As text, in which -0.0 is not 0.0.
            bar.map(|bar| format!("{bar:?}")).ok()
        };
        let shown = String::from_utf8_lossy(row);
        assert_eq!(plain(bar(row, false)), plain(any(row, false)), "{shown}");
        let minute = [row.get(..10).unwrap_or(row), b" 09:35", row.get(10..).unwrap_or_default()].concat();
        assert_eq!(end_of(bar(&minute, true)), end_of(any(&minute, true)), "{shown}");
    }

    fn end_of(bar: Result<Bar<DateTime>, SourceError>) -> Option<String> {
        bar.map(|bar| format!("{bar:?}")).ok()
    }

    const ROWS: [&str; 9] = [
        "2024-12-18,6.11,6.18,6.28,6.10,842743,542829495.00,2.96,1.64,0.10,1.03",
        "2026-09-28,4423.82,4340.76,4423.82,4323.57,171277373,428620471197.90,2.26",
        "2026-03-16,551.000,562.500,564.000,543.500,13754474,7635420416.00,3.74,2.74,15.000,0.15,0,0,0,0.000",
        "2024-06-28,13953.07,13953.07,13953.07,13953.07,630346080,113134987224.79,0.80,-0.68,-95.81,1.00",
        "2024-06-27,10.20,-10.10,10.30,-10.20,0,0.00,-,-,-,0.00",
        "2024-06-28,10,11,12.5,9.0001,5,-,100.00,-100.00,-0.00,1234.56",
        "2024-06-28,0.987,0.989,0.990,0.986,7,6.90,,,",
        "2024-06-28,1.00,1.00,1.00,1.00,9999999999999,9999999999999.99",
        "2024-06-28,1.00,1.00,1.00,1.00,1234567,1234567.89,123456.78,1,2,3,",
    ];

    #[test]
    fn rows_are_read_as_the_long_way_reads_them() {
        for row in ROWS.map(str::as_bytes) {
            (0..=row.len()).for_each(|end| same(&row[..end]));
            for at in 0..row.len() {
                for byte in 0..=u8::MAX {
                    let mut other = row.to_vec();
                    other[at] = byte;
                    same(&other);
                }
                let (front, back) = row.split_at(at);
                for inserted in *b"0,.-9 " {
                    same(&[front, &[inserted], back].concat());
                }
                same(&[front, &back[1..]].concat());
            }
        }
    }

    #[test]
    fn recorded_forms_are_usual() {
        for row in &ROWS[..4] {
            assert!(usual::<Date>(row.as_bytes(), false).is_some(), "{row}");
            let minute = row.replacen(',', " 09:35,", 1);
            assert!(usual::<DateTime>(minute.as_bytes(), true).is_some(), "{minute}");
        }
    }

    #[test]
    fn numbers_of_every_length_are_read_as_the_long_way_reads_them() {
        for digits in 1..=19 {
            let whole = "1234567890123456789".get(..digits).unwrap();
            for tail in ["", ".", ".5", ".25", ".375", ".0625", "e2"] {
                let number = format!("{whole}{tail}");
                same(format!("2024-06-28,{number},1.00,1.00,1.00,{number},{number},{number}").as_bytes());
                same(format!("2024-06-28,1.00,1.00,1.00,1.00,{number},{number},-{number}").as_bytes());
                same(format!("2024-06-28,1.00,1.00,1.00,1.00,{number},{number}").as_bytes());
                same(format!("2024-06-28,1.00,1.00,1.00,1.00,1,{number},1.00,1.00,1.00,{number}").as_bytes());
            }
        }
    }
}
