//! Numbers read from left to right, eight bytes at a time where a number has one of the usual forms.
//!
//! The forms are told apart by branches, not by arithmetic: the processor then predicts where the next number begins instead of
//! waiting for the end of this one.

/// The unread part of an answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'a> {
    pub(super) rest: &'a [u8],
}

const ZEROS: u64 = 0x3030_3030_3030_3030;

impl<'a> Cursor<'a> {
    /// Eight bytes, the first in the lowest bits. Zeros follow the end.
    #[inline(always)]
    pub(super) fn word(self, at: usize) -> u64 {
        match self.rest.get(at..at + 8).and_then(|bytes| bytes.first_chunk()) {
            Some(bytes) => u64::from_le_bytes(*bytes),
            None => last_word(self.rest, at),
        }
    }

    #[inline(always)]
    pub(super) fn skip(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    /// Skips one byte if it is this one.
    #[inline(always)]
    pub(super) fn take(&mut self, byte: u8) -> bool {
        let is_next = self.rest.first() == Some(&byte);
        self.skip(usize::from(is_next));
        is_next
    }

    /// The bytes before the next `end`, which is skipped too.
    #[inline(always)]
    pub(super) fn until(&mut self, end: u8) -> &'a [u8] {
        let at = memchr::memchr(end, self.rest).unwrap_or(self.rest.len());
        let bytes = self.rest.get(..at).unwrap_or_default();
        self.skip(at + 1);
        bytes
    }

    /// A number, as a rule with up to three digits before the point and this many behind it.
    #[inline(always)]
    pub(super) fn price<const DECIMALS: u32>(&mut self) -> f64 {
        let word = self.word(0);
        if word & 0xff_00f0 == 0x2e_0030 {
            self.fixed::<2, DECIMALS>(word)
        } else if word & 0xfff0 == 0x2e30 {
            self.fixed::<1, DECIMALS>(word)
        } else if word & 0xff00_00f0 == 0x2e00_0030 {
            self.fixed::<3, DECIMALS>(word)
        } else {
            self.number()
        }
    }

    /// The same where the number may be negative.
    #[inline(always)]
    pub(super) fn signed_price<const DECIMALS: u32>(&mut self) -> f64 {
        let sign = u64::from(self.take(b'-')) << 63;
        f64::from_bits(self.price::<DECIMALS>().to_bits() | sign)
    }

    #[inline(always)]
    fn fixed<const DIGITS: u32, const DECIMALS: u32>(&mut self, word: u64) -> f64 {
        let digits = word ^ ZEROS;
        let before = (1 << (8 * DIGITS)) - 1;
        let joined = digits & before | digits >> 8 & !before;
        self.skip((DIGITS + DECIMALS + 2) as usize);
        let mantissa = eight_digits(joined << (64 - 8 * (DIGITS + DECIMALS)));
        mantissa as i64 as f64 / f64::from(10_u32.pow(DECIMALS))
    }

    /// An integer, as a rule of up to seven digits.
    #[inline(always)]
    pub(super) fn integer(&mut self) -> i64 {
        let digits = self.word(0) ^ ZEROS;
        let length = digits_in_front(digits);
        if length == 8 || length == 0 {
            return self.number() as i64;
        }
        self.skip(length as usize + 1);
        eight_digits(digits << (64 - 8 * length)) as i64
    }

    /// An amount, as a rule of eight to thirteen digits before the point and this many behind it.
    #[inline(always)]
    pub(super) fn amount<const DECIMALS: u32>(&mut self) -> f64 {
        const SCALES: [u64; 8] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000];
        let first = self.word(0) ^ ZEROS;
        let second = self.word(8) ^ ZEROS;
        let length = digits_in_front(second);
        let kept = length + DECIMALS;
        if digits_in_front(first) < 8 || kept > 7 {
            return self.number();
        }
        let before = (1_u64 << (8 * length)) - 1;
        let joined = second & before | second >> 8 & !before;
        self.skip((8 + kept + 2) as usize);
        let last = eight_digits(joined << (64 - 8 * kept));
        let scale = SCALES.get(kept as usize).copied().unwrap_or_default();
        let mantissa = eight_digits(first) * scale + last;
        mantissa as i64 as f64 / f64::from(10_u32.pow(DECIMALS))
    }

    /// Any plain decimal, and the byte that ends it.
    #[cold]
    #[inline(never)]
    pub(super) fn number(&mut self) -> f64 {
        let number = self.digits();
        self.skip(1);
        number
    }

    /// Any plain decimal, without the byte that ends it.
    #[inline(always)]
    pub(super) fn digits(&mut self) -> f64 {
        const POWERS: [f64; 8] = [1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7];
        let negative = self.take(b'-');
        let (mut mantissa, mut decimals, mut point) = (0_u64, 0, false);
        while let [byte, rest @ ..] = self.rest {
            let digit = byte.wrapping_sub(b'0');
            if digit < 10 {
                mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(digit));
                decimals += usize::from(point);
            } else if *byte == b'.' {
                point = true;
            } else {
                break;
            }
            self.rest = rest;
        }
        let number = mantissa as f64 / POWERS.get(decimals).copied().unwrap_or(1.0);
        if negative { -number } else { number }
    }
}

#[cold]
fn last_word(rest: &[u8], at: usize) -> u64 {
    let mut word = [0; 8];
    let left = rest.get(at..).unwrap_or_default();
    word.iter_mut().zip(left).for_each(|(to, from)| *to = *from);
    u64::from_le_bytes(word)
}

/// How many bytes in front are digits, of eight from which `'0'` has been taken.
#[inline(always)]
fn digits_in_front(word: u64) -> u32 {
    const HIGH_BITS: u64 = 0x8080_8080_8080_8080;
    let others = (word.wrapping_add(0x7676_7676_7676_7676) | word) & HIGH_BITS;
    others.trailing_zeros() / 8
}

/// The number of eight digits, the first in the lowest byte: pairs, fours, eight.
#[inline(always)]
pub(super) fn eight_digits(digits: u64) -> u64 {
    let pairs = (digits.wrapping_mul(10 << 8 | 1) >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs.wrapping_mul(100 << 16 | 1) >> 16) & 0x0000_ffff_0000_ffff;
    fours.wrapping_mul(10_000 << 32 | 1) >> 32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T>(text: &str, read: impl Fn(&mut Cursor<'_>) -> T) -> (T, usize) {
        let mut cursor = Cursor { rest: text.as_bytes() };
        let value = read(&mut cursor);
        (value, cursor.rest.len())
    }

    #[test]
    fn usual_and_unusual_numbers_are_read_alike() {
        for text in ["0.00", "9.31", "18.73", "118.73", "1799.00", "18.7", "7", "123456789.25"] {
            let value: f64 = text.parse().unwrap();
            for tail in [",", ",1", ",1234567890", "\"]"] {
                let whole = format!("{text}{tail}");
                assert_eq!(read(&whole, |c| c.number()), (value, tail.len() - 1), "{whole}");
                if text.find('.').is_some_and(|point| text.len() == point + 3) {
                    assert_eq!(read(&whole, |c| c.price::<2>()), (value, tail.len() - 1), "{whole}");
                    assert_eq!(read(&whole, |c| c.amount::<2>()), (value, tail.len() - 1), "{whole}");
                    let negative = format!("-{whole}");
                    assert_eq!(read(&negative, |c| c.signed_price::<2>()), (-value, tail.len() - 1));
                }
            }
        }
        assert_eq!(read("18.730,", |c| c.price::<3>()), (18.73, 0));
        assert_eq!(read("100.001,", |c| c.price::<3>()), (100.001, 0));
    }

    #[test]
    fn integers_and_amounts_of_any_length_are_read() {
        for length in 1..=14 {
            let digits: String = "12345678901234".chars().take(length).collect();
            assert_eq!(read(&format!("{digits},9"), |c| c.integer()), (digits.parse().unwrap(), 1));
            let amount = format!("{digits}.25");
            assert_eq!(read(&format!("{amount},9"), |c| c.amount::<2>()), (amount.parse().unwrap(), 1));
        }
    }
}
