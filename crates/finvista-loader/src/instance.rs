//! An instance of a plugin: the functions of its table, bound to one configuration.

use std::ffi::c_void;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use finvista_core::{ErrorKind, SourceError};
use finvista_plugin::abi::{FvCompletion, FvError, FvErrorSink, FvForecast, FvRequest, FvStr, struct_size};
use finvista_plugin::{Manifest, class};

use crate::error::LoadError;
use crate::name::TARGET;
use crate::plugin::Plugin;
use crate::pool::{CREATE, DESCRIBE, DESTROY, FORECAST};

/// A plugin is not asked again after this number of panics without an answer in between.
const MOST_PANICS: u32 = 5;

/// A plugin hangs when this number of calls was given up and has not come back: each costs memory, and maybe a thread.
const MOST_GIVEN_UP: u32 = 64;

/// The time of `create`, in which a plugin may read files, and of `describe`.
const TO_OPEN: Duration = Duration::from_secs(10);

/// How long a forecast is waited for. It is asked for by code that does not wait.
const TO_FORECAST: Duration = Duration::from_millis(250);

/// No forecast is asked for while this number of them has not returned.
const MOST_FORECASTS: u32 = 4;

/// How long the drop of a source waits for `destroy`, so that a program that exits next does not cut it short.
const TO_DESTROY: Duration = Duration::from_millis(100);

/// What `create` made. It is destroyed when the source is gone and every call on it is over.
#[derive(Debug)]
pub(crate) struct Instance {
    plugin: &'static Plugin,
    pointer: *mut c_void,
    panics: AtomicU32,
    given_up: AtomicU32,
    /// The forecasts under way.
    forecasts: AtomicU32,
}

// SAFETY: R1 lets an instance be used from any thread.
unsafe impl Send for Instance {}
// SAFETY: R1 lets an instance be used from several threads at once.
unsafe impl Sync for Instance {}

impl Instance {
    /// An instance of this configuration.
    pub(crate) fn create(plugin: &'static Plugin, config: &str) -> Result<Self, LoadError> {
        let config = config.to_owned();
        let created = plugin.others().wait(CREATE, TO_OPEN, move || Self::create_here(plugin, &config));
        created.unwrap_or_else(|| {
            let message = format!("create() has not returned after {TO_OPEN:?}");
            let error = SourceError::new(ErrorKind::Timeout, message);
            Err(LoadError::Create { path: plugin.file().to_owned(), error })
        })
    }

    fn create_here(plugin: &'static Plugin, config: &str) -> Result<Self, LoadError> {
        let path = plugin.file();
        let create =
            plugin.table().create.ok_or_else(|| LoadError::table(path, "its table has no create"))?;
        let mut reported: Option<SourceError> = None;
        let mut pointer = std::ptr::null_mut();
        let sink = FvErrorSink { ctx: (&raw mut reported).cast(), report: Some(report) };
        // SAFETY: the text is borrowed for the call; place and sink live on this stack until it returns.
        let code = unsafe { create(FvStr::new(config), &raw mut pointer, sink) };
        if code == class::OK {
            let (panics, given_up, forecasts) = Default::default();
            return Ok(Self { plugin, pointer, panics, given_up, forecasts });
        }
        let kind = class::kind(code).unwrap_or(ErrorKind::Plugin);
        let error =
            reported.unwrap_or_else(|| SourceError::new(kind, "it made no instance, and gives no reason"));
        Err(LoadError::Create { path: path.to_owned(), error })
    }

    pub(crate) fn plugin(&self) -> &'static Plugin {
        self.plugin
    }

    /// The manifest of this instance, or that of the plugin.
    pub(crate) fn manifest(self: &Arc<Self>) -> Result<Manifest, LoadError> {
        let instance = Arc::clone(self);
        let described = self.plugin.others().wait(DESCRIBE, TO_OPEN, move || instance.manifest_here());
        described.unwrap_or_else(|| {
            Err(LoadError::manifest(
                self.plugin.file(),
                format!("describe() has not returned after {TO_OPEN:?}"),
            ))
        })
    }

    fn manifest_here(&self) -> Result<Manifest, LoadError> {
        let table = self.plugin.table();
        // SAFETY: the instance is alive.
        let own = table.describe.map(|describe| unsafe { describe(self.pointer) });
        let json = own.filter(|json| !json.ptr.is_null()).unwrap_or(table.manifest_json);
        // SAFETY: it lives until the instance is destroyed, or until the process ends (R4).
        let json = unsafe { json.get() };
        let path: &Path = self.plugin.file();
        let json = json.ok_or_else(|| LoadError::manifest(path, "expected one, got none"))?;
        serde_json::from_str(json).map_err(|e| LoadError::manifest(path, e.to_string()))
    }

    /// Whether it may be asked.
    pub(crate) fn ready(&self) -> Result<(), SourceError> {
        let refuse = |why: String| Err(SourceError::new(ErrorKind::Plugin, why));
        if self.panics.load(Relaxed) >= MOST_PANICS {
            return refuse(format!(
                "it panicked {MOST_PANICS} times in a row and is not asked again: install another version of it, and restart"
            ));
        }
        let given_up = self.given_up.load(Relaxed);
        if given_up >= MOST_GIVEN_UP {
            return refuse(format!("{given_up} calls were given up and have not come back: it hangs"));
        }
        Ok(())
    }

    /// Counts the panics in a row, which any other end interrupts.
    pub(crate) fn ended(&self, panicked: bool) {
        if !panicked {
            self.panics.store(0, Relaxed);
        } else if self.panics.fetch_add(1, Relaxed) + 1 == MOST_PANICS {
            let plugin = self.plugin.name().get();
            tracing::error!(target: TARGET, plugin, "disabled: it panicked {MOST_PANICS} times in a row");
        }
    }

    /// A call was given up.
    pub(crate) fn gave_up(&self) {
        self.given_up.fetch_add(1, Relaxed);
    }

    /// A call that was given up is over for the plugin too.
    pub(crate) fn came_back(&self) {
        self.given_up.fetch_sub(1, Relaxed);
    }

    pub(crate) fn fetch(&self, request: &FvRequest, completion: FvCompletion) -> *mut c_void {
        let Some(fetch) = self.plugin.table().fetch else { return std::ptr::null_mut() };
        // SAFETY: the instance is alive, and the request is borrowed for the call.
        unsafe { fetch(self.pointer, std::ptr::from_ref(request), completion) }
    }

    /// What answering a request would take, if the plugin knows, and says it at once.
    pub(crate) fn forecast(
        self: &Arc<Self>,
        make: impl FnOnce(&dyn Fn(&FvRequest) -> Option<FvForecast>) -> Option<FvForecast> + Send + 'static,
    ) -> Option<FvForecast> {
        self.plugin.table().forecast?;
        if self.forecasts.load(Relaxed) >= MOST_FORECASTS {
            return None;
        }
        self.forecasts.fetch_add(1, Relaxed);
        let instance = Arc::clone(self);
        let forecast = self.plugin.others().wait(FORECAST, TO_FORECAST, move || {
            let known = make(&|request| instance.forecast_here(request));
            instance.forecasts.fetch_sub(1, Relaxed);
            known
        });
        forecast.flatten()
    }

    fn forecast_here(&self, request: &FvRequest) -> Option<FvForecast> {
        let forecast = self.plugin.table().forecast?;
        let mut known = FvForecast {
            struct_size: struct_size::<FvForecast>(),
            requests: 0,
            host: 0,
            reserved: 0,
            wait_ms: 0,
        };
        // SAFETY: the instance is alive; request and place are borrowed for the call.
        let code = unsafe { forecast(self.pointer, std::ptr::from_ref(request), &raw mut known) };
        (code == class::OK).then_some(known)
    }

    pub(crate) fn cancel(&self, handle: *mut c_void) {
        if let Some(cancel) = self.plugin.table().cancel {
            // SAFETY: the handle is one of `fetch` that is not released yet.
            unsafe { cancel(handle) }
        }
    }

    /// Gives a handle back, which is not used afterwards.
    pub(crate) fn release(&self, handle: *mut c_void) {
        if let Some(release_call) = self.plugin.table().release_call {
            // SAFETY: the handle is one of `fetch`, and is released once.
            unsafe { release_call(handle) }
        }
    }
}

/// What is destroyed.
struct Pointer(*mut c_void);

// SAFETY: R1 lets an instance be destroyed on any thread.
unsafe impl Send for Pointer {}

impl Drop for Instance {
    fn drop(&mut self) {
        let Some(destroy) = self.plugin.table().destroy else { return };
        let pointer = Pointer(self.pointer);
        let _in_time = self.plugin.others().wait(DESTROY, TO_DESTROY, move || {
            let Pointer(pointer) = { pointer };
            // SAFETY: every call held a reference until its end, so none is under way.
            unsafe { destroy(pointer) }
        });
    }
}

unsafe extern "C" fn report(ctx: *mut c_void, error: *const FvError) {
    // SAFETY: the context is the place on the stack of `create`, which has not returned.
    let place = unsafe { ctx.cast::<Option<SourceError>>().as_mut() };
    // SAFETY: the error is borrowed for this call.
    let reported = unsafe { class::take(error) };
    if let (Some(place), Some((error, _))) = (place, reported) {
        *place = Some(error);
    }
}
