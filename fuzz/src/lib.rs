//! What the targets try: no input of a vendor or a user panics, loops, or takes memory out of proportion.
//!
//! ```sh
//! cargo install cargo-fuzz
//! cd fuzz
//! cargo fuzz run --sanitizer none seeds
//! cargo fuzz run --sanitizer none sina_daily -- -max_total_time=60 -rss_limit_mb=512 -timeout=5
//! ```
//!
//! On a stable compiler there is no sanitizer; there is nothing for one to find in a program without `unsafe`.

use std::sync::LazyLock;

use finvista::core::dataset::{CnStockDailyQuery, CnStockQuoteQuery};
use finvista::core::{Board, Params, Settings as Today, Vendor, answer_from, date};
use finvista::{Adjust, DateRange, FinVista, Query, Settings, Symbol};
use jiff::civil;
// `seeds` is instrumented like the targets, and needs what the instrumentation calls.
use libfuzzer_sys as _;

/// What stands between the bodies of one input, for an answer that takes several requests.
pub const NEXT: &[u8] = b"\n=====\n";

/// The day of every query.
pub const TODAY: civil::Date = civil::date(2024, 6, 28);

/// The most bytes of a table for each byte of the answers, and what an empty table may have. A row of quotes has 31 columns,
/// and a vendor may leave most of them empty, but each is 8 bytes here. The zeros of labels, which all tables share, are
/// counted in each: 64 kB.
const BYTES_A_BYTE: usize = 64;
const BYTES_OF_NOTHING: usize = 128 << 10;

/// The queries of a data set. The first byte of an input chooses one.
pub fn queries(dataset: &str) -> Vec<Query> {
    let symbol = |text: &str| Symbol::stock(text).ok();
    if dataset == "cn_stock_quote" {
        let lists: [&[&str]; 3] =
            [&["600519"], &["600519", "000001", "300750"], &["688981", "920982", "510300", "900901"]];
        let symbols = lists.into_iter().map(|list| list.iter().filter_map(|text| symbol(text)));
        return symbols.filter_map(|symbols| CnStockQuoteQuery::new(symbols).ok()).map(Query::from).collect();
    }
    let near = DateRange::new(Some(civil::date(2024, 1, 2)), None);
    let closed = DateRange::new(Some(civil::date(2023, 3, 1)), Some(civil::date(2024, 3, 1)));
    let ranges = [near, closed, Ok(DateRange::default())];
    let mut queries = Vec::new();
    for symbol in ["600519", "000001", "510300", "920982"].into_iter().filter_map(symbol) {
        for range in ranges.iter().flatten() {
            for adjust in [Adjust::None, Adjust::Qfq, Adjust::Hfq] {
                let query = CnStockDailyQuery::new(symbol.clone(), *range, adjust);
                queries.extend(query.map(Query::from));
            }
        }
    }
    queries
}

/// Answers a query from these bodies, and holds the answer to the invariants of its data set as the manager does.
pub fn decode(vendor: &Vendor, dataset: &str, input: &[u8]) {
    static QUERIES: LazyLock<[Vec<Query>; 2]> =
        LazyLock::new(|| ["cn_stock_daily", "cn_stock_quote"].map(queries));
    let Some((first, bodies)) = input.split_first() else { return };
    let queries = &QUERIES[usize::from(dataset == "cn_stock_quote")];
    let query = &queries[usize::from(*first) % queries.len()];
    let endpoint = vendor.endpoints.iter().find(|endpoint| endpoint.dataset().id == dataset);
    let Some(endpoint) = endpoint else { panic!("{vendor:?} has no {dataset}") };
    let mut bodies = split(bodies).into_iter();
    let today = Today { today: TODAY };
    let answer = answer_from(*endpoint, &today, query, |_| Some((bodies.next()?.to_vec(), None)));
    let Ok(batch) = answer else { return };
    let size = batch.get_array_memory_size();
    assert!(size <= input.len() * BYTES_A_BYTE + BYTES_OF_NOTHING, "{size} bytes of {}", input.len());
    if batch.num_rows() > 0 {
        // Whether it is true is another matter: it must only say so.
        drop((endpoint.dataset().check)(query, &batch, endpoint.capability().get_precision()));
    }
}

fn split(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut bodies = Vec::new();
    while let Some(at) = bytes.windows(NEXT.len()).position(|window| window == NEXT) {
        bodies.push(&bytes[..at]);
        bytes = &bytes[at + NEXT.len()..];
    }
    bodies.push(bytes);
    bodies
}

/// Everything that a user writes: symbols, days, ranges, the parameters of a query, and settings.
pub fn text(input: &str) {
    for read in [Symbol::stock, Symbol::index] {
        if let Ok(symbol) = read(input) {
            let text = symbol.to_string();
            assert_eq!(read(&text).as_ref(), Ok(&symbol), "{input:?} is {text}, and {text} is another");
            let _board: Board = symbol.board();
        }
    }
    if let Ok(day) = date::parse(input) {
        assert_eq!(date::parse(&day.to_string()).ok(), Some(day), "{input:?}");
    }
    let pairs = || input.lines().filter_map(|line| line.split_once('='));
    static CLIENT: LazyLock<Option<FinVista>> =
        LazyLock::new(|| FinVista::builder().environment([]).build().ok());
    let params: Params = pairs().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    for dataset in ["cn_stock_daily", "cn_stock_quote"] {
        if let Some(Ok(query)) = CLIENT.as_ref().map(|client| client.query(dataset, &params)) {
            assert_eq!(query.dataset().as_str(), dataset);
            assert!(!query.to_string().is_empty());
        }
    }
    // A file that is named here would be read.
    let settings = pairs().filter(|(name, _)| *name != "FINVISTA_CONFIG");
    let settings: Vec<_> = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    drop(Settings::load(None, &settings));
    drop(Settings::from_toml(input));
}
