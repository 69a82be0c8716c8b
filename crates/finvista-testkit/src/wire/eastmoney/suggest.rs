//! `suggest/get`: a search, every value of a row a string.

use super::market_number;
use crate::market::{Exchange, Instrument, Kind, Market};
use crate::wire::asked::Asked;

pub(crate) fn body(market: &Market, asked: &Asked<'_>) -> Option<String> {
    let found = market.found(asked.text("input"));
    let size = asked.text("count").parse::<usize>().unwrap_or(5).max(1);
    let rows: Vec<String> = found.iter().take(size).map(|instrument| row(instrument)).collect();
    Some(table(asked, found.len(), size, &rows))
}

/// The envelope of `rows`, which are the first page of `total`. Without a hit the array is empty.
pub(crate) fn table(asked: &Asked<'_>, total: usize, size: usize, rows: &[String]) -> String {
    let keyword = asked.text("input").replace(['"', '\\'], "");
    format!(
        concat!(
            r#"{{"QuotationCodeTable":{{"Data":[{}],"Status":0,"Message":"成功","TotalPage":{},"TotalCount":{total},"#,
            r#""PageIndex":1,"PageSize":{size},"Keyword":"{keyword}","RelatedWord":"","#,
            r#""SourceName":"QuotationCodeTable","SourceId":14,"ScrollId":""}}}}"#
        ),
        rows.join(","),
        total.div_ceil(size),
        total = total,
        size = size,
        keyword = keyword,
    )
}

/// What the service calls the kinds. Recorded are shares of Shanghai, Shenzhen, STAR, ChiNext and Beijing; the words for B
/// shares, funds and indices are not.
struct Words {
    /// The type in a market filter of the lists.
    board: &'static str,
    classify: &'static str,
    market_type: &'static str,
    type_name: &'static str,
    security_type: &'static str,
}

const fn words(
    board: &'static str,
    classify: &'static str,
    market_type: &'static str,
    type_name: &'static str,
    security_type: &'static str,
) -> Words {
    Words { board, classify, market_type, type_name, security_type }
}

fn words_of(instrument: &Instrument) -> Words {
    match (instrument.kind, instrument.exchange) {
        (Kind::Main, Exchange::Sh) => words("2", "AStock", "1", "沪A", "1"),
        (Kind::Main, _) => words("6", "AStock", "2", "深A", "2"),
        (Kind::ChiNext, _) => words("80", "AStock", "2", "深A", "2"),
        (Kind::Star, _) => words("23", "23", "1", "科创板", "25"),
        (Kind::Beijing, _) => words("81", "NEEQ", "_TB", "京A", "27"),
        (Kind::BShare, Exchange::Sh) => words("3", "BStock", "1", "沪B", "3"),
        (Kind::BShare, _) => words("7", "BStock", "2", "深B", "4"),
        (Kind::Fund, Exchange::Sh) => words("9", "Fund", "1", "基金", "8"),
        (Kind::Fund, _) => words("10", "Fund", "2", "基金", "8"),
        (Kind::Index, Exchange::Sh) => words("1", "Index", "1", "指数", "5"),
        (Kind::Index, Exchange::Csi) => words("1", "Index", "24", "指数", "5"),
        (Kind::Index, _) => words("5", "Index", "2", "指数", "5"),
    }
}

fn row(instrument: &Instrument) -> String {
    let Words { board, classify, market_type, type_name, security_type } = words_of(instrument);
    let (code, number) = (&instrument.code, market_number(instrument));
    let initials = instrument.initials().first().map(String::as_str).unwrap_or_default();
    let cells = [
        ("Code", code.clone()),
        ("Name", instrument.name.clone()),
        ("PinYin", initials.to_owned()),
        ("ID", format!("{code}{market_type}")),
        ("JYS", board.to_owned()),
        ("Classify", classify.to_owned()),
        ("MarketType", market_type.to_owned()),
        ("SecurityTypeName", type_name.to_owned()),
        ("SecurityType", security_type.to_owned()),
        ("MktNum", number.to_string()),
        ("TypeUS", board.to_owned()),
        ("QuoteID", format!("{number}.{code}")),
        ("UnifiedCode", code.clone()),
        ("InnerCode", format!("15855{number}{code:0>8}")),
    ];
    let cells = cells.map(|(name, value)| format!(r#""{name}":"{value}""#));
    format!("{{{}}}", cells.join(","))
}
