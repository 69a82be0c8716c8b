//! How Tencent writes instruments.

use finvista_core::{Board, ErrorKind, SourceError, Symbol, Venue};

/// The code of an instrument that has bars: `sz000001`. What has quotes is a matter of boards alone, but not what has bars:
///
/// | indices | quotes | bars |
/// | --- | --- | --- |
/// | 000xxx of Shanghai, which has those of CSI as well | yes | yes (tencent_fqkline_index_sh000001_day_1990-1995.json) |
/// | 399xxx of Shenzhen | yes (tencent_quote_short_stock_and_index.txt) | yes |
/// | 899xxx of Beijing | yes (public code index 61454934043) | no: the newest day and nothing before it (59580597709, 69227805174) |
/// | 93xxxx, 95xxxx, Hxxxxx of CSI; 97xxxx, 98xxxx of CNI | no (reference data, `codes.tsv`) | no |
pub(crate) fn of_bars(symbol: Symbol) -> Result<String, SourceError> {
    let has_bars = (symbol.board(), symbol.venue()) != (Board::Index, Venue::Bj);
    symbol
        .prefixed()
        .filter(|_| has_bars)
        .ok_or_else(|| SourceError::new(ErrorKind::Unsupported, format!("Tencent has no bars of {symbol}")))
}
