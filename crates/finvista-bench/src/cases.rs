//! What the decode benches run: a vendor's body, and the ways to read it.

use finvista::core::dataset::{
    CnStockDaily, CnStockDailyQuery, CnStockQuote, CnStockQuoteQuery, Dataset, DatasetSpec,
};
use finvista::core::{
    Adjust, DateRange, DynEndpoint, InvalidInput, RecordBatch, Reply, Settings, SourceError, Symbol,
};
use finvista::core::{Query, Vendor};
use jiff::civil::date;

use crate::bodies;

/// A body, the query that it answers, and who reads it.
pub struct Case {
    /// The body.
    pub body: Vec<u8>,
    query: Query,
    endpoint: &'static dyn DynEndpoint,
    spec: &'static DatasetSpec,
}

impl std::fmt::Debug for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Case").field("query", &self.query.dataset()).finish_non_exhaustive()
    }
}

impl Case {
    /// One symbol's history at East Money, 8,053 rows.
    ///
    /// # Errors
    ///
    /// When the query is none.
    pub fn daily() -> Result<Self, InvalidInput> {
        let query = CnStockDailyQuery::new(Symbol::stock("000001")?, DateRange::default(), Adjust::None)?;
        Self::of(&finvista::eastmoney::EASTMONEY, CnStockDaily::SPEC, query.into(), bodies::eastmoney_daily())
    }

    /// 800 quotes of Sina.
    ///
    /// # Errors
    ///
    /// When the query is none.
    pub fn quotes() -> Result<Self, InvalidInput> {
        let query =
            CnStockQuoteQuery::new(bodies::sina_codes().filter_map(|code| Symbol::from_prefixed(&code)))?;
        Self::of(&finvista::sina::SINA, CnStockQuote::SPEC, query.into(), bodies::sina_quotes())
    }

    fn of(
        vendor: &'static Vendor,
        spec: &'static DatasetSpec,
        query: Query,
        body: Vec<u8>,
    ) -> Result<Self, InvalidInput> {
        let endpoint = vendor.endpoints.iter().find(|endpoint| endpoint.dataset().id == spec.id);
        let endpoint =
            endpoint.ok_or_else(|| InvalidInput::new(format!("{} has no {}", vendor.name, spec.id)))?;
        Ok(Self { body, query, endpoint: *endpoint, spec })
    }

    /// From the body to the table, as FinVista does it, without the check at the boundary.
    ///
    /// # Errors
    ///
    /// When the body cannot be read.
    pub fn decode(&self) -> Result<RecordBatch, SourceError> {
        let (_, mut run) = self.endpoint.start(&Settings { today: date(2024, 6, 28) }, &self.query)?;
        run.feed(&Reply::new(&self.body))?;
        run.finish()
    }

    /// The check at the boundary.
    ///
    /// # Errors
    ///
    /// When the table breaks an invariant.
    pub fn check(&self, table: &RecordBatch) -> Result<Vec<Symbol>, SourceError> {
        (self.spec.check)(&self.query, table, self.endpoint.capability().get_precision())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_measured_is_whole_and_passes_the_check() {
        for (case, rows) in
            [(Case::daily().unwrap(), bodies::BARS), (Case::quotes().unwrap(), bodies::QUOTES)]
        {
            let table = case.decode().unwrap();
            assert_eq!(table.num_rows(), rows);
            assert_eq!(case.check(&table).unwrap(), []);
        }
    }
}
