//! The rows as a source with a runtime of its own.

mod memory;
mod rows;

use finvista_core::SourceError;
use finvista_core::dataset::Dataset;
use finvista_plugin::Config;
use memory::Memory;
use rows::Rows;

finvista_plugin::export_source!(make, datasets: [Rows::SPEC]);

fn make(_: &Config) -> Result<Memory, SourceError> {
    Ok(Memory::new())
}
