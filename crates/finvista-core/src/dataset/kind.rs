//! The kinds of columns: how their values are pushed, stored and read.

use std::sync::Arc;

use arrow_array::types::{Date32Type, Float64Type, Int32Type, Int64Type, TimestampMillisecondType};
use arrow_array::{Array, ArrayRef, DictionaryArray, PrimitiveArray, StringArray};
use jiff::Timestamp;
use jiff::civil::Date;

use super::ColumnType;
use super::label::Labels;
use super::store::{Nullable, Texts};
use crate::date;

/// A kind of column: how its values are pushed, stored and read. The kinds are [`Text`], [`Label`], [`Date32`], [`Time`],
/// [`Float`], [`Int`], and [`Optional`] of each that is no text.
pub trait Kind {
    /// A value, as rows hold it.
    type Value<'a>: Copy;
    /// The values while a table is built.
    type Store: Default + Send + std::fmt::Debug;
    /// The finished array.
    type Array: Array + 'static;
    /// The type.
    const TYPE: ColumnType;
    /// Whether a value may be missing.
    const NULLABLE: bool;

    /// Makes room for further values.
    fn reserve(store: &mut Self::Store, values: usize);
    /// Appends a value.
    fn push(store: &mut Self::Store, value: Self::Value<'_>);
    /// Puts the values into this order of their indices.
    fn reorder(store: &mut Self::Store, order: &[usize]);
    /// The finished array.
    fn finish(store: Self::Store) -> ArrayRef;
    /// The value at an index below the length.
    fn value(array: &Self::Array, index: usize) -> Self::Value<'_>;
}

/// Text that is always there.
#[derive(Debug)]
pub struct Text;
/// Text that is always there and that many rows share, such as the symbol of a history.
#[derive(Debug)]
pub struct Label;
/// A day that is always there.
#[derive(Debug)]
pub struct Date32;
/// An instant that is always there.
#[derive(Debug)]
pub struct Time;
/// A float that is always there.
#[derive(Debug)]
pub struct Float;
/// An integer that is always there.
#[derive(Debug)]
pub struct Int;
/// A value that may be missing.
#[derive(Debug)]
pub struct Optional<K>(std::marker::PhantomData<K>);

impl Kind for Text {
    type Value<'a> = &'a str;
    type Store = Texts;
    type Array = StringArray;
    const TYPE: ColumnType = ColumnType::Text;
    const NULLABLE: bool = false;

    fn reserve(_: &mut Texts, _: usize) {
        // Their lengths are not known.
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
    fn value(array: &StringArray, index: usize) -> &str {
        array.value(index)
    }
}

impl Kind for Label {
    type Value<'a> = &'a str;
    type Store = Labels;
    type Array = DictionaryArray<Int32Type>;
    const TYPE: ColumnType = ColumnType::Label;
    const NULLABLE: bool = false;

    fn reserve(_: &mut Labels, _: usize) {
        // As long as all rows have the same text nothing is stored for a row.
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
    fn value(array: &Self::Array, index: usize) -> &str {
        // The schema says that they are texts, so what others would be is never seen.
        let texts = array.values().as_any().downcast_ref::<StringArray>();
        texts.zip(array.key(index)).map_or("", |(texts, key)| texts.value(key))
    }
}

/// The kinds that are one Arrow primitive each: value ↔ native.
macro_rules! primitive {
    ($kind:ty, $value:ty, $arrow:ty, $ty:expr, $into:expr, $from:expr) => {
        impl Kind for $kind {
            type Value<'a> = $value;
            type Store = Vec<<$arrow as arrow_array::ArrowPrimitiveType>::Native>;
            type Array = PrimitiveArray<$arrow>;
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
            fn value(array: &Self::Array, index: usize) -> $value {
                $from(array.value(index))
            }
        }

        impl Kind for Optional<$kind> {
            type Value<'a> = Option<$value>;
            type Store = Nullable<<$arrow as arrow_array::ArrowPrimitiveType>::Native>;
            type Array = PrimitiveArray<$arrow>;
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
            fn value(array: &Self::Array, index: usize) -> Option<$value> {
                array.is_valid(index).then(|| $from(array.value(index)))
            }
        }
    };
}

primitive!(Float, f64, Float64Type, ColumnType::Float, std::convert::identity, std::convert::identity);
primitive!(Int, i64, Int64Type, ColumnType::Int, std::convert::identity, std::convert::identity);
primitive!(Date32, Date, Date32Type, ColumnType::Date, date::days_since_epoch, day);
primitive!(Time, Timestamp, TimestampMillisecondType, ColumnType::Time, Timestamp::as_millisecond, instant);

/// The day of a `Date32`, held to the years that a calendar day can have.
fn day(days: i32) -> Date {
    date::from_days_since_epoch(days).unwrap_or(if days < 0 { Date::MIN } else { Date::MAX })
}

/// The instant of a time stamp, held to the years that an instant can have.
fn instant(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(if ms < 0 { Timestamp::MIN } else { Timestamp::MAX })
}
