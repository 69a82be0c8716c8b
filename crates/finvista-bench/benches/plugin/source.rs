//! The rows as a source with a runtime of its own.

mod memory;
mod rows;

use finvista_core::SourceError;
use finvista_plugin::Config;
use memory::Memory;

finvista_plugin::export_source!(make);

fn make(_: &Config) -> Result<Memory, SourceError> {
    Ok(Memory::new())
}
