//! The floor: the fastest parse of an answer into columns that we know of in safe Rust. It believes everything: no field is
//! checked, nothing is null, and what is not digits is skipped.

use memchr::memmem;

/// Columns of daily bars.
#[derive(Debug, Default)]
pub struct Bars {
    /// Days as `yyyymmdd`.
    pub day: Vec<u32>,
    /// The ten numbers of a row, a column each.
    pub numbers: [Vec<f64>; 10],
}

/// Reads the `klines` of East Money's answer.
pub fn bars(body: &[u8]) -> Bars {
    let rows = body.len() / 64;
    let mut bars =
        Bars { day: Vec::with_capacity(rows), numbers: [(); 10].map(|()| Vec::with_capacity(rows)) };
    let start = memmem::find(body, b"\"klines\":[").map_or(body.len(), |at| at + 10);
    let mut rest = body.get(start..).unwrap_or_default();
    while let [b'"', row @ ..] = rest {
        rest = row;
        let Some((&[y1, y2, y3, y4, _, m1, m2, _, d1, d2, _], numbers)) = rest.split_first_chunk::<11>()
        else {
            break;
        };
        let day = [y1, y2, y3, y4, m1, m2, d1, d2];
        bars.day.push(day.iter().fold(0, |day, digit| day * 10 + u32::from(digit.wrapping_sub(b'0'))));
        rest = numbers;
        for column in &mut bars.numbers {
            let (number, behind) = number(rest);
            column.push(number);
            rest = behind;
        }
        if let [b',', behind @ ..] = rest {
            rest = behind;
        }
    }
    bars
}

/// Columns of quotes.
#[derive(Debug, Default)]
pub struct Quotes {
    /// The codes, eight bytes each.
    pub code: String,
    /// The names, which are kept as they came.
    pub name: Vec<u8>,
    /// Where each name ends.
    pub name_end: Vec<usize>,
    /// The 29 numbers of a row, a column each.
    pub numbers: [Vec<f64>; 29],
    /// Days as `yyyymmdd`.
    pub day: Vec<u32>,
    /// Times of day as `hhmmss`.
    pub time: Vec<u32>,
}

/// Reads Sina's answer.
pub fn quotes(body: &[u8]) -> Quotes {
    let mut quotes = Quotes::default();
    let rows = body.len() / 200;
    quotes.numbers.iter_mut().for_each(|column| column.reserve(rows));
    let mut rest = body;
    while let Some((head, line)) = rest.split_at_checked(21) {
        let Some(comma) = memchr::memchr(b',', line) else { break };
        quotes.code.extend(head.iter().skip(11).take(8).map(|&byte| char::from(byte)));
        quotes.name.extend_from_slice(line.get(..comma).unwrap_or_default());
        quotes.name_end.push(quotes.name.len());
        rest = line.get(comma + 1..).unwrap_or_default();
        for column in &mut quotes.numbers {
            let (number, behind) = number(rest);
            column.push(number);
            rest = behind;
        }
        let Some((&[y1, y2, y3, y4, _, m1, m2, _, d1, d2, _], time)) = rest.split_first_chunk::<11>() else {
            break;
        };
        let Some((&[h1, h2, _, n1, n2, _, s1, s2], behind)) = time.split_first_chunk::<8>() else { break };
        let digits =
            |text: &[u8]| text.iter().fold(0, |all, digit| all * 10 + u32::from(digit.wrapping_sub(b'0')));
        quotes.day.push(digits(&[y1, y2, y3, y4, m1, m2, d1, d2]));
        quotes.time.push(digits(&[h1, h2, n1, n2, s1, s2]));
        let end = memchr::memchr(b'\n', behind).map_or(behind.len(), |at| at + 1);
        rest = behind.get(end..).unwrap_or_default();
    }
    quotes
}

/// The number that a text begins with, and what stands behind the byte that ends it: an integer mantissa and a power of ten.
#[inline]
fn number(text: &[u8]) -> (f64, &[u8]) {
    const POWERS: [f64; 8] = [1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7];
    let (mut rest, negative) = match text {
        [b'-', rest @ ..] => (rest, true),
        _ => (text, false),
    };
    let (mut mantissa, mut decimals, mut point) = (0_u64, 0, false);
    while let [byte, behind @ ..] = rest {
        rest = behind;
        let digit = byte.wrapping_sub(b'0');
        if digit < 10 {
            mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(digit));
            decimals += usize::from(point);
        } else if *byte == b'.' {
            point = true;
        } else {
            break;
        }
    }
    let number = mantissa as f64 / POWERS.get(decimals).copied().unwrap_or(1.0);
    (if negative { -number } else { number }, rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bodies;

    #[test]
    fn the_floor_reads_every_row() {
        let bars = bars(&bodies::eastmoney_daily());
        assert_eq!(bars.day.len(), bodies::BARS);
        assert!(bars.numbers.iter().all(|column| column.len() == bodies::BARS));
        assert!(bars.day.is_sorted());
        let quotes = quotes(&bodies::sina_quotes());
        assert_eq!(quotes.day, [20_240_628; bodies::QUOTES]);
        assert_eq!(quotes.time.len(), bodies::QUOTES);
        assert_eq!(quotes.code.get(..8), Some("sh600000"));
    }
}
