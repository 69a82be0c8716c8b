//! The types that cross the boundary, as `include/finvista_plugin.h` has them: the header says what each means, and the rules R1
//! to R10 that both sides keep. A test compares the two in size and offset.

mod call;
mod error;
mod host;
mod plugin;
mod text;

pub use call::{ArrowArrayStream, FvCompletion, FvForecast, FvRequest, FvResult, REQUEST_SWEEP};
pub use error::{ERROR_PANICKED, ERROR_UNREACHABLE, FvError, FvErrorSink};
pub use host::{FvHeader, FvHost, FvHttpCompletion, FvHttpRequest, FvHttpResponse, HOST_MIN_SIZE};
pub use plugin::{ENTRY_SYMBOL, FvEntryV1, FvPluginV1, PLUGIN_V1_MIN_SIZE};
pub use text::{FvBytes, FvStr};

/// The major version: another one has another entry symbol and another table.
pub const ABI_MAJOR: u32 = 1;
/// The minor version: a later one has further fields at the ends of the structs.
pub const ABI_MINOR: u32 = 0;
/// The version as it stands in both tables.
pub const ABI_VERSION: u32 = ABI_MAJOR << 16 | ABI_MINOR;

/// The size of a struct, as its first field holds it.
pub const fn struct_size<T>() -> u32 {
    size_of::<T>() as u32
}
