//! What came out: each case by name, with the reason where it did not pass.

use std::fmt;

/// How a case ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The source does what it must.
    Passed,
    /// It does not: what it did.
    Failed(String),
    /// The case says nothing about this source, or cannot be tried on it: why.
    NotApplicable(String),
}

/// One case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// What it is about.
    pub name: String,
    /// The data set, where it is about one.
    pub dataset: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
}

/// Every case of one source, in order. It is printed as a table for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The source, its version and its origin.
    pub source: String,
    /// The cases.
    pub cases: Vec<Case>,
}

impl Report {
    /// Whether no case failed, and one at least passed.
    pub fn passed(&self) -> bool {
        let count = |wanted: fn(&Outcome) -> bool| self.cases.iter().filter(|c| wanted(&c.outcome)).count();
        count(|o| matches!(o, Outcome::Failed(_))) == 0 && count(|o| *o == Outcome::Passed) > 0
    }

    /// The case of this name and data set.
    pub fn case(&self, dataset: &str, name: &str) -> Option<&Case> {
        self.cases.iter().find(|c| c.name == name && c.dataset.as_deref().unwrap_or_default() == dataset)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut passed, mut failed, mut not) = (0, 0, 0);
        writeln!(f, "{}", self.source)?;
        for case in &self.cases {
            let (word, why) = match &case.outcome {
                Outcome::Passed => ("passed", ""),
                Outcome::Failed(why) => ("FAILED", why.as_str()),
                Outcome::NotApplicable(why) => ("not applicable", why.as_str()),
            };
            match &case.outcome {
                Outcome::Passed => passed += 1,
                Outcome::Failed(_) => failed += 1,
                Outcome::NotApplicable(_) => not += 1,
            }
            let dataset = case.dataset.as_deref().unwrap_or_default();
            let colon = if why.is_empty() { "" } else { ": " };
            writeln!(f, "  {word:14}  {dataset:14}  {}{colon}{why}", case.name)?;
        }
        writeln!(f, "{passed} passed, {failed} failed, {not} not applicable")
    }
}

/// How a case goes on its way: what ends it early is a failure, or a reason why it does not apply.
pub(crate) type Checked = Result<(), Outcome>;

/// Ends a case as a failure.
pub(crate) fn fail<T>(why: impl Into<String>) -> Result<T, Outcome> {
    Err(Outcome::Failed(why.into()))
}

/// Ends a case that says nothing about this source.
pub(crate) fn skip<T>(why: impl Into<String>) -> Result<T, Outcome> {
    Err(Outcome::NotApplicable(why.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(outcomes: &[Outcome]) -> Report {
        let case = |outcome: &Outcome| Case { name: "a".into(), dataset: None, outcome: outcome.clone() };
        Report { source: "x 1.0".into(), cases: outcomes.iter().map(case).collect() }
    }

    #[test]
    fn one_failure_fails_and_nothing_at_all_proves_nothing() {
        let (passed, failed, not) =
            (Outcome::Passed, Outcome::Failed("b".into()), Outcome::NotApplicable("c".into()));
        assert!(report(&[passed.clone(), not.clone()]).passed());
        assert!(!report(std::slice::from_ref(&not)).passed());
        let mixed = report(&[passed, failed, not]);
        assert!(!mixed.passed());
        let text = mixed.to_string();
        assert!(text.ends_with("1 passed, 1 failed, 1 not applicable\n"), "{text}");
        assert!(text.contains("a: b\n") && text.contains("a: c\n"), "{text}");
    }
}
