//! Promises in a manifest.

use std::collections::BTreeMap;

use finvista_core::{Adjust, Board, Boards, Capability, Period, Precision};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// A promise, see [`Capability`].
///
/// A key that is not known here is an error, because it may be a restriction. A board, period or adjustment that is not known
/// here is left out, which makes the promise narrower and never wider.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Promise {
    /// The boards whose instruments are promised, unadjusted; absent: every board of the data set.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "known_list")]
    pub boards: Option<Vec<Board>>,
    /// The boards of each adjustment.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "known_map")]
    pub adjusts: BTreeMap<Adjust, Vec<Board>>,
    /// The periods; absent: every period of the data set.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "known_list")]
    pub periods: Option<Vec<Period>>,
    /// The names of the scopes; absent: every scope of the data set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<String>>,
    /// How many of the latest bars can be reached; absent: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_bars: Option<u32>,
    /// How many calendar days back bars of less than a day can be reached; absent: any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days_back: Option<u32>,
    /// The most instruments of one query; absent: any number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub most_symbols: Option<u32>,
    /// How the numbers are rounded; absent: as coarsely as any vendor does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub precision: Option<Rounding>,
}

/// Half steps of rounding, see [`Precision`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rounding {
    /// Shares.
    pub volume: f64,
    /// Money.
    pub amount: f64,
    /// Prices.
    pub price: f64,
}

fn known<T: DeserializeOwned>(values: Vec<Value>) -> Vec<T> {
    values.into_iter().filter_map(|value| serde_json::from_value(value).ok()).collect()
}

fn known_list<'de, T: DeserializeOwned, D: Deserializer<'de>>(de: D) -> Result<Option<Vec<T>>, D::Error> {
    Ok(Option::<Vec<Value>>::deserialize(de)?.map(known))
}

fn known_map<'de, D: Deserializer<'de>>(de: D) -> Result<BTreeMap<Adjust, Vec<Board>>, D::Error> {
    let map = BTreeMap::<String, Vec<Value>>::deserialize(de)?;
    let known = map.into_iter().filter_map(|(name, boards)| Some((name.parse().ok()?, known(boards))));
    Ok(known.collect())
}

impl From<&Capability> for Promise {
    fn from(capability: &Capability) -> Self {
        let list = |boards: Boards| boards.iter().collect::<Vec<Board>>();
        let adjusts = [(Adjust::Qfq, capability.qfq), (Adjust::Hfq, capability.hfq)];
        let Precision { volume, amount, price } = capability.precision;
        Self {
            boards: capability.boards.map(list),
            adjusts: adjusts.into_iter().filter(|(_, b)| !b.is_empty()).map(|(a, b)| (a, list(b))).collect(),
            periods: capability.periods.map(<[Period]>::to_vec),
            scopes: capability.scopes.map(|names| names.iter().map(|name| (*name).to_owned()).collect()),
            last_bars: capability.last_bars,
            days_back: capability.days_back,
            most_symbols: capability.most_symbols,
            precision: Some(Rounding { volume, amount, price }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A facet that is added to [`Capability`] and not to [`Promise`] would be lost at the boundary, and the promise widened.
    #[test]
    fn a_promise_has_every_facet() {
        const EVERYTHING: Capability = Capability::of_boards(Boards::of(&[Board::Main]))
            .adjusts(Adjust::Qfq, Boards::of(&[Board::Main]))
            .adjusts(Adjust::Hfq, Boards::of(&[Board::Main]))
            .periods(&[Period::Week])
            .scopes(&["star"])
            .last_bars(1)
            .days_back(2)
            .most_symbols(3);
        let Value::Object(written) = serde_json::to_value(Promise::from(&EVERYTHING)).unwrap() else {
            panic!("no object");
        };
        // The facets of a capability as its derived `Debug` names them.
        let debug = format!("{EVERYTHING:#?}");
        let facets = debug.lines().filter_map(|line| line.strip_prefix("    ")?.split_once(": "));
        let mut facets: Vec<&str> =
            facets.map(|(name, _)| name).filter(|name| !name.starts_with(' ')).collect();
        facets.retain(|name| !["qfq", "hfq"].contains(name));
        facets.push("adjusts");
        facets.sort_unstable();
        let mut names: Vec<&str> = written.keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, facets);
    }

    #[test]
    fn what_is_not_known_narrows_or_is_an_error() {
        let promise: Promise = serde_json::from_str(
            r#"{"boards":["main","moon"],"adjusts":{"qfq":["main","moon"],"tfq":["main"]},"periods":["day","tick"]}"#,
        )
        .unwrap();
        assert_eq!(promise.boards, Some(vec![Board::Main]));
        assert_eq!(promise.adjusts, [(Adjust::Qfq, vec![Board::Main])].into());
        assert_eq!(promise.periods, Some(vec![Period::Day]));
        for json in [r#"{"weekdays":[]}"#, r#"{"precision":{"volume":1,"amount":1,"price":1,"yield":1}}"#] {
            assert!(serde_json::from_str::<Promise>(json).unwrap_err().to_string().contains("unknown field"));
        }
    }
}
