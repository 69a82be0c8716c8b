//! What a query of a data set may ask for: parameters, universe, periods, adjustments and scopes.

use std::collections::BTreeMap;

use crate::adjust::Adjust;
use crate::board::Boards;
use crate::error::InvalidInput;
use crate::period::Period;
use crate::universe::{self, Universe};

/// The parameters of a query as text, by name: as `finvista get DATASET key=value…` reads them, and as they cross the plugin
/// boundary.
pub type Params = BTreeMap<String, String>;

/// A parameter of a query. In a definition its doc is a `&'static str`, so that a `const` can hold it;
/// [`DatasetSpec::list_params`](crate::DatasetSpec::list_params) writes docs that name the values of the data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ParamSpec<Doc = &'static str> {
    /// The name, as in `name=value`.
    pub name: &'static str,
    /// Whether a query must have it.
    pub required: bool,
    /// What it means, and the values that it takes.
    pub doc: Doc,
}

impl ParamSpec {
    /// A parameter that a query must have.
    pub const fn required(name: &'static str, doc: &'static str) -> Self {
        Self { name, required: true, doc }
    }

    /// A parameter that a query may leave out.
    pub const fn optional(name: &'static str, doc: &'static str) -> Self {
        Self { name, required: false, doc }
    }

    pub(crate) fn owned(&self) -> ParamSpec<String> {
        ParamSpec::described(self.name, self.required, self.doc.to_owned())
    }
}

impl ParamSpec<String> {
    pub(crate) const fn described(name: &'static str, required: bool, doc: String) -> Self {
        Self { name, required, doc }
    }
}

/// A part of a market that a query may list, such as `star`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Scope {
    /// The name, as in `market=star`.
    pub name: &'static str,
    /// A title for people, such as `the STAR market`.
    pub title: &'static str,
    /// The boards that belong to it.
    pub boards: Boards,
}

impl std::fmt::Display for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// What a query of a data set may ask for.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Rules {
    /// The id of the data set, for messages.
    pub dataset: &'static str,
    /// The instruments of the data set.
    pub universe: &'static Universe,
    /// The periods of its bars, the default first.
    pub periods: &'static [Period],
    /// Whether its prices can be adjusted.
    pub adjusts: bool,
    /// The parts of the market that can be listed, the default first.
    pub scopes: &'static [Scope],
    /// Whether a listing can be asked for as of a past day.
    pub dated: bool,
    /// The parameters of a data set of the shape [`Free`](crate::Free).
    pub params: &'static [ParamSpec],
}

impl Rules {
    /// Rules for instruments of any venue, without adjustments, further periods or scopes.
    pub const fn new(dataset: &'static str) -> Self {
        Self {
            dataset,
            universe: &universe::ANY,
            periods: &[Period::Day],
            adjusts: false,
            scopes: &[],
            dated: false,
            params: &[],
        }
    }

    /// The period of a query that does not name one.
    pub fn default_period(&self) -> Period {
        self.periods.first().copied().unwrap_or_default()
    }

    /// Returns the period if the data set has it.
    ///
    /// # Errors
    ///
    /// When it does not; the error lists those that it has.
    pub fn period(&self, period: Period) -> Result<Period, InvalidInput> {
        if self.periods.contains(&period) {
            return Ok(period);
        }
        let expected = choice(self.periods.iter());
        Err(InvalidInput::new(format!("expected a period of {} ({expected}), got {period}", self.dataset)))
    }

    /// Returns the adjustment if the data set has it.
    pub(crate) fn adjust(&self, adjust: Adjust) -> Result<Adjust, InvalidInput> {
        if self.adjusts || adjust == Adjust::None {
            return Ok(adjust);
        }
        Err(InvalidInput::new(format!("expected no adjustment for {}, got {adjust}", self.dataset)))
    }

    /// Finds a scope by its name.
    ///
    /// # Errors
    ///
    /// When the data set has no such scope; the error lists those that it has.
    pub fn scope(&self, name: &str) -> Result<Scope, InvalidInput> {
        let name = name.trim();
        self.scopes.iter().find(|scope| scope.name.eq_ignore_ascii_case(name)).copied().ok_or_else(|| {
            let expected = choice(self.scopes.iter());
            InvalidInput::new(format!("expected a market of {} ({expected}), got {name:?}", self.dataset))
        })
    }
}

/// `a, b or c`.
pub(crate) fn choice<T: ToString>(items: impl Iterator<Item = T>) -> String {
    let items: Vec<String> = items.map(|item| item.to_string()).collect();
    match items.as_slice() {
        [] => "none".to_owned(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::board::Board;

    const STAR: Scope = Scope { name: "star", title: "the STAR market", boards: Boards::of(&[Board::Star]) };

    #[test]
    fn choices_read_as_a_list() {
        assert_eq!(choice([""; 0].iter()), "none");
        assert_eq!(choice(["a"].iter()), "a");
        assert_eq!(choice(["a", "b"].iter()), "a or b");
        assert_eq!(choice(["a", "b", "c"].iter()), "a, b or c");
    }

    #[test]
    fn rules_allow_what_they_name() {
        let mut rules = Rules::new("bars");
        assert_eq!(rules.default_period(), Period::Day);
        assert_eq!(rules.adjust(Adjust::None), Ok(Adjust::None));
        assert_eq!(
            rules.adjust(Adjust::Qfq).unwrap_err().to_string(),
            "expected no adjustment for bars, got qfq"
        );
        assert_eq!(
            rules.scope("star").unwrap_err().to_string(),
            "expected a market of bars (none), got \"star\""
        );
        (rules.periods, rules.adjusts, rules.scopes) = (&[Period::Week, Period::Day], true, &[STAR]);
        assert_eq!(rules.default_period(), Period::Week);
        assert_eq!(rules.period(Period::Day), Ok(Period::Day));
        assert_eq!(
            rules.period(Period::Minutes(5)).unwrap_err().to_string(),
            "expected a period of bars (week or day), got 5m"
        );
        assert_eq!(rules.adjust(Adjust::Qfq), Ok(Adjust::Qfq));
        assert_eq!(rules.scope(" Star "), Ok(STAR));
    }
}
