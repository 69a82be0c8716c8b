//! Storage of texts that many rows share.

use std::fmt;
use std::sync::{Arc, LazyLock};

use arrow_array::builder::StringDictionaryBuilder;
use arrow_array::types::Int32Type;
use arrow_array::{DictionaryArray, Int32Array, StringArray};

/// Texts that many rows share. Each different text is stored once.
pub struct Labels(Form);

enum Form {
    /// One text, repeated in this many rows.
    Same(String, usize),
    Several(Box<StringDictionaryBuilder<Int32Type>>),
}

impl fmt::Debug for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Form::Same(text, times) => f.debug_tuple("Labels").field(text).field(times).finish(),
            Form::Several(_) => f.debug_tuple("Labels").finish_non_exhaustive(),
        }
    }
}

impl Default for Labels {
    fn default() -> Self {
        Self::repeated("", 0)
    }
}

impl Labels {
    /// One text, repeated.
    pub fn repeated(text: &str, times: usize) -> Self {
        Self(Form::Same(text.to_owned(), times))
    }

    /// Appends a text.
    pub fn push(&mut self, value: &str) {
        match &mut self.0 {
            Form::Same(text, times) if text == value => *times += 1,
            Form::Same(_, 0) => *self = Self::repeated(value, 1),
            Form::Same(text, times) => {
                let mut several = Box::new(StringDictionaryBuilder::new());
                append(&mut several, text, *times);
                append(&mut several, value, 1);
                self.0 = Form::Several(several);
            }
            Form::Several(several) => append(several, value, 1),
        }
    }

    pub(super) fn reorder(&mut self, order: &[usize]) {
        let array = std::mem::take(self).finish();
        let Some(texts) = array.downcast_dict::<StringArray>() else { return };
        let keys = order.iter().filter_map(|&index| array.keys().values().get(index));
        for &key in keys {
            self.push(usize::try_from(key).map_or("", |key| texts.values().value(key)));
        }
    }

    pub(super) fn finish(self) -> DictionaryArray<Int32Type> {
        match self.0 {
            Form::Same(text, times) => same(&text, times),
            Form::Several(mut several) => several.finish(),
        }
    }
}

/// It fails only if there are more texts than keys. The columns of the table then differ in length, so it is refused.
fn append(labels: &mut StringDictionaryBuilder<Int32Type>, text: &str, times: usize) {
    drop(labels.append_n(text, times));
}

/// More rows than any history of daily bars, in a buffer that is still small.
const SHARED_ROWS: usize = 1 << 14;

/// One text, repeated. Every key is 0, so tables share a buffer of zeros.
fn same(text: &str, times: usize) -> DictionaryArray<Int32Type> {
    static SAME: LazyLock<DictionaryArray<Int32Type>> = LazyLock::new(|| zeros(SHARED_ROWS));
    let keys = if times > SHARED_ROWS { zeros(times) } else { SAME.slice(0, times) };
    keys.with_values(Arc::new(StringArray::from_iter_values([text])))
}

fn zeros(rows: usize) -> DictionaryArray<Int32Type> {
    let nothing = StringArray::from_iter_values([""]);
    DictionaryArray::new(Int32Array::from_value(0, rows), Arc::new(nothing))
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::Array;

    fn texts(labels: Labels) -> Vec<String> {
        let array = labels.finish();
        assert_eq!(array.null_count(), 0);
        let texts = array.downcast_dict::<StringArray>().unwrap();
        texts.into_iter().flatten().map(str::to_owned).collect()
    }

    fn pushed(all: &[&str]) -> Labels {
        let mut labels = Labels::default();
        all.iter().for_each(|text| labels.push(text));
        labels
    }

    #[test]
    fn each_row_has_its_text() {
        for all in [&[][..], &[""], &["a"], &["a", "a"], &["a", "b", "a"], &["", "a", ""], &["深", "", "深"]]
        {
            assert_eq!(texts(pushed(all)), all);
        }
        for times in [0, 1, 8_053, 20_000] {
            assert_eq!(texts(Labels::repeated("600519.SH", times)), vec!["600519.SH"; times]);
        }
    }

    #[test]
    fn each_text_is_stored_once_and_the_keys_of_a_single_one_are_shared() {
        let [one, other] = ["a", "b"].map(|text| Labels::repeated(text, 1_000).finish());
        assert_eq!((one.values().len(), other.values().len()), (1, 1));
        assert_eq!(one.keys().values().inner().as_ptr(), other.keys().values().inner().as_ptr());
        assert_eq!(pushed(&["a", "b", "a", "b"]).finish().values().len(), 2);
    }

    #[test]
    fn an_order_moves_the_texts() {
        for all in [&["a", "a", "a"], &["a", "b", "a"]] {
            let mut labels = pushed(all);
            labels.reorder(&[1, 2, 0]);
            assert_eq!(texts(labels), [all[1], all[2], all[0]]);
        }
    }
}
