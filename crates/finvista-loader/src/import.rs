//! A table out of an Arrow C stream. Nothing of it is believed.

use std::panic::{AssertUnwindSafe, catch_unwind};

#[allow(deprecated, reason = "arrow 60 has another name for it, which 59 lacks")]
use arrow_array::ffi_stream::ArrowArrayStreamReader;
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::{Array, RecordBatchReader, make_array};
use arrow_data::transform::MutableArrayData;
use arrow_schema::ArrowError;
use finvista_core::{ErrorKind, RecordBatch, SchemaRef, SourceError};

/// A stream with more batches than this is taken for one without an end.
const MOST_BATCHES: usize = 10_000;

/// The table of a stream. One batch is taken as it is, without a copy; several are put together.
///
/// # Errors
///
/// [`Plugin`](ErrorKind::Plugin) when the stream does not hold a table, which breaks the contract.
pub(crate) fn table(stream: FFI_ArrowArrayStream) -> Result<RecordBatch, SourceError> {
    // Arrow asserts on some malformed schemas.
    let read = catch_unwind(AssertUnwindSafe(|| read(stream)));
    read.unwrap_or_else(|_| Err("it makes Arrow panic".to_owned()))
        .map_err(|why| SourceError::new(ErrorKind::Plugin, format!("the plugin's Arrow stream: {why}")))
}

#[allow(deprecated, reason = "arrow 60 has another name for the reader, which 59 lacks")]
fn read(stream: FFI_ArrowArrayStream) -> Result<RecordBatch, String> {
    let text = |e: ArrowError| e.to_string();
    let mut reader = ArrowArrayStreamReader::try_new(stream).map_err(text)?;
    let schema = reader.schema();
    let mut batches = Vec::new();
    for batch in reader.by_ref().take(MOST_BATCHES + 1) {
        let batch = batch.map_err(text)?;
        // The import believes offsets, and that text is UTF-8.
        batch.columns().iter().try_for_each(|column| column.to_data().validate_full()).map_err(text)?;
        batches.push(batch);
    }
    if batches.len() > MOST_BATCHES {
        return Err(format!("more than {MOST_BATCHES} batches"));
    }
    match batches.len() {
        1 => batches.pop().ok_or_else(String::new),
        _ => concat(schema, &batches).map_err(text),
    }
}

/// One batch of several, or of none.
fn concat(schema: SchemaRef, batches: &[RecordBatch]) -> Result<RecordBatch, ArrowError> {
    if batches.is_empty() {
        return Ok(RecordBatch::new_empty(schema));
    }
    let rows = batches.iter().map(RecordBatch::num_rows).sum();
    let column = |index: usize| {
        let parts: Vec<_> = batches.iter().map(|batch| batch.column(index).to_data()).collect();
        let mut whole = MutableArrayData::new(parts.iter().collect(), false, rows);
        for (part, data) in parts.iter().enumerate() {
            whole.try_extend(part, 0, data.len())?;
        }
        Ok(make_array(whole.freeze()))
    };
    let columns = (0..schema.fields().len()).map(column).collect::<Result<_, ArrowError>>()?;
    RecordBatch::try_new(schema, columns)
}
