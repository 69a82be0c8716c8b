//! Which sources and data sets there are.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_schema::SchemaRef;

use crate::dataset::{CnStockDaily, CnStockQuote, Dataset, DatasetSpec};
use crate::error::ConfigError;
use crate::query::DatasetId;
use crate::source::DataSource;

/// The sources and the data sets of one client, before a [`Manager`](crate::manager::Manager) routes calls to them. The
/// order of registration decides between equal priorities.
#[derive(Debug)]
pub struct Registry {
    sources: Vec<Arc<dyn DataSource>>,
    datasets: BTreeMap<DatasetId, RegisteredDataset>,
}

/// A data set with its schema, made once.
#[derive(Debug, Clone)]
pub struct RegisteredDataset {
    /// The definition.
    pub spec: &'static DatasetSpec,
    /// The Arrow schema of its tables.
    pub schema: SchemaRef,
}

/// The data sets of FinVista itself, and no source.
impl Default for Registry {
    fn default() -> Self {
        let datasets = [CnStockDaily::SPEC, CnStockQuote::SPEC].into_iter().map(registered).collect();
        Self { sources: Vec::new(), datasets }
    }
}

fn registered(spec: &'static DatasetSpec) -> (DatasetId, RegisteredDataset) {
    (spec.id(), RegisteredDataset { spec, schema: spec.schema() })
}

impl Registry {
    /// Adds a source.
    ///
    /// # Errors
    ///
    /// When a source of this name is there already.
    pub fn add_source(&mut self, source: Arc<dyn DataSource>) -> Result<(), ConfigError> {
        let name = &source.info().name;
        if self.sources.iter().any(|known| known.info().name == *name) {
            return Err(ConfigError::new(
                format!("source {name}"),
                "a source of this name is registered already: give it another name, or disable the default sources",
            ));
        }
        self.sources.push(source);
        Ok(())
    }

    /// Adds a data set.
    ///
    /// # Errors
    ///
    /// When a data set of this key is there already with another definition.
    pub fn add_dataset(&mut self, spec: &'static DatasetSpec) -> Result<(), ConfigError> {
        let (id, dataset) = registered(spec);
        if self.datasets.get(&id).is_some_and(|known| !std::ptr::eq(known.spec, spec)) {
            return Err(ConfigError::new(
                format!("data set {id}"),
                "a data set of this key is registered already",
            ));
        }
        self.datasets.insert(id, dataset);
        Ok(())
    }

    /// The sources, in the order of registration.
    pub fn sources(&self) -> &[Arc<dyn DataSource>] {
        &self.sources
    }

    /// The data sets, by key.
    pub fn datasets(&self) -> impl Iterator<Item = &RegisteredDataset> {
        self.datasets.values()
    }

    /// A data set.
    pub fn dataset(&self, key: &str) -> Option<&RegisteredDataset> {
        self.datasets.get(key)
    }
}
