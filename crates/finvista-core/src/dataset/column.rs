//! The kinds of columns and the macro that writes a data set's columns once.

use std::sync::Arc;

use arrow_array::types::{Date32Type, Float64Type, Int64Type, TimestampMillisecondType};
use arrow_array::{Array, ArrayRef, PrimitiveArray, StringArray};
use arrow_schema::{DataType, Field, TimeUnit};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::date;

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    /// UTF-8 text.
    Text,
    /// A day at the exchange.
    Date,
    /// An instant, in milliseconds, shown in `Asia/Shanghai`.
    Time,
    /// A 64-bit float.
    Float,
    /// A 64-bit integer.
    Int,
}

impl ColumnType {
    /// The Arrow type.
    pub fn arrow(self) -> DataType {
        match self {
            Self::Text => DataType::Utf8,
            Self::Date => DataType::Date32,
            Self::Time => DataType::Timestamp(TimeUnit::Millisecond, Some(ZONE.into())),
            Self::Float => DataType::Float64,
            Self::Int => DataType::Int64,
        }
    }
}

const ZONE: &str = "Asia/Shanghai";

/// One column of a data set.
#[derive(Debug, Clone, Copy)]
pub struct ColumnSpec {
    /// The name.
    pub name: &'static str,
    /// The type.
    pub ty: ColumnType,
    /// Whether a value may be missing.
    pub nullable: bool,
    /// The unit, such as `shares`; empty where there is none.
    pub unit: &'static str,
    /// What it is.
    pub doc: &'static str,
}

impl ColumnSpec {
    /// The Arrow field, with unit and doc in its metadata.
    pub fn field(&self) -> Field {
        let mut metadata =
            std::collections::HashMap::from([("description".to_owned(), self.doc.trim().to_owned())]);
        if !self.unit.is_empty() {
            metadata.insert("unit".to_owned(), self.unit.to_owned());
        }
        Field::new(self.name, self.ty.arrow(), self.nullable).with_metadata(metadata)
    }
}

/// A kind of column: how its values are pushed, stored and read. The kinds are [`Text`], [`Date32`], [`Time`], [`Float`],
/// [`Int`], and [`Optional`] of each.
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

/// Texts in one allocation, whatever their number.
#[derive(Debug, Default)]
pub struct Texts {
    text: String,
    ends: Vec<usize>,
}

impl Texts {
    fn push(&mut self, value: &str) {
        self.text.push_str(value);
        self.ends.push(self.text.len());
    }

    fn get(&self, index: usize) -> Option<&str> {
        let start = match index.checked_sub(1) {
            Some(previous) => *self.ends.get(previous)?,
            None => 0,
        };
        self.text.get(start..*self.ends.get(index)?)
    }

    fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len()).filter_map(|index| self.get(index))
    }
}

impl Kind for Text {
    type Value<'a> = &'a str;
    type Store = Texts;
    type Array = StringArray;
    const TYPE: ColumnType = ColumnType::Text;
    const NULLABLE: bool = false;

    fn push(store: &mut Texts, value: &str) {
        store.push(value);
    }
    fn reorder(store: &mut Texts, order: &[usize]) {
        let mut ordered = Texts::default();
        order.iter().filter_map(|&index| store.get(index)).for_each(|value| ordered.push(value));
        *store = ordered;
    }
    fn finish(store: Texts) -> ArrayRef {
        Arc::new(StringArray::from_iter_values(store.iter()))
    }
    fn value(array: &StringArray, index: usize) -> &str {
        array.value(index)
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

            fn push(store: &mut Self::Store, value: $value) {
                store.push($into(value));
            }
            fn reorder(store: &mut Self::Store, order: &[usize]) {
                *store = order.iter().filter_map(|&i| store.get(i).copied()).collect();
            }
            fn finish(store: Self::Store) -> ArrayRef {
                Arc::new(PrimitiveArray::<$arrow>::from_iter_values(store).with_data_type($ty.arrow()))
            }
            fn value(array: &Self::Array, index: usize) -> $value {
                $from(array.value(index))
            }
        }

        impl Kind for Optional<$kind> {
            type Value<'a> = Option<$value>;
            type Store = Vec<Option<<$arrow as arrow_array::ArrowPrimitiveType>::Native>>;
            type Array = PrimitiveArray<$arrow>;
            const TYPE: ColumnType = $ty;
            const NULLABLE: bool = true;

            fn push(store: &mut Self::Store, value: Option<$value>) {
                store.push(value.map($into));
            }
            fn reorder(store: &mut Self::Store, order: &[usize]) {
                *store = order.iter().filter_map(|&i| store.get(i).copied()).collect();
            }
            fn finish(store: Self::Store) -> ArrayRef {
                Arc::new(PrimitiveArray::<$arrow>::from_iter(store).with_data_type($ty.arrow()))
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

/// Writes the columns of a data set once: the row that callers read, the columns that endpoints fill, the views that give
/// the rows, and the list of [`ColumnSpec`]s that makes the schema and the docs.
///
/// ```
/// use finvista_core::dataset::{Date32, Float, Optional};
///
/// finvista_core::columns! {
///     "tide_table",
///     /// One high tide.
///     pub struct Tide => TideColumns, TideViews {
///         /// The day.
///         date: Date32, "";
///         /// The height.
///         height: Float, "m";
///         /// The height of the evening, where there was one.
///         evening: Optional<Float>, "m";
///     }
/// }
///
/// let mut columns = TideColumns::default();
/// columns.push(Tide { date: jiff::civil::date(2024, 1, 1), height: 3.2, evening: None });
/// let batch = columns.finish()?;
/// assert_eq!(batch.num_rows(), 1);
/// assert_eq!(batch.schema().field(1).metadata()["unit"], "m");
/// # Ok::<(), finvista_core::SourceError>(())
/// ```
#[macro_export]
macro_rules! columns {
    (
        $key:literal,
        $(#[$meta:meta])*
        $vis:vis struct $Row:ident => $Columns:ident, $Views:ident {
            $( $(#[doc = $doc:literal])+ $name:ident : $kind:ty , $unit:literal ; )+
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq)]
        $vis struct $Row<'a> {
            $( $(#[doc = $doc])+ pub $name: <$kind as $crate::dataset::Kind>::Value<'a>, )+
        }

        #[doc = concat!("The columns of `", $key, "` while a table is built.")]
        #[derive(Debug, Default)]
        $vis struct $Columns {
            $( $(#[doc = $doc])+ pub $name: <$kind as $crate::dataset::Kind>::Store, )+
        }

        impl $Columns {
            /// The columns, in order.
            pub const SPEC: &'static [$crate::dataset::ColumnSpec] = &[
                $( $crate::dataset::ColumnSpec {
                    name: stringify!($name),
                    ty: <$kind as $crate::dataset::Kind>::TYPE,
                    nullable: <$kind as $crate::dataset::Kind>::NULLABLE,
                    unit: $unit,
                    doc: concat!($($doc),+),
                }, )+
            ];

            /// Appends a row.
            pub fn push(&mut self, row: $Row<'_>) {
                $( <$kind as $crate::dataset::Kind>::push(&mut self.$name, row.$name); )+
            }

            /// Puts the rows into this order of their indices.
            pub fn reorder(&mut self, order: &[usize]) {
                $( <$kind as $crate::dataset::Kind>::reorder(&mut self.$name, order); )+
            }

            /// The table.
            ///
            /// # Errors
            ///
            /// When the columns have different lengths.
            pub fn finish(self) -> Result<$crate::RecordBatch, $crate::SourceError> {
                static SCHEMA: std::sync::LazyLock<$crate::SchemaRef> = std::sync::LazyLock::new(|| {
                    $crate::dataset::schema($key, $Columns::SPEC)
                });
                let columns = vec![ $( <$kind as $crate::dataset::Kind>::finish(self.$name), )+ ];
                $crate::RecordBatch::try_new(SCHEMA.clone(), columns)
                    .map_err(|e| $crate::SourceError::decode(format!("the columns make no table: {e}")))
            }
        }

        #[doc = concat!("The typed columns of a table of `", $key, "`.")]
        #[derive(Debug, Clone, Copy)]
        $vis struct $Views<'a> {
            $( $name: &'a <$kind as $crate::dataset::Kind>::Array, )+
        }

        impl<'a> $crate::dataset::RowViews<'a> for $Views<'a> {
            type Row = $Row<'a>;

            fn new(batch: &'a $crate::RecordBatch) -> Option<Self> {
                Some(Self {
                    $( $name: batch.column_by_name(stringify!($name))?.as_any().downcast_ref()?, )+
                })
            }

            fn row(&self, index: usize) -> $Row<'a> {
                $Row { $( $name: <$kind as $crate::dataset::Kind>::value(self.$name, index), )+ }
            }
        }
    };
}
