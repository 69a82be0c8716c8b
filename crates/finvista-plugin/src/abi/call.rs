//! One call: what is asked, how it ends, and what it would take.

use std::ffi::{c_char, c_int, c_void};

use super::{FvError, FvStr};

/// [`FvRequest::flags`]: a sweep, which takes long and lets interactive calls go first.
pub const REQUEST_SWEEP: u32 = 1;

/// One call.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct FvRequest {
    /// The size of this struct.
    pub struct_size: u32,
    /// [`REQUEST_SWEEP`].
    pub flags: u32,
    /// Unique in the process; 0 where no call is under way.
    pub request_id: u64,
    /// The time for the answer, from now.
    pub timeout_ms: i64,
    /// What is asked, see [`PluginRequest`](crate::PluginRequest).
    pub json: FvStr,
}

/// How a call ended.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct FvResult {
    /// The size of this struct.
    pub struct_size: u32,
    /// 0.
    pub flags: u32,
    /// Null: success.
    pub error: *const FvError,
    /// The table, moved to the host, which copies the struct and sets its `release` to null.
    pub stream: *mut ArrowArrayStream,
}

/// Where the end of a call goes.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct FvCompletion {
    /// The first argument of `done`: a number of the host's, which points to nothing.
    pub ctx: *mut c_void,
    /// Takes the result, exactly once.
    pub done: Option<unsafe extern "C" fn(ctx: *mut c_void, result: *const FvResult)>,
}

/// A stream of the Arrow C stream interface, as far as its owner looks at it.
#[repr(C)]
#[derive(Debug)]
pub struct ArrowArrayStream {
    /// Writes the schema.
    pub get_schema: Option<unsafe extern "C" fn(*mut Self, *mut c_void) -> c_int>,
    /// Writes the next array, or one without a release at the end.
    pub get_next: Option<unsafe extern "C" fn(*mut Self, *mut c_void) -> c_int>,
    /// Says what went wrong.
    pub get_last_error: Option<unsafe extern "C" fn(*mut Self) -> *const c_char>,
    /// Ends the stream; null where it was moved away.
    pub release: Option<unsafe extern "C" fn(*mut Self)>,
    /// The producer's own.
    pub private_data: *mut c_void,
}

/// What answering a query would take.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct FvForecast {
    /// The size of this struct.
    pub struct_size: u32,
    /// HTTP requests, as far as is known before the first answer.
    pub requests: u32,
    /// The host that they go to: its place among the manifest's hosts, from 0.
    pub host: u32,
    /// 0.
    pub reserved: u32,
    /// How long limits of the plugin's own would hold back the last of them, in milliseconds.
    pub wait_ms: i64,
}
