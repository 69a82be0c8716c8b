//! The host's table: log, time of day, HTTP, and the progress of a call.

use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};

use finvista_core::clean;
use finvista_plugin::abi::{ABI_VERSION, FvHost, FvHttpCompletion, FvHttpRequest, FvStr, struct_size};
use futures_util::future::AbortHandle;
use jiff::Timestamp;

use crate::call::Call;
use crate::job::{self, Job};
use crate::name::{PluginName, TARGET};

/// The longest text that a plugin can add to a line of the log, in characters.
const LONGEST_LINE: usize = 2_000;

/// The table that one plugin gets.
pub(crate) fn table(name: &'static PluginName) -> &'static FvHost {
    name.table(|| FvHost {
        struct_size: struct_size::<FvHost>(),
        abi_version: ABI_VERSION,
        ctx: std::ptr::from_ref(name).cast_mut().cast(),
        log_enabled: Some(log_enabled),
        log: Some(log),
        now_ms: Some(now_ms),
        http_fetch: Some(http_fetch),
        http_cancel: Some(http_cancel),
        report: Some(report),
    })
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
    // SAFETY: the context of our table is a `PluginName`, which lives until the process ends.
    let plugin = unsafe { ctx.cast::<PluginName>().as_ref() }.map_or("plugin", PluginName::get);
    // SAFETY: both texts are borrowed for this call (R4).
    let (module, message) = unsafe { (target.get().unwrap_or(""), message.get().unwrap_or("")) };
    let (module, message) = (&*clean(module, LONGEST_LINE), clean(message, LONGEST_LINE));
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
    let completion = job::Completion::new(completion);
    // SAFETY: the request is borrowed for this call (R4).
    match unsafe { job::read(request) } {
        Ok(wanted) => {
            // For a call that is over, the drop of the completion says so.
            let Some(call) = Call::find(wanted.call) else { return 0 };
            let (handle, abort) = AbortHandle::new_pair();
            call.add_job(handle, Job::new(wanted, completion, abort))
        }
        Err(error) => {
            completion.fail(&error);
            0
        }
    }
}

unsafe extern "C" fn http_cancel(_: *mut c_void, request_id: u64, http_id: u64) {
    if let Some(handle) = Call::find(request_id).and_then(|call| call.take_abort(http_id)) {
        handle.abort();
    }
}

unsafe extern "C" fn report(_: *mut c_void, request_id: u64, done: u32, known: u32) {
    let guarded = catch_unwind(AssertUnwindSafe(|| {
        if let Some(call) = Call::find(request_id) {
            call.report(done as usize, known as usize);
        }
    }));
    if guarded.is_err() {
        tracing::error!(target: TARGET, "a panic while progress was reported");
    }
}
