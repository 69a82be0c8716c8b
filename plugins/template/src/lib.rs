//! The vendor `template`: one endpoint, and the answer that it was written from.

use finvista_core::dataset::{Bar, BarSink};
use finvista_core::{
    Board, Boards, BuilderOf, Capability, Endpoint, EndpointContext, ErrorKind, Next, Period, Precision,
    Quota, Reply, Request, Series, SourceError, Vendor, date, wire,
};
use finvista_datasets::CnStockDaily;

/// Its name, the hosts that it asks, how often it may ask them, and its data sets.
pub static TEMPLATE: Vendor = Vendor {
    name: "template",
    title: "The vendor template",
    version: env!("CARGO_PKG_VERSION"),
    failure_domain: "template",
    hosts: &["template.example"],
    quota: Quota::per_second(2).burst(5),
    endpoints: &[&Daily],
};

finvista_plugin::export_vendor!(TEMPLATE);

/// Daily bars.
#[derive(Debug)]
struct Daily;

impl Endpoint for Daily {
    type Dataset = CnStockDaily;
    /// Nothing is remembered between answers: there is only one.
    type State = ();

    /// The lowest is asked first: this one after the built-in vendors.
    fn priority(&self) -> i32 {
        10
    }

    /// Promise what is answered exactly, and no more.
    fn capability(&self) -> Capability {
        Capability::of_boards(Boards::of(&[Board::Main])).periods(&[Period::Day]).precision(Precision {
            volume: 0.5,
            amount: 50.0,
            price: 0.005,
        })
    }

    fn request(&self, _: &EndpointContext, series: &Series) -> Result<Request, SourceError> {
        Ok(Request::get(format!("https://template.example/daily/{}.csv", series.symbol)))
    }

    /// A line a day: date, open, high, low, close, shares, CNY. The builder drops the days outside the range.
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
            // An empty body is not the vendor's way to say that there is nothing.
            b"" => return Err(SourceError::decode("expected bars, got an empty body")),
            _ => {}
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
        // The builder keeps no row outside the range. If none is left, there is no table.
        if out.is_empty() {
            return Err(SourceError::new(ErrorKind::NoData, format!("no bars of {}", series.symbol)));
        }
        Ok(Next::Done)
    }
}

#[cfg(test)]
mod tests;
