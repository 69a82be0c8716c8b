//! One call under way: where its end goes, and the handle that cancels it.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use arrow_array::RecordBatchIterator;
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use finvista_core::{ErrorKind, RecordBatch, SourceError};
use futures_util::FutureExt;

use super::instance::Instance;
use crate::abi::{ERROR_PANICKED, FvCompletion, FvError, FvResult, FvStr, struct_size};
use crate::call::Call;
use crate::class;
use crate::task::Task;

/// Where the end of a call goes, exactly once (R3): a result, or its drop.
#[derive(Debug)]
pub(super) struct Completion(Option<FvCompletion>);

// SAFETY: R3 lets the completion be called on any thread.
unsafe impl Send for Completion {}

impl Completion {
    pub(super) fn new(completion: FvCompletion) -> Self {
        Self(Some(completion))
    }

    /// Hands the result over.
    pub(super) fn end(mut self, result: Result<RecordBatch, SourceError>) {
        match result {
            Ok(batch) => {
                let schema = batch.schema();
                let reader = RecordBatchIterator::new([Ok(batch)], schema);
                let mut stream = FFI_ArrowArrayStream::new(Box::new(reader));
                // The drop of the stream releases what the host has not moved away.
                self.tell(std::ptr::null(), (&raw mut stream).cast());
            }
            Err(error) => {
                let lent = class::lend(&error);
                self.tell(&raw const lent, std::ptr::null_mut());
            }
        }
    }

    /// Hands over a panic that was caught.
    pub(super) fn caught(mut self, panic: &(dyn std::any::Any + Send)) {
        let error = panicked(panic);
        let lent = FvError { flags: ERROR_PANICKED, ..class::lend(&error) };
        self.tell(&raw const lent, std::ptr::null_mut());
    }

    fn tell(&mut self, error: *const FvError, stream: *mut crate::abi::ArrowArrayStream) {
        let Some(FvCompletion { ctx, done: Some(done) }) = self.0.take() else { return };
        let result = FvResult { struct_size: struct_size::<FvResult>(), flags: 0, error, stream };
        // SAFETY: function and context are the host's, taken so that they are used once; what the result points to lives
        // until the call returns.
        unsafe { done(ctx, &raw const result) }
    }
}

impl Drop for Completion {
    fn drop(&mut self) {
        let (code, flags, message) = match std::thread::panicking() {
            true => (class::class(ErrorKind::Plugin), ERROR_PANICKED, "the plugin panicked"),
            false => (class::CANCELLED, 0, "cancelled"),
        };
        let error = FvError {
            struct_size: struct_size::<FvError>(),
            code,
            retry_after_ms: -1,
            flags,
            reserved: 0,
            message: FvStr::new(message),
        };
        self.tell(&raw const error, std::ptr::null_mut());
    }
}

/// A call under way.
#[derive(Debug)]
pub(super) enum Handle {
    /// Runs on the thread that wakes it.
    Inline(Arc<Task>),
    /// Runs on the plugin's runtime.
    #[cfg(feature = "source")]
    Spawned(tokio::task::AbortHandle),
}

impl Handle {
    /// Starts a call.
    pub(super) fn start(instance: Arc<Instance>, call: Call, completion: Completion) -> Self {
        #[cfg(feature = "source")]
        let runtime = match instance.runtime() {
            Ok(runtime) => runtime,
            Err(error) => {
                completion.end(Err(error));
                return Self::Inline(Task::start(std::future::ready(())));
            }
        };
        let run = async move {
            let answer = AssertUnwindSafe(instance.answer(&call)).catch_unwind().await;
            // The instance goes first: the host may destroy its own reference as soon as it knows of the end.
            drop(instance);
            match answer {
                Ok(result) => completion.end(result),
                Err(panic) => completion.caught(panic.as_ref()),
            }
        };
        #[cfg(feature = "source")]
        if let Some(runtime) = runtime {
            return Self::Spawned(runtime.spawn(run).abort_handle());
        }
        Self::Inline(Task::start(run))
    }

    pub(super) fn cancel(&self) {
        match self {
            Self::Inline(task) => task.cancel(),
            #[cfg(feature = "source")]
            Self::Spawned(task) => task.abort(),
        }
    }
}

/// The error of a panic.
pub(super) fn panicked(panic: &(dyn std::any::Any + Send)) -> SourceError {
    let message =
        panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    SourceError::new(ErrorKind::Plugin, format!("the plugin panicked: {}", message.unwrap_or("no message")))
}
