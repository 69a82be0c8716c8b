use std::collections::HashSet;

use super::*;
use crate::dataset::DatasetSpec;
use crate::shape::{Events, Free, Shape, ShapeKind, Snapshot};
use crate::universe::CN_STOCKS;

const QUOTES: DatasetSpec =
    DatasetSpec::new("quotes", "Quotes", ShapeKind::Snapshot, &[]).universe(&CN_STOCKS);

fn quotes(codes: &[&str]) -> Query {
    let symbols = codes.iter().map(|code| CN_STOCKS.symbol(code).unwrap());
    Query::new(QUOTES.id(), Snapshot::new(symbols, &QUOTES.rules).unwrap().erase())
}

fn hash(query: &Query) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(query)
}

#[test]
fn queries_are_equal_by_data_set_and_selection() {
    let one = quotes(&["600519", "000001"]);
    let same = quotes(&["sh600519", "0.000001"]);
    let other_order = quotes(&["000001", "600519"]);
    let other_dataset = Query::new(DatasetId::new("prices"), one.selection().clone());
    assert_eq!(one, same);
    assert_eq!(one, one.clone());
    assert_eq!(hash(&one), hash(&same));
    assert_ne!(one, other_order);
    assert_ne!(one, other_dataset);
    let all: HashSet<Query> = [one.clone(), same, other_order, other_dataset, one].into();
    assert_eq!(all.len(), 3);
    assert_eq!(QUOTES.id(), DatasetId::from("quotes".to_owned()));
}

#[test]
fn a_clone_shares_the_selection_and_its_hash_is_computed_once() {
    let query = quotes(&["600519", "000001"]);
    let clone = query.clone();
    assert!(Arc::ptr_eq(&query.0, &clone.0));
    assert_eq!(hash(&query), hash(&clone));
    // Hashing a query hashes a single number, and not its symbols.
    assert_eq!(hash(&query), BuildHasherDefault::<DefaultHasher>::default().hash_one(query.0.hash));
}

#[test]
fn a_query_serialises_as_a_flat_map() {
    let json = serde_json::to_string(&quotes(&["600519", "000001"])).unwrap();
    assert_eq!(json, r#"{"dataset":"quotes","symbols":"600519.SH,000001.SZ"}"#);
    let free = Query::new(DatasetId::new("macro"), Free::new([("unit", "%"), ("region", "cn")]).erase());
    assert_eq!(serde_json::to_string(&free).unwrap(), r#"{"dataset":"macro","region":"cn","unit":"%"}"#);
}

#[test]
fn a_query_is_shown_in_words() {
    let query = quotes(&["600519", "000001"]);
    assert_eq!(query.to_string(), "600519.SH, 000001.SZ");
    assert_eq!(format!("{query:?}"), "Query(quotes: 600519.SH, 000001.SZ)");
    let events = Query::new(DatasetId::new("events"), Events::new(DateRange::default()).erase());
    assert_eq!((events.to_string().as_str(), events.symbols().len()), ("all days", 0));
    assert_eq!(
        (events.range(), events.adjust(), events.period(), events.scope()),
        (Some(DateRange::default()), None, None, None)
    );
}
