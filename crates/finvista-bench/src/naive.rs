//! The usual parse: `serde_json::Value`, `split(',')`, and a struct for each row.

use serde_json::Value;

/// A daily bar.
#[derive(Debug)]
pub struct Bar {
    /// The day.
    pub day: String,
    /// The ten numbers of the row.
    pub numbers: Vec<f64>,
}

/// Reads East Money's answer. `None` when it is anything else.
pub fn bars(body: &[u8]) -> Option<Vec<Bar>> {
    let answer: Value = serde_json::from_slice(body).ok()?;
    answer.get("data")?.get("klines")?.as_array()?.iter().map(|row| bar(row.as_str()?)).collect()
}

fn bar(row: &str) -> Option<Bar> {
    let mut fields = row.split(',');
    let day = fields.next()?.to_owned();
    let numbers = fields.map(|field| field.parse().ok()).collect::<Option<Vec<f64>>>()?;
    Some(Bar { day, numbers })
}

/// A quote.
#[derive(Debug)]
pub struct Quote {
    /// The code, such as `sh600519`.
    pub code: String,
    /// The name.
    pub name: String,
    /// The 29 numbers of the row.
    pub numbers: Vec<f64>,
    /// Day and time.
    pub time: String,
}

/// Reads Sina's answer, already decoded to text. `None` when it is anything else.
pub fn quotes(text: &str) -> Option<Vec<Quote>> {
    text.lines().map(quote).collect()
}

fn quote(line: &str) -> Option<Quote> {
    let (code, value) = line.strip_prefix("var hq_str_")?.split_once("=\"")?;
    let fields: Vec<&str> = value.split(',').collect();
    let numbers = fields.get(1..30)?.iter().map(|field| field.parse().ok()).collect::<Option<Vec<f64>>>()?;
    let (name, day, time) = (fields.first()?, fields.get(30)?, fields.get(31)?);
    Some(Quote { code: code.to_owned(), name: (*name).to_owned(), numbers, time: format!("{day} {time}") })
}

/// A page of a list.
#[derive(Debug)]
pub struct Page {
    /// The number of listings on all pages.
    pub total: usize,
    /// The listings of this one.
    pub rows: Vec<Listing>,
}

/// A listing.
#[derive(Debug)]
pub struct Listing {
    /// The code.
    pub code: String,
    /// The name.
    pub name: String,
    /// The last price.
    pub price: Option<f64>,
    /// Lots of 100 shares.
    pub volume: Option<f64>,
    /// Change, change in percent, amount, turnover in percent, and the two market values.
    pub others: [Option<f64>; 6],
}

/// Reads a page of East Money's list. `None` when it is anything else.
pub fn listings(body: &[u8]) -> Option<Page> {
    let answer: Value = serde_json::from_slice(body).ok()?;
    let data = answer.get("data")?;
    let rows = data.get("diff")?.as_array()?.iter().map(listing).collect::<Option<_>>()?;
    Some(Page { total: data.get("total")?.as_u64()?.try_into().ok()?, rows })
}

fn listing(row: &Value) -> Option<Listing> {
    let text = |field: &str| row.get(field).and_then(Value::as_str).map(str::to_owned);
    let number = |field: &str| row.get(field).and_then(Value::as_f64);
    let scale = |decimals: &str| Some(10_f64.powi(row.get(decimals)?.as_i64()?.try_into().ok()?));
    let (of_prices, of_percents) = (scale("f1")?, scale("f152")?);
    let price = |field: &str| Some(number(field)? / of_prices);
    let percent = |field: &str| Some(number(field)? / of_percents);
    let others = [price("f4"), percent("f3"), number("f6"), percent("f8"), number("f20"), number("f21")];
    Some(Listing { code: text("f12")?, name: text("f14")?, price: price("f2"), volume: number("f5"), others })
}
