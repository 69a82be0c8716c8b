//! Vendors as values: a name, hosts and endpoints.

use crate::dataset::DatasetSpec;
use crate::endpoint::DynEndpoint;
use crate::quota::Quota;
use crate::source::DataSource;

/// A vendor of market data over HTTP. It is a constant made of data and pure functions; `HttpSource` in `finvista-http` drives
/// every vendor.
#[derive(Clone, Copy)]
pub struct Vendor {
    /// The name that users write, such as `sina`: lower-case ASCII.
    pub name: &'static str,
    /// The name for people.
    pub title: &'static str,
    /// The version of the code for the vendor's formats.
    pub version: &'static str,
    /// Vendors that fail together share this: one company, one data centre, or one licence.
    pub failure_domain: &'static str,
    /// The hosts that requests may go to.
    pub hosts: &'static [&'static str],
    /// The rate limit of each host.
    pub quota: Quota,
    /// One endpoint per data set.
    pub endpoints: &'static [&'static dyn DynEndpoint],
}

impl Vendor {
    /// A vendor without a name, hosts or endpoints, for the fields that a definition leaves out: `..Vendor::BLANK`. A field that a
    /// later version adds then has its default.
    pub const BLANK: Self = Self {
        name: "",
        title: "",
        version: "",
        failure_domain: "",
        hosts: &[],
        quota: Quota::per_second(1),
        endpoints: &[],
    };
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

/// An item that a crate registers with [`register!`](crate::register).
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Registration {
    /// A vendor.
    Vendor(&'static Vendor),
    /// A source other than a vendor over HTTP, made when a client is built.
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

/// Everything that the crates of this program registered, in no particular order.
pub fn registered() -> impl Iterator<Item = Registration> {
    inventory::iter::<Registration>.into_iter().copied()
}

/// Registers a vendor, a source or a data set for every client of the program.
///
/// The linker drops a crate that the program does not mention, together with its registrations: mention it at least with
/// `use the_crate as _;`. If constructors do not run, as in a static library in a foreign program, register by hand when the
/// client is built.
///
/// ```
/// use finvista_core::{Quota, Registration, Vendor};
///
/// static EMPTY: Vendor = Vendor {
///     name: "empty",
///     title: "A vendor without data",
///     version: "0.1.0",
///     failure_domain: "empty",
///     hosts: &[],
///     quota: Quota::per_second(1),
///     endpoints: &[],
/// };
/// finvista_core::register!(vendor EMPTY);
/// let is_there = |item| matches!(item, Registration::Vendor(vendor) if vendor.name == "empty");
/// assert!(finvista_core::registered().any(is_there));
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
