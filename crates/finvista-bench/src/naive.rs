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
