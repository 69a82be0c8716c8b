#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod bench;
mod cases;
mod process;
mod report;
mod samples;
mod subject;
mod table;
mod value;

use bench::Bench;
use tokio::sync::Mutex;

/// What [`Subject::answers`] is asked, and what it answers.
pub use finvista_testkit::{Answer, Request};
pub use report::{Case, Outcome, Report};
pub use subject::{Sample, Subject};

/// One suite at a time: what a process has in memory and open files is the process's, not a source's.
static ONE: Mutex<()> = Mutex::const_new(());

/// Puts a source through every case.
pub async fn check(subject: &Subject) -> Report {
    let _one = ONE.lock().await;
    match Bench::new(subject).await {
        Ok(bench) => {
            let info = bench.source.info();
            let source = format!("{} {}, {}", info.name, info.version, info.origin);
            Report { source, cases: cases::run(&bench, subject).await }
        }
        Err(why) => not_made(why),
    }
}

/// The same for a program without a runtime, such as a test.
///
/// ```no_run
/// let report = finvista_conformance::run(&finvista_conformance::Subject::vendor(&finvista_sina::SINA));
/// assert!(report.passed(), "{report}");
/// ```
pub fn run(subject: &Subject) -> Report {
    match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime.block_on(check(subject)),
        Err(error) => not_made(format!("no runtime: {error}")),
    }
}

fn not_made(why: String) -> Report {
    let case = Case { name: "it can be made".to_owned(), dataset: None, outcome: Outcome::Failed(why) };
    Report { source: "a source".to_owned(), cases: vec![case] }
}

/// Expands to a test that puts a source through the suite: a [`Vendor`](finvista_core::Vendor), or any [`Subject`] under a name for
/// the test. A failed test prints the report; `cargo test -- --nocapture` prints that of a passed one.
///
/// ```
/// finvista_conformance::conformance!(finvista_sina::SINA);
/// finvista_conformance::conformance!(its_name, finvista_conformance::Subject::vendor(&finvista_sina::SINA));
/// ```
#[macro_export]
macro_rules! conformance {
    ($vendor:path) => {
        $crate::conformance!(conformance, $crate::Subject::vendor(&$vendor));
    };
    ($name:ident, $subject:expr) => {
        #[test]
        fn $name() {
            let report = $crate::run(&$subject);
            if !report.passed() {
                panic!("{report}");
            }
            println!("{report}");
        }
    };
}
