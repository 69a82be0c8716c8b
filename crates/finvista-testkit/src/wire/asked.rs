//! A request at its service.

use super::message::Limits;
use super::query::Params;

/// A request that has reached its service.
pub(crate) struct Asked<'a> {
    /// The path without the query.
    pub(crate) path: &'a str,
    pub(crate) params: Params,
    pub(crate) referer: Option<&'a str>,
    pub(crate) limits: &'a Limits,
}

impl Asked<'_> {
    /// The parameter `name`, empty where it was not sent.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.params.get(name).unwrap_or_default()
    }
}
