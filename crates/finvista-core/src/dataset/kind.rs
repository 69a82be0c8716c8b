//! Kinds of columns: how their values are pushed, stored and read.

use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Float64Type, Int32Type, Int64Type, TimestampMillisecondType};
use arrow_array::{Array, ArrayRef, BooleanArray, PrimitiveArray, StringArray};
use arrow_buffer::NullBuffer;
use jiff::Timestamp;
use jiff::civil::Date;

use super::ColumnType;
use super::label::Labels;
use super::store::{Nullable, Texts};
use crate::date;
use crate::venue::{self, ZoneOf};

/// A kind of column: how its values are pushed, stored and read. The kinds are [`Text`], [`Label`], [`Date32`], [`Time`],
/// [`Float`], [`Int`] and [`Bool`], and [`Optional`] of each except [`Label`] and [`Bool`].
pub trait Kind {
    /// A value in a row.
    type Value<'a>: Copy;
    /// The values while a table is built.
    type Store: Default + Send + std::fmt::Debug;
    /// The typed values of a finished column.
    type View<'a>: Copy + std::fmt::Debug;
    /// The type.
    const TYPE: ColumnType;
    /// Whether a value may be missing.
    const NULLABLE: bool;

    /// Reserves room for this many more values.
    fn reserve(store: &mut Self::Store, values: usize);
    /// Appends a value.
    fn push(store: &mut Self::Store, value: Self::Value<'_>);
    /// Reorders the values by their indices.
    fn reorder(store: &mut Self::Store, order: &[usize]);
    /// The finished array.
    fn finish(store: Self::Store) -> ArrayRef;
    /// The values of an array, or `None` if it has another type.
    fn view(array: &ArrayRef) -> Option<Self::View<'_>>;
    /// The value at an index.
    ///
    /// # Panics
    ///
    /// When the index is out of range, like a slice.
    fn value<'a>(view: Self::View<'a>, index: usize) -> Self::Value<'a>;
}

/// Text.
#[derive(Debug)]
pub struct Text;
/// Text that many rows share, such as the symbol of a history.
#[derive(Debug)]
pub struct Label;
/// A day.
#[derive(Debug)]
pub struct Date32;
/// An instant with a time zone, which is [`Shanghai`](venue::Shanghai) by default.
#[derive(Debug)]
pub struct Time<Z = venue::Shanghai>(std::marker::PhantomData<Z>);
/// A float.
#[derive(Debug)]
pub struct Float;
/// An integer.
#[derive(Debug)]
pub struct Int;
/// A boolean.
#[derive(Debug)]
pub struct Bool;
/// A value that may be missing.
#[derive(Debug)]
pub struct Optional<K>(std::marker::PhantomData<K>);

impl Kind for Text {
    type Value<'a> = &'a str;
    type Store = Texts;
    type View<'a> = &'a StringArray;
    const TYPE: ColumnType = ColumnType::Text;
    const NULLABLE: bool = false;

    fn reserve(_: &mut Texts, _: usize) {
        // The lengths of the texts are unknown.
    }
    #[inline]
    fn push(store: &mut Texts, value: &str) {
        store.push(value);
    }
    fn reorder(store: &mut Texts, order: &[usize]) {
        store.reorder(order);
    }
    fn finish(store: Texts) -> ArrayRef {
        Arc::new(store.finish())
    }
    fn view(array: &ArrayRef) -> Option<&StringArray> {
        array.as_string_opt()
    }
    #[inline(always)]
    fn value<'a>(view: Self::View<'a>, index: usize) -> Self::Value<'a> {
        view.value(index)
    }
}

impl Kind for Optional<Text> {
    type Value<'a> = Option<&'a str>;
    type Store = StringBuilder;
    type View<'a> = &'a StringArray;
    const TYPE: ColumnType = ColumnType::Text;
    const NULLABLE: bool = true;

    fn reserve(_: &mut StringBuilder, _: usize) {
        // The lengths of the texts are unknown.
    }
    #[inline]
    fn push(store: &mut StringBuilder, value: Option<&str>) {
        store.append_option(value);
    }
    fn reorder(store: &mut StringBuilder, order: &[usize]) {
        let array = store.finish();
        let value = |index: usize| array.is_valid(index).then(|| array.value(index));
        order
            .iter()
            .filter(|&&index| index < array.len())
            .for_each(|&index| store.append_option(value(index)));
    }
    fn finish(mut store: StringBuilder) -> ArrayRef {
        Arc::new(store.finish())
    }
    fn view(array: &ArrayRef) -> Option<&StringArray> {
        array.as_string_opt()
    }
    #[inline(always)]
    fn value<'a>(view: Self::View<'a>, index: usize) -> Self::Value<'a> {
        view.is_valid(index).then(|| view.value(index))
    }
}

impl Kind for Label {
    type Value<'a> = &'a str;
    type Store = Labels;
    type View<'a> = LabelView<'a>;
    const TYPE: ColumnType = ColumnType::Label;
    const NULLABLE: bool = false;

    fn reserve(_: &mut Labels, _: usize) {
        // Nothing is stored per row as long as all rows have the same text.
    }
    #[inline]
    fn push(store: &mut Labels, value: &str) {
        store.push(value);
    }
    fn reorder(store: &mut Labels, order: &[usize]) {
        store.reorder(order);
    }
    fn finish(store: Labels) -> ArrayRef {
        Arc::new(store.finish())
    }
    fn view(array: &ArrayRef) -> Option<LabelView<'_>> {
        let labels = array.as_dictionary_opt::<Int32Type>()?;
        let texts = labels.values().as_string_opt::<i32>()?;
        let only = (texts.len() == 1).then(|| texts.value(0));
        Some(LabelView { only, keys: labels.keys().values(), texts })
    }
    #[inline(always)]
    fn value<'a>(view: Self::View<'a>, index: usize) -> Self::Value<'a> {
        match view.only {
            Some(text) => text,
            None => view.at(index),
        }
    }
}

/// The texts of a column of labels, and the key of each row.
#[derive(Debug, Clone, Copy)]
pub struct LabelView<'a> {
    /// The text of all rows, if there is only one.
    only: Option<&'a str>,
    keys: &'a [i32],
    texts: &'a StringArray,
}

impl<'a> LabelView<'a> {
    fn at(self, index: usize) -> &'a str {
        // The keys of a dictionary array are valid.
        let key = self.keys.get(index).and_then(|key| usize::try_from(*key).ok());
        key.map_or("", |key| self.texts.value(key))
    }
}

impl Kind for Bool {
    type Value<'a> = bool;
    type Store = Vec<bool>;
    type View<'a> = &'a BooleanArray;
    const TYPE: ColumnType = ColumnType::Bool;
    const NULLABLE: bool = false;

    fn reserve(store: &mut Vec<bool>, values: usize) {
        store.reserve(values);
    }
    #[inline]
    fn push(store: &mut Vec<bool>, value: bool) {
        store.push(value);
    }
    fn reorder(store: &mut Vec<bool>, order: &[usize]) {
        *store = order.iter().filter_map(|&i| store.get(i).copied()).collect();
    }
    fn finish(store: Vec<bool>) -> ArrayRef {
        Arc::new(BooleanArray::from(store))
    }
    fn view(array: &ArrayRef) -> Option<&BooleanArray> {
        array.as_boolean_opt()
    }
    #[inline(always)]
    fn value<'a>(view: Self::View<'a>, index: usize) -> Self::Value<'a> {
        view.value(index)
    }
}

/// Kinds that are Arrow primitives, with the conversions from and to their values.
macro_rules! primitive {
    ([$($generic:tt)*] $kind:ty, $value:ty, $arrow:ty, $ty:expr, $into:expr, $from:expr) => {
        impl $($generic)* Kind for $kind {
            type Value<'a> = $value;
            type Store = Vec<<$arrow as arrow_array::ArrowPrimitiveType>::Native>;
            type View<'a> = &'a [<$arrow as arrow_array::ArrowPrimitiveType>::Native];
            const TYPE: ColumnType = $ty;
            const NULLABLE: bool = false;

            fn reserve(store: &mut Self::Store, values: usize) {
                store.reserve(values);
            }
            #[inline]
            fn push(store: &mut Self::Store, value: $value) {
                store.push($into(value));
            }
            fn reorder(store: &mut Self::Store, order: &[usize]) {
                *store = order.iter().filter_map(|&i| store.get(i).copied()).collect();
            }
            fn finish(mut store: Self::Store) -> ArrayRef {
                store.shrink_to_fit();
                Arc::new(PrimitiveArray::<$arrow>::new(store.into(), None).with_data_type($ty.arrow()))
            }
            fn view(array: &ArrayRef) -> Option<Self::View<'_>> {
                Some(array.as_primitive_opt::<$arrow>()?.values())
            }
            #[inline(always)]
            #[expect(clippy::indexing_slicing, reason = "documented: panics like a slice")]
            fn value<'a>(view: Self::View<'a>, index: usize) -> Self::Value<'a> {
                $from(view[index])
            }
        }

        impl $($generic)* Kind for Optional<$kind> {
            type Value<'a> = Option<$value>;
            type Store = Nullable<<$arrow as arrow_array::ArrowPrimitiveType>::Native>;
            type View<'a> = (&'a [<$arrow as arrow_array::ArrowPrimitiveType>::Native], Option<&'a NullBuffer>);
            const TYPE: ColumnType = $ty;
            const NULLABLE: bool = true;

            fn reserve(store: &mut Self::Store, values: usize) {
                store.reserve(values);
            }
            #[inline]
            fn push(store: &mut Self::Store, value: Option<$value>) {
                store.push(value.map($into));
            }
            fn reorder(store: &mut Self::Store, order: &[usize]) {
                store.reorder(order);
            }
            fn finish(store: Self::Store) -> ArrayRef {
                Arc::new(store.finish::<$arrow>().with_data_type($ty.arrow()))
            }
            fn view(array: &ArrayRef) -> Option<Self::View<'_>> {
                let array = array.as_primitive_opt::<$arrow>()?;
                Some((array.values(), array.nulls()))
            }
            #[inline(always)]
            #[expect(clippy::indexing_slicing, reason = "documented: panics like a slice")]
            fn value<'a>((values, nulls): Self::View<'a>, index: usize) -> Self::Value<'a> {
                let value = values[index];
                nulls.is_none_or(|nulls| nulls.is_valid(index)).then(|| $from(value))
            }
        }
    };
}

primitive!([] Float, f64, Float64Type, ColumnType::Float, std::convert::identity, std::convert::identity);
primitive!([] Int, i64, Int64Type, ColumnType::Int, std::convert::identity, std::convert::identity);
primitive!([] Date32, Date, Date32Type, ColumnType::Date, date::days_since_epoch, date::of_row);
primitive!([<Z: ZoneOf>] Time<Z>, Timestamp, TimestampMillisecondType, ColumnType::Time(Z::ZONE), Timestamp::as_millisecond, instant);

/// The instant of a timestamp, clamped to the range of an instant.
fn instant(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(if ms < 0 { Timestamp::MIN } else { Timestamp::MAX })
}
