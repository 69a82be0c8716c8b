//! A manifest made of what a plugin is: a vendor, or a source.

use finvista_core::dataset::{CnStockDaily, CnStockQuote, ColumnSpec, ColumnType, Dataset, DatasetSpec};
use finvista_core::{Board, Capability, DataSource, DatasetId, Precision, Query, Quota, Vendor};
use jiff::civil::Date;

use super::{Column, Manifest, Offered, Param, Promise, Rate, Rounding, Type};

impl Manifest {
    /// The manifest of a vendor.
    pub fn of_vendor(vendor: &Vendor) -> Self {
        let offer = |endpoint: &&dyn finvista_core::DynEndpoint| {
            Offered::new(endpoint.dataset(), endpoint.priority(), &endpoint.capability())
        };
        Self {
            name: vendor.name.to_owned(),
            title: vendor.title.to_owned(),
            version: vendor.version.to_owned(),
            failure_domain: vendor.failure_domain.to_owned(),
            blocking: false,
            hosts: vendor.hosts.iter().map(|host| (*host).to_owned()).collect(),
            quota: vendor.quota.into(),
            datasets: vendor.endpoints.iter().map(offer).collect(),
            sdk: SDK.to_owned(),
        }
    }

    /// The manifest of a source, whose own data sets are among `specs`.
    pub fn of_source(source: &dyn DataSource, specs: &[&DatasetSpec]) -> Self {
        let info = source.info();
        let offer = |offer: &finvista_core::Offer| {
            let capability = source.capability(&offer.dataset)?;
            let spec = specs.iter().find(|spec| spec.id == offer.dataset.as_str());
            Some(match spec {
                Some(spec) => Offered::new(spec, offer.priority, capability),
                None => Offered::known(&offer.dataset, offer.priority, capability),
            })
        };
        Self {
            name: info.name.clone(),
            title: info.title.clone(),
            version: info.version.clone(),
            failure_domain: info.failure_domain.clone(),
            blocking: false,
            hosts: Vec::new(),
            quota: Rate::default(),
            datasets: info.offers.iter().filter_map(offer).collect(),
            sdk: SDK.to_owned(),
        }
    }
}

const SDK: &str = concat!("finvista-plugin ", env!("CARGO_PKG_VERSION"), " (Rust)");

/// The data sets that need no definition, because every host has them.
const KNOWN: [&str; 2] = [CnStockDaily::SPEC.id, CnStockQuote::SPEC.id];

impl Offered {
    fn new(spec: &DatasetSpec, priority: i32, capability: &Capability) -> Self {
        let known = Self::known(&spec.id(), priority, capability);
        if KNOWN.contains(&spec.id) {
            return known;
        }
        let param = |param: &finvista_core::dataset::ParamSpec| Param {
            name: param.name.to_owned(),
            required: param.required,
            doc: param.doc.to_owned(),
        };
        // A plugin's data set has one time for all queries: that of a query that asks for nothing, on a day long past.
        let ttl = (spec.ttl)(&Query::custom(spec.id(), [("", ""); 0]), Date::ZERO);
        Self {
            title: spec.title.to_owned(),
            params: spec.params.iter().map(param).collect(),
            columns: spec.columns.iter().map(Column::from).collect(),
            ttl_s: ttl.as_secs(),
            ..known
        }
    }

    fn known(id: &DatasetId, priority: i32, capability: &Capability) -> Self {
        Self {
            id: id.to_string(),
            priority,
            capability: capability.into(),
            title: String::new(),
            params: Vec::new(),
            columns: Vec::new(),
            ttl_s: 0,
        }
    }
}

impl From<&ColumnSpec> for Column {
    fn from(spec: &ColumnSpec) -> Self {
        let ty = match spec.ty {
            ColumnType::Text => Type::Text,
            ColumnType::Label => Type::Label,
            ColumnType::Date => Type::Date,
            ColumnType::Time => Type::Time,
            ColumnType::Float => Type::Float,
            ColumnType::Int => Type::Int,
        };
        Self {
            name: spec.name.to_owned(),
            ty,
            nullable: spec.nullable,
            unit: spec.unit.to_owned(),
            doc: spec.doc.trim().to_owned(),
        }
    }
}

impl From<Quota> for Rate {
    fn from(quota: Quota) -> Self {
        Self {
            per_minute: 60.0 / quota.get_period().as_secs_f64(),
            burst: quota.get_burst(),
            in_flight: quota.get_in_flight(),
        }
    }
}

impl From<&Capability> for Promise {
    fn from(capability: &Capability) -> Self {
        let &Precision { volume, amount, price } = capability.get_precision();
        Self {
            boards: capability.boards().map(<[Board]>::to_vec),
            adjusts: capability.adjusted().map(|(adjust, boards)| (adjust, boards.to_vec())).collect(),
            last_bars: capability.reach(),
            precision: Some(Rounding { volume, amount, price }),
        }
    }
}
