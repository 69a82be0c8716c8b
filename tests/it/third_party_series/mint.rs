//! The data sets of coins, the vendor that has them, and its server.

use finvista::raw::dataset::{Bar, BarSink, Bars, Check, Date32, Float, Keep, Label, Rows, Text};
use finvista::raw::{
    Board, Boards, BuilderOf, CN_STOCKS, Capability, Endpoint, EndpointContext, ErrorKind, Next, Quota,
    Reply, Request, Series, Snapshot, Vendor, dataset, wire,
};
use finvista::{Adjust, Builder, FinVista, Period, SourceError};
use finvista_testkit::{Answer, Simulator};

finvista::raw::columns! {
    "coin_daily", bars,
    /// A day of a coin.
    pub struct CoinBar => CoinColumns, CoinViews {
        /// The instrument.
        symbol: Label, "";
        /// The day.
        date: Date32, "";
        ..bar;
        ..change;
    }
}

dataset! {
    /// Daily bars of coins.
    pub CoinDaily = "coin_daily", "Daily bars of coins";
    selects Series with Ranged, Adjustable, Periodic;
    rows CoinBar, CoinColumns, CoinViews built by Bars<CoinColumns>;
    key [symbol, date];
    spec.universe(&CN_STOCKS)
        .periods(&[Period::Day, Period::Week])
        .keep(Keep::Days { past: 3_600, now: 60 })
        .checks(&[Check::Requested("symbol"), Check::Key, Check::Within("date"), Check::Ohlc])
        .example(&[("symbol", "600519"), ("start", "2024-06-24")])
}

finvista::raw::columns! {
    "coin_quote",
    /// The price of a coin.
    pub struct CoinPrice => CoinPriceColumns, CoinPriceViews {
        /// The instrument.
        symbol: Text, "";
        /// The last price.
        price: Float, "CNY";
    }
}

dataset! {
    /// Prices of coins.
    pub CoinQuote = "coin_quote", "Prices of coins";
    selects Snapshot;
    rows CoinPrice, CoinPriceColumns, CoinPriceViews built by Rows<CoinPriceColumns, Snapshot>;
    key [symbol];
    spec.universe(&CN_STOCKS).checks(&[Check::Requested("symbol"), Check::Key]).example(&[("symbols", "600519")])
}

static MINT: Vendor = Vendor {
    name: "mint",
    title: "The mint",
    version: "1.0.0",
    failure_domain: "mint",
    hosts: &["mint.example"],
    quota: Quota::per_second(100).burst(100),
    endpoints: &[&CoinBars, &CoinPrices],
};

struct CoinBars;

impl Endpoint for CoinBars {
    type Dataset = CoinDaily;
    type State = ();

    fn priority(&self) -> i32 {
        0
    }

    fn capability(&self) -> Capability {
        Capability::of_boards(Boards::of(&[Board::Main, Board::Star]))
            .adjusts(Adjust::Qfq, Boards::of(&[Board::Main]))
            .periods(&[Period::Day])
            .last_bars(100)
    }

    fn request(&self, _: &EndpointContext, series: &Series) -> Result<Request, SourceError> {
        let Series { symbol, period, adjust, .. } = series;
        Ok(Request::get(format!("https://mint.example/bars/{symbol}?period={period}&adjust={adjust}")))
    }

    fn decode(
        &self,
        series: &Series,
        _: &mut (),
        reply: &Reply<'_>,
        out: &mut BuilderOf<Self>,
    ) -> Result<Next, SourceError> {
        let text = std::str::from_utf8(reply.body).map_err(|e| SourceError::decode(e.to_string()))?;
        if text == "?" {
            return Err(SourceError::new(
                ErrorKind::NotFound,
                format!("expected a coin, got {}", series.symbol),
            ));
        }
        for line in text.lines() {
            let [day, open, high, low, close] = line.split(' ').collect::<Vec<_>>()[..] else {
                return Err(SourceError::decode(format!("expected five fields, got {line:?}")));
            };
            let number = |text| wire::number("price", text);
            let day = wire::day("day", day)?;
            out.bar(Bar::new(day, number(open)?, number(high)?, number(low)?, number(close)?, 100));
        }
        Ok(Next::Done)
    }
}

struct CoinPrices;

impl Endpoint for CoinPrices {
    type Dataset = CoinQuote;
    type State = ();

    fn priority(&self) -> i32 {
        0
    }

    fn capability(&self) -> Capability {
        Capability::any()
    }

    fn request(&self, _: &EndpointContext, _: &Snapshot) -> Result<Request, SourceError> {
        Ok(Request::get("https://mint.example/prices"))
    }

    /// All prices that the mint has, of which those asked for are taken.
    fn decode(
        &self,
        snapshot: &Snapshot,
        _: &mut (),
        reply: &Reply<'_>,
        out: &mut BuilderOf<Self>,
    ) -> Result<Next, SourceError> {
        let text = std::str::from_utf8(reply.body).map_err(|e| SourceError::decode(e.to_string()))?;
        for (symbol, price) in text.lines().filter_map(|line| line.split_once(' ')) {
            if snapshot.symbols.iter().any(|asked| asked.to_string() == symbol) {
                out.push(CoinPrice { symbol, price: wire::number("price", price)? });
            }
        }
        Ok(Next::Done)
    }
}

/// A server of the mint, and a client that has its data sets beside ours.
pub(super) struct Mint {
    simulator: Simulator,
    pub(super) fv: FinVista,
}

impl Mint {
    pub(super) async fn start() -> Self {
        Self::with(|builder| builder).await
    }

    pub(super) async fn with(settings: impl FnOnce(Builder) -> Builder) -> Self {
        let simulator = Simulator::builder();
        let simulator = simulator.answers(|request| Answer::ok("text/plain", body(request.path)));
        let simulator = simulator.start().await.unwrap();
        let fv = settings(crate::support::client(&simulator).vendor(&MINT)).build().unwrap();
        Self { simulator, fv }
    }

    /// What it was asked for so far.
    pub(super) fn paths(&self) -> Vec<String> {
        self.simulator.requests().into_iter().map(|seen| seen.path).collect()
    }
}

/// A known coin, one whose high is below its low, one with a day twice, and unknown ones.
fn body(path: &str) -> String {
    let days: String = (24..=28)
        .map(|day| {
            let close = f64::from(day) / 2.0 / if path.ends_with("adjust=qfq") { 2.0 } else { 1.0 };
            format!("2024-06-{day} {close} {} {} {close}\n", close + 1.0, close - 1.0)
        })
        .collect();
    match path.split(['/', '?']).nth(2) {
        Some("600519.SH") => days,
        Some("600036.SH") => "2024-06-25 12 11 13 12\n".to_owned(),
        Some("601318.SH") => days.repeat(2),
        None => "600519.SH 14\n601318.SH 40\n".to_owned(),
        _ => "?".to_owned(),
    }
}
