//! A loaded plugin. Its library stays loaded until the process ends.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use finvista_plugin::abi::FvPluginV1;

use crate::name::{PluginName, TARGET};
use crate::pool::Pool;
use crate::sidecar::Sidecar;

/// A library that is loaded, and stays so until the process ends. [`open`](Self::open) makes a source of it.
#[derive(Debug)]
pub struct Plugin {
    file: PathBuf,
    /// The first that is known.
    sidecar: OnceLock<Sidecar>,
    table: &'static FvPluginV1,
    name: &'static PluginName,
    /// Its place among the plugins of this process.
    index: u16,
    violations: AtomicU64,
    /// The threads of `fetch`.
    calls: Pool,
    /// The threads of every other function, which a plugin that waits in `fetch` must not hold up.
    others: Pool,
}

/// Every plugin of this process, by the number that the ids of its calls begin with.
pub(crate) fn plugins() -> MutexGuard<'static, Vec<&'static Plugin>> {
    static PLUGINS: Mutex<Vec<&'static Plugin>> = Mutex::new(Vec::new());
    PLUGINS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The plugin that a call belongs to, by its id.
pub(crate) fn plugin_of(call: u64) -> Option<&'static Plugin> {
    plugins().get(usize::try_from(call >> CALL_BITS).ok()?).copied()
}

/// The bits of a call's id that count calls; the others are the plugin's number. Ids are given away as pointers, so there are
/// fewer where pointers are short.
const CALL_BITS: u32 = if usize::BITS < 64 { 24 } else { 48 };
const CALL_MASK: u64 = (1 << CALL_BITS) - 1;

impl Plugin {
    pub(crate) fn new(
        file: PathBuf,
        table: &'static FvPluginV1,
        name: &'static PluginName,
        index: u16,
    ) -> Self {
        let (calls, others) = (Pool::new(name), Pool::new(name));
        Self {
            file,
            sidecar: OnceLock::new(),
            table,
            name,
            index,
            violations: AtomicU64::new(0),
            calls,
            others,
        }
    }

    /// The library.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// The sidecar, where there is one.
    pub fn sidecar(&self) -> Option<&Sidecar> {
        self.sidecar.get()
    }

    /// The key of its configuration: the name in its sidecar, or that of the library without `lib` and extension.
    pub fn key(&self) -> &str {
        let stem = self.file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        self.sidecar().map_or_else(|| stem.strip_prefix("lib").unwrap_or(stem), |sidecar| &sidecar.name)
    }

    /// The version of the ABI that it speaks, such as `1.0`.
    pub fn abi(&self) -> String {
        version(self.table.abi_version)
    }

    /// How often it has called back for a call that had ended, or never began.
    pub fn violations(&self) -> u64 {
        self.violations.load(Relaxed)
    }

    /// How often one of its functions kept its thread for longer than a second against the rules of the ABI. The log names the
    /// function and the rule.
    pub fn late(&self) -> u64 {
        self.calls.late() + self.others.late()
    }

    pub(crate) fn calls(&self) -> &Pool {
        &self.calls
    }

    pub(crate) fn others(&self) -> &Pool {
        &self.others
    }

    pub(crate) fn describe(&self, sidecar: Sidecar) {
        self.sidecar.get_or_init(|| sidecar);
    }

    pub(crate) fn table(&self) -> &'static FvPluginV1 {
        self.table
    }

    pub(crate) fn name(&self) -> &'static PluginName {
        self.name
    }

    /// The id of a call, which names the plugin as well.
    pub(crate) fn call_id(&self, number: u64) -> u64 {
        (u64::from(self.index) << CALL_BITS) | (number & CALL_MASK)
    }

    pub(crate) fn violated(&self, what: &str) {
        self.violations.fetch_add(1, Relaxed);
        let plugin = self.name.get();
        tracing::error!(target: TARGET, plugin, file = %self.file.display(), "it broke the contract: {what}");
    }
}

/// A version of the ABI as people read it.
pub(crate) fn version(abi: u32) -> String {
    format!("{}.{}", abi >> 16, abi & 0xffff)
}
