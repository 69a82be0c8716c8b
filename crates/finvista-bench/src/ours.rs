//! FinVista over its public API: the one module of this crate that knows it.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use arrow_array::types::{ArrowPrimitiveType, Date32Type, Float64Type, Int64Type};
use arrow_array::{PrimitiveArray, RecordBatch};
use finvista::raw::dataset::Dataset;
use finvista::raw::{DynEndpoint, EndpointContext, Reply, Vendor, Venue, calendar};
use finvista::{
    CnStockDaily, CnStockList, CnStockQuote, DatasetSpec, Error, FinVista, Listed, Params, Query, Table,
};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use tokio::runtime::Runtime;

use crate::bodies;
use crate::sums::Sums;
use crate::tasks;

/// The code of a stock with its exchange in front, such as `sz000001`, from any spelling that FinVista reads.
///
/// # Errors
///
/// When the text is not a symbol of a stock or fund.
pub fn prefixed(text: &str) -> Result<String, String> {
    let symbol = CnStockDaily::SPEC.rules.universe.symbol(text).map_err(text_of)?;
    symbol.prefixed().ok_or_else(|| format!("expected a Chinese stock or fund, got {text:?}"))
}

/// A client with rate limit and cache off and all checks on.
#[derive(Debug)]
pub struct Client {
    client: FinVista,
    runtime: Runtime,
    parallel: usize,
}

impl Client {
    /// A client of this gateway that has up to `parallel` calls in flight.
    ///
    /// # Errors
    ///
    /// When the gateway is not an origin.
    pub fn new(base: &str, parallel: usize) -> Result<Self, String> {
        let builder = FinVista::builder().environment([]).gateway(base).rate_limit(false).cache(false);
        Ok(Self { client: builder.build().map_err(text_of)?, runtime: tasks::runtime(parallel)?, parallel })
    }

    /// The whole history of each of these symbols from East Money.
    ///
    /// # Errors
    ///
    /// When a call fails.
    pub fn histories(&mut self, symbols: &Arc<[String]>) -> Result<Vec<Table<CnStockDaily>>, String> {
        let client = self.client.clone();
        tasks::each(&self.runtime, self.parallel, symbols, move |symbol| {
            let call = client.cn_stock_daily(symbol).source("eastmoney");
            async move { call.await.map_err(text_of) }
        })
    }

    /// The quotes of these symbols from Sina, as one table.
    ///
    /// # Errors
    ///
    /// When the call fails.
    pub fn quotes(&mut self, symbols: &[String]) -> Result<Vec<Table<CnStockQuote>>, String> {
        let call = self.client.cn_stock_quote(symbols).source("sina");
        let table = self.runtime.block_on(async { call.await });
        Ok(vec![table.map_err(text_of)?])
    }

    /// The list of all A shares from East Money. The library decides how many pages are in flight.
    ///
    /// # Errors
    ///
    /// When the call fails.
    pub fn list(&mut self) -> Result<Vec<Table<CnStockList>>, String> {
        let call = self.client.cn_stock_list("all").source("eastmoney");
        let table = self.runtime.block_on(async { call.await });
        Ok(vec![table.map_err(text_of)?])
    }
}

/// What a table of daily bars holds.
pub fn bars(table: &Table<CnStockDaily>) -> Sums {
    Sums::collect(table.rows().map(|bar| (bar.close, bar.volume / 100)))
}

/// What a table of quotes holds.
pub fn quotes(table: &Table<CnStockQuote>) -> Sums {
    Sums::collect(table.rows().map(|quote| (quote.price.unwrap_or_default(), 0)))
}

/// What the rows of a list with a price hold.
pub fn listings(table: &Table<CnStockList>) -> Sums {
    let row = |row: Listed<'_>| Some((row.price?, row.volume.unwrap_or_default() / 100));
    Sums::collect(table.rows().filter_map(row))
}

/// The seconds that one call of a new client takes, and how it ends. The settings are the default ones, without the cache.
///
/// # Errors
///
/// When the gateway is not an origin.
pub async fn one_call(gateway: &str) -> Result<(f64, String), String> {
    let builder = FinVista::builder().environment([]).gateway(gateway).cache(false);
    let client = builder.build().map_err(text_of)?;
    let began = Instant::now();
    let result = client.cn_stock_daily("600519").start("2024-06-03").end("2024-06-28").await;
    let took = began.elapsed().as_secs_f64();
    let end = match result {
        Ok(table) => format!("{} bars of {}", table.num_rows(), table.source()),
        Err(Error::AllSourcesFailed(failed)) => format!("AllSourcesFailed: {}", failed.last_error()),
        Err(error) => error.to_string(),
    };
    Ok((took, end))
}

/// The answers of a vendor to a query, and the endpoint that reads them.
pub struct Case {
    /// The bodies of the answers, in order.
    pub bodies: Vec<Vec<u8>>,
    query: Query,
    endpoint: &'static dyn DynEndpoint,
    spec: &'static DatasetSpec,
}

impl std::fmt::Debug for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Case").field("query", &self.query.dataset()).finish_non_exhaustive()
    }
}

impl Case {
    /// The history of one symbol at East Money, 8,053 rows.
    ///
    /// # Errors
    ///
    /// When East Money has no endpoint for it.
    pub fn daily() -> Result<Self, String> {
        Self::of(
            &finvista::eastmoney::EASTMONEY,
            CnStockDaily::SPEC,
            ("symbol", "000001"),
            vec![bodies::eastmoney_daily()],
        )
    }

    /// 800 quotes of Sina.
    ///
    /// # Errors
    ///
    /// When Sina has no endpoint for them.
    pub fn quotes() -> Result<Self, String> {
        let symbols: Vec<String> = bodies::sina_codes().collect();
        let symbols = ("symbols", symbols.join(","));
        let bodies = vec![bodies::sina_quotes()];
        Self::of(&finvista::sina::SINA, CnStockQuote::SPEC, (symbols.0, &symbols.1), bodies)
    }

    /// The list of all A shares at East Money, in pages.
    ///
    /// # Errors
    ///
    /// When East Money has no endpoint for it.
    pub fn list() -> Result<Self, String> {
        let market = ("market", "all");
        Self::of(&finvista::eastmoney::EASTMONEY, CnStockList::SPEC, market, bodies::list_pages())
    }

    fn of(
        vendor: &'static Vendor,
        spec: &'static DatasetSpec,
        (name, value): (&str, &str),
        bodies: Vec<Vec<u8>>,
    ) -> Result<Self, String> {
        let query = spec.parse(&Params::from([(name.to_owned(), value.to_owned())])).map_err(text_of)?;
        let endpoint = vendor.endpoints.iter().find(|endpoint| endpoint.dataset().id == spec.id);
        let endpoint = *endpoint.ok_or_else(|| format!("{} has no {}", vendor.name, spec.id))?;
        Ok(Self { bodies, query, endpoint, spec })
    }

    /// From the bodies to the table, without the check at the boundary.
    ///
    /// # Errors
    ///
    /// When a body cannot be read.
    pub fn decode(&self) -> Result<RecordBatch, String> {
        let context = EndpointContext::new(Timestamp::UNIX_EPOCH);
        let (_, mut run) = self.endpoint.start(&context, &self.query).map_err(text_of)?;
        for body in &self.bodies {
            run.feed(&Reply::new(body)).map_err(text_of)?;
        }
        run.finish().map_err(text_of)
    }

    /// The check at the boundary: the number of symbols that are missing.
    ///
    /// # Errors
    ///
    /// When the table breaks an invariant.
    pub fn check(&self, table: &RecordBatch) -> Result<usize, String> {
        let precision = self.endpoint.capability().precision;
        let missing = self.spec.check(self.query.selection(), table, &precision, Timestamp::now());
        missing.map(|symbols| symbols.len()).map_err(text_of)
    }
}

/// The last days up to `end` on which both Shanghai and Shenzhen traded, ascending.
pub fn sessions(end: Date, count: usize) -> Vec<Date> {
    let both = [Venue::Sh, Venue::Sz];
    let is_session = |day: &Date| both.iter().all(|venue| calendar::is_session(*venue, *day) == Some(true));
    let mut days: Vec<Date> = end.series(-1.day()).filter(is_session).take(count).collect();
    days.reverse();
    days
}

/// The history of one symbol as a table, to read its rows.
#[derive(Debug)]
pub struct History(Table<CnStockDaily>);

impl History {
    /// The table of [`Case::daily`].
    ///
    /// # Errors
    ///
    /// As [`Case::daily`].
    pub fn new() -> Result<Self, String> {
        Table::new(Case::daily()?.decode()?).typed().map(Self).map_err(text_of)
    }

    /// The number of rows.
    pub fn num_rows(&self) -> usize {
        self.0.num_rows()
    }

    /// The sum of all numbers, row by row, with every day and label read too.
    pub fn sum_of_rows(&self) -> f64 {
        let mut sum = 0.0;
        for bar in &self.0 {
            black_box((bar.symbol, bar.date));
            let optional = [bar.amount, bar.change, bar.change_pct, bar.amplitude, bar.turnover];
            sum += bar.open + bar.high + bar.low + bar.close + bar.volume as f64;
            sum += optional.into_iter().flatten().sum::<f64>();
        }
        sum
    }

    /// The same from the slices of the columns, row by row.
    ///
    /// # Errors
    ///
    /// When a column is missing.
    pub fn sum_of_slices(&self) -> Result<f64, String> {
        let days = self.column::<Date32Type>("date")?.values();
        let volumes = self.column::<Int64Type>("volume")?.values();
        let [open, high, low, close] =
            [self.floats("open")?, self.floats("high")?, self.floats("low")?, self.floats("close")?];
        let [change, change_pct, amplitude] =
            [self.floats("change")?, self.floats("change_pct")?, self.floats("amplitude")?];
        let [amount, turnover] = [self.floats("amount")?, self.floats("turnover")?];
        let mut sum = 0.0;
        for row in 0..self.num_rows() {
            black_box(days.get(row));
            let volume = volumes.get(row).copied().unwrap_or_default();
            let of = |column: &[f64]| column.get(row).copied().unwrap_or_default();
            sum += of(open) + of(high) + of(low) + of(close) + volume as f64;
            sum += [amount, change, change_pct, amplitude, turnover].map(of).into_iter().sum::<f64>();
        }
        Ok(sum)
    }

    /// A column without its nulls, which hold 0.
    fn floats(&self, name: &str) -> Result<&[f64], String> {
        Ok(self.column::<Float64Type>(name)?.values())
    }

    fn column<T: ArrowPrimitiveType>(&self, name: &str) -> Result<&PrimitiveArray<T>, String> {
        let column = self.0.batch().column_by_name(name).and_then(|column| column.as_any().downcast_ref());
        column.ok_or_else(|| format!("{name} is missing or of another type"))
    }
}

fn text_of(error: impl std::fmt::Display) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::floor;

    #[test]
    fn the_measured_answers_are_whole_and_pass_the_check() {
        let list = Case::list().unwrap();
        let listings = floor::listings(&list.bodies[0]).total;
        for (case, rows) in [
            (Case::daily().unwrap(), bodies::BARS),
            (Case::quotes().unwrap(), bodies::QUOTES),
            (list, listings),
        ] {
            let table = case.decode().unwrap();
            assert_eq!(table.num_rows(), rows);
            assert_eq!(case.check(&table), Ok(0));
        }
    }

    #[test]
    fn rows_and_slices_hold_the_same() {
        let history = History::new().unwrap();
        assert_eq!(history.num_rows(), bodies::BARS);
        assert_eq!(Ok(history.sum_of_rows()), history.sum_of_slices());
    }
}
