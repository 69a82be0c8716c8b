//! The priorities of the settings.

use std::collections::BTreeMap;

use finvista_core::DatasetId;
use finvista_core::manager::{Error, Manager};

/// The offers that the loader dropped, by data set and source, with the reason.
pub(crate) type Dropped = BTreeMap<(DatasetId, String), String>;

/// Sets the priorities. A dropped offer is skipped with a warning: the setting is right, and a plugin that is out of step with
/// this program should cost its own offer and not the client.
pub(crate) fn set(
    manager: &Manager,
    priorities: &BTreeMap<DatasetId, Vec<String>>,
    dropped: &Dropped,
) -> Result<(), Error> {
    for (dataset, sources) in priorities {
        let mut order: Vec<&str> = Vec::new();
        for source in sources {
            match dropped.get(&(dataset.clone(), source.clone())) {
                Some(why) => tracing::warn!(
                    target: "finvista",
                    %dataset,
                    source,
                    "priority.{dataset} names {source}, whose offer of {dataset} was dropped: {why}"
                ),
                None => order.push(source),
            }
        }
        // A data set that only the plugin defines is unknown without the offer.
        if !order.is_empty() {
            manager.set_priority(dataset, &order)?;
        }
    }
    Ok(())
}
