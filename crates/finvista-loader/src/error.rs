//! Why a plugin was not loaded, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};

use finvista_core::SourceError;

/// Why a plugin was not loaded. The text of each says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The path is relative, and would mean another file in another folder.
    #[error("plugin {}: the path is relative: write it from the root, so that no other folder's file is taken", path.display())]
    Relative {
        /// The path.
        path: PathBuf,
    },
    /// The file or folder cannot be read.
    #[error("plugin {}: {cause}: check the path, and that you may read it", path.display())]
    Unreadable {
        /// The path.
        path: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// Others may write the file or a folder above it, and so could run their code as you.
    #[error("plugin {}: {why}: a plugin has all your rights, so make it yours alone (chown, chmod go-w)", path.display())]
    Untrusted {
        /// The file or folder that others may write.
        path: PathBuf,
        /// Who may.
        why: String,
    },
    /// The sidecar is not one, or does not fit the plugin.
    #[error("plugin {}: {why}: write the sidecar anew from this build of the plugin", path.display())]
    Sidecar {
        /// The sidecar.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The file is not the one that the sidecar was written for.
    #[error(
        "plugin {}: its SHA-256 is {is}, and its sidecar says {expected}: the file was changed; install the plugin anew", path.display()
    )]
    Changed {
        /// The library.
        path: PathBuf,
        /// What the sidecar says.
        expected: String,
        /// What the file has.
        is: String,
    },
    /// The system could not load the library.
    #[error(
        "plugin {}: {why}: it must be a shared library for this system, with everything that it needs installed", path.display()
    )]
    NotLoaded {
        /// The library.
        path: PathBuf,
        /// What the system says.
        why: String,
    },
    /// The library is not a plugin of this version.
    #[error(
        "plugin {}: it does not export finvista_plugin_v1, so it is not a plugin, or one of another major version of the ABI: \
         expected ABI 1", path.display()
    )]
    NoEntry {
        /// The library.
        path: PathBuf,
    },
    /// The plugin returned no table.
    #[error("plugin {}: it refuses this program; the log says why: install a version of it for ABI 1", path.display())]
    Refused {
        /// The library.
        path: PathBuf,
    },
    /// The plugin speaks another version.
    #[error(
        "plugin {}: expected ABI {host}, got {plugin}: rebuild it, or use a program of that version", path.display()
    )]
    Abi {
        /// The library.
        path: PathBuf,
        /// The plugin's version.
        plugin: String,
        /// The program's version.
        host: String,
    },
    /// The table of functions breaks the contract.
    #[error("plugin {}: {why}: this is a mistake in the plugin; tell its author", path.display())]
    Table {
        /// The library.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The manifest cannot be read, or is wrong.
    #[error("plugin {}: its manifest: {why}: this is a mistake in the plugin; tell its author", path.display())]
    Manifest {
        /// The library.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The plugin made no instance of its configuration.
    #[error("plugin {}: {error}: look at its configuration", path.display())]
    Create {
        /// The library.
        path: PathBuf,
        /// What the plugin says.
        #[source]
        error: SourceError,
    },
    /// This system has no dynamic libraries.
    #[error(
        "plugin {}: this program is built for a system without dynamic libraries (wasm, or a static musl): build it for another", path.display()
    )]
    Unsupported {
        /// The library.
        path: PathBuf,
    },
}

impl LoadError {
    pub(crate) fn unreadable(path: &Path, cause: io::Error) -> Self {
        Self::Unreadable { path: path.to_owned(), cause }
    }

    pub(crate) fn table(path: &Path, why: impl Into<String>) -> Self {
        Self::Table { path: path.to_owned(), why: why.into() }
    }

    pub(crate) fn manifest(path: &Path, why: impl Into<String>) -> Self {
        Self::Manifest { path: path.to_owned(), why: why.into() }
    }

    pub(crate) fn sidecar(path: &Path, why: impl Into<String>) -> Self {
        Self::Sidecar { path: path.to_owned(), why: why.into() }
    }
}
