//! Numbers as the vendors print them, from integers, so that no binary noise gets in by accident; and strings.

/// `value / 10^decimals` with exactly `shown` decimals, rounded half away from zero.
pub(crate) fn fixed(value: i64, decimals: u32, shown: u32) -> String {
    let value = rescale(value, decimals, shown);
    let (whole, part) = split(value, shown);
    let sign = if value < 0 { "-" } else { "" };
    match shown {
        0 => format!("{sign}{whole}"),
        _ => format!("{sign}{whole}.{part:0width$}", width = shown as usize),
    }
}

/// `value / 10^decimals` as East Money prints floats: a decimal point always, trailing zeros never.
pub(crate) fn float(value: i64, decimals: u32) -> String {
    let text = fixed(value, decimals, decimals.max(1));
    let trimmed = text.trim_end_matches('0');
    if trimmed.ends_with('.') { format!("{trimmed}0") } else { trimmed.to_owned() }
}

/// `numerator / denominator` in units of `10^-decimals`, rounded half away from zero; 0 for a zero denominator, as the
/// vendors print for a change that is reckoned from nothing.
pub(crate) fn ratio(numerator: i64, denominator: i64, decimals: u32) -> i64 {
    divide(i128::from(numerator) * i128::from(10_i64.pow(decimals)), i128::from(denominator))
}

/// `value` in units of `10^-from` as one in units of `10^-to`.
pub(crate) fn rescale(value: i64, from: u32, to: u32) -> i64 {
    if to >= from { value * 10_i64.pow(to - from) } else { divide(value.into(), 10_i128.pow(from - to)) }
}

/// Shares as lots of 100, rounded half up.
pub(crate) fn lots(shares: i64) -> i64 {
    divide(shares.into(), 100)
}

/// A price in the currency as an integer in units of `10^-decimals`, rounded half away from zero.
pub(crate) fn rounded(price: f64, decimals: u32) -> i64 {
    (price * 10_i64.pow(decimals) as f64).round() as i64
}

/// `text` as PHP's `json_encode` prints a string: `\uXXXX` outside ASCII, and `\/`.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '/' => out.push_str("\\/"),
            ' '..='~' => out.push(c),
            _ => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    out
}

fn divide(numerator: i128, denominator: i128) -> i64 {
    if denominator == 0 {
        return 0;
    }
    let half = (2 * numerator.abs() + denominator.abs()) / (2 * denominator.abs());
    let signed = if (numerator < 0) == (denominator < 0) { half } else { -half };
    i64::try_from(signed).unwrap_or(i64::MAX)
}

fn split(value: i64, decimals: u32) -> (u64, u64) {
    let unit = 10_u64.pow(decimals);
    (value.unsigned_abs() / unit, value.unsigned_abs() % unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_print_as_recorded() {
        assert_eq!(fixed(608, 2, 2), "6.08");
        assert_eq!(fixed(-9, 2, 2), "-0.09");
        assert_eq!(fixed(54_282_949_500, 2, 2), "542829495.00");
        assert_eq!(fixed(11_451, 3, 3), "11.451");
        assert_eq!(fixed(125, 2, 1), "1.3");
        assert_eq!(fixed(-125, 2, 1), "-1.3");
        assert_eq!(fixed(7, 0, 3), "7.000");
        assert_eq!(float(8000, 2), "80.0");
        assert_eq!(float(608, 2), "6.08");
        assert_eq!(float(0, 2), "0.0");
        assert_eq!(float(-30, 2), "-0.3");
    }

    #[test]
    fn ratios_round_half_away_from_zero() {
        assert_eq!(ratio(1, 8, 2), 13);
        assert_eq!(ratio(-1, 8, 2), -13);
        assert_eq!(ratio(5, 0, 2), 0);
        assert_eq!((lots(49), lots(50), lots(150)), (0, 1, 2));
    }

    #[test]
    fn strings_are_escaped_as_php_does() {
        assert_eq!(escaped("东27/1\u{1F600}"), r"\u4e1c27\/1\ud83d\ude00");
    }
}
