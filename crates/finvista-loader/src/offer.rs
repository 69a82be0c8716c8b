//! Which of a plugin's offers are taken: those that this host understands, and that fit the data sets which it has.

use std::fmt;

use finvista_core::dataset::ColumnSpec;
use finvista_core::{Boards, Capability, DatasetSpec, Precision};
use finvista_plugin::manifest::{Offered, Promise, Rounding};

use crate::{dataset, leak};

/// An offer of a plugin that was left out. The other offers of the plugin are not touched by it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DroppedOffer {
    /// The data set.
    pub dataset: String,
    /// Why.
    pub why: String,
}

impl fmt::Display for DroppedOffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the offer of {} is left out: {}", self.dataset, self.why)
    }
}

/// An offer that was taken.
#[derive(Debug)]
pub(crate) struct Taken {
    /// The definition of the data set.
    pub(crate) spec: &'static DatasetSpec,
    /// Whether the definition is the plugin's.
    pub(crate) is_own: bool,
    pub(crate) priority: i32,
    pub(crate) capability: Capability,
}

/// Takes an offer of a data set of which this program may have a definition, or says why not.
pub(crate) fn take(offered: &Offered, known: Option<&'static DatasetSpec>) -> Result<Taken, String> {
    // A key that is not known here may be a restriction, without which the promise would be too wide.
    let promise = offered.promise().map_err(|e| format!("its capability: {e}"))?;
    let spec = match known {
        Some(spec) => agrees(offered, spec).map(|()| spec)?,
        None => own(offered)?,
    };
    Ok(Taken { spec, is_own: known.is_none(), priority: offered.priority, capability: capability(promise) })
}

/// The data set that the plugin defines.
fn own(offered: &Offered) -> Result<&'static DatasetSpec, String> {
    if !offered.definition.contains_key("columns") {
        return Err("this program has no such data set, and the plugin does not define it".to_owned());
    }
    let definition = offered.definition().map_err(|e| format!("its definition: {e}"))?;
    dataset::spec(&offered.id, &definition).map_err(|why| format!("its definition: {why}"))
}

/// Whether tables of the offer are tables of a data set that this program has, and its queries can be asked. Titles and docs may
/// differ.
fn agrees(offered: &Offered, spec: &DatasetSpec) -> Result<(), String> {
    let shape = offered.shape().map_err(|e| format!("its shape: {e}"))?;
    if let Some(shape) = shape.filter(|shape| *shape != spec.shape) {
        return Err(format!("expected the shape {:?} that {} has here, got {shape:?}", spec.shape, spec.id));
    }
    let columns = offered.columns().map_err(|e| format!("its columns: {e}"))?;
    if columns.is_empty() {
        return Ok(());
    }
    let theirs: Vec<ColumnSpec> = columns.iter().map(dataset::column).collect();
    let is = |column: Option<&ColumnSpec>| column.map(|column| (column.name, column.ty, column.nullable));
    let differs = |&index: &usize| is(theirs.get(index)) != is(spec.columns.get(index));
    let Some(index) = (0..theirs.len().max(spec.columns.len())).find(differs) else { return Ok(()) };
    let shown = |column: Option<&ColumnSpec>| match is(column) {
        Some((name, ty, true)) => format!("{name} ({ty:?}, may be null)"),
        Some((name, ty, false)) => format!("{name} ({ty:?})"),
        None => "none".to_owned(),
    };
    let (expected, got) = (shown(spec.columns.get(index)), shown(theirs.get(index)));
    let place = index + 1;
    Err(format!(
        "this program's {} has other columns: expected {expected} as column {place}, got {got}",
        spec.id
    ))
}

/// The promise as a source makes it.
fn capability(promise: Promise) -> Capability {
    let set = |boards: Vec<_>| boards.into_iter().collect::<Boards>();
    let mut capability = Capability::any();
    capability.boards = promise.boards.map(set);
    for (adjust, boards) in promise.adjusts {
        capability = capability.adjusts(adjust, set(boards));
    }
    capability.periods = promise.periods.map(leak::periods);
    capability.scopes = promise.scopes.map(|scopes| leak::texts(&scopes));
    capability.last_bars = promise.last_bars;
    capability.days_back = promise.days_back;
    capability.most_symbols = promise.most_symbols;
    if let Some(Rounding { volume, amount, price }) = promise.precision {
        capability.precision = Precision { volume, amount, price };
    }
    capability
}

#[cfg(test)]
mod tests;
