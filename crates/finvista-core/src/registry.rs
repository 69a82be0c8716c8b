//! The registry of sources and data sets.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_schema::SchemaRef;

use crate::dataset::DatasetSpec;
use crate::error::ConfigError;
use crate::query::DatasetId;
use crate::source::DataSource;
use crate::vendor::{Registration, registered};

/// The sources and data sets of a client, from which a [`Manager`](crate::manager::Manager) is made. The order of
/// registration breaks ties of priority.
#[derive(Debug)]
pub struct Registry {
    sources: Vec<Arc<dyn DataSource>>,
    datasets: BTreeMap<DatasetId, RegisteredDataset>,
}

/// A registered data set, with its schema.
#[derive(Debug, Clone)]
pub struct RegisteredDataset {
    /// The definition.
    pub spec: &'static DatasetSpec,
    /// The Arrow schema of its tables.
    pub schema: SchemaRef,
}

impl Registry {
    /// A registry without sources and data sets.
    pub fn empty() -> Self {
        Self { sources: Vec::new(), datasets: BTreeMap::new() }
    }

    /// A registry of the data sets that the crates of this program register, without sources.
    ///
    /// # Errors
    ///
    /// When two of them have the same id and different columns, or a definition contradicts itself.
    pub fn of_datasets() -> Result<Self, ConfigError> {
        let mut registry = Self::empty();
        for registration in registered() {
            if let Registration::Dataset(spec) = registration {
                registry.add_dataset(spec)?;
            }
        }
        Ok(registry)
    }

    /// Adds a source.
    ///
    /// # Errors
    ///
    /// When a source of this name is already registered.
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

    /// Adds a data set. If one of this id is already registered with the same columns, it stays as it is; titles and docs may
    /// differ.
    ///
    /// # Errors
    ///
    /// When one of this id is already registered with other columns, or the definition contradicts itself.
    pub fn add_dataset(&mut self, spec: &'static DatasetSpec) -> Result<(), ConfigError> {
        let error = |why: String| ConfigError::new(format!("data set {}", spec.id), why);
        if let Some(known) = self.datasets.get(spec.id) {
            if std::ptr::eq(known.spec, spec) || known.spec.same_columns(spec) {
                return Ok(());
            }
            return Err(error("a data set of this id is registered already, with other columns".to_owned()));
        }
        spec.validate().map_err(error)?;
        self.datasets.insert(spec.id(), RegisteredDataset { spec, schema: spec.schema() });
        Ok(())
    }

    /// The sources, in the order of registration.
    pub fn sources(&self) -> &[Arc<dyn DataSource>] {
        &self.sources
    }

    /// The data sets, by id.
    pub fn datasets(&self) -> impl Iterator<Item = &RegisteredDataset> {
        self.datasets.values()
    }

    /// The data set with this id.
    pub fn dataset(&self, id: &str) -> Option<&RegisteredDataset> {
        self.datasets.get(id)
    }
}
