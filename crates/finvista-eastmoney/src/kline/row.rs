//! One row: `"2024-12-18,6.11,6.18,6.28,6.10,842743,542829495.00,2.96,1.64,0.10,1.03"`. A row of the usual form is read eight
//! bytes at a time; any other is read by `wire`, which knows every form and names the field in its errors.
//!
//! The length of a price changes seldom from row to row, so branches find it, and the processor predicts where the next field
//! begins. Signs and the lengths of volumes and amounts change all the time, so arithmetic finds those.

use finvista_core::SourceError;
use finvista_core::dataset::Bar;
use finvista_core::wire::{self, Fields};
use jiff::civil::{Date, DateTime, Time};

use crate::LOT;

/// A row of any form, without its quotes. Columns after the amount may be missing, and further ones may follow
/// (kline_hk_00700_jsonp_fragment.txt has 15).
pub(super) fn any<At: From<DateTime>>(row: &[u8], minutes: bool) -> Result<Bar<At>, SourceError> {
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

/// A row of the usual form in its quotes, and what follows it.
#[inline(always)]
pub(super) fn usual<At: From<DateTime>>(text: &[u8], minutes: bool) -> Option<(Bar<At>, &[u8])> {
    let row = text.strip_prefix(b"\"")?;
    let (at, rest) = if minutes { usual_end(row)? } else { usual_day(row)? };
    let (open, rest) = price(rest)?;
    let (close, rest) = price(rest)?;
    let (high, rest) = price(rest)?;
    let (low, rest) = price(rest)?;
    let (volume, rest) = shares(rest)?;
    let (amount, rest) = amount(rest)?;
    let (amplitude, rest) = derived(rest)?;
    let (change_pct, rest) = derived(rest)?;
    let (change, rest) = derived(rest)?;
    let (turnover, rest) = derived(rest)?;
    let bar = Bar::new(At::from(at), open, high, low, close, volume);
    let bar = Bar { amount: Some(amount), amplitude, change_pct, change, turnover, ..bar };
    // Further columns are left to the other way.
    Some((bar, rest.strip_prefix(b"\"")?))
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

/// The day of eight digits. A year has four, so its first is not 0.
#[inline(always)]
fn day(text: [u8; 8]) -> Option<Date> {
    let digits = u64::from_le_bytes(text) ^ ZEROS;
    if !are_digits(digits) || digits & 0xff == 0 {
        return None;
    }
    let pairs = pairs(digits);
    let year = (pairs & 0xff) * 100 + (pairs >> 16 & 0xff);
    Date::new(year as i16, (pairs >> 32) as i8, (pairs >> 48) as i8).ok()
}

/// A price and its comma.
#[inline(always)]
fn price(text: &[u8]) -> Option<(f64, &[u8])> {
    let (price, rest) = decimal(text)?;
    Some((price, rest.strip_prefix(b",")?))
}

/// A number behind the amount, with the comma before it. It may be negative, and the row may end before it.
#[inline(always)]
fn derived(text: &[u8]) -> Option<(Option<f64>, &[u8])> {
    let Some(text) = text.strip_prefix(b",") else { return Some((None, text)) };
    let negative = text.first() == Some(&b'-');
    let (magnitude, rest) = decimal(text.get(usize::from(negative)..)?)?;
    let number = f64::from_bits(magnitude.to_bits() | u64::from(negative) << 63);
    Some((Some(number), rest))
}

/// More is no volume, which the other way says.
const MOST_LOTS: u64 = 10_000_000_000_000;

/// Lots, as shares, and the comma.
#[inline(always)]
fn shares(text: &[u8]) -> Option<(i64, &[u8])> {
    let (lots, rest) = integer(text)?;
    if lots < MOST_LOTS { Some((lots as i64 * LOT, rest.strip_prefix(b",")?)) } else { None }
}

/// An amount of money with two decimals.
#[inline(always)]
fn amount(text: &[u8]) -> Option<(f64, &[u8])> {
    let (whole, behind) = integer(text)?;
    let word = word(behind)?;
    // The point, two digits, and the end of the field.
    let cents = (word ^ ZEROS) >> 8 & 0xffff;
    let mantissa = whole * 100 + (cents & 0xff) * 10 + (cents >> 8);
    if byte(word, 0) == b'.' && ends(word, 3) && are_digits(cents) && mantissa < 1 << 53 {
        Some((mantissa as i64 as f64 / 100.0, behind.get(3..)?))
    } else {
        None
    }
}

/// One to four digits before a point and two or three behind it, seven bytes together at most.
#[inline(always)]
fn decimal(text: &[u8]) -> Option<(f64, &[u8])> {
    let word = word(text)?;
    if byte(word, 2) == b'.' {
        fixed::<2>(word, text)
    } else if byte(word, 1) == b'.' {
        fixed::<1>(word, text)
    } else if byte(word, 3) == b'.' {
        fixed::<3>(word, text)
    } else if byte(word, 4) == b'.' {
        fixed::<4>(word, text)
    } else {
        None
    }
}

/// This many digits before a point and two or three behind it.
#[inline(always)]
fn fixed<const WHOLE: u32>(word: u64, text: &[u8]) -> Option<(f64, &[u8])> {
    if ends(word, WHOLE + 3) {
        fixed_with::<WHOLE, 2>(word, text)
    } else if WHOLE < 4 && ends(word, WHOLE + 4) {
        fixed_with::<WHOLE, 3>(word, text)
    } else {
        None
    }
}

#[inline(always)]
fn fixed_with<const WHOLE: u32, const DECIMALS: u32>(word: u64, text: &[u8]) -> Option<(f64, &[u8])> {
    let digits = word ^ ZEROS;
    let before = (1 << (8 * WHOLE)) - 1;
    let joined = (digits & before | digits >> 8 & !before) << (64 - 8 * (WHOLE + DECIMALS));
    if !are_digits(joined) {
        return None;
    }
    let number = eight_digits(joined) as i64 as f64 / f64::from(10_u32.pow(DECIMALS));
    Some((number, text.get((WHOLE + DECIMALS + 1) as usize..)?))
}

/// 1 to 14 digits, and what follows them.
#[inline(always)]
fn integer(text: &[u8]) -> Option<(u64, &[u8])> {
    const SCALES: [u64; 7] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000];
    let first = word(text)? ^ ZEROS;
    let digits = digits_in_front(first);
    if digits == 0 {
        return None;
    }
    if digits < 8 {
        return Some((eight_digits(first << (64 - 8 * digits)), text.get(digits as usize..)?));
    }
    let behind = text.get(8..)?;
    let second = word(behind)? ^ ZEROS;
    let digits = digits_in_front(second);
    let scale = SCALES.get(digits as usize)?;
    // In two steps, because a shift by 64 would be none.
    let last = eight_digits(second << 8 << (56 - 8 * digits));
    Some((eight_digits(first) * scale + last, behind.get(digits as usize..)?))
}

/// Eight bytes, the first in the lowest bits. There are as many but at the end of an answer.
#[inline(always)]
fn word(text: &[u8]) -> Option<u64> {
    text.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))
}

/// Whether a field ends here.
#[inline(always)]
fn ends(word: u64, at: u32) -> bool {
    matches!(byte(word, at), b',' | b'"')
}

/// The number of two digits.
#[inline(always)]
fn two(tens: u8, ones: u8) -> Option<i8> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens < 10 && ones < 10).then(|| (tens * 10 + ones) as i8)
}

const ZEROS: u64 = 0x3030_3030_3030_3030;

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

/// Four numbers of two digits each.
#[inline(always)]
fn pairs(digits: u64) -> u64 {
    (digits.wrapping_mul(10 << 8 | 1) >> 8) & 0x00ff_00ff_00ff_00ff
}

/// The number of eight digits, the first in the lowest byte: pairs, fours, eight.
#[inline(always)]
fn eight_digits(digits: u64) -> u64 {
    let fours = (pairs(digits).wrapping_mul(100 << 16 | 1) >> 16) & 0x0000_ffff_0000_ffff;
    fours.wrapping_mul(10_000 << 32 | 1) >> 32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(row: &[u8]) {
        if row.contains(&b'"') {
            return;
        }
        let plain = |bar: Result<Bar<Date>, SourceError>| {
            // As text, in which -0.0 is not 0.0.
            bar.map(|bar| format!("{bar:?}")).ok()
        };
        let shown = String::from_utf8_lossy(row);
        let text = [b"\"", row, b"\"]}}"].concat();
        if let Some((bar, rest)) = usual(&text, false) {
            assert_eq!((plain(Ok(bar)), rest), (plain(any(row, false)), &b"]}}"[..]), "{shown}");
        }
        let minute = [row.get(..10).unwrap_or(row), b" 09:35", row.get(10..).unwrap_or_default()].concat();
        let text = [b"\"", minute.as_slice(), b"\"]}}"].concat();
        if let Some((bar, _)) = usual(&text, true) {
            assert_eq!(end_of(Ok(bar)), end_of(any(&minute, true)), "{shown}");
        }
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
        for row in &ROWS[..2] {
            assert!(usual::<Date>(format!("\"{row}\"]}}}}").as_bytes(), false).is_some(), "{row}");
            let minute = format!("\"{}\"]}}}}", row.replacen(',', " 09:35,", 1));
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
