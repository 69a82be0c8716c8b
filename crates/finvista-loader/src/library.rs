//! Opening a plugin's library: the handshake, once in a process. It is never closed.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, OnceLock, PoisonError};

use finvista_plugin::abi::{ABI_MAJOR, ABI_MINOR, ABI_VERSION, FvPluginV1, PLUGIN_V1_MIN_SIZE};

use crate::error::LoadError;
use crate::host::HostSide;
use crate::sidecar::Sidecar;
use crate::{host, open, trust};

/// A library that is loaded, and stays so until the process ends. Its sources are made with [`open`](Self::open).
#[derive(Debug)]
pub struct Plugin {
    file: PathBuf,
    /// The first that is known.
    sidecar: OnceLock<Sidecar>,
    table: &'static FvPluginV1,
    pub(crate) host: &'static HostSide,
    index: u16,
    violations: AtomicU64,
}

/// Every plugin of this process, by the number that the ids of its calls begin with.
static PLUGINS: Mutex<Vec<&'static Plugin>> = Mutex::new(Vec::new());

/// Loads a plugin: a library, or the sidecar that names one. A library that has a sidecar of its own name (`libx.toml` beside
/// `libx.so`) must be the one that it was written for. What is loaded already is not loaded again.
///
/// The code of the library runs, with all the rights of this process.
///
/// ```no_run
/// let plugin = finvista_loader::load("/opt/finvista/plugins/sina.toml".as_ref())?;
/// let source = plugin.open("{}", |_| None)?;
/// # Ok::<(), finvista_loader::LoadError>(())
/// ```
///
/// # Errors
///
/// Every reason is a [`LoadError`] that says what to do.
pub fn load(path: &Path) -> Result<&'static Plugin, LoadError> {
    if cfg!(any(target_family = "wasm", all(target_env = "musl", target_feature = "crt-static"))) {
        return Err(LoadError::Unsupported { path: path.to_owned() });
    }
    let mut file = trust::trusted(path)?;
    let is_sidecar = file.extension().is_some_and(|extension| extension == "toml");
    let beside = if is_sidecar { file.clone() } else { file.with_extension("toml") };
    let sidecar = (is_sidecar || beside.exists()).then(|| Sidecar::read(&beside)).transpose()?;
    if let Some(sidecar) = &sidecar {
        let named = trust::trusted(&beside.with_file_name(&sidecar.file))?;
        if !is_sidecar && named != file {
            return Err(LoadError::sidecar(&beside, format!("it is of {}, not of this file", sidecar.file)));
        }
        file = named;
        let is = trust::sha256(&file)?;
        if !is.eq_ignore_ascii_case(&sidecar.sha256) {
            return Err(LoadError::Changed { path: file, expected: sidecar.sha256.clone(), is });
        }
    }
    // Held while the library is opened, so that its entry is called once.
    let mut plugins = PLUGINS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(&plugin) = plugins.iter().find(|plugin| plugin.file == file) {
        sidecar.into_iter().for_each(|sidecar| plugin.describe(sidecar));
        return Ok(plugin);
    }
    let index = u16::try_from(plugins.len()).map_err(|_| LoadError::NotLoaded {
        path: file.clone(),
        why: "65536 plugins are loaded already".to_owned(),
    })?;
    let (table, host) = handshake(&file)?;
    let plugin: &Plugin = Box::leak(Box::new(Plugin {
        file,
        sidecar: OnceLock::new(),
        table,
        host,
        index,
        violations: AtomicU64::new(0),
    }));
    sidecar.into_iter().for_each(|sidecar| plugin.describe(sidecar));
    plugins.push(plugin);
    tracing::info!(target: host::TARGET, file = %plugin.file.display(), abi = plugin.abi(), "plugin loaded");
    Ok(plugin)
}

impl Plugin {
    /// The library.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// The sidecar, where there is one.
    pub fn sidecar(&self) -> Option<&Sidecar> {
        self.sidecar.get()
    }

    fn describe(&self, sidecar: Sidecar) {
        self.sidecar.get_or_init(|| sidecar);
    }

    /// What its configuration is kept under: the name in its sidecar, or that of the library without `lib` and extension.
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

    pub(crate) fn table(&self) -> &'static FvPluginV1 {
        self.table
    }

    /// The id of a call, in which the plugin can be recognised.
    pub(crate) fn call_id(&self, number: u64) -> u64 {
        (u64::from(self.index) << CALL_BITS) | (number & CALL_MASK)
    }

    pub(crate) fn violated(&self, what: &str) {
        self.violations.fetch_add(1, Relaxed);
        let plugin = self.host.name();
        tracing::error!(target: host::TARGET, plugin, file = %self.file.display(), "it broke the contract: {what}");
    }
}

/// The bits of a call's id that count calls; the others are the plugin's number. Ids are given away as pointers, so where
/// pointers are short there are fewer.
const CALL_BITS: u32 = if usize::BITS < 64 { 24 } else { 48 };
const CALL_MASK: u64 = (1 << CALL_BITS) - 1;

/// The plugin that a call belongs to, by its id.
pub(crate) fn plugin_of(call: u64) -> Option<&'static Plugin> {
    let plugins = PLUGINS.lock().unwrap_or_else(PoisonError::into_inner);
    plugins.get(usize::try_from(call >> CALL_BITS).ok()?).copied()
}

fn version(abi: u32) -> String {
    format!("{}.{}", abi >> 16, abi & 0xffff)
}

/// Opens the library and asks for its table.
fn handshake(file: &Path) -> Result<(&'static FvPluginV1, &'static HostSide), LoadError> {
    let entry = open::entry(file)?;
    let host = HostSide::new(file);
    // SAFETY: the host's table lives until the process ends, and its size is true.
    let table = unsafe { entry(host.table()) };
    // SAFETY: the table lives until the process ends, and begins with its size and version whatever they are.
    let head = unsafe { table.cast::<[u32; 2]>().as_ref() };
    let &[size, abi] = head.ok_or_else(|| LoadError::Refused { path: file.to_owned() })?;
    if abi >> 16 != ABI_MAJOR {
        let (plugin, host) = (version(abi), version(ABI_VERSION));
        return Err(LoadError::Abi { path: file.to_owned(), plugin, host });
    }
    if (size as usize) < PLUGIN_V1_MIN_SIZE {
        let why =
            format!("its table has {size} bytes, and ABI {ABI_MAJOR}.{ABI_MINOR} has {PLUGIN_V1_MIN_SIZE}");
        return Err(LoadError::table(file, why));
    }
    // SAFETY: not null, and by its own word at least as large as this struct.
    let table = unsafe { &*table };
    for (name, there) in [
        ("create", table.create.is_some()),
        ("destroy", table.destroy.is_some()),
        ("fetch", table.fetch.is_some()),
        ("cancel", table.cancel.is_some()),
        ("release_call", table.release_call.is_some()),
    ] {
        if !there {
            return Err(LoadError::table(file, format!("its table has no {name}")));
        }
    }
    Ok((table, host))
}
