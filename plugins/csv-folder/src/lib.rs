//! A folder of CSV files as a source: daily bars, a file an instrument. README.md says what the files are.

mod file;

use std::path::PathBuf;

use finvista_core::dataset::Dataset;
use finvista_core::{
    Adjust, Capability, Context, DataSource, DatasetId, ErrorKind, Offer, Period, Query, RecordBatch, Series,
    Shape, SourceError, SourceInfo, async_trait,
};
use finvista_datasets::CnStockDaily;
use finvista_plugin::Config;
use serde::Deserialize;

finvista_plugin::export_source!(CsvFolder::new);

/// The source.
#[derive(Debug)]
struct CsvFolder {
    info: SourceInfo,
    capability: Capability,
    folder: PathBuf,
}

/// What the user configures.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    folder: PathBuf,
}

impl CsvFolder {
    fn new(config: &Config) -> Result<Self, SourceError> {
        let Settings { folder } = config.read()?;
        if !folder.is_absolute() || !folder.is_dir() {
            let message = format!("folder: expected the absolute path of a folder, got {}", folder.display());
            return Err(SourceError::new(ErrorKind::InvalidInput, message));
        }
        let name = "csv-folder".to_owned();
        let info = SourceInfo {
            title: format!("CSV files in {}", folder.display()),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            origin: "plugin".to_owned(),
            failure_domain: name.clone(),
            // Before every vendor: users who have their own files mean those.
            offers: vec![Offer { dataset: CnStockDaily::SPEC.id(), priority: -1 }],
            name,
        };
        Ok(Self { info, capability: Capability::any().periods(&[Period::Day]), folder })
    }
}

#[async_trait]
impl DataSource for CsvFolder {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn capability(&self, dataset: &DatasetId) -> Option<&Capability> {
        (*dataset == CnStockDaily::SPEC.id()).then_some(&self.capability)
    }

    async fn fetch(&self, _: &Context, query: &Query) -> Result<RecordBatch, SourceError> {
        let unsupported = |what: &str| Err(SourceError::new(ErrorKind::Unsupported, what));
        let is_daily = query.dataset().as_str() == CnStockDaily::SPEC.id;
        let Some(series) = Series::of(query.selection()).filter(|_| is_daily) else {
            return unsupported("the files hold daily bars");
        };
        if series.adjust != Adjust::None {
            return unsupported("the bars in the files are not adjusted");
        }
        if series.period != Period::Day {
            return unsupported("the bars in the files are those of days");
        }
        let (path, series) = (self.folder.join(format!("{}.csv", series.symbol)), series.clone());
        let read = tokio::task::spawn_blocking(move || file::read(&path, &series)).await;
        read.unwrap_or_else(|e| Err(SourceError::new(ErrorKind::Plugin, format!("reading a file: {e}"))))
    }
}

#[cfg(test)]
mod tests;
