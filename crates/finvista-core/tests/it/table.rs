//! Tables: text, equality, types and rows.

use finvista_core::dataset::Dataset;
use finvista_core::{RecordBatch, Table};
use jiff::civil::{Date, date};

use crate::support::{HkDaily, HkList, bars, bars_query, list};

fn daily(days: u8) -> Table<HkDaily> {
    let days: Vec<(Date, f64)> =
        (1..=days).map(|day| (date(2024, 6, day as i8), 370.0 + f64::from(day) / 2.0)).collect();
    Table::new(bars(&bars_query(&[]), &days)).typed().unwrap()
}

#[test]
fn a_short_table_is_shown_whole() {
    assert_eq!(
        daily(2).to_string(),
        "2 rows, 11 columns\n\
         \u{20} symbol        date   open   high    low  close  volume  amount  change  change_pct  amplitude\n\
         00700.HK  2024-06-01  370.5  371.5  369.5  370.5     100   37050    null        null       null\n\
         00700.HK  2024-06-02    371    372    370    371     100   37100     0.5        0.13       0.54"
    );
}

#[test]
fn a_long_table_shows_both_ends() {
    let text = daily(12).to_string();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((lines[0], lines.len()), ("12 rows, 11 columns", 1 + 1 + 5 + 1 + 5));
    assert!(lines[6].contains("2024-06-05") && lines[8].contains("2024-06-08"));
    assert!(lines[7].split_whitespace().all(|cell| cell == "…"));
    // Ten rows need no ellipsis.
    assert_eq!(daily(10).to_string().lines().count(), 1 + 1 + 10);
}

#[test]
fn wide_characters_are_aligned() {
    use finvista_core::dataset::{Build, Rows};
    use finvista_core::{Listing, columns};
    columns! {
        "names",
        /// A name.
        pub(crate) struct Name => NameColumns, NameViews {
            /// The name.
            name: finvista_core::dataset::Text, "";
            /// Whether it is long.
            long: finvista_core::dataset::Bool, "";
        }
    }
    impl finvista_core::dataset::Keyed for NameColumns {
        const KEY: &'static [&'static str] = &["name"];
    }
    let mut rows =
        Rows::<NameColumns, Listing>::new(&Listing::new(&HkList::SPEC.rules), crate::support::wall());
    rows.push(Name { name: "平安", long: false });
    rows.push(Name { name: "café", long: true });
    assert_eq!(
        Table::new(rows.finish().unwrap()).to_string(),
        "2 rows, 2 columns\nname   long\ncafé   true\n平安  false"
    );
}

#[test]
fn rows_are_read_from_both_ends() {
    let table = daily(5);
    let day = |row: crate::support::HkBar<'_>| row.date.day();
    assert_eq!(table.rows().map(day).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    assert_eq!(table.rows().rev().map(day).collect::<Vec<_>>(), [5, 4, 3, 2, 1]);
    let mut rows = table.rows();
    assert_eq!((rows.len(), rows.nth(1).map(day), rows.len()), (5, Some(2), 3));
    assert_eq!((rows.next_back().map(day), rows.next().map(day)), (Some(5), Some(3)));
    assert_eq!((rows.nth(5).map(day), rows.next().map(day), rows.next_back().map(day)), (None, None, None));
    assert_eq!(table.rows().nth(usize::MAX).map(day), None);
    let mut days = 0;
    for row in &table {
        days += day(row);
    }
    assert_eq!(days, 15);
}

#[test]
fn equal_tables_have_equal_values_and_clones_are_the_same() {
    let (one, other) = (daily(3), daily(3));
    assert!(one == other && !one.same(&other));
    assert!(one.same(&one.clone().untyped()) && one == one.clone().untyped());
    assert!(one != daily(2));
    assert_eq!(RecordBatch::from(one.clone()), other.into_batch());
    assert_eq!(one.as_ref().num_rows(), one.num_rows());
    assert_eq!(one.column("close").unwrap().len(), 3);
    assert!(one.column("turnover").is_none());
    assert_eq!(one.schema().metadata()["dataset"], "hk_daily");
}

#[test]
fn a_table_is_typed_by_its_schema() {
    let untyped = daily(1).untyped();
    assert!(untyped.clone().typed::<HkDaily>().is_ok());
    let wrong = untyped.typed::<HkList>().unwrap_err();
    assert_eq!(wrong.to_string(), "expected a table of \"hk_list\", got one of \"hk_daily\"");
    // An equal schema that is not the same allocation is accepted.
    let batch = list(&["00001.HK"]);
    let schema = std::sync::Arc::new(batch.schema().as_ref().clone());
    let copy = RecordBatch::try_new(schema, batch.columns().to_vec()).unwrap();
    let table: Table<HkList> = Table::new(copy).typed().unwrap();
    assert_eq!(table.rows().next().unwrap().rank, 1);
    let foreign = RecordBatch::try_from_iter([("symbol", batch.columns()[0].clone())]).unwrap();
    let wrong = Table::new(foreign).typed::<HkList>().unwrap_err();
    assert_eq!(wrong.to_string(), "expected a table of \"hk_list\", got one of \"\"");
}

#[test]
fn provenance_serialises() {
    let json = serde_json::to_value(daily(1).provenance()).unwrap();
    assert_eq!(
        json,
        serde_json::json!({
            "dataset": "", "source": "", "attempts": [], "skipped": [], "elapsed": 0.0,
            "fetched_at": "1970-01-01T00:00:00Z", "missing": [], "cached": false, "stale": null,
        })
    );
}
