//! Calls under way. A plugin knows a call by its number, and the number of a call that is over finds nothing, whatever the plugin does
//! later: nothing can dangle, and a second end of the same call is noticed.

use std::collections::HashMap;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use finvista_core::{Context, ErrorKind, MOST_REQUESTS, RecordBatch, SourceError};
use finvista_plugin::abi::{FvCompletion, FvRequest, FvResult, FvStr, REQUEST_SWEEP, struct_size};
use finvista_plugin::class;
use futures_util::future::AbortHandle;

use crate::import::{self, Stream};
use crate::instance::Instance;
use crate::job::Job;
use crate::name::TARGET;
use crate::plugin::{Plugin, plugin_of};
use crate::pool::{CANCEL, STREAM};

/// The calls that the plugin has not ended yet.
static CALLS: LazyLock<Mutex<HashMap<u64, Arc<Call>>>> = LazyLock::new(Mutex::default);
static NEXT: AtomicU64 = AtomicU64::new(1);

fn calls() -> MutexGuard<'static, HashMap<u64, Arc<Call>>> {
    CALLS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A request, for as long as its text is borrowed. The id is 0 where no call is under way.
pub(crate) fn request(id: u64, json: &str, cx: &Context) -> FvRequest {
    FvRequest {
        struct_size: struct_size::<FvRequest>(),
        flags: if cx.sweep { REQUEST_SWEEP } else { 0 },
        request_id: id,
        timeout_ms: i64::try_from(cx.time.as_millis()).unwrap_or(i64::MAX),
        json: FvStr::new(json),
    }
}

/// One call of `fetch`.
#[derive(Debug)]
pub(crate) struct Call {
    id: u64,
    instance: Arc<Instance>,
    cx: Context,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// How it ended, until that is taken.
    ended: Option<Ended>,
    /// Whether it is over, for the plugin or for us.
    over: bool,
    waker: Option<Waker>,
    /// The number of requests it has made.
    requests: usize,
    jobs: Vec<Job>,
    aborts: Vec<(u64, AbortHandle)>,
    handle: Option<Handle>,
}

/// How a call ended.
#[derive(Debug)]
pub(crate) enum Ended {
    /// A table, or why the stream holds none.
    Table(Result<RecordBatch, SourceError>),
    /// An error, and whether a panic was caught.
    Error(SourceError, bool),
}

/// What a plugin ends a call with.
enum Given {
    Stream(Stream),
    Error(SourceError, bool),
}

/// The plugin's handle of a call.
#[derive(Debug)]
struct Handle(*mut c_void);

// SAFETY: R1 lets a handle be used on any thread.
unsafe impl Send for Handle {}

impl Call {
    /// The call of this id, if its end is still owed.
    pub(crate) fn find(id: u64) -> Option<Arc<Self>> {
        calls().get(&id).cloned()
    }

    pub(crate) fn plugin(&self) -> &'static Plugin {
        self.instance.plugin()
    }

    /// Asks the plugin, on this thread, which it may keep.
    pub(crate) fn start(&self, json: &str) {
        if self.state().over {
            // Given up before its thread was there: the plugin is not asked.
            self.forget();
            return;
        }
        let request = request(self.id, json, &self.cx);
        let ctx = std::ptr::without_provenance_mut(self.id as usize);
        let handle = self.instance.fetch(&request, FvCompletion { ctx, done: Some(done) });
        if handle.is_null() {
            return;
        }
        let given_up = {
            let mut state = self.state();
            if !state.over {
                state.handle = Some(Handle(handle));
                return;
            }
            state.ended.is_none()
        };
        if given_up {
            self.instance.cancel(handle);
        }
        self.instance.release(handle);
    }

    /// Gives the call a request to run, and returns its number. One that comes too late is answered by its drop.
    pub(crate) fn add_job(&self, abort: AbortHandle, job: Job) -> u64 {
        let id = NEXT.fetch_add(1, Relaxed);
        let mut state = self.state();
        if state.over {
            drop(state);
            drop(job);
            return id;
        }
        state.requests += 1;
        if state.requests > MOST_REQUESTS {
            drop(state);
            job.refuse(&SourceError::new(
                ErrorKind::Plugin,
                format!("expected at most {MOST_REQUESTS} requests of one call, got another"),
            ));
            return id;
        }
        state.jobs.push(job.of(self.plugin()));
        state.aborts.push((id, abort));
        let waker = state.waker.take();
        drop(state);
        waker.into_iter().for_each(Waker::wake);
        id
    }

    /// Reports how far the call has come, as long as it is not over.
    pub(crate) fn report(&self, done: usize, known: usize) {
        if !self.state().over {
            self.cx.report(done, known);
        }
    }

    pub(crate) fn take_abort(&self, id: u64) -> Option<AbortHandle> {
        let mut state = self.state();
        let index = state.aborts.iter().position(|(known, _)| *known == id)?;
        Some(state.aborts.swap_remove(index).1)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn forget(&self) {
        // The entry goes outside the lock: with it may go the instance.
        let forgotten = calls().remove(&self.id);
        if forgotten.is_some() {
            self.instance.came_back();
        }
    }

    /// Takes what the plugin ended the call with. The stream is read on another thread than this one, which is in the middle of a
    /// function of the plugin, with whatever it has locked.
    fn given(self: Arc<Self>, given: Given) {
        match given {
            Given::Error(error, panicked) => self.end(Ended::Error(error, panicked)),
            Given::Stream(stream) => {
                let plugin = self.plugin();
                plugin.others().run(STREAM, move || {
                    let over = self.state().over;
                    let table = match over {
                        true => Err(SourceError::new(ErrorKind::Timeout, "given up")),
                        false => import::table(stream, plugin),
                    };
                    self.end(Ended::Table(table));
                });
            }
        }
    }

    /// Takes the end from the plugin.
    fn end(&self, ended: Ended) {
        let (waker, unwanted, jobs) = {
            let mut state = self.state();
            let jobs = std::mem::take(&mut state.jobs);
            if state.over {
                (None, Some(ended), jobs)
            } else {
                state.over = true;
                state.ended = Some(ended);
                (state.waker.take(), None, jobs)
            }
        };
        if unwanted.is_some() {
            self.instance.came_back();
        }
        drop((unwanted, jobs));
        waker.into_iter().for_each(Waker::wake);
    }
}

/// A call that a caller waits for. Dropping it gives it up: the plugin is asked to stop, and what still comes is dropped.
#[derive(Debug)]
pub(crate) struct Waited(Arc<Call>);

impl Waited {
    /// A call of this instance, which has not started.
    pub(crate) fn new(instance: Arc<Instance>, cx: Context) -> Self {
        let id = instance.plugin().call_id(NEXT.fetch_add(1, Relaxed));
        let call = Arc::new(Call { id, instance, cx, state: Mutex::default() });
        calls().insert(id, Arc::clone(&call));
        Self(call)
    }

    pub(crate) fn call(&self) -> &Arc<Call> {
        &self.0
    }

    /// What is new: the end, or requests to run. Where neither is, this waker is woken when one comes.
    pub(crate) fn news(&self, waker: &Waker) -> (Option<Ended>, Vec<Job>) {
        let mut state = self.0.state();
        state.waker = Some(waker.clone());
        (state.ended.take(), std::mem::take(&mut state.jobs))
    }
}

impl Drop for Waited {
    fn drop(&mut self) {
        let call = &self.0;
        let (given_up, handle, jobs) = {
            let mut state = call.state();
            let given_up = !state.over;
            state.over = true;
            if given_up {
                call.instance.gave_up();
            }
            (given_up, state.handle.take(), std::mem::take(&mut state.jobs))
        };
        if let Some(handle) = handle {
            let instance = Arc::clone(&call.instance);
            call.plugin().others().run(CANCEL, move || {
                let Handle(handle) = { handle };
                if given_up {
                    instance.cancel(handle);
                }
                instance.release(handle);
            });
        }
        drop(jobs);
    }
}

/// The end of a call, from the plugin.
unsafe extern "C" fn done(ctx: *mut c_void, result: *const FvResult) {
    let id = ctx.addr() as u64;
    let guarded = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: the result is borrowed for this call (R4), but for the stream, which is moved here (R5).
        let given = unsafe { take(result) };
        // Outside the lock: with the call may go its instance.
        let call = calls().remove(&id);
        match call {
            Some(call) => call.given(given),
            None => {
                if let Some(plugin) = plugin_of(id) {
                    plugin.violated("done() for a call that had ended or never began");
                }
            }
        }
    }));
    if guarded.is_err() {
        tracing::error!(target: TARGET, "a panic while the end of a call was taken");
    }
}

/// Takes over what a result holds.
///
/// # Safety
///
/// The pointer must be null, or point to a result with a true `struct_size` and borrowed contents.
unsafe fn take(result: *const FvResult) -> Given {
    let broken = |what: &str| Given::Error(SourceError::new(ErrorKind::Plugin, what), false);
    // SAFETY: the first field is there whatever the version.
    match unsafe { result.cast::<u32>().as_ref() } {
        None => return broken("expected a result at the end of a call, got none"),
        Some(size) if *size < struct_size::<FvResult>() => {
            return broken("its result is smaller than in ABI 1.0");
        }
        Some(_) => {}
    }
    // SAFETY: not null, and at least as large as the struct, as it says itself.
    let result = unsafe { &*result };
    // SAFETY: the error is borrowed for this call.
    let error = unsafe { class::take(result.error) };
    // SAFETY: a stream is moved to us: it is copied out, and marked as moved where it was.
    let stream = unsafe { Stream::moved(result.stream) };
    match (error, stream) {
        (Some((error, panicked)), _) => Given::Error(error, panicked),
        (None, Some(stream)) => Given::Stream(stream),
        (None, None) => broken("expected an error or a table at the end of a call, got neither"),
    }
}
