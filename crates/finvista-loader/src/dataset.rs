//! Data sets that plugins define: the definition in a manifest becomes a [`DatasetSpec`], which lives until the process ends.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use finvista_core::dataset::{Check, ColumnSpec};
use finvista_core::{BareCode, CodeForm, DatasetSpec, ParamSpec, Scope, Universe};
use finvista_plugin::manifest::{Bare, Column, Definition, Instruments, Param, Part};

use crate::leak;

/// A definition that was read, and whether it is free of contradictions.
type Read = (&'static DatasetSpec, Result<(), String>);

/// The data set of a definition, or why it is not one. Equal definitions are one data set.
pub(crate) fn spec(id: &str, definition: &Definition) -> Result<&'static DatasetSpec, String> {
    /// Every definition that a plugin brought, by its id and its JSON: one that is wrong stays as well, because its parts are
    /// never freed.
    static SPECS: Mutex<BTreeMap<(String, String), Read>> = Mutex::new(BTreeMap::new());
    let json = serde_json::to_string(definition).map_err(|e| e.to_string())?;
    let checks = checks(definition)?;
    let mut specs = SPECS.lock().unwrap_or_else(PoisonError::into_inner);
    let (spec, is_valid) = specs.entry((id.to_owned(), json)).or_insert_with(|| {
        let spec: &'static DatasetSpec = Box::leak(Box::new(leaked(id, definition).checks(checks.leak())));
        (spec, spec.validate())
    });
    is_valid.clone().map(|()| *spec)
}

/// A definition without its checks.
fn leaked(id: &str, definition: &Definition) -> DatasetSpec {
    let example = definition.example.iter().map(|(name, value)| (leak::text(name), leak::text(value)));
    let mut spec = DatasetSpec::new(
        leak::text(id),
        leak::text(&definition.title),
        definition.shape,
        definition.columns.iter().map(column).collect::<Vec<_>>().leak(),
    )
    .periods(leak::periods(definition.periods.clone()))
    .scopes(definition.scopes.iter().map(scope).collect::<Vec<_>>().leak())
    .params(definition.params.iter().map(param).collect::<Vec<_>>().leak())
    .key(leak::texts(&definition.key))
    .keep(definition.keep)
    .pace(definition.pace)
    .example(example.collect::<Vec<_>>().leak());
    if let Some(instruments) = &definition.universe {
        spec = spec.universe(Box::leak(Box::new(universe(instruments))));
    }
    if definition.adjusts {
        spec = spec.adjusts();
    }
    if definition.dated {
        spec = spec.dated();
    }
    spec
}

/// The checks. Each must be known: a table that one of them would refuse must not reach a caller.
fn checks(definition: &Definition) -> Result<Vec<Check>, String> {
    let read = |check: &serde_json::Value| {
        // Checks borrow the names of their columns from the text.
        serde_json::from_str::<Check>(leak::text(&check.to_string()))
            .map_err(|e| format!("check {check}: {e}"))
    };
    definition.checks.iter().map(read).collect()
}

/// A column of a definition.
pub(crate) fn column(column: &Column) -> ColumnSpec {
    ColumnSpec {
        name: leak::text(&column.name),
        ty: column.column_type(),
        nullable: column.nullable,
        unit: leak::text(&column.unit),
        doc: leak::text(&column.doc),
    }
}

fn scope(part: &Part) -> Scope {
    Scope { name: leak::text(&part.name), title: leak::text(&part.title), boards: part.boards }
}

fn param(param: &Param) -> ParamSpec {
    let (name, doc) = (leak::text(&param.name), leak::text(&param.doc));
    if param.required { ParamSpec::required(name, doc) } else { ParamSpec::optional(name, doc) }
}

fn universe(instruments: &Instruments) -> Universe {
    let bare = |bare: &Bare| BareCode {
        form: CodeForm::from(bare),
        starts: leak::texts(&bare.starts),
        venue: bare.venue,
    };
    Universe {
        name: leak::text(&instruments.name),
        bare: instruments.bare.iter().map(bare).collect::<Vec<_>>().leak(),
        boards: instruments.boards,
        known: leak::texts(&instruments.known),
        unknown: leak::texts(&instruments.unknown),
    }
}
