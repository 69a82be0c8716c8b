//! Definitions of data sets in a manifest.

use std::collections::BTreeMap;

use finvista_core::dataset::{Keep, Pace};
use finvista_core::{
    BareCode, Boards, CodeForm, DatasetSpec, ParamSpec, Period, Scope, ShapeKind, Universe, Venue,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Column;

/// A data set as data, see [`DatasetSpec`]. A host that does not have the data set takes it from here, and then needs to
/// understand every part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Definition {
    /// One line for people.
    #[serde(default)]
    pub title: String,
    /// The shape of its questions.
    pub shape: ShapeKind,
    /// The instruments that it is about; absent: those of any venue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub universe: Option<Instruments>,
    /// The periods of its bars, the default first.
    #[serde(default = "daily")]
    pub periods: Vec<Period>,
    /// Whether its prices can be adjusted.
    #[serde(default)]
    pub adjusts: bool,
    /// The parts of the market that can be listed, the default first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<Part>,
    /// Whether a listing may be that of a day that is over.
    #[serde(default)]
    pub dated: bool,
    /// The parameters of a data set with free ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub params: Vec<Param>,
    /// The columns, in order.
    pub columns: Vec<Column>,
    /// The columns that tell rows apart.
    #[serde(default)]
    pub key: Vec<String>,
    /// How long an answer may be kept.
    #[serde(default)]
    pub keep: Keep,
    /// How long an answer may take.
    #[serde(default)]
    pub pace: Pace,
    /// What every table must satisfy: each a [`Check`](finvista_core::dataset::Check) as it serialises.
    #[serde(default)]
    pub checks: Vec<Value>,
    /// The parameters of a query that has an answer.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub example: BTreeMap<String, String>,
}

fn daily() -> Vec<Period> {
    vec![Period::Day]
}

/// The instruments that a data set is about, see [`Universe`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Instruments {
    /// What they are, in the plural.
    pub name: String,
    /// How a bare code is read: the first rule that fits gives the venue.
    #[serde(default)]
    pub bare: Vec<Bare>,
    /// The boards whose instruments belong.
    pub boards: Boards,
    /// One well-known symbol of each board.
    #[serde(default)]
    pub known: Vec<String>,
    /// Symbols that no vendor has.
    #[serde(default)]
    pub unknown: Vec<String>,
}

/// A rule that reads a bare code, see [`BareCode`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bare {
    /// What the code looks like.
    pub form: Form,
    /// How it starts; any start where the list is empty.
    #[serde(default)]
    pub starts: Vec<String>,
    /// Where it is assigned.
    pub venue: Venue,
}

/// What a bare code looks like, see [`CodeForm`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Form {
    /// Exactly this number of digits.
    Digits(u8),
    /// One digit or more, up to this number.
    UpToDigits(u8),
    /// A letter first, then letters, digits, points and hyphens.
    Ticker,
}

/// A part of a market, see [`Scope`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// The name, as in `market=star`.
    pub name: String,
    /// What it holds, for people.
    pub title: String,
    /// The boards whose instruments it may hold.
    pub boards: Boards,
}

/// A parameter of a query, see [`ParamSpec`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Param {
    /// The name.
    pub name: String,
    /// Whether a query must have it.
    #[serde(default)]
    pub required: bool,
    /// What it means.
    #[serde(default)]
    pub doc: String,
}

impl Definition {
    /// The definition of a data set, or the first part of it that this version of the ABI cannot name.
    pub(super) fn of(spec: &DatasetSpec) -> Result<Self, String> {
        let rules = spec.rules;
        let check = |check| serde_json::to_value(check).map_err(|e| e.to_string());
        let example = spec.example.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Ok(Self {
            title: spec.title.to_owned(),
            shape: spec.shape,
            universe: Some(Instruments::of(rules.universe)?),
            periods: rules.periods.to_vec(),
            adjusts: rules.adjusts,
            scopes: rules.scopes.iter().map(Part::from).collect(),
            dated: rules.dated,
            params: rules.params.iter().map(Param::from).collect(),
            columns: Column::all_of(spec)?,
            key: owned(spec.key),
            keep: spec.keep,
            pace: spec.pace,
            checks: spec.checks.iter().map(check).collect::<Result<_, _>>()?,
            example: example.collect(),
        })
    }
}

impl Instruments {
    fn of(universe: &Universe) -> Result<Self, String> {
        let bare = |rule: &BareCode| {
            let form = match rule.form {
                CodeForm::Digits(len) => Form::Digits(len),
                CodeForm::UpToDigits(most) => Form::UpToDigits(most),
                CodeForm::Ticker => Form::Ticker,
                other => return Err(format!("the form {other:?} of bare codes has no name")),
            };
            Ok(Bare { form, starts: owned(rule.starts), venue: rule.venue })
        };
        Ok(Self {
            name: universe.name.to_owned(),
            bare: universe.bare.iter().map(bare).collect::<Result<_, _>>()?,
            boards: universe.boards,
            known: owned(universe.known),
            unknown: owned(universe.unknown),
        })
    }
}

impl From<&Bare> for CodeForm {
    fn from(bare: &Bare) -> Self {
        match bare.form {
            Form::Digits(len) => Self::Digits(len),
            Form::UpToDigits(most) => Self::UpToDigits(most),
            Form::Ticker => Self::Ticker,
        }
    }
}

impl From<&Scope> for Part {
    fn from(scope: &Scope) -> Self {
        Self { name: scope.name.to_owned(), title: scope.title.to_owned(), boards: scope.boards }
    }
}

impl From<&ParamSpec> for Param {
    fn from(param: &ParamSpec) -> Self {
        Self { name: param.name.to_owned(), required: param.required, doc: param.doc.to_string() }
    }
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}
