//! The definition of a data set as plain data.

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use jiff::Timestamp;

use super::check;
use super::{Check, ColumnSpec, Keep, Pace, schema};
use crate::error::{InvalidInput, SourceError};
use crate::period::Period;
use crate::precision::Precision;
use crate::query::{DatasetId, Query};
use crate::rules::{ParamSpec, Params, Rules, Scope, choice};
use crate::selection::Selection;
use crate::shape::ShapeKind;
use crate::symbol::Symbol;
use crate::universe::Universe;

/// The definition of a data set as plain data: its name, what a query may ask for, its columns, and what every table must
/// satisfy.
///
/// [`dataset!`](crate::dataset!) makes one from the types of a data set, and the `const` methods below add the rest.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct DatasetSpec {
    /// The id, such as `cn_stock_daily`.
    pub id: &'static str,
    /// A title of one line for people.
    pub title: &'static str,
    /// The shape of its queries.
    pub shape: ShapeKind,
    /// What a query may ask for.
    pub rules: Rules,
    /// The columns, in order.
    pub columns: &'static [ColumnSpec],
    /// The columns that identify a row. Rows ascend by them, except in snapshots and searches.
    pub key: &'static [&'static str],
    /// How long an answer may be cached.
    pub keep: Keep,
    /// How long an answer may take.
    pub pace: Pace,
    /// What every table must satisfy before a caller receives it.
    pub checks: &'static [Check],
    /// A check in code, for what [`Check`] cannot express.
    pub extra: Option<ExtraCheck>,
    /// The parameters of a query that has an answer, for docs and probes.
    pub example: &'static [(&'static str, &'static str)],
}

/// A check in code, given the selection, the table, and how precise the source's numbers are.
pub type ExtraCheck = fn(&Selection, &RecordBatch, &Precision) -> Result<(), SourceError>;

impl DatasetSpec {
    /// A data set with these columns, without a key, caching or checks.
    pub const fn new(
        id: &'static str,
        title: &'static str,
        shape: ShapeKind,
        columns: &'static [ColumnSpec],
    ) -> Self {
        Self {
            id,
            title,
            shape,
            rules: Rules::new(id),
            columns,
            key: &[],
            keep: Keep::Never,
            pace: Pace::Quick,
            checks: &[],
            extra: None,
            example: &[],
        }
    }

    /// Sets the instruments of the data set.
    #[must_use]
    pub const fn universe(mut self, universe: &'static Universe) -> Self {
        self.rules.universe = universe;
        self
    }

    /// Sets the periods of its bars, the default first.
    #[must_use]
    pub const fn periods(mut self, periods: &'static [Period]) -> Self {
        self.rules.periods = periods;
        self
    }

    /// Allows adjusted prices.
    #[must_use]
    pub const fn adjusts(mut self) -> Self {
        self.rules.adjusts = true;
        self
    }

    /// Sets the parts of the market that can be listed, the default first.
    #[must_use]
    pub const fn scopes(mut self, scopes: &'static [Scope]) -> Self {
        self.rules.scopes = scopes;
        self
    }

    /// Allows listings as of a past day.
    #[must_use]
    pub const fn dated(mut self) -> Self {
        self.rules.dated = true;
        self
    }

    /// Sets the parameters of a data set of the shape [`Free`](crate::Free).
    #[must_use]
    pub const fn params(mut self, params: &'static [ParamSpec]) -> Self {
        self.rules.params = params;
        self
    }

    /// Sets the columns that identify a row.
    #[must_use]
    pub const fn key(mut self, key: &'static [&'static str]) -> Self {
        self.key = key;
        self
    }

    /// Sets how long an answer may be cached.
    #[must_use]
    pub const fn keep(mut self, keep: Keep) -> Self {
        self.keep = keep;
        self
    }

    /// Sets how long an answer may take.
    #[must_use]
    pub const fn pace(mut self, pace: Pace) -> Self {
        self.pace = pace;
        self
    }

    /// Sets what every table must satisfy.
    #[must_use]
    pub const fn checks(mut self, checks: &'static [Check]) -> Self {
        self.checks = checks;
        self
    }

    /// Sets a check in code, for what [`Check`] cannot express.
    #[must_use]
    pub const fn extra(mut self, extra: ExtraCheck) -> Self {
        self.extra = Some(extra);
        self
    }

    /// Sets the parameters of a query that has an answer.
    #[must_use]
    pub const fn example(mut self, example: &'static [(&'static str, &'static str)]) -> Self {
        self.example = example;
        self
    }

    /// The id as a value.
    pub const fn id(&self) -> DatasetId {
        DatasetId::new(self.id)
    }

    /// The Arrow schema, with units and docs in the metadata of its fields, and the id in its own.
    pub fn schema(&self) -> SchemaRef {
        schema(self.id, self.columns)
    }

    /// The parameters of a query, in the order of the docs.
    pub fn list_params(&self) -> Vec<ParamSpec<String>> {
        self.shape.params(&self.rules)
    }

    /// The example of the definition as a query, for docs and probes; `None` if it has none.
    pub fn example_query(&self) -> Option<Query> {
        let params: Params =
            self.example.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.parse(&params).ok().filter(|_| !self.example.is_empty())
    }

    /// A query with this selection, checked like its parameters in [`parse`](Self::parse).
    ///
    /// # Errors
    ///
    /// When the selection has another shape, or asks for something that the data set does not have.
    pub fn query(&self, selection: &Selection) -> Result<Query, InvalidInput> {
        if selection.kind() != self.shape {
            let (expected, got) = (self.shape, selection.kind());
            return Err(InvalidInput::new(format!("expected {expected:?} for {}, got {got:?}", self.id)));
        }
        self.parse(&selection.to_params())
    }

    /// Parses `name=value` parameters into a query.
    ///
    /// ```
    /// use finvista_core::dataset::DatasetSpec;
    /// use finvista_core::{ParamSpec, ShapeKind};
    ///
    /// const PARAMS: &[ParamSpec] = &[ParamSpec::required("port", "the harbour")];
    /// const TIDES: DatasetSpec =
    ///     DatasetSpec::new("tides", "High tides", ShapeKind::Free, &[]).params(PARAMS);
    ///
    /// let query = TIDES.parse(&[("port".to_owned(), "Ningbo".to_owned())].into())?;
    /// assert_eq!(query.to_string(), "port=Ningbo");
    /// let error = TIDES.parse(&Default::default()).unwrap_err();
    /// assert_eq!(error.to_string(), "expected port for tides (the harbour), got none");
    /// assert_eq!(error.param(), Some("port"));
    /// # Ok::<(), finvista_core::InvalidInput>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When a parameter is unknown or missing, or its value cannot be read.
    pub fn parse(&self, params: &Params) -> Result<Query, InvalidInput> {
        let specs = self.list_params();
        let unlisted = self.shape.unlisted();
        let is_known = |name: &str| specs.iter().any(|p| p.name == name) || unlisted.contains(&name);
        if let Some(name) = params.keys().find(|name| !is_known(name)) {
            let known = choice(specs.iter().map(|p| p.name));
            let message = format!("expected a parameter of {} ({known}), got {name:?}", self.id);
            return Err(InvalidInput::new(message));
        }
        if let Some(param) = specs.iter().find(|p| p.required && !params.contains_key(p.name)) {
            let message = format!("expected {} for {} ({}), got none", param.name, self.id, param.doc);
            return Err(InvalidInput::of(param.name, message));
        }
        Ok(Query::new(self.id(), self.shape.parse(params, &self.rules)?))
    }

    /// Checks a table of the data set, from a source that was asked at `now`, against the selection. Returns the symbols asked for
    /// that have no row.
    ///
    /// # Errors
    ///
    /// [`Invalid`](crate::ErrorKind::Invalid), with the first row that fails a check.
    pub fn check(
        &self,
        selection: &Selection,
        batch: &RecordBatch,
        precision: &Precision,
        now: Timestamp,
    ) -> Result<Vec<Symbol>, SourceError> {
        let missing = check::run(self, selection, batch, precision, now)?;
        if let Some(extra) = self.extra {
            extra(selection, batch, precision)?;
        }
        Ok(missing)
    }

    /// Whether another definition has the same columns in name, type and nullability, so that its sources can serve this one.
    /// Titles and docs may differ.
    pub fn same_columns(&self, other: &Self) -> bool {
        let shape = |spec: &ColumnSpec| (spec.name, spec.ty, spec.nullable);
        self.columns.len() == other.columns.len()
            && self.columns.iter().map(shape).eq(other.columns.iter().map(shape))
    }

    /// Looks for contradictions in the definition: names that are not in lower-case ASCII, duplicate columns, and a key or
    /// check on a column that does not exist or has the wrong type.
    ///
    /// # Errors
    ///
    /// The first contradiction.
    pub fn validate(&self) -> Result<(), String> {
        let columns = || self.columns.iter().map(|column| column.name);
        let params: Vec<&str> = self.rules.params.iter().map(|param| param.name).collect();
        for name in [self.id].into_iter().chain(columns()).chain(params) {
            let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
            if name.is_empty() || !name.bytes().all(plain) {
                return Err(format!(
                    "expected a name of lower-case ASCII letters, digits and _, got {name:?}"
                ));
            }
        }
        let mut names: Vec<&str> = columns().collect();
        names.sort_unstable();
        if let Some(twice) =
            names.windows(2).find_map(|pair| pair.first().filter(|first| pair.last() == Some(first)))
        {
            return Err(format!("expected unique columns, got {twice} twice"));
        }
        if let Some(name) = self.key.iter().find(|name| columns().all(|column| column != **name)) {
            return Err(format!("expected a key of columns, got {name}"));
        }
        self.checks.iter().try_for_each(|check| check.fits(self))
    }
}
