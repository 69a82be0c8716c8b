//! How the argument of a call becomes what its query selects.

use finvista_core::dataset::DatasetSpec;
use finvista_core::{
    DateRange, Events, Free, InvalidInput, Keyword, Listing, Reports, Series, Shape, Snapshot, Symbol,
};

/// What a call takes: a symbol, several of them, a part of a market, a text, or parameters, by the shape of the data set.
///
/// Implemented for symbols and their spellings ([`Series`], [`Reports`]), iterators of them ([`Snapshot`]), the name of a scope or
/// `()` ([`Listing`]), a range of days or `()` ([`Events`]), a text ([`Keyword`]), and pairs of names and values ([`Free`]).
pub trait IntoSelection<S> {
    /// The selection, under the rules of a data set.
    ///
    /// # Errors
    ///
    /// When the argument cannot be read, or the data set cannot be asked for it.
    fn into_selection(self, spec: &DatasetSpec) -> Result<S, InvalidInput>;
}

/// A symbol, or a text that spells one: `000001`, `sz000001`, `000001.SZ`.
pub trait IntoSymbol {
    /// The symbol, read as the data set reads bare codes.
    ///
    /// # Errors
    ///
    /// When the text is not a symbol, or the data set is not about such instruments.
    fn into_symbol(self, spec: &DatasetSpec) -> Result<Symbol, InvalidInput>;
}

impl IntoSymbol for Symbol {
    fn into_symbol(self, spec: &DatasetSpec) -> Result<Symbol, InvalidInput> {
        spec.rules.universe.accept(self)
    }
}

impl IntoSymbol for &Symbol {
    fn into_symbol(self, spec: &DatasetSpec) -> Result<Symbol, InvalidInput> {
        (*self).into_symbol(spec)
    }
}

impl IntoSymbol for &str {
    fn into_symbol(self, spec: &DatasetSpec) -> Result<Symbol, InvalidInput> {
        spec.rules.universe.symbol(self)
    }
}

impl IntoSymbol for &&str {
    fn into_symbol(self, spec: &DatasetSpec) -> Result<Symbol, InvalidInput> {
        (*self).into_symbol(spec)
    }
}

impl IntoSymbol for String {
    fn into_symbol(self, spec: &DatasetSpec) -> Result<Symbol, InvalidInput> {
        self.as_str().into_symbol(spec)
    }
}

impl IntoSymbol for &String {
    fn into_symbol(self, spec: &DatasetSpec) -> Result<Symbol, InvalidInput> {
        self.as_str().into_symbol(spec)
    }
}

impl<T: IntoSymbol> IntoSelection<Series> for T {
    fn into_selection(self, spec: &DatasetSpec) -> Result<Series, InvalidInput> {
        Series::new(self.into_symbol(spec).map_err(|e| e.about("symbol"))?, &spec.rules)
    }
}

impl<T: IntoSymbol> IntoSelection<Reports> for T {
    fn into_selection(self, spec: &DatasetSpec) -> Result<Reports, InvalidInput> {
        Reports::new(self.into_symbol(spec).map_err(|e| e.about("symbol"))?, &spec.rules)
    }
}

impl<I: IntoIterator<Item = T>, T: IntoSymbol> IntoSelection<Snapshot> for I {
    fn into_selection(self, spec: &DatasetSpec) -> Result<Snapshot, InvalidInput> {
        let symbols: Result<Vec<Symbol>, _> =
            self.into_iter().map(|symbol| symbol.into_symbol(spec)).collect();
        Snapshot::new(symbols.map_err(|e| e.about("symbols"))?, &spec.rules)
    }
}

impl IntoSelection<Listing> for () {
    fn into_selection(self, spec: &DatasetSpec) -> Result<Listing, InvalidInput> {
        Ok(Listing::new(&spec.rules))
    }
}

impl IntoSelection<Listing> for &str {
    fn into_selection(self, spec: &DatasetSpec) -> Result<Listing, InvalidInput> {
        let mut listing = Listing::new(&spec.rules);
        listing.scope = Some(spec.rules.scope(self).map_err(|e| e.about("market"))?);
        Ok(listing)
    }
}

impl IntoSelection<Listing> for String {
    fn into_selection(self, spec: &DatasetSpec) -> Result<Listing, InvalidInput> {
        self.as_str().into_selection(spec)
    }
}

impl IntoSelection<Events> for () {
    fn into_selection(self, _spec: &DatasetSpec) -> Result<Events, InvalidInput> {
        Ok(Events::new(DateRange::default()))
    }
}

impl IntoSelection<Events> for DateRange {
    fn into_selection(self, _spec: &DatasetSpec) -> Result<Events, InvalidInput> {
        Ok(Events::new(self))
    }
}

impl IntoSelection<Keyword> for &str {
    fn into_selection(self, _spec: &DatasetSpec) -> Result<Keyword, InvalidInput> {
        Keyword::new(self)
    }
}

impl IntoSelection<Keyword> for String {
    fn into_selection(self, _spec: &DatasetSpec) -> Result<Keyword, InvalidInput> {
        Keyword::new(&self)
    }
}

impl<I, N, V> IntoSelection<Free> for I
where
    I: IntoIterator<Item = (N, V)>,
    N: Into<String>,
    V: Into<String>,
{
    fn into_selection(self, spec: &DatasetSpec) -> Result<Free, InvalidInput> {
        let free = Free::new(self);
        let query = spec.parse(&free.params)?;
        Ok(Free::of(query.selection()).cloned().unwrap_or(free))
    }
}
