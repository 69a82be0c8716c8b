//! Texts of others: names, messages and descriptions that a vendor, a plugin or a file wrote. They are cleaned once, where they
//! enter, so that no log, terminal, table or report has to guard itself.

use std::borrow::Cow;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, RecordBatch, StringArray};

/// The longest text in a cell of a table, in characters.
const LONGEST_CELL: usize = 1_000;

/// The text on one line, at most `longest` characters long, without characters that change how the text around them is shown.
///
/// Control characters and line breaks become spaces. Invisible characters, such as those that reverse the direction of writing, are
/// dropped. A text that is too long is cut and ends in `…`.
///
/// ```
/// use finvista_core::clean;
///
/// assert_eq!(clean("平安银行", 20), "平安银行");
/// assert_eq!(clean("a\r\nb\u{1b}[31m\0\u{202e}c", 20), "a  b [31m c");
/// assert_eq!(clean("0123456789", 4), "0123…");
/// ```
pub fn clean(text: &str, longest: usize) -> Cow<'_, str> {
    // No text has more characters than bytes.
    let short = text.len() <= longest || text.char_indices().nth(longest).is_none();
    let is_clean = || !text.chars().any(|c| is_break(c) || is_invisible(c));
    if short && (!is_suspicious(text.as_bytes()) || is_clean()) {
        return Cow::Borrowed(text);
    }
    let mut seen = text.chars().filter(|c| !is_invisible(*c)).map(|c| if is_break(c) { ' ' } else { c });
    let mut clean: String = seen.by_ref().take(longest).collect();
    if seen.next().is_some() {
        clean.push('…');
    }
    Cow::Owned(clean)
}

/// The batch with clean texts. Columns whose texts are clean are kept as they are.
pub(crate) fn clean_batch(batch: RecordBatch) -> RecordBatch {
    if batch.columns().iter().all(|column| cleaned(column).is_none()) {
        return batch;
    }
    let columns = batch.columns().iter().map(|column| cleaned(column).unwrap_or_else(|| Arc::clone(column)));
    // Neither the types nor the number of rows nor the nulls change.
    RecordBatch::try_new(batch.schema(), columns.collect()).unwrap_or(batch)
}

/// A column of texts with clean texts; `None` if they are clean, or it has none.
fn cleaned(column: &ArrayRef) -> Option<ArrayRef> {
    if let Some(texts) = column.as_string_opt::<i32>() {
        return cleaned_texts(texts).map(|texts| Arc::new(texts) as ArrayRef);
    }
    let labels = column.as_dictionary_opt::<Int32Type>()?;
    let texts = cleaned_texts(labels.values().as_string_opt::<i32>()?)?;
    Some(Arc::new(labels.with_values(Arc::new(texts))))
}

fn cleaned_texts(texts: &StringArray) -> Option<StringArray> {
    // Most columns are clean, and this reads their bytes in one go.
    let longest = texts.offsets().lengths().max().unwrap_or(0);
    if longest <= LONGEST_CELL && !is_suspicious(texts.value_data()) {
        return None;
    }
    let dirty = |text: &str| matches!(clean(text, LONGEST_CELL), Cow::Owned(_));
    if !texts.iter().flatten().any(dirty) {
        return None;
    }
    Some(texts.iter().map(|text| text.map(|text| clean(text, LONGEST_CELL))).collect())
}

/// Whether the bytes may hold a character that [`clean`] replaces or drops. Chinese text begins with other bytes.
fn is_suspicious(bytes: &[u8]) -> bool {
    // C2: U+0080 to U+00BF; D8: U+0600 to U+063F; E1 A0, E2 80, E2 81, EF BB, EF BF and F3 begin the others.
    bytes.iter().any(|byte| matches!(byte, 0..0x20 | 0x7f | 0xc2 | 0xd8 | 0xe1 | 0xe2 | 0xef | 0xf3))
}

fn is_break(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Characters without a shape of their own: marks of direction, joiners, tags, and the byte order mark.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::DictionaryArray;

    #[test]
    fn what_changes_its_surroundings_is_replaced_or_dropped() {
        for (text, expected) in [
            ("", ""),
            ("万 科Ａ", "万 科Ａ"),
            ("*ST\u{3000}海润", "*ST\u{3000}海润"),
            ("é – “q” … ﹏ ￥", "é – “q” … ﹏ ￥"),
            ("a\nb", "a b"),
            ("a\0b\u{85}c\u{7f}d", "a b c d"),
            ("\u{1b}]0;title\u{7}", " ]0;title "),
            ("\u{202e}gnp\u{202c}.exe", "gnp.exe"),
            ("\u{feff}x\u{200b}y\u{2066}z\u{2069}\u{61c}", "xyz"),
            ("line\u{2028}line\u{2029}", "line line "),
            ("tag\u{e0041}", "tag"),
        ] {
            assert_eq!(clean(text, 100), expected, "{text:?}");
        }
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(clean("银行银行", 4), "银行银行");
        assert_eq!(clean("银行银行", 3), "银行银…");
        assert_eq!(clean("\u{200b}银行", 2), "银行");
    }

    #[test]
    fn cells_and_labels_of_a_table_are_cleaned() {
        let names = StringArray::from(vec![Some("平安\n银行"), None, Some("万科")]);
        let labels: DictionaryArray<Int32Type> = ["a\u{202e}b", "c", "a\u{202e}b"].into_iter().collect();
        let batch = RecordBatch::try_from_iter_with_nullable([
            ("name", Arc::new(names) as ArrayRef, true),
            ("label", Arc::new(labels) as ArrayRef, false),
        ])
        .unwrap();
        let clean = clean_batch(batch);
        let names: Vec<_> = clean.column(0).as_string::<i32>().iter().collect();
        assert_eq!(names, [Some("平安 银行"), None, Some("万科")]);
        let labels = clean.column(1).as_dictionary::<Int32Type>();
        let labels: Vec<_> = labels.downcast_dict::<StringArray>().unwrap().into_iter().collect();
        assert_eq!(labels, [Some("ab"), Some("c"), Some("ab")]);
    }

    #[test]
    fn clean_columns_are_kept() {
        let names: ArrayRef = Arc::new(StringArray::from(vec!["平安银行", "“引号”"]));
        let batch = RecordBatch::try_from_iter([("name", Arc::clone(&names))]).unwrap();
        assert!(Arc::ptr_eq(clean_batch(batch).column(0), &names));
    }
}
