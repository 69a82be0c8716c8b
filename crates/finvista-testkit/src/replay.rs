//! Recorded answers in place of a market. A symbol without a recording gets the vendor's answer for an unknown one.

mod bars;
mod index;
mod lists;
mod quotes;
mod rows;
mod searches;

use std::io;
use std::path::Path;

use serde_json::Value;

use crate::wire::asked::Asked;
use crate::wire::{eastmoney, sina, tencent};
use bars::{Bars, Factors, eastmoney_period, sina_period};
use lists::Lists;
use quotes::Lines;
use rows::Rows;
use searches::Searches;

/// The usable part of a folder of recordings.
#[derive(Debug, Default)]
pub(crate) struct Recordings {
    eastmoney_bars: Bars,
    eastmoney_quotes: Rows,
    sina_bars: Bars,
    sina_quotes: Lines,
    sina_factors: Factors,
    tencent_bars: Bars,
    tencent_quotes: Lines,
    sina_list: Lists,
    sina_simple_list: Lists,
    tencent_list: Lists,
    eastmoney_searches: Searches,
    sina_searches: Searches,
    tencent_searches: Searches,
}

impl Recordings {
    /// Reads the files that the folder's `INDEX-*.tsv` name. A file may be missing: folders are shared in parts.
    pub(crate) fn read(dir: &Path) -> io::Result<Self> {
        let mut recordings = Self::default();
        for entry in index::entries(dir)? {
            let bytes = match std::fs::read(dir.join(&entry.file)) {
                Ok(bytes) => bytes,
                Err(missing) if missing.kind() == io::ErrorKind::NotFound => continue,
                Err(cause) => {
                    return Err(io::Error::new(cause.kind(), format!("cannot read {}: {cause}", entry.file)));
                }
            };
            let text = text(&entry.file, &bytes);
            recordings.sina_quotes.learn("var hq_str_", ',', &text);
            recordings.tencent_quotes.learn("v_", '~', &text);
            recordings.eastmoney_quotes.learn(&entry, &text);
            recordings.sina_factors.learn(&text);
            recordings.eastmoney_bars.learn_eastmoney(&entry, &text);
            recordings.sina_bars.learn_sina(&entry, &text);
            recordings.tencent_bars.learn_tencent(&entry, &text);
            // The simple rows of Sina's lack the last keys of the others.
            let is_simple = |row: &Value| row.get("turnoverratio").is_none();
            recordings.sina_list.learn(&entry, &text, "symbol", |row| !is_simple(row));
            recordings.sina_simple_list.learn(&entry, &text, "symbol", is_simple);
            let quoted =
                text.split_once('"').and_then(|(_, rest)| rest.rsplit_once('"')).map(|(text, _)| text);
            let whole = Some(text.trim());
            recordings.eastmoney_searches.learn(&entry, "searchapi.eastmoney.com", "input", whole);
            recordings.sina_searches.learn(&entry, "suggest3.sinajs.cn", "key", quoted);
            recordings.tencent_searches.learn(&entry, "smartbox.gtimg.cn", "q", quoted);
            recordings.tencent_list.learn(&entry, &text, "code", |row| row.get("stock_type").is_some());
        }
        Ok(recordings)
    }
}

/// Raw copies of the quote services are GBK and say so in their name; everything else was written down as UTF-8.
fn text(file: &str, bytes: &[u8]) -> String {
    let encoding = if file.contains(".gbk.") { encoding_rs::GBK } else { encoding_rs::UTF_8 };
    encoding.decode(bytes).0.into_owned()
}

impl Recordings {
    pub(crate) fn eastmoney_bars(&self, asked: &Asked<'_>) -> Option<String> {
        let adjust = match asked.text("fqt") {
            "1" => "qfq",
            "2" => "hfq",
            _ => "",
        };
        let end = asked.params.get("end").filter(|end| end.len() == 8).map(dashed);
        let period = eastmoney_period(asked.params.get("klt").unwrap_or("101"));
        let found = self.eastmoney_bars.find(asked.text("secid"), &period, adjust, end.as_deref(), |_| true);
        found.map(str::to_owned)
    }

    pub(crate) fn eastmoney_quotes(&self, asked: &Asked<'_>) -> Option<String> {
        let (secids, fields) = (asked.params.list("secids"), asked.params.list("fields"));
        Some(eastmoney::quote::answer(&self.eastmoney_quotes.rows(
            &secids,
            &fields,
            asked.text("fltt") == "2",
        )))
    }

    pub(crate) fn sina_quotes(&self, asked: &Asked<'_>) -> Option<String> {
        Some(sina::lines(asked, |code| self.sina_quotes.get(code).unwrap_or_default().to_owned()))
    }

    pub(crate) fn sina_bars(&self, asked: &Asked<'_>) -> Option<String> {
        let (symbol, period) = (asked.text("symbol"), sina_period(asked.text("scale")));
        let averages = asked.text("ma") != "no";
        let same = |body: &str| body.contains("ma_price") == averages;
        let found = self.sina_bars.find(symbol, &period, "", None, same);
        found.or_else(|| self.sina_bars.find(symbol, &period, "", None, |_| true)).map(str::to_owned)
    }

    pub(crate) fn sina_factors(&self, asked: &Asked<'_>) -> Option<String> {
        let (symbol, file) = sina::factor::place(asked)?;
        self.sina_factors.get(symbol, file).map(str::to_owned)
    }

    pub(crate) fn tencent_quotes(&self, asked: &Asked<'_>) -> Option<String> {
        Some(tencent::lines(asked, |code| self.tencent_quotes.get(code).map(str::to_owned)))
    }

    pub(crate) fn eastmoney_list(&self, asked: &Asked<'_>) -> Option<String> {
        let (filter, fields) = (eastmoney::list::Filter::of(asked.text("fs")), asked.params.list("fields"));
        let decimal = asked.text("fltt") == "2";
        let rows = self.eastmoney_quotes.listed(|class| filter.admits(class), &fields, decimal);
        Some(eastmoney::list::page(asked, rows.len(), |at| rows.get(at).cloned()))
    }

    pub(crate) fn sina_list(&self, asked: &Asked<'_>) -> Option<String> {
        let rows = self.sina_list.on(|class| sina::list::is_in(asked.text("node"), class));
        let row = |at: usize| rows.get(at).map(|row| (*row).to_owned());
        Some(sina::list::page(asked, asked.limits.sina_page, rows.len(), row))
    }

    pub(crate) fn sina_simple_list(&self, asked: &Asked<'_>) -> Option<String> {
        let rows = self.sina_simple_list.on(|class| sina::list::is_in(asked.text("node"), class));
        Some(sina::list::page(asked, usize::MAX, rows.len(), |at| rows.get(at).map(|row| (*row).to_owned())))
    }

    pub(crate) fn sina_count(&self, asked: &Asked<'_>) -> Option<String> {
        let list = if asked.path.ends_with("Simple") { &self.sina_simple_list } else { &self.sina_list };
        Some(format!("\"{}\"", list.on(|class| sina::list::is_in(asked.text("node"), class)).len()))
    }

    pub(crate) fn tencent_list(&self, asked: &Asked<'_>) -> Option<String> {
        let rows = self.tencent_list.on(|class| tencent::rank::is_on(asked.text("board_code"), class));
        Some(tencent::rank::page(asked, rows.len(), |at| rows.get(at).map(|row| (*row).to_owned())))
    }

    pub(crate) fn eastmoney_search(&self, asked: &Asked<'_>) -> Option<String> {
        let found = self.eastmoney_searches.get(asked.text("input")).map(str::to_owned);
        Some(found.unwrap_or_else(|| eastmoney::suggest::table(asked, 0, 1, &[])))
    }

    pub(crate) fn sina_search(&self, asked: &Asked<'_>) -> Option<String> {
        self.sina_searches.get(asked.text("key")).map(str::to_owned)
    }

    pub(crate) fn tencent_search(&self, asked: &Asked<'_>) -> Option<String> {
        self.tencent_searches.get(asked.text("q")).map(str::to_owned)
    }

    pub(crate) fn tencent_minutes(&self, asked: &Asked<'_>) -> Option<String> {
        tencent::minute::selected(asked, |minutes| {
            let found = self.tencent_bars.find(minutes.code, minutes.period, "", None, |_| true);
            found.map(str::to_owned)
        })
    }

    pub(crate) fn tencent_bars(&self, asked: &Asked<'_>) -> Option<String> {
        tencent::kline::selected(asked, |bars| {
            let adjust = if bars.adjust == "bfq" { "" } else { bars.adjust };
            let end = (!bars.end.is_empty()).then_some(bars.end);
            self.tencent_bars.find(bars.code, bars.period, adjust, end, |_| true).map(str::to_owned)
        })
    }
}

/// The JSON inside `callback(…);`, or the text itself.
pub(super) fn unwrapped(text: &str) -> &str {
    let text = text.trim();
    let inner = text.split_once('(').filter(|_| !text.starts_with(['{', '[']));
    inner.and_then(|(_, rest)| rest.strip_suffix(");")).unwrap_or(text)
}

/// `20240131` as `2024-01-31`.
fn dashed(day: &str) -> String {
    let part = |range: std::ops::Range<usize>| day.get(range).unwrap_or_default();
    format!("{}-{}-{}", part(0..4), part(4..6), part(6..8))
}

#[cfg(test)]
mod tests;
