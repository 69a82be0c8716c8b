//! What is tested, and how it is reached.

use std::fmt;
use std::sync::Arc;

use finvista_core::dataset::DatasetSpec;
use finvista_core::{DataSource, Query, Registration, Vendor, registered};
use finvista_http::{HttpClient, HttpSource};
use finvista_testkit::{Answer, Request};

/// A source to be put through the suite.
pub struct Subject {
    pub(crate) make: Make,
    pub(crate) hosts: Vec<String>,
    pub(crate) datasets: Vec<&'static DatasetSpec>,
    pub(crate) samples: Vec<Sample>,
    pub(crate) answers: Option<Answers>,
    pub(crate) live: Option<Arc<HttpClient>>,
}

/// Makes the source anew, over a client that sends its requests.
pub(crate) type Make = Box<dyn Fn(&Arc<HttpClient>) -> Result<Arc<dyn DataSource>, String> + Send + Sync>;

pub(crate) type Answers = Arc<dyn Fn(&Request<'_>) -> Answer + Send + Sync>;

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subject").field("hosts", &self.hosts).finish_non_exhaustive()
    }
}

/// A query that a source must answer, and what its author knows of the answer.
///
/// The first and the last row prove what a check cannot: units where no row has an amount, and that an adjusted price is one.
///
/// ```
/// use finvista_conformance::Sample;
/// use finvista_core::{DatasetSpec, InvalidInput, Params};
///
/// fn sample(spec: &DatasetSpec) -> Result<Sample, InvalidInput> {
///     let params = [("symbol", "000001"), ("start", "2024-06-27"), ("end", "2024-06-28")];
///     let params: Params = params.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
///     Ok(Sample::new(spec.parse(&params)?)
///         .first([("date", "2024-06-27"), ("close", "10.05"), ("volume", "84274300")])
///         .last([("date", "2024-06-28"), ("close", "10.15")]))
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    pub(crate) query: Query,
    pub(crate) first: Row,
    pub(crate) last: Row,
}

/// Columns and their values, as text.
pub(crate) type Row = Vec<(String, String)>;

impl Sample {
    /// A query of which only the answer is expected.
    pub fn new(query: Query) -> Self {
        Self { query, first: Row::new(), last: Row::new() }
    }

    /// Columns of the first row: numbers, texts, `true` and `false`, days as `2024-06-27`, times as `2024-06-27T10:00:00+08:00`, and
    /// the empty text for null.
    #[must_use]
    pub fn first<N: Into<String>, V: Into<String>>(mut self, row: impl IntoIterator<Item = (N, V)>) -> Self {
        self.first.extend(row.into_iter().map(|(name, value)| (name.into(), value.into())));
        self
    }

    /// Columns of the last row.
    #[must_use]
    pub fn last<N: Into<String>, V: Into<String>>(mut self, row: impl IntoIterator<Item = (N, V)>) -> Self {
        self.last.extend(row.into_iter().map(|(name, value)| (name.into(), value.into())));
        self
    }

    /// Whether the author has written down what stands in this column.
    pub(crate) fn knows(&self, column: &str) -> bool {
        self.first.iter().chain(&self.last).any(|(name, _)| name == column)
    }
}

impl From<Query> for Sample {
    fn from(query: Query) -> Self {
        Self::new(query)
    }
}

impl Subject {
    /// A vendor over HTTP. If the testkit's simulator knows its hosts, it is asked about the simulator's market; if not, give it
    /// [`answers`](Self::answers), or it is asked over the network.
    pub fn vendor(vendor: &'static Vendor) -> Self {
        let make: Make = Box::new(move |client| Ok(Arc::new(HttpSource::new(vendor, Arc::clone(client)))));
        let subject = Self::new(make).datasets(vendor.endpoints.iter().map(|endpoint| endpoint.dataset()));
        Self { hosts: vendor.hosts.iter().map(|&host| host.to_owned()).collect(), ..subject }
    }

    /// A source that does its own I/O, or none.
    pub fn source(source: Arc<dyn DataSource>) -> Self {
        Self::new(Box::new(move |_| Ok(Arc::clone(&source))))
    }

    /// A source whose requests to these hosts are sent by the client that it is made with: a plugin.
    pub fn over_http(
        hosts: impl IntoIterator<Item = impl Into<String>>,
        make: impl Fn(&Arc<HttpClient>) -> Result<Arc<dyn DataSource>, String> + Send + Sync + 'static,
    ) -> Self {
        Self { hosts: hosts.into_iter().map(Into::into).collect(), ..Self::new(Box::new(make)) }
    }

    fn new(make: Make) -> Self {
        let known = registered().filter_map(|registration| match registration {
            Registration::Dataset(spec) => Some(spec),
            _ => None,
        });
        let subject = Self {
            make,
            hosts: Vec::new(),
            datasets: Vec::new(),
            samples: Vec::new(),
            answers: None,
            live: None,
        };
        subject.datasets(known)
    }

    /// Adds data sets that it brings, beside those that are registered in this program.
    #[must_use]
    pub fn datasets(mut self, specs: impl IntoIterator<Item = &'static DatasetSpec>) -> Self {
        for spec in specs {
            if self.datasets.iter().all(|known| known.id != spec.id) {
                self.datasets.push(spec);
            }
        }
        self
    }

    /// Adds a query that it must answer, or a [`Sample`] with rows of the answer. A data set with free parameters needs one, because only its author knows what can be asked;
    /// for any other, samples are asked in place of well-known instruments.
    #[must_use]
    pub fn sample(mut self, sample: impl Into<Sample>) -> Self {
        self.samples.push(sample.into());
        self
    }

    /// What its server answers, for a vendor that the testkit does not know: a sample for each address that is asked.
    #[must_use]
    pub fn answers(mut self, answer: impl Fn(&Request<'_>) -> Answer + Send + Sync + 'static) -> Self {
        self.answers = Some(Arc::new(answer));
        self
    }

    /// The client for requests to hosts that the testkit does not know, with its gateway and its limits. Without one, a client
    /// with the settings of a new one.
    #[must_use]
    pub fn live(mut self, client: Arc<HttpClient>) -> Self {
        self.live = Some(client);
        self
    }
}
