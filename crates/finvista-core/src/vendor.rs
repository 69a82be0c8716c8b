//! A vendor is a value: its name, its hosts and its endpoints.

use crate::dataset::DatasetSpec;
use crate::endpoint::DynEndpoint;
use crate::quota::Quota;
use crate::source::DataSource;

/// A vendor of market data over HTTP. It is a constant: everything about it is data or a pure function, and what drives it
/// (`HttpSource` in `finvista-http`) is the same for all.
#[derive(Clone, Copy)]
pub struct Vendor {
    /// The name that users write, such as `sina`: lower-case ASCII.
    pub name: &'static str,
    /// The vendor's own name, for people.
    pub title: &'static str,
    /// The version of the code that knows the vendor's formats.
    pub version: &'static str,
    /// Vendors that fail together share this: one company, one data centre, one licence.
    pub failure_domain: &'static str,
    /// The hosts that requests may go to.
    pub hosts: &'static [&'static str],
    /// How often each of the hosts may be asked.
    pub quota: Quota,
    /// One endpoint for each data set.
    pub endpoints: &'static [&'static dyn DynEndpoint],
}

impl std::fmt::Debug for Vendor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let datasets: Vec<_> = self.endpoints.iter().map(|endpoint| endpoint.dataset().id).collect();
        f.debug_struct("Vendor")
            .field("name", &self.name)
            .field("datasets", &datasets)
            .finish_non_exhaustive()
    }
}

/// What a crate registers at compile time with [`register!`](crate::register).
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Registration {
    /// A vendor.
    Vendor(&'static Vendor),
    /// A source that is not a vendor over HTTP, made when a client is built.
    Source(fn() -> std::sync::Arc<dyn DataSource>),
    /// A data set.
    Dataset(&'static DatasetSpec),
}

impl std::fmt::Debug for Registration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Vendor(vendor) => vendor.fmt(f),
            Self::Source(_) => f.write_str("Source"),
            Self::Dataset(spec) => f.debug_tuple("Dataset").field(&spec.id).finish(),
        }
    }
}

inventory::collect!(Registration);

/// Everything that the crates of this program registered, in no order: `inventory` gives none.
pub fn registered() -> impl Iterator<Item = Registration> {
    inventory::iter::<Registration>.into_iter().copied()
}

/// Registers a vendor, a source or a data set for every client of the program.
///
/// A crate that nothing in the program names is dropped by the linker, and its registrations with it: the program must
/// mention the crate, if only by `use the_crate as _;`. Where constructors do not run (a static library in a foreign
/// program), register by hand when the client is built.
///
/// ```
/// use finvista_core::{Quota, Vendor};
///
/// static NOBODY: Vendor = Vendor {
///     name: "nobody",
///     title: "A vendor without data",
///     version: "0.1.0",
///     failure_domain: "nobody",
///     hosts: &[],
///     quota: Quota::per_second(1),
///     endpoints: &[],
/// };
/// finvista_core::register!(vendor NOBODY);
/// assert_eq!(finvista_core::registered().count(), 1);
/// ```
#[macro_export]
macro_rules! register {
    (vendor $vendor:path) => {
        $crate::inventory::submit! { $crate::Registration::Vendor(&$vendor) }
    };
    (source $make:path) => {
        $crate::inventory::submit! { $crate::Registration::Source($make) }
    };
    (dataset $spec:path) => {
        $crate::inventory::submit! { $crate::Registration::Dataset(&$spec) }
    };
}
