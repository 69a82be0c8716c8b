//! What the host offers a plugin: log, time of day, and HTTP.

use std::ffi::c_void;
use std::mem::offset_of;

use super::{FvBytes, FvError, FvStr};

/// A table of the host's that is smaller is refused: the size that it has in ABI 1.0.
pub const HOST_MIN_SIZE: usize = offset_of!(FvHost, report) + size_of::<usize>();

/// What the host offers. It lives until the process ends.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct FvHost {
    /// The size of this struct.
    pub struct_size: u32,
    /// The host's [`ABI_VERSION`](super::ABI_VERSION).
    pub abi_version: u32,
    /// The first argument of every function.
    pub ctx: *mut c_void,
    /// Whether a line of this level would be kept.
    pub log_enabled: Option<unsafe extern "C" fn(ctx: *mut c_void, level: u32, target: FvStr) -> i32>,
    /// Logs a line.
    pub log: Option<unsafe extern "C" fn(ctx: *mut c_void, level: u32, target: FvStr, message: FvStr)>,
    /// Milliseconds since 1970 in UTC.
    pub now_ms: Option<unsafe extern "C" fn(ctx: *mut c_void) -> i64>,
    /// Sends a request with the host's client; returns a number for `http_cancel`.
    pub http_fetch: Option<
        unsafe extern "C" fn(
            ctx: *mut c_void,
            request: *const FvHttpRequest,
            completion: FvHttpCompletion,
        ) -> u64,
    >,
    /// Asks to end a request.
    pub http_cancel: Option<unsafe extern "C" fn(ctx: *mut c_void, request_id: u64, http_id: u64)>,
    /// Reports how far a call has come.
    pub report: Option<unsafe extern "C" fn(ctx: *mut c_void, request_id: u64, done: u32, known: u32)>,
}

// SAFETY: the table never changes, and R1 lets every function of it be called from any thread.
unsafe impl Send for FvHost {}
// SAFETY: as above.
unsafe impl Sync for FvHost {}

/// A header of a request.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct FvHeader {
    /// The name.
    pub name: FvStr,
    /// The value.
    pub value: FvStr,
}

/// A GET request that serves a call.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct FvHttpRequest {
    /// The size of this struct.
    pub struct_size: u32,
    /// 0.
    pub flags: u32,
    /// That of the [`FvRequest`](super::FvRequest) that it serves.
    pub request_id: u64,
    /// The address.
    pub url: FvStr,
    /// Further headers.
    pub headers: *const FvHeader,
    /// Their number.
    pub n_headers: usize,
    /// The statuses besides 200 whose body is an answer.
    pub reads: *const u16,
    /// Their number.
    pub n_reads: usize,
    /// The most bytes of an answer; 0: 8 MiB.
    pub max_body: u64,
    /// How many requests to this host follow from here, this one included; 0 is 1.
    pub pages: u32,
    /// 0.
    pub reserved: u32,
}

/// What came back.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct FvHttpResponse {
    /// The size of this struct.
    pub struct_size: u32,
    /// The status; 0: there was no answer.
    pub status: i32,
    /// Null where the status is 200 or one that the request reads; else what it means.
    pub error: *const FvError,
    /// The `Retry-After`, in milliseconds; negative: the answer did not say.
    pub retry_after_ms: i64,
    /// When the answer arrived, now or when it was recorded, in milliseconds since 1970 in UTC; negative: unknown.
    pub at_ms: i64,
    /// The Content-Type.
    pub content_type: FvStr,
    /// The character set that it names.
    pub charset: FvStr,
    /// The body.
    pub body: FvBytes,
}

/// Where the answer goes.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct FvHttpCompletion {
    /// The first argument of `done`.
    pub ctx: *mut c_void,
    /// Takes the answer, exactly once.
    pub done: Option<unsafe extern "C" fn(ctx: *mut c_void, response: *const FvHttpResponse)>,
}
