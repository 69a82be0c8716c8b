//! How many bytes a cached answer takes: its buffers, its provenance, its key, and what the cache itself needs for it.

use arrow_array::{Array, RecordBatch};
use arrow_buffer::Buffer;
use arrow_data::ArrayData;
use arrow_schema::DataType;

use super::Error;
use crate::provenance::{Attempt, Provenance, Skipped};
use crate::query::Query;
use crate::symbol::Symbol;
use crate::table::Table;

/// An entry of the cache, and the heads of key and table.
const ENTRY: usize = 768;
/// The head of a column.
const COLUMN: usize = 96;
/// The head of a line of a report.
const LINE: usize = 96;

/// The bytes of a query and of its answer.
pub(super) fn bytes(query: &Query, source: Option<&str>, answer: &Result<Table, Error>) -> u32 {
    let answer = match answer {
        Ok(table) => table_bytes(table.batch()) + provenance_bytes(table.provenance()),
        Err(error) => {
            let text = error.report().map_or(0, |report| report.query.len());
            text + report_bytes(error.attempts(), error.skipped())
        }
    };
    let all = ENTRY + query_bytes(query) + source.map_or(0, str::len) + answer;
    u32::try_from(all).unwrap_or(u32::MAX)
}

fn query_bytes(query: &Query) -> usize {
    match query.symbols() {
        [] => query.to_params().iter().map(|(name, value)| LINE + name.len() + value.len()).sum(),
        symbols => size_of_val(symbols),
    }
}

fn provenance_bytes(provenance: &Provenance) -> usize {
    let dropped = provenance.dropped.iter().map(|dropped| LINE + dropped.row.len() + dropped.reason.len());
    report_bytes(&provenance.attempts, &provenance.skipped)
        + provenance.missing.len() * size_of::<Symbol>()
        + dropped.sum::<usize>()
}

fn report_bytes(attempts: &[Attempt], skipped: &[Skipped]) -> usize {
    let message = |attempt: &Attempt| attempt.error.as_ref().map_or(0, |error| error.message().len());
    let attempts = attempts.iter().map(|attempt| LINE + attempt.source.len() + message(attempt));
    let skipped = skipped.iter().map(|skipped| LINE + skipped.source.len());
    attempts.chain(skipped).sum()
}

fn table_bytes(batch: &RecordBatch) -> usize {
    // Columns of a foreign table may be parts of one allocation.
    let mut seen = Vec::new();
    batch.columns().iter().map(|column| COLUMN + data_bytes(&column.to_data(), &mut seen)).sum()
}

fn data_bytes(data: &ArrayData, seen: &mut Vec<usize>) -> usize {
    let own: usize = match data.data_type() {
        // All tables share the keys of repeated labels, so each counts only its own rows.
        DataType::Dictionary(key, _) => data.len() * key.primitive_width().unwrap_or(8),
        _ => {
            let nulls = data.nulls().map(|nulls| nulls.buffer());
            data.buffers().iter().chain(nulls).map(|buffer| buffer_bytes(buffer, seen)).sum()
        }
    };
    own + data.child_data().iter().map(|child| data_bytes(child, seen)).sum::<usize>()
}

/// The whole allocation, of which a slice may show a part. That of a plugin's buffer is unknown.
fn buffer_bytes(buffer: &Buffer, seen: &mut Vec<usize>) -> usize {
    let start = buffer.data_ptr().as_ptr() as usize;
    if seen.contains(&start) {
        return 0;
    }
    seen.push(start);
    buffer.capacity().max(buffer.len())
}
