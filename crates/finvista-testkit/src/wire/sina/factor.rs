//! `qfq.js` and `hfq.js`: the step function of the adjustment, newest step first.

use crate::market::{Adjust, Instrument};

/// The opaque comment of every such file; its content is of no use to anybody but Sina's page.
const COMMENT: &str = "/* KQHmMaA5Kl5FlWMiP+qhrKwIXADUnxFQqnruhBmj6NwjM7tfaCH/O4cWiIJ2DDO8 */";

/// The file, or `None` where a file of this name does not exist.
pub(in crate::wire) fn body(instrument: &Instrument, file: &str) -> Option<String> {
    let (adjust, suffix) = match file {
        "qfq.js" => (Adjust::Qfq, "qfq"),
        "hfq.js" => (Adjust::Hfq, "hfq"),
        _ => return None,
    };
    let steps = instrument.factors(adjust);
    let rows: Vec<String> = steps
        .iter()
        .rev()
        // Thirteen significant decimals and three zeros, as in the recorded files.
        .map(|(date, factor)| format!(r#"{{"d":"{date}", "f":"{factor:.13}000"}}"#))
        .collect();
    Some(format!(
        "var {}{suffix}={{\"total\":{},\"data\":[{}]}}\n{COMMENT}\n",
        instrument.prefixed(),
        steps.len(),
        rows.join(",")
    ))
}
