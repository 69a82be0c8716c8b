//! Tables of third parties, converted to the schema of their data set.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{Array, ArrayRef, DictionaryArray, RecordBatch};
use arrow_schema::{DataType, FieldRef, Fields, SchemaRef};

use super::DatasetSpec;
use crate::error::{ErrorKind, SourceError};
use crate::text::clean_batch;

impl DatasetSpec {
    /// The same table with the data set's own schema, so that tables of one data set can always be concatenated. A source may
    /// return plain text in a column of [labels](super::ColumnType::Label). Texts are [cleaned](crate::clean). `schema` is the result of
    /// [`schema`](Self::schema), which callers with many tables keep.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use arrow_array::{Int64Array, RecordBatch, StringArray};
    /// use finvista_core::ShapeKind;
    /// use finvista_core::dataset::{ColumnSpec, ColumnType, DatasetSpec};
    ///
    /// const PORT: ColumnSpec = ColumnSpec { name: "port", ty: ColumnType::Label, nullable: false, unit: "", doc: "the harbour" };
    /// const TIDES: DatasetSpec = DatasetSpec::new("tides", "Tides", ShapeKind::Free, &[PORT]);
    ///
    /// let schema = TIDES.schema();
    /// let ports = StringArray::from(vec!["Ningbo", "Ningbo"]);
    /// let tides = TIDES.adopt(&schema, RecordBatch::try_from_iter([("port", Arc::new(ports) as _)])?)?;
    /// assert_eq!(tides.schema(), schema);
    ///
    /// let numbers = Int64Array::from(vec![1]);
    /// let error = TIDES.adopt(&schema, RecordBatch::try_from_iter([("port", Arc::new(numbers) as _)])?).unwrap_err();
    /// assert_eq!(error.message(), "expected the columns of tides, port Dictionary(Int32, Utf8), got port Int64");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Invalid`](ErrorKind::Invalid) when the columns differ from those of the data set in name, order or type, or a column
    /// that is not nullable has nulls.
    pub fn adopt(&self, schema: &SchemaRef, batch: RecordBatch) -> Result<RecordBatch, SourceError> {
        // Our own builders use the very same schema; a third party's table may have an equal one.
        let batch =
            if Arc::ptr_eq(batch.schema_ref(), schema) { batch } else { self.converted(schema, &batch)? };
        let mut columns = self.columns.iter().zip(batch.columns());
        match columns.find(|(spec, column)| !spec.nullable && column.logical_null_count() > 0) {
            Some((spec, column)) => {
                let nulls = column.logical_null_count();
                Err(invalid(format!("expected no nulls in column {}, got {nulls}", spec.name)))
            }
            None => Ok(clean_batch(batch)),
        }
    }

    fn converted(&self, schema: &SchemaRef, batch: &RecordBatch) -> Result<RecordBatch, SourceError> {
        let (is, should) = (batch.schema_ref().fields(), schema.fields());
        let all = is.iter().zip(should).zip(batch.columns());
        let columns: Option<Vec<ArrayRef>> =
            all.map(|((is, should), column)| converted(is, should, column)).collect();
        let list = |fields: &Fields| {
            fields.iter().map(|f| format!("{} {}", f.name(), f.data_type())).collect::<Vec<_>>().join(", ")
        };
        let columns = columns.filter(|_| is.len() == should.len()).ok_or_else(|| {
            invalid(format!("expected the columns of {}, {}, got {}", self.id, list(should), list(is)))
        })?;
        RecordBatch::try_new(Arc::clone(schema), columns)
            .map_err(|e| invalid(format!("the columns do not form a table of {}: {e}", self.id)))
    }
}

fn invalid(what: String) -> SourceError {
    SourceError::new(ErrorKind::Invalid, what).about_source()
}

/// The column with the type of the data set, if it can be converted.
fn converted(is: &FieldRef, should: &FieldRef, column: &ArrayRef) -> Option<ArrayRef> {
    if is.name() != should.name() {
        return None;
    }
    match (column.as_string_opt::<i32>(), should.data_type()) {
        _ if is.data_type() == should.data_type() => Some(Arc::clone(column)),
        (Some(texts), DataType::Dictionary(..)) => {
            Some(Arc::new(texts.iter().collect::<DictionaryArray<Int32Type>>()))
        }
        _ => None,
    }
}
