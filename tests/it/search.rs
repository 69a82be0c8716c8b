#![cfg(test)]
//! Searches by code, name and initials, in both readings of characters that have two.

use std::collections::HashSet;

use finvista::{CnStockSearch, Error, Table};
use finvista_testkit::{Instrument, State, Vendor};

use crate::support::{Bench, stocks, told};
use crate::truth::symbol;

async fn search(bench: &Bench, vendor: Vendor, text: &str) -> Result<Table<CnStockSearch>, Error> {
    bench.fv.cn_stock_search(text).limit(25).source(vendor.to_string()).await
}

/// Whether the instrument is among what is found; what is found is the truth.
fn finds(bench: &Bench, vendor: Vendor, table: &Table<CnStockSearch>, instrument: &Instrument) -> bool {
    let listed = bench.market().listed();
    let mut seen = HashSet::new();
    for row in table {
        let truth = listed.iter().find(|listed| symbol(listed) == row.symbol);
        let truth = truth.unwrap_or_else(|| panic!("{vendor}: {row:?} is not listed"));
        let name =
            if vendor == Vendor::EastMoney { truth.name.clone() } else { truth.name.replace("  ", " ") };
        assert_eq!(row.name, name.trim(), "{vendor}: {row:?}");
        let initials = truth.initials().first().map(String::as_str);
        assert_eq!(row.initials, initials.filter(|_| vendor != Vendor::Sina), "{vendor}: {row:?}");
        assert!(seen.insert(row.symbol.to_owned()), "{vendor}: {row:?} twice");
    }
    seen.contains(&symbol(instrument))
}

#[tokio::test]
async fn shares_are_found_by_code_name_and_initials() {
    let bench = Bench::start(81).await;
    let mut found = 0;
    for instrument in stocks(bench.market()) {
        if !matches!(instrument.state, State::Trading | State::Suspended) {
            continue;
        }
        let initials = &instrument.initials()[0];
        let name = instrument.name.replace(' ', "");
        let texts =
            [instrument.code.clone(), instrument.prefixed(), name, initials.clone(), initials.to_lowercase()];
        for vendor in Vendor::ALL {
            for text in &texts {
                let result = search(&bench, vendor, text).await;
                let table = result.as_ref().unwrap_or_else(|_| panic!("{vendor} {text}: {}", told(&result)));
                assert!(finds(&bench, vendor, table, instrument), "{vendor} {text}: {table}");
                found += 1;
            }
        }
    }
    assert!(found > 300, "{found}");
}

/// Whether a vendor, which knows one reading of each name, has something of its own for this text.
fn is_taken(bench: &Bench, text: &str) -> bool {
    bench.market().listed().iter().any(|listed| {
        let own =
            [listed.prefixed().to_uppercase(), listed.name.to_uppercase(), listed.initials()[0].clone()];
        own.iter().any(|own| own.contains(text))
    })
}

/// Shares whose names are well known, and whose initials people type in either way.
const TRAPS: [&str; 16] = [
    "平安银行",
    "浦发银行",
    "招商银行",
    "重庆啤酒",
    "长安汽车",
    "厦门钨业",
    "西藏药业",
    "会稽山",
    "大参林",
    "哈空调",
    "苏泊尔",
    "瑞鹄模具",
    "朝阳科技",
    "蔚蓝锂芯",
    "广晟有色",
    "行动教育",
];

#[tokio::test]
async fn a_character_with_two_readings_is_found_by_both() {
    let bench = Bench::start(82).await;
    let mut other_readings = 0;
    for name in TRAPS {
        let instrument = bench.market().listed().iter().find(|listed| listed.name == name).unwrap();
        let [right, others @ ..] = instrument.initials() else { panic!("{name} has no initials") };
        let differs = |other: &&String| right.chars().zip(other.chars()).filter(|(a, b)| a != b).count() == 1;
        let others: Vec<&String> =
            others.iter().filter(differs).filter(|other| !is_taken(&bench, other)).collect();
        for vendor in Vendor::ALL {
            for text in std::iter::once(right).chain(others.iter().copied()) {
                let result = search(&bench, vendor, text).await;
                let table = result.as_ref().unwrap_or_else(|_| panic!("{vendor} {text}: {}", told(&result)));
                assert!(finds(&bench, vendor, table, instrument), "{vendor} {name} {text}: {table}");
            }
            other_readings += others.len();
        }
    }
    assert!(other_readings >= 36, "{other_readings}");
}

#[tokio::test]
async fn the_best_match_comes_first_and_the_limit_holds() {
    let bench = Bench::start(83).await;
    for vendor in Vendor::ALL {
        let name = vendor.to_string();
        let first = bench.fv.cn_stock_search("600519").source(&name).await.unwrap();
        assert_eq!(first.rows().next().unwrap().symbol, "600519.SH", "{vendor}");
        let some = bench.fv.cn_stock_search("6005").limit(3).source(&name).await.unwrap();
        assert_eq!(some.num_rows(), 3, "{vendor}: {some}");
        let nothing = bench.fv.cn_stock_search("QXZQXZ").source(&name).await;
        assert!(matches!(&nothing, Err(Error::NotFound(error)) if error.conclusive()), "{}", told(&nothing));
    }
    for wrong in [bench.fv.cn_stock_search("  ").await, bench.fv.cn_stock_search("payh").limit(0).await] {
        assert!(matches!(wrong, Err(Error::InvalidInput { .. })), "{}", told(&wrong));
    }
}
