//! Which sources and data sets there are.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_schema::SchemaRef;

use crate::dataset::DatasetSpec;
use crate::error::ConfigError;
use crate::query::DatasetId;
use crate::source::DataSource;
use crate::vendor::{Registration, registered};

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

impl Registry {
    /// Neither a source nor a data set.
    pub fn empty() -> Self {
        Self { sources: Vec::new(), datasets: BTreeMap::new() }
    }

    /// The data sets that the crates of this program registered, and no source.
    ///
    /// # Errors
    ///
    /// When two of them have one key and different columns, or a definition contradicts itself.
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

    /// Adds a data set. One that is there already stays as it is, if its columns are the same: docs may differ.
    ///
    /// # Errors
    ///
    /// When a data set of this key is there already with other columns, or the definition contradicts itself.
    pub fn add_dataset(&mut self, spec: &'static DatasetSpec) -> Result<(), ConfigError> {
        let error = |why: String| ConfigError::new(format!("data set {}", spec.id), why);
        if let Some(known) = self.datasets.get(spec.id) {
            if std::ptr::eq(known.spec, spec) || known.spec.same_columns(spec) {
                return Ok(());
            }
            return Err(error("a data set of this key is registered already, with other columns".to_owned()));
        }
        spec.validate().map_err(error)?;
        self.datasets.insert(spec.id(), RegisteredDataset { spec, schema: spec.schema() });
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
