//! The bare parse of a page of a list.

use memchr::memmem;

use super::cursor::Cursor;

/// Columns of listings. What has no value is NaN.
#[derive(Debug, Default)]
pub struct Listings {
    /// The number of listings on all pages.
    pub total: usize,
    /// The symbols, such as `600519.SH`, nine bytes each.
    pub symbol: Vec<u8>,
    /// The names.
    pub name: Vec<u8>,
    /// Where each name ends.
    pub name_end: Vec<usize>,
    /// The last price.
    pub price: Vec<f64>,
    /// Lots of 100 shares.
    pub volume: Vec<f64>,
    /// Change, change in percent, amount, turnover in percent, and the two market values.
    pub others: [Vec<f64>; 6],
}

/// Reads the `diff` of a page of East Money's list.
pub fn listings(body: &[u8]) -> Listings {
    let mut page = Listings { total: total(body), ..Listings::default() };
    let start = memmem::find(body, b"\"diff\":[").map_or(body.len(), |at| at + 8);
    let mut row = Cursor { rest: body.get(start..).unwrap_or_default() };
    while row.take(b'{') {
        let (mut code, mut numbers) = (&b""[..], [f64::NAN; FIELDS.len()]);
        while row.take(b'"') {
            row.skip(1);
            let field = row.digits() as u32;
            row.skip(2);
            let text = if row.take(b'"') { row.until(b'"') } else { b"" };
            let number = if text.is_empty() { row.digits() } else { f64::NAN };
            match field {
                12 => code = text,
                14 => page.name.extend_from_slice(text),
                _ => {
                    let places = numbers.iter_mut().zip(FIELDS);
                    places.filter(|(_, place)| *place == field).for_each(|(value, _)| *value = number);
                }
            }
            row.take(b',');
        }
        let [price, change, change_pct, volume, amount, turnover, total, float, market, decimals, of_percent] =
            numbers;
        let exchange: &[u8] = match code {
            _ if market == 1.0 => b".SH",
            [b'4' | b'8' | b'9', ..] => b".BJ",
            _ => b".SZ",
        };
        page.symbol.extend_from_slice(code);
        page.symbol.extend_from_slice(exchange);
        page.name_end.push(page.name.len());
        page.price.push(scaled(price, decimals));
        page.volume.push(volume);
        let change = scaled(change, decimals);
        let [change_pct, turnover] = [change_pct, turnover].map(|percent| scaled(percent, of_percent));
        let others = [change, change_pct, amount, turnover, total, float];
        page.others.iter_mut().zip(others).for_each(|(column, value)| column.push(value));
        row.take(b'}');
        row.take(b',');
    }
    page
}

/// Price, change, its percent, volume, amount, turnover, the two market values, exchange, decimals of prices and of percents.
const FIELDS: [u32; 11] = [2, 4, 3, 5, 6, 8, 20, 21, 13, 1, 152];

fn scaled(number: f64, decimals: f64) -> f64 {
    const POWERS: [f64; 5] = [1.0, 1e1, 1e2, 1e3, 1e4];
    number / POWERS.get(decimals as usize).copied().unwrap_or(1.0)
}

fn total(body: &[u8]) -> usize {
    let start = memmem::find(body, b"\"total\":").map_or(body.len(), |at| at + 8);
    Cursor { rest: body.get(start..).unwrap_or_default() }.digits() as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{bodies, naive};

    #[test]
    fn the_floor_reads_every_listing() {
        for body in bodies::list_pages() {
            let (page, rows) = (listings(&body), naive::listings(&body).unwrap());
            assert_eq!((page.total, page.price.len()), (rows.total, rows.rows.len()));
            let mut name_start = 0;
            for (i, row) in rows.rows.iter().enumerate() {
                assert_eq!(page.symbol[9 * i..9 * i + 6], *row.code.as_bytes());
                assert_eq!(page.name[name_start..page.name_end[i]], *row.name.as_bytes());
                name_start = page.name_end[i];
                let bits = |value: Option<f64>| value.unwrap_or(f64::NAN).to_bits();
                assert_eq!(page.price[i].to_bits(), bits(row.price));
                assert_eq!(page.volume[i].to_bits(), bits(row.volume));
                for (column, value) in page.others.iter().zip(&row.others) {
                    assert_eq!(column[i].to_bits(), bits(*value));
                }
            }
        }
    }
}
