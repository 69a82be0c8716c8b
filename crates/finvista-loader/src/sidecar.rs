//! The sidecar of a plugin: a text file that describes the library, so that listing plugins runs no code.

use std::io;
use std::path::{Path, PathBuf};

use finvista_core::clean;
use serde::{Deserialize, Serialize};

use crate::error::LoadError;
use crate::trust;

/// The file beside a plugin's library.
///
/// ```toml
/// name = "tides"
/// version = "1.0.0"
/// file = "libtides.so"
/// sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
/// abi = "1.0"
/// datasets = ["tide_table"]
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sidecar {
    /// The name of the source.
    pub name: String,
    /// The version of the plugin.
    pub version: String,
    /// The library, in the same folder.
    pub file: String,
    /// Its SHA-256, in hex.
    pub sha256: String,
    /// The version of the ABI, such as `1.0`.
    pub abi: String,
    /// The keys of the data sets.
    pub datasets: Vec<String>,
}

impl Sidecar {
    /// Reads a sidecar.
    ///
    /// # Errors
    ///
    /// When the path is relative, the file cannot be read or may be written by others, or it is not a sidecar.
    pub fn read(path: &Path) -> Result<Self, LoadError> {
        let path = trust::trusted(path)?;
        let text = read(&path).map_err(|e| LoadError::unreadable(&path, e))?;
        let mut sidecar: Self =
            toml::from_str(&text).map_err(|e| LoadError::sidecar(&path, e.message().to_owned()))?;
        let Self { name, version, abi, datasets, .. } = &mut sidecar;
        for text in [name, version, abi].into_iter().chain(datasets) {
            *text = clean(text, LONGEST).into_owned();
        }
        let plain = Path::new(&sidecar.file).file_name().is_some_and(|name| name == sidecar.file.as_str());
        if !plain {
            return Err(LoadError::sidecar(
                &path,
                format!("expected a file of the same folder, got {:?}", sidecar.file),
            ));
        }
        Ok(sidecar)
    }

    /// The sidecar as text.
    ///
    /// # Errors
    ///
    /// When it cannot be written as TOML, which plain text always can.
    pub fn to_toml(&self) -> Result<String, String> {
        toml::to_string(self).map_err(|e| e.to_string())
    }
}

/// The longest text in a sidecar, in characters.
const LONGEST: usize = 200;

/// The text of a regular file, of a size that a sidecar may have.
fn read(path: &Path) -> io::Result<String> {
    const MOST: u64 = 64 * 1024;
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() || metadata.len() > MOST {
        return Err(io::Error::other(format!("expected a regular file of at most {MOST} bytes")));
    }
    std::fs::read_to_string(path)
}

/// The SHA-256 of a library, in hex, as a sidecar has it.
///
/// # Errors
///
/// When the file cannot be read.
pub fn fingerprint(library: &Path) -> Result<String, LoadError> {
    trust::sha256(library)
}

/// A file of a folder with the extension of a sidecar.
#[derive(Debug)]
pub struct Listed {
    /// The file.
    pub path: PathBuf,
    /// What it says, or why it cannot be read.
    pub sidecar: Result<Sidecar, LoadError>,
}

/// The sidecars of a folder, by path. No library is opened. A folder that does not exist has none.
///
/// # Errors
///
/// When the path is relative, or the folder cannot be read. A file that is not a sidecar is an error in its place.
pub fn list(folder: &Path) -> Result<Vec<Listed>, LoadError> {
    if !folder.is_absolute() {
        return Err(LoadError::Relative { path: folder.to_owned() });
    }
    let entries = match std::fs::read_dir(folder) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(|e| LoadError::unreadable(folder, e))?,
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(|e| LoadError::unreadable(folder, e))?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            paths.push(path);
        }
    }
    paths.sort();
    let listed = |path: PathBuf| Listed { sidecar: Sidecar::read(&path), path };
    Ok(paths.into_iter().map(listed).collect())
}
