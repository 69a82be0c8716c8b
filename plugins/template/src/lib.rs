//! The vendor `template`: one endpoint, and the answer that it was written from.

use finvista_core::dataset::{Bar, CnStockDaily, CnStockDailyBuilder, CnStockDailyQuery};
use finvista_core::{
    Board, Capability, Endpoint, ErrorKind, Next, Precision, Quota, Reply, Request, Settings, SourceError,
    Vendor, date, wire,
};

/// Who it is, whom it asks and how often it may, and what it has.
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

    /// The lowest is asked first: this one after the built-in vendors.
    fn priority(&self) -> i32 {
        10
    }

    /// Promise what is answered exactly, and no more.
    fn capability(&self) -> Capability {
        Capability::of_boards(&[Board::Main]).precision(Precision { volume: 0.5, amount: 50.0, price: 0.005 })
    }

    fn request(&self, _: &Settings, query: &CnStockDailyQuery) -> Result<Request, SourceError> {
        Ok(Request::get(format!("https://template.example/daily/{}.csv", query.symbol)))
    }

    /// A line a day: date, open, high, low, close, shares, CNY. The builder drops the days that nobody asked for.
    fn decode(
        &self,
        query: &CnStockDailyQuery,
        reply: &Reply<'_>,
        out: &mut CnStockDailyBuilder,
    ) -> Result<Next, SourceError> {
        wire::refuse_page(reply.body)?;
        match reply.body {
            b"unknown symbol" => {
                return Err(SourceError::new(ErrorKind::NotFound, format!("nobody knows {}", query.symbol)));
            }
            // A vendor that has nothing to say is not one that says that there is nothing.
            b"" => return Err(SourceError::decode("an empty body")),
            _ => {}
        }
        let text = std::str::from_utf8(reply.body).map_err(|_| SourceError::decode("no UTF-8"))?;
        for line in text.lines() {
            let [day, open, high, low, close, volume, amount] = line.split(',').collect::<Vec<_>>()[..]
            else {
                return Err(SourceError::decode(format!("{line:?} is no bar")));
            };
            out.bar(Bar {
                date: date::parse(day)?,
                open: wire::number("open", open)?,
                high: wire::number("high", high)?,
                low: wire::number("low", low)?,
                close: wire::number("close", close)?,
                volume: wire::shares("volume", volume, 1)?,
                amount: wire::optional("amount", amount)?,
                change: None,
                change_pct: None,
                amplitude: None,
                turnover: None,
            });
        }
        // Rows outside the days that were asked for are not kept: what is left may be nothing, and that is no table.
        if out.is_empty() {
            return Err(SourceError::new(ErrorKind::NoData, format!("no bars of {}", query.symbol)));
        }
        Ok(Next::Done)
    }
}

#[cfg(test)]
mod tests;
