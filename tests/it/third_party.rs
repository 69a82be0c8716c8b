#![cfg(test)]
//! What a third party adds without touching our crates: a source, and the harm that it cannot do.

use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, DictionaryArray, Float64Array, Int64Array, StringArray};
use finvista::raw::Offer;
use finvista::raw::dataset::Bar;
use finvista::{
    Adjust, CnStockDaily, DatasetId, DateRange, Error, ErrorKind, FinVista, Query, RecordBatch, Status, Table,
};
use finvista_testkit::Vendor;
use jiff::civil::date;

use crate::scripted::{Act, Scripted, bars, table};
use crate::support::{Bench, daily, days, failures, told};
use crate::truth::assert_daily;

const CODE: &str = "sh600036";
const DAILY: &str = "cn_stock_daily";

fn range() -> DateRange {
    days(date(2024, 6, 24), date(2024, 6, 28))
}

fn query() -> Query {
    crate::support::daily_query(CODE, range(), Adjust::None)
}

async fn ask(fv: &FinVista) -> Result<Table<CnStockDaily>, Error> {
    daily(fv, CODE, range(), Adjust::None).await
}

async fn bench_with(source: &Arc<Scripted>) -> Bench {
    let source = Arc::clone(source);
    Bench::with(51, |builder| builder.source(source)).await
}

#[tokio::test]
async fn the_lowest_priority_number_is_asked_first() {
    let vault = Arc::new(Scripted::new("vault", -1, |_| Act::Answer));
    let bench = bench_with(&vault).await;
    let table = ask(&bench.fv).await.unwrap();
    assert_eq!((table.source(), table.num_rows()), ("vault", 3));
    let last = table.rows().next_back().unwrap();
    assert_eq!((last.symbol, last.close, last.change), ("600036.SH", 34.25, Some(0.25)));
    assert_eq!((bench.calls(), vault.calls()), ([0, 0, 0], 1));

    let spare = Arc::new(Scripted::new("spare", 9, |_| Act::Answer));
    let bench = bench_with(&spare).await;
    let table = ask(&bench.fv).await.unwrap();
    assert_daily(&table, Vendor::EastMoney, bench.instrument(CODE), range(), Adjust::None);
    assert_eq!(spare.calls(), 0);
    Vendor::ALL.into_iter().for_each(|vendor| bench.breaks(vendor, "status:503"));
    let table = ask(&bench.fv).await.unwrap();
    assert_eq!((table.source(), table.provenance().attempts.len()), ("spare", 4));
    let names: Vec<String> = bench.fv.sources().into_iter().map(|source| source.info.name).collect();
    assert_eq!(names, ["eastmoney", "sina", "tencent", "spare"]);
}

#[tokio::test]
async fn a_panic_is_the_failure_of_its_source_and_of_nothing_else() {
    for act in [Act::Panic, Act::Polls(2, Box::new(Act::Panic))] {
        let source = Arc::new(Scripted::new("shaky", -1, move |_| act.clone()));
        let bench = bench_with(&source).await;
        for call in 1..=5 {
            let result = ask(&bench.fv).await;
            assert_eq!(failures(&result), [("shaky".to_owned(), ErrorKind::Plugin)], "{}", told(&result));
            let error = result.as_ref().unwrap().provenance().attempts[0].error.as_ref().unwrap();
            assert!(error.message().contains("shaky lost its way"), "{error}");
            assert_daily(&result.unwrap(), Vendor::EastMoney, bench.instrument(CODE), range(), Adjust::None);
            let health = bench.fv.source_health();
            assert_eq!(health.get(DAILY, "shaky").unwrap().consecutive_failures, call);
        }
        let health = bench.fv.source_health();
        assert_eq!(health.get(DAILY, "shaky").unwrap().status, Status::CircuitOpen);
        ask(&bench.fv).await.unwrap();
        assert_eq!(source.calls(), 5);
    }
}

/// The good table with one column in another's place.
fn with_column(name: &str, array: &ArrayRef) -> RecordBatch {
    let good = table(&query(), &bars());
    let index = good.schema().index_of(name).unwrap();
    let names = good.schema().fields().iter().map(|field| field.name().clone()).collect::<Vec<_>>();
    let columns = names.into_iter().zip(good.columns()).enumerate().map(|(at, (name, column))| {
        // Nullable throughout: only then Arrow itself lets a null into a column that must have none.
        (name, if at == index { Arc::clone(array) } else { Arc::clone(column) }, true)
    });
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

fn with_bars(change: impl FnOnce(&mut Vec<Bar>)) -> RecordBatch {
    let mut bars = bars();
    change(&mut bars);
    table(&query(), &bars)
}

/// Invalid tables, and what is wrong with each.
fn bad_tables() -> Vec<(&'static str, ErrorKind, RecordBatch)> {
    let good = table(&query(), &bars());
    let floats = |values: Vec<Option<f64>>| Arc::new(Float64Array::from(values)) as ArrayRef;
    let wide: Query = crate::support::daily_query(CODE, DateRange::default(), Adjust::None);
    let others: ArrayRef = Arc::new(StringArray::from(vec!["600519.SH"; 3]));
    let nothing: ArrayRef = Arc::new(StringArray::from(vec![None::<&str>]));
    let null_symbols: ArrayRef = Arc::new(DictionaryArray::<Int32Type>::new(vec![0; 3].into(), nothing));
    let negative: ArrayRef = Arc::new(Int64Array::from(vec![1_000_000, -1, 1_000_000]));
    let mut early = bars();
    early[0].at = date(2024, 6, 21);
    vec![
        ("no row", ErrorKind::NoData, good.slice(0, 0)),
        ("a column less", ErrorKind::Invalid, good.project(&[0, 1, 2, 3, 4, 5, 6, 7]).unwrap()),
        ("another order", ErrorKind::Invalid, good.project(&[0, 1, 5, 3, 4, 2, 6, 7, 8, 9, 10, 11]).unwrap()),
        ("another type", ErrorKind::Invalid, with_column("volume", &floats(vec![Some(1e6); 3]))),
        ("a null", ErrorKind::Invalid, with_column("close", &floats(vec![Some(33.75), None, Some(34.25)]))),
        ("another symbol", ErrorKind::Invalid, with_column("symbol", &others)),
        ("a symbol that is null", ErrorKind::Invalid, with_column("symbol", &null_symbols)),
        ("outside the range", ErrorKind::Invalid, table(&wide, &early)),
        (
            "a day twice",
            ErrorKind::Invalid,
            with_bars(|bars| {
                bars.extend_from_within(2..);
                bars[3].volume += 1;
            }),
        ),
        ("a high below the close", ErrorKind::Invalid, with_bars(|bars| bars[1].high = bars[1].close - 0.01)),
        ("no number", ErrorKind::Invalid, with_bars(|bars| bars[1].open = f64::NAN)),
        ("a negative price", ErrorKind::Invalid, with_bars(|bars| bars[1].low = -1.0)),
        ("a negative volume", ErrorKind::Invalid, with_column("volume", &negative)),
        (
            "lots for shares",
            ErrorKind::Invalid,
            with_bars(|bars| bars.iter_mut().for_each(|b| b.volume /= 100)),
        ),
        (
            "another unit of money",
            ErrorKind::Invalid,
            with_bars(|bars| {
                bars.iter_mut().for_each(|bar| bar.amount = bar.amount.map(|amount| amount / 10_000.0));
            }),
        ),
    ]
}

#[tokio::test]
async fn a_table_that_breaks_the_rules_is_never_a_result() {
    for (what, kind, batch) in bad_tables() {
        let source = Arc::new(Scripted::new("sloppy", -1, move |_| Act::Return(batch.clone())));
        let bench = bench_with(&source).await;
        let result = ask(&bench.fv).await;
        assert_eq!(failures(&result), [("sloppy".to_owned(), kind)], "{what}: {}", told(&result));
        assert_daily(&result.unwrap(), Vendor::EastMoney, bench.instrument(CODE), range(), Adjust::None);
        let health = bench.fv.source_health();
        // Wrong columns are the source's fault. Wrong values may be about this symbol alone.
        let columns = ["a column less", "another order", "another type", "a null", "a symbol that is null"];
        let counted = u32::from(columns.contains(&what));
        assert_eq!(health.get(DAILY, "sloppy").unwrap().consecutive_failures, counted, "{what}");
        let forced = daily(&bench.fv, CODE, range(), Adjust::None).source("sloppy").await;
        assert_eq!(failures(&forced), [("sloppy".to_owned(), kind)], "{what}: {}", told(&forced));
    }
    // Only the defect was refused: the same table without it is a result.
    let good = table(&query(), &bars());
    let source = Arc::new(Scripted::new("tidy", -1, move |_| Act::Return(good.clone())));
    assert_eq!(ask(&bench_with(&source).await.fv).await.unwrap().source(), "tidy");
}

/// One data set has one schema, whatever its source: two tables of it can always be concatenated.
#[tokio::test]
async fn every_result_has_the_schema_of_its_data_set() {
    let close: ArrayRef = Arc::new(Float64Array::from(vec![33.75, 34.0, 34.25]));
    let symbols: ArrayRef = Arc::new(StringArray::from(vec!["600036.SH"; 3]));
    // Right values, right types, and a schema by hand: without units, and nullable throughout. The symbol may be a text in each row.
    let mut schemas = Vec::new();
    for plain in [with_column("close", &close), with_column("symbol", &symbols)] {
        let source = Arc::new(Scripted::new("plain", -1, move |_| Act::Return(plain.clone())));
        let answer = ask(&bench_with(&source).await.fv).await.unwrap();
        assert_eq!(answer.source(), "plain");
        let rows = answer.rows();
        assert_eq!(rows.map(|bar| bar.symbol.to_owned()).collect::<Vec<_>>(), ["600036.SH"; 3]);
        schemas.push(answer.schema());
    }
    let bench = bench_with(&Arc::new(Scripted::new("plain", 9, |_| Act::Answer))).await;
    let schema = schemas.pop().unwrap();
    assert!(schemas.iter().all(|other| *other == schema));
    for vendor in Vendor::ALL {
        let call = daily(&bench.fv, CODE, range(), Adjust::None).source(vendor.to_string());
        assert_eq!(call.await.unwrap().schema(), schema, "{vendor}");
    }
    assert_eq!(schema.field_with_name("volume").unwrap().metadata()["unit"], "shares");
}

#[test]
fn what_cannot_be_told_apart_is_refused() {
    let refused = |builder: finvista::Builder, words: &[&str]| {
        let error = builder.environment([]).build().unwrap_err();
        let Error::Config(error) = error else { panic!("{error}") };
        let text = error.to_string();
        assert!(words.iter().all(|word| text.contains(word)), "{words:?}: {text}");
    };
    let source = |name: &str| Arc::new(Scripted::new(name, 0, |_| Act::Answer));
    refused(FinVista::builder().source(source("sina")), &["sina", "registered already"]);
    refused(FinVista::builder().source(source("a")).source(source("a")), &["source a", "registered already"]);
    refused(FinVista::builder().vendor(&finvista::sina::SINA), &["sina", "registered already"]);
    let offer = |dataset: &'static str| vec![Offer { dataset: DatasetId::new(dataset), priority: 0 }];
    let offering = |dataset| Arc::new(Scripted::new("a", 0, |_| Act::Answer).offering(offer(dataset)));
    refused(
        FinVista::builder().source(offering("comet_table")),
        &["source a", "comet_table", "registered data sets"],
    );
    refused(
        FinVista::builder().source(offering("cn_stock_quote")),
        &["source a", "cn_stock_quote", "a capability"],
    );
    // Added by hand alone, it is not a duplicate.
    let alone = FinVista::builder().environment([]).without_registered().vendor(&finvista::sina::SINA);
    let names: Vec<String> = alone.build().unwrap().sources().into_iter().map(|s| s.info.name).collect();
    assert_eq!(names, ["sina"]);
}
