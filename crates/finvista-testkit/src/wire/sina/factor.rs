//! `qfq.js` and `hfq.js`: the step function of the adjustment, newest step first.

use crate::market::{Adjust, Market};
use crate::wire::asked::Asked;

/// The folder with one folder of files for each symbol.
pub(crate) const FOLDER: &str = "/realstock/company/";

/// The opaque comment that ends every such file. Only Sina's own page uses it.
const COMMENT: &str = "/* KQHmMaA5Kl5FlWMiP+qhrKwIXADUnxFQqnruhBmj6NwjM7tfaCH/O4cWiIJ2DDO8 */";

/// The symbol and the name of the file that was asked for.
pub(crate) fn place<'a>(asked: &Asked<'a>) -> Option<(&'a str, &'a str)> {
    asked.path.strip_prefix(FOLDER)?.split_once('/')
}

pub(crate) fn body(market: &Market, asked: &Asked<'_>) -> Option<String> {
    let (symbol, file) = place(asked)?;
    let instrument = market.on_exchange(symbol)?;
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
