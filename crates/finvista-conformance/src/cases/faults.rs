//! Faults of the server: each is the right kind of error and never a table, and is over when it is over.

use finvista_core::ErrorKind::{self, Blocked, Decode, Invalid, RateLimited, Transport, Upstream};
use finvista_core::ShapeKind;

use crate::bench::{Bench, Offered, TIME, World, ask};
use crate::report::{Checked, NAME_A_SAMPLE, fail, skip, todo};
use crate::table;

/// What a fault is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    /// Nothing but the connection and the status: any server can have it.
    Any,
    /// A right answer.
    Answer,
    /// An answer in a format that the testkit knows.
    Format,
}

/// Every fault, and the kinds of error that it may be. The hang is another case.
const FAULTS: [(&str, Of, &[ErrorKind]); 13] = [
    ("reset", Of::Any, &[Blocked]),
    ("status:403", Of::Any, &[Blocked]),
    ("status:456", Of::Any, &[Blocked]),
    ("status:429:120", Of::Any, &[RateLimited]),
    ("status:500", Of::Any, &[Upstream]),
    ("status:503", Of::Any, &[Upstream]),
    ("html", Of::Any, &[Blocked, Decode]),
    ("empty", Of::Any, &[Decode, Blocked]),
    ("garbage", Of::Any, &[Decode, Invalid]),
    ("truncated", Of::Answer, &[Transport]),
    ("wrong-length", Of::Answer, &[Decode, Invalid]),
    ("other-symbol", Of::Format, &[Invalid, Decode]),
    ("schema-drift", Of::Format, &[Decode, Invalid]),
];

pub(crate) async fn all(bench: &Bench, offered: &Offered) -> Vec<(&'static str, Checked)> {
    let mut cases = Vec::new();
    for (fault, of, kinds) in FAULTS {
        cases.push((fault, one(bench, offered, fault, of, kinds).await));
    }
    cases
}

async fn one(bench: &Bench, offered: &Offered, fault: &str, of: Of, kinds: &[ErrorKind]) -> Checked {
    let (source, faults) = bench.broken()?;
    match (of, bench.world) {
        (Of::Any, _) | (Of::Answer, World::Market | World::Answers) | (Of::Format, World::Market) => {}
        (Of::Answer, _) => return todo("give the answers of its hosts (Subject::answers)"),
        (Of::Format, _) => return skip("the testkit does not know the format of its answers"),
    }
    if fault == "other-symbol" && !matches!(offered.spec.shape, ShapeKind::Series | ShapeKind::Snapshot) {
        return skip("the data set is not about one instrument");
    }
    let Some((query, answer)) = offered.asked.first() else {
        return todo(NAME_A_SAMPLE);
    };
    let Ok(rule) = format!("*={fault}").parse() else {
        return fail(format!("expected a fault, got {fault}"));
    };
    faults.add(rule);
    let broken = table::checked(offered, query, ask(source, &bench.cx(TIME), query).await);
    faults.clear();
    match broken {
        Err(error) if kinds.contains(&error.kind()) => {}
        Err(error) => {
            let right: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
            return fail(format!("{query}: expected {}, got {error}", right.join(" or ")));
        }
        Ok(batch) => return fail(format!("{query}: {} rows out of a broken answer", batch.num_rows())),
    }
    if bench.world == World::Live || answer.is_err() {
        return Ok(());
    }
    match table::checked(offered, query, bench.ask(query).await) {
        Ok(_) => Ok(()),
        Err(error) => fail(format!("{query}: {error}, when the fault was over")),
    }
}
