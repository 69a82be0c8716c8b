//! Fields of the usual forms, read eight bytes at a time, for rows that come by the thousand.
//!
//! Each function reads a field at the beginning of a text and returns it with what follows it. `None` means that the field has
//! another form, which may be valid: the caller then reads the whole row by [`Fields`](super::Fields), which knows every form and
//! names the field in its errors. So a row of the usual form has one way out, and the processor runs ahead.
//!
//! The length of a price changes seldom from row to row, so branches find it, and the processor predicts where the next field
//! begins. The lengths of volumes and amounts change all the time, so arithmetic finds those. A field at the very end of a text,
//! where fewer than eight bytes are left, has no usual form.
//!
//! ```
//! use finvista_core::wire::plain;
//!
//! fn row(text: &[u8]) -> Option<(f64, u64)> {
//!     let (price, rest) = plain::price(text)?;
//!     let (volume, _) = plain::integer(rest.strip_prefix(b",")?)?;
//!     Some((price, volume))
//! }
//! assert_eq!(row(b"6.180,842743,15:00:00"), Some((6.18, 842_743)));
//! assert_eq!(row(b"6.18e0,842743,15:00:00"), None);
//! ```

use jiff::civil::{Date, Time};

/// A price without a sign: up to five digits, a point, and two or three digits, eight bytes with the point at most.
#[inline(always)]
pub fn price(text: &[u8]) -> Option<(f64, &[u8])> {
    let word = word(text)?;
    if byte(word, 2) == b'.' {
        fixed::<2>(word, text)
    } else if byte(word, 1) == b'.' {
        fixed::<1>(word, text)
    } else if byte(word, 3) == b'.' {
        fixed::<3>(word, text)
    } else if byte(word, 4) == b'.' {
        fixed::<4>(word, text)
    } else if byte(word, 5) == b'.' {
        fixed::<5>(word, text)
    } else {
        None
    }
}

/// The same with a sign, if it is negative.
#[inline(always)]
pub fn signed(text: &[u8]) -> Option<(f64, &[u8])> {
    let negative = text.first() == Some(&b'-');
    let (magnitude, rest) = price(text.get(usize::from(negative)..)?)?;
    Some((f64::from_bits(magnitude.to_bits() | u64::from(negative) << 63), rest))
}

/// Up to 14 digits.
#[inline(always)]
pub fn integer(text: &[u8]) -> Option<(u64, &[u8])> {
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

/// Units of `size` shares, up to 9,999,999,999,999 of them, as shares.
#[inline(always)]
pub fn shares(text: &[u8], size: i64) -> Option<(i64, &[u8])> {
    let (units, rest) = integer(text)?;
    let shares = (units as i64).checked_mul(size)?;
    (shares.unsigned_abs() < super::MOST_SHARES).then_some((shares, rest))
}

/// An amount of money without a sign: up to 14 digits, a point, and as many decimals as named, up to four.
#[inline(always)]
pub fn money<const DECIMALS: u32>(text: &[u8]) -> Option<(f64, &[u8])> {
    let (whole, behind) = integer(text)?;
    let word = word(behind)?;
    let decimals = (word >> 8 ^ ZEROS) << (64 - 8 * DECIMALS);
    let scale = const { 10_u64.pow(DECIMALS) };
    let mantissa = whole * scale + eight_digits(decimals);
    if byte(word, 0) == b'.' && are_digits(decimals) && !is_digit(word, DECIMALS + 1) && mantissa < 1 << 53 {
        Some((mantissa as i64 as f64 / scale as f64, behind.get(DECIMALS as usize + 1..)?))
    } else {
        None
    }
}

/// A day such as `2024-12-18`, and what follows.
#[inline(always)]
pub fn day(text: &[u8]) -> Option<(Date, &[u8])> {
    let (&[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2], rest) = text.split_first_chunk()? else {
        return None;
    };
    let digits = u64::from_le_bytes([y1, y2, y3, y4, m1, m2, d1, d2]) ^ ZEROS;
    // A year has four digits, so its first is not 0.
    if !are_digits(digits) || digits & 0xff == 0 {
        return None;
    }
    let pairs = pairs(digits);
    let year = (pairs & 0xff) * 100 + (pairs >> 16 & 0xff);
    Some((Date::new(year as i16, (pairs >> 32) as i8, (pairs >> 48) as i8).ok()?, rest))
}

/// A time of day such as `15:00:03`, and what follows.
#[inline(always)]
pub fn time(text: &[u8]) -> Option<(Time, &[u8])> {
    let (&[h1, h2, b':', m1, m2, b':', s1, s2], rest) = text.split_first_chunk()? else { return None };
    Some((Time::new(two(h1, h2)?, two(m1, m2)?, two(s1, s2)?, 0).ok()?, rest))
}

/// A time of day such as `15:00`, and what follows.
#[inline(always)]
pub fn minute(text: &[u8]) -> Option<(Time, &[u8])> {
    let (&[h1, h2, b':', m1, m2], rest) = text.split_first_chunk()? else { return None };
    Some((Time::new(two(h1, h2)?, two(m1, m2)?, 0, 0).ok()?, rest))
}

/// This many digits before a point and two or three behind it, nine bytes together at most.
#[inline(always)]
fn fixed<const WHOLE: u32>(word: u64, text: &[u8]) -> Option<(f64, &[u8])> {
    let ends = |at: u32| match at {
        ..8 => !is_digit(word, at),
        _ => text.get(at as usize).is_some_and(|byte| !byte.is_ascii_digit()),
    };
    if ends(WHOLE + 3) {
        fixed_with::<WHOLE, 2>(word, text)
    } else if WHOLE + 3 < 8 && ends(WHOLE + 4) {
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

/// Eight bytes, the first in the lowest bits.
#[inline(always)]
fn word(text: &[u8]) -> Option<u64> {
    text.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))
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

#[inline(always)]
fn is_digit(word: u64, at: u32) -> bool {
    byte(word, at).is_ascii_digit()
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
    use crate::wire;
    use proptest::prelude::*;

    /// Every reader agrees with the long way on this text as a field, wherever it reads it whole.
    fn same(field: &str) {
        for behind in [",", "~", "\"", ",1.00,2.00,", ",abcdefgh"] {
            let text = [field, behind].concat();
            let whole = |rest: &[u8]| rest == behind.as_bytes();
            let long = || wire::number("f", field).unwrap().to_bits();
            for read in [price, signed, money::<2>, money::<3>] {
                if let Some((number, _)) = read(text.as_bytes()).filter(|read| whole(read.1)) {
                    assert_eq!(number.to_bits(), long(), "{text}");
                }
            }
            if let Some((shares, _)) = shares(text.as_bytes(), 100).filter(|read| whole(read.1)) {
                assert_eq!(Ok(shares), wire::shares("f", field, 100).map_err(|e| e.message().to_owned()));
            }
            if let Some((read, _)) = day(text.as_bytes()).filter(|read| whole(read.1)) {
                assert_eq!(read, wire::day("f", field).unwrap(), "{text}");
            }
            if let Some((read, _)) = time(text.as_bytes()).filter(|read| whole(read.1)) {
                assert_eq!(read, wire::time_of_day("f", field).unwrap(), "{text}");
            }
        }
    }

    #[test]
    fn usual_fields_are_read() {
        let rest = &b",next one"[..];
        let with = |field: &str| [field.as_bytes(), rest].concat();
        for (field, value) in
            [("6.18", 6.18), ("0.000", 0.0), ("13953.07", 13_953.07), ("1500.000", 1500.0), ("-0.29", -0.29)]
        {
            assert_eq!(signed(&with(field)), Some((value, rest)), "{field}");
        }
        for other in ["6", "6.1", "6.1234", "13953.070", "139530.70", "6e2", "+6.18", ""] {
            assert!(signed(&with(other)).is_none_or(|(_, behind)| behind != rest), "{other}");
        }
        for (field, value) in
            [("0", 0), ("7", 7), ("842743", 842_743), ("12345678901234", 12_345_678_901_234)]
        {
            assert_eq!(integer(&with(field)), Some((value, rest)), "{field}");
        }
        assert_eq!(integer(&with("123456789012345")), None);
        assert_eq!(shares(&with("9999999999999"), 100), Some((999_999_999_999_900, rest)));
        assert_eq!(shares(&with("99999999999999"), 100), None);
        assert_eq!(money::<2>(&with("542829495.00")), Some((542_829_495.0, rest)));
        assert_eq!(money::<3>(&with("5293893.570")), Some((5_293_893.57, rest)));
        assert_eq!(money::<3>(&with("5293893.57")), None);
        assert_eq!(day(&with("2024-12-18")), Some((jiff::civil::date(2024, 12, 18), rest)));
        assert_eq!(day(&with("2024-13-18")), None);
        assert_eq!(time(&with("15:00:03")), Some((jiff::civil::time(15, 0, 3, 0), rest)));
        assert_eq!(minute(&with("09:35")), Some((jiff::civil::time(9, 35, 0, 0), rest)));
    }

    #[test]
    fn one_byte_off_is_read_as_the_long_way_reads_it() {
        for field in
            ["6.18", "16.180", "1500.250", "-95.81", "842743", "542829495.00", "2024-12-18", "15:00:03"]
        {
            for at in 0..field.len() {
                let (front, rest) = field.split_at(at);
                let (_, back) = rest.split_at(1);
                for other in (0..128).map(char::from) {
                    same(&format!("{front}{other}{back}"));
                    same(&format!("{front}{other}{rest}"));
                }
                same(&format!("{front}{back}"));
            }
        }
    }

    proptest! {
        #[test]
        fn numbers_are_read_as_the_long_way_reads_them(field in "-?[0-9]{1,19}(\\.[0-9]{0,5})?") {
            same(&field);
        }
    }
}
