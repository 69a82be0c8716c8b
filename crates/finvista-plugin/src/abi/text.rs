//! Text and bytes, borrowed.

use std::ffi::c_char;

/// Borrowed UTF-8 text. `{NULL, 0}` is absent.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct FvStr {
    /// The first byte.
    pub ptr: *const c_char,
    /// The number of bytes.
    pub len: usize,
}

impl FvStr {
    /// Nothing.
    pub const ABSENT: Self = Self { ptr: std::ptr::null(), len: 0 };

    /// This text, for as long as it is borrowed.
    pub const fn new(text: &str) -> Self {
        Self { ptr: text.as_ptr().cast(), len: text.len() }
    }

    /// The text, or `None` where it is absent or not UTF-8.
    ///
    /// # Safety
    ///
    /// It must be absent, or `ptr` must point to `len` readable bytes that do not change for as long as the result lives.
    pub unsafe fn get<'a>(self) -> Option<&'a str> {
        // SAFETY: this function's own contract.
        let bytes = unsafe { FvBytes { ptr: self.ptr.cast(), len: self.len }.get() };
        (!self.ptr.is_null()).then_some(bytes).and_then(|bytes| std::str::from_utf8(bytes).ok())
    }
}

/// Borrowed bytes.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct FvBytes {
    /// The first byte.
    pub ptr: *const u8,
    /// The number of bytes.
    pub len: usize,
}

impl FvBytes {
    /// These bytes, for as long as they are borrowed.
    pub const fn new(bytes: &[u8]) -> Self {
        Self { ptr: bytes.as_ptr(), len: bytes.len() }
    }

    /// The bytes; none where they are absent, or more than any memory holds.
    ///
    /// # Safety
    ///
    /// It must be absent, or `ptr` must point to `len` readable bytes that do not change for as long as the result lives.
    pub unsafe fn get<'a>(self) -> &'a [u8] {
        if self.ptr.is_null() || self.len > isize::MAX as usize {
            return &[];
        }
        // SAFETY: not null, not too long, and the caller vouches for the rest.
        unsafe { std::slice::from_raw_parts(self.ptr, self.len) }
    }
}
