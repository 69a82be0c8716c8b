//! The Arrow schemas of data sets, each made once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use arrow_schema::{Schema, SchemaRef};

use super::ColumnSpec;

/// The Arrow schema of these columns: units and docs are in each field's metadata, the key of the data set is in the
/// schema's. It is made once, so a pointer shows whether a table has the schema of its data set.
pub fn schema(key: &'static str, columns: &'static [ColumnSpec]) -> SchemaRef {
    type Known = (&'static str, &'static [ColumnSpec], SchemaRef);
    static SCHEMAS: Mutex<Vec<Known>> = Mutex::new(Vec::new());
    let mut schemas = SCHEMAS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((.., schema)) = schemas.iter().find(|(id, specs, _)| *id == key && *specs == columns) {
        return Arc::clone(schema);
    }
    let fields: Vec<_> = columns.iter().map(ColumnSpec::field).collect();
    let metadata = HashMap::from([("dataset".to_owned(), key.to_owned())]);
    let schema: SchemaRef = Schema::new_with_metadata(fields, metadata).into();
    schemas.push((key, columns, Arc::clone(&schema)));
    schema
}
