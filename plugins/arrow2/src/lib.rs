//! A source whose author computes with arrow2: made-up daily bars, put together as arrow2's arrays. They cross to the host without a
//! copy, whatever Arrow library it uses.

use finvista_arrow2::arrow2::array::{
    DictionaryArray, Float64Array, Int32Array, Int64Array, Utf8Array, new_null_array,
};
use finvista_arrow2::arrow2::chunk::Chunk;
use finvista_arrow2::arrow2::datatypes::DataType;
use finvista_arrow2::{ConvertError, from_arrow2, to_arrow2};
use finvista_core::dataset::Dataset;
use finvista_core::{
    Adjust, Capability, Context, DataSource, DatasetId, ErrorKind, Offer, Period, Query, RecordBatch, Series,
    Shape, SourceError, SourceInfo, Venue, async_trait, calendar, date,
};
use finvista_datasets::CnStockDaily;
use finvista_plugin::Config;
use jiff::civil::Date;

finvista_plugin::export_source!(Arrow2::new);

#[derive(Debug)]
struct Arrow2 {
    info: SourceInfo,
    capability: Capability,
}

/// The first day of every listing.
const LISTED: Date = Date::constant(2020, 1, 1);

impl Arrow2 {
    fn new(_: &Config) -> Result<Self, SourceError> {
        let info = SourceInfo {
            name: "arrow2".to_owned(),
            title: "Made-up bars by arrow2".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            origin: "plugin".to_owned(),
            failure_domain: "arrow2".to_owned(),
            offers: vec![Offer { dataset: CnStockDaily::SPEC.id(), priority: 100 }],
        };
        Ok(Self { info, capability: Capability::any().periods(&[Period::Day]) })
    }
}

#[async_trait]
impl DataSource for Arrow2 {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn capability(&self, dataset: &DatasetId) -> Option<&Capability> {
        (*dataset == CnStockDaily::SPEC.id()).then_some(&self.capability)
    }

    async fn fetch(&self, cx: &Context, query: &Query) -> Result<RecordBatch, SourceError> {
        let series = Series::of(query.selection())
            .filter(|series| series.adjust == Adjust::None && series.period == Period::Day)
            .filter(|_| query.dataset().as_str() == CnStockDaily::SPEC.id);
        let series =
            series.ok_or_else(|| SourceError::new(ErrorKind::Unsupported, "only daily bars as traded"))?;
        let start = series.range.start().unwrap_or(LISTED).max(LISTED);
        let end = series.range.end().unwrap_or_else(|| cx.today()).min(cx.today());
        let days: Vec<i32> = (date::days_since_epoch(start)..=date::days_since_epoch(end))
            .filter(|day| is_session(series.symbol.venue(), *day))
            .collect();
        if days.is_empty() {
            return Err(SourceError::new(ErrorKind::NoData, format!("no session in {}", series.range)));
        }
        bars(series, &days).map_err(|e| SourceError::decode(e.to_string()))
    }
}

/// Whether the exchange trades on a day; where that is not known, whether it is a weekday. The first of January 1970 was a Thursday.
fn is_session(venue: Venue, day: i32) -> bool {
    let known = date::from_days_since_epoch(day).and_then(|day| calendar::is_session(venue, day));
    let is_weekday = (day + 3).rem_euclid(7) < 5;
    known.unwrap_or(is_weekday)
}

/// A bar for each of these days: flat, and higher every day of the week.
fn bars(series: &Series, days: &[i32]) -> Result<RecordBatch, ConvertError> {
    let (schema, _) = to_arrow2(&RecordBatch::new_empty(CnStockDaily::SPEC.schema()))?;
    let rows = days.len();
    // The symbol is there once, and each row has its number.
    let symbol = Utf8Array::<i32>::from_slice([series.symbol.to_string()]).boxed();
    let symbols = DictionaryArray::try_from_keys(Int32Array::from_vec(vec![0; rows]), symbol)
        .map_err(|e| ConvertError::Column { column: "symbol".to_owned(), why: e.to_string() })?;
    let prices = Float64Array::from_vec(days.iter().map(|day| f64::from(100 + day.rem_euclid(7))).collect());
    let amounts = prices.iter().map(|price| price.map(|price| price * 1_000.0));
    let columns = schema.fields.iter().map(|field| match field.name.as_str() {
        "symbol" => symbols.clone().boxed(),
        "date" => Int32Array::from_vec(days.to_vec()).to(DataType::Date32).boxed(),
        // Arrow2's arrays share what they are clones of.
        "open" | "high" | "low" | "close" => prices.clone().boxed(),
        "volume" => Int64Array::from_vec(vec![1_000; rows]).boxed(),
        "amount" => amounts.clone().collect::<Float64Array>().boxed(),
        _ => new_null_array(field.data_type.clone(), rows),
    });
    from_arrow2(&schema, Chunk::new(columns.collect()))
}
