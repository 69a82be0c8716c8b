//! A data set of the plugin's own, and the endpoint that answers it.

use finvista_core::dataset::{Check, Date32, Float, Int, Keep, Label, Rows};
use finvista_core::{
    Board, Boards, BuilderOf, CN_STOCKS, Capability, Endpoint, EndpointContext, ErrorKind, Next, Quota,
    Reply, Request, Series, SourceError, Vendor, columns, dataset, date, wire,
};

columns! {
    "template_margin",
    /// The margin balance of a stock on a day.
    pub struct Margin => MarginColumns, MarginViews {
        /// The stock, as `600519.SH`.
        symbol: Label, "";
        /// The trading day.
        date: Date32, "";
        /// What is owed for shares that were bought on credit.
        financing: Float, "CNY";
        /// Shares that were borrowed and sold, and are not returned.
        lending: Int, "shares";
    }
}

dataset! {
    /// Daily margin balances of a Chinese stock.
    pub TemplateMargin = "template_margin", "Margin balances of a Chinese stock";
    selects Series with Ranged;
    rows Margin, MarginColumns, MarginViews built by Rows<MarginColumns, Series>;
    key [symbol, date];
    spec.universe(&CN_STOCKS)
        .keep(Keep::Days { past: 3_600, now: 60 })
        // What every table must satisfy. The host checks it for every source.
        .checks(&[
            Check::Requested("symbol"),
            Check::Key,
            Check::Within("date"),
            Check::Session("date"),
            Check::AtLeast("financing", 0.0),
            Check::AtLeast("lending", 0.0),
        ])
        .example(&[("symbol", "600519"), ("start", "2024-06-27"), ("end", "2024-06-28")])
}

/// Its name, the hosts that it asks, how often it may ask them, and its data sets.
pub static TEMPLATE: Vendor = Vendor {
    name: "template_dataset",
    title: "The vendor of the template with a data set",
    version: env!("CARGO_PKG_VERSION"),
    failure_domain: "template_dataset",
    hosts: &["template.example"],
    quota: Quota::per_second(2).burst(5),
    endpoints: &[&Balances],
};

finvista_plugin::export_vendor!(TEMPLATE);

/// Balances, a file a stock.
#[derive(Debug)]
struct Balances;

impl Endpoint for Balances {
    type Dataset = TemplateMargin;
    /// Nothing is remembered between answers: there is only one.
    type State = ();

    fn priority(&self) -> i32 {
        0
    }

    /// Promise what is answered exactly, and no more.
    fn capability(&self) -> Capability {
        Capability::of_boards(Boards::of(&[Board::Main]))
    }

    fn request(&self, _: &EndpointContext, series: &Series) -> Result<Request, SourceError> {
        Ok(Request::get(format!("https://template.example/margin/{}.csv", series.symbol)))
    }

    /// A line a day: date, CNY, shares.
    fn decode(
        &self,
        series: &Series,
        (): &mut (),
        reply: &Reply<'_>,
        out: &mut BuilderOf<Self>,
    ) -> Result<Next, SourceError> {
        wire::refuse_page(reply.body)?;
        match reply.body {
            b"unknown symbol" => {
                let message = format!("the vendor does not know {}", series.symbol);
                return Err(SourceError::new(ErrorKind::NotFound, message));
            }
            b"" => return Err(SourceError::decode("expected balances, got an empty body")),
            _ => {}
        }
        let text = std::str::from_utf8(reply.body).map_err(|_| SourceError::decode("expected UTF-8"))?;
        let symbol = series.symbol.to_string();
        for line in text.lines() {
            let [day, financing, lending] = line.split(',').collect::<Vec<_>>()[..] else {
                return Err(SourceError::decode(format!("expected a balance, got {line:?}")));
            };
            let date = date::parse(day)?;
            let financing = wire::number("financing", financing)?;
            let lending = wire::shares("lending", lending, 1)?;
            // The builder of bars drops other days by itself; this one keeps what it is given.
            if series.range.contains(date) {
                out.push(Margin { symbol: &symbol, date, financing, lending });
            }
        }
        if out.is_empty() {
            return Err(SourceError::new(ErrorKind::NoData, format!("no balances of {}", series.symbol)));
        }
        Ok(Next::Done)
    }
}

#[cfg(test)]
mod tests;
