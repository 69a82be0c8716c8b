//! The manifest: how a plugin describes itself, as JSON. The plugin writes it, and the host reads it.

mod column;
mod definition;
mod promise;
mod rate;

use finvista_core::{Capability, DataSource, DatasetSpec, ErrorKind, ShapeKind, SourceError, Vendor};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use column::{Column, Type};
pub use definition::{Bare, Definition, Form, Instruments, Param, Part};
pub use promise::{Promise, Rounding};
pub use rate::Rate;

/// How a plugin describes itself. Keys that a reader does not know are ignored, except inside a capability.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The name that users write: lower-case ASCII.
    pub name: String,
    /// The name for people; empty where it is the same.
    #[serde(default)]
    pub title: String,
    /// The version of the plugin.
    pub version: String,
    /// Sources that fail together share this; empty where it is the name.
    #[serde(default)]
    pub failure_domain: String,
    /// Whether `fetch` waits, and must be called on a thread that may.
    #[serde(default)]
    pub blocking: bool,
    /// The hosts that `http_fetch` may ask.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// How often each of them may be asked; by default once a second.
    #[serde(default)]
    pub quota: Rate,
    /// The data sets.
    pub datasets: Vec<Offered>,
    /// What the plugin was written with, for people.
    #[serde(default)]
    pub sdk: String,
}

/// A data set that a plugin has. Capability and definition are kept as they were written, so that one offer which a host cannot
/// read leaves the others alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Offered {
    /// The key.
    pub id: String,
    /// The default priority; the lowest is asked first.
    pub priority: i32,
    /// The promise, see [`promise`](Self::promise).
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub capability: Value,
    /// The definition of the data set, see [`definition`](Self::definition).
    #[serde(flatten)]
    pub definition: Map<String, Value>,
}

impl Offered {
    /// The offer of a data set.
    ///
    /// # Errors
    ///
    /// When the definition or the promise cannot be written as JSON.
    pub fn new(spec: &DatasetSpec, priority: i32, capability: &Capability) -> Result<Self, SourceError> {
        let unwritten = |what: &dyn std::fmt::Display| {
            let message = format!("data set {} cannot be written into the manifest: {what}", spec.id);
            SourceError::new(ErrorKind::Plugin, message)
        };
        let definition = Definition::of(spec).map_err(|e| unwritten(&e))?;
        let Value::Object(definition) = serde_json::to_value(definition).map_err(|e| unwritten(&e))? else {
            return Err(unwritten(&"expected an object"));
        };
        let capability = serde_json::to_value(Promise::from(capability)).map_err(|e| unwritten(&e))?;
        Ok(Self { id: spec.id.to_owned(), priority, capability, definition })
    }

    /// Reads the promise; one that is absent promises everything.
    ///
    /// # Errors
    ///
    /// When it has a key that is not known here: the key may be a restriction, and a promise without it would be too wide.
    pub fn promise(&self) -> Result<Promise, serde_json::Error> {
        match &self.capability {
            Value::Null => Ok(Promise::default()),
            capability => Promise::deserialize(capability),
        }
    }

    /// Reads the definition.
    ///
    /// # Errors
    ///
    /// When a part of it is missing, or not known here.
    pub fn definition(&self) -> Result<Definition, serde_json::Error> {
        serde_json::from_value(Value::Object(self.definition.clone()))
    }

    /// Reads the columns alone; empty where the offer does not define its data set.
    ///
    /// # Errors
    ///
    /// When a column has a type that is not known here.
    pub fn columns(&self) -> Result<Vec<Column>, serde_json::Error> {
        self.definition.get("columns").map_or_else(|| Ok(Vec::new()), Vec::<Column>::deserialize)
    }

    /// Reads the shape alone, where the offer has one.
    ///
    /// # Errors
    ///
    /// When the shape is not known here.
    pub fn shape(&self) -> Result<Option<ShapeKind>, serde_json::Error> {
        self.definition.get("shape").map(ShapeKind::deserialize).transpose()
    }
}

impl Manifest {
    /// The manifest of a vendor.
    ///
    /// # Errors
    ///
    /// When a data set cannot be written as JSON.
    pub fn of_vendor(vendor: &Vendor) -> Result<Self, SourceError> {
        let offers = vendor
            .endpoints
            .iter()
            .map(|endpoint| Offered::new(endpoint.dataset(), endpoint.priority(), &endpoint.capability()));
        Ok(Self {
            name: vendor.name.to_owned(),
            title: vendor.title.to_owned(),
            version: vendor.version.to_owned(),
            failure_domain: vendor.failure_domain.to_owned(),
            blocking: false,
            hosts: vendor.hosts.iter().map(|host| (*host).to_owned()).collect(),
            quota: vendor.quota.into(),
            datasets: offers.collect::<Result<_, _>>()?,
            sdk: SDK.to_owned(),
        })
    }

    /// The manifest of a source, whose data sets `spec` defines.
    ///
    /// # Errors
    ///
    /// When the source offers a data set without a definition.
    pub fn of_source<'a>(
        source: &dyn DataSource,
        spec: impl Fn(&str) -> Option<&'a DatasetSpec>,
    ) -> Result<Self, SourceError> {
        let info = source.info();
        let offers = info.offers.iter().filter_map(|offer| {
            let capability = source.capability(&offer.dataset)?;
            let spec = spec(offer.dataset.as_str()).ok_or_else(|| {
                let message = format!(
                    "{} offers {}, which the plugin does not define: define it with dataset!, or list it in export_source!",
                    info.name, offer.dataset
                );
                SourceError::new(ErrorKind::Plugin, message)
            });
            Some(spec.and_then(|spec| Offered::new(spec, offer.priority, capability)))
        });
        Ok(Self {
            name: info.name.clone(),
            title: info.title.clone(),
            version: info.version.clone(),
            failure_domain: info.failure_domain.clone(),
            blocking: false,
            hosts: Vec::new(),
            quota: Rate::default(),
            datasets: offers.collect::<Result<_, _>>()?,
            sdk: SDK.to_owned(),
        })
    }

    /// The manifest as it crosses the boundary.
    pub fn to_json(&self) -> String {
        // It holds text, numbers and lists of them, all of which JSON can say.
        serde_json::to_string(self).unwrap_or_default()
    }
}

const SDK: &str = concat!("finvista-plugin ", env!("CARGO_PKG_VERSION"), " (Rust)");

#[cfg(test)]
mod tests {
    use super::*;
    use finvista_core::dataset::Dataset;
    use finvista_datasets::CnStockDaily;

    #[test]
    fn name_version_and_an_offer_are_enough() {
        let json =
            r#"{"name":"tides","version":"1","datasets":[{"id":"tide","priority":0,"new":1}],"new":{}}"#;
        let manifest: Manifest = serde_json::from_str(json).unwrap();
        let offered = &manifest.datasets[0];
        assert_eq!((manifest.quota, offered.promise().unwrap()), (Rate::default(), Promise::default()));
        assert_eq!((offered.columns().unwrap(), offered.shape().unwrap()), (Vec::new(), None));
        let again: Manifest = serde_json::from_str(&manifest.to_json()).unwrap();
        assert_eq!(again, manifest);
    }

    #[test]
    fn an_offer_is_read_part_by_part() {
        let offered = Offered::new(CnStockDaily::SPEC, 3, &Capability::any()).unwrap();
        let with = |name: &str, value: Value| {
            let mut json = serde_json::to_value(&offered).unwrap();
            json[name] = value;
            serde_json::from_value::<Offered>(json).unwrap()
        };
        assert_eq!(with("later", 1.into()).definition().unwrap(), offered.definition().unwrap());
        // One part that is not known leaves the others readable.
        let shape = with("shape", "sphere".into());
        assert!(shape.shape().unwrap_err().to_string().contains("sphere"));
        assert_eq!(shape.columns().unwrap(), offered.columns().unwrap());
        assert!(shape.definition().is_err() && shape.promise().is_ok());
        let restricted = with("capability", serde_json::json!({"last_bars": 5, "weekdays": ["monday"]}));
        assert!(restricted.promise().unwrap_err().to_string().contains("unknown field `weekdays`"));
        assert!(restricted.definition().is_ok());
    }
}
