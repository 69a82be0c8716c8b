//! One row: `"2024-12-18,6.11,6.18,6.28,6.10,842743,542829495.00,2.96,1.64,0.10,1.03"`. A row of the usual form is read eight
//! bytes at a time; any other is read field by field, with the field named in its errors.

use finvista_core::SourceError;
use finvista_core::dataset::Bar;
use finvista_core::wire::{self, Fields, plain};
use jiff::civil::{DateTime, Time};

use super::series::Form;
use crate::LOT;

/// A row of any form, without its quotes. Which columns it has depends on how many were asked for, the first being always the
/// same (kline_row_600519_qfq_8col_fragment.txt has 8).
pub(super) fn any<At: From<DateTime>>(row: &[u8], form: Form) -> Result<Bar<At>, SourceError> {
    let columns = 1 + row.iter().filter(|&&byte| byte == b',').count();
    if columns != form.columns {
        let message = format!("expected {} columns, as many as were asked for, got {columns}", form.columns);
        return Err(SourceError::decode(message));
    }
    let mut fields = Fields::new(row, b',');
    let at = if form.minutes { end(fields.text("time")?)? } else { fields.day("date")?.into() };
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

/// A row of the usual form with all columns, in its quotes, and what follows it.
#[inline(always)]
pub(super) fn usual<At: From<DateTime>>(text: &[u8], minutes: bool) -> Option<(Bar<At>, &[u8])> {
    let row = text.strip_prefix(b"\"")?;
    let (day, rest) = plain::day(row)?;
    let (at, rest) = if minutes {
        let (time, rest) = plain::minute(rest.strip_prefix(b" ")?)?;
        (day.to_datetime(time), rest)
    } else {
        (day.into(), rest)
    };
    let (open, rest) = plain::price(rest.strip_prefix(b",")?)?;
    let (close, rest) = plain::price(rest.strip_prefix(b",")?)?;
    let (high, rest) = plain::price(rest.strip_prefix(b",")?)?;
    let (low, rest) = plain::price(rest.strip_prefix(b",")?)?;
    let (volume, rest) = plain::shares(rest.strip_prefix(b",")?, LOT)?;
    let (amount, rest) = plain::money::<2>(rest.strip_prefix(b",")?)?;
    let (amplitude, rest) = derived(rest)?;
    let (change_pct, rest) = derived(rest)?;
    let (change, rest) = derived(rest)?;
    let (turnover, rest) = derived(rest)?;
    let bar = Bar::new(At::from(at), open, high, low, close, volume);
    let bar = Bar { amount: Some(amount), amplitude, change_pct, change, turnover, ..bar };
    Some((bar, rest.strip_prefix(b"\"")?))
}

/// A number behind the amount, with the comma before it.
#[inline(always)]
fn derived(text: &[u8]) -> Option<(Option<f64>, &[u8])> {
    let (number, rest) = plain::signed(text.strip_prefix(b",")?)?;
    Some((Some(number), rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kline::COLUMNS;
    use jiff::civil::Date;

    const DAYS: Form = Form { minutes: false, columns: COLUMNS };
    const MINUTES: Form = Form { minutes: true, ..DAYS };

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
            assert_eq!((plain(Ok(bar)), rest), (plain(any(row, DAYS)), &b"]}}"[..]), "{shown}");
        }
        let minute = [row.get(..10).unwrap_or(row), b" 09:35", row.get(10..).unwrap_or_default()].concat();
        let text = [b"\"", minute.as_slice(), b"\"]}}"].concat();
        if let Some((bar, _)) = usual(&text, true) {
            assert_eq!(end_of(Ok(bar)), end_of(any(&minute, MINUTES)), "{shown}");
        }
    }

    fn end_of(bar: Result<Bar<DateTime>, SourceError>) -> Option<String> {
        bar.map(|bar| format!("{bar:?}")).ok()
    }

    const ROWS: [&str; 9] = [
        "2024-12-18,6.11,6.18,6.28,6.10,842743,542829495.00,2.96,1.64,0.10,1.03",
        "2026-09-28,4423.82,4340.76,4423.82,4323.57,171277373,428620471197.90,2.26,-2.22,-98.38,0.53",
        "2026-03-16,551.000,562.500,564.000,543.500,13754474,7635420416.00,3.74,2.74,15.000,0.15,0,0,0,0.000",
        "2024-06-28,13953.07,13953.07,13953.07,13953.07,630346080,113134987224.79,0.80,-0.68,-95.81,1.00",
        "2024-06-27,10.20,-10.10,10.30,-10.20,0,0.00,-,-,-,0.00",
        "2024-06-28,10,11,12.5,9.0001,5,-,100.00,-100.00,-0.00,1234.56",
        "2024-06-28,0.987,0.989,0.990,0.986,7,6.90,,,,",
        "2024-06-28,1.00,1.00,1.00,1.00,9999999999999,9999999999999.99,0.00,0.00,0.00,0.00",
        "2024-06-28,1.00,1.00,1.00,1.00,1234567,1234567.89,123456.78,1,2,3",
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
                same(
                    format!("2024-06-28,{number},1.00,1.00,1.00,{number},{number},{number},0.10,0.10,0.10")
                        .as_bytes(),
                );
                same(
                    format!("2024-06-28,1.00,1.00,1.00,1.00,{number},{number},0.10,-{number},0.10,0.10")
                        .as_bytes(),
                );
                same(format!("2024-06-28,1.00,1.00,1.00,1.00,1,{number},1.00,1.00,1.00,{number}").as_bytes());
            }
        }
    }
}
