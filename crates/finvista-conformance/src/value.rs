//! A value of a table against the text that its author wrote down.

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Float64Type, Int32Type, Int64Type, TimestampMillisecondType};
use arrow_array::{Array, RecordBatch};
use finvista_core::date;
use jiff::Timestamp;
use jiff::civil::Date;

/// Whether a column has this value in a row.
pub(crate) fn is(batch: &RecordBatch, column: &str, row: usize, expected: &str) -> Result<(), String> {
    let Some(values) = batch.column_by_name(column) else {
        return Err(format!("expected a column {column}, got none"));
    };
    if row >= values.len() {
        return Err(format!("expected {expected}, got no row"));
    }
    if values.is_null(row) || expected.is_empty() {
        return same(expected.is_empty() && values.is_null(row), expected, &shown(values, row));
    }
    let values = values.as_ref();
    let right = if let Some(numbers) = values.as_primitive_opt::<Float64Type>() {
        expected.parse().is_ok_and(|number: f64| number == numbers.value(row))
    } else if let Some(numbers) = values.as_primitive_opt::<Int64Type>() {
        expected.parse().is_ok_and(|number: i64| number == numbers.value(row))
    } else if let Some(times) = values.as_primitive_opt::<TimestampMillisecondType>() {
        expected.parse().is_ok_and(|time: Timestamp| time.as_millisecond() == times.value(row))
    } else if let Some(days) = values.as_primitive_opt::<Date32Type>() {
        expected.parse().is_ok_and(|day: Date| date::days_since_epoch(day) == days.value(row))
    } else {
        expected == text(values, row)
    };
    same(right, expected, &shown(values, row))
}

fn same(right: bool, expected: &str, is: &str) -> Result<(), String> {
    let expected = if expected.is_empty() { "null" } else { expected };
    if right { Ok(()) } else { Err(format!("expected {expected}, got {is}")) }
}

/// A text, a label or a switch.
fn text(values: &dyn Array, row: usize) -> String {
    if let Some(labels) = values.as_dictionary_opt::<Int32Type>() {
        let key = labels.keys().value(row);
        return usize::try_from(key).map(|key| text(labels.values(), key)).unwrap_or_default();
    }
    match (values.as_string_opt::<i32>(), values.as_boolean_opt()) {
        (Some(texts), _) => texts.value(row).to_owned(),
        (None, Some(switches)) => switches.value(row).to_string(),
        (None, None) => format!("a value of type {}", values.data_type()),
    }
}

fn shown(values: &dyn Array, row: usize) -> String {
    if values.is_null(row) {
        return "null".to_owned();
    }
    if let Some(numbers) = values.as_primitive_opt::<Float64Type>() {
        return numbers.value(row).to_string();
    }
    if let Some(numbers) = values.as_primitive_opt::<Int64Type>() {
        return numbers.value(row).to_string();
    }
    if let Some(times) = values.as_primitive_opt::<TimestampMillisecondType>() {
        return Timestamp::from_millisecond(times.value(row))
            .map_or_else(|_| "a time".to_owned(), |time| time.to_string());
    }
    if let Some(days) = values.as_primitive_opt::<Date32Type>() {
        return date::from_days_since_epoch(days.value(row))
            .map_or_else(|| "a day".to_owned(), |day| day.to_string());
    }
    text(values, row)
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::{
        ArrayRef, BooleanArray, Date32Array, DictionaryArray, Float64Array, Int64Array, StringArray,
        TimestampMillisecondArray,
    };
    use std::sync::Arc;

    #[test]
    fn a_value_of_every_type_is_told_from_another() {
        let labels: DictionaryArray<Int32Type> = ["a", "b"].into_iter().collect();
        let columns: [(&str, ArrayRef, &str, &str); 7] = [
            ("float", Arc::new(Float64Array::from(vec![0.0, 10.05])), "10.05", "10.06"),
            ("int", Arc::new(Int64Array::from(vec![0, 84_274_300])), "84274300", "8427430"),
            ("date", Arc::new(Date32Array::from(vec![0, 19_901])), "2024-06-27", "2024-06-28"),
            (
                "time",
                Arc::new(TimestampMillisecondArray::from(vec![0, 1_719_453_600_000])),
                "2024-06-27T10:00:00+08:00",
                "2024-06-27T10:00:00Z",
            ),
            ("text", Arc::new(StringArray::from(vec!["", "x"])), "x", "y"),
            ("label", Arc::new(labels), "b", "a"),
            ("switch", Arc::new(BooleanArray::from(vec![false, true])), "true", "false"),
        ];
        for (name, column, right, wrong) in columns {
            let batch = RecordBatch::try_from_iter([(name, column)]).unwrap();
            assert_eq!(is(&batch, name, 1, right), Ok(()), "{name}");
            let why = is(&batch, name, 1, wrong).unwrap_err();
            assert!(why.starts_with(&format!("expected {wrong}, got ")), "{name}: {why}");
            assert!(is(&batch, name, 1, "").unwrap_err().starts_with("expected null, got "), "{name}");
            assert!(is(&batch, name, 2, right).is_err() && is(&batch, "other", 0, right).is_err());
        }
        let nulls: ArrayRef = Arc::new(Float64Array::from(vec![None]));
        let batch = RecordBatch::try_from_iter([("float", nulls)]).unwrap();
        assert_eq!(is(&batch, "float", 0, ""), Ok(()));
        assert_eq!(is(&batch, "float", 0, "0"), Err("expected 0, got null".to_owned()));
    }
}
