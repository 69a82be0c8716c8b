//! One call, as it was read from the boundary.

#[cfg(feature = "source")]
use std::time::Duration;

use finvista_core::{ErrorKind, SourceError};

use crate::PluginRequest;
#[cfg(feature = "source")]
use crate::abi::REQUEST_SWEEP;
use crate::abi::{FvRequest, struct_size};

/// What is asked, under which number, and in which time.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) id: u64,
    pub(crate) request: PluginRequest,
    /// An endpoint has no clock, and the host's client keeps the time.
    #[cfg(feature = "source")]
    pub(crate) time: Duration,
    #[cfg(feature = "source")]
    pub(crate) sweep: bool,
}

impl Call {
    /// Copies a request.
    ///
    /// # Safety
    ///
    /// The pointer must be null, or point to a request with a true `struct_size` and a borrowed text.
    pub(crate) unsafe fn read(request: *const FvRequest) -> Result<Self, SourceError> {
        let broken = || SourceError::new(ErrorKind::Plugin, "expected a request of the host, got none");
        // SAFETY: the first field is there whatever the version.
        let size = unsafe { request.cast::<u32>().as_ref() }.ok_or_else(broken)?;
        if *size < struct_size::<FvRequest>() {
            return Err(broken());
        }
        // SAFETY: not null, and at least as large as the struct, as it says itself.
        let request = unsafe { &*request };
        // SAFETY: the text is borrowed for this call.
        let json = unsafe { request.json.get() }.ok_or_else(broken)?;
        Ok(Self {
            id: request.request_id,
            request: PluginRequest::from_json(json)?,
            #[cfg(feature = "source")]
            time: Duration::from_millis(u64::try_from(request.timeout_ms).unwrap_or(0)),
            #[cfg(feature = "source")]
            sweep: request.flags & REQUEST_SWEEP != 0,
        })
    }
}
