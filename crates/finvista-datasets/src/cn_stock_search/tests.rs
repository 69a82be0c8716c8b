use super::*;
use crate::testing::{builder, check, finish, params, refused};
use finvista_core::dataset::Dataset;

fn found<'a>(symbol: &'a str, initials: Option<&'a str>) -> Found<'a> {
    Found { symbol, name: "平安银行", board: "main", initials }
}

#[test]
fn matches_keep_the_order_of_the_vendor() {
    let keyword = Keyword::new("payh").unwrap();
    let rows = [found("600519.SH", Some("PAYH")), found("000001.SZ", None), found("300750.SZ", Some("NDSD"))];
    let mut builder = builder::<CnStockSearch>(&keyword);
    rows.iter().for_each(|&row| builder.push(row));
    let table = finish::<CnStockSearch>(builder);
    assert_eq!(table.rows().collect::<Vec<_>>(), rows);
    assert_eq!(check(&keyword, &table).unwrap(), []);
}

#[test]
fn duplicate_matches_are_refused() {
    let keyword = Keyword::new("payh").unwrap();
    let mut builder = builder::<CnStockSearch>(&keyword);
    for symbol in ["600519.SH", "000001.SZ", "600519.SH"] {
        builder.push(found(symbol, None));
    }
    let error = check(&keyword, &finish::<CnStockSearch>(builder)).unwrap_err();
    assert_eq!(error.message(), "600519.SH: expected unique keys, got this one twice");
}

#[test]
fn a_search_needs_a_text_and_may_have_a_limit() {
    let parsed = |pairs: &[(&str, &str)]| CnStockSearch::SPEC.parse(&params(pairs));
    let query = parsed(&[("text", " 平安 "), ("limit", "3")]).unwrap();
    assert_eq!(query.to_params(), params(&[("limit", "3"), ("text", "平安")]));
    assert_eq!(query.to_string(), "\"平安\"");
    for (pairs, param) in [
        (&[("text", "x"), ("limit", "0")][..], "limit"),
        (&[("text", "x"), ("limit", "many")], "limit"),
        (&[("text", "  ")], "text"),
        (&[("limit", "3")], "text"),
    ] {
        assert_eq!(refused(parsed(pairs)).1, Some(param), "{pairs:?}");
    }
    assert_eq!(
        refused(parsed(&[("text", "x"), ("limit", "0")])).0,
        "expected a limit of at least 1, got \"0\""
    );
}
