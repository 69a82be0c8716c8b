//! Columns of every kind, and groups of columns.

use arrow_array::cast::AsArray;
use arrow_schema::DataType;
use finvista_core::dataset::{
    Bool, ColumnType, Columns, Dataset, Date32, Float, Int, Label, Optional, RowViews, Text, Time,
};
use finvista_core::venue::NewYork;
use finvista_core::{Zone, columns};
use jiff::Timestamp;
use jiff::civil::date;

use crate::support::HkDaily;

columns! {
    "kinds",
    /// A row with every kind of column.
    pub(crate) struct Kinds => KindColumns, KindViews {
        /// A text.
        text: Text, "";
        /// A text that may be missing.
        note: Optional<Text>, "";
        /// A label.
        label: Label, "";
        /// A day.
        day: Date32, "";
        /// A day that may be missing.
        until: Optional<Date32>, "";
        /// An instant in China.
        time: Time, "";
        /// An instant in New York that may be missing.
        closed: Optional<Time<NewYork>>, "";
        /// A float
        /// in two lines.
        float: Float, "m";
        /// A float that may be missing.
        loss: Optional<Float>, "%";
        /// An integer.
        int: Int, "shares";
        /// An integer that may be missing.
        count: Optional<Int>, "";
        /// A boolean.
        flag: Bool, "";
    }
}

fn rows() -> [Kinds<'static>; 3] {
    let time = Timestamp::constant(1_719_561_600, 0);
    let full = Kinds {
        text: "a",
        note: Some("b"),
        label: "x",
        day: date(2024, 6, 28),
        until: Some(date(1969, 12, 31)),
        time,
        closed: Some(time),
        float: 1.5,
        loss: Some(-0.5),
        int: 7,
        count: Some(-7),
        flag: true,
    };
    let empty = Kinds { note: None, until: None, closed: None, loss: None, count: None, ..full };
    [full, Kinds { text: "", label: "y", flag: false, ..empty }, Kinds { text: "平安", ..full }]
}

fn read(columns: KindColumns) -> Vec<String> {
    let batch = columns.finish().unwrap();
    let views = KindViews::new(&batch).unwrap();
    (0..batch.num_rows()).map(|row| format!("{:?}", views.row(row))).collect()
}

fn columns_of(rows: &[Kinds<'_>]) -> KindColumns {
    let mut columns = KindColumns::default();
    columns.reserve(rows.len());
    rows.iter().for_each(|&row| columns.push(row));
    columns
}

#[test]
fn rows_of_every_kind_are_read_as_they_were_pushed() {
    let expected = rows().map(|row| format!("{row:?}"));
    assert_eq!(read(columns_of(&rows())), expected);
    let mut reordered = columns_of(&rows());
    reordered.reorder(&[2, 0, 1]);
    assert_eq!(read(reordered), [&expected[2], &expected[0], &expected[1]].map(String::as_str));
}

#[test]
fn the_schema_has_types_nulls_units_and_docs() {
    let schema = KindColumns::schema();
    let expected = [
        ("text", DataType::Utf8, false),
        ("note", DataType::Utf8, true),
        ("label", ColumnType::Label.arrow(), false),
        ("day", DataType::Date32, false),
        ("until", DataType::Date32, true),
        ("time", ColumnType::Time(Zone::Shanghai).arrow(), false),
        ("closed", ColumnType::Time(Zone::NewYork).arrow(), true),
        ("float", DataType::Float64, false),
        ("loss", DataType::Float64, true),
        ("int", DataType::Int64, false),
        ("count", DataType::Int64, true),
        ("flag", DataType::Boolean, false),
    ];
    for (field, (name, ty, nullable)) in schema.fields().iter().zip(&expected) {
        assert_eq!((field.name().as_str(), field.data_type(), field.is_nullable()), (*name, ty, *nullable));
    }
    assert_eq!(schema.fields().len(), expected.len());
    let metadata = schema.field_with_name("float").unwrap().metadata();
    assert_eq!(metadata["description"], "A float in two lines.");
    assert_eq!(metadata["unit"], "m");
    assert!(!schema.field_with_name("text").unwrap().metadata().contains_key("unit"));
    assert_eq!(ColumnType::Time(Zone::NewYork).arrow().to_string(), "Timestamp(ms, \"America/New_York\")");
}

#[test]
fn a_slice_of_a_table_has_its_own_rows() {
    let batch = columns_of(&rows()).finish().unwrap().slice(1, 2);
    let views = KindViews::new(&batch).unwrap();
    let [_, second, third] = rows().map(|row| format!("{row:?}"));
    assert_eq!([0, 1].map(|row| format!("{:?}", views.row(row))), [second, third]);
}

#[test]
fn a_table_with_other_types_has_no_views() {
    let batch = columns_of(&rows()).finish().unwrap();
    let fewer = batch.project(&[0, 1, 2]).unwrap();
    assert!(KindViews::new(&fewer).is_none());
    let columns: Vec<_> = batch.columns().to_vec();
    let names = batch.schema();
    let swapped =
        finvista_core::RecordBatch::try_from_iter(names.fields().iter().enumerate().map(|(at, field)| {
            let column = if at == 7 { columns[9].clone() } else { columns[at].clone() };
            (field.name().clone(), column)
        }))
        .unwrap();
    assert!(KindViews::new(&swapped).is_none());
    assert!(swapped.column(7).as_primitive_opt::<arrow_array::types::Int64Type>().is_some());
}

#[test]
fn groups_expand_to_the_same_columns_everywhere() {
    let names: Vec<_> = HkDaily::SPEC.columns.iter().map(|column| column.name).collect();
    assert_eq!(
        names,
        [
            "symbol",
            "date",
            "open",
            "high",
            "low",
            "close",
            "volume",
            "amount",
            "change",
            "change_pct",
            "amplitude"
        ]
    );
}
