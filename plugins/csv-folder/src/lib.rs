//! A folder of CSV files as a source: daily bars, a file an instrument. README.md says what the files are.

mod file;

use std::path::PathBuf;

use finvista_core::dataset::{CnStockDaily, Dataset};
use finvista_core::{
    Adjust, Board, Capability, Context, DataSource, DatasetId, ErrorKind, Offer, Query, SourceError,
    SourceInfo, Table, async_trait,
};
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
            let message = format!("folder is {}, which is no absolute path of a folder", folder.display());
            return Err(SourceError::new(ErrorKind::InvalidInput, message));
        }
        let name = "csv-folder".to_owned();
        let info = SourceInfo {
            title: format!("CSV files in {}", folder.display()),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            origin: "plugin".to_owned(),
            failure_domain: name.clone(),
            // Before every vendor: who has files of their own means them.
            offers: vec![Offer { dataset: CnStockDaily::SPEC.id(), priority: -1 }],
            name,
        };
        Ok(Self { info, capability: Capability::of_boards(&Board::ALL), folder })
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

    async fn fetch(&self, _: &Context, query: &Query) -> Result<Table, SourceError> {
        let unsupported = |what: &str| SourceError::new(ErrorKind::Unsupported, what);
        let query = CnStockDaily::query(query).ok_or_else(|| unsupported("the files hold daily bars"))?;
        if query.adjust != Adjust::None {
            return Err(unsupported("the bars in the files are not adjusted"));
        }
        let (path, query) = (self.folder.join(format!("{}.csv", query.symbol)), query.clone());
        let read = tokio::task::spawn_blocking(move || file::read(&path, &query)).await;
        read.unwrap_or_else(|e| Err(SourceError::new(ErrorKind::Plugin, format!("reading a file: {e}"))))
    }
}

#[cfg(test)]
mod tests;
