//! What this process has, where the system tells: on Linux.

/// The bytes of memory that it has.
pub(crate) fn memory() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.split_whitespace().next()?.parse::<usize>().ok()? * 1024)
}

/// The files and sockets that it has open.
pub(crate) fn open_files() -> Option<usize> {
    Some(std::fs::read_dir("/proc/self/fd").ok()?.count())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_is_seen() {
        let (files, bytes) = (open_files().unwrap(), memory().unwrap());
        assert!(bytes > 100_000, "{bytes}");
        let taken: Vec<std::fs::File> =
            (0..50).map(|_| std::fs::File::open("/proc/self/status").unwrap()).collect();
        assert!(open_files().unwrap() >= files + 40, "{files}");
        drop(taken);
        let pages = vec![1_u8; 64 * 1024 * 1024];
        assert!(memory().unwrap() > bytes + 32 * 1024 * 1024, "{}", pages.len());
    }
}
