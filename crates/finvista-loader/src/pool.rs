//! The threads on which a plugin's functions run, so that one that does not return holds up no thread of the program.
//!
//! The threads are detached: neither a runtime that is dropped nor a process that exits waits for them.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::name::{PluginName, TARGET};

/// A function that has to return at once may take this long: the machine may be busy.
pub(crate) const PATIENCE: Duration = Duration::from_secs(1);

/// More threads than this are never kept waiting by one plugin.
const MOST_THREADS: usize = 256;

/// A thread that has nothing to do ends after this time.
const IDLE: Duration = Duration::from_secs(10);

/// A function of a plugin, and the rule that it breaks when it does not return; without one, it may take its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Function {
    pub(crate) name: &'static str,
    pub(crate) rule: Option<&'static str>,
}

const AT_ONCE: Option<&str> = Some("it must return at once (R2)");

pub(crate) const FETCH: Function = Function {
    name: "fetch()",
    rule: Some(
        "fetch() must not block (R2): declare \"blocking\": true in the manifest of a plugin that waits in it",
    ),
};
pub(crate) const BLOCKING_FETCH: Function = Function { name: "fetch()", rule: None };
pub(crate) const CREATE: Function = Function { name: "create()", rule: None };
pub(crate) const DESCRIBE: Function = Function { name: "describe()", rule: AT_ONCE };
pub(crate) const DESTROY: Function = Function { name: "destroy()", rule: AT_ONCE };
pub(crate) const CANCEL: Function = Function { name: "cancel() or release_call()", rule: AT_ONCE };
pub(crate) const FORECAST: Function = Function { name: "forecast()", rule: AT_ONCE };
pub(crate) const HTTP_DONE: Function = Function { name: "done() of an http_fetch()", rule: AT_ONCE };
pub(crate) const STREAM: Function =
    Function { name: "a function of its stream", rule: Some("a stream hands over what is in memory (R6)") };
pub(crate) const RELEASE: Function = Function { name: "release() of an Arrow array", rule: AT_ONCE };

type Task = Box<dyn FnOnce() + Send>;

/// Threads that start when one is needed.
#[derive(Debug)]
pub(crate) struct Pool {
    plugin: &'static PluginName,
    state: Mutex<State>,
    more: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<(Function, Task)>,
    running: Vec<Running>,
    threads: usize,
    idle: usize,
    /// How often a function broke its rule.
    late: u64,
    next: u64,
}

#[derive(Debug)]
struct Running {
    id: u64,
    function: Function,
    since: Instant,
    reported: bool,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").field("running", &self.running).finish_non_exhaustive()
    }
}

impl Pool {
    pub(crate) fn new(plugin: &'static PluginName) -> Self {
        Self { plugin, state: Mutex::default(), more: Condvar::new() }
    }

    /// Runs a task on one of the threads.
    pub(crate) fn run(&'static self, function: Function, task: impl FnOnce() + Send + 'static) {
        self.look();
        let mut state = self.state();
        state.waiting.push_back((function, Box::new(task)));
        if state.waiting.len() <= state.idle {
            drop(state);
            self.more.notify_one();
            return;
        }
        if state.threads >= MOST_THREADS {
            return;
        }
        state.threads += 1;
        drop(state);
        let thread = thread::Builder::new().name("finvista-plugin".to_owned());
        if let Err(error) = thread.spawn(|| self.work()) {
            self.state().threads -= 1;
            tracing::error!(target: TARGET, plugin = self.plugin.get(), %error, "no thread for {}", function.name);
        }
    }

    /// Runs a task and waits for it, for this time at most. A task that takes longer goes on, and its result is dropped.
    pub(crate) fn wait<T: Send + 'static>(
        &'static self,
        function: Function,
        time: Duration,
        task: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let (tell, told) = mpsc::sync_channel(1);
        self.run(function, move || {
            // Dropped here, on this thread, where it comes too late.
            drop(tell.send(task()));
        });
        told.recv_timeout(time).ok()
    }

    /// The watchdog: names each function that has not returned in time, and the rule that it breaks.
    pub(crate) fn look(&self) {
        let mut late = Vec::new();
        let mut state = self.state();
        for running in &mut state.running {
            let overdue = running.function.rule.is_some() && running.since.elapsed() >= PATIENCE;
            if overdue && !std::mem::replace(&mut running.reported, true) {
                late.push(running.function);
            }
        }
        state.late += late.len() as u64;
        drop(state);
        late.into_iter().for_each(|function| self.report(function));
    }

    /// How often a function did not return in time.
    pub(crate) fn late(&self) -> u64 {
        self.state().late
    }

    fn report(&self, Function { name, rule }: Function) {
        let plugin = self.plugin.get();
        tracing::error!(
            target: TARGET,
            plugin,
            "{name} has not returned after {PATIENCE:?}: {}",
            rule.unwrap_or_default()
        );
    }

    fn work(&'static self) {
        let mut state = self.state();
        loop {
            while let Some((function, task)) = state.waiting.pop_front() {
                let id = state.next;
                state.next += 1;
                state.running.push(Running { id, function, since: Instant::now(), reported: false });
                drop(state);
                if catch_unwind(AssertUnwindSafe(task)).is_err() {
                    tracing::error!(target: TARGET, plugin = self.plugin.get(), "a panic around {}", function.name);
                }
                // Before it is forgotten: it may have returned late and unseen.
                self.look();
                state = self.state();
                state.running.retain(|running| running.id != id);
            }
            state.idle += 1;
            let (woken, timeout) =
                self.more.wait_timeout(state, IDLE).unwrap_or_else(PoisonError::into_inner);
            state = woken;
            state.idle -= 1;
            if timeout.timed_out() && state.waiting.is_empty() {
                state.threads -= 1;
                return;
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn pool() -> &'static Pool {
        Box::leak(Box::new(Pool::new(PluginName::new(Path::new("libx.so")))))
    }

    #[test]
    fn a_task_that_does_not_return_holds_up_no_other() {
        let pool = pool();
        let (release, held) = mpsc::channel::<()>();
        let stuck = pool.wait(FETCH, Duration::from_millis(20), move || held.recv().is_ok());
        assert_eq!(stuck, None);
        for number in 0..100 {
            assert_eq!(pool.wait(FETCH, Duration::from_secs(10), move || number), Some(number));
        }
        drop(release);
        // A panic ends its task and not its thread.
        assert_eq!(pool.wait(FETCH, Duration::from_secs(10), || -> u8 { panic!("as planned") }), None);
        assert_eq!(pool.wait(FETCH, Duration::from_secs(10), || 7), Some(7));
        assert!(pool.state().threads <= 3, "{:?}", pool.state());
    }

    #[test]
    fn the_watchdog_names_each_breach_once_and_leaves_those_alone_that_may_wait() {
        let pool = pool();
        let mut held = Vec::new();
        for function in [FETCH, BLOCKING_FETCH, FORECAST] {
            let (release, hold) = mpsc::channel::<()>();
            let (tell, started) = mpsc::channel();
            pool.run(function, move || {
                tell.send(()).unwrap();
                hold.recv().unwrap_err();
            });
            started.recv().unwrap();
            held.push(release);
        }
        pool.look();
        assert_eq!(pool.late(), 0);
        let aged = Instant::now().checked_sub(PATIENCE).unwrap();
        pool.state().running.iter_mut().for_each(|running| running.since = aged);
        pool.look();
        pool.look();
        assert_eq!(pool.late(), 2);
        assert!(FETCH.rule.unwrap().contains("fetch() must not block (R2): declare \"blocking\": true"));
    }
}
