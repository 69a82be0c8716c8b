#![cfg(test)]
//! Both directions, for every type that a column can have.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::types::Int32Type;
use arrow_array::{
    Array as _, ArrayRef, BooleanArray, Date32Array, DictionaryArray, Float32Array, Float64Array, Int64Array,
    RecordBatch, StringArray, TimestampMillisecondArray,
};
use arrow_schema::{DataType, Field, Schema};
use arrow2::array::{Int64Array as Ints, PrimitiveArray, Utf8Array};
use arrow2::chunk::Chunk;
use finvista_arrow2::{ConvertError, arrow2, from_arrow2, to_arrow2};
use finvista_core::Zone;
use finvista_core::dataset::ColumnType;
use proptest::prelude::*;

const TYPES: [ColumnType; 7] = [
    ColumnType::Text,
    ColumnType::Date,
    ColumnType::Time(Zone::Shanghai),
    ColumnType::Float,
    ColumnType::Int,
    ColumnType::Label,
    ColumnType::Bool,
];

/// The array of some values, read as a column's type.
fn array(ty: ColumnType, values: &[Option<i64>]) -> ArrayRef {
    let values = values.iter().copied();
    match ty {
        ColumnType::Text => {
            let mut texts = StringBuilder::new();
            // From the empty text to some with characters of several bytes.
            values.for_each(|value| {
                texts.append_option(value.map(|v| {
                    "平安bank".chars().cycle().take(v.unsigned_abs() as usize % 9).collect::<String>()
                }));
            });
            Arc::new(texts.finish())
        }
        ColumnType::Date => Arc::new(values.map(|value| value.map(|v| v as i32)).collect::<Date32Array>()),
        ColumnType::Time(zone) => {
            let array: TimestampMillisecondArray = values.collect();
            Arc::new(array.with_timezone(zone.name()))
        }
        ColumnType::Float => {
            Arc::new(values.map(|value| value.map(|v| f64::from_bits(v as u64))).collect::<Float64Array>())
        }
        ColumnType::Int => Arc::new(values.collect::<Int64Array>()),
        ColumnType::Label => {
            let label = |value: i64| if value % 2 == 0 { "平安" } else { "bank" };
            Arc::new(values.map(|value| value.map(label)).collect::<DictionaryArray<Int32Type>>())
        }
        ColumnType::Bool => Arc::new(values.map(|value| value.map(|v| v % 2 == 0)).collect::<BooleanArray>()),
        other => panic!("{other:?} is not covered"),
    }
}

fn field(name: String, ty: ColumnType, nullable: bool) -> Field {
    let metadata = HashMap::from([("unit".to_owned(), "CNY".to_owned())]);
    Field::new(name, ty.arrow(), nullable).with_metadata(metadata)
}

/// Each type with and without nulls, the latter of the same values with 0 for a null.
fn batch(values: &[Option<i64>]) -> RecordBatch {
    let full: Vec<_> = values.iter().map(|value| Some(value.unwrap_or(0))).collect();
    let (mut fields, mut columns) = (Vec::new(), Vec::new());
    for ty in TYPES {
        fields.push(field(format!("{ty:?}"), ty, false));
        columns.push(array(ty, &full));
        fields.push(field(format!("{ty:?} or null"), ty, true));
        columns.push(array(ty, values));
    }
    let metadata = HashMap::from([("dataset".to_owned(), "test".to_owned())]);
    RecordBatch::try_new(Schema::new_with_metadata(fields, metadata).into(), columns).unwrap()
}

/// The addresses of the buffers of a column: of its nulls, if it has some, and of its values.
fn addresses(column: &ArrayRef) -> Vec<usize> {
    let data = column.to_data();
    let nulls = data.nulls().map(|nulls| nulls.buffer().as_ptr() as usize);
    // The texts of labels are another array's.
    let values = data.child_data().iter().flat_map(|child| child.buffers()).chain(data.buffers());
    nulls.into_iter().chain(values.map(|buffer| buffer.as_ptr() as usize)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_goes_there_comes_back(
        values in proptest::collection::vec(proptest::option::of(any::<i64>()), 0..70),
        cut in (0_usize..70, 0_usize..70),
    ) {
        let whole = batch(&values);
        let start = cut.0.min(whole.num_rows());
        let slice = whole.slice(start, cut.1.min(whole.num_rows() - start));
        for batch in [whole, slice] {
            let (schema, chunk) = to_arrow2(&batch).unwrap();
            prop_assert_eq!(chunk.len(), batch.num_rows());
            let again = from_arrow2(&schema, chunk).unwrap();
            prop_assert_eq!(&again, &batch);
            again.columns().iter().try_for_each(|column| column.to_data().validate_full()).unwrap();
        }
    }

    #[test]
    fn a_slice_of_a_chunk_is_a_slice_of_the_table(
        values in proptest::collection::vec(proptest::option::of(any::<i64>()), 1..70),
        start in 0_usize..70,
    ) {
        let batch = batch(&values);
        let (schema, chunk) = to_arrow2(&batch).unwrap();
        let start = start.min(batch.num_rows());
        let rest = batch.num_rows() - start;
        let sliced = chunk.arrays().iter().map(|array| array.sliced(start, rest)).collect();
        prop_assert_eq!(from_arrow2(&schema, Chunk::new(sliced)).unwrap(), batch.slice(start, rest));
    }
}

#[test]
fn no_value_is_copied_in_either_direction() {
    let values = [Some(1), None, Some(-3), Some(i64::MAX), None];
    let original = batch(&values);
    let before: Vec<_> = original.columns().iter().map(addresses).collect();
    assert_eq!(before.iter().map(Vec::len).sum::<usize>(), 2 * 10 + 7, "values, offsets of texts, nulls");

    let (schema, chunk) = to_arrow2(&original).unwrap();
    let arrays = chunk.arrays();
    let floats = arrays[7].as_any().downcast_ref::<PrimitiveArray<f64>>().unwrap();
    let nulls = floats.validity().unwrap().as_slice().0.as_ptr() as usize;
    assert_eq!([nulls, floats.values().as_ptr() as usize], before[7][..]);
    let texts = arrays[0].as_any().downcast_ref::<Utf8Array<i32>>().unwrap();
    let offsets = texts.offsets().buffer().as_ptr() as usize;
    assert_eq!([offsets, texts.values().as_ptr() as usize], before[0][..]);

    // Shared buffers outlive the table that they came from.
    drop(original);
    let again = from_arrow2(&schema, chunk).unwrap();
    assert_eq!(again.columns().iter().map(addresses).collect::<Vec<_>>(), before);
    assert_eq!(again, batch(&values));
}

#[test]
fn an_array_of_arrow2_is_read_where_it_lies() {
    let ints = Ints::from([Some(7), None, Some(9)]);
    let address = ints.values().as_ptr() as usize;
    let schema = vec![arrow2::datatypes::Field::new("n", arrow2::datatypes::DataType::Int64, true)].into();
    let batch = from_arrow2(&schema, Chunk::new(vec![ints.boxed()])).unwrap();
    assert_eq!(batch.column(0).to_data().buffers()[0].as_ptr() as usize, address);
    let expected: ArrayRef = Arc::new(Int64Array::from(vec![Some(7), None, Some(9)]));
    assert_eq!(batch.column(0), &expected);
}

#[test]
fn units_docs_and_the_key_of_the_data_set_go_along() {
    let (schema, _) = to_arrow2(&batch(&[Some(1)])).unwrap();
    assert_eq!(schema.metadata["dataset"], "test");
    let time = &schema.fields[4];
    assert_eq!((time.metadata["unit"].as_str(), time.is_nullable), ("CNY", false));
    let zone = Some("Asia/Shanghai".to_owned());
    let millis = arrow2::datatypes::TimeUnit::Millisecond;
    assert_eq!(time.data_type, arrow2::datatypes::DataType::Timestamp(millis, zone));
}

#[test]
fn what_is_no_table_of_ours_is_refused_by_name() {
    let narrow = Field::new("narrow", DataType::Float32, false);
    let floats: ArrayRef = Arc::new(Float32Array::from(vec![1.0]));
    let batch = RecordBatch::try_new(Schema::new(vec![narrow]).into(), vec![floats]).unwrap();
    let error = to_arrow2(&batch).unwrap_err();
    assert!(matches!(&error, ConvertError::Column { column, .. } if column == "narrow"), "{error}");

    let field = |ty| arrow2::datatypes::Field::new("n", ty, false);
    let ints = || Chunk::new(vec![Ints::from([Some(7), None]).boxed()]);
    for (fields, word) in [
        (vec![field(arrow2::datatypes::DataType::Float64)], "the schema says Float64, and it is Int64"),
        (vec![field(arrow2::datatypes::DataType::Int64)], "null"),
        (Vec::new(), "the schema has 0 columns and the chunk 1"),
    ] {
        let error = from_arrow2(&fields.into(), ints()).unwrap_err();
        assert!(error.to_string().contains(word), "{error}");
    }
    let label = DataType::Dictionary(Box::new(DataType::Int64), Box::new(DataType::Utf8));
    let labels = RecordBatch::new_empty(Schema::new(vec![Field::new("long", label, false)]).into());
    assert!(to_arrow2(&labels).unwrap_err().to_string().contains("long"));
    let wide = Chunk::new(vec![Utf8Array::<i64>::from([Some("x")]).boxed()]);
    let error = from_arrow2(&vec![field(arrow2::datatypes::DataType::LargeUtf8)].into(), wide).unwrap_err();
    assert!(error.to_string().contains("LargeUtf8"), "{error}");
}

#[test]
fn a_table_without_rows_or_columns_is_one() {
    let texts: ArrayRef = Arc::new(StringArray::from(Vec::<&str>::new()));
    let schema = Schema::new(vec![Field::new("text", DataType::Utf8, false)]);
    let empty = RecordBatch::try_new(schema.into(), vec![texts]).unwrap();
    for batch in [empty, RecordBatch::new_empty(Arc::new(Schema::empty()))] {
        let (schema, chunk) = to_arrow2(&batch).unwrap();
        assert_eq!(from_arrow2(&schema, chunk).unwrap(), batch);
    }
}
