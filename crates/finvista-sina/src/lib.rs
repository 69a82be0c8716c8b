#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod factor;
mod kline;
mod list;
mod quote;
mod script;
mod search;

use finvista_core::{Board, Boards, ErrorKind, Precision, Quota, Request, SourceError, Symbol, Vendor};
use finvista_datasets::{CnIndexDaily, CnIndexQuote, CnStockDaily, CnStockMinute, CnStockQuote};

use kline::Kline;
use list::MarketCenter;
use quote::Quotes;
use search::Suggest;

/// 新浪财经.
pub static SINA: Vendor = Vendor {
    name: "sina",
    title: "新浪财经",
    version: env!("CARGO_PKG_VERSION"),
    failure_domain: "sina",
    hosts: &[
        "hq.sinajs.cn",
        "quotes.sina.cn",
        "finance.sina.com.cn",
        "vip.stock.finance.sina.com.cn",
        "suggest3.sinajs.cn",
    ],
    // A client that pages too fast gets 456 for about ten minutes; 0.45 s between pages is what a careful one keeps (wire
    // note 0, "Blocks and limits reported").
    quota: Quota::per_second(2).burst(5).in_flight(4),
    endpoints: &[
        &Kline::<CnStockDaily>::new(1, kline::DAYS),
        &Kline::<CnStockMinute>::new(1, kline::MINUTES),
        &Kline::<CnIndexDaily>::new(1, kline::INDEX_DAYS),
        &Quotes::<CnStockQuote>::new(0, quote::STOCKS),
        &Quotes::<CnIndexQuote>::new(0, quote::INDICES),
        &MarketCenter,
        &Suggest,
    ],
};

finvista_core::register!(vendor SINA);

/// The boards of stocks and funds that Sina serves. Bonds are not among them: the unit of their volume is unproven (wire note 1.2).
const STOCKS: Boards =
    Boards::of(&[Board::Main, Board::Star, Board::ChiNext, Board::Beijing, Board::BShare, Board::Fund]);

/// The indices that Sina serves: 000 in Shanghai, 399 in Shenzhen and 899 in Beijing. None is known under the numbers of CSI and CNI.
const INDICES: Boards = Boards::of(&[Board::Index]);

/// Sina prints whole shares, prices with three decimals, and Shanghai's amounts without decimals, cut or rounded.
const PRECISION: Precision = Precision { volume: 0.5, amount: 1.0, price: 0.0005 };

/// A request with the Referer of Sina's own pages. Without it quotes are refused with 403, since January 2022
/// (sina_error_no_referer_2022-01.txt).
fn get(url: String) -> Request {
    Request::get(url).header("Referer", "https://finance.sina.com.cn")
}

/// Sina's code of a symbol, such as `sh600519`.
fn code(symbol: Symbol) -> Result<String, SourceError> {
    symbol.prefixed().ok_or_else(|| {
        SourceError::new(
            ErrorKind::Unsupported,
            format!("Sina is asked for mainland codes, and {symbol} is none"),
        )
    })
}

#[cfg(test)]
mod tests;
