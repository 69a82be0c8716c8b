//! Columns, and the macro that defines those of a data set.

use arrow_schema::{DataType, Field, TimeUnit};

use crate::venue::Zone;

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ColumnType {
    /// UTF-8 text.
    Text,
    /// UTF-8 text that many rows share, stored as a dictionary.
    Label,
    /// A calendar day at the exchange.
    Date,
    /// An instant in milliseconds, with a time zone.
    Time(Zone),
    /// A 64-bit float.
    Float,
    /// A 64-bit integer.
    Int,
    /// True or false.
    Bool,
}

impl ColumnType {
    /// The Arrow type.
    pub fn arrow(self) -> DataType {
        match self {
            Self::Text => DataType::Utf8,
            Self::Label => DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)),
            Self::Date => DataType::Date32,
            Self::Time(zone) => DataType::Timestamp(TimeUnit::Millisecond, Some(zone.name().into())),
            Self::Float => DataType::Float64,
            Self::Int => DataType::Int64,
            Self::Bool => DataType::Boolean,
        }
    }
}

/// A column of a data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColumnSpec {
    /// The name.
    pub name: &'static str,
    /// The type.
    pub ty: ColumnType,
    /// Whether a value may be missing.
    pub nullable: bool,
    /// The unit, such as `shares`; empty if there is none.
    pub unit: &'static str,
    /// A description.
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

/// Defines the columns of a data set: the row that callers read, the columns that endpoints fill, the views that return the
/// rows, and the list of [`ColumnSpec`]s from which schema and docs are made.
///
/// `..bar;`, `..change;`, `..quote;` and `..book5;` are groups of columns that several data sets share. Their prices are in the
/// currency of the instrument, or in another unit that is named: `..bar in "points";`. After the id of the data set, `bars`
/// makes the columns usable with [`Bars`](crate::dataset::Bars), and `quotes` with [`Quotes`](crate::dataset::Quotes).
///
/// ```
/// use finvista_core::dataset::{Columns, Date32, Float, Optional};
///
/// finvista_core::columns! {
///     "tide_table",
///     /// One high tide.
///     pub struct Tide => TideColumns, TideViews {
///         /// The day.
///         date: Date32, "";
///         /// The height.
///         height: Float, "m";
///         /// The height of the second high tide, if there was one.
///         second: Optional<Float>, "m";
///     }
/// }
///
/// let mut columns = TideColumns::default();
/// columns.push(Tide { date: jiff::civil::date(2024, 1, 1), height: 3.2, second: None });
/// let batch = columns.finish()?;
/// assert_eq!(batch.num_rows(), 1);
/// assert_eq!(batch.schema().field(1).metadata()["unit"], "m");
/// # Ok::<(), finvista_core::SourceError>(())
/// ```
#[macro_export]
macro_rules! columns {
    (
        $key:literal, $fill:ident,
        $(#[$meta:meta])*
        $vis:vis struct $Row:ident => $Columns:ident, $Views:ident { $($body:tt)* }
    ) => {
        $crate::columns!(@munch [$key [$fill] [$(#[$meta])*] $vis $Row $Columns $Views] [] $($body)*);
    };
    (
        $key:literal,
        $(#[$meta:meta])*
        $vis:vis struct $Row:ident => $Columns:ident, $Views:ident { $($body:tt)* }
    ) => {
        $crate::columns!(@munch [$key [] [$(#[$meta])*] $vis $Row $Columns $Views] [] $($body)*);
    };
    // A group expands to its columns.
    (@munch $head:tt $done:tt ..$group:ident; $($rest:tt)*) => {
        $crate::__column_group!($group "currency of the instrument", $head $done $($rest)*);
    };
    // A group whose prices have another unit.
    (@munch $head:tt $done:tt ..$group:ident in $price:literal; $($rest:tt)*) => {
        $crate::__column_group!($group $price, $head $done $($rest)*);
    };
    // One column.
    (@munch $head:tt [$($done:tt)*] $(#[doc = $doc:literal])+ $name:ident : $kind:ty , $unit:literal ; $($rest:tt)*) => {
        $crate::columns!(@munch $head [$($done)* { [$($doc),+] $name [$kind] $unit }] $($rest)*);
    };
    // Every column is read.
    (
        @munch
        [$key:literal [$($fill:ident)?] [$(#[$meta:meta])*] $vis:vis $Row:ident $Columns:ident $Views:ident]
        [$({ [$($doc:literal),+] $name:ident [$kind:ty] $unit:literal })+]
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
            /// The Arrow schema, made once.
            pub fn schema() -> &'static $crate::SchemaRef {
                static SCHEMA: std::sync::LazyLock<$crate::SchemaRef> = std::sync::LazyLock::new(|| {
                    $crate::dataset::schema($key, <$Columns as $crate::dataset::Columns>::SPEC)
                });
                &SCHEMA
            }
        }

        impl $crate::dataset::Columns for $Columns {
            type Row<'a> = $Row<'a>;
            type Views<'a> = $Views<'a>;

            const SPEC: &'static [$crate::dataset::ColumnSpec] = &[
                $( $crate::dataset::ColumnSpec {
                    name: stringify!($name),
                    ty: <$kind as $crate::dataset::Kind>::TYPE,
                    nullable: <$kind as $crate::dataset::Kind>::NULLABLE,
                    unit: $unit,
                    doc: concat!($($doc),+),
                }, )+
            ];

            fn push(&mut self, row: $Row<'_>) {
                $( <$kind as $crate::dataset::Kind>::push(&mut self.$name, row.$name); )+
            }

            fn reserve(&mut self, rows: usize) {
                $( <$kind as $crate::dataset::Kind>::reserve(&mut self.$name, rows); )+
            }

            fn reorder(&mut self, order: &[usize]) {
                $( <$kind as $crate::dataset::Kind>::reorder(&mut self.$name, order); )+
            }

            fn finish(self) -> Result<$crate::RecordBatch, $crate::SourceError> {
                let columns = vec![ $( <$kind as $crate::dataset::Kind>::finish(self.$name), )+ ];
                $crate::RecordBatch::try_new(std::sync::Arc::clone(Self::schema()), columns)
                    .map_err(|e| $crate::SourceError::decode(format!("the columns do not form a table: {e}")))
            }
        }

        $crate::__fill_columns!([$($fill)?] $Columns $($name)+);

        #[doc = concat!("The typed columns of a table of `", $key, "`.")]
        #[derive(Debug, Clone, Copy)]
        $vis struct $Views<'a> {
            $( $name: <$kind as $crate::dataset::Kind>::View<'a>, )+
        }

        impl<'a> $crate::dataset::RowViews<'a> for $Views<'a> {
            type Row = $Row<'a>;

            fn new(batch: &'a $crate::RecordBatch) -> Option<Self> {
                Some(Self {
                    $( $name: <$kind as $crate::dataset::Kind>::view(batch.column_by_name(stringify!($name))?)?, )+
                })
            }

            // Inlined, so that callers pay only for the fields that they read.
            #[inline(always)]
            fn row(&self, index: usize) -> $Row<'a> {
                $Row { $( $name: <$kind as $crate::dataset::Kind>::value(self.$name, index), )+ }
            }
        }
    };
}
