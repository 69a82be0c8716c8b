//! Everything that a user writes.

use std::sync::LazyLock;

use finvista::raw::{CN_INDICES, CN_STOCKS, HK_STOCKS, Params, US_STOCKS, date};
use finvista::{FinVista, Settings};

/// Reads an input as a symbol of every universe, a day, the parameters of every data set, and settings.
pub fn text(input: &str) {
    for universe in [&CN_STOCKS, &CN_INDICES, &HK_STOCKS, &US_STOCKS] {
        if let Ok(symbol) = universe.symbol(input) {
            let text = symbol.to_string();
            let again = universe.symbol(&text);
            assert_eq!(again.as_ref(), Ok(&symbol), "{input:?} is {text}, and {text} is another");
            assert!(universe.boards.contains(symbol.board()), "{input:?}");
        }
    }
    if let Ok(day) = date::parse(input) {
        assert_eq!(date::parse(&day.to_string()).ok(), Some(day), "{input:?}");
    }
    let pairs = || input.lines().filter_map(|line| line.split_once('='));
    static CLIENT: LazyLock<Option<FinVista>> =
        LazyLock::new(|| FinVista::builder().environment([]).build().ok());
    let params: Params = pairs().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    for spec in CLIENT.iter().flat_map(|client| client.datasets()) {
        if let Ok(query) = spec.parse(&params) {
            assert_eq!(query.dataset().as_str(), spec.id);
            assert!(!query.to_string().is_empty());
            assert_eq!(spec.parse(&query.to_params()).as_ref(), Ok(&query), "{input:?}");
        }
    }
    // A file that is named here would be read.
    let settings = pairs().filter(|(name, _)| *name != "FINVISTA_CONFIG");
    let settings: Vec<_> = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    drop(Settings::load(None, &settings));
    drop(Settings::from_toml(input));
}
