//! How long answers of a third party's data set are cached: as its definition says.

use std::sync::Arc;

use finvista_core::dataset::Dataset;
use finvista_core::manager::CacheConfig;
use jiff::civil::date;
use tokio::time::advance;

use crate::support::{HkDaily, SECOND, Scripted, bars, bars_query, manager, options};

#[tokio::test(start_paused = true)]
async fn past_days_are_cached_for_longer_than_today() {
    let day = date(2024, 6, 26);
    let source = Arc::new(Scripted::new("a", HkDaily::SPEC, move |_, q| (0, Ok(bars(q, &[(day, 370.0)])))));
    let manager = manager(&[Arc::clone(&source)]).with_cache(CacheConfig::default());
    for (pairs, seconds) in [
        (&[("end", "2024-06-27")][..], 3_600),
        // Today in Hong Kong, and a range without an end.
        (&[("end", "2024-06-28")], 60),
        (&[], 60),
    ] {
        let (query, before) = (bars_query(pairs), source.asked());
        let first = manager.fetch(&query, &options()).await.unwrap();
        assert!(!first.provenance().cached);
        advance(SECOND * (seconds - 1)).await;
        let again = manager.fetch(&query, &options()).await.unwrap();
        assert!(again.provenance().cached && again == first);
        assert_eq!(source.asked() - before, 1);
        advance(SECOND).await;
        assert!(!manager.fetch(&query, &options()).await.unwrap().provenance().cached);
        assert_eq!(source.asked() - before, 2);
    }
}

#[tokio::test(start_paused = true)]
async fn other_parameters_are_another_answer() {
    let day = date(2024, 6, 26);
    let source = Arc::new(Scripted::new("a", HkDaily::SPEC, move |_, q| (0, Ok(bars(q, &[(day, 370.0)])))));
    let manager = manager(&[Arc::clone(&source)]).with_cache(CacheConfig::default());
    // A default that is spelt out, and another spelling of the symbol, make the same query.
    for pairs in [&[][..], &[("period", "day")], &[("adjust", "none")], &[("symbol", "hk00700")]] {
        let pairs: Vec<_> = [("symbol", "700")]
            .into_iter()
            .filter(|_| pairs.iter().all(|p| p.0 != "symbol"))
            .chain(pairs.iter().copied())
            .collect();
        let query = crate::support::query(HkDaily::SPEC, &pairs);
        manager.fetch(&query, &options()).await.unwrap();
    }
    assert_eq!(source.asked(), 1);
    manager.fetch(&bars_query(&[("period", "week")]), &options()).await.unwrap();
    assert_eq!(source.asked(), 2);
    let fresh = finvista_core::manager::CallOptions { fresh: true, ..options() };
    manager.fetch(&bars_query(&[]), &fresh).await.unwrap();
    assert_eq!(source.asked(), 3);
}
