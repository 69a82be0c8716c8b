//! Tables from elsewhere: a source that returns Arrow tables as another program made them. FinVista compares their columns with
//! the data set's, and checks every row before a caller sees it.
#![allow(clippy::print_stdout, reason = "an example prints to its terminal")]

use std::error::Error;
use std::sync::Arc;

use finvista::arrow_array::{
    ArrayRef, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray, new_null_array,
};
use finvista::arrow_schema::DataType;
use finvista::raw::dataset::Dataset;
use finvista::raw::{
    Board, Boards, Capability, Context, DataSource, Offer, Precision, SourceInfo, async_trait, date,
};
use finvista::{CnStockDaily, DatasetId, ErrorKind, FinVista, Query, SourceError};

/// What a database of ours returns for one share.
#[derive(Debug)]
struct Archive {
    info: SourceInfo,
    symbol: &'static str,
    closes: Vec<f64>,
    volumes: Vec<i64>,
}

/// Exact numbers, so the checks allow no rounding beyond a hundredth of a cent.
const CAPABILITY: Capability = Capability::of_boards(Boards::of(&[Board::Main])).precision(Precision {
    volume: 0.0,
    amount: 0.01,
    price: 0.0001,
});

impl Archive {
    fn new(name: &str, priority: i32, symbol: &'static str, volumes: Vec<i64>) -> Self {
        let info = SourceInfo {
            name: name.to_owned(),
            title: "Our own archive".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            origin: "custom".to_owned(),
            failure_domain: name.to_owned(),
            offers: vec![Offer { dataset: CnStockDaily::SPEC.id(), priority }],
        };
        Self { info, symbol, closes: vec![10.05, 10.12, 10.15], volumes }
    }

    /// Three days in June 2024, in the columns of `cn_stock_daily`. The symbol may be plain text in each row.
    fn table(&self) -> Result<RecordBatch, SourceError> {
        let rows = self.closes.len();
        let first = date::days_since_epoch(jiff::civil::date(2024, 6, 26));
        let prices = |distance: f64| -> ArrayRef {
            Arc::new(Float64Array::from_iter_values(self.closes.iter().map(|close| close + distance)))
        };
        // The amounts are of 1,000,000 shares a day.
        let amounts = self.closes.iter().map(|close| close * 1_000_000.0);
        let unknown = || new_null_array(&DataType::Float64, rows);
        let columns: [(&str, ArrayRef); 12] = [
            ("symbol", Arc::new(StringArray::from(vec![self.symbol; rows]))),
            ("date", Arc::new(Date32Array::from_iter_values((first..).take(rows)))),
            ("open", prices(-0.05)),
            ("high", prices(0.10)),
            ("low", prices(-0.10)),
            ("close", prices(0.0)),
            ("volume", Arc::new(Int64Array::from(self.volumes.clone()))),
            ("amount", Arc::new(Float64Array::from_iter_values(amounts))),
            ("change", unknown()),
            ("change_pct", unknown()),
            ("amplitude", unknown()),
            ("turnover", unknown()),
        ];
        let nullable = |(name, column)| (name, column, true);
        RecordBatch::try_from_iter_with_nullable(columns.map(nullable))
            .map_err(|e| SourceError::decode(e.to_string()))
    }
}

#[async_trait]
impl DataSource for Archive {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn capability(&self, dataset: &DatasetId) -> Option<&Capability> {
        (*dataset == CnStockDaily::SPEC.id()).then_some(&CAPABILITY)
    }

    async fn fetch(&self, _: &Context, query: &Query) -> Result<RecordBatch, SourceError> {
        match query.symbols() {
            [symbol] if symbol.to_string() == self.symbol => self.table(),
            _ => Err(SourceError::new(ErrorKind::NotFound, format!("expected {}, got {query}", self.symbol))),
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let fv = FinVista::builder()
        .without_registered()
        // The first archive gives volumes in lots of 100 shares, as if they were shares.
        .source(Arc::new(Archive::new("lots", 0, "000001.SZ", vec![10_000; 3])))
        .source(Arc::new(Archive::new("shares", 1, "000001.SZ", vec![1_000_000; 3])))
        .build()?;

    let bars = fv.cn_stock_daily("000001").start("2024-06-26").end("2024-06-28").await?;
    bars.provenance().attempts.iter().for_each(|attempt| println!("{attempt}"));
    for bar in &bars {
        println!("{} {} {:.2} {} shares", bar.date, bar.symbol, bar.close, bar.volume);
    }
    // The table has the data set's own schema, whichever source it came from.
    assert_eq!(bars.schema(), *CnStockDaily::schema());
    Ok(())
}
