//! The queries of a data set that a target asks, by its shape.

use finvista::raw::{EndpointContext, Params, ShapeKind};
use finvista::{Adjust, DatasetSpec, Query, Zone};

use crate::TODAY;

/// A few days, a year in the past, and all days.
const RANGES: [(&str, &str); 3] = [("2024-06-26", ""), ("2023-03-01", "2024-03-01"), ("", "")];

const ADJUSTS: [Adjust; 3] = [Adjust::None, Adjust::Qfq, Adjust::Hfq];

/// A code, a name, initials, and initials that vendors know by another reading.
const TEXTS: [&str; 4] = ["600519", "平安", "PAYH", "payx"];

/// The example of the definition, and what its rules allow: every well-known symbol in every period, every part of the market.
pub fn samples(spec: &DatasetSpec) -> Vec<Query> {
    let known = spec.rules.universe.known;
    let asked: Vec<Vec<(&str, String)>> = match spec.shape {
        ShapeKind::Series => {
            let periods = spec.rules.periods.iter().enumerate();
            let each = known.iter().enumerate().flat_map(|symbol| periods.clone().map(move |p| (symbol, p)));
            // Every symbol and every period meets each range, and most meet each adjustment.
            let each = each.map(|((place, symbol), (number, period))| {
                let (start, end) = RANGES[(place + number) % RANGES.len()];
                let adjust = ADJUSTS[(place / RANGES.len() + number) % ADJUSTS.len()];
                let mut params = vec![("symbol", (*symbol).to_owned()), ("period", period.to_string())];
                params.extend(spec.rules.adjusts.then(|| ("adjust", adjust.to_string())));
                params.extend([("start", start), ("end", end)].map(|(name, day)| (name, day.to_owned())));
                params
            });
            each.collect()
        }
        ShapeKind::Snapshot => {
            let unknown = spec.rules.universe.unknown;
            let lists = [&known[..known.len().min(1)], known, unknown];
            let all = [known, unknown].concat().join(",");
            let lists = lists.into_iter().map(|list| list.join(",")).chain([all]);
            lists.map(|list| vec![("symbols", list)]).collect()
        }
        ShapeKind::Listing => {
            spec.rules.scopes.iter().map(|scope| vec![("market", scope.name.to_owned())]).collect()
        }
        ShapeKind::Keyword => TEXTS.iter().map(|text| vec![("text", (*text).to_owned())]).collect(),
        _ => Vec::new(),
    };
    let parsed = asked.into_iter().filter_map(|params| {
        let given = params.into_iter().filter(|(_, value)| !value.is_empty());
        let params: Params = given.map(|(name, value)| (name.to_owned(), value)).collect();
        spec.parse(&params).ok()
    });
    spec.example_query().into_iter().chain(parsed).collect()
}

/// What an endpoint knows besides the query.
pub fn context() -> EndpointContext {
    let noon = TODAY.at(12, 0, 0, 0);
    EndpointContext::new(Zone::Shanghai.instant(noon).unwrap_or_default())
}
