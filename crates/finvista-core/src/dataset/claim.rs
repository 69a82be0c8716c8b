//! What a vendor says of a bar beside its prices, and whether it can be true.

use std::fmt::Debug;

use super::Bar;
use crate::error::{ErrorKind, SourceError};

/// Judges the bars of an answer. Change, percentage and amplitude refer to one previous close, so each follows from the others,
/// whichever close the vendor means.
///
/// A bar in which they do not fit is an error in the vendor's archive, or columns have moved. The table does without what such a
/// bar says, and an answer with more than one in a hundred is refused.
#[derive(Debug)]
pub(super) struct Claims {
    /// Whether prices may be zero or below, because they are adjusted forward.
    may_be_negative: bool,
    bars: usize,
    off: usize,
    first: Option<String>,
}

impl Claims {
    pub(super) const fn new(may_be_negative: bool) -> Self {
        Self { may_be_negative, bars: 0, off: 0, first: None }
    }

    /// Removes from a bar what is no value or cannot be true.
    #[inline]
    pub(super) fn judge<At: Debug>(&mut self, bar: &mut Bar<At>) {
        self.bars += 1;
        let is_mute = bar.change.is_none() && bar.change_pct.is_none() && bar.amplitude.is_none();
        if !is_mute && !is_plainly_possible(bar) {
            self.judge_closely(bar);
        }
    }

    #[inline(never)]
    fn judge_closely<At: Debug>(&mut self, bar: &mut Bar<At>) {
        match verdict(bar, self.may_be_negative) {
            Verdict::Possible => {}
            verdict => self.remove(bar, verdict),
        }
    }

    #[cold]
    fn remove<At: Debug>(&mut self, bar: &mut Bar<At>, verdict: Verdict) {
        let (expected, field, got) = match verdict {
            Verdict::Possible | Verdict::Nothing => (None, "", None),
            Verdict::NoBase => {
                (bar.change_pct, bar.amplitude) = (None, None);
                return;
            }
            Verdict::Change => {
                let close = bar.close;
                let expected = format!("a change from another price to {close}");
                let first =
                    [("change", bar.change), ("change_pct", bar.change_pct), ("amplitude", bar.amplitude)];
                let (field, got) =
                    first.into_iter().find(|(_, value)| value.is_some()).unwrap_or(("change", None));
                (Some(expected), field, got)
            }
            Verdict::Percent(pct) => (Some(format!("{pct:.2}")), "change_pct", bar.change_pct),
            Verdict::Amplitude(pct) => (Some(format!("{pct:.2}")), "amplitude", bar.amplitude),
        };
        if let Some(expected) = expected {
            self.off += 1;
            let (at, got) = (&bar.at, got.unwrap_or(f64::NAN));
            self.first.get_or_insert_with(|| format!("{at:?}: expected {expected} in {field}, got {got}"));
        }
        (bar.change, bar.change_pct, bar.amplitude) = (None, None, None);
    }

    /// The result for the whole answer.
    pub(super) fn finish(&self, symbol: &str) -> Result<(), SourceError> {
        match &self.first {
            Some(first) if self.off * 100 > self.bars => {
                Err(SourceError::new(ErrorKind::Invalid, format!("{symbol} {first}")))
            }
            _ => Ok(()),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Verdict {
    Possible,
    /// Zeros in place of values, such as those of a listing day.
    Nothing,
    /// The previous close is not above zero, so percentages of it mean nothing, whatever the vendor prints.
    NoBase,
    /// No price changes like this.
    Change,
    /// Another percentage follows from the change.
    Percent(f64),
    /// Another amplitude follows from the change.
    Amplitude(f64),
}

/// How far two rounded prices may be apart from the exact ones, together: vendors round to a cent at worst.
const ROUNDING: f64 = 0.011;

/// No share rises or falls by more than this factor in one bar, on its first day or an ex-date.
pub(super) const MOST: f64 = 50.0;

/// Whether a bar says all three, and they fit with room to spare. It takes no division, and nearly every bar is such.
#[inline]
fn is_plainly_possible<At>(bar: &Bar<At>) -> bool {
    let (Some(change), Some(pct), Some(amplitude)) = (bar.change, bar.change_pct, bar.amplitude) else {
        return false;
    };
    let (close, previous) = (bar.close, bar.close - change);
    let slack = 0.1 * previous + 100.0 * ROUNDING;
    let follows = |number: f64, part: f64| (number * previous - 100.0 * part).abs() <= slack;
    let is_price = (close > 0.0) & (previous > 0.0) & (previous < close * MOST) & (close < previous * MOST);
    is_price & (amplitude != 0.0) & follows(pct, change) & follows(amplitude, bar.high - bar.low)
}

fn verdict<At>(bar: &Bar<At>, may_be_negative: bool) -> Verdict {
    let is_zero = |number: Option<f64>| number.is_none_or(|number| number == 0.0);
    if is_zero(bar.change) && is_zero(bar.change_pct) && is_zero(bar.amplitude) {
        return Verdict::Nothing;
    }
    let range = bar.high - bar.low;
    let previous = match (bar.change, bar.change_pct, bar.amplitude) {
        (Some(change), ..) => bar.close - change,
        (None, Some(pct), _) => bar.close / (1.0 + pct / 100.0),
        (None, None, amplitude) => range * 100.0 / amplitude.unwrap_or(f64::NAN),
    };
    if bar.close > 0.0 && previous > 0.0 {
        if previous > bar.close * MOST || bar.close > previous * MOST {
            return Verdict::Change;
        }
    } else {
        let size = bar.high.abs().max(bar.low.abs()).max(1.0);
        return match may_be_negative {
            true if (bar.close - previous).abs() <= MOST * size => Verdict::NoBase,
            // The close itself is what is wrong, and the table is refused for it.
            false if bar.close <= 0.0 => Verdict::Possible,
            _ => Verdict::Change,
        };
    }
    let follows = |number: Option<f64>, expected: f64| {
        let slack = 0.1 + ROUNDING * (100.0 + expected.abs()) / previous;
        number.is_none_or(|number| (number - expected).abs() <= slack)
    };
    let (pct, amplitude) = (100.0 * (bar.close - previous) / previous, 100.0 * range / previous);
    if !follows(bar.change_pct, pct) {
        Verdict::Percent(pct)
    } else if !follows(bar.amplitude, amplitude) {
        Verdict::Amplitude(amplitude)
    } else {
        Verdict::Possible
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    /// A bar with this close, change, percentage and amplitude, between a low of 9.9 and a high of 10.3 or around its close.
    fn bar(close: f64, change: f64, pct: f64, amplitude: f64) -> Bar {
        let (high, low) =
            if (9.9..=10.3).contains(&close) { (10.3, 9.9) } else { (close + 0.2, close - 0.2) };
        Bar {
            change: Some(change),
            change_pct: Some(pct),
            amplitude: Some(amplitude),
            ..Bar::new(date(2026, 11, 25), close, high, low, close, 1_000)
        }
    }

    #[test]
    fn what_fits_is_possible() {
        for possible in [
            bar(10.1, 0.1, 1.0, 4.0),
            bar(10.1, -0.2, -1.94, 3.88),
            // Against a reference price, on an ex-date.
            bar(10.1, -3.6, -26.28, 2.92),
            // Written with one decimal.
            bar(10.1, 0.1, 1.0, 4.1),
            Bar { change: None, change_pct: None, ..bar(10.1, 0.0, 0.0, 4.0) },
            Bar { change: None, amplitude: None, ..bar(10.1, 0.0, 1.0, 0.0) },
        ] {
            assert_eq!(verdict(&possible, false), Verdict::Possible, "{possible:?}");
        }
        assert!(is_plainly_possible(&bar(10.1, 0.1, 1.0, 4.0)));
        // The listing day of 300059, adjusted forward: prices of a few cents have coarse percentages.
        let cheap = Bar { high: 0.48, low: 0.42, ..bar(0.43, 0.23, 115.0, 30.0) };
        assert_eq!(verdict(&cheap, false), Verdict::Possible);
        assert_eq!(verdict(&Bar { change_pct: Some(110.0), ..cheap }, false), Verdict::Possible);
        assert_eq!(verdict(&bar(10.1, 0.0, 0.0, 0.0), false), Verdict::Nothing);
    }

    #[test]
    fn what_is_plainly_possible_is_possible() {
        let hundredths =
            |from: i32, to: i32, step: usize| (from..to).step_by(step).map(|n| f64::from(n) / 100.0);
        for close in [0.01, 0.43, 10.1, 250.0, -1.0, 0.0, f64::NAN] {
            for change in hundredths(-300, 300, 7) {
                for pct in hundredths(-1_500, 1_500, 41) {
                    for amplitude in [0.0, 0.1, 1.0, 4.0, 400.0] {
                        let bar = bar(close, change, pct, amplitude);
                        if is_plainly_possible(&bar) {
                            assert_eq!(verdict(&bar, false), Verdict::Possible, "{bar:?}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let is_percent = |verdict: Verdict, expected: f64| match verdict {
            Verdict::Percent(pct) | Verdict::Amplitude(pct) => (pct - expected).abs() < 0.01,
            _ => false,
        };
        assert!(is_percent(verdict(&bar(10.1, 0.1, -99_999.0, 4.0), false), 1.0));
        // The amplitude is missing, so all behind it have moved.
        assert!(is_percent(verdict(&bar(10.1, 0.1, 0.36, 1.0), false), 1.0));
        assert!(is_percent(verdict(&bar(10.1, 0.1, 1.0, 0.99), false), 4.0));
        assert!(is_percent(verdict(&bar(10.1, 0.1, 1.0, -4.0), false), 4.0));
        for (impossible, may_be_negative) in [
            (bar(10.1, 1e300, 1.0, 4.0), true),
            (bar(10.1, -1e300, 1.0, 4.0), true),
            (bar(10.1, 10.1, 1.0, 4.0), false),
            (bar(10.1, 11.0, 1.0, 4.0), false),
            (Bar { change: None, change_pct: None, ..bar(10.1, 0.0, 0.0, 99_999.0) }, false),
            (Bar { change: None, ..bar(10.1, 0.0, -99_999.0, 4.0) }, false),
        ] {
            assert_eq!(verdict(&impossible, may_be_negative), Verdict::Change, "{impossible:?}");
        }
    }

    #[test]
    fn a_base_below_zero_has_no_percentages() {
        let mut bar = bar(-3.02, 0.03, 0.98, 3.93);
        Claims::new(true).judge(&mut bar);
        assert_eq!((bar.change, bar.change_pct, bar.amplitude), (Some(0.03), None, None));
        assert_eq!(verdict(&bar, false), Verdict::Possible);
    }

    #[test]
    fn a_slip_in_a_hundred_bars_is_left_out_and_more_are_refused() {
        let mut claims = Claims::new(false);
        let mut slip = bar(10.1, 0.1, 50.0, 4.0);
        claims.judge(&mut slip);
        assert_eq!((slip.change, slip.change_pct, slip.amplitude), (None, None, None));
        let error = claims.finish("600000.SH").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert_eq!(error.message(), "600000.SH 2026-11-25: expected 1.00 in change_pct, got 50");
        (0..99).for_each(|_| claims.judge(&mut bar(10.1, 0.1, 1.0, 4.0)));
        assert!(claims.finish("600000.SH").is_ok());
        claims.judge(&mut bar(10.1, 0.1, 50.0, 4.0));
        assert!(claims.finish("600000.SH").is_err());
    }
}
