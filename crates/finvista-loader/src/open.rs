//! Opening a library, as each system does it.

use std::path::Path;

use finvista_plugin::abi::FvEntryV1;

use crate::error::LoadError;

/// The entry of a library, which stays loaded until the process ends: threads, thread-locals and tables of it may live as long.
#[cfg(any(unix, windows))]
pub(crate) fn entry(file: &Path) -> Result<FvEntryV1, LoadError> {
    use finvista_plugin::abi::ENTRY_SYMBOL;
    let library = library(file).map_err(|e| {
        // What the system says is the cause.
        let why = std::error::Error::source(&e).map_or_else(|| e.to_string(), ToString::to_string);
        LoadError::NotLoaded { path: file.to_owned(), why }
    })?;
    // SAFETY: a library that exports this symbol says that it is a function of this type.
    let entry = unsafe { library.get::<FvEntryV1>(ENTRY_SYMBOL.as_bytes()) };
    let entry = entry.map(|entry| *entry).map_err(|_| LoadError::NoEntry { path: file.to_owned() });
    // Even if it is not a plugin, because its initialisers have run.
    std::mem::forget(library);
    entry
}

/// There is nothing to open.
#[cfg(not(any(unix, windows)))]
pub(crate) fn entry(file: &Path) -> Result<FvEntryV1, LoadError> {
    Err(LoadError::Unsupported { path: file.to_owned() })
}

/// Every symbol is bound now, so that one that is missing is an error here and not a crash later, and none is seen by others.
#[cfg(unix)]
fn library(file: &Path) -> Result<libloading::Library, libloading::Error> {
    use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
    // SAFETY: the user named the library, so its initialisers may run; it has all the rights of this process.
    unsafe { Library::open(Some(file), RTLD_NOW | RTLD_LOCAL) }.map(Into::into)
}

/// What the library needs is taken from its own folder and from the system's, never from the current one.
#[cfg(windows)]
fn library(file: &Path) -> Result<libloading::Library, libloading::Error> {
    use libloading::os::windows::{LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR, LOAD_LIBRARY_SEARCH_SYSTEM32, Library};
    let flags = LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR | LOAD_LIBRARY_SEARCH_SYSTEM32;
    // SAFETY: the user named the library, so its initialisers may run; it has all the rights of this process.
    unsafe { Library::load_with_flags(file, flags) }.map(Into::into)
}
