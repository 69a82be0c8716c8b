//! Many calls at once on tokio.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

/// A runtime for this many calls at once. One call at a time needs no second thread, and would only be handed from one to the
/// other.
///
/// # Errors
///
/// When the system has no threads left.
pub fn runtime(parallel: usize) -> Result<Runtime, String> {
    let mut builder = match parallel {
        ..=1 => Builder::new_current_thread(),
        _ => Builder::new_multi_thread(),
    };
    builder.enable_all().build().map_err(|e| e.to_string())
}

/// The results of one call for each item, `parallel` of them in flight. Each of the tasks takes the next item until there is none,
/// so that answers are decoded on whichever thread is free.
///
/// # Errors
///
/// When a call fails.
pub fn each<I, T, F>(
    runtime: &Runtime,
    parallel: usize,
    items: &Arc<[I]>,
    call: impl Fn(&I) -> F + Clone + Send + 'static,
) -> Result<Vec<T>, String>
where
    I: Send + Sync + 'static,
    T: Send + 'static,
    F: Future<Output = Result<T, String>> + Send + 'static,
{
    let next = Arc::new(AtomicUsize::new(0));
    let tasks = (0..parallel.max(1)).map(|_| {
        let (items, next, call) = (Arc::clone(items), Arc::clone(&next), call.clone());
        async move {
            let mut results = Vec::new();
            while let Some(item) = items.get(next.fetch_add(1, Relaxed)) {
                results.push(call(item).await?);
            }
            Ok::<_, String>(results)
        }
    });
    runtime.block_on(async {
        let (mut running, mut all): (JoinSet<_>, _) = (tasks.collect(), Vec::new());
        while let Some(part) = running.join_next().await {
            all.extend(part.map_err(|e| e.to_string())??);
        }
        Ok(all)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_is_called_once_and_an_error_ends_it() {
        let items: Arc<[u32]> = (0..20).collect();
        for parallel in [0, 1, 3, 40] {
            let runtime = runtime(parallel).unwrap();
            let doubled = |item: &u32| std::future::ready(Ok(item * 2));
            let mut results: Vec<u32> = each(&runtime, parallel, &items, doubled).unwrap();
            results.sort_unstable();
            assert_eq!(results, (0..20).map(|item| item * 2).collect::<Vec<_>>());
            let failing =
                |item: &u32| std::future::ready(if *item == 7 { Err("7".to_owned()) } else { Ok(()) });
            assert_eq!(each(&runtime, parallel, &items, failing), Err("7".to_owned()));
        }
    }
}
