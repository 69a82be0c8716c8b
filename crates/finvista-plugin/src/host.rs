//! The host as the plugin sees it: log, time of day, and HTTP with the host's client.

use std::ffi::c_void;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll, Waker};

use finvista_core::{Body, ErrorKind, Request, SourceError};
use jiff::Timestamp;

use crate::abi::{FvHeader, FvHost, FvHttpCompletion, FvHttpRequest, FvHttpResponse, FvStr, struct_size};
use crate::class;

/// The host that loaded this library.
static HOST: OnceLock<&'static FvHost> = OnceLock::new();

/// Remembers the host. The first stays: an entry is called once.
pub(crate) fn set(host: &'static FvHost) {
    HOST.get_or_init(|| host);
}

/// The time of day, by the host's clock.
pub fn now() -> Timestamp {
    let host = HOST.get().and_then(|host| Some((host.ctx, host.now_ms?)));
    // SAFETY: the function and its context come from one host table, which lives until the process ends.
    let ms = host.map(|(ctx, now_ms)| unsafe { now_ms(ctx) });
    ms.and_then(|ms| Timestamp::from_millisecond(ms).ok()).unwrap_or_else(Timestamp::now)
}

/// Whether the host keeps lines of this level.
pub(crate) fn logs(level: u32, target: &str) -> bool {
    HOST.get().and_then(|host| Some((host.ctx, host.log_enabled?))).is_some_and(|(ctx, log_enabled)| {
        // SAFETY: as in `now`; the text is borrowed for the call.
        unsafe { log_enabled(ctx, level, FvStr::new(target)) != 0 }
    })
}

/// Logs a line with the host.
pub(crate) fn log(level: u32, target: &str, message: &str) {
    if let Some((ctx, log)) = HOST.get().and_then(|host| Some((host.ctx, host.log?))) {
        // SAFETY: as in `now`; both texts are borrowed for the call.
        unsafe { log(ctx, level, FvStr::new(target), FvStr::new(message)) }
    }
}

/// Reports that a call has the answers to `done` of its requests, of those that are known.
pub(crate) fn report(call: u64, done: usize, known: usize) {
    if let Some((ctx, report)) = HOST.get().and_then(|host| Some((host.ctx, host.report?))) {
        let number = |requests: usize| u32::try_from(requests).unwrap_or(u32::MAX);
        // SAFETY: as in `now`; the rest are plain numbers.
        unsafe { report(ctx, call, number(done), number(known)) }
    }
}

/// Sends a request with the host's client, for the call of this id.
pub(crate) fn get(call: u64, request: &Request, max_body: usize, pages: usize) -> Get {
    let slot = Arc::new(Slot::default());
    let get = |http_id| Get { slot: Arc::clone(&slot), call, http_id };
    let Some((host, http_fetch)) = HOST.get().and_then(|host| Some((host, host.http_fetch?))) else {
        slot.fill(Err(SourceError::new(ErrorKind::Plugin, "the host has no HTTP client")));
        return get(0);
    };
    let header =
        |&(name, value): &(&str, &str)| FvHeader { name: FvStr::new(name), value: FvStr::new(value) };
    let headers: Vec<FvHeader> = request.headers.iter().map(header).collect();
    let sent = FvHttpRequest {
        struct_size: struct_size::<FvHttpRequest>(),
        flags: 0,
        request_id: call,
        url: FvStr::new(&request.url),
        headers: headers.as_ptr(),
        n_headers: headers.len(),
        reads: request.reads.as_ptr(),
        n_reads: request.reads.len(),
        max_body: max_body as u64,
        pages: u32::try_from(pages).unwrap_or(u32::MAX),
        reserved: 0,
    };
    let ctx = Arc::into_raw(Arc::clone(&slot)).cast_mut().cast::<c_void>();
    let completion = FvHttpCompletion { ctx, done: Some(http_done) };
    // SAFETY: the request and what it points to are borrowed for the call; the context is a reference to the slot, which
    // `http_done` takes back exactly once (R3).
    let http_id = unsafe { http_fetch(host.ctx, &raw const sent, completion) };
    get(http_id)
}

/// Where an answer is kept until it is taken.
#[derive(Debug, Default)]
struct Slot(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    answer: Option<Result<Body, SourceError>>,
    waker: Option<Waker>,
}

impl Slot {
    fn fill(&self, answer: Result<Body, SourceError>) {
        let waker = {
            let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            slot.answer = Some(answer);
            slot.waker.take()
        };
        // Outside the lock: this runs the future that waits.
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// A request on its way. Dropping it cancels it.
#[derive(Debug)]
pub(crate) struct Get {
    slot: Arc<Slot>,
    call: u64,
    /// 0 once there is nothing to cancel.
    http_id: u64,
}

impl Future for Get {
    type Output = Result<Body, SourceError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let taken = {
            let mut slot = self.slot.0.lock().unwrap_or_else(PoisonError::into_inner);
            if slot.answer.is_none() {
                slot.waker = Some(cx.waker().clone());
            }
            slot.answer.take()
        };
        match taken {
            Some(answer) => {
                self.http_id = 0;
                Poll::Ready(answer)
            }
            None => Poll::Pending,
        }
    }
}

impl Drop for Get {
    fn drop(&mut self) {
        let cancel = HOST.get().and_then(|host| Some((host.ctx, host.http_cancel?)));
        if let (Some((ctx, http_cancel)), true) = (cancel, self.http_id != 0) {
            // SAFETY: as in `now`; both are plain numbers.
            unsafe { http_cancel(ctx, self.call, self.http_id) }
        }
    }
}

unsafe extern "C" fn http_done(ctx: *mut c_void, response: *const FvHttpResponse) {
    // What runs when the answer is there is guarded by its own task; this guards the rest (R7).
    let guarded = std::panic::catch_unwind(|| {
        // SAFETY: the context is the reference that `get` gave away, and comes back exactly once (R3).
        let slot = unsafe { Arc::from_raw(ctx.cast_const().cast::<Slot>()) };
        // SAFETY: the response is borrowed for this call (R4).
        slot.fill(unsafe { read(response) });
    });
    if guarded.is_err() {
        log(1, "finvista_plugin", "a panic while an HTTP answer was taken");
    }
}

/// Copies an answer.
///
/// # Safety
///
/// The pointer must be null or point to a response with a true `struct_size` and borrowed contents.
unsafe fn read(response: *const FvHttpResponse) -> Result<Body, SourceError> {
    let broken = || SourceError::new(ErrorKind::Plugin, "expected an HTTP answer of the host, got none");
    // SAFETY: the first field is there whatever the version.
    let size = unsafe { response.cast::<u32>().as_ref() }.ok_or_else(broken)?;
    if *size < struct_size::<FvHttpResponse>() {
        return Err(broken());
    }
    // SAFETY: not null, and at least as large as the struct, as it says itself.
    let response = unsafe { &*response };
    // SAFETY: the error is borrowed for this call.
    if let Some((error, _)) = unsafe { class::take(response.error) } {
        return Err(error);
    }
    // SAFETY: text and body are borrowed for this call.
    let (charset, body) = unsafe { (response.charset.get(), response.body.get()) };
    Ok(Body {
        status: u16::try_from(response.status).map_err(|_| broken())?,
        charset: charset.map(str::to_owned),
        at: u64::try_from(response.at_ms).ok().and_then(|_| Timestamp::from_millisecond(response.at_ms).ok()),
        bytes: body.to_vec(),
    })
}
