//! The kinds of shapes, and the parameters of their queries.

use super::{
    ADJUST, DAY, END, Events, Free, Keyword, LIMIT, Listing, MARKET, MOST_HITS, PERIOD, Reports, START,
    SYMBOL, SYMBOLS, Series, Shape, Snapshot, TEXT,
};
use crate::error::InvalidInput;
use crate::rules::{ParamSpec, Params, Rules, choice};
use crate::selection::Selection;

/// The kind of a shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ShapeKind {
    /// [`Series`].
    Series,
    /// [`Snapshot`].
    Snapshot,
    /// [`Listing`].
    Listing,
    /// [`Reports`].
    Reports,
    /// [`Events`].
    Events,
    /// [`Keyword`].
    Keyword,
    /// [`Free`].
    Free,
}

impl ShapeKind {
    /// Reads a selection from parameters, under the rules of a data set.
    pub(crate) fn parse(self, params: &Params, rules: &Rules) -> Result<Selection, InvalidInput> {
        match self {
            Self::Series => Series::parse(params, rules).map(Shape::erase),
            Self::Snapshot => Snapshot::parse(params, rules).map(Shape::erase),
            Self::Listing => Listing::parse(params, rules).map(Shape::erase),
            Self::Reports => Reports::parse(params, rules).map(Shape::erase),
            Self::Events => Events::parse(params, rules).map(Shape::erase),
            Self::Keyword => Keyword::parse(params, rules).map(Shape::erase),
            Self::Free => Free::parse(params, rules).map(Shape::erase),
        }
    }

    /// Parameters that every data set of the shape accepts, although [`params`](Self::params) lists them only if there is a
    /// choice: a query as text names its period even if the data set has only one.
    pub(crate) fn unlisted(self) -> &'static [&'static str] {
        match self {
            Self::Series => &[PERIOD, ADJUST],
            _ => &[],
        }
    }

    /// The parameters of a query, in the order of the docs.
    pub(crate) fn params(self, rules: &Rules) -> Vec<ParamSpec<String>> {
        let example = rules.universe.known.first().copied().unwrap_or("000001.SZ");
        let symbol =
            |required| ParamSpec::described(SYMBOL, required, format!("the instrument, such as {example}"));
        let days = [
            ParamSpec::optional(START, "the first day (default: the earliest)").owned(),
            ParamSpec::optional(END, "the last day, inclusive (default: today)").owned(),
        ];
        let mut params = Vec::new();
        match self {
            Self::Series => {
                params.push(symbol(true));
                params.extend(days);
                if rules.periods.len() > 1 {
                    let doc =
                        format!("{} (default: {})", choice(rules.periods.iter()), rules.default_period());
                    params.push(ParamSpec::described(PERIOD, false, doc));
                }
                if rules.adjusts {
                    params.push(ParamSpec::optional(ADJUST, "none, qfq or hfq (default: none)").owned());
                }
            }
            Self::Snapshot => {
                let doc = format!("the instruments, separated by commas, such as {example}");
                params.push(ParamSpec::described(SYMBOLS, true, doc));
            }
            Self::Listing => {
                if let Some(default) = rules.scopes.first() {
                    let doc = format!("{} (default: {default})", choice(rules.scopes.iter()));
                    params.push(ParamSpec::described(MARKET, false, doc));
                }
                if rules.dated {
                    params.push(ParamSpec::optional(DAY, "the trading day (default: the latest)").owned());
                }
            }
            Self::Reports => {
                params.push(symbol(true));
                params.extend(days);
            }
            Self::Events => {
                params.extend(days);
                params.push(symbol(false));
            }
            Self::Keyword => {
                params
                    .push(ParamSpec::required(TEXT, "what to look for: a code, a name, or initials").owned());
                params.push(ParamSpec::described(
                    LIMIT,
                    false,
                    format!("the most rows (default: {MOST_HITS})"),
                ));
            }
            Self::Free => params.extend(rules.params.iter().map(ParamSpec::owned)),
        }
        params
    }
}
