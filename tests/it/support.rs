#![cfg(test)]
//! What the modules share: a market on a loopback port, and a client that takes it for the vendors.

use finvista::raw::dataset::Dataset;
use finvista::raw::{Series, Snapshot};
use finvista::{
    Adjust, Builder, Call, CnStockDaily, CnStockQuote, DateRange, ErrorKind, FinVista, Query, Symbol, Table,
};
use finvista_testkit::{Fault, FaultRule, Instrument, Kind, Market, Simulator, Vendor};
use jiff::Timestamp;
use jiff::civil::{Date, date};

/// The last day of every market here.
pub(crate) const UNTIL: Date = date(2024, 6, 28);

/// The client's clock: an hour after the close of that day.
pub(crate) fn now() -> Timestamp {
    "2024-06-28T16:00:00+08:00".parse().unwrap()
}

/// A market behind a loopback port, and a client whose gateway it is.
#[derive(Debug)]
pub(crate) struct Bench {
    pub(crate) simulator: Simulator,
    pub(crate) fv: FinVista,
}

impl Bench {
    /// The market of this seed, and a client with default settings.
    pub(crate) async fn start(seed: u64) -> Self {
        Self::with(seed, |builder| builder).await
    }

    /// The same with other settings.
    pub(crate) async fn with(seed: u64, settings: impl FnOnce(Builder) -> Builder) -> Self {
        let simulator = Simulator::builder().market(Market::new(seed, UNTIL)).start().await.unwrap();
        let fv = settings(client(&simulator)).build().unwrap();
        Self { simulator, fv }
    }

    pub(crate) fn market(&self) -> &Market {
        self.simulator.market().unwrap()
    }

    pub(crate) fn instrument(&self, code: &str) -> &Instrument {
        self.market().instrument(code).unwrap_or_else(|| panic!("{code} is not listed"))
    }

    /// From now on every answer of this vendor is damaged in this way.
    pub(crate) fn breaks(&self, vendor: Vendor, fault: &str) {
        self.simulator.faults().add(FaultRule::always(vendor, fault.parse::<Fault>().unwrap()));
    }

    pub(crate) fn mend(&self, vendor: Vendor) {
        self.simulator.faults().clear_vendor(vendor);
    }

    /// How many requests each vendor got so far, in the order of [`Vendor::ALL`].
    pub(crate) fn calls(&self) -> [usize; 3] {
        Vendor::ALL.map(|vendor| self.simulator.calls(vendor))
    }
}

/// A builder of a client whose vendors are all this simulator and whose day is [`UNTIL`], without rate limits.
pub(crate) fn client(simulator: &Simulator) -> Builder {
    FinVista::builder()
        .environment([])
        .gateway(simulator.origin())
        .wall_clock(now)
        .rate_limit(false)
        .cache(false)
}

/// A call for daily bars of a range that may be open at either end.
pub(crate) fn daily(fv: &FinVista, symbol: &str, range: DateRange, adjust: Adjust) -> Call<CnStockDaily> {
    let mut call = fv.cn_stock_daily(symbol).adjust(adjust);
    if let Some(start) = range.start() {
        call = call.start(start);
    }
    if let Some(end) = range.end() {
        call = call.end(end);
    }
    call
}

/// A query for daily bars, as [`daily`] would ask it.
pub(crate) fn daily_query(symbol: &str, range: DateRange, adjust: Adjust) -> Query {
    let rules = &CnStockDaily::SPEC.rules;
    let mut series = Series::new(rules.universe.symbol(symbol).unwrap(), rules).unwrap();
    (series.range, series.adjust) = (range, adjust);
    Query::of::<CnStockDaily>(series)
}

/// A query for the whole history of Ping An Bank.
pub(crate) fn ping_an() -> Query {
    daily_query("000001", DateRange::default(), Adjust::None)
}

/// The data sets of FinVista, and no source.
pub(crate) fn registry() -> finvista_core::Registry {
    finvista_core::Registry::of_datasets().unwrap()
}

/// A query for quotes.
pub(crate) fn quote_query(symbols: impl IntoIterator<Item = Symbol>) -> Query {
    Query::of::<CnStockQuote>(Snapshot::new(symbols, &CnStockQuote::SPEC.rules).unwrap())
}

pub(crate) fn days(start: Date, end: Date) -> DateRange {
    DateRange::new(Some(start), Some(end)).unwrap()
}

/// The kinds of the failed attempts, by source, of a call that was answered or not.
pub(crate) fn failures<D>(result: &Result<Table<D>, finvista::Error>) -> Vec<(String, ErrorKind)> {
    let attempts = match result {
        Ok(table) => table.provenance().attempts.as_slice(),
        Err(error) => error.attempts(),
    };
    let failed = attempts
        .iter()
        .filter_map(|attempt| attempt.error.as_ref().map(|error| (attempt.source.clone(), error.kind())));
    failed.collect()
}

/// The end of a call in one line; a whole table in a failed assertion would bury it.
pub(crate) fn told<D>(result: &Result<Table<D>, finvista::Error>) -> String {
    match result {
        Ok(table) => format!("{} rows of {}, {:?}", table.num_rows(), table.source(), table.provenance()),
        Err(error) => format!("{error}"),
    }
}

/// What `cn_stock_daily` and `cn_stock_quote` may be asked for: everything but the indices.
pub(crate) fn stocks(market: &Market) -> Vec<&Instrument> {
    market.instruments().iter().filter(|instrument| instrument.kind != Kind::Index).collect()
}
