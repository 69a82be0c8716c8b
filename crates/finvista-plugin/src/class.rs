//! The classes of errors at the boundary: one for each [`ErrorKind`] that a source may give.

use std::time::Duration;

use finvista_core::{ErrorKind, SourceError};

use crate::abi::{ERROR_PANICKED, ERROR_UNREACHABLE, FvError, FvStr, struct_size};

/// Success.
pub const OK: i32 = 0;
/// A call that was cancelled. It has no kind, because no caller waits for it any more.
pub const CANCELLED: i32 = 14;

/// Every class with its kind, in the order of the header.
pub const CLASSES: [(i32, ErrorKind); 13] = [
    (1, ErrorKind::InvalidInput),
    (2, ErrorKind::Unsupported),
    (3, ErrorKind::NotFound),
    (4, ErrorKind::NoData),
    (5, ErrorKind::RateLimited),
    (6, ErrorKind::Timeout),
    (7, ErrorKind::Transport),
    (8, ErrorKind::Upstream),
    (9, ErrorKind::Blocked),
    (10, ErrorKind::Decode),
    (11, ErrorKind::Invalid),
    (12, ErrorKind::Plugin),
    (13, ErrorKind::Throttled),
];

/// The class of a kind. A kind that only the manager makes is a plugin's mistake.
pub fn class(kind: ErrorKind) -> i32 {
    CLASSES.iter().find(|(_, known)| *known == kind).map_or(12, |(class, _)| *class)
}

/// The kind of a class, or `None` for one that this host does not know.
pub fn kind(class: i32) -> Option<ErrorKind> {
    CLASSES.iter().find(|(known, _)| *known == class).map(|(_, kind)| *kind)
}

/// An error for the other side, for as long as it is borrowed.
pub fn lend(error: &SourceError) -> FvError {
    let retry_after_ms =
        error.retry_after().map_or(-1, |delay| i64::try_from(delay.as_millis()).unwrap_or(-1));
    let flags = if error.is_unreachable() { ERROR_UNREACHABLE } else { 0 };
    FvError {
        struct_size: struct_size::<FvError>(),
        code: class(error.kind()),
        retry_after_ms,
        flags,
        reserved: 0,
        message: FvStr::new(error.message()),
    }
}

/// Copies an error of the other side, and says whether it was a panic. An unknown class is the plugin's mistake.
///
/// # Safety
///
/// The pointer must be null or point to an error whose `struct_size` is true and whose message satisfies the contract of [`FvStr::get`].
pub unsafe fn take(error: *const FvError) -> Option<(SourceError, bool)> {
    // SAFETY: the first field is there whatever the version; the caller vouches for the rest.
    let size = unsafe { error.cast::<u32>().as_ref() }?;
    if (*size as usize) < size_of::<FvError>() {
        let message = format!("expected an error of {} bytes, got {size}", size_of::<FvError>());
        return Some((SourceError::new(ErrorKind::Plugin, message), false));
    }
    // SAFETY: not null, and at least as large as the struct, as it says itself.
    let error = unsafe { &*error };
    // SAFETY: the caller vouches for the message.
    let message = unsafe { error.message.get() }.unwrap_or("no message");
    let mut taken = match kind(error.code) {
        Some(kind) => SourceError::new(kind, message),
        None if error.code == CANCELLED => SourceError::new(
            ErrorKind::Plugin,
            format!("it says that the call was cancelled, and it was not: {message}"),
        ),
        None => SourceError::new(ErrorKind::Plugin, format!("an unknown class {}: {message}", error.code)),
    };
    if let Ok(delay) = u64::try_from(error.retry_after_ms) {
        taken = taken.with_retry_after(Duration::from_millis(delay));
    }
    if error.flags & ERROR_UNREACHABLE != 0 {
        taken = taken.with_unreachable();
    }
    Some((taken, error.flags & ERROR_PANICKED != 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_has_one_kind() {
        for (index, (class_of, kind_of)) in (1..).zip(CLASSES) {
            assert_eq!(class_of, index);
            assert_eq!((class(kind_of), kind(class_of)), (class_of, Some(kind_of)));
        }
        assert_eq!(class(ErrorKind::CircuitOpen), class(ErrorKind::Plugin));
        assert_eq!(kind(99), None);
    }

    #[test]
    fn an_error_crosses_whole() {
        let sent = SourceError::new(ErrorKind::RateLimited, "太快了")
            .with_retry_after(Duration::from_millis(1_500))
            .with_unreachable();
        let lent = lend(&sent);
        // SAFETY: `lent` borrows `sent`, which is alive.
        let (taken, panicked) = unsafe { take(&raw const lent) }.unwrap();
        assert_eq!((taken.kind(), taken.message()), (sent.kind(), sent.message()));
        assert_eq!((taken.retry_after(), taken.is_unreachable()), (sent.retry_after(), true));
        assert!(!panicked);
    }

    #[test]
    fn an_unknown_class_is_the_plugins_mistake() {
        let error = SourceError::new(ErrorKind::Upstream, "busy");
        for (code, words) in [(99, "unknown class 99"), (CANCELLED, "was not: busy"), (OK, "class 0")] {
            let lent = FvError { code, ..lend(&error) };
            // SAFETY: `lent` borrows `error`, which is alive.
            let (taken, _) = unsafe { take(&raw const lent) }.unwrap();
            assert_eq!(taken.kind(), ErrorKind::Plugin);
            assert!(taken.message().contains(words), "{taken}");
        }
        let small = FvError { struct_size: 8, ..lend(&error) };
        // SAFETY: as above, and it says that it is small.
        assert!(unsafe { take(&raw const small) }.unwrap().0.message().contains("got 8"));
        // SAFETY: null is allowed.
        assert!(unsafe { take(std::ptr::null()) }.is_none());
    }
}
