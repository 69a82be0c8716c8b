//! The folder `sample`, as a caller reads it.

use std::time::Duration;

use finvista_core::dataset::Dataset;
use finvista_core::{Context, DataSource, DatasetSpec, ErrorKind, Params, Query, SourceError, Table};
use finvista_datasets::{CnIndexDaily, CnStockDaily};
use finvista_plugin::Config;
use jiff::civil::date;

use super::CsvFolder;

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/sample");

fn source(folder: &str) -> Result<CsvFolder, SourceError> {
    CsvFolder::new(&Config::new(format!("{{\"folder\":{folder:?}}}")))
}

fn query(spec: &DatasetSpec, params: &[(&str, &str)]) -> Query {
    let params: Params =
        params.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    spec.parse(&params).unwrap()
}

async fn get(params: &[(&str, &str)]) -> Result<Table<CnStockDaily>, SourceError> {
    ask(&query(CnStockDaily::SPEC, params)).await
}

async fn ask(query: &Query) -> Result<Table<CnStockDaily>, SourceError> {
    let cx = Context::new("2024-06-28T08:00:00Z".parse().unwrap(), Duration::from_secs(10));
    let table = Table::new(source(SAMPLE)?.fetch(&cx, query).await?);
    let source = source(SAMPLE)?;
    let precision = source.capability(&CnStockDaily::SPEC.id()).unwrap().precision;
    CnStockDaily::SPEC.check(query.selection(), table.batch(), &precision, jiff::Timestamp::now())?;
    Ok(table.typed().unwrap())
}

#[tokio::test]
async fn a_file_is_a_table() {
    let table = get(&[("symbol", "000001"), ("start", "2024-06-27")]).await.unwrap();
    let rows: Vec<_> = table.rows().collect();
    let days: Vec<_> = rows.iter().map(|row| (row.symbol, row.date)).collect();
    // The file has the newest first.
    assert_eq!(days, [("000001.SZ", date(2024, 6, 27)), ("000001.SZ", date(2024, 6, 28))]);
    assert_eq!((rows[0].open, rows[0].high, rows[0].low, rows[0].close), (10.12, 10.21, 10.03, 10.05));
    assert_eq!((rows[0].volume, rows[0].amount, rows[0].turnover), (84_274_300, Some(852_432_600.0), None));
    assert_eq!((rows[1].amount, rows[1].turnover), (None, Some(0.68)));
    // Against the day before, which is in the file.
    assert_eq!((rows[0].change, rows[1].change), (Some(-0.07), Some(0.1)));
    assert_eq!(get(&[("symbol", "000001")]).await.unwrap().num_rows(), 3);
}

/// What is asked, the kind of the error, and words of it.
type Case = (&'static [(&'static str, &'static str)], ErrorKind, &'static str);

#[tokio::test]
async fn a_query_without_a_table_has_its_kind_of_error() {
    let cases: [Case; 7] = [
        (&[("symbol", "600519")], ErrorKind::NotFound, "600519.SH.csv"),
        (&[("symbol", "000001"), ("start", "2024-06-29")], ErrorKind::NoData, "from 2024-06-29"),
        (&[("symbol", "000001"), ("adjust", "qfq")], ErrorKind::Unsupported, "adjusted"),
        (&[("symbol", "000001"), ("period", "week")], ErrorKind::Unsupported, "those of days"),
        (&[("symbol", "000002")], ErrorKind::Decode, "line 3: expected a number in close"),
        (&[("symbol", "000003")], ErrorKind::Decode, "no column volume"),
        (&[("symbol", "000004")], ErrorKind::Upstream, "cannot be read"),
    ];
    for (params, kind, words) in cases {
        let error = get(params).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.message().contains(words), "{error}");
    }
    let other = query(CnIndexDaily::SPEC, &[("symbol", "000300")]);
    assert_eq!(ask(&other).await.unwrap_err().kind(), ErrorKind::Unsupported);
}

#[test]
fn a_folder_is_configured_and_there() {
    for (folder, words) in [("sample", "expected the absolute path"), ("/no/such/folder", "/no/such/folder")]
    {
        let error = source(folder).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.message().contains(words), "{error}");
    }
    assert!(CsvFolder::new(&Config::default()).is_err());
}
