//! Errors, and where a synchronous function puts one.

use std::ffi::c_void;

use super::FvStr;

/// [`FvError::flags`]: not even a connection came about.
pub const ERROR_UNREACHABLE: u32 = 1;
/// [`FvError::flags`]: a panic was caught.
pub const ERROR_PANICKED: u32 = 2;

/// Why there is no answer.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct FvError {
    /// The size of this struct.
    pub struct_size: u32,
    /// One of the classes, see [`class`](crate::class).
    pub code: i32,
    /// Milliseconds until it may be asked again; negative: unknown.
    pub retry_after_ms: i64,
    /// [`ERROR_UNREACHABLE`], [`ERROR_PANICKED`].
    pub flags: u32,
    /// 0.
    pub reserved: u32,
    /// For people.
    pub message: FvStr,
}

/// Where a synchronous function reports its error.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct FvErrorSink {
    /// The first argument of `report`.
    pub ctx: *mut c_void,
    /// Takes the error.
    pub report: Option<unsafe extern "C" fn(ctx: *mut c_void, error: *const FvError)>,
}
