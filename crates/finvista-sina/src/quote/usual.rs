//! A line of the usual form, read eight bytes at a time. Any other is read field by field, with the field named in its errors.

use finvista_core::dataset::{Level, Quote};
use finvista_core::date;
use finvista_core::wire::{self, plain};

/// The fields of a line as a quote, with volumes in this unit, and its status.
#[inline]
pub(super) fn quote<'a, 'b>(name: &'a str, line: &'b [u8], unit: i64) -> Option<(Quote<'a>, &'b [u8])> {
    let mut quote = Quote { name, ..Quote::default() };
    let (_, rest) = line.split_at_checked(line.iter().position(|&byte| byte == b',')?)?;
    let (open, rest) = price(rest)?;
    let (pre_close, rest) = price(rest)?;
    let (last, rest) = price(rest)?;
    let (high, rest) = price(rest)?;
    let (low, rest) = price(rest)?;
    let (_bid, rest) = price(rest)?;
    let (_ask, rest) = price(rest)?;
    let (volume, rest) = plain::shares(rest.strip_prefix(b",")?, unit)?;
    let (amount, mut rest) = plain::money::<3>(rest.strip_prefix(b",")?)?;
    for level in quote.bids.iter_mut().chain(&mut quote.asks) {
        (*level, rest) = read_level(rest)?;
    }
    let (day, rest) = plain::day(rest.strip_prefix(b",")?)?;
    let (time, rest) = plain::time(rest.strip_prefix(b",")?)?;
    let status = match rest {
        [] => rest,
        [b',', status @ ..] => status.split(|&byte| byte == b',').next()?,
        _ => return None,
    };
    quote.open = open;
    quote.pre_close = pre_close;
    quote.price = last;
    quote.high = high;
    quote.low = low;
    quote.volume = Some(volume);
    quote.amount = Some(amount);
    quote.time = date::at_china(day.to_datetime(time));
    Some((quote, status))
}

/// A price with the comma before it. Zero means no price.
#[inline(always)]
fn price(text: &[u8]) -> Option<(Option<f64>, &[u8])> {
    let (price, rest) = plain::price(text.strip_prefix(b",")?)?;
    Some((wire::nonzero(price), rest))
}

/// A level of the order book: volume before price, each with the comma before it. A level at price 0 is null.
#[inline(always)]
fn read_level(text: &[u8]) -> Option<(Level, &[u8])> {
    let (volume, rest) = plain::shares(text.strip_prefix(b",")?, 1)?;
    let (price, rest) = price(rest)?;
    Some((Level { price, volume: price.map(|_| volume) }, rest))
}

#[cfg(test)]
mod tests {
    use crate::quote::any;

    /// A constructed line, without its name.
    const LINE: &str = ",10.150,10.140,10.060,10.190,10.000,10.050,10.060,98765432,995308467.250,141800,10.050,200,10.040,\
        0,10.030,77777,10.020,1,10.010,12300,10.060,45600,10.070,7,0.000,100,10.090,9900,10.100,2026-09-25,15:00:03,00";

    fn same(line: &[u8]) {
        // As text, in which -0.0 is not 0.0.
        if let Some(read) = super::quote("名", line, 100) {
            let long = any("名", line, 100).map(|long| format!("{long:?}")).ok();
            assert_eq!(Some(format!("{read:?}")), long, "{}", String::from_utf8_lossy(line));
        }
    }

    #[test]
    fn lines_are_read_as_the_long_way_reads_them() {
        assert!(super::quote("名", LINE.as_bytes(), 1).is_some());
        assert!(super::quote("名", LINE.strip_suffix(",00").unwrap().as_bytes(), 1).is_some());
        for at in 0..LINE.len() {
            let (front, back) = LINE.as_bytes().split_at(at);
            same(front);
            same(&[front, &back[1..]].concat());
            for byte in 0..=u8::MAX {
                same(&[front, &[byte], &back[1..]].concat());
                same(&[front, &[byte], back].concat());
            }
        }
    }
}
