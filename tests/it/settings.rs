#![cfg(test)]
//! Settings from code: as strict as those of a file, changed without a loss from several threads, and the same everywhere.

use std::sync::Barrier;
use std::time::Duration;

use finvista::{CallOptions, Error, FailoverConfig, FinVista, Status};
use jiff::Timestamp;

use crate::scripted::{Act, Scripted};

fn client() -> FinVista {
    FinVista::builder().environment([]).build().unwrap()
}

/// Each of two threads adds to the same setting a hundred times, and to one of its own.
#[test]
fn changes_from_two_threads_are_not_lost() {
    let fv = client();
    for round in 1..=20_u32 {
        let barrier = Barrier::new(2);
        std::thread::scope(|scope| {
            for vendor in ["sina", "tencent"] {
                let (fv, barrier) = (fv.clone(), &barrier);
                scope.spawn(move || {
                    barrier.wait();
                    for _ in 0..100 {
                        fv.configure(|config| {
                            config.failover.deadline += Duration::from_millis(1);
                            let period = config.rates.periods.entry(vendor.to_owned()).or_default();
                            *period += Duration::from_millis(1);
                        })
                        .unwrap();
                    }
                });
            }
        });
        let config = fv.config();
        assert_eq!(config.failover.deadline, Duration::from_secs(30) + round * Duration::from_millis(200));
        for vendor in ["sina", "tencent"] {
            assert_eq!(config.rates.periods[vendor], round * Duration::from_millis(100), "{vendor}");
        }
    }
}

/// What a circuit does is what `config` says, whichever of two changes at once came last.
#[test]
fn circuits_run_the_thresholds_that_config_says() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    for round in 0..300 {
        let sources = ["a", "b", "c", "d", "e", "f", "g", "h"];
        let builder = FinVista::builder().environment([]).cache(false).without_registered();
        let fv = sources.iter().zip(0..).fold(builder, |builder, (name, priority)| {
            let act = |_| Act::Fail(finvista::ErrorKind::Upstream);
            builder.source(std::sync::Arc::new(Scripted::new(name, priority, act)))
        });
        let fv = fv.build().unwrap();
        let barrier = Barrier::new(2);
        std::thread::scope(|scope| {
            for threshold in [1, 2] {
                let (fv, barrier) = (fv.clone(), &barrier);
                scope.spawn(move || {
                    barrier.wait();
                    for _ in 0..5 {
                        fv.configure(|config| config.failover.failure_threshold = threshold).unwrap();
                    }
                });
            }
        });
        let says = fv.config().failover.failure_threshold;
        let query = crate::support::ping_an();
        let result = runtime.block_on(fv.fetch_with(&query, &CallOptions::default()));
        assert!(matches!(result, Err(Error::AllSourcesFailed(_))));
        let expected = if says == 1 { Status::CircuitOpen } else { Status::Degraded };
        let health = fv.source_health();
        for source in sources {
            let status = health.get("cn_stock_daily", source).unwrap().status;
            assert_eq!(status, expected, "{source} in round {round}: the threshold is {says}");
        }
    }
}

#[test]
fn a_change_within_a_change_is_refused_and_not_waited_for() {
    let fv = client();
    let mut inner = None;
    fv.configure(|config| {
        config.failover.failure_threshold = 7;
        // Reading is allowed, and shows the settings before this change.
        assert_eq!(fv.config().failover.failure_threshold, 5);
        inner = Some(fv.configure(|config| config.failover.failure_threshold = 9));
    })
    .unwrap();
    assert!(matches!(inner, Some(Err(Error::Config(_)))));
    assert_eq!(fv.config().failover.failure_threshold, 7);
    let panicked =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| fv.configure(|_| panic!("half way"))));
    assert!(panicked.is_err());
    fv.configure(|config| config.failover.failure_threshold = 8).unwrap();
    assert_eq!(fv.config().failover.failure_threshold, 8);
}

#[test]
fn no_time_is_longer_than_a_year() {
    type Set = fn(&mut FailoverConfig, Duration);
    let times: [(&str, Set); 8] = [
        ("circuit_timeout", |it, time| it.circuit_timeout = time),
        ("probe_lease", |it, time| it.probe_lease = Some(time)),
        ("attempt_timeout", |it, time| it.attempt_timeout = time),
        ("deadline", |it, time| it.deadline = time),
        ("deadline_counts_after", |it, time| it.deadline_counts_after = time),
        ("hedge_after", |it, time| it.hedge_after = Some(time)),
        ("ban_time", |it, time| it.ban_time = time),
        ("ban_max", |it, time| it.ban_max = time),
    ];
    let year = Duration::from_secs(365 * 86_400);
    for (key, set) in times {
        let fv = client();
        for time in [Duration::MAX, year + Duration::from_nanos(1)] {
            let error = fv.configure(|config| set(&mut config.failover, time)).unwrap_err();
            assert!(error.to_string().starts_with(&format!("failover.{key}: expected at most")), "{error}");
            let built = FinVista::builder().environment([]).failover(move |it| set(it, time)).build();
            assert!(matches!(built, Err(Error::Config(_))), "{key}");
        }
        assert_eq!(fv.config().failover, FailoverConfig::default());
        let longest = fv.configure(|config| {
            (config.failover.probe_lease, config.failover.ban_max) = (Some(year), year);
            set(&mut config.failover, year);
        });
        longest.unwrap_or_else(|error| panic!("{key}: {error}"));
    }
    assert!(matches!(
        FinVista::builder().environment([]).timeout(Duration::MAX).build(),
        Err(Error::Config(_))
    ));
}

#[test]
fn a_rate_is_between_a_millisecond_and_a_day() {
    let fv = client();
    for wrong in [Duration::ZERO, Duration::from_nanos(1), Duration::from_secs(86_401), Duration::MAX] {
        let change = |config: &mut finvista::Config| {
            config.rates.periods.insert("sina".to_owned(), wrong);
            config.failover.failure_threshold = 9;
        };
        let error = fv.configure(change).unwrap_err();
        assert!(error.to_string().starts_with("rate_limit.sina: expected a request every"), "{error}");
        assert_eq!(fv.config(), client().config());
    }
}

/// Times of a single call are not settings: the longest of them is a call that nothing ends but its sources.
#[tokio::test(start_paused = true)]
async fn a_call_without_an_end_is_a_call() {
    let slow = |_| Act::After(Duration::from_secs(5), Box::new(Act::Answer));
    for cache in [true, false] {
        let builder = FinVista::builder().environment([]).cache(cache).without_registered();
        let builder = builder.wall_clock(crate::support::now).failover(|failover| {
            failover.deadline_policy = finvista::DeadlinePolicy::Greedy;
        });
        let fv = builder.source(std::sync::Arc::new(Scripted::new("a", 0, slow))).build().unwrap();
        let call = fv.cn_stock_daily("600000").timeout(Duration::MAX).stale_if_error(Duration::MAX);
        assert_eq!(call.await.unwrap().source(), "a");
        let mut polls = fv.cn_stock_daily("600000").every(Duration::MAX);
        assert_eq!(polls.next().await.unwrap().unwrap().source(), "a");
    }
}

#[tokio::test]
async fn the_last_instant_of_the_calendar_is_a_time_of_day() {
    for zone in [finvista::Zone::Shanghai, finvista::Zone::HongKong, finvista::Zone::NewYork] {
        for instant in [Timestamp::MIN, Timestamp::MAX] {
            assert!(zone.day(instant).year().abs() == 9999);
        }
        for day in [jiff::civil::Date::MIN, jiff::civil::Date::MAX] {
            _ = zone.instant(day.to_datetime(jiff::civil::Time::MAX));
        }
    }
    let almost: fn() -> Timestamp = || "9999-12-30T21:58:00Z".parse().unwrap();
    for clock in [almost, || Timestamp::MAX, || Timestamp::MIN] {
        let answers = std::sync::Arc::new(Scripted::new("a", 0, |_| Act::Answer));
        let fails = |_| Act::Fail(finvista::ErrorKind::Blocked);
        let fails = std::sync::Arc::new(Scripted::new("b", -1, fails));
        let builder = FinVista::builder().environment([]).without_registered().wall_clock(clock);
        let fv = builder.source(answers).source(fails).build().unwrap();
        for _ in 0..6 {
            let call = || fv.cn_stock_daily("600000").end("2024-06-28");
            call().explain().unwrap();
            _ = call().fresh().await;
            _ = call().source("b").await.unwrap_err().to_string();
            _ = fv.cn_stock_quote(["600000"]).await;
        }
        serde_json::to_string(&fv.source_health()).unwrap();
    }
    // The vendors' own addresses, answers and limits, too.
    for clock in [almost, || Timestamp::MAX, || Timestamp::MIN] {
        let bench = crate::support::Bench::with(3, |builder| builder.wall_clock(clock).cache(true)).await;
        let fv = &bench.fv;
        for vendor in finvista_testkit::Vendor::ALL.map(|vendor| vendor.to_string()) {
            for period in ["day", "week", "month"] {
                _ = fv.cn_stock_daily("600036").period(period).source(&vendor).await;
                _ = fv.cn_stock_daily("600036").period(period).adjust(finvista::Adjust::Qfq).await;
            }
            for period in ["1m", "5m"] {
                _ = fv.cn_stock_minute("600036").period(period).source(&vendor).await;
            }
            _ = fv.cn_stock_quote(["600036"]).source(&vendor).await;
            _ = fv.cn_stock_list("star").source(&vendor).await;
            _ = fv.cn_stock_search("payh").source(&vendor).await;
        }
        bench.breaks(finvista_testkit::Vendor::Sina, "status:429:120");
        _ = fv.cn_stock_quote(["600036"]).source("sina").fresh().await.unwrap_err().to_string();
    }
    for clock in [almost, || Timestamp::MAX, || Timestamp::MIN] {
        let fv = FinVista::builder().environment([]).wall_clock(clock).gateway("http://127.0.0.1:9");
        let fv = fv.build().unwrap();
        for period in ["day", "week", "month"] {
            _ = fv.cn_stock_daily("600000").period(period).start("2024-01-01").explain();
            _ = fv.cn_stock_daily("600000").period(period).start("2024-01-01").await;
        }
        _ = fv.cn_stock_minute("600000").await;
        _ = fv.cn_stock_quote(["600000"]).await;
        _ = fv.cn_stock_list("star").explain();
        _ = fv.cn_index_daily("000300").await;
    }
}

#[test]
fn a_blocking_client_may_be_dropped_anywhere() {
    let source = std::sync::Arc::new(Scripted::new("a", 0, |_| Act::Answer));
    let builder = FinVista::builder().environment([]).without_registered();
    let fv = builder.wall_clock(crate::support::now).source(source).build().unwrap();
    let blocking = || finvista::blocking::FinVista::over(&fv).unwrap();
    let used = blocking();
    used.cn_stock_daily("600000").send().unwrap();
    let mut answers = blocking().cn_stock_daily_many(["600000", "600001", "600002"]).send().unwrap();
    answers.next().unwrap().1.unwrap();
    for runtime in [
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap(),
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap(),
    ] {
        let (used, unused) = (used.clone(), blocking());
        runtime.block_on(async move {
            drop(unused);
            tokio::spawn(async move { drop(used) }).await.unwrap();
        });
    }
    drop(used);
    // An iterator that was carried into async code goes on.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async move {
        answers.next().unwrap().1.unwrap();
        drop(answers);
    });
}
