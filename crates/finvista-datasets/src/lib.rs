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
#[cfg(test)]
mod testing;

/// More than all markets of China trade in a year, in any currency.
const MOST_AMOUNT: f64 = 1e15;

pub use cn_index_daily::{CnIndexDaily, IndexBar, IndexBarColumns, IndexBarViews};
pub use cn_index_quote::{CnIndexQuote, IndexQuote, IndexQuoteColumns, IndexQuoteViews};
pub use cn_stock_daily::{CnStockDaily, DailyBar, DailyColumns, DailyViews};
pub use cn_stock_list::{CnStockList, Listed, ListedColumns, ListedViews};
pub use cn_stock_minute::{CnStockMinute, MinuteBar, MinuteColumns, MinuteViews};
pub use cn_stock_quote::{CnStockQuote, QuoteRow, QuoteRowColumns, QuoteRowViews};
pub use cn_stock_search::{CnStockSearch, Found, FoundColumns, FoundViews};

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use finvista_core::{Registration, registered};

    #[test]
    fn every_data_set_is_registered_consistent_and_has_an_example() {
        let specs: Vec<_> = registered()
            .filter_map(|item| match item {
                Registration::Dataset(spec) => Some(spec),
                _ => None,
            })
            .collect();
        let ids: BTreeSet<&str> = specs.iter().map(|spec| spec.id).collect();
        let exported = include_str!("lib.rs").lines().filter(|line| line.starts_with("pub use ")).count();
        assert_eq!((ids.len(), specs.len()), (exported, exported));
        for spec in specs {
            assert_eq!(spec.validate(), Ok(()), "{}", spec.id);
            let query = spec.example_query().unwrap();
            assert_eq!(spec.parse(&query.to_params()).as_ref(), Ok(&query), "{}", spec.id);
            assert_eq!(spec.query(query.selection()).as_ref(), Ok(&query), "{}", spec.id);
            assert!(spec.columns.iter().all(|column| !column.doc.is_empty()), "{}", spec.id);
            assert!(!spec.checks.is_empty() && !spec.key.is_empty(), "{}", spec.id);
        }
    }
}
