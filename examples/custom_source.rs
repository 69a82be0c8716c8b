//! What a third party can add without touching FinVista's crates: a source of its own for a data set of FinVista, a data
//! set of its own, and a vendor that serves it over HTTP. Failover, circuits and the check at the boundary come with it.
#![allow(clippy::print_stdout, reason = "an example talks on its terminal")]

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use finvista::core::dataset::{
    Bar, CnStockDailyBuilder, Dataset, DatasetSpec, Date32, Float, ParamSpec, Text,
};
use finvista::core::{
    Capability, Context, CustomQuery, DataSource, Endpoint, InvalidInput, Next, Offer, Params, Precision,
    Quota, Reply, Request, Settings, SourceInfo, Vendor, async_trait, date, wire,
};
use finvista::{
    CnStockDaily, DatasetId, ErrorKind, FinVista, Query, RecordBatch, SourceError, Symbol, Table,
};
use jiff::civil::Date;

// 1. A source that is no vendor over HTTP: bars that this program holds in memory.

#[derive(Debug)]
struct Vault {
    info: SourceInfo,
    capability: Capability,
    bars: Vec<(&'static str, Bar)>,
}

impl Vault {
    fn new() -> Self {
        let bar = |day, close: f64| Bar {
            date: Date::constant(2024, 6, day),
            open: close - 0.05,
            high: close + 0.10,
            low: close - 0.10,
            close,
            volume: 84_274_300,
            amount: None,
            change: None,
            change_pct: None,
            amplitude: None,
            turnover: None,
        };
        Self {
            info: SourceInfo {
                name: "vault".to_owned(),
                title: "Our own records".to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
                origin: "custom".to_owned(),
                failure_domain: "vault".to_owned(),
                // Before every vendor.
                offers: vec![Offer { dataset: CnStockDaily::SPEC.id(), priority: -1 }],
            },
            // No adjusted prices are promised: a query for them goes to the next source.
            capability: Capability::of_boards(&finvista::core::Board::ALL),
            bars: vec![
                ("000001.SZ", bar(26, 10.05)),
                ("000001.SZ", bar(27, 10.12)),
                ("000001.SZ", bar(28, 10.15)),
            ],
        }
    }
}

#[async_trait]
impl DataSource for Vault {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn capability(&self, dataset: &DatasetId) -> Option<&Capability> {
        (*dataset == CnStockDaily::SPEC.id()).then_some(&self.capability)
    }

    async fn fetch(&self, _: &Context, query: &Query) -> Result<Table, SourceError> {
        let query = CnStockDaily::query(query).ok_or_else(|| {
            SourceError::new(ErrorKind::Unsupported, "the vault has daily bars and nothing else")
        })?;
        let mut table: CnStockDailyBuilder = CnStockDaily::builder(query);
        let symbol = query.symbol.to_string();
        let bars: Vec<Bar> = self.bars.iter().filter(|(of, _)| *of == symbol).map(|(_, bar)| *bar).collect();
        if bars.is_empty() {
            return Err(SourceError::new(ErrorKind::NotFound, format!("the vault has no bars of {symbol}")));
        }
        // The builder drops what lies outside the range, and derives the changes.
        bars.into_iter().for_each(|bar| table.bar(bar));
        CnStockDaily::finish(table).map(Table::new)
    }
}

// 2. A data set: its columns with types and units, its parameters, its invariants.

finvista::core::columns! {
    "cny_fixing",
    /// The central parity of CNY on one day.
    struct Fixing => FixingColumns, FixingViews {
        /// The day.
        date: Date32, "";
        /// The foreign currency, as `USD`.
        currency: Text, "";
        /// CNY for one unit of it.
        rate: Float, "CNY";
    }
}

#[derive(Debug)]
struct CnyFixing;

impl CnyFixing {
    const ID: DatasetId = DatasetId::new("cny_fixing");

    fn parse(params: &Params) -> Result<Query, InvalidInput> {
        let currency = params.get("currency").map_or("", String::as_str).to_ascii_uppercase();
        if currency.len() != 3 || !currency.bytes().all(|b| b.is_ascii_uppercase()) {
            return Err(InvalidInput::new(format!("{currency:?} is no currency: USD is")));
        }
        Ok(Query::custom(Self::ID, [("currency", currency)]))
    }

    fn check(query: &Query, batch: &RecordBatch, _: &Precision) -> Result<Vec<Symbol>, SourceError> {
        use finvista::core::dataset::RowViews;
        let wrong = |what: &str| SourceError::new(ErrorKind::Invalid, what);
        let views = FixingViews::new(batch).ok_or_else(|| wrong("the table is not one of cny_fixing"))?;
        let asked =
            Self::query(query).and_then(|query| query.params.get("currency")).map_or("", String::as_str);
        for fixing in (0..batch.num_rows()).map(|index| views.row(index)) {
            if fixing.currency != asked || fixing.rate <= 0.0 {
                return Err(wrong(&format!(
                    "{} at {} where {asked:?} was asked",
                    fixing.currency, fixing.rate
                )));
            }
        }
        Ok(Vec::new())
    }
}

impl Dataset for CnyFixing {
    type Query = CustomQuery;
    type Builder = FixingColumns;
    type Row<'a> = Fixing<'a>;
    type Views<'a> = FixingViews<'a>;

    const SPEC: &'static DatasetSpec = &DatasetSpec {
        id: "cny_fixing",
        title: "Central parity rates of CNY",
        params: &[ParamSpec { name: "currency", required: true, doc: "the foreign currency, as USD" }],
        columns: FixingColumns::SPEC,
        parse: Self::parse,
        // A fixing is published once a day.
        ttl: |_, _| std::time::Duration::from_secs(3_600),
        check: Self::check,
    };

    fn query(query: &Query) -> Option<&CustomQuery> {
        match query {
            Query::Custom(query) if query.dataset == Self::ID => Some(query),
            _ => None,
        }
    }

    fn builder(_: &CustomQuery) -> FixingColumns {
        FixingColumns::default()
    }

    fn finish(columns: FixingColumns) -> Result<RecordBatch, SourceError> {
        columns.finish()
    }
}

// 3. A vendor: a value, and an endpoint made of two pure functions. `finvista::core::register!(vendor FIXINGS);` would give
// it to every client of the program; here it is added by hand.

static FIXINGS: Vendor = Vendor {
    name: "fixings",
    title: "A vendor of fixings",
    version: env!("CARGO_PKG_VERSION"),
    failure_domain: "fixings",
    hosts: &["fixings.example"],
    quota: Quota::per_second(2).burst(4),
    endpoints: &[&DailyFixing],
};

struct DailyFixing;

impl Endpoint for DailyFixing {
    type Dataset = CnyFixing;

    fn priority(&self) -> i32 {
        0
    }

    fn capability(&self) -> Capability {
        Capability::any()
    }

    fn request(&self, _: &Settings, query: &CustomQuery) -> Result<Request, SourceError> {
        let currency = query.params.get("currency").map_or("", String::as_str);
        Ok(Request::get(format!("https://fixings.example/latest.csv?currency={currency}")))
    }

    fn decode(
        &self,
        _: &CustomQuery,
        reply: &Reply<'_>,
        out: &mut FixingColumns,
    ) -> Result<Next, SourceError> {
        let text = std::str::from_utf8(reply.body).map_err(|e| SourceError::decode(e.to_string()))?;
        for line in text.lines() {
            let [day, currency, rate] = line.split(',').collect::<Vec<_>>()[..] else {
                return Err(SourceError::decode(format!("{line:?} has not three columns")));
            };
            out.push(Fixing { date: date::parse(day)?, currency, rate: wire::number("rate", rate)? });
        }
        Ok(Next::Done)
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let gateway = format!("http://{}", listener.local_addr()?);
    std::thread::spawn(move || listener.incoming().flatten().try_for_each(|stream| serve(&stream)));

    let fv = FinVista::builder()
        .without_registered()
        .source(Arc::new(Vault::new()))
        .dataset(CnyFixing::SPEC)
        .vendor(&FIXINGS)
        // The vendor's host does not exist: the server of this program stands in for it.
        .gateway(gateway)
        .build()?;

    let bars = fv.cn_stock_daily("000001").start("2024-06-27").await?;
    println!("cn_stock_daily, data from: {}", bars.source());
    for bar in bars.rows::<CnStockDaily>()? {
        let change = bar.change_pct.map_or_else(String::new, |percent| format!("{percent:+.2} %"));
        println!("  {} {} {:.2} {change}", bar.date, bar.symbol, bar.close);
    }

    let fixings = fv.fetch(&Query::custom(CnyFixing::ID, [("currency", "USD")])).await?;
    println!("cny_fixing, data from: {}", fixings.source());
    for fixing in fixings.rows::<CnyFixing>()? {
        println!("  {} 1 {} = {} CNY", fixing.date, fixing.currency, fixing.rate);
    }

    // What goes wrong is told as for FinVista's own data sets.
    for currency in ["dollars", "EUR"] {
        let params = [("currency".to_owned(), currency.to_owned())].into();
        let error = match fv.query("cny_fixing", &params) {
            Ok(query) => fv.fetch(&query).await.err(),
            Err(error) => Some(error),
        };
        println!("{currency}: {}", error.ok_or("an error")?);
    }
    Ok(())
}

/// The vendor's side: it knows the fixings of USD, and sends them whatever is asked. The check finds that out.
fn serve(mut stream: &TcpStream) -> std::io::Result<()> {
    let mut head = BufReader::new(stream).lines();
    while head.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
    let body = "2024-06-27,USD,7.1270\n2024-06-28,USD,7.1268\n";
    write!(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}
