//! Where the answers come from: a market, or recordings.

use super::query::Params;
use super::tencent::Bars;
use super::{Limits, eastmoney, sina, tencent};
use crate::market::Market;

/// The contents of every service that is simulated. The hosts, paths, encodings, wrappers and refusals around them are
/// the same for a market and for recordings, and are written once, in the vendors' modules.
pub(crate) trait Source {
    /// East Money's `kline/get`: the JSON body.
    fn eastmoney_bars(&self, params: &Params) -> String;
    /// East Money's `ulist.np/get`: the JSON body.
    fn eastmoney_quotes(&self, params: &Params) -> String;
    /// Sina's quote: the text between the quotation marks, empty for an unknown code.
    fn sina_quote(&self, code: &str) -> String;
    /// Sina's `getKLineData`: a JSON array, `None` for an unknown symbol.
    fn sina_bars(&self, symbol: &str, limits: &Limits, params: &Params) -> Option<String>;
    /// Sina's `qfq.js` and `hfq.js`: the file, `None` where there is none.
    fn sina_factors(&self, symbol: &str, file: &str) -> Option<String>;
    /// Tencent's quote: the text between the quotation marks, `None` for an unknown code.
    fn tencent_quote(&self, code: &str) -> Option<String>;
    /// Tencent's `fqkline` and `newfqkline`: the JSON body, `None` for an unknown code.
    fn tencent_bars(&self, limits: &Limits, bars: &Bars<'_>) -> Option<String>;
}

impl Source for Market {
    fn eastmoney_bars(&self, params: &Params) -> String {
        eastmoney::daily::body(self, params)
    }

    fn eastmoney_quotes(&self, params: &Params) -> String {
        eastmoney::quote::body(self, params)
    }

    fn sina_quote(&self, code: &str) -> String {
        sina::quote::line(self.instrument(code))
    }

    fn sina_bars(&self, symbol: &str, limits: &Limits, params: &Params) -> Option<String> {
        sina::daily::rows(self.instrument(symbol)?, params, limits.sina_rows)
    }

    fn sina_factors(&self, symbol: &str, file: &str) -> Option<String> {
        sina::factor::body(self.instrument(symbol)?, file)
    }

    fn tencent_quote(&self, code: &str) -> Option<String> {
        // The short form of a listing is its code with `s_` before it.
        match code.strip_prefix("s_") {
            Some(long) => self.instrument(long).map(tencent::quote::short),
            None => self.instrument(code).map(|instrument| tencent::quote::fields(instrument).join("~")),
        }
    }

    fn tencent_bars(&self, limits: &Limits, bars: &Bars<'_>) -> Option<String> {
        Some(tencent::daily::body(self.instrument(bars.code)?, limits, bars))
    }
}
