//! `ulist.np/get`: quotes of several symbols, keys ascending by number, "-" for a missing value.

use jiff::civil::{DateTime, time};
use jiff::tz::Offset;

use super::{by_secid, envelope, market_number, refusal};
use crate::market::{Instrument, Level, Market, Quote, State};
use crate::wire::asked::Asked;
use crate::wire::number::{float, lots, ratio};

pub(crate) fn body(market: &Market, asked: &Asked<'_>) -> Option<String> {
    let known = asked.params.list("secids").into_iter().filter_map(|secid| by_secid(market, secid));
    let (fields, decimal) = (asked.params.list("fields"), asked.text("fltt") == "2");
    Some(answer(&known.map(|instrument| row(instrument, &fields, decimal)).collect::<Vec<_>>()))
}

/// Unknown symbols are left out. If all of them are unknown, the service refuses.
pub(crate) fn answer(rows: &[String]) -> String {
    if rows.is_empty() {
        return refusal(102);
    }
    envelope(11, 1, &format!(r#"{{"total":{},"diff":[{}]}}"#, rows.len(), rows.join(",")))
}

pub(super) fn row(instrument: &Instrument, fields: &[&str], decimal: bool) -> String {
    let quote = instrument.quote();
    let decimals = instrument.decimals;
    // Prices carry the instrument's own number of decimals, percentages always two: `f1` and `f152` say so.
    let price = |value: Option<i64>| value.map(|v| if decimal { float(v, decimals) } else { v.to_string() });
    let percent = |value: Option<i64>| value.map(|v| if decimal { float(v, 2) } else { v.to_string() });
    let traded = quote.price.filter(|_| instrument.state == State::Trading);
    let change = traded.zip(quote.pre_close).map(|(last, before)| last - before);
    let of_before = |value: Option<i64>| value.zip(quote.pre_close).map(|(v, before)| ratio(v, before, 4));
    // In wide integers: the shares of an exchange times its index exceed 64 bits.
    let yuan = |shares: i64, last: i64| i128::from(shares) * i128::from(last) / 10_i128.pow(decimals);
    let cap = |shares: i64| traded.map(|last| yuan(shares, last).to_string());
    let best = |side: &[Level]| side.first().map(|level| level.price).filter(|price| *price > 0);
    let (best_bid, best_ask) = (best(&quote.bids), best(&quote.asks));
    let cells = [
        (1, Some(decimals.to_string())),
        (2, price(traded)),
        (3, percent(of_before(change))),
        (4, price(change)),
        (5, traded.map(|_| lots(quote.volume).to_string())),
        (6, traded.map(|_| float(quote.amount, 2))),
        (7, percent(of_before(quote.high.zip(quote.low).map(|(high, low)| high - low)))),
        // The one field that is zero, not "-", on a halted row (clist_row_suspended_000003_fragment.txt).
        (8, percent(Some(quote.turnover))),
        (9, None),
        (10, None),
        (11, percent(traded.map(|_| 0))),
        (12, Some(format!("\"{}\"", instrument.code))),
        (13, Some(market_number(instrument).to_string())),
        (14, Some(format!("\"{}\"", instrument.name))),
        (15, price(quote.high)),
        (16, price(quote.low)),
        (17, price(quote.open)),
        (18, price(quote.pre_close)),
        (20, cap(instrument.total_shares)),
        (21, cap(instrument.float_shares)),
        (22, percent(traded.map(|_| 0))),
        (23, None),
        (24, percent(traded.map(|_| 0))),
        (25, percent(traded.map(|_| 0))),
        (26, Some(instrument.listed.strftime("%Y%m%d").to_string())),
        (31, price(traded.and(best_bid))),
        (32, price(traded.and(best_ask))),
        (38, Some(instrument.total_shares.to_string())),
        (39, Some(instrument.float_shares.to_string())),
        (62, traded.map(|_| "0.0".to_owned())),
        (100, None),
        (115, None),
        (124, Some(feed_time(instrument, quote).to_string())),
        // The keys of the leading share of a board stand in this order.
        (128, None),
        (140, None),
        (141, None),
        (136, None),
        (152, Some("2".to_owned())),
    ];
    let asked: Vec<String> = cells
        .into_iter()
        .filter(|(number, _)| fields.contains(&format!("f{number}").as_str()))
        .map(|(number, cell)| format!("\"f{number}\":{}", cell.unwrap_or_else(|| "\"-\"".to_owned())))
        .collect();
    format!("{{{}}}", asked.join(","))
}

/// Seconds since 1970. It is the feed's time, not the last trade's: half an hour after the close for a traded symbol,
/// and 08:00:00 of the day for a halted one.
fn feed_time(instrument: &Instrument, quote: &Quote) -> i64 {
    let beijing = match instrument.state {
        State::Trading if instrument.is_running() => quote.time,
        State::Trading => DateTime::from_parts(quote.time.date(), time(15, 34, 30, 0)),
        State::CallAuction => quote.time,
        _ => DateTime::from_parts(quote.time.date(), time(8, 0, 0, 0)),
    };
    Offset::constant(8).to_timestamp(beijing).map_or(0, |stamp| stamp.as_second())
}
