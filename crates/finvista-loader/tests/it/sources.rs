#![cfg(test)]
//! The plugins in `plugins/` that need no host to send their requests: a folder of CSV files, and bars by arrow2.

use finvista_core::dataset::Dataset;
use finvista_core::{DataSource, ErrorKind, RecordBatch, SourceError, Table};
use finvista_datasets::{CnStockDaily, DailyBar};
use finvista_loader::{LoadError, PluginSource, load};
use jiff::civil::date;

use crate::support::{cargo_build, context, parse};

fn open(package: &str, config: &str) -> Result<PluginSource, LoadError> {
    crate::support::open(load(&cargo_build(&["-p", package])).unwrap(), config)
}

/// The plugin's table, with the schema and the invariants that the manager holds it to.
async fn get(source: &PluginSource, params: &[(&str, &str)]) -> Result<Table<CnStockDaily>, SourceError> {
    let query = parse(CnStockDaily::SPEC, params);
    let batch = source.fetch(&context(), &query).await?;
    let batch = RecordBatch::try_new(CnStockDaily::SPEC.schema(), batch.columns().to_vec()).unwrap();
    let precision = source.capability(&CnStockDaily::SPEC.id()).unwrap().precision;
    CnStockDaily::SPEC.check(query.selection(), &batch, &precision, jiff::Timestamp::now())?;
    Ok(Table::new(batch).typed().unwrap())
}

fn rows(table: &Table<CnStockDaily>) -> Vec<DailyBar<'_>> {
    table.rows().collect()
}

#[tokio::test]
async fn a_folder_of_csv_files_is_a_source() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../plugins/csv-folder/sample");
    let config = serde_json::json!({ "folder": folder }).to_string();
    let source = open("finvista-csv-folder-plugin", &config).unwrap();
    assert_eq!((&*source.info().name, source.info().offers[0].priority), ("csv-folder", -1));

    let table = get(&source, &[("symbol", "000001"), ("start", "2024-06-27")]).await.unwrap();
    let bars: Vec<_> = rows(&table).iter().map(|bar| (bar.date, bar.close, bar.change)).collect();
    assert_eq!(bars, [(date(2024, 6, 27), 10.05, Some(-0.07)), (date(2024, 6, 28), 10.15, Some(0.1))]);
    let unknown = get(&source, &[("symbol", "600519")]).await.unwrap_err();
    assert_eq!(unknown.kind(), ErrorKind::NotFound);
    // No folder is read by default.
    let error = open("finvista-csv-folder-plugin", "{}").unwrap_err();
    assert!(matches!(error, LoadError::Create { .. }), "{error}");
}

#[tokio::test]
async fn a_plugin_that_computes_with_arrow2_is_read_like_any_other() {
    let source = open("finvista-arrow2-plugin", "{}").unwrap();
    assert_eq!(source.info().name, "arrow2");
    let table = get(&source, &[("symbol", "600519"), ("start", "2024-06-03")]).await.unwrap();
    let bars = rows(&table);
    // The weekdays of four weeks, without the Dragon Boat Festival.
    assert_eq!(bars.len(), 19);
    assert!(bars.iter().all(|bar| bar.symbol == "600519.SH" && bar.volume == 1_000 && bar.change.is_none()));
    // 2024-06-03 is the 19877th day, a Monday: its price is 100 and that number modulo seven.
    assert_eq!((bars[0].date, bars[0].open, bars[0].amount), (date(2024, 6, 3), 104.0, Some(104_000.0)));
    assert_eq!((bars[18].date, bars[18].close), (date(2024, 6, 28), 101.0));
    let weekend = [("symbol", "600519"), ("start", "2024-06-01"), ("end", "2024-06-02")];
    assert_eq!(get(&source, &weekend).await.unwrap_err().kind(), ErrorKind::NoData);
}
