//! The values of a column while a table is built, laid out as Arrow wants them: finishing moves them, and copies none.

use std::sync::{Mutex, PoisonError};

use arrow_array::builder::StringBuilder;
use arrow_array::{Array, ArrowPrimitiveType, PrimitiveArray, StringArray};
use arrow_buffer::{ArrowNativeType, BooleanBuffer, Buffer, NullBuffer, OffsetBuffer};

/// Values that may be missing. A missing one has a place among the values, and its index is noted: vendors give a column
/// whole or not at all, so that the notes are few, or as cheap as the values would be.
#[derive(Debug, Default)]
pub struct Nullable<T> {
    values: Vec<T>,
    /// The indices of the missing values, ascending.
    missing: Vec<usize>,
}

impl<T: ArrowNativeType> Nullable<T> {
    pub(super) fn reserve(&mut self, values: usize) {
        self.values.reserve(values);
    }

    /// Appends a value.
    #[inline]
    pub fn push(&mut self, value: Option<T>) {
        if value.is_none() {
            self.missing.push(self.values.len());
        }
        self.values.push(value.unwrap_or_default());
    }

    /// Gives each missing value, by its index, what this function says.
    pub fn fill(&mut self, value: impl Fn(usize) -> Option<T>) {
        let values = &mut self.values;
        self.missing.retain(|&index| match value(index).zip(values.get_mut(index)) {
            Some((value, place)) => {
                *place = value;
                false
            }
            None => true,
        });
    }

    pub(super) fn reorder(&mut self, order: &[usize]) {
        let mut ordered = Self { values: Vec::with_capacity(order.len()), missing: Vec::new() };
        for &index in order {
            let value = self.values.get(index).filter(|_| self.missing.binary_search(&index).is_err());
            ordered.push(value.copied());
        }
        *self = ordered;
    }

    pub(super) fn finish<A: ArrowPrimitiveType<Native = T>>(mut self) -> PrimitiveArray<A> {
        self.values.shrink_to_fit();
        let mut missing = self.missing.iter().copied().peekable();
        let nulls = (!self.missing.is_empty()).then(|| {
            let is_there = |index| missing.next_if_eq(&index).is_none();
            NullBuffer::new(BooleanBuffer::collect_bool(self.values.len(), is_there))
        });
        PrimitiveArray::new(self.values.into(), nulls)
    }
}

/// Texts in one allocation, whatever their number.
#[derive(Debug)]
pub struct Texts(Form);

#[derive(Debug)]
enum Form {
    Each(StringBuilder),
    /// One text, so many times.
    Repeated(String, usize),
}

impl Default for Texts {
    fn default() -> Self {
        Self(Form::Each(StringBuilder::new()))
    }
}

impl Texts {
    /// One text, so many times.
    pub fn repeated(text: impl Into<String>, times: usize) -> Self {
        Self(Form::Repeated(text.into(), times))
    }

    /// Appends a text.
    #[inline]
    pub fn push(&mut self, value: &str) {
        if let Form::Repeated(text, times) = &self.0 {
            let mut each = StringBuilder::new();
            (0..*times).for_each(|_| each.append_value(text));
            self.0 = Form::Each(each);
        }
        if let Form::Each(texts) = &mut self.0 {
            texts.append_value(value);
        }
    }

    pub(super) fn reorder(&mut self, order: &[usize]) {
        let array = std::mem::take(self).finish();
        let value = |&index: &usize| (index < array.len()).then(|| array.value(index));
        order.iter().filter_map(value).for_each(|value| self.push(value));
    }

    pub(super) fn finish(self) -> StringArray {
        match self.0 {
            Form::Each(mut texts) => texts.finish(),
            Form::Repeated(text, times) => repeated(&text, times),
        }
    }
}

/// More rows than any history of daily bars has, and still a small buffer.
const SHARED_ROWS: usize = 1 << 14;

/// One text, so many times. Where each begins depends on the length of the text alone, and the texts that are repeated are symbols,
/// all of one length: their offsets are made once, and the tables share them.
fn repeated(text: &str, times: usize) -> StringArray {
    static OFFSETS: Mutex<Option<(usize, OffsetBuffer<i32>)>> = Mutex::new(None);
    if text.is_empty() || times > SHARED_ROWS {
        return StringArray::new_repeated(text, times);
    }
    let offsets = {
        let mut shared = OFFSETS.lock().unwrap_or_else(PoisonError::into_inner);
        let made = shared.take_if(|(length, _)| *length == text.len());
        let (_, offsets) =
            shared.insert(made.unwrap_or_else(|| {
                (text.len(), OffsetBuffer::from_repeated_length(text.len(), SHARED_ROWS))
            }));
        offsets.slice(0, times)
    };
    let values = Buffer::from_vec(text.repeat(times).into_bytes());
    // Both are made of the same length here, but who cannot say so without a panic takes the long way.
    StringArray::try_new(offsets, values, None).unwrap_or_else(|_| StringArray::new_repeated(text, times))
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::types::Int64Type;

    fn values(store: Nullable<i64>) -> Vec<Option<i64>> {
        store.finish::<Int64Type>().iter().collect()
    }

    fn store(values: &[Option<i64>]) -> Nullable<i64> {
        let mut store = Nullable::default();
        values.iter().for_each(|&value| store.push(value));
        store
    }

    #[test]
    fn missing_values_are_null_wherever_they_stand() {
        for all in [&[][..], &[None], &[Some(1)], &[None, Some(1), None, None, Some(2)], &[Some(0), Some(3)]]
        {
            assert_eq!(values(store(all)), all);
        }
        assert_eq!(store(&[Some(1)]).finish::<Int64Type>().nulls(), None);
    }

    #[test]
    fn only_missing_values_are_filled() {
        let mut filled = store(&[None, Some(1), None]);
        filled.fill(|index| (index > 0).then_some(7));
        assert_eq!(values(filled), [None, Some(1), Some(7)]);
    }

    #[test]
    fn an_order_moves_values_and_nulls_alike() {
        let mut ordered = store(&[None, Some(1), Some(2)]);
        ordered.reorder(&[2, 0, 1]);
        assert_eq!(values(ordered), [Some(2), None, Some(1)]);
        let mut texts = Texts::default();
        ["a", "", "cc"].into_iter().for_each(|text| texts.push(text));
        texts.reorder(&[2, 0, 1]);
        assert_eq!(texts.finish().iter().flatten().collect::<Vec<_>>(), ["cc", "a", ""]);
    }

    #[test]
    fn a_repeated_text_is_as_many_texts() {
        let mut texts = Texts::repeated("x", 2);
        texts.push("y");
        assert_eq!(texts.finish().iter().flatten().collect::<Vec<_>>(), ["x", "x", "y"]);
        for (text, times) in
            [("x", 3), ("x", 0), ("600519.SH", 8_053), ("600519.SH", 20_000), ("", 2), ("深", 5)]
        {
            let array = Texts::repeated(text, times).finish();
            assert_eq!((array.len(), array.null_count()), (times, 0));
            assert!(array.iter().all(|value| value == Some(text)));
        }
    }
}
