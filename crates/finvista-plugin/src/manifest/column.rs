//! Columns in a manifest.

use finvista_core::dataset::{ColumnSpec, ColumnType};
use finvista_core::{DatasetSpec, Zone};
use serde::{Deserialize, Serialize};

/// A column, see [`ColumnSpec`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// The name.
    pub name: String,
    /// The type.
    #[serde(rename = "type")]
    pub ty: Type,
    /// The zone of a [`Type::Time`]; that of China where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<Zone>,
    /// Whether a value may be missing.
    #[serde(default)]
    pub nullable: bool,
    /// The unit; empty where there is none.
    #[serde(default)]
    pub unit: String,
    /// What it is.
    #[serde(default)]
    pub doc: String,
}

/// The type of a column, see [`ColumnType`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Type {
    /// UTF-8 text.
    Text,
    /// UTF-8 text that many rows share: a dictionary of texts with 32-bit numbers, or a text for each row.
    Label,
    /// A day.
    Date,
    /// An instant in milliseconds, shown in a zone.
    Time,
    /// A 64-bit float.
    Float,
    /// A 64-bit integer.
    Int,
    /// True or false.
    Bool,
}

impl Column {
    /// The columns of a definition, or the first whose type this version of the ABI cannot name.
    pub(super) fn all_of(spec: &DatasetSpec) -> Result<Vec<Self>, String> {
        let column = |spec: &ColumnSpec| {
            let (ty, zone) = match spec.ty {
                ColumnType::Text => (Type::Text, None),
                ColumnType::Label => (Type::Label, None),
                ColumnType::Date => (Type::Date, None),
                ColumnType::Time(zone) => (Type::Time, Some(zone)),
                ColumnType::Float => (Type::Float, None),
                ColumnType::Int => (Type::Int, None),
                ColumnType::Bool => (Type::Bool, None),
                other => return Err(format!("column {} is {other:?}, which has no name", spec.name)),
            };
            Ok(Self {
                name: spec.name.to_owned(),
                ty,
                zone,
                nullable: spec.nullable,
                unit: spec.unit.to_owned(),
                doc: spec.doc.trim().to_owned(),
            })
        };
        spec.columns.iter().map(column).collect()
    }

    /// The type as a definition has it.
    pub fn column_type(&self) -> ColumnType {
        match self.ty {
            Type::Text => ColumnType::Text,
            Type::Label => ColumnType::Label,
            Type::Date => ColumnType::Date,
            Type::Time => ColumnType::Time(self.zone.unwrap_or(Zone::Shanghai)),
            Type::Float => ColumnType::Float,
            Type::Int => ColumnType::Int,
            Type::Bool => ColumnType::Bool,
        }
    }
}
