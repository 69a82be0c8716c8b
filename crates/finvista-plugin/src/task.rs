//! A future that runs on the thread that wakes it: a plugin that waits for the host's HTTP alone needs no runtime and no thread.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Wake, Waker};

type Boxed = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A future, and the wakes that it has not answered yet.
pub(crate) struct Task {
    future: Mutex<Option<Boxed>>,
    /// The wakes that no step has answered yet. The thread that raises it from 0 runs the future until it is 0 again.
    wakes: AtomicUsize,
    cancelled: AtomicBool,
}

impl std::fmt::Debug for Task {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Task").field("wakes", &self.wakes).finish_non_exhaustive()
    }
}

impl Task {
    /// Runs the future as far as it comes, here and now.
    pub(crate) fn start(future: impl Future<Output = ()> + Send + 'static) -> Arc<Self> {
        let task = Arc::new(Self {
            future: Mutex::new(Some(Box::pin(future))),
            wakes: AtomicUsize::new(0),
            cancelled: AtomicBool::new(false),
        });
        task.run();
        task
    }

    /// Drops the future, at once or when its present step is over.
    pub(crate) fn cancel(self: &Arc<Self>) {
        self.cancelled.store(true, Ordering::Release);
        self.run();
    }

    fn run(self: &Arc<Self>) {
        if self.wakes.fetch_add(1, Ordering::AcqRel) > 0 {
            return;
        }
        let waker = Waker::from(Arc::clone(self));
        loop {
            let seen = self.wakes.load(Ordering::Acquire);
            self.step(&waker);
            if self.wakes.fetch_sub(seen, Ordering::AcqRel) == seen {
                return;
            }
        }
    }

    /// One step. A future that ended, panicked or was cancelled is gone.
    fn step(&self, waker: &Waker) {
        let mut place = self.future.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(mut future) = place.take() else { return };
        let cancelled = self.cancelled.load(Ordering::Acquire);
        // Neither a step nor a drop may unwind out of the library. What the future owns tells the host of its end when it is
        // dropped, so there is nothing to report here.
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            if cancelled || future.as_mut().poll(&mut Context::from_waker(waker)).is_ready() {
                drop(future);
                return None;
            }
            Some(future)
        }));
        *place = outcome.unwrap_or_default();
    }
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.run();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::task::Poll;

    #[test]
    fn a_wake_within_a_step_is_another_step() {
        let steps = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&steps);
        let task = Task::start(std::future::poll_fn(move |cx| {
            cx.waker().wake_by_ref();
            if count.fetch_add(1, Ordering::Relaxed) == 4 { Poll::Ready(()) } else { Poll::Pending }
        }));
        assert_eq!(steps.load(Ordering::Relaxed), 5);
        assert!(task.future.lock().unwrap().is_none());
    }

    #[test]
    fn no_wake_is_lost_between_threads() {
        let (send, receive) = mpsc::channel();
        let done = Arc::new(AtomicBool::new(false));
        let end = Arc::clone(&done);
        let mut left = 2_000;
        let _task = Task::start(std::future::poll_fn(move |cx| {
            if left == 0 {
                end.store(true, Ordering::Release);
                return Poll::Ready(());
            }
            left -= 1;
            send.send(cx.waker().clone()).unwrap();
            Poll::Pending
        }));
        // The channel ends when the future is dropped.
        std::thread::scope(|scope| {
            scope.spawn(|| receive.into_iter().for_each(Waker::wake));
        });
        assert!(done.load(Ordering::Acquire));
    }

    #[test]
    fn cancelling_drops_the_future_and_a_panic_stays_inside() {
        struct Tell(Arc<AtomicBool>);
        impl Drop for Tell {
            fn drop(&mut self) {
                self.0.store(true, Ordering::Release);
            }
        }
        let dropped = Arc::new(AtomicBool::new(false));
        let tell = Tell(Arc::clone(&dropped));
        let task = Task::start(async move {
            let _tell = tell;
            std::future::pending::<()>().await;
        });
        assert!(!dropped.load(Ordering::Acquire));
        task.cancel();
        assert!(dropped.load(Ordering::Acquire));
        task.cancel();

        let dropped = Arc::new(AtomicBool::new(false));
        let tell = Tell(Arc::clone(&dropped));
        Task::start(async move {
            let _tell = tell;
            panic!("as planned");
        });
        assert!(dropped.load(Ordering::Acquire));
    }
}
