//! Endpoints with their types erased, and their queries in flight.

use arrow_array::RecordBatch;

use super::{BuilderOf, Endpoint, EndpointContext, Next, Reply, Request, SelectionOf};
use crate::capability::Capability;
use crate::dataset::{Build, Dataset, DatasetSpec};
use crate::error::{ErrorKind, SourceError};
use crate::query::Query;
use crate::shape::Shape;

/// An [`Endpoint`] with its types erased, as a [`Vendor`](crate::Vendor) lists it. Every endpoint implements it.
pub trait DynEndpoint: Send + Sync {
    /// The data set.
    fn dataset(&self) -> &'static DatasetSpec;
    /// The default priority.
    fn priority(&self) -> i32;
    /// The queries that it answers exactly.
    fn capability(&self) -> Capability;
    /// The most bytes of one answer.
    fn max_body(&self) -> usize;
    /// How many requests a query takes, as far as is known before the first answer; 0 for a query of another data set.
    fn requests(&self, cx: &EndpointContext, query: &Query) -> usize;
    /// Starts a query: returns its first request.
    ///
    /// # Errors
    ///
    /// When it is a query of another data set, or the vendor cannot answer it.
    fn start<'a>(
        &'a self,
        cx: &EndpointContext,
        query: &'a Query,
    ) -> Result<(Request, Box<dyn Run + 'a>), SourceError>;
}

impl std::fmt::Debug for dyn DynEndpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Endpoint").field(&self.dataset().id).finish()
    }
}

/// A query in flight: answers go in, and a table comes out.
pub trait Run: Send {
    /// Decodes an answer.
    ///
    /// # Errors
    ///
    /// See [`Endpoint::decode`].
    fn feed(&mut self, reply: &Reply<'_>) -> Result<Next, SourceError>;
    /// The table.
    ///
    /// # Errors
    ///
    /// See [`Build::finish`].
    fn finish(self: Box<Self>) -> Result<RecordBatch, SourceError>;
}

impl<E: Endpoint> DynEndpoint for E {
    fn dataset(&self) -> &'static DatasetSpec {
        E::Dataset::SPEC
    }

    fn priority(&self) -> i32 {
        Endpoint::priority(self)
    }

    fn capability(&self) -> Capability {
        Endpoint::capability(self)
    }

    fn max_body(&self) -> usize {
        Endpoint::max_body(self)
    }

    fn requests(&self, cx: &EndpointContext, query: &Query) -> usize {
        typed::<E>(query).map_or(0, |selection| Endpoint::requests(self, cx, selection))
    }

    fn start<'a>(
        &'a self,
        cx: &EndpointContext,
        query: &'a Query,
    ) -> Result<(Request, Box<dyn Run + 'a>), SourceError> {
        let selection = typed::<E>(query).ok_or_else(|| {
            let (has, asked) = (E::Dataset::SPEC.id, query.dataset());
            SourceError::new(ErrorKind::Unsupported, format!("expected a query of {has}, got one of {asked}"))
        })?;
        let request = self.request(cx, selection)?;
        let builder = BuilderOf::<E>::new(selection, cx.now);
        Ok((request, Box::new(TypedRun { endpoint: self, selection, state: E::State::default(), builder })))
    }
}

/// The selection of a query, if it is one of the endpoint's data set.
fn typed<E: Endpoint>(query: &Query) -> Option<&SelectionOf<E>> {
    SelectionOf::<E>::of(query.selection()).filter(|_| query.dataset().as_str() == E::Dataset::SPEC.id)
}

struct TypedRun<'a, E: Endpoint> {
    endpoint: &'a E,
    selection: &'a SelectionOf<E>,
    state: E::State,
    builder: BuilderOf<E>,
}

impl<E: Endpoint> Run for TypedRun<'_, E> {
    fn feed(&mut self, reply: &Reply<'_>) -> Result<Next, SourceError> {
        if let Some(at) = reply.at {
            self.builder.read_at(at);
        }
        self.endpoint.decode(self.selection, &mut self.state, reply, &mut self.builder)
    }

    fn finish(self: Box<Self>) -> Result<RecordBatch, SourceError> {
        self.builder.finish()
    }
}
