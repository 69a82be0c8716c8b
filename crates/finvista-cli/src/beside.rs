//! Files that are written beside their place and renamed at the end, so that an old file stays until the new one is whole.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// Where the rows of `-o FILE` go.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    /// A file, and its path for messages. A link is followed.
    File { path: PathBuf, shown: PathBuf },
    /// Something that cannot be replaced: a pipe, a terminal, `/dev/null`.
    Device { path: PathBuf },
}

impl Place {
    /// Looks at a path before anything is fetched for it.
    ///
    /// # Errors
    ///
    /// When a file could not be written there. The error names the path.
    pub(crate) fn of(shown: &Path) -> Result<Self, Failure> {
        let failed = |error| named(shown, error);
        // A link whose target is missing is created as that target, as the shell does.
        let path = target(shown.to_owned());
        match fs::metadata(&path) {
            Ok(metadata) if metadata.is_dir() => {
                return Err(failed(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder")));
            }
            Ok(metadata) if !metadata.is_file() => return Ok(Self::Device { path }),
            // A file that may not be written is not replaced either.
            Ok(_) => drop(OpenOptions::new().append(true).open(&path).map_err(failed)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
        // Whether the folder takes a file shows only when it does.
        let probe = temporary(&path);
        File::create(&probe).and_then(|_| fs::remove_file(&probe)).map_err(failed)?;
        Ok(Self::File { path, shown: shown.to_owned() })
    }
}

/// Replaces a file by what `write` writes. Until then the old file stays.
pub(crate) fn replace(
    path: &Path,
    shown: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Failure> {
    let temporary = temporary(path);
    let written = File::create(&temporary).and_then(|file| {
        if let Ok(old) = fs::metadata(path) {
            file.set_permissions(old.permissions())?;
        }
        let mut buffered = BufWriter::new(&file);
        write(&mut buffered)?;
        buffered.flush()?;
        drop(buffered);
        file.sync_all()?;
        fs::rename(&temporary, path)
    });
    written.map_err(|error| {
        let _removed = fs::remove_file(&temporary);
        named(shown, error)
    })
}

/// The failure to write a file. A closed pipe is a failure, too: a file was asked for.
pub(crate) fn named(path: &Path, error: io::Error) -> Failure {
    Failure::Io(path.display().to_string(), error)
}

/// A hidden file beside the path, of this process alone.
fn temporary(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}.tmp", std::process::id()))
}

/// The file that a link, or a chain of links, names.
fn target(mut path: PathBuf) -> PathBuf {
    /// As many as systems follow.
    const LINKS: usize = 40;
    for _ in 0..LINKS {
        let Ok(next) = fs::read_link(&path) else { return path };
        path = path.parent().map_or_else(|| next.clone(), |folder| folder.join(&next));
    }
    path
}
