//! Real answers of the vendor. They are other people's data and not part of this repository: the tests read them from the
//! folder that the environment variable FINVISTA_RECORDINGS names, and are skipped where it is unset.

mod bars;
mod listings;
mod quotes;

use std::path::PathBuf;

use super::*;

fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("FINVISTA_RECORDINGS").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: FINVISTA_RECORDINGS is not set");
    }
    folder
}

/// The text of a recording, or `None` where there are no recordings.
pub(super) fn recording(name: &str) -> Option<String> {
    folder()
        .map(|folder| std::fs::read_to_string(folder.join(name)).unwrap_or_else(|e| panic!("{name}: {e}")))
}

#[test]
fn a_hit() {
    let Some(text) = recording("suggest_000001_count1.json") else { return };
    let asked = query::<CnStockSearch>("text=000001");
    let batch = decode(&asked, &text).unwrap();
    assert_eq!(check(&asked, &batch), 0);
    let [hit] = rows::<CnStockSearch>(&batch)[..] else { panic!("one row") };
    assert_eq!((hit.symbol, hit.name, hit.board), ("000001.SZ", "平安银行", "main"));
    assert_eq!(hit.initials, Some("PAYH"));
    // What other services say is no answer of this one.
    for name in ["ulist_error_rc102_data_null.json", "datacenter_error_9201_empty.json"] {
        assert_eq!(refused(decode(&asked, recording(name).unwrap())).0, ErrorKind::Decode, "{name}");
    }
}

/// Every recording whose name begins so.
fn all(prefix: &str) -> Vec<(String, String)> {
    let Some(folder) = folder() else { return Vec::new() };
    let mut found: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), entry.path()))
        .filter(|(name, _)| name.starts_with(prefix))
        .map(|(name, path)| (name, String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned()))
        .collect();
    found.sort();
    assert!(!found.is_empty(), "no recording {prefix}*");
    found
}

/// What stands after `"key":` in the text, up to the next comma or closing bracket and without quotes.
fn value<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let rest = text.split_once(&format!("\"{key}\":"))?.1;
    Some(rest.split([',', '}', ']']).next()?.trim_matches('"'))
}
