//! Loading a plugin's library: the handshake, once in a process. The library is never closed.

use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use finvista_plugin::abi::{ABI_MAJOR, ABI_VERSION, FvPluginV1, PLUGIN_V1_MIN_SIZE};

use crate::error::LoadError;
use crate::name::{PluginName, TARGET};
use crate::plugin::{Plugin, plugins, version};
use crate::sidecar::Sidecar;
use crate::{binary, host, open, trust};

/// Loads a plugin: a library, or the sidecar that names one. A library that has a sidecar of its own name (`libx.toml` beside
/// `libx.so`) must be the one that it was written for. A library that is loaded already is not loaded again.
///
/// The code of the library runs, with all the rights of this process.
///
/// ```no_run
/// let plugin = finvista_loader::load("/opt/finvista/plugins/sina.toml".as_ref())?;
/// let source = plugin.open("{}", |_| None, |_| None)?;
/// # Ok::<(), finvista_loader::LoadError>(())
/// ```
///
/// # Errors
///
/// Each [`LoadError`] says what to do about it.
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
        binary::regular(&file)?;
        let is = trust::sha256(&file)?;
        if !is.eq_ignore_ascii_case(&sidecar.sha256) {
            return Err(LoadError::Changed { path: file, expected: sidecar.sha256.clone(), is });
        }
    }
    // Held while the library is opened, so that its entry is called once.
    let mut plugins = plugins();
    if let Some(&plugin) = plugins.iter().find(|plugin| plugin.file() == file) {
        sidecar.into_iter().for_each(|sidecar| plugin.describe(sidecar));
        return Ok(plugin);
    }
    let index = u16::try_from(plugins.len()).map_err(|_| LoadError::NotLoaded {
        path: file.clone(),
        why: "65536 plugins are loaded already".to_owned(),
    })?;
    binary::check(&file)?;
    let (table, name) = on_a_thread(file.clone())?;
    let plugin: &Plugin = Box::leak(Box::new(Plugin::new(file, table, name, index)));
    sidecar.into_iter().for_each(|sidecar| plugin.describe(sidecar));
    plugins.push(plugin);
    tracing::info!(target: TARGET, file = %plugin.file().display(), abi = plugin.abi(), "plugin loaded");
    Ok(plugin)
}

/// How long a library may take to be opened and to answer.
const TO_LOAD: Duration = Duration::from_secs(10);

/// The handshake on a thread of its own: the library's initialisers run in it, and may wait for ever.
fn on_a_thread(file: PathBuf) -> Result<(&'static FvPluginV1, &'static PluginName), LoadError> {
    let path = file.clone();
    let failed = |why: String| Err(LoadError::NotLoaded { path, why });
    let (tell, told) = mpsc::sync_channel(1);
    let thread = std::thread::Builder::new().name("finvista-plugin".to_owned());
    // The receiver may be gone.
    if let Err(error) = thread.spawn(move || drop(tell.send(handshake(&file)))) {
        return failed(format!("no thread: {error}"));
    }
    match told.recv_timeout(TO_LOAD) {
        Ok(shaken) => shaken,
        Err(_) => failed(format!("it has not finished opening after {TO_LOAD:?}")),
    }
}

/// Opens the library and asks for its table.
fn handshake(file: &Path) -> Result<(&'static FvPluginV1, &'static PluginName), LoadError> {
    let entry = open::entry(file)?;
    let name = PluginName::new(file);
    // SAFETY: the host's table lives until the process ends, and its size is true.
    let table = unsafe { entry(host::table(name)) };
    // SAFETY: the table lives until the process ends, and begins with its size and version whatever they are.
    let head = unsafe { table.cast::<[u32; 2]>().as_ref() };
    let &[size, abi] = head.ok_or_else(|| LoadError::Refused { path: file.to_owned() })?;
    if abi >> 16 != ABI_MAJOR {
        let (plugin, host) = (version(abi), version(ABI_VERSION));
        return Err(LoadError::Abi { path: file.to_owned(), plugin, host });
    }
    if (size as usize) < PLUGIN_V1_MIN_SIZE {
        let why = format!("expected a table of at least {PLUGIN_V1_MIN_SIZE} bytes, got {size} bytes");
        return Err(LoadError::table(file, why));
    }
    // SAFETY: not null, and at least as large as this struct, as it says itself.
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
    Ok((table, name))
}
