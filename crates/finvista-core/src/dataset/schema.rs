//! The Arrow schemas of data sets.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use arrow_schema::{Schema, SchemaRef};

use super::ColumnSpec;

/// The Arrow schema of these columns, with units and docs in the metadata of the fields, and the id of the data set in that of
/// the schema. It is made once, so tables of one data set share a pointer.
pub fn schema(id: &'static str, columns: &'static [ColumnSpec]) -> SchemaRef {
    type Known = (&'static str, &'static [ColumnSpec], SchemaRef);
    static SCHEMAS: Mutex<Vec<Known>> = Mutex::new(Vec::new());
    let mut schemas = SCHEMAS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((.., schema)) = schemas.iter().find(|(known, specs, _)| *known == id && *specs == columns) {
        return Arc::clone(schema);
    }
    let fields: Vec<_> = columns.iter().map(ColumnSpec::field).collect();
    let metadata = HashMap::from([("dataset".to_owned(), id.to_owned())]);
    let schema: SchemaRef = Schema::new_with_metadata(fields, metadata).into();
    schemas.push((id, columns, Arc::clone(&schema)));
    schema
}
