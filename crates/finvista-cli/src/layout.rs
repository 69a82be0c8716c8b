//! Rows as text: CSV, JSON and NDJSON for programs.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{Array, ArrayRef, RecordBatch, StringArray, TimestampMillisecondArray};
use arrow_json::writer::{JsonArray, JsonFormat, LineDelimited, WriterBuilder};
use arrow_schema::{ArrowError, DataType, Field, Schema};
use finvista::{Query, Table};

use crate::failure::Failure;
use crate::options::{Format, Output};

/// How the rows of a command are written. Rows of several answers form one table, so each answer is a piece of the same text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) format: Format,
    /// Whether there is a column `source`.
    source: bool,
    provenance: bool,
    guard: bool,
}

impl Layout {
    /// The layout that was asked for. `several` says whether rows of more than one vendor may meet.
    pub(crate) fn new(to: &Output, several: bool) -> Result<Self, Failure> {
        let format = to.format().map_err(finvista::Error::from)?;
        let source = several && !to.no_source;
        Ok(Self { format, source, provenance: to.provenance, guard: to.guard_formulas })
    }

    /// The layout in words, to tell whether two files have the same.
    pub(crate) fn name(self) -> String {
        let Self { format, source, provenance, guard } = self;
        let format = format!("{format:?}").to_lowercase();
        let version = env!("CARGO_PKG_VERSION");
        format!("{format}, source {source}, provenance {provenance}, guard {guard}, version {version}")
    }

    /// The rows of an answer with the columns of this layout.
    pub(crate) fn batch(self, table: &Table) -> RecordBatch {
        let schema = table.schema();
        let mut columns: Vec<ArrayRef> = table.batch().columns().iter().map(|c| self.column(c)).collect();
        let mut fields: Vec<Field> = (schema.fields().iter().zip(&columns))
            .map(|(field, column)| field.as_ref().clone().with_data_type(column.data_type().clone()))
            .collect();
        if self.source && table.column("source").is_none() {
            let source = std::iter::repeat_n(Some(table.source()), table.num_rows());
            columns.push(Arc::new(source.collect::<StringArray>()));
            fields.push(Field::new("source", DataType::Utf8, false));
        }
        // Columns of one table have one length, and each field has the type of its column.
        RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap_or_else(|_| table.batch().clone())
    }

    /// What stands before the first answer: the header of a CSV.
    pub(crate) fn header(self, table: &Table) -> Result<Vec<u8>, Failure> {
        let mut text = Vec::new();
        if self.format == Format::Csv {
            let empty = self.batch(table).slice(0, 0);
            arrow_csv::Writer::new(&mut text).write(&empty).map_err(|e| wrong(&e))?;
        }
        Ok(text)
    }

    /// The lines of an answer. Those of a JSON array are its elements, one a line: see [`joined`].
    pub(crate) fn lines(self, query: &Query, table: &Table) -> Result<Vec<u8>, Failure> {
        let batch = self.batch(table);
        if matches!(self.format, Format::Csv | Format::Table) {
            let mut text = Vec::new();
            let mut writer = arrow_csv::WriterBuilder::new().with_header(false).build(&mut text);
            writer.write(&batch).map_err(|e| wrong(&e))?;
            drop(writer);
            return Ok(text);
        }
        if !self.provenance {
            return objects::<LineDelimited>(&batch);
        }
        let text = |value: serde_json::Result<String>| value.map_err(|e| Failure::Write(e.to_string()));
        let asked = text(serde_json::to_string(&query.to_params()))?;
        let provenance = text(serde_json::to_string(table.provenance()))?;
        let mut line = format!("{{\"query\":{asked},\"provenance\":{provenance},\"rows\":").into_bytes();
        line.extend(objects::<JsonArray>(&batch)?);
        line.extend(b"}\n");
        Ok(line)
    }

    /// A column as text needs it: times labelled `+08:00` instead of `Asia/Shanghai`, which are the same instants and need no
    /// time-zone database, and texts guarded.
    fn column(self, column: &ArrayRef) -> ArrayRef {
        if let Some(times) = column.as_any().downcast_ref::<TimestampMillisecondArray>() {
            return Arc::new(times.clone().with_timezone("+08:00"));
        }
        if !self.guard {
            return Arc::clone(column);
        }
        let labels = column.as_dictionary_opt::<Int32Type>();
        let texts = labels.map_or(column, |labels| labels.values());
        let Some(texts) = texts.as_string_opt::<i32>() else { return Arc::clone(column) };
        let guarded: StringArray = texts.iter().map(|text| text.map(guarded)).collect();
        match labels {
            Some(labels) => Arc::new(labels.with_values(Arc::new(guarded))),
            None => Arc::new(guarded),
        }
    }
}

/// A text that no spreadsheet runs as a formula.
fn guarded(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    format!("{guard}{text}")
}

/// The elements of a JSON array from lines of objects: separated by commas.
pub(crate) fn joined(mut lines: Vec<u8>) -> Vec<u8> {
    // Within an object, a line break is written as \n.
    lines.pop_if(|last| *last == b'\n');
    lines.iter_mut().filter(|byte| **byte == b'\n').for_each(|byte| *byte = b',');
    lines
}

fn objects<F: JsonFormat>(batch: &RecordBatch) -> Result<Vec<u8>, Failure> {
    let mut text = Vec::new();
    let mut writer = WriterBuilder::new().with_explicit_nulls(true).build::<_, F>(&mut text);
    writer.write(batch).and_then(|()| writer.finish()).map_err(|e| wrong(&e))?;
    drop(writer);
    Ok(text)
}

fn wrong(error: &ArrowError) -> Failure {
    Failure::Write(format!("rows that cannot be written: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use finvista::CnStockQuote;
    use finvista::raw::dataset::Dataset;

    fn table() -> (Query, Table) {
        let names = StringArray::from(vec![
            Some("=HYPERLINK(\"http://x\")"),
            Some("*ST 海润"),
            None,
            Some("@SUM(A1)"),
        ]);
        let labels: arrow_array::DictionaryArray<Int32Type> =
            ["-1+1", "a,b", "+1", "main"].into_iter().collect();
        let numbers = arrow_array::Int64Array::from(vec![-1, 2, 3, 4]);
        let batch = RecordBatch::try_from_iter_with_nullable([
            ("name", Arc::new(names) as ArrayRef, true),
            ("label", Arc::new(labels) as ArrayRef, false),
            ("number", Arc::new(numbers) as ArrayRef, false),
        ]);
        (CnStockQuote::SPEC.example_query().unwrap(), Table::new(batch.unwrap()))
    }

    fn layout(format: Format, guard: bool) -> Layout {
        Layout { format, source: false, provenance: false, guard }
    }

    #[test]
    fn texts_that_a_spreadsheet_would_run_are_guarded_and_numbers_are_not() {
        let (query, table) = table();
        let text =
            |guard| String::from_utf8(layout(Format::Csv, guard).lines(&query, &table).unwrap()).unwrap();
        assert_eq!(
            text(true),
            "\"'=HYPERLINK(\"\"http://x\"\")\",'-1+1,-1\n*ST 海润,\"a,b\",2\n,'+1,3\n'@SUM(A1),main,4\n"
        );
        assert!(text(false).starts_with("\"=HYPERLINK("));
        assert_eq!(layout(Format::Csv, true).header(&table).unwrap(), b"name,label,number\n");
    }

    #[test]
    fn lines_become_the_elements_of_an_array() {
        let (query, table) = table();
        let lines = layout(Format::Ndjson, false).lines(&query, &table).unwrap();
        assert_eq!(lines.iter().filter(|byte| **byte == b'\n').count(), 4);
        let array = [b"[", &joined(lines)[..], b"]"].concat();
        let rows: serde_json::Value = serde_json::from_slice(&array).unwrap();
        assert_eq!(rows.as_array().unwrap().len(), 4);
        assert_eq!((&rows[2]["name"], &rows[1]["label"]), (&serde_json::Value::Null, &"a,b".into()));
    }
}
