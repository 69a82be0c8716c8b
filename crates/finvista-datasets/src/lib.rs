#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod cn_index_daily;
mod cn_index_quote;
mod cn_stock_daily;
mod cn_stock_list;
mod cn_stock_minute;
mod cn_stock_quote;
mod cn_stock_search;
pub mod pinyin;

pub use cn_index_daily::{CnIndexDaily, IndexBar, IndexBarColumns, IndexBarViews};
pub use cn_index_quote::{CnIndexQuote, IndexQuote, IndexQuoteColumns, IndexQuoteViews};
pub use cn_stock_daily::{CnStockDaily, DailyBar, DailyColumns, DailyViews};
pub use cn_stock_list::{CnStockList, Listed, ListedColumns, ListedViews};
pub use cn_stock_minute::{CnStockMinute, MinuteBar, MinuteColumns, MinuteViews};
pub use cn_stock_quote::{CnStockQuote, QuoteRow, QuoteRowColumns, QuoteRowViews};
pub use cn_stock_search::{CnStockSearch, Found, FoundColumns, FoundViews};
