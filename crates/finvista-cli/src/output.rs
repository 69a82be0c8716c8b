//! Output of rows: a table for people, CSV, JSON and NDJSON for programs.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::sync::Arc;

use arrow_array::{Array, RecordBatch, TimestampMillisecondArray};
use arrow_json::writer::{JsonArray, LineDelimited, WriterBuilder};
use arrow_schema::{DataType, Schema};
use finvista::Table;

use crate::args::{Format, Output};
use crate::failure::{Failure, note};
use crate::table;

/// Writes the rows of these tables, which have one schema, to a file or to standard output.
pub(crate) fn write(tables: &[Table], to: &Output) -> Result<(), Failure> {
    let batches: Vec<RecordBatch> = tables.iter().map(|table| with_offset(table.batch())).collect();
    match &to.output {
        Some(path) => {
            let name = path.display().to_string();
            let io = |e| Failure::Io(name.clone(), e);
            let mut file = BufWriter::new(File::create(path).map_err(io)?);
            write_to(&mut file, &batches, to.format, None).and_then(|()| file.flush().map_err(io))
        }
        None => {
            let stdout = io::stdout();
            let width = stdout.is_terminal().then(table::terminal_width).flatten();
            let mut stdout = BufWriter::new(stdout.lock());
            write_to(&mut stdout, &batches, to.format, width)
                .and_then(|()| stdout.flush().map_err(stdout_failed))
        }
    }
}

/// Writes a text to standard output.
pub(crate) fn text(text: &str) -> Result<(), Failure> {
    io::stdout().lock().write_all(text.as_bytes()).map_err(stdout_failed)
}

fn stdout_failed(error: io::Error) -> Failure {
    Failure::Io("standard output".to_owned(), error)
}

fn write_to(
    out: &mut impl Write,
    batches: &[RecordBatch],
    format: Format,
    width: Option<u16>,
) -> Result<(), Failure> {
    match format {
        Format::Table => {
            let (text, left_out) = table::render(batches, width);
            out.write_all(text.as_bytes()).map_err(stdout_failed)?;
            left_out.iter().for_each(|line| note(line));
            Ok(())
        }
        Format::Csv => {
            let mut writer = arrow_csv::Writer::new(out);
            batches.iter().try_for_each(|batch| writer.write(batch)).map_err(|e| arrow_failed(&e))
        }
        Format::Json => {
            let mut writer = WriterBuilder::new().with_explicit_nulls(true).build::<_, JsonArray>(&mut *out);
            batches.iter().try_for_each(|batch| writer.write(batch)).map_err(|e| arrow_failed(&e))?;
            writer.finish().map_err(|e| arrow_failed(&e))?;
            out.write_all(b"\n").map_err(stdout_failed)
        }
        Format::Ndjson => {
            let mut writer = WriterBuilder::new().with_explicit_nulls(true).build::<_, LineDelimited>(out);
            batches.iter().try_for_each(|batch| writer.write(batch)).map_err(|e| arrow_failed(&e))?;
            writer.finish().map_err(|e| arrow_failed(&e))
        }
    }
}

fn arrow_failed(error: &arrow_schema::ArrowError) -> Failure {
    match error {
        arrow_schema::ArrowError::IoError(_, io) => stdout_failed(io::Error::from(io.kind())),
        // The CSV writer turns the pipe's error into text.
        other if other.to_string().contains("Broken pipe") => stdout_failed(io::ErrorKind::BrokenPipe.into()),
        other => Failure::Write(format!("rows that cannot be written: {other}")),
    }
}

/// The same table with time stamps labelled `+08:00` in place of `Asia/Shanghai`: the same instants, and text that needs no
/// time-zone database.
fn with_offset(batch: &RecordBatch) -> RecordBatch {
    let relabel = |column: &Arc<dyn Array>| match column.as_any().downcast_ref::<TimestampMillisecondArray>()
    {
        Some(times) => Arc::new(times.clone().with_timezone("+08:00")) as Arc<dyn Array>,
        None => Arc::clone(column),
    };
    let columns: Vec<Arc<dyn Array>> = batch.columns().iter().map(relabel).collect();
    let fields: Vec<_> = (batch.schema().fields().iter().zip(&columns))
        .map(|(field, column)| match field.data_type() {
            DataType::Timestamp(..) => {
                Arc::new(field.as_ref().clone().with_data_type(column.data_type().clone()))
            }
            _ => Arc::clone(field),
        })
        .collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap_or_else(|_| batch.clone())
}
