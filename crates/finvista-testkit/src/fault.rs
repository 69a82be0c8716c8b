//! Faults: what goes wrong, for whom, and at which call.

mod body;
mod column;
mod parse;

use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub(crate) use body::{drifted, html, other_symbol, reason, status};
pub(crate) use column::without_column;
pub use parse::ParseFaultError;

use crate::wire::vendor::Vendor;

/// Something that goes wrong with one answer.
///
/// Each has a spelling for the command line, which `FromStr` reads and `Display` writes: `latency:500ms`, `hang`,
/// `reset`, `status:503`, `status:429:120` (with a `Retry-After`), `truncated`, `wrong-length`, `html`, `garbage`,
/// `other-symbol`, `schema-drift`, `lost-column`, `empty`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The right answer, late. It adds to other faults: a rule with latency and one with a status make a late status.
    Latency(Duration),
    /// No answer, and the connection stays open.
    Hang,
    /// The connection is closed without a byte: East Money's usual way to block a client.
    Reset,
    /// Another status than 200, with the body that the vendor sends along with it.
    Status {
        /// The status, such as 403, 429, 456 or 502.
        code: u16,
        /// The `Retry-After` header: seconds or an HTTP date.
        retry_after: Option<String>,
    },
    /// `Content-Length` is right, half of the body follows, and the connection is closed.
    Truncated,
    /// `Content-Length` says half of the body's length and the whole body follows: a client sees half a body and no
    /// transport error.
    WrongLength,
    /// 200 with an HTML page in place of data, as a login wall or a captive portal sends.
    Html,
    /// 200 and the right content type, with random bytes.
    Garbage,
    /// The complete and well-formed answer for another symbol, named as such wherever the format names its symbol.
    /// (Sina's bare JSON bars name none: there a client cannot notice.)
    OtherSymbol,
    /// The vendor changed its format: a key is renamed, or the columns moved by one.
    SchemaDrift,
    /// The vendor stopped giving a column and says nothing: all behind it in a row move, or a key is absent. Answers that have no
    /// rows of bars or of lists change as by [`Fault::SchemaDrift`].
    LostColumn,
    /// 200 with an empty body.
    Empty,
}

/// When a [`Fault`] strikes.
///
/// Read from `vendor[:path][:calls]=fault`, where the vendor is `eastmoney`, `sina`, `tencent` or `*`, the path is a
/// part of the request's path and query, and the calls are `3`, `1-5` or `3-`. Digits alone are calls: the path of one
/// instrument is written with more of it, `1.600036` or `sh600036`.
///
/// ```
/// use finvista_testkit::{Fault, FaultRule, Vendor};
/// let rule: FaultRule = "sina:getKLineData:1-5=status:503".parse()?;
/// assert_eq!(rule.vendor, Some(Vendor::Sina));
/// assert_eq!(rule.path.as_deref(), Some("getKLineData"));
/// assert_eq!(rule.calls, 1..=5);
/// assert_eq!(rule.fault, Fault::Status { code: 503, retry_after: None });
/// let wrong = "sina=explode".parse::<FaultRule>().unwrap_err();
/// assert!(wrong.to_string().contains("reset"), "it lists what would be right: {wrong}");
/// # Ok::<(), finvista_testkit::ParseFaultError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultRule {
    /// Whose answers; `None` for all vendors.
    pub vendor: Option<Vendor>,
    /// A part of the path and query of the requests meant; `None` for all.
    pub path: Option<String>,
    /// Which of the matching calls, the first being 1.
    pub calls: RangeInclusive<usize>,
    /// What happens.
    pub fault: Fault,
}

impl FaultRule {
    /// `fault` at every call to `vendor`.
    pub fn always(vendor: Vendor, fault: Fault) -> Self {
        Self { vendor: Some(vendor), path: None, calls: 1..=usize::MAX, fault }
    }

    fn matches(&self, vendor: Option<Vendor>, path: &str) -> bool {
        self.vendor.is_none_or(|v| Some(v) == vendor)
            && self.path.as_deref().is_none_or(|part| path.contains(part))
    }
}

/// The rules in force. Clones share them, so a test changes them while the simulator runs.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    rules: Arc<Mutex<Vec<Counted>>>,
}

#[derive(Debug)]
struct Counted {
    rule: FaultRule,
    /// Calls that matched so far.
    calls: usize,
}

impl Faults {
    /// Adds a rule; its calls are counted from now on. Of several rules that strike at once the oldest wins.
    pub fn add(&self, rule: FaultRule) {
        self.lock().push(Counted { rule, calls: 0 });
    }

    /// Every request to `vendor` ends in a closed connection, until [`Faults::clear_vendor`].
    pub fn break_vendor(&self, vendor: Vendor) {
        self.add(FaultRule::always(vendor, Fault::Reset));
    }

    /// Removes all rules.
    pub fn clear(&self) {
        self.lock().clear();
    }

    /// Removes the rules that name `vendor`; those for all stay.
    pub fn clear_vendor(&self, vendor: Vendor) {
        self.lock().retain(|counted| counted.rule.vendor != Some(vendor));
    }

    /// Counts one call and says what strikes it: a delay, and at most one other fault. A host that belongs to no
    /// vendor is met by the rules for all.
    pub(crate) fn strike(&self, vendor: Option<Vendor>, path: &str) -> (Duration, Option<Fault>) {
        let (mut delay, mut struck) = (Duration::ZERO, None);
        for counted in self.lock().iter_mut().filter(|c| c.rule.matches(vendor, path)) {
            counted.calls += 1;
            if counted.rule.calls.contains(&counted.calls) {
                match &counted.rule.fault {
                    Fault::Latency(more) => delay += *more,
                    fault => struck = struck.or_else(|| Some(fault.clone())),
                }
            }
        }
        (delay, struck)
    }

    /// A panic elsewhere leaves the rules whole: every change to them is one step.
    fn lock(&self) -> MutexGuard<'_, Vec<Counted>> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_count_their_own_calls() {
        let faults = Faults::default();
        faults.add("sina:list=:2-3=reset".parse().unwrap());
        faults.add("*=latency:20ms".parse().unwrap());
        let calls = [Vendor::Sina; 4].map(|vendor| faults.strike(Some(vendor), "/list=sh600519").1);
        assert_eq!(calls, [None, Some(Fault::Reset), Some(Fault::Reset), None]);
        assert_eq!(faults.strike(Some(Vendor::Tencent), "/list=a"), (Duration::from_millis(20), None));
        assert_eq!(faults.strike(None, "/list=a"), (Duration::from_millis(20), None));
    }

    #[test]
    fn clearing_a_vendor_leaves_the_others() {
        let faults = Faults::default();
        faults.break_vendor(Vendor::Sina);
        let shared = faults.clone();
        shared.break_vendor(Vendor::Tencent);
        faults.clear_vendor(Vendor::Sina);
        assert_eq!(faults.strike(Some(Vendor::Sina), "/").1, None);
        assert_eq!(faults.strike(Some(Vendor::Tencent), "/").1, Some(Fault::Reset));
        faults.clear();
        assert_eq!(faults.strike(Some(Vendor::Tencent), "/").1, None);
    }
}
