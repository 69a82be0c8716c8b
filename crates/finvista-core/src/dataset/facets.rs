//! The facets of a data set: what a call can be refined by. [`dataset!`](crate::dataset) implements them where the definition
//! names them, so that a refinement that a data set cannot be asked does not compile.

use jiff::civil::Date;

use super::Dataset;
use crate::adjust::Adjust;
use crate::period::Period;
use crate::range::DateRange;
use crate::rules::Scope;

/// A data set that is asked for days.
pub trait Ranged: Dataset {
    /// The days.
    fn range_mut(selection: &mut Self::Selection) -> &mut DateRange;
}

/// A data set whose prices can be adjusted.
pub trait Adjustable: Dataset {
    /// The adjustment.
    fn adjust_mut(selection: &mut Self::Selection) -> &mut Adjust;
}

/// A data set with bars of several periods.
pub trait Periodic: Dataset {
    /// The length of a bar.
    fn period_mut(selection: &mut Self::Selection) -> &mut Period;
}

/// A data set that lists parts of a market.
pub trait Scoped: Dataset {
    /// The part of the market.
    fn scope_mut(selection: &mut Self::Selection) -> &mut Option<Scope>;
}

/// A data set that lists a market as of a day.
pub trait Dated: Dataset {
    /// The day.
    fn day_mut(selection: &mut Self::Selection) -> &mut Option<Date>;
}

/// A data set whose number of rows can be limited.
pub trait Limited: Dataset {
    /// The most rows.
    fn limit_mut(selection: &mut Self::Selection) -> &mut u32;
}
