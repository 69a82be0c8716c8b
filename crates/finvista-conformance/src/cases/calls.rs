//! Calls: their time, their end before it, many at once, and many one after the other.

use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;

use arrow_array::RecordBatch;
use finvista_core::{ErrorKind, Query};
use futures_util::future::join_all;

use crate::bench::{Bench, Offered, TIME, World, ask};
use crate::process;
use crate::report::{Checked, NAME_A_SAMPLE, fail, skip, todo};

/// The time of a fetch that shall not end by itself, and how much later it must have ended.
const SHORT: Duration = Duration::from_millis(100);
const GRACE: Duration = Duration::from_secs(1);

/// Fetches that are dropped.
const DROPPED: usize = 120;

/// Fetches at once.
const AT_ONCE: usize = 64;
const AT_ONCE_OF_A_SWEEP: usize = 4;

/// Fetches for a look at the memory: of a source that answers by itself, and of one over HTTP.
const CALLS: usize = 10_000;
const CALLS_OVER_HTTP: usize = 500;

/// How many bytes memory may grow by in all these calls: room for pools and logs that still fill, and less than a byte a call.
const GROWTH: usize = 2 * 1024 * 1024;

pub(crate) async fn time(bench: &Bench, offered: &Offered) -> Checked {
    let Some((query, _)) = offered.asked.first() else {
        return todo(NAME_A_SAMPLE);
    };
    let source = match bench.broken() {
        Ok((source, faults)) => {
            faults.add(hang());
            source
        }
        Err(_) => &bench.source,
    };
    let cx = bench.cx(SHORT);
    let ended = tokio::time::timeout(SHORT + GRACE, source.fetch(&cx, query)).await;
    let hung = bench.broken().map(|(_, faults)| faults.clear()).is_ok();
    match ended {
        // The manager cuts it, as happened here.
        Err(_) if hung => {}
        Err(_) => return fail(format!("{query}: it goes on {GRACE:?} after its time")),
        Ok(Err(error)) if [ErrorKind::Timeout, ErrorKind::Throttled].contains(&error.kind()) => {}
        Ok(Ok(_)) if hung => return fail(format!("{query}: a table out of nothing")),
        Ok(Err(error)) if hung => return fail(format!("{query}: {error}, and not timeout")),
        // Nothing kept it from ending: what it said is another case's matter.
        Ok(_) => {}
    }
    same_again(bench, offered).await
}

fn hang() -> finvista_testkit::FaultRule {
    use finvista_testkit::{Fault, FaultRule};
    FaultRule { vendor: None, path: None, calls: 1..=usize::MAX, fault: Fault::Hang }
}

/// Each is dropped one poll later than the one before, and the last ones in the middle of a request that hangs.
pub(crate) async fn dropped(bench: &Bench, offered: &Offered) -> Checked {
    let (query, _) = offered.answered()?;
    bench.spares()?;
    let open = process::open_files();
    for polls in 0..DROPPED {
        if polls == DROPPED / 2 {
            bench.broken().map(|(_, faults)| faults.add(hang())).unwrap_or_default();
        }
        let cx = bench.cx(TIME);
        let mut fetch = bench.source.fetch(&cx, query);
        for _ in 0..polls % 12 {
            // Others have their turns between two polls.
            tokio::task::yield_now().await;
            if fetch.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready() {
                break;
            }
        }
        drop(fetch);
    }
    bench.broken().map(|(_, faults)| faults.clear()).unwrap_or_default();
    // What a plugin was asked to stop, its own threads stop in a moment, and until then it may refuse more.
    let again = async {
        loop {
            match same_again(bench, offered).await {
                Ok(()) => return,
                Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        }
    };
    if tokio::time::timeout(Duration::from_secs(10), again).await.is_err() {
        same_again(bench, offered).await?;
    }
    // A connection that a fetch has left takes a moment to close, and a pool keeps a few.
    let most = open.map(|open| open + DROPPED / 4);
    let closed = async {
        while process::open_files() > most {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    match tokio::time::timeout(Duration::from_secs(10), closed).await {
        Ok(()) => Ok(()),
        Err(_) => fail(format!("{:?} files are open, and {open:?} were before", process::open_files())),
    }
}

pub(crate) async fn at_once(bench: &Bench, offered: &Offered) -> Checked {
    offered.answered()?;
    bench.spares()?;
    let at_once = if offered.spec.pace.is_sweep() { AT_ONCE_OF_A_SWEEP } else { AT_ONCE };
    let known: Vec<(&Query, &RecordBatch)> =
        offered.asked.iter().filter_map(|(query, answer)| Some((query, answer.as_ref().ok()?))).collect();
    // Two threads, and on each all have begun before any is over. All have ended before one is judged: whether a table changes by
    // itself is asked of a source that is left alone.
    let halves: Vec<_> = (0..2)
        .map(|_| {
            let asked = known.iter().cycle().take(at_once / 2).map(|(query, _)| (*query).clone());
            let asked: Vec<(Query, _)> = asked.map(|query| (query, bench.cx(TIME))).collect();
            let source = Arc::clone(&bench.source);
            tokio::spawn(
                async move { join_all(asked.iter().map(|(query, cx)| ask(&source, cx, query))).await },
            )
        })
        .collect();
    let mut ended = Vec::with_capacity(at_once);
    for half in halves {
        let answers = match half.await {
            Ok(answers) => answers,
            Err(error) => return fail(error.to_string()),
        };
        ended.extend(
            known.iter().cycle().zip(answers).map(|((query, first), answer)| (*query, *first, answer)),
        );
    }
    for (query, first, answer) in ended {
        match answer {
            Ok(batch) if batch == *first => {}
            Ok(batch) if changes(bench, query).await => drop(batch),
            Ok(_) => return fail(format!("{query}: another table than when it was asked alone")),
            Err(error) => return fail(format!("{query}: {error}, of {at_once} at once")),
        }
    }
    Ok(())
}

pub(crate) async fn memory(bench: &Bench, offered: &Offered) -> Checked {
    let (query, _) = offered.answered()?;
    bench.spares()?;
    if process::memory().is_none() {
        return skip("this system does not say how much memory a process has");
    }
    let calls = match bench.world {
        _ if offered.spec.pace.is_sweep() => {
            return skip("a sweep is dozens of requests: its vendor's other data sets tell");
        }
        World::Own => CALLS,
        _ => CALLS_OVER_HTTP,
    };
    // Others of this process may take memory meanwhile. What leaks leaks every time.
    let mut grown = 0;
    for _ in 0..4 {
        let before = process::memory().unwrap_or_default();
        for _ in 0..calls {
            if let Err(error) = bench.ask(query).await {
                return fail(format!("{query}: {error}"));
            }
        }
        grown = process::memory().unwrap_or_default().saturating_sub(before);
        if grown <= GROWTH {
            return Ok(());
        }
    }
    fail(format!("{query}: memory grew by {grown} bytes in {calls} calls, in every round"))
}

/// The source answers as it did.
async fn same_again(bench: &Bench, offered: &Offered) -> Checked {
    let Ok((query, first)) = offered.answered() else { return Ok(()) };
    match bench.ask(query).await {
        Ok(batch) if batch == *first || changes(bench, query).await => Ok(()),
        Ok(_) => fail(format!("{query}: another table than before")),
        Err(error) => fail(format!("{query}: {error}, when all was well again")),
    }
}

/// Whether the answers of a source change by themselves, as a live one's do.
async fn changes(bench: &Bench, query: &Query) -> bool {
    match bench.world {
        World::Market | World::Answers => false,
        World::Own | World::Live => match (bench.ask(query).await, bench.ask(query).await) {
            (Ok(one), Ok(two)) => one != two,
            _ => false,
        },
    }
}
