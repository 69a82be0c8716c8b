#![doc = include_str!("../README.md")]
// The C Data Interface is structs with pointers in them. Every block says why it holds.
#![allow(unsafe_code)]

mod c;
mod error;

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema};
use arrow_array::{Array as _, RecordBatch, RecordBatchOptions, make_array, new_empty_array};
use arrow_schema::{DataType, Field};
use arrow2::array::Array;
use arrow2::chunk::Chunk;
use arrow2::datatypes::Schema;

pub use arrow2;
pub use error::ConvertError;

/// The columns of a record batch, with their schema. Nothing is copied: the chunk points at the batch's buffers, and keeps them.
///
/// The one exception is a slice of a longer batch: which of its values are null may be written anew, a bit a row.
///
/// # Errors
///
/// When a column has a type that no data set has.
pub fn to_arrow2(batch: &RecordBatch) -> Result<(Schema, Chunk<Box<dyn Array>>), ConvertError> {
    let from = batch.schema();
    let mut fields = Vec::with_capacity(batch.num_columns());
    let mut columns = Vec::with_capacity(batch.num_columns());
    for (field, column) in from.fields().iter().zip(batch.columns()) {
        check(field)?;
        let failed = |e: &dyn std::error::Error| ConvertError::column(field.name(), e);
        let schema = FFI_ArrowSchema::try_from(field.as_ref()).map_err(|e| failed(&e))?;
        let to = c::field_to_arrow2(schema).map_err(|e| failed(&e))?;
        let array = FFI_ArrowArray::new(&column.to_data());
        columns.push(c::array_to_arrow2(array, to.data_type.clone()).map_err(|e| failed(&e))?);
        fields.push(to);
    }
    let metadata = from.metadata().iter().map(|(key, value)| (key.clone(), value.clone())).collect();
    let chunk = Chunk::try_new(columns).map_err(|e| ConvertError::Table { why: e.to_string() })?;
    Ok((Schema { fields, metadata }, chunk))
}

/// The record batch of a chunk and its schema. Nothing is copied: the batch points at the chunk's buffers, and keeps them.
///
/// The one exception is an array whose values and nulls were sliced apart: which of its values are null is written anew.
///
/// # Errors
///
/// When a column has a type that no data set has, or the schema is not the chunk's.
pub fn from_arrow2(schema: &Schema, chunk: Chunk<Box<dyn Array>>) -> Result<RecordBatch, ConvertError> {
    let (rows, found) = (chunk.len(), chunk.arrays().len());
    if schema.fields.len() != found {
        let why = format!("the schema has {} columns and the chunk {found}", schema.fields.len());
        return Err(ConvertError::Table { why });
    }
    let mut fields = Vec::with_capacity(found);
    let mut columns = Vec::with_capacity(found);
    for (field, array) in schema.fields.iter().zip(chunk.into_arrays()) {
        if *array.data_type() != field.data_type {
            return Err(ConvertError::Column {
                column: field.name.clone(),
                why: format!("the schema says {:?}, and it is {:?}", field.data_type, array.data_type()),
            });
        }
        let failed = |e: &dyn std::error::Error| ConvertError::column(&field.name, e);
        let c_schema = c::field_to_c(field);
        let to = Field::try_from(&c_schema).map_err(|e| failed(&e))?;
        check(&to)?;
        columns.push(match rows {
            // Arrow-rs forgets the texts of an empty slice and keeps its offsets, which then point at nothing.
            0 => new_empty_array(to.data_type()),
            _ => make_array(c::array_from_arrow2(array, &c_schema).map_err(|e| failed(&e))?),
        });
        fields.push(to);
    }
    // Arrow 60 has a type of its own for it, which is made of a map.
    let metadata: HashMap<String, String> =
        schema.metadata.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
    let to = arrow_schema::Schema::new_with_metadata(fields, metadata);
    // A table without columns has rows only where their number is given.
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(Arc::new(to), columns, &options)
        .map_err(|e| ConvertError::Table { why: e.to_string() })
}

/// Only the types of data sets: the two libraries agree on their layout, which is more than can be said of every type.
fn check(field: &Field) -> Result<(), ConvertError> {
    match field.data_type() {
        DataType::Utf8
        | DataType::Date32
        | DataType::Timestamp(..)
        | DataType::Float64
        | DataType::Int64
        | DataType::Boolean => Ok(()),
        DataType::Dictionary(key, value) if (&**key, &**value) == (&DataType::Int32, &DataType::Utf8) => {
            Ok(())
        }
        other => Err(ConvertError::Column {
            column: field.name().clone(),
            why: format!(
                "expected a type of a data set (text, day, instant, float, integer or bool), got {other}"
            ),
        }),
    }
}
