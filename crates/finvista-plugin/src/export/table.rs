//! The entry, and the functions of the table. Each is guarded: nothing unwinds out of the library (R7).

use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};

use finvista_core::{ErrorKind, SourceError};

use super::instance::{Instance, Plugin};
use super::run::{Completion, Handle, panicked};
use crate::abi::{
    ABI_MAJOR, ABI_VERSION, ERROR_PANICKED, FvCompletion, FvErrorSink, FvForecast, FvHost, FvPluginV1,
    FvRequest, FvStr, HOST_MIN_SIZE, struct_size,
};
use crate::call::Call;
use crate::{Config, class, host, log};

/// What this library is the plugin of.
static PLUGIN: OnceLock<Plugin> = OnceLock::new();
static TABLE: OnceLock<FvPluginV1> = OnceLock::new();

/// The entry of a plugin: remembers the host and gives the table, or null for a host of another major version.
///
/// # Safety
///
/// `host` must be null, or a host's table that lives until the process ends and whose `struct_size` is true.
pub unsafe fn enter(host: *const FvHost, plugin: impl FnOnce() -> Plugin) -> *const FvPluginV1 {
    // SAFETY: the first two fields are there whatever the version; the caller vouches for the rest.
    let sizes = unsafe { host.cast::<[u32; 2]>().as_ref() };
    let fits =
        sizes.is_some_and(|&[size, version]| size as usize >= HOST_MIN_SIZE && version >> 16 == ABI_MAJOR);
    if !fits {
        return std::ptr::null();
    }
    // SAFETY: not null, and at least as large as the struct, as it says itself.
    host::set(unsafe { &*host });
    let table = catch_unwind(AssertUnwindSafe(|| {
        log::install();
        let plugin = PLUGIN.get_or_init(plugin);
        TABLE.get_or_init(|| FvPluginV1 {
            struct_size: struct_size::<FvPluginV1>(),
            abi_version: ABI_VERSION,
            manifest_json: plugin.manifest().map_or(FvStr::ABSENT, FvStr::new),
            create: Some(create),
            destroy: Some(destroy),
            fetch: Some(fetch),
            cancel: Some(cancel),
            release_call: Some(release_call),
            describe: Some(describe),
            forecast: Some(forecast),
        })
    }));
    table.map_or(std::ptr::null(), std::ptr::from_ref)
}

unsafe extern "C" fn create(config_json: FvStr, instance: *mut *mut c_void, sink: FvErrorSink) -> i32 {
    let made = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: the text is borrowed for this call (R4).
        let config = unsafe { config_json.get() }.map_or_else(Config::default, Config::new);
        let plugin = PLUGIN
            .get()
            .ok_or_else(|| SourceError::new(ErrorKind::Plugin, "create was called before the entry"))?;
        plugin.instance(&config)
    }));
    let (error, panicked) = match made {
        Ok(Ok(made)) if !instance.is_null() => {
            let made = Arc::into_raw(Arc::new(made)).cast_mut().cast();
            // SAFETY: not null, and the host's place for the instance.
            unsafe { *instance = made };
            return class::OK;
        }
        Ok(Ok(_)) => {
            (SourceError::new(ErrorKind::Plugin, "create was called without a place for the instance"), false)
        }
        Ok(Err(error)) => (error, false),
        Err(panic) => (panicked(panic.as_ref()), true),
    };
    let mut lent = class::lend(&error);
    lent.flags |= if panicked { ERROR_PANICKED } else { 0 };
    if let Some(report) = sink.report {
        // SAFETY: function and context are the host's; the error is borrowed for the call.
        unsafe { report(sink.ctx, &raw const lent) }
    }
    lent.code
}

unsafe extern "C" fn describe(instance: *mut c_void) -> FvStr {
    // SAFETY: an instance of `create` that is not destroyed yet.
    let instance = unsafe { instance.cast::<Instance>().as_ref() };
    instance.map_or(FvStr::ABSENT, |instance| FvStr::new(instance.manifest()))
}

unsafe extern "C" fn forecast(
    instance: *mut c_void,
    request: *const FvRequest,
    forecast: *mut FvForecast,
) -> i32 {
    let known = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: an instance of `create` that is not destroyed yet.
        let instance = unsafe { instance.cast::<Instance>().as_ref() }?;
        // SAFETY: the request is borrowed for this call.
        let call = unsafe { Call::read(request) }.ok()?;
        instance.forecast(&call)
    }));
    // SAFETY: the first field is there whatever the version.
    let size = unsafe { forecast.cast::<u32>().as_ref() };
    let fits = size.is_some_and(|size| *size >= struct_size::<FvForecast>());
    match known {
        Ok(Some(known)) if fits => {
            // SAFETY: not null, and the host's place for a forecast of this size at least.
            unsafe { *forecast = FvForecast { struct_size: (*forecast).struct_size, ..known } };
            class::OK
        }
        Ok(_) => class::class(ErrorKind::Unsupported),
        Err(_) => {
            host::log(1, "finvista_plugin", "a panic in forecast");
            class::class(ErrorKind::Plugin)
        }
    }
}

unsafe extern "C" fn destroy(instance: *mut c_void) {
    guard("destroy", || {
        if !instance.is_null() {
            // SAFETY: the reference that `create` gave away, which comes back once (R5).
            drop(unsafe { Arc::from_raw(instance.cast_const().cast::<Instance>()) });
        }
    });
}

unsafe extern "C" fn fetch(
    instance: *mut c_void,
    request: *const FvRequest,
    completion: FvCompletion,
) -> *mut c_void {
    // Made first: whatever happens from here on, its drop tells the host.
    let completion = Completion::new(completion);
    let mut handle = std::ptr::null_mut();
    guard("fetch", || {
        let instance = instance.cast_const().cast::<Instance>();
        // SAFETY: an instance of `create` that is not destroyed yet, of which this call takes a reference of its own.
        let instance = unsafe {
            Arc::increment_strong_count(instance);
            Arc::from_raw(instance)
        };
        // SAFETY: the request is borrowed for this call.
        match unsafe { Call::read(request) } {
            Ok(call) => handle = Box::into_raw(Box::new(Handle::start(instance, call, completion))).cast(),
            Err(error) => completion.end(Err(error)),
        }
    });
    handle
}

unsafe extern "C" fn cancel(call: *mut c_void) {
    // SAFETY: a handle of `fetch` that is not released yet.
    guard("cancel", || unsafe { call.cast::<Handle>().as_ref() }.into_iter().for_each(Handle::cancel));
}

unsafe extern "C" fn release_call(call: *mut c_void) {
    guard("release_call", || {
        if !call.is_null() {
            // SAFETY: the handle that `fetch` gave away, which comes back once (R5).
            drop(unsafe { Box::from_raw(call.cast::<Handle>()) });
        }
    });
}

fn guard(what: &str, work: impl FnOnce()) {
    if catch_unwind(AssertUnwindSafe(work)).is_err() {
        host::log(1, "finvista_plugin", &format!("a panic in {what}"));
    }
}
