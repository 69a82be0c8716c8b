//! `sim`: the local market, until interrupted.

use finvista::Zone;
use finvista_testkit::{Market, Simulator};

use crate::args::Sim;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::report::note;

pub(crate) async fn run(command: &Sim) -> Result<(), Failure> {
    let mut builder = Simulator::builder().port(command.port);
    builder = match &command.replay {
        Some(dir) => builder.replay(dir),
        None => builder.market(Market::new(command.seed, Zone::Shanghai.day(jiff::Timestamp::now()))),
    };
    for rule in &command.faults {
        builder = builder.fault(rule.clone());
    }
    let what = || match &command.replay {
        Some(dir) => format!("the simulator on port {} from {}", command.port, dir.display()),
        None => format!("the simulator on port {}", command.port),
    };
    let listening = Interrupt::listen();
    let mut interrupt = listening.map_err(|e| Failure::Io("listening for Ctrl-C".to_owned(), e))?;
    let simulator = builder.start().await.map_err(|e| Failure::Io(what(), e))?;
    let origin = simulator.origin();
    note(&format!("The vendors answer at {origin}. In another terminal:"));
    note(&format!("  finvista --gateway {origin} history 000001 600519 --start 2024-01-01"));
    note("Ctrl-C ends it.");
    interrupt.wait().await;
    simulator.stop().await;
    Ok(())
}
