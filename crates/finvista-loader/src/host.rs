//! What the host offers a plugin: log, time of day, and HTTP for a call that is under way.

use std::ffi::c_void;
use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use async_trait::async_trait;
use finvista_core::SourceError;
use finvista_http::{HttpAsk, HttpGuest, HttpReply};
use finvista_plugin::abi::{ABI_VERSION, FvHost, FvHttpCompletion, FvHttpRequest, FvStr, struct_size};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::http;

/// Sends the requests of a plugin. [`HttpGuest`] does, with the client of all vendors.
#[async_trait]
pub trait Http: Debug + Send + Sync {
    /// The day that a recording was made, where one is replayed.
    fn today(&self) -> Option<Date>;

    /// How long its limits would hold back the last of so many requests to a host, if they were asked for now.
    fn wait(&self, host: &str, requests: usize) -> Duration;

    /// Sends a request and reads the answer, whatever its status. Dropping the future ends the request.
    ///
    /// # Errors
    ///
    /// Why there was no answer.
    async fn get(&self, ask: &HttpAsk) -> Result<HttpReply, SourceError>;
}

#[async_trait]
impl Http for HttpGuest {
    fn today(&self) -> Option<Date> {
        Self::today(self)
    }

    fn wait(&self, host: &str, requests: usize) -> Duration {
        Self::wait(self, host, requests)
    }

    async fn get(&self, ask: &HttpAsk) -> Result<HttpReply, SourceError> {
        Self::get(self, ask).await
    }
}

/// The target of every line that a plugin logs; its own target is the field `module`.
pub(crate) const TARGET: &str = "finvista::plugin";

/// What one plugin knows of the host. It lives until the process ends, because the plugin does.
#[derive(Debug)]
pub(crate) struct HostSide {
    file: PathBuf,
    name: OnceLock<String>,
    table: OnceLock<FvHost>,
}

impl HostSide {
    pub(crate) fn new(file: &Path) -> &'static Self {
        Box::leak(Box::new(Self { file: file.to_owned(), name: OnceLock::new(), table: OnceLock::new() }))
    }

    /// The table, with this as its context.
    pub(crate) fn table(&'static self) -> &'static FvHost {
        self.table.get_or_init(|| FvHost {
            struct_size: struct_size::<FvHost>(),
            abi_version: ABI_VERSION,
            ctx: std::ptr::from_ref(self).cast_mut().cast(),
            log_enabled: Some(log_enabled),
            log: Some(log),
            now_ms: Some(now_ms),
            http_fetch: Some(http_fetch),
            http_cancel: Some(http_cancel),
        })
    }

    /// The first name that the plugin gave itself stays.
    pub(crate) fn named(&self, name: &str) {
        self.name.get_or_init(|| name.to_owned());
    }

    /// The plugin's name, or its file's before it has one.
    pub(crate) fn name(&self) -> &str {
        let file = || self.file.file_name().and_then(|name| name.to_str()).unwrap_or("plugin");
        self.name.get().map_or_else(file, String::as_str)
    }
}

unsafe extern "C" fn log_enabled(_: *mut c_void, level: u32, _: FvStr) -> i32 {
    let enabled = match level {
        0 | 1 => tracing::enabled!(target: TARGET, tracing::Level::ERROR),
        2 => tracing::enabled!(target: TARGET, tracing::Level::WARN),
        3 => tracing::enabled!(target: TARGET, tracing::Level::INFO),
        4 => tracing::enabled!(target: TARGET, tracing::Level::DEBUG),
        _ => tracing::enabled!(target: TARGET, tracing::Level::TRACE),
    };
    i32::from(enabled)
}

unsafe extern "C" fn log(ctx: *mut c_void, level: u32, target: FvStr, message: FvStr) {
    // SAFETY: the context of our table is a `HostSide`, which lives until the process ends.
    let plugin = unsafe { ctx.cast::<HostSide>().as_ref() }.map_or("plugin", HostSide::name);
    // SAFETY: both texts are borrowed for this call (R4).
    let (module, message) = unsafe { (target.get().unwrap_or(""), message.get().unwrap_or("")) };
    match level {
        0 | 1 => tracing::error!(target: TARGET, plugin, module, "{message}"),
        2 => tracing::warn!(target: TARGET, plugin, module, "{message}"),
        3 => tracing::info!(target: TARGET, plugin, module, "{message}"),
        4 => tracing::debug!(target: TARGET, plugin, module, "{message}"),
        _ => tracing::trace!(target: TARGET, plugin, module, "{message}"),
    }
}

unsafe extern "C" fn now_ms(_: *mut c_void) -> i64 {
    Timestamp::now().as_millisecond()
}

unsafe extern "C" fn http_fetch(
    _: *mut c_void,
    request: *const FvHttpRequest,
    completion: FvHttpCompletion,
) -> u64 {
    let completion = http::Completion::new(completion);
    // SAFETY: the request is borrowed for this call (R4).
    match unsafe { http::read(request) } {
        Ok(asked) => http::begin(asked, completion),
        Err(error) => {
            completion.fail(&error);
            0
        }
    }
}

unsafe extern "C" fn http_cancel(_: *mut c_void, request_id: u64, http_id: u64) {
    http::cancel(request_id, http_id);
}
