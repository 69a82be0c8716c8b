//! Facets: the refinements that calls for a data set have. [`dataset!`](crate::dataset!) implements those that a definition
//! names, so that any other refinement does not compile.

use jiff::civil::Date;

use super::Dataset;
use crate::adjust::Adjust;
use crate::period::Period;
use crate::range::DateRange;
use crate::rules::Scope;

/// A data set with a range of days.
pub trait Ranged: Dataset {
    /// The range of a selection.
    fn range_mut(selection: &mut Self::Selection) -> &mut DateRange;
}

/// A data set whose prices can be adjusted.
pub trait Adjustable: Dataset {
    /// The adjustment of a selection.
    fn adjust_mut(selection: &mut Self::Selection) -> &mut Adjust;
}

/// A data set with bars of several periods.
pub trait Periodic: Dataset {
    /// The period of a selection.
    fn period_mut(selection: &mut Self::Selection) -> &mut Period;
}

/// A data set that lists parts of a market.
pub trait Scoped: Dataset {
    /// The part of the market of a selection.
    fn scope_mut(selection: &mut Self::Selection) -> &mut Option<Scope>;
}

/// A data set that lists a market as of a day.
pub trait Dated: Dataset {
    /// The day of a selection.
    fn day_mut(selection: &mut Self::Selection) -> &mut Option<Date>;
}

/// A data set whose number of rows can be limited.
pub trait Limited: Dataset {
    /// The most rows of a selection.
    fn limit_mut(selection: &mut Self::Selection) -> &mut u32;
}
