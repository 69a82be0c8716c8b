//! Data sets that plugins bring: definitions made of a manifest, which live until the process ends as plugins do.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use finvista_core::dataset::{ColumnSpec, DatasetSpec, ParamSpec};
use finvista_core::{DatasetId, InvalidInput, Params, Precision, Query, RecordBatch, SourceError, Symbol};
use finvista_plugin::manifest::Offered;
use jiff::civil::Date;

/// Every definition that a plugin brought. Equal ones are one, so that each is leaked once.
static SPECS: Mutex<Vec<(Offered, &'static DatasetSpec)>> = Mutex::new(Vec::new());

/// The definition of a data set that a plugin brings.
pub(crate) fn spec(offered: &Offered) -> Result<&'static DatasetSpec, String> {
    let definition = definition(offered);
    check(&definition)?;
    let mut specs = SPECS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, spec)) = specs.iter().find(|(known, _)| *known == definition) {
        return Ok(spec);
    }
    let columns = definition.columns.iter().map(|column| ColumnSpec {
        name: intern(&column.name),
        ty: column.ty.column(),
        nullable: column.nullable,
        unit: intern(&column.unit),
        doc: intern(&column.doc),
    });
    let params = definition.params.iter().map(|param| ParamSpec {
        name: intern(&param.name),
        required: param.required,
        doc: intern(&param.doc),
    });
    let spec: &DatasetSpec = Box::leak(Box::new(DatasetSpec {
        id: intern(&definition.id),
        title: intern(&definition.title),
        params: params.collect::<Vec<_>>().leak(),
        columns: columns.collect::<Vec<_>>().leak(),
        parse,
        ttl: ttl(definition.ttl_s),
        check: no_invariants,
    }));
    specs.push((definition, spec));
    Ok(spec)
}

/// A text that lives until the process ends; equal ones are one.
pub(crate) fn intern(text: &str) -> &'static str {
    static TEXTS: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = texts.get(text) {
        return known;
    }
    let text: &'static str = text.to_owned().leak();
    texts.insert(text);
    text
}

/// What is offered, without what is the source's and not the data set's.
fn definition(offered: &Offered) -> Offered {
    Offered { priority: 0, capability: Default::default(), ..offered.clone() }
}

fn check(definition: &Offered) -> Result<(), String> {
    let key = |name: &str| {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        if !name.is_empty() && name.bytes().all(plain) {
            return Ok(());
        }
        Err(format!("{name:?} is no name of a data set, parameter or column: lower-case ASCII and _ are"))
    };
    key(&definition.id)?;
    definition.params.iter().try_for_each(|param| key(&param.name))?;
    definition.columns.iter().try_for_each(|column| key(&column.name))?;
    let mut names: Vec<&str> = definition.columns.iter().map(|column| column.name.as_str()).collect();
    names.sort_unstable();
    match names.windows(2).find_map(|pair| pair.first().filter(|name| pair.last() == Some(name))) {
        Some(twice) => Err(format!("data set {} has column {twice} twice", definition.id)),
        None => Ok(()),
    }
}

/// The parameters as they are; the data set puts its key on them.
fn parse(params: &Params) -> Result<Query, InvalidInput> {
    Ok(Query::custom(DatasetId::new(""), params.clone()))
}

/// A plugin's invariants are its own to check: what the manifest says of schema and nulls is checked for every data set.
fn no_invariants(_: &Query, _: &RecordBatch, _: &Precision) -> Result<Vec<Symbol>, SourceError> {
    Ok(Vec::new())
}

fn keeps<const SECONDS: u64>(_: &Query, _: Date) -> Duration {
    Duration::from_secs(SECONDS)
}

/// The greatest of a few times that is not longer. A definition's time is a function, and a function has no data.
fn ttl(seconds: u64) -> fn(&Query, Date) -> Duration {
    match seconds {
        0 => keeps::<0>,
        1 => keeps::<1>,
        2 => keeps::<2>,
        3..5 => keeps::<3>,
        5..10 => keeps::<5>,
        10..30 => keeps::<10>,
        30..60 => keeps::<30>,
        60..300 => keeps::<60>,
        300..900 => keeps::<300>,
        900..3_600 => keeps::<900>,
        3_600..86_400 => keeps::<3_600>,
        86_400.. => keeps::<86_400>,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tides() -> Offered {
        let json = r#"{"id":"tide_table","priority":3,"title":"High tides","ttl_s":100,
            "params":[{"name":"port","required":true,"doc":"the harbour"}],
            "columns":[{"name":"day","type":"date"},{"name":"height","type":"float","unit":"m","nullable":true}]}"#;
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_definition_becomes_a_data_set_once() {
        let spec_of_it = spec(&tides()).unwrap();
        let again = spec(&Offered { priority: 9, ..tides() }).unwrap();
        assert!(std::ptr::eq(spec_of_it, again));
        assert_eq!(spec_of_it.schema().field(1).metadata()["unit"], "m");
        let query = spec_of_it.parse(&[("port".to_owned(), "Ningbo".to_owned())].into()).unwrap();
        assert_eq!(query, Query::custom(DatasetId::new("tide_table"), [("port", "Ningbo")]));
        assert_eq!((spec_of_it.ttl)(&query, Date::ZERO), Duration::from_secs(60));
        assert!(spec_of_it.parse(&Params::new()).unwrap_err().to_string().contains("port"));
    }

    #[test]
    fn names_are_plain_and_unique() {
        let mut twice = tides();
        twice.columns.push(twice.columns[0].clone());
        assert!(spec(&twice).unwrap_err().contains("day twice"));
        assert!(spec(&Offered { id: "Tide Table".into(), ..tides() }).unwrap_err().contains("lower-case"));
    }

    #[test]
    fn a_time_is_never_longer_than_it_was_said() {
        for seconds in [0, 1, 2, 4, 7, 29, 59, 60, 3_599, 86_400, u64::MAX] {
            let kept = ttl(seconds)(&Query::custom(DatasetId::new(""), [("", ""); 0]), Date::ZERO).as_secs();
            assert!(kept <= seconds && (kept > 0) == (seconds > 0), "{seconds}: {kept}");
        }
    }
}
