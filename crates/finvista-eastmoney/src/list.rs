//! The answer of a list, of quotes ([`Ulist`](crate::Ulist)) or of listings ([`Clist`](crate::Clist)), read in one pass: its
//! items are read where they stand, and the rest is read as JSON.

mod cell;
mod item;
mod scan;

use finvista_core::SourceError;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::envelope::{self, Answer, Text};
use item::Item;
pub(crate) use item::Row;
use scan::Scan;

/// What an answer says besides its items.
#[derive(Debug, Deserialize)]
pub(crate) struct List {
    /// The number of items, those of other pages included.
    pub(crate) total: Option<usize>,
    /// The place of the items.
    #[serde(rename = "diff")]
    _items: [IgnoredAny; 0],
}

/// Reads an answer to a request for these fields, beside those without which nothing is read. Its rows are passed on before the rest is read, so they count only if the answer does.
pub(crate) fn read(
    body: &[u8],
    asked: &[u16],
    mut each: impl FnMut(&Row<'_>) -> Result<(), SourceError>,
) -> Result<Answer<List>, SourceError> {
    let Some((front, items)) = split(body) else { return envelope::read(body) };
    let mut items = Scan { rest: items };
    let mut outcome = Ok(());
    read_items(&mut items, |item| {
        if outcome.is_ok() {
            outcome = item.row(asked).and_then(|row| each(&row));
        }
    })?;
    // What the answer says of itself counts before what is wrong with its rows.
    let answer = envelope::read(&[front, b"[]", items.rest].concat())?;
    outcome.map(|()| answer)
}

/// Splits an answer before the bracket that opens its items.
fn split(body: &[u8]) -> Option<(&[u8], &[u8])> {
    const KEY: &[u8] = b"\"diff\"";
    let key = body.windows(KEY.len()).position(|bytes| bytes == KEY)?;
    let behind = body.get(key + KEY.len()..)?.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
    matches!(behind, [b'[' | b'{', ..]).then(|| body.split_at_checked(body.len() - behind.len()))?
}

/// Reads the items of a list, which is an array, or an object with the keys "0", "1", …
/// (ulist_sse_objectkeyed_4symbols_fltt1.txt).
fn read_items<'a>(scan: &mut Scan<'a>, mut each: impl FnMut(&Item<'a>)) -> Result<(), SourceError> {
    let is_keyed = scan.take(b'{');
    let end = if is_keyed { b'}' } else { b']' };
    if !is_keyed {
        scan.expect(b'[')?;
    }
    if scan.take(end) {
        return Ok(());
    }
    loop {
        if is_keyed {
            scan.any::<Text<'_>>()?;
            scan.expect(b':')?;
        }
        let mut item = Item::default();
        item.read(scan)?;
        each(&item);
        if scan.take(end) {
            return Ok(());
        }
        scan.expect(b',')?;
    }
}
