//! Who can change a file. A plugin has all the rights of the user who loads it, so no other user may be able to write it.

use std::path::{Path, PathBuf};

use crate::error::LoadError;

/// The file at an absolute path, if no other user may write it or a folder above it.
///
/// It finds mistakes in permissions and does not stop an attacker: a user who can write the file between this check and the
/// loading has the rights already.
///
/// # Errors
///
/// [`LoadError::Untrusted`] names the file or folder that others may write, and [`LoadError::Relative`] and
/// [`LoadError::Unreadable`] a path that cannot be checked.
pub fn trusted(path: &Path) -> Result<PathBuf, LoadError> {
    if !path.is_absolute() {
        return Err(LoadError::Relative { path: path.to_owned() });
    }
    let file = path.canonicalize().map_err(|e| LoadError::unreadable(path, e))?;
    check(&file)?;
    Ok(file)
}

/// The SHA-256 of a file, in hex.
pub(crate) fn sha256(path: &Path) -> Result<String, LoadError> {
    let bytes = std::fs::read(path).map_err(|e| LoadError::unreadable(path, e))?;
    let digest = ring::digest::digest(&ring::digest::SHA256, &bytes);
    Ok(digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(unix)]
fn check(file: &Path) -> Result<(), LoadError> {
    use std::os::unix::fs::MetadataExt;
    /// Every user may add files to such a folder, and replace only their own: `/tmp`.
    const STICKY: u32 = 0o1000;
    // The owner of this process, where the system tells it without asking C.
    let me = std::fs::metadata("/proc/self").ok().map(|of_me| of_me.uid());
    for (steps, path) in file.ancestors().enumerate() {
        let metadata = std::fs::metadata(path).map_err(|e| LoadError::unreadable(path, e))?;
        let untrusted = |why: String| Err(LoadError::Untrusted { path: path.to_owned(), why });
        // A folder further up may be shared, if users cannot rename each other's files in it.
        let shared = steps > 1 && metadata.mode() & STICKY != 0;
        if metadata.mode() & 0o022 != 0 && !shared {
            return untrusted(format!("others may write it (mode {:o})", metadata.mode() & 0o7777));
        }
        if metadata.uid() != 0 && me.is_some_and(|me| me != metadata.uid()) {
            return untrusted(format!("it belongs to another user (id {})", metadata.uid()));
        }
    }
    Ok(())
}

/// Who may write a file is not read where permissions are no bits.
#[cfg(not(unix))]
fn check(_: &Path) -> Result<(), LoadError> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::fs::{Permissions, create_dir_all, set_permissions, write};
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn what_others_may_write_is_refused() {
        let folder = std::env::temp_dir().join(format!("finvista-trust-{}", std::process::id()));
        create_dir_all(&folder).unwrap();
        let file = folder.join("libx.so");
        write(&file, "abc").unwrap();
        let mode = |path: &Path, mode| set_permissions(path, Permissions::from_mode(mode)).unwrap();
        mode(&folder, 0o755);
        mode(&file, 0o644);
        assert_eq!(trusted(&file).unwrap(), file.canonicalize().unwrap());
        for (path, open, closed) in [(&file, 0o664, 0o644), (&folder, 0o1777, 0o755), (&folder, 0o775, 0o755)]
        {
            mode(path, open);
            let error = trusted(&file).unwrap_err();
            assert!(matches!(&error, LoadError::Untrusted { .. }), "{error}");
            assert!(error.to_string().contains("chmod go-w"), "{error}");
            mode(path, closed);
        }
        assert!(matches!(trusted(Path::new("libx.so")), Err(LoadError::Relative { .. })));
        assert!(matches!(trusted(&folder.join("none")), Err(LoadError::Unreadable { .. })));
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256(&file).unwrap(), abc);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
