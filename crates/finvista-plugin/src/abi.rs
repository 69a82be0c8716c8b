//! The types that cross the boundary, as `include/finvista_plugin.h` has them: the header says what each means, and the rules R1
//! to R10 that both sides keep. A test compares the two in size and offset.

use std::ffi::{c_char, c_int, c_void};

/// The major version: another one has another entry symbol and another table.
pub const ABI_MAJOR: u32 = 1;
/// The minor version: a later one has further fields at the ends of the structs.
pub const ABI_MINOR: u32 = 0;
/// The version as it stands in both tables.
pub const ABI_VERSION: u32 = ABI_MAJOR << 16 | ABI_MINOR;
/// The symbol that a plugin exports.
pub const ENTRY_SYMBOL: &str = "finvista_plugin_v1";
/// A table that is smaller is refused.
pub const PLUGIN_V1_MIN_SIZE: usize = size_of::<FvPluginV1>();

/// [`FvError::flags`]: not even a connection came about.
pub const ERROR_UNREACHABLE: u32 = 1;
/// [`FvError::flags`]: a panic was caught.
pub const ERROR_PANICKED: u32 = 2;

/// The size of a struct, as its first field holds it.
pub const fn struct_size<T>() -> u32 {
    size_of::<T>() as u32
}

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
    /// It must be absent, or point to so many readable bytes that do not change for as long as the result lives.
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
    /// It must be absent, or point to so many readable bytes that do not change for as long as the result lives.
    pub unsafe fn get<'a>(self) -> &'a [u8] {
        if self.ptr.is_null() || self.len > isize::MAX as usize {
            return &[];
        }
        // SAFETY: not null, not too long, and the caller vouches for the rest.
        unsafe { std::slice::from_raw_parts(self.ptr, self.len) }
    }
}

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
    /// That of the [`FvRequest`] that it serves.
    pub request_id: u64,
    /// The address.
    pub url: FvStr,
    /// Further headers.
    pub headers: *const FvHeader,
    /// Their number.
    pub n_headers: usize,
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
    /// Null where the status is 200; else what it means.
    pub error: *const FvError,
    /// The `Retry-After`, in milliseconds; negative: the answer did not say.
    pub retry_after_ms: i64,
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

/// What the host offers. It lives until the process ends.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct FvHost {
    /// The size of this struct.
    pub struct_size: u32,
    /// The host's [`ABI_VERSION`].
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
}

/// One call.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct FvRequest {
    /// The size of this struct.
    pub struct_size: u32,
    /// 0.
    pub flags: u32,
    /// Unique in the process; never 0.
    pub request_id: u64,
    /// The time for the answer, from now.
    pub timeout_ms: i64,
    /// What is asked, see [`Asked`](crate::Asked).
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

/// What the plugin offers. It lives until the process ends.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct FvPluginV1 {
    /// The size of this struct.
    pub struct_size: u32,
    /// The [`ABI_VERSION`] that the plugin was compiled with.
    pub abi_version: u32,
    /// The manifest, see [`Manifest`](crate::Manifest).
    pub manifest_json: FvStr,
    /// Makes an instance of a configuration.
    pub create: Option<
        unsafe extern "C" fn(config_json: FvStr, instance: *mut *mut c_void, sink: FvErrorSink) -> i32,
    >,
    /// Ends an instance.
    pub destroy: Option<unsafe extern "C" fn(instance: *mut c_void)>,
    /// Starts a call.
    pub fetch: Option<
        unsafe extern "C" fn(
            instance: *mut c_void,
            request: *const FvRequest,
            completion: FvCompletion,
        ) -> *mut c_void,
    >,
    /// Asks a call to stop.
    pub cancel: Option<unsafe extern "C" fn(call: *mut c_void)>,
    /// Gives the handle of a call back.
    pub release_call: Option<unsafe extern "C" fn(call: *mut c_void)>,
    /// The manifest of an instance; may be null.
    pub describe: Option<unsafe extern "C" fn(instance: *mut c_void) -> FvStr>,
}

/// The entry of a plugin.
pub type FvEntryV1 = unsafe extern "C" fn(host: *const FvHost) -> *const FvPluginV1;

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

// SAFETY: the table is data that nobody changes, and R1 lets every function of it be called from any thread.
unsafe impl Send for FvHost {}
// SAFETY: as above.
unsafe impl Sync for FvHost {}
// SAFETY: as above.
unsafe impl Send for FvPluginV1 {}
// SAFETY: as above.
unsafe impl Sync for FvPluginV1 {}
