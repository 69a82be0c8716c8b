//! The encoders' output against the vendors' recorded answers, form by form: key order, columns, number formats and
//! trailing bytes. The recordings are third parties' data: `FINVISTA_RECORDINGS` names their folder.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "clippy's leave for tests ends at the helpers of an integration test"
)]

mod bars;
mod eastmoney;
mod lists;
mod searches;
mod sina;
mod tencent;

use std::path::PathBuf;

use encoding_rs::{Encoding, GB18030, GBK, UTF_8};
use finvista_testkit::{Limits, Market, Request, answer};

struct Corpus {
    dir: PathBuf,
    market: Market,
}

impl Corpus {
    fn open() -> Option<Self> {
        let Some(dir) = std::env::var_os("FINVISTA_RECORDINGS") else {
            println!("skipped: FINVISTA_RECORDINGS names no folder");
            return None;
        };
        Some(Self { dir: dir.into(), market: Market::new(11, "2026-09-30".parse().unwrap()) })
    }

    fn recorded(&self, file: &str) -> String {
        let bytes = std::fs::read(self.dir.join(file)).unwrap_or_else(|cause| panic!("{file}: {cause}"));
        let encoding: &Encoding = if file.contains(".gbk.") { GBK } else { UTF_8 };
        encoding.decode(&bytes).0.into_owned()
    }

    fn line(&self, file: &str, code: &str) -> String {
        let text = self.recorded(file);
        let found = text.lines().find(|line| line.contains(&format!("_{code}=")));
        found.unwrap_or_else(|| panic!("{file} has no {code}")).to_owned()
    }

    fn encoded(&self, url: &str) -> String {
        let request = Request::from_url(url).referer("https://finance.sina.com.cn");
        let answer = answer(&self.market, &Limits::default(), &request);
        let encoding = if answer.content_type.contains("GB") { GB18030 } else { UTF_8 };
        encoding.decode(&answer.body).0.into_owned()
    }
}

/// A text with its digits masked: the whole part of a number becomes one 9, decimals keep their count, signs go.
fn shape(text: &str) -> String {
    let (mut out, mut decimals) = (String::new(), false);
    for c in text.chars() {
        match c {
            '0'..='9' if decimals || !out.ends_with('9') => out.push('9'),
            '0'..='9' | '-' => {}
            _ => {
                decimals = c == '.' && out.ends_with('9');
                out.push(c);
            }
        }
    }
    out
}

/// The same with decimals reduced to one digit, for numbers whose trailing zeros are cut.
fn loose(text: &str) -> String {
    let mut out = shape(text);
    while out.contains("99") {
        out = out.replace("99", "9");
    }
    out
}

/// The names before a colon, in order.
fn keys(text: &str) -> Vec<String> {
    let name = |part: &str| part.rsplit_once('"').map(|(_, name)| name.to_owned());
    let mut names: Vec<String> = text.split("\":").filter_map(name).collect();
    // What follows the last colon names nothing.
    names.pop();
    names
}

fn payload(line: &str) -> Vec<String> {
    let separator = if line.starts_with("v_") { '~' } else { ',' };
    let (_, rest) = line.trim_end().split_once("=\"").unwrap();
    rest.strip_suffix("\";").unwrap().split(separator).map(str::to_owned).collect()
}

#[test]
fn shapes_mask_digits_only() {
    assert_eq!(shape("11.450,-3,D|58100|546140.00"), "9.999,9,D|9|9.99");
    assert_eq!(loose("6.08,6.1"), "9.9,9.9");
    assert_eq!(keys(r#"{"rc":0,"data":{"a":[{"d":"x"}]}}"#), ["rc", "data", "a", "d"]);
}

/// The text of the first object that begins with `begin`.
fn object(text: &str, begin: &str) -> String {
    let (_, rest) = text.split_once(begin).unwrap_or_else(|| panic!("no {begin} in {text:.200}"));
    format!("{begin}{}", rest.split_inclusive('}').next().unwrap())
}
