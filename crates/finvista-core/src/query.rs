//! A query: a data set, and what to select from it. Every layer of a call takes the same value.

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};

use crate::adjust::Adjust;
use crate::period::Period;
use crate::range::DateRange;
use crate::rules::{Params, Scope};
use crate::selection::Selection;
use crate::symbol::Symbol;

/// The id of a data set, such as `cn_stock_daily`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DatasetId(Cow<'static, str>);

impl DatasetId {
    /// The id with this text.
    pub const fn new(id: &'static str) -> Self {
        Self(Cow::Borrowed(id))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for DatasetId {
    fn from(id: String) -> Self {
        Self(Cow::Owned(id))
    }
}

impl Borrow<str> for DatasetId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DatasetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A data set, and what to select from it. It is a cheap cache key: a clone increments a reference count however many
/// symbols there are, and the hash is computed once.
///
/// [`Query::of`] makes one from a selection, and [`DatasetSpec::parse`](crate::DatasetSpec::parse) from text. It serialises
/// as a flat map: `{"dataset":"cn_stock_daily","adjust":"qfq","period":"day","symbol":"000001.SZ"}`.
#[derive(Clone)]
pub struct Query(Arc<Inner>);

struct Inner {
    dataset: DatasetId,
    selection: Selection,
    hash: u64,
}

impl Query {
    /// Does not look at the rules of the data set.
    pub(crate) fn new(dataset: DatasetId, selection: Selection) -> Self {
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one((&dataset, &selection));
        Self(Arc::new(Inner { dataset, selection, hash }))
    }

    /// The data set.
    pub fn dataset(&self) -> &DatasetId {
        &self.0.dataset
    }

    /// What to select from it.
    pub fn selection(&self) -> &Selection {
        &self.0.selection
    }

    /// A number that is equal for equal queries and, in practice, for no others.
    #[cfg(feature = "manager")]
    pub(crate) fn fingerprint(&self) -> u64 {
        self.0.hash
    }

    /// See [`Selection::symbols`].
    pub fn symbols(&self) -> &[Symbol] {
        self.selection().symbols()
    }

    /// See [`Selection::range`].
    pub fn range(&self) -> Option<DateRange> {
        self.selection().range()
    }

    /// See [`Selection::adjust`].
    pub fn adjust(&self) -> Option<Adjust> {
        self.selection().adjust()
    }

    /// See [`Selection::period`].
    pub fn period(&self) -> Option<Period> {
        self.selection().period()
    }

    /// See [`Selection::scope`].
    pub fn scope(&self) -> Option<Scope> {
        self.selection().scope()
    }

    /// The parameters that [`DatasetSpec::parse`](crate::DatasetSpec::parse) turns back into an equal query.
    pub fn to_params(&self) -> Params {
        self.selection().to_params()
    }
}

impl PartialEq for Query {
    fn eq(&self, other: &Self) -> bool {
        let (one, other) = (&*self.0, &*other.0);
        std::ptr::eq(one, other)
            || one.hash == other.hash && one.dataset == other.dataset && one.selection == other.selection
    }
}

impl Eq for Query {}

impl Hash for Query {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0.hash);
    }
}

impl fmt::Debug for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Query({}: {self})", self.dataset())
    }
}

/// The selection in words, such as `000001.SZ, from 2024-01-01, qfq`.
impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.selection().fmt(f)
    }
}

impl Serialize for Query {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let params = self.to_params();
        let mut map = serializer.serialize_map(Some(params.len() + 1))?;
        map.serialize_entry("dataset", self.dataset())?;
        params.iter().try_for_each(|(name, value)| map.serialize_entry(name, value))?;
        map.end()
    }
}

#[cfg(test)]
mod tests;
