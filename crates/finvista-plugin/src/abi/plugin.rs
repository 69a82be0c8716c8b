//! What a plugin offers: its table of functions, and the entry that gives it.

use std::ffi::c_void;
use std::mem::offset_of;

use super::{FvCompletion, FvErrorSink, FvForecast, FvHost, FvRequest, FvStr};

/// The symbol that a plugin exports.
pub const ENTRY_SYMBOL: &str = "finvista_plugin_v1";
/// A table of a plugin's that is smaller is refused: the size that it has in ABI 1.0.
pub const PLUGIN_V1_MIN_SIZE: usize = offset_of!(FvPluginV1, forecast) + size_of::<usize>();

/// What the plugin offers. It lives until the process ends.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct FvPluginV1 {
    /// The size of this struct.
    pub struct_size: u32,
    /// The [`ABI_VERSION`](super::ABI_VERSION) that the plugin was compiled with.
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
    /// What answering a request would take; may be null.
    pub forecast: Option<
        unsafe extern "C" fn(
            instance: *mut c_void,
            request: *const FvRequest,
            forecast: *mut FvForecast,
        ) -> i32,
    >,
}

/// The entry of a plugin.
pub type FvEntryV1 = unsafe extern "C" fn(host: *const FvHost) -> *const FvPluginV1;

// SAFETY: the table never changes, and R1 lets every function of it be called from any thread.
unsafe impl Send for FvPluginV1 {}
// SAFETY: as above.
unsafe impl Sync for FvPluginV1 {}
