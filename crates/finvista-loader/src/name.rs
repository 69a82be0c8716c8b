//! Under which name a plugin's lines are logged: what the functions of the host's table know of the plugin.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use finvista_plugin::abi::FvHost;

/// The target of every line that a plugin logs; its own target is the field `module`.
pub(crate) const TARGET: &str = "finvista::plugin";

/// The name of a plugin, and the table that it gets from the host. It lives until the process ends, as the plugin does.
#[derive(Debug)]
pub(crate) struct PluginName {
    file: PathBuf,
    name: OnceLock<String>,
    table: OnceLock<FvHost>,
}

impl PluginName {
    pub(crate) fn new(file: &Path) -> &'static Self {
        Box::leak(Box::new(Self { file: file.to_owned(), name: OnceLock::new(), table: OnceLock::new() }))
    }

    /// The table, made once.
    pub(crate) fn table(&'static self, make: impl FnOnce() -> FvHost) -> &'static FvHost {
        self.table.get_or_init(make)
    }

    /// Sets the name. The first one stays.
    pub(crate) fn set(&self, name: &str) {
        self.name.get_or_init(|| name.to_owned());
    }

    /// The plugin's name, or that of its file as long as it has none.
    pub(crate) fn get(&self) -> &str {
        let file = || self.file.file_name().and_then(|name| name.to_str()).unwrap_or("plugin");
        self.name.get().map_or_else(file, String::as_str)
    }
}
