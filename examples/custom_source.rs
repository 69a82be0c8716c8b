//! What a third party can add without touching FinVista's crates: a source for a data set of FinVista, a data set of its own,
//! and a vendor that serves it over HTTP. Refinements, refusals, failover, cache and checks are those of the built-in ones.
#![allow(clippy::print_stdout, reason = "an example prints to its terminal")]

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use finvista::datasets::DailyColumns;
use finvista::raw::dataset::{
    Bar, BarSink, Bars, Build, Check, Dataset, Date32, Float, Int, Keep, Label, Rows,
};
use finvista::raw::wire::{self, Fields};
use finvista::raw::{
    Adjust, Board, Boards, CN_STOCKS, Capability, Context, DataSource, Endpoint, EndpointContext, Next,
    Offer, Quota, Reply, Request, Series, Shape, SourceInfo, Vendor, async_trait,
};
use finvista::{CnStockDaily, DatasetId, ErrorKind, FinVista, Query, RecordBatch, SourceError, Symbol};
use jiff::civil::date;

// 1. A source that is not a vendor over HTTP: bars that this program holds in memory.

#[derive(Debug)]
struct Vault {
    info: SourceInfo,
    bars: Vec<(Symbol, Bar)>,
}

/// All boards, unadjusted: a query for adjusted prices goes to the next source.
const VAULT: Capability = Capability::any();

impl Vault {
    fn new() -> Result<Self, finvista::InvalidInput> {
        let symbol = CN_STOCKS.symbol("000001")?;
        let bar = |day, close: f64| {
            let at = date(2024, 6, day);
            (symbol, Bar::new(at, close - 0.05, close + 0.10, close - 0.10, close, 84_274_300))
        };
        let info = SourceInfo {
            name: "vault".to_owned(),
            title: "Our own records".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            origin: "custom".to_owned(),
            failure_domain: "vault".to_owned(),
            // Before every vendor.
            offers: vec![Offer { dataset: CnStockDaily::SPEC.id(), priority: -1 }],
        };
        Ok(Self { info, bars: vec![bar(26, 10.05), bar(27, 10.12), bar(28, 10.15)] })
    }
}

#[async_trait]
impl DataSource for Vault {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn capability(&self, dataset: &DatasetId) -> Option<&Capability> {
        (*dataset == CnStockDaily::SPEC.id()).then_some(&VAULT)
    }

    async fn fetch(&self, cx: &Context, query: &Query) -> Result<RecordBatch, SourceError> {
        let series = Series::of(query.selection()).ok_or_else(|| {
            SourceError::new(ErrorKind::Unsupported, format!("expected a series, got {query}"))
        })?;
        let mut table = Bars::<DailyColumns>::new(series, cx.now);
        let bars: Vec<Bar> =
            self.bars.iter().filter(|(of, _)| *of == series.symbol).map(|(_, bar)| *bar).collect();
        if bars.is_empty() {
            return Err(SourceError::new(ErrorKind::NotFound, format!("no bars of {}", series.symbol)));
        }
        // The builder drops what lies outside the range, and derives the changes.
        bars.into_iter().for_each(|bar| table.bar(bar));
        table.finish()
    }
}

// 2. A data set: its columns with types and units, what a query may ask, and what every table must satisfy.

finvista::raw::columns! {
    "cn_stock_vwap",
    /// One trading day.
    struct DayAverage => VwapColumns, VwapViews {
        /// The instrument, as `000001.SZ`.
        symbol: Label, "";
        /// The trading day at the exchange.
        date: Date32, "";
        /// The average price of a share, weighted by volume.
        vwap: Float, "currency of the instrument";
        /// Shares traded. Never adjusted.
        volume: Int, "shares";
    }
}

finvista::raw::dataset! {
    /// Average prices of the trading days of one Chinese stock.
    CnStockVwap = "cn_stock_vwap", "Daily average prices of a Chinese stock";
    selects Series with Ranged, Adjustable;
    rows DayAverage, VwapColumns, VwapViews built by Rows<VwapColumns, Series>;
    key [symbol, date];
    spec.universe(&CN_STOCKS)
        .keep(Keep::Days { past: 3_600, now: 60 })
        .checks(&[
            Check::Requested("symbol"),
            Check::Key,
            Check::Within("date"),
            Check::Positive("vwap"),
            Check::AtLeast("volume", 0.0),
        ])
        .example(&[("symbol", "600519"), ("start", "2024-06-27")])
}

// 3. A vendor: a value, and an endpoint made of pure functions. `finvista::raw::register!(vendor AVERAGES);` would give it to
// every client of the program, as `dataset!` does with the data set. Here it is added by hand.

static AVERAGES: Vendor = Vendor {
    name: "averages",
    title: "A vendor of average prices",
    version: env!("CARGO_PKG_VERSION"),
    failure_domain: "averages",
    hosts: &["averages.example"],
    quota: Quota::per_second(2).burst(4),
    endpoints: &[&Averages],
};

struct Averages;

const BOARDS: Boards = Boards::of(&[Board::Main, Board::Star]);

impl Endpoint for Averages {
    type Dataset = CnStockVwap;
    type State = ();

    fn priority(&self) -> i32 {
        0
    }

    fn capability(&self) -> Capability {
        Capability::of_boards(BOARDS).adjusts(Adjust::Qfq, BOARDS.without(Board::Star))
    }

    fn request(&self, _: &EndpointContext, series: &Series) -> Result<Request, SourceError> {
        let (symbol, adjust) = (series.symbol, series.adjust);
        Ok(Request::get(format!("https://averages.example/days.csv?adjust={adjust}&symbol={symbol}")))
    }

    fn decode(
        &self,
        series: &Series,
        (): &mut (),
        reply: &Reply<'_>,
        out: &mut Rows<VwapColumns, Series>,
    ) -> Result<Next, SourceError> {
        wire::refuse_page(reply.body)?;
        let symbol = series.symbol.written();
        for line in wire::lines(reply.body) {
            let mut fields = Fields::new(line, b',');
            let date = fields.day("date")?;
            let (vwap, volume) = (fields.number("vwap")?, fields.shares("volume", 1)?);
            if series.range.contains(date) {
                out.push(DayAverage { symbol: &symbol, date, vwap, volume });
            }
        }
        if out.is_empty() {
            return Err(SourceError::new(
                ErrorKind::NoData,
                format!("no days of {symbol}, {}", series.range),
            ));
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
        .source(Arc::new(Vault::new()?))
        .vendor(&AVERAGES)
        // The vendor's host does not exist: this program's own server answers instead.
        .gateway(gateway)
        .build()?;

    let bars = fv.cn_stock_daily("000001").start("2024-06-27").await?;
    println!("cn_stock_daily, data from: {}", bars.source());
    for bar in &bars {
        let change = bar.change_pct.map_or_else(String::new, |percent| format!("{percent:+.2} %"));
        println!("  {} {} {:.2} {change}", bar.date, bar.symbol, bar.close);
    }

    // The data set named `Ranged` and `Adjustable`, so these refinements exist. `.period("week")` would not compile.
    let days = fv.call::<CnStockVwap>("600519").start("2024-06-27").adjust(Adjust::Qfq).await?;
    println!("cn_stock_vwap, data from: {}", days.source());
    for day in &days {
        println!("  {} {} {:.2} over {} shares", day.date, day.symbol, day.vwap, day.volume);
    }

    println!("What goes wrong is reported as for FinVista's own data sets:");
    for (why, call) in [
        ("an index", fv.call::<CnStockVwap>("000001.SH")),
        ("a board that no source promises", fv.call("300750")),
        ("an adjustment that no source promises", fv.call("688981").adjust(Adjust::Qfq)),
        ("days without rows", fv.call("600519").start("2024-07-01")),
        ("a row that breaks a check", fv.call("688981")),
    ] {
        println!("  {why}: {}", call.await.err().ok_or("expected an error")?);
    }
    Ok(())
}

/// The vendor's side. For STAR shares it sends a price of zero, which the check finds.
fn serve(mut stream: &TcpStream) -> std::io::Result<()> {
    let mut head = BufReader::new(stream).lines();
    let request = head.next().transpose()?.unwrap_or_default();
    while head.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
    let price = if request.contains("symbol=688") { "0" } else { "1471.52" };
    let body =
        format!("2024-06-26,1466.10,2690000\n2024-06-27,1473.88,2410000\n2024-06-28,{price},3030000\n");
    write!(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}
