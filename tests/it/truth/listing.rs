//! The list of a market against its truth, up to what each vendor rounds and leaves out.

use finvista::{CnStockList, Listed, Scope, Symbol, Table};
use finvista_testkit::{Exchange, Instrument, Kind, Market, State, Vendor};

use super::{assert_volume, percent, symbol, unit};

/// The table is the truth of this part of the market, as this vendor tells it.
pub(crate) fn assert_listing(table: &Table<CnStockList>, vendor: Vendor, market: &Market, scope: Scope) {
    let listed = market.listed().iter().filter(|instrument| belongs(scope.name, instrument));
    let mut expected: Vec<(String, &Instrument)> = listed.map(|i| (symbol(i), i)).collect();
    expected.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    let place = format!("{vendor} {scope}");
    assert_eq!((table.source(), table.num_rows()), (vendor.to_string().as_str(), expected.len()), "{place}");
    for (row, (symbol, instrument)) in table.rows().zip(expected) {
        assert_row(&row, &symbol, vendor, instrument, &format!("{place}: {row:?}"));
    }
}

fn belongs(scope: &str, instrument: &Instrument) -> bool {
    let is_share = !matches!(instrument.kind, Kind::Fund | Kind::BShare | Kind::Index);
    match scope {
        "all" => is_share,
        "sh" => is_share && instrument.exchange == Exchange::Sh,
        "sz" => is_share && instrument.exchange == Exchange::Sz,
        "bj" => is_share && instrument.exchange == Exchange::Bj,
        "star" => instrument.kind == Kind::Star,
        "chinext" => instrument.kind == Kind::ChiNext,
        "etf" => instrument.is_etf(),
        "b" => instrument.kind == Kind::BShare,
        other => panic!("nothing is known of {other}"),
    }
}

fn assert_row(row: &Listed<'_>, symbol: &str, vendor: Vendor, instrument: &Instrument, place: &str) {
    let truth = instrument.quote();
    let name = match vendor {
        Vendor::EastMoney => instrument.name.clone(),
        Vendor::Sina | Vendor::Tencent => instrument.name.replace("  ", " "),
    };
    let board = symbol.parse::<Symbol>().unwrap().board().name();
    assert_eq!((row.symbol, row.name, row.board), (symbol, name.trim(), board), "{place}");

    let traded = truth.price.filter(|_| instrument.state == State::Trading);
    let change = traded.zip(truth.pre_close).map(|(last, before)| last - before);
    let change_pct = change.zip(truth.pre_close).and_then(|(change, before)| percent(change, before));
    let price = |ticks: Option<i64>| ticks.map(|ticks| ticks as f64 / unit(instrument));
    assert_eq!(
        (row.price, row.change, row.change_pct),
        (price(traded), price(change), change_pct),
        "{place}"
    );

    let amount = truth.amount as f64 / 100.0;
    match vendor {
        // It writes "-" where the others write 0.
        Vendor::EastMoney if traded.is_none() => {
            assert_eq!((row.volume, row.amount, row.turnover), (None, None, None), "{place}");
        }
        // An amount that is rounded to nothing proves no unit.
        Vendor::Tencent if row.volume.is_none() => assert!(amount < 5_000.0, "{place}"),
        _ => assert_volume(row.volume, truth.volume, vendor, instrument.kind, place),
    }
    let near = match vendor {
        Vendor::EastMoney => 0.0,
        Vendor::Sina => 0.5,
        // In units of 10,000 yuan.
        Vendor::Tencent => 5_000.0,
    };
    assert!(row.amount.is_none_or(|is| (is - amount).abs() <= near), "{place}: {amount}");
    assert_turnover(row, vendor, instrument, place);

    // Tencent values what has not traded, too: at the matched price of the auction, or at the close of the day before. No vendor
    // says in which currency it values B shares.
    let valued = if vendor == Vendor::Tencent { truth.price.or(truth.pre_close) } else { traded };
    let valued = price(valued).filter(|_| instrument.kind != Kind::BShare);
    for (cap, shares) in [(row.market_cap, instrument.total_shares), (row.float_cap, instrument.float_shares)]
    {
        let near = if vendor == Vendor::Tencent { 500_001.0 } else { 1.0 };
        let should = valued.map(|price| price * shares as f64);
        assert_eq!(cap.is_some(), should.is_some(), "{place}");
        assert!(
            cap.zip(should).is_none_or(|(is, should)| (is - should).abs() <= near),
            "{place}: {should:?}"
        );
    }
}

/// Sina divides volume by float itself and prints five decimals.
fn assert_turnover(row: &Listed<'_>, vendor: Vendor, instrument: &Instrument, place: &str) {
    let truth = instrument.quote();
    let near = if vendor == Vendor::Sina { 0.005_1 } else { 0.0 };
    let should = truth.turnover as f64 / 100.0;
    assert!(row.turnover.is_none_or(|is| (is - should).abs() <= near), "{place}: {should}");
    assert!(row.turnover.is_some() || row.price.is_none(), "{place}");
}
