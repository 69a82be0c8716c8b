//! Local files, read as strictly as the network: regular files only, and never more than a limit.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The bytes of a regular file of at most `max` bytes. A pipe, which may never end, is refused before it is opened.
///
/// # Errors
///
/// When it is not a regular file, is longer, or cannot be read.
pub(crate) fn read(path: &Path, max: usize) -> io::Result<Vec<u8>> {
    let length = length(path)?;
    let too_long = || io::Error::new(io::ErrorKind::FileTooLarge, format!("longer than {max} bytes"));
    if usize::try_from(length).map_or(true, |length| length > max) {
        return Err(too_long());
    }
    let mut bytes = Vec::new();
    // A file may grow while it is read.
    let limit = u64::try_from(max).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    if bytes.len() > max { Err(too_long()) } else { Ok(bytes) }
}

/// The length of a regular file.
///
/// # Errors
///
/// When it is not a regular file, or is not there.
pub(crate) fn length(path: &Path) -> io::Result<u64> {
    let metadata = std::fs::metadata(path)?;
    if metadata.is_file() {
        Ok(metadata.len())
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "expected a regular file"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_regular_files_within_the_limit_are_read() {
        let file = std::env::temp_dir().join(format!("finvista-local-{}", std::process::id()));
        std::fs::write(&file, "12345").unwrap();
        assert_eq!(read(&file, 5).unwrap(), b"12345");
        assert_eq!(read(&file, 4).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        std::fs::remove_file(&file).unwrap();
        assert!(read(&std::env::temp_dir(), 5).is_err());
        if cfg!(unix) {
            assert!(read(Path::new("/dev/zero"), 5).is_err());
        }
    }
}
