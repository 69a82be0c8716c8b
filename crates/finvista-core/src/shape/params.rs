//! Shapes from parameters and back.

use jiff::civil::Date;

use super::{
    ADJUST, DAY, END, Events, Free, Keyword, LIMIT, Listing, MARKET, MOST_HITS, PERIOD, Reports, START,
    SYMBOL, SYMBOLS, Series, Shape, ShapeKind, Snapshot, TEXT, sealed,
};
use crate::adjust::Adjust;
use crate::date;
use crate::error::InvalidInput;
use crate::range::DateRange;
use crate::rules::{Params, Rules};
use crate::selection::Selection;
use crate::symbol::Symbol;

macro_rules! shape {
    ($Shape:ident, |$params:ident, $rules:ident| $parse:expr, |$self:ident| $to_params:expr) => {
        impl sealed::Sealed for $Shape {}

        impl Shape for $Shape {
            const KIND: ShapeKind = ShapeKind::$Shape;

            fn of(selection: &Selection) -> Option<&Self> {
                match selection {
                    Selection::$Shape(shape) => Some(shape),
                    _ => None,
                }
            }

            fn erase(self) -> Selection {
                Selection::$Shape(self)
            }

            fn parse($params: &Params, $rules: &Rules) -> Result<Self, InvalidInput> {
                $parse
            }

            fn to_params(&self) -> Params {
                let $self = self;
                $to_params
            }
        }
    };
}

shape!(
    Series,
    |params, rules| {
        let mut series = Self::new(symbol(params, rules)?, rules)?;
        series.range = range(params)?;
        if let Some(text) = params.get(PERIOD) {
            let period = text.parse().map_err(|e: InvalidInput| e.about(PERIOD))?;
            series.period = rules.period(period).map_err(|e| e.about(PERIOD))?;
        }
        if let Some(text) = params.get(ADJUST) {
            let adjust = text.parse().and_then(|adjust| rules.adjust(adjust));
            series.adjust = adjust.map_err(|e| e.about(ADJUST))?;
        }
        Ok(series)
    },
    |series| {
        let adjust = (series.adjust != Adjust::None).then(|| (ADJUST, series.adjust.to_string()));
        let period = Some((PERIOD, series.period.to_string()));
        let symbol = Some((SYMBOL, series.symbol.to_string()));
        named([symbol, period, adjust].into_iter().flatten().chain(days(series.range)))
    }
);

shape!(
    Snapshot,
    |params, rules| {
        let text = params.get(SYMBOLS).map_or("", String::as_str);
        let texts = text.split([',', ' ']).filter(|text| !text.is_empty());
        let symbols: Result<Vec<Symbol>, _> = texts.map(|text| rules.universe.symbol(text)).collect();
        Self::new(symbols.map_err(|e| e.about(SYMBOLS))?, rules)
    },
    |snapshot| {
        let symbols: Vec<String> = snapshot.symbols.iter().map(Symbol::to_string).collect();
        named([(SYMBOLS, symbols.join(","))])
    }
);

shape!(
    Listing,
    |params, rules| {
        let mut listing = Self::new(rules);
        if let Some(text) = params.get(MARKET) {
            listing.scope = Some(rules.scope(text).map_err(|e| e.about(MARKET))?);
        }
        listing.day = day(params, DAY)?;
        Ok(listing)
    },
    |listing| {
        let scope = listing.scope.map(|scope| (MARKET, scope.name.to_owned()));
        named(scope.into_iter().chain(listing.day.map(|day| (DAY, day.to_string()))))
    }
);

shape!(
    Reports,
    |params, rules| {
        let mut reports = Self::new(symbol(params, rules)?, rules)?;
        reports.range = range(params)?;
        Ok(reports)
    },
    |reports| named([(SYMBOL, reports.symbol.to_string())].into_iter().chain(days(reports.range)))
);

shape!(
    Events,
    |params, rules| {
        let symbol = params.contains_key(SYMBOL).then(|| symbol(params, rules)).transpose()?;
        Ok(Self { range: range(params)?, symbol })
    },
    |events| named(
        events.symbol.map(|symbol| (SYMBOL, symbol.to_string())).into_iter().chain(days(events.range))
    )
);

shape!(
    Keyword,
    |params, _rules| {
        let mut keyword = Self::new(params.get(TEXT).map_or("", String::as_str))?;
        if let Some(text) = params.get(LIMIT) {
            keyword.limit = match text.trim().parse() {
                Ok(limit) if limit > 0 => limit,
                _ => {
                    return Err(InvalidInput::of(
                        LIMIT,
                        format!("expected a limit of at least 1, got {text:?}"),
                    ));
                }
            };
        }
        Ok(keyword)
    },
    |keyword| {
        let limit = (keyword.limit != MOST_HITS).then(|| (LIMIT, keyword.limit.to_string()));
        named([(TEXT, keyword.text.clone())].into_iter().chain(limit))
    }
);

shape!(Free, |params, _rules| Ok(Self { params: params.clone() }), |free| free.params.clone());

fn symbol(params: &Params, rules: &Rules) -> Result<Symbol, InvalidInput> {
    rules.universe.symbol(params.get(SYMBOL).map_or("", String::as_str)).map_err(|e| e.about(SYMBOL))
}

fn day(params: &Params, name: &'static str) -> Result<Option<Date>, InvalidInput> {
    params.get(name).map(|text| date::parse(text)).transpose().map_err(|e| e.about(name))
}

fn range(params: &Params) -> Result<DateRange, InvalidInput> {
    DateRange::new(day(params, START)?, day(params, END)?).map_err(|e| e.about(START))
}

fn days(range: DateRange) -> impl Iterator<Item = (&'static str, String)> {
    let day = |name, day: Option<Date>| day.map(|day| (name, day.to_string()));
    [day(START, range.start()), day(END, range.end())].into_iter().flatten()
}

fn named(params: impl IntoIterator<Item = (&'static str, String)>) -> Params {
    params.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
