//! HTTP requests of a plugin: read from the boundary, run by the call that they serve, answered exactly once.

use std::sync::Arc;
use std::time::Duration;

use finvista_core::{Context, ErrorKind, SourceError};
use finvista_http::{HttpAsk, HttpReply};
use finvista_plugin::abi::{
    FvBytes, FvError, FvHttpCompletion, FvHttpRequest, FvHttpResponse, FvStr, struct_size,
};
use finvista_plugin::class;
use futures_util::future::{AbortRegistration, Abortable};
use jiff::civil::Date;
use tokio::time::Instant;

use crate::http::Http;
use crate::plugin::Plugin;
use crate::pool::HTTP_DONE;

/// A request as the plugin handed it in.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// The id of the call that it serves.
    pub(crate) call: u64,
    url: String,
    headers: Vec<(String, String)>,
    reads: Vec<u16>,
    max_body: usize,
    pages: usize,
}

/// The most bytes of an answer where the plugin does not say, as for a vendor's endpoint.
const MAX_BODY: usize = 8 << 20;

/// No request has more headers than a browser's, or reads more statuses than there are.
const MOST_HEADERS: usize = 100;
const MOST_READS: usize = 500;

/// Copies a request.
///
/// # Safety
///
/// The pointer must be null, or point to a request with a true `struct_size` and borrowed contents.
pub(crate) unsafe fn read(request: *const FvHttpRequest) -> Result<Wanted, SourceError> {
    let broken = |what: &str| SourceError::new(ErrorKind::Plugin, format!("http_fetch: {what}"));
    // SAFETY: the first field is there whatever the version.
    let size =
        unsafe { request.cast::<u32>().as_ref() }.ok_or_else(|| broken("expected a request, got none"))?;
    if *size < struct_size::<FvHttpRequest>() {
        return Err(broken("the request is smaller than in ABI 1.0"));
    }
    // SAFETY: not null, and at least as large as the struct, as it says itself.
    let request = unsafe { &*request };
    // SAFETY: the text is borrowed for this call.
    let url = unsafe { request.url.get() }.ok_or_else(|| broken("expected an address, got none"))?;
    if request.n_headers > MOST_HEADERS || (request.n_headers > 0 && request.headers.is_null()) {
        return Err(broken("the headers are too many, or null"));
    }
    let mut headers = Vec::with_capacity(request.n_headers);
    for index in 0..request.n_headers {
        // SAFETY: `n_headers` of them are there, as the request says itself, borrowed for this call.
        let (name, value) = unsafe {
            let header = &*request.headers.add(index);
            (header.name.get(), header.value.get())
        };
        let (name, value) = name.zip(value).ok_or_else(|| broken("expected headers of text"))?;
        headers.push((name.to_owned(), value.to_owned()));
    }
    if request.n_reads > MOST_READS || (request.n_reads > 0 && request.reads.is_null()) {
        return Err(broken("the statuses to read are too many, or null"));
    }
    let reads = match request.n_reads {
        0 => Vec::new(),
        // SAFETY: not null, and `n_reads` of them are there, as the request says itself, borrowed for this call.
        number => unsafe { std::slice::from_raw_parts(request.reads, number) }.to_vec(),
    };
    let max_body = usize::try_from(request.max_body).ok().filter(|most| *most > 0).unwrap_or(MAX_BODY);
    let pages = (request.pages as usize).max(1);
    Ok(Wanted { call: request.request_id, url: url.to_owned(), headers, reads, max_body, pages })
}

/// A request that its call has to run.
#[derive(Debug)]
pub(crate) struct Job {
    wanted: Wanted,
    completion: Completion,
    abort: AbortRegistration,
}

impl Job {
    pub(crate) fn new(wanted: Wanted, completion: Completion, abort: AbortRegistration) -> Self {
        Self { wanted, completion, abort }
    }

    /// The job of a call of this plugin, whose functions run on threads of their own from now on.
    pub(crate) fn of(mut self, plugin: &'static Plugin) -> Self {
        self.completion.plugin = Some(plugin);
        self
    }

    /// Answers the request without sending it.
    pub(crate) fn refuse(self, error: &SourceError) {
        self.completion.fail(error);
    }
}

/// The call that requests serve.
#[derive(Debug, Clone)]
pub(crate) struct Serves {
    pub(crate) cx: Context,
    pub(crate) began: Instant,
    /// The day that its addresses are made with.
    pub(crate) today: Date,
}

/// Sends the request of a job, and answers it. If it is dropped or aborted, the answer is that the call is over.
pub(crate) async fn run(job: Job, http: Option<Arc<dyn Http>>, serves: Serves) {
    let Job { wanted: Wanted { url, headers, reads, max_body, pages, .. }, completion, abort } = job;
    let Serves { cx, began, today } = serves;
    let ask = HttpAsk { url, headers, reads, max_body, pages, today, cx, began };
    let send = async {
        match &http {
            Some(http) => http.get(&ask).await,
            None => Err(SourceError::new(
                ErrorKind::Plugin,
                "the manifest names no hosts, so http_fetch cannot ask any",
            )),
        }
    };
    match Abortable::new(send, abort).await {
        Ok(Ok(reply)) => completion.answer(reply),
        Ok(Err(error)) => completion.fail(&error),
        Err(_aborted) => drop(completion),
    }
}

/// Where an answer goes, exactly once: an answer, or its drop.
#[derive(Debug)]
pub(crate) struct Completion {
    to: Option<To>,
    /// The threads on which it is reported. Before a call has adopted it, that is a thread of the plugin.
    plugin: Option<&'static Plugin>,
}

/// The plugin's function.
#[derive(Debug)]
struct To(FvHttpCompletion);

// SAFETY: R3 lets a completion be called on any thread.
unsafe impl Send for To {}
// SAFETY: a shared reference reaches none of its parts.
unsafe impl Sync for To {}

/// What is reported.
enum Answer {
    Reply(HttpReply),
    Error(SourceError),
    Cancelled,
}

impl Completion {
    pub(crate) fn new(completion: FvHttpCompletion) -> Self {
        Self { to: Some(To(completion)), plugin: None }
    }

    fn answer(mut self, reply: HttpReply) {
        self.tell(Answer::Reply(reply));
    }

    pub(crate) fn fail(mut self, error: &SourceError) {
        self.tell(Answer::Error(error.clone()));
    }

    fn tell(&mut self, answer: Answer) {
        match (self.to.take(), self.plugin) {
            (Some(to), Some(plugin)) => plugin.others().run(HTTP_DONE, move || to.tell(&answer)),
            (Some(to), None) => to.tell(&answer),
            (None, _) => {}
        }
    }
}

impl Drop for Completion {
    fn drop(&mut self) {
        self.tell(Answer::Cancelled);
    }
}

impl To {
    fn tell(self, answer: &Answer) {
        match answer {
            Answer::Reply(reply) => {
                let refused = reply.refused.as_ref().map(class::lend);
                self.done(&FvHttpResponse {
                    status: i32::from(reply.status),
                    error: refused.as_ref().map_or(std::ptr::null(), std::ptr::from_ref),
                    retry_after_ms: reply.retry_after.map_or(-1, millis),
                    at_ms: reply.at.as_millisecond(),
                    content_type: reply.content_type.as_deref().map_or(FvStr::ABSENT, FvStr::new),
                    charset: reply.charset.as_deref().map_or(FvStr::ABSENT, FvStr::new),
                    body: FvBytes::new(&reply.body),
                    ..nothing()
                });
            }
            Answer::Error(error) => {
                let lent = class::lend(error);
                self.done(&FvHttpResponse { error: &raw const lent, ..nothing() });
            }
            Answer::Cancelled => {
                let error = FvError {
                    struct_size: struct_size::<FvError>(),
                    code: class::CANCELLED,
                    retry_after_ms: -1,
                    flags: 0,
                    reserved: 0,
                    message: FvStr::new("the call is over"),
                };
                self.done(&FvHttpResponse { error: &raw const error, ..nothing() });
            }
        }
    }

    fn done(self, response: &FvHttpResponse) {
        let Self(FvHttpCompletion { ctx, done }) = self;
        if let Some(done) = done {
            // SAFETY: function and context are the plugin's, used once; what the response points to lives until the call
            // returns.
            unsafe { done(ctx, std::ptr::from_ref(response)) }
        }
    }
}

/// The response where no answer came.
fn nothing() -> FvHttpResponse {
    FvHttpResponse {
        struct_size: struct_size::<FvHttpResponse>(),
        status: 0,
        error: std::ptr::null(),
        retry_after_ms: -1,
        at_ms: -1,
        content_type: FvStr::ABSENT,
        charset: FvStr::ABSENT,
        body: FvBytes::new(&[]),
    }
}

fn millis(delay: Duration) -> i64 {
    i64::try_from(delay.as_millis()).unwrap_or(i64::MAX)
}
