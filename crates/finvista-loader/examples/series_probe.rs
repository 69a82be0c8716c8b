//! A plugin for the tests: a third party's data set of bars, with instruments, periods and adjustments of its own, over HTTP. It is
//! written as an author would write one; the tests also link it in, and compare the two.

use finvista_core::dataset::{Bar, BarSink, Bars, Check, Date32, Float, Keep, Label, Optional};
use finvista_core::{
    Adjust, BareCode, Board, Boards, BuilderOf, Capability, CodeForm, Endpoint, EndpointContext, ErrorKind,
    Next, Period, Quota, Reply, Request, Series, SourceError, Universe, Vendor, Venue, columns, dataset,
    date, wire,
};

columns! {
    "hk_stock_daily", bars,
    /// One trading day.
    pub struct HkBar => HkColumns, HkViews {
        /// The listing, as `00700.HK`.
        symbol: Label, "";
        /// The trading day.
        date: Date32, "";
        ..bar;
        ..change;
        /// Shares traded in percent of the float.
        turnover: Optional<Float>, "%";
    }
}

/// Listings of Hong Kong; a bare number is read as one.
pub static LISTINGS: Universe = Universe {
    name: "listings of Hong Kong",
    bare: &[BareCode { form: CodeForm::UpToDigits(5), starts: &[], venue: Venue::Hk }],
    boards: Boards::of(&[Board::HongKong, Board::OpenFund]),
    known: &["00700.HK", "000001.OF"],
    unknown: &["09999.HK"],
};

dataset! {
    /// Daily and weekly bars of a listing in Hong Kong.
    pub HkStockDaily = "hk_stock_daily", "Bars of a listing in Hong Kong";
    selects Series with Ranged, Adjustable, Periodic;
    rows HkBar, HkColumns, HkViews built by Bars<HkColumns>;
    key [symbol, date];
    spec.universe(&LISTINGS)
        .periods(&[Period::Day, Period::Week])
        .keep(Keep::Days { past: 3_600, now: 60 })
        .checks(&[
            Check::Requested("symbol"),
            Check::Key,
            Check::Within("date"),
            Check::Ohlc,
            Check::AtLeast("volume", 0.0),
            Check::UnitProof,
        ])
        .example(&[("symbol", "700"), ("start", "2024-06-24")])
}

/// The vendor.
pub static SERIES_PROBE: Vendor = Vendor {
    name: "series_probe",
    title: "Bars of Hong Kong",
    version: "3.2.1",
    failure_domain: "series_probe",
    hosts: &["bars.example"],
    quota: Quota::per_second(1_000).burst(100),
    endpoints: &[&Daily],
};

finvista_plugin::export_vendor!(SERIES_PROBE);

/// Bars, a page for each of two halves.
#[derive(Debug)]
struct Daily;

impl Endpoint for Daily {
    type Dataset = HkStockDaily;
    /// How many answers were read.
    type State = usize;

    fn priority(&self) -> i32 {
        4
    }

    fn capability(&self) -> Capability {
        const HONG_KONG: Boards = Boards::of(&[Board::HongKong]);
        Capability::of_boards(HONG_KONG)
            .adjusts(Adjust::Qfq, HONG_KONG)
            .periods(&[Period::Day])
            .last_bars(100)
    }

    fn requests(&self, _: &EndpointContext, _: &Series) -> usize {
        2
    }

    fn request(&self, cx: &EndpointContext, series: &Series) -> Result<Request, SourceError> {
        Ok(page(series, &format!("first?today={}", cx.today())))
    }

    fn decode(
        &self,
        series: &Series,
        read: &mut usize,
        reply: &Reply<'_>,
        out: &mut BuilderOf<Self>,
    ) -> Result<Next, SourceError> {
        if reply.status == 404 {
            return Err(SourceError::new(
                ErrorKind::NotFound,
                format!("the vendor does not know {}", series.symbol),
            ));
        }
        let text = std::str::from_utf8(reply.body).map_err(|_| SourceError::decode("expected UTF-8"))?;
        for line in text.lines() {
            let [day, open, high, low, close, volume, amount] = line.split(',').collect::<Vec<_>>()[..]
            else {
                return Err(SourceError::decode(format!("expected a bar, got {line:?}")));
            };
            let bar = Bar::new(
                date::parse(day)?,
                wire::number("open", open)?,
                wire::number("high", high)?,
                wire::number("low", low)?,
                wire::number("close", close)?,
                wire::shares("volume", volume, 1)?,
            );
            out.bar(Bar { amount: wire::optional("amount", amount)?, ..bar });
        }
        *read += 1;
        match *read {
            1 => Ok(Next::Pages(vec![page(series, "second")])),
            _ if out.is_empty() => Err(SourceError::new(ErrorKind::NoData, "no bars in the range")),
            _ => Ok(Next::Done),
        }
    }
}

/// A vendor that says 404 of a symbol it does not know.
fn page(series: &Series, page: &str) -> Request {
    Request::get(format!("https://bars.example/{}/{}/{page}", series.symbol, series.adjust)).reads(&[404])
}
