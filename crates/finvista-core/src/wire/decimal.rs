//! Plain decimals, such as `-12.340`: an integer mantissa and a power of ten.

/// A plain decimal.
#[derive(Debug, Clone, Copy)]
pub(super) struct Decimal {
    negative: bool,
    mantissa: u64,
    /// The number of digits after the point.
    decimals: usize,
}

/// The powers of ten that a float represents exactly.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19, 1e20, 1e21, 1e22,
];

/// A float represents every integer up to this exactly.
const EXACT: u64 = 1 << 53;

/// A number with this many digits fits into the mantissa.
const LONGEST: usize = 19;

impl Decimal {
    /// The decimal at the beginning of a text, and the rest of the text. `None` if there is none, or it has too many digits to
    /// be exact, which leaves it to the slow path.
    #[inline(always)]
    pub(super) fn leading(text: &[u8]) -> Option<(Self, &[u8])> {
        let (negative, digits) = match text {
            [b'-', digits @ ..] => (true, digits),
            _ => (false, text),
        };
        let (mantissa, mut rest) = integer(0, digits);
        let mut read = digits.len() - rest.len();
        let mut decimals = 0;
        let mut mantissa = mantissa;
        if let [b'.', fraction @ ..] = rest {
            (mantissa, rest) = integer(mantissa, fraction);
            decimals = fraction.len() - rest.len();
            read += decimals;
        }
        let exact = (1..=LONGEST).contains(&read) && mantissa <= EXACT;
        exact.then_some((Self { negative, mantissa, decimals }, rest))
    }

    /// The float nearest to it: both operands are exact, so the one rounding of the division is that of
    /// [`str::parse`] (Clinger's fast path).
    #[inline(always)]
    pub(super) fn value(self) -> f64 {
        // At most 2^53, so the cast is lossless; a signed integer is cheaper to convert to a float.
        let magnitude = self.mantissa as i64 as f64 / POWERS.get(self.decimals).copied().unwrap_or(f64::NAN);
        if self.negative { -magnitude } else { magnitude }
    }

    /// The value as an integer, if the decimal has no point.
    #[inline(always)]
    pub(super) fn integer(self) -> Option<i64> {
        let magnitude = self.mantissa as i64;
        (self.decimals == 0).then_some(if self.negative { -magnitude } else { magnitude })
    }
}

/// Appends the leading digits of a text to a number. It wraps around after 19 digits, so the caller counts them.
#[inline(always)]
fn integer(mut number: u64, mut text: &[u8]) -> (u64, &[u8]) {
    while let [byte, rest @ ..] = text {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        number = number.wrapping_mul(10).wrapping_add(u64::from(digit));
        text = rest;
    }
    (number, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Whether the result equals that of `str::parse` bit for bit, or is left to it.
    fn same(text: &str) -> bool {
        match Decimal::leading(text.as_bytes()) {
            Some((decimal, [])) => {
                text.parse::<f64>().is_ok_and(|float| float.to_bits() == decimal.value().to_bits())
            }
            Some((_, rest)) => text.strip_suffix(str::from_utf8(rest).unwrap()).is_some_and(same),
            None => true,
        }
    }

    #[test]
    fn common_numbers_take_the_fast_path() {
        for (text, value) in [
            ("0", 0.0),
            ("6.940", 6.94),
            ("-0.09", -0.09),
            ("90282023753.46", 90_282_023_753.46),
            ("-", f64::NAN),
        ] {
            match Decimal::leading(text.as_bytes()) {
                Some((decimal, rest)) => assert_eq!((decimal.value(), rest), (value, &b""[..])),
                None => assert!(value.is_nan(), "{text}"),
            }
        }
        assert_eq!(
            Decimal::leading(b"34801,").map(|(d, rest)| (d.integer(), rest)),
            Some((Some(34_801), &b","[..]))
        );
        assert_eq!(Decimal::leading(b"34801.0").and_then(|(d, _)| d.integer()), None);
    }

    #[test]
    fn inexact_numbers_are_left_to_the_slow_path() {
        for text in
            ["9007199254740993", "0.00000000000000000001", "12345678901234567890", "", ".", "-.", "x", "inf"]
        {
            assert!(Decimal::leading(text.as_bytes()).is_none(), "{text}");
        }
        assert!(
            same("9007199254740992")
                && same("0.0000000000000000001")
                && same("-0")
                && same("5.")
                && same(".5")
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]

        #[test]
        fn decimals_are_read_as_str_parse_reads_them(text in "-?[0-9]{0,20}(\\.[0-9]{0,20})?") {
            prop_assert!(same(&text), "{text}");
        }

        #[test]
        fn printed_decimals_are_read_as_str_parse_reads_them(mantissa in -1_i64 << 54..1_i64 << 54, decimals in 0_usize..19) {
            let digits = format!("{:0>width$}", mantissa.unsigned_abs(), width = decimals + 1);
            let (whole, part) = digits.split_at(digits.len() - decimals);
            let sign = if mantissa < 0 { "-" } else { "" };
            let text = format!("{sign}{whole}.{part}");
            prop_assert!(same(&text), "{text}");
        }

        #[test]
        fn floats_are_read_as_str_parse_reads_them(float in any::<f64>()) {
            for text in [format!("{float}"), format!("{float:.3}")] {
                prop_assert!(same(&text), "{}", text);
            }
        }

        #[test]
        fn any_text_is_read_as_str_parse_reads_it(text in "[-+.0-9eE ]{0,24}") {
            prop_assert!(same(&text), "{text}");
        }
    }
}
