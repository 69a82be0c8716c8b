//! Why a conversion fails.

/// Why a table was not converted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConvertError {
    /// A column cannot be converted.
    #[error("the column {column:?}: {why}")]
    Column {
        /// Its name.
        column: String,
        /// Why not.
        why: String,
    },
    /// The columns make no table.
    #[error("the columns make no table: {why}")]
    Table {
        /// Why not.
        why: String,
    },
}

impl ConvertError {
    pub(crate) fn column(column: &str, why: &dyn std::error::Error) -> Self {
        Self::Column { column: column.to_owned(), why: why.to_string() }
    }
}
