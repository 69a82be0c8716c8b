//! The refinements of a call, written once for [`Call`](crate::Call) and [`Many`](crate::Many).

/// Implements the refinements for a type with `options` and `select`, which changes what each of its queries selects. A mistake is
/// kept, and is the answer of that query.
macro_rules! refinements {
    ($Type:ident [$($K:ident)?] [D $($bound:tt)*]) => {
        impl<$($K,)? D $($bound)*, M> $Type<$($K,)? D, M> {
            /// Asks this source and no other. Its circuit still guards it.
            pub fn source(mut self, name: impl Into<String>) -> Self {
                self.options.source = Some(name.into());
                self
            }

            /// Asks the sources even if a fresh answer is in the cache.
            pub fn fresh(mut self) -> Self {
                self.options.fresh = true;
                self
            }

            /// Asks no second source beside a slow one.
            pub fn no_hedge(mut self) -> Self {
                self.options.no_hedge = true;
                self
            }

            /// Accepts an answer of at most this age when every source fails, marked as stale in its provenance.
            pub fn stale_if_error(mut self, age: std::time::Duration) -> Self {
                self.options.stale_if_error = Some(age);
                self
            }

            /// Sets the time of the whole call, over all sources.
            pub fn timeout(mut self, timeout: std::time::Duration) -> Self {
                self.options.deadline = Some(timeout);
                self
            }
        }

        impl<$($K,)? D: $crate::raw::dataset::Ranged, M> $Type<$($K,)? D, M> {
            /// Sets the first day. Without it, the first that there is.
            pub fn start(mut self, day: impl $crate::IntoDay) -> Self {
                let day = day.into_day().map_err(|e| e.about("start"));
                self.select(|selection| {
                    let range = D::range_mut(selection);
                    let changed = $crate::DateRange::new(Some(day.clone()?), range.end());
                    *range = changed.map_err(|e| e.about("start"))?;
                    Ok(())
                });
                self
            }

            /// Sets the last day, inclusive. Without it, today.
            pub fn end(mut self, day: impl $crate::IntoDay) -> Self {
                let day = day.into_day().map_err(|e| e.about("end"));
                self.select(|selection| {
                    let range = D::range_mut(selection);
                    let changed = $crate::DateRange::new(range.start(), Some(day.clone()?));
                    *range = changed.map_err(|e| e.about("end"))?;
                    Ok(())
                });
                self
            }
        }

        impl<$($K,)? D: $crate::raw::dataset::Adjustable, M> $Type<$($K,)? D, M> {
            /// Adjusts the prices. Without it, they are as traded.
            pub fn adjust(mut self, adjust: $crate::Adjust) -> Self {
                self.select(|selection| {
                    *D::adjust_mut(selection) = adjust;
                    Ok(())
                });
                self
            }
        }

        impl<$($K,)? D: $crate::raw::dataset::Periodic, M> $Type<$($K,)? D, M> {
            /// Sets the length of a bar: a [`Period`]($crate::Period), or a text such as `week` or `5m`.
            pub fn period(mut self, period: impl $crate::IntoPeriod) -> Self {
                let period = period.into_period().and_then(|period| D::SPEC.rules.period(period));
                let period = period.map_err(|e| e.about("period"));
                self.select(|selection| {
                    *D::period_mut(selection) = period.clone()?;
                    Ok(())
                });
                self
            }
        }

        impl<$($K,)? D: $crate::raw::dataset::Scoped, M> $Type<$($K,)? D, M> {
            /// Sets the part of the market by its name, such as `star`.
            pub fn market(mut self, name: &str) -> Self {
                let scope = D::SPEC.rules.scope(name).map_err(|e| e.about("market"));
                self.select(|selection| {
                    *D::scope_mut(selection) = Some(scope.clone()?);
                    Ok(())
                });
                self
            }
        }

        impl<$($K,)? D: $crate::raw::dataset::Dated, M> $Type<$($K,)? D, M> {
            /// Sets the trading day. Without it, the latest.
            pub fn day(mut self, day: impl $crate::IntoDay) -> Self {
                let day = day.into_day().map_err(|e| e.about("day"));
                self.select(|selection| {
                    *D::day_mut(selection) = Some(day.clone()?);
                    Ok(())
                });
                self
            }
        }

        impl<$($K,)? D: $crate::raw::dataset::Limited, M> $Type<$($K,)? D, M> {
            /// Sets the most rows: 1 or more.
            pub fn limit(mut self, rows: u32) -> Self {
                self.select(|selection| {
                    if rows == 0 {
                        return Err($crate::InvalidInput::of("limit", "expected 1 or more rows, got 0"));
                    }
                    *D::limit_mut(selection) = rows;
                    Ok(())
                });
                self
            }
        }
    };
}

pub(crate) use refinements;
