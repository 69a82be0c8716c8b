//! What came out: each case by name, with the reason where it did not pass.

use std::fmt;

use finvista_core::ErrorKind;

/// How a case ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The source does what it must.
    Passed,
    /// It does not: what it did.
    Failed(String),
    /// It cannot be tried before its author does something: what.
    ToDo(String),
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

/// Cases that passed and failed line by line, a cause once; then what the author can do to have more of it proven, and what does
/// not apply, by reason.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.source)?;
        let mut causes: Vec<(&str, &str)> = Vec::new();
        for case in &self.cases {
            let dataset = case.dataset.as_deref().unwrap_or_default();
            match &case.outcome {
                Outcome::Passed => writeln!(f, "  {:14}  {dataset:14}  {}", "passed", case.name)?,
                Outcome::Failed(why) => {
                    write!(f, "  {:14}  {dataset:14}  {}: ", "FAILED", case.name)?;
                    let cause = cause(why);
                    match causes.iter().find(|(known, _)| *known == cause) {
                        Some((_, first)) => writeln!(f, "as in \"{first}\"")?,
                        None => writeln!(f, "{why}")?,
                    }
                    causes.push((cause, &case.name));
                }
                Outcome::ToDo(_) | Outcome::NotApplicable(_) => {}
            }
        }
        self.list(f, "to do, to have more of it proven:", |outcome| match outcome {
            Outcome::ToDo(what) => Some(what),
            _ => None,
        })?;
        self.list(f, "not applicable:", |outcome| match outcome {
            Outcome::NotApplicable(why) => Some(why),
            _ => None,
        })?;
        let count = |is: fn(&Outcome) -> bool| self.cases.iter().filter(|case| is(&case.outcome)).count();
        let passed = count(|o| *o == Outcome::Passed);
        let failed = count(|o| matches!(o, Outcome::Failed(_)));
        let to_do = count(|o| matches!(o, Outcome::ToDo(_)));
        let not = count(|o| matches!(o, Outcome::NotApplicable(_)));
        writeln!(f, "{passed} passed, {failed} failed, {to_do} to do, {not} not applicable")
    }
}

impl Report {
    /// The cases with such an outcome, under each reason once.
    fn list(
        &self,
        f: &mut fmt::Formatter<'_>,
        head: &str,
        reason: fn(&Outcome) -> Option<&String>,
    ) -> fmt::Result {
        let mut reasons: Vec<&str> = Vec::new();
        for why in self.cases.iter().filter_map(|case| reason(&case.outcome)) {
            if !reasons.contains(&why.as_str()) {
                reasons.push(why);
            }
        }
        if !reasons.is_empty() {
            writeln!(f, "{head}")?;
        }
        for why in reasons {
            writeln!(f, "  * {why}")?;
            let of_it = self.cases.iter().filter(|case| reason(&case.outcome).is_some_and(|is| is == why));
            let mut before = None;
            for case in of_it {
                let dataset = case.dataset.as_deref().unwrap_or("the source");
                match before == Some(dataset) {
                    true => write!(f, ", {}", case.name)?,
                    false if before.is_none() => write!(f, "    {dataset}: {}", case.name)?,
                    false => write!(f, "\n    {dataset}: {}", case.name)?,
                }
                before = Some(dataset);
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

/// The kinds of error, whose names begin the text of one.
const KINDS: [ErrorKind; 14] = [
    ErrorKind::InvalidInput,
    ErrorKind::Unsupported,
    ErrorKind::NotFound,
    ErrorKind::NoData,
    ErrorKind::RateLimited,
    ErrorKind::Timeout,
    ErrorKind::Transport,
    ErrorKind::Upstream,
    ErrorKind::Blocked,
    ErrorKind::Decode,
    ErrorKind::Invalid,
    ErrorKind::Plugin,
    ErrorKind::Throttled,
    ErrorKind::CircuitOpen,
];

/// What a failure comes from: the error of the source in it, or all of it.
fn cause(why: &str) -> &str {
    let starts = KINDS.iter().filter_map(|kind| why.find(&format!("{}: ", kind.name())));
    starts.min().and_then(|start| why.get(start..)).unwrap_or(why)
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

/// What the author of a data set has to do about whom nothing is known.
pub(crate) const NAME_A_SAMPLE: &str =
    "name a sample (Subject::sample): only its author knows what can be asked";

/// Ends a case that cannot be tried before the author does this.
pub(crate) fn todo<T>(what: impl Into<String>) -> Result<T, Outcome> {
    Err(Outcome::ToDo(what.into()))
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
        assert!(text.ends_with("1 passed, 1 failed, 0 to do, 1 not applicable\n"), "{text}");
        assert!(text.contains("a: b\n") && text.contains("  * c\n    the source: a\n"), "{text}");
    }

    #[test]
    fn a_cause_and_a_reason_stand_there_once() {
        let failed = |why: &str| Outcome::Failed(why.to_owned());
        let mut report = report(&[
            failed("x symbol=1: upstream: it is down"),
            failed("x symbol=2: expected no_data, got upstream: it is down"),
            failed("x symbol=2: expected no_data, got 5 rows"),
            Outcome::ToDo("name a sample".to_owned()),
            Outcome::ToDo("name a sample".to_owned()),
            Outcome::NotApplicable("one period".to_owned()),
        ]);
        for (case, name) in report.cases.iter_mut().zip(["a", "b", "c", "d", "e", "f"]) {
            case.name = name.to_owned();
        }
        let text = report.to_string();
        assert_eq!(text.matches("it is down").count(), 1, "{text}");
        assert!(
            text.contains("b: as in \"a\"\n") && text.contains("c: x symbol=2: expected no_data, got 5"),
            "{text}"
        );
        assert!(
            text.contains(
                "proven:\n  * name a sample\n    the source: d, e\nnot applicable:\n  * one period\n"
            ),
            "{text}"
        );
        assert!(text.ends_with("0 passed, 3 failed, 2 to do, 1 not applicable\n"), "{text}");
    }
}
