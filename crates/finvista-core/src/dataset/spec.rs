//! A data set as plain data.

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;

use super::check;
use super::{Check, ColumnSpec, Keep, Pace, schema};
use crate::capability::Precision;
use crate::error::{InvalidInput, SourceError};
use crate::period::Period;
use crate::query::{DatasetId, Query};
use crate::rules::{ParamSpec, Params, Rules, Scope};
use crate::selection::Selection;
use crate::shape::ShapeKind;
use crate::symbol::Symbol;
use crate::universe::Universe;

/// A data set as plain data: what it is called, what is asked, what comes back, and what every table must satisfy.
///
/// [`dataset!`](crate::dataset) makes one from the types of a definition; the methods below add the rest, in a `const`.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct DatasetSpec {
    /// The key.
    pub id: &'static str,
    /// One line for people.
    pub title: &'static str,
    /// The shape of its questions.
    pub shape: ShapeKind,
    /// What a query may ask.
    pub rules: Rules,
    /// The columns, in order.
    pub columns: &'static [ColumnSpec],
    /// The columns that tell rows apart. Rows ascend by them, or have the order of the symbols asked for.
    pub key: &'static [&'static str],
    /// How long an answer may be kept.
    pub keep: Keep,
    /// How long an answer may take.
    pub pace: Pace,
    /// What every table must satisfy before a caller sees it.
    pub checks: &'static [Check],
    /// What the checks cannot say.
    pub extra: Option<ExtraCheck>,
    /// The parameters of a query that has an answer, for docs and probes.
    pub example: &'static [(&'static str, &'static str)],
}

/// A check in code: what was asked, the table, and how exact the source's numbers are.
pub type ExtraCheck = fn(&Selection, &RecordBatch, &Precision) -> Result<(), SourceError>;

impl DatasetSpec {
    /// A data set with these columns, which is not kept and checks nothing.
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

    /// Sets the instruments that it is about.
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

    /// Says that its prices can be adjusted.
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

    /// Says that a listing may be that of a day that is over.
    #[must_use]
    pub const fn dated(mut self) -> Self {
        self.rules.dated = true;
        self
    }

    /// Sets the parameters of a data set with free ones.
    #[must_use]
    pub const fn params(mut self, params: &'static [ParamSpec]) -> Self {
        self.rules.params = params;
        self
    }

    /// Sets the columns that tell rows apart.
    #[must_use]
    pub const fn key(mut self, key: &'static [&'static str]) -> Self {
        self.key = key;
        self
    }

    /// Sets how long an answer may be kept.
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

    /// Sets what the checks cannot say.
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

    /// The key as an id.
    pub const fn id(&self) -> DatasetId {
        DatasetId::new(self.id)
    }

    /// The Arrow schema: units and docs are in each field's metadata, the key is in the schema's.
    pub fn schema(&self) -> SchemaRef {
        schema(self.id, self.columns)
    }

    /// The parameters of a query, in the order of the docs.
    pub fn list_params(&self) -> Vec<ParamSpec> {
        self.shape.params(&self.rules)
    }

    /// The query whose answer the docs show and probes ask for, or `None` where the definition has no example.
    pub fn example_query(&self) -> Option<Query> {
        let params: Params =
            self.example.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.parse(&params).ok().filter(|_| !self.example.is_empty())
    }

    /// The query with this selection, as [`parse`](Self::parse) would make it of its parameters.
    ///
    /// # Errors
    ///
    /// When the selection has another shape, or asks for what the data set does not have.
    pub fn query(&self, selection: &Selection) -> Result<Query, InvalidInput> {
        if selection.kind() != self.shape {
            let (expected, got) = (self.shape, selection.kind());
            return Err(InvalidInput::new(format!("{}: expected a {expected:?}, got a {got:?}", self.id)));
        }
        self.parse(&selection.to_params())
    }

    /// Reads `name=value` parameters into a query.
    ///
    /// ```
    /// use finvista_core::dataset::DatasetSpec;
    /// use finvista_core::{ParamSpec, ShapeKind};
    ///
    /// const TIDES: DatasetSpec = DatasetSpec::new("tides", "High tides", ShapeKind::Free, &[])
    ///     .params(&[ParamSpec::required("port", "the harbour")]);
    ///
    /// let query = TIDES.parse(&[("port".to_owned(), "Ningbo".to_owned())].into())?;
    /// assert_eq!(query.to_string(), "port=Ningbo");
    /// let error = TIDES.parse(&Default::default()).unwrap_err();
    /// assert_eq!(error.to_string(), "tides needs port: the harbour");
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
            let known = specs.iter().map(|p| p.name).collect::<Vec<_>>().join(", ");
            return Err(InvalidInput::new(format!("{} has no parameter {name:?}: it has {known}", self.id)));
        }
        if let Some(param) = specs.iter().find(|p| p.required && !params.contains_key(p.name)) {
            let message = format!("{} needs {}: {}", self.id, param.name, param.doc);
            return Err(InvalidInput::of(param.name, message));
        }
        Ok(Query::new(self.id(), self.shape.parse(params, &self.rules)?))
    }

    /// Checks a table of the data set against what was asked. Returns the symbols that were asked for and have no row.
    ///
    /// # Errors
    ///
    /// [`Invalid`](crate::ErrorKind::Invalid) for the first row that is wrong.
    pub fn check(
        &self,
        selection: &Selection,
        batch: &RecordBatch,
        precision: &Precision,
    ) -> Result<Vec<Symbol>, SourceError> {
        let missing = check::run(self, selection, batch, precision)?;
        if let Some(extra) = self.extra {
            extra(selection, batch, precision)?;
        }
        Ok(missing)
    }

    /// Whether another definition has the same columns, by name, type and nullability: a source of the other is then a source
    /// of this one. Titles and docs may differ.
    pub fn same_columns(&self, other: &Self) -> bool {
        let shape = |spec: &ColumnSpec| (spec.name, spec.ty, spec.nullable);
        self.columns.len() == other.columns.len()
            && self.columns.iter().map(shape).eq(other.columns.iter().map(shape))
    }

    /// Looks for contradictions in the definition: names that are not lower-case ASCII, a column that comes twice, and a key or
    /// check that names a column which is not there or has another type.
    ///
    /// # Errors
    ///
    /// What is wrong.
    pub fn validate(&self) -> Result<(), String> {
        let columns = || self.columns.iter().map(|column| column.name);
        let params: Vec<&str> = self.rules.params.iter().map(|param| param.name).collect();
        for name in [self.id].into_iter().chain(columns()).chain(params) {
            let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
            if name.is_empty() || !name.bytes().all(plain) {
                return Err(format!("expected a name in lower-case ASCII, digits and _, got {name:?}"));
            }
        }
        let mut names: Vec<&str> = columns().collect();
        names.sort_unstable();
        if let Some(twice) =
            names.windows(2).find_map(|pair| pair.first().filter(|first| pair.last() == Some(first)))
        {
            return Err(format!("data set {} has column {twice} twice", self.id));
        }
        if let Some(name) = self.key.iter().find(|name| columns().all(|column| column != **name)) {
            return Err(format!("the key of data set {} names {name}, which is not a column", self.id));
        }
        self.checks.iter().try_for_each(|check| check.fits(self))
    }
}
