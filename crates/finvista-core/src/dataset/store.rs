//! Storage of columns while a table is built, in Arrow's layout, so that finishing a column copies nothing.

use std::iter::zip;

use arrow_array::builder::StringBuilder;
use arrow_array::{Array, ArrowPrimitiveType, PrimitiveArray, StringArray};
use arrow_buffer::{ArrowNativeType, BooleanBufferBuilder, Buffer, NullBuffer, OffsetBuffer};

use crate::symbol::Symbol;

/// Values that may be missing. The indices of missing values are stored apart, because most columns are complete or entirely
/// empty.
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

    /// The last value, if there is one.
    pub fn last(&self) -> Option<Option<T>> {
        let value = self.values.last().copied()?;
        Some((self.missing.last().copied() != self.values.len().checked_sub(1)).then_some(value))
    }

    /// Replaces missing values, and those that are not right, with what follows from their rows. `rows` has an item for each value
    /// from the index `first` on. A first pass looks at all values without an early exit, so that the compiler can vectorise it.
    pub(super) fn settle<R>(
        &mut self,
        first: usize,
        rows: impl Iterator<Item = R> + Clone,
        is_right: impl Fn(T, &R) -> bool,
        value: impl Fn(&R) -> Option<T>,
    ) {
        let values = self.values.get_mut(first..).unwrap_or_default();
        if self.missing.last().is_none_or(|&last| last < first)
            && zip(values.iter(), rows.clone()).fold(true, |all, (value, row)| all & is_right(*value, &row))
        {
            return;
        }
        let missing = self.missing.split_off(self.missing.partition_point(|&index| index < first));
        let mut missing = missing.into_iter().peekable();
        for (index, (place, row)) in zip(first.., zip(values, rows)) {
            let is_missing = missing.next_if_eq(&index).is_some();
            if is_missing || !is_right(*place, &row) {
                *place = value(&row).unwrap_or_else(|| {
                    self.missing.push(index);
                    T::default()
                });
            }
        }
        self.missing.extend(missing);
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
        let nulls = (!self.missing.is_empty()).then(|| {
            let mut present = BooleanBufferBuilder::new(self.values.len());
            present.append_n(self.values.len(), true);
            self.missing.iter().for_each(|&index| present.set_bit(index, false));
            NullBuffer::new(present.finish())
        });
        PrimitiveArray::new(self.values.into(), nulls)
    }
}

/// Texts in one allocation.
#[derive(Debug)]
pub struct Texts(Form);

#[derive(Debug)]
enum Form {
    Each(StringBuilder),
    /// Concatenated texts, each of this many bytes.
    Even(String, usize),
}

impl Default for Texts {
    fn default() -> Self {
        Self(Form::Each(StringBuilder::new()))
    }
}

impl Texts {
    /// One text, repeated.
    pub fn repeated(text: &str, times: usize) -> Self {
        if text.is_empty() {
            return Self::each((0..times).map(|_| text));
        }
        Self(Form::Even(text.repeat(times), text.len()))
    }

    /// The canonical forms of symbols.
    pub fn symbols<'a>(symbols: impl Iterator<Item = &'a Symbol>) -> Self {
        let mut texts = String::with_capacity(symbols.size_hint().1.unwrap_or_default() * 9);
        let mut ends = Vec::with_capacity(symbols.size_hint().1.unwrap_or_default());
        for symbol in symbols {
            texts.push_str(&symbol.written());
            ends.push(texts.len());
        }
        let length = ends.first().copied().unwrap_or(1);
        if ends.iter().zip(1..).all(|(&end, place)| end == length * place) {
            return Self(Form::Even(texts, length));
        }
        let starts = [0].iter().chain(&ends);
        Self::each(starts.zip(&ends).map(|(&start, &end)| texts.get(start..end).unwrap_or_default()))
    }

    fn each<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        let mut each = StringBuilder::new();
        texts.for_each(|text| each.append_value(text));
        Self(Form::Each(each))
    }

    /// Appends a text.
    #[inline]
    pub fn push(&mut self, value: &str) {
        if let Form::Even(..) = &self.0 {
            let texts = std::mem::take(self).finish();
            *self = Self::each(texts.iter().flatten());
        }
        if let Form::Each(texts) = &mut self.0 {
            texts.append_value(value);
        }
    }

    pub(super) fn reorder(&mut self, order: &[usize]) {
        let array = std::mem::take(self).finish();
        let value = |&index: &usize| (index < array.len()).then(|| array.value(index));
        *self = Self::each(order.iter().filter_map(value));
    }

    pub(super) fn finish(self) -> StringArray {
        match self.0 {
            Form::Each(mut texts) => texts.finish(),
            Form::Even(texts, length) => even(texts, length),
        }
    }
}

/// Splits texts of equal length.
fn even(texts: String, length: usize) -> StringArray {
    let times = texts.len().checked_div(length).unwrap_or(0);
    let offsets = OffsetBuffer::from_repeated_length(length, times);
    let values = Buffer::from_vec(texts.into_bytes());
    // The offsets are valid by construction. If they were not, the table would be refused, as the columns differ in length.
    StringArray::try_new(offsets, values, None).unwrap_or_else(|_| StringArray::new_null(0))
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
    fn missing_values_are_null() {
        for all in [&[][..], &[None], &[Some(1)], &[None, Some(1), None, None, Some(2)], &[Some(0), Some(3)]]
        {
            assert_eq!(values(store(all)), all);
        }
        assert_eq!(store(&[Some(1)]).finish::<Int64Type>().nulls(), None);
    }

    #[test]
    fn the_last_value_may_be_missing() {
        for (all, last) in
            [(&[][..], None), (&[None, Some(1)], Some(Some(1))), (&[Some(1), None], Some(None))]
        {
            assert_eq!(store(all).last(), last);
        }
    }

    #[test]
    fn missing_and_wrong_values_are_settled() {
        let settled = |all: &[Option<i64>], first, rows: &[i64]| {
            let mut settled = store(all);
            let value = |row: &&i64| (**row > 0).then_some(**row);
            settled.settle(first, rows.iter(), |value, row| value == **row, value);
            values(settled)
        };
        let all = [None, Some(1), None, Some(4), None];
        assert_eq!(settled(&all, 0, &[7, 1, 2, 3, -1]), [Some(7), Some(1), Some(2), Some(3), None]);
        assert_eq!(settled(&all, 1, &[-1, 2, 4, 5]), [None, None, Some(2), Some(4), Some(5)]);
        assert_eq!(settled(&all, 1, &[1, 2]), [None, Some(1), Some(2), Some(4), None]);
        assert_eq!(settled(&all, 9, &[1]), all);
        assert_eq!(settled(&[Some(1), Some(2)], 0, &[1, 2]), [Some(1), Some(2)]);
        assert_eq!(settled(&[None, Some(2)], 1, &[2]), [None, Some(2)]);
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
    fn symbols_are_texts() {
        let symbols = ["000001.SZ", "600519.SH", "920982.BJ"].map(|text| text.parse().unwrap());
        let array = Texts::symbols(symbols.iter()).finish();
        assert_eq!(array.iter().flatten().collect::<Vec<_>>(), ["000001.SZ", "600519.SH", "920982.BJ"]);
        assert_eq!(Texts::symbols([].iter()).finish().len(), 0);
        let mixed = ["00700.HK", "000001.SZ", "RB2510.SHFE"].map(|text| text.parse().unwrap());
        let array = Texts::symbols(mixed.iter()).finish();
        assert_eq!(array.iter().flatten().collect::<Vec<_>>(), ["00700.HK", "000001.SZ", "RB2510.SHFE"]);
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
