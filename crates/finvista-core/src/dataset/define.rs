//! The macro that defines and registers a data set.

/// Defines and registers a data set: a marker type, the shape of its queries, its rows and builder, and the [`DatasetSpec`].
///
/// The facets after `with` are the refinements that its calls have: `Ranged`, `Adjustable`, `Periodic`, `Scoped`, `Dated` and
/// `Limited`. Any other refinement does not compile.
///
/// ```
/// use finvista_core::dataset::{Check, Columns, Date32, Float, Keep, Label, Rows};
/// use finvista_core::{Series, columns, dataset};
///
/// columns! {
///     "tides",
///     /// One high tide.
///     pub struct Tide => TideColumns, TideViews {
///         /// The gauge.
///         symbol: Label, "";
///         /// The day.
///         date: Date32, "";
///         /// The height.
///         height: Float, "m";
///     }
/// }
///
/// dataset! {
///     /// High tides of a gauge.
///     pub Tides = "tides", "High tides of a gauge";
///     selects Series with Ranged;
///     rows Tide, TideColumns, TideViews built by Rows<TideColumns, Series>;
///     key [symbol, date];
///     spec.keep(Keep::For(60)).checks(&[Check::Key, Check::Within("date"), Check::AtLeast("height", 0.0)])
/// }
///
/// let query = Tides::SPEC.parse(&[("symbol".to_owned(), "NB1.US".to_owned())].into())?;
/// assert_eq!(query.to_string(), "NB1.US, all days");
/// # use finvista_core::dataset::Dataset;
/// # Ok::<(), finvista_core::InvalidInput>(())
/// ```
///
/// [`DatasetSpec`]: crate::dataset::DatasetSpec
#[macro_export]
macro_rules! dataset {
    (
        $(#[$meta:meta])*
        $vis:vis $D:ident = $id:literal, $title:literal;
        selects $Shape:ident $(with $($facet:ident),+)?;
        rows $Row:ident, $Columns:ident, $Views:ident built by $Builder:ty;
        key [$($key:ident),+];
        spec $($refine:tt)*
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy)]
        $vis struct $D;

        const _: () = {
            static SPEC: $crate::dataset::DatasetSpec = {
                let spec = $crate::dataset::DatasetSpec::new(
                    $id,
                    $title,
                    <$crate::$Shape as $crate::Shape>::KIND,
                    <$Columns as $crate::dataset::Columns>::SPEC,
                )
                .key(&[$(stringify!($key)),+]);
                $( $( let spec = $crate::__facet!(spec $facet, spec); )+ )?
                spec $($refine)*
            };

            impl $crate::dataset::Dataset for $D {
                type Selection = $crate::$Shape;
                type Builder = $Builder;
                type Row<'a> = $Row<'a>;
                type Views<'a> = $Views<'a>;

                const SPEC: &'static $crate::dataset::DatasetSpec = &SPEC;

                fn schema() -> &'static $crate::SchemaRef {
                    $Columns::schema()
                }
            }

            impl $crate::dataset::Keyed for $Columns {
                const KEY: &'static [&'static str] = &[$(stringify!($key)),+];
            }

            $( $( $crate::__facet!(impl $facet, $D, $crate::$Shape); )+ )?

            $crate::register!(dataset SPEC);
        };
    };
}

/// A facet: the implementation of its trait, and its entry in the spec.
#[doc(hidden)]
#[macro_export]
macro_rules! __facet {
    (spec Adjustable, $spec:ident) => { $spec.adjusts() };
    (spec Dated, $spec:ident) => { $spec.dated() };
    (spec $other:ident, $spec:ident) => { $spec };
    (impl Ranged, $D:ident, $Shape:ty) => {
        $crate::__facet!(@ Ranged, range_mut, range, $crate::DateRange, $D, $Shape);
    };
    (impl Adjustable, $D:ident, $Shape:ty) => {
        $crate::__facet!(@ Adjustable, adjust_mut, adjust, $crate::Adjust, $D, $Shape);
    };
    (impl Periodic, $D:ident, $Shape:ty) => {
        $crate::__facet!(@ Periodic, period_mut, period, $crate::Period, $D, $Shape);
    };
    (impl Scoped, $D:ident, $Shape:ty) => {
        $crate::__facet!(@ Scoped, scope_mut, scope, Option<$crate::Scope>, $D, $Shape);
    };
    (impl Dated, $D:ident, $Shape:ty) => {
        $crate::__facet!(@ Dated, day_mut, day, Option<$crate::dataset::derived::Date>, $D, $Shape);
    };
    (impl Limited, $D:ident, $Shape:ty) => {
        $crate::__facet!(@ Limited, limit_mut, limit, u32, $D, $Shape);
    };
    (impl $other:ident, $D:ident, $Shape:ty) => {
        compile_error!(concat!(
            "expected a facet (Ranged, Adjustable, Periodic, Scoped, Dated or Limited), got ",
            stringify!($other)
        ));
    };
    (@ $Facet:ident, $method:ident, $field:ident, $Value:ty, $D:ident, $Shape:ty) => {
        impl $crate::dataset::$Facet for $D {
            fn $method(selection: &mut $Shape) -> &mut $Value {
                &mut selection.$field
            }
        }
    };
}
