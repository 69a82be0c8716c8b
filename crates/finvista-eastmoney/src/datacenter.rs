//! The data center: `api/data/v1/get`, the reports behind statements, dividends, rankings and macro series (eastmoney.md,
//! section 9). All have one envelope and differ in their names, filters and columns, so a data set that is a report needs a
//! [`Report`] and a line in the vendor's table:
//!
//! ```
//! use finvista_core::dataset::{Date32, Float, Label, Optional, Rows};
//! use finvista_core::{Capability, Reports, SourceError, columns, dataset};
//! use finvista_eastmoney::datacenter::{Datacenter, Object, Report, equals, within};
//!
//! columns! {
//!     "payouts",
//!     /// One payout.
//!     pub struct Payout => PayoutColumns, PayoutViews {
//!         /// The share.
//!         symbol: Label, "";
//!         /// The end of the reporting period.
//!         period: Date32, "";
//!         /// Cash for a share.
//!         cash: Optional<Float>, "CNY";
//!     }
//! }
//!
//! dataset! {
//!     /// Payouts of a share.
//!     pub Payouts = "payouts", "Payouts of a share";
//!     selects Reports with Ranged;
//!     rows Payout, PayoutColumns, PayoutViews built by Rows<PayoutColumns, Reports>;
//!     key [symbol, period];
//!     spec
//! }
//!
//! impl Report for Payouts {
//!     const NAME: &'static str = "RPT_SHAREBONUS_DET";
//!     const SORT: &'static [&'static str] = &["REPORT_DATE"];
//!
//!     fn filter(reports: &Reports) -> String {
//!         equals("SECURITY_CODE", reports.symbol.code()) + &within("REPORT_DATE", reports.range)
//!     }
//!
//!     fn row(row: &Object<'_>, out: &mut Rows<PayoutColumns, Reports>) -> Result<(), SourceError> {
//!         out.push(Payout {
//!             symbol: &row.symbol("SECUCODE")?.written(),
//!             period: row.day("REPORT_DATE")?,
//!             cash: row.optional("PRETAX_BONUS_RMB")?.map(|cash| cash / 10.0),
//!         });
//!         Ok(())
//!     }
//! }
//!
//! static PAYOUTS: Datacenter<Payouts> = Datacenter::new(0, Capability::any());
//! # let _ = PAYOUTS;
//! ```

mod object;

use std::borrow::Cow;
use std::marker::PhantomData;

use finvista_core::dataset::Dataset;
use finvista_core::{
    BuilderOf, Capability, DateRange, Endpoint, EndpointContext, ErrorKind, Next, Reply, Request,
    SelectionOf, SourceError, wire,
};
use serde::Deserialize;

pub use object::Object;

use crate::text::escaped;

/// A data set that is a report of the data center.
pub trait Report: Dataset {
    /// The name of the report, such as `RPT_SHAREBONUS_DET`.
    const NAME: &'static str;
    /// The columns by which rows ascend. Together they tell rows apart, so that none moves to another page.
    const SORT: &'static [&'static str];

    /// The filter of a selection, made with [`equals`] and [`within`].
    fn filter(selection: &Self::Selection) -> String;

    /// Hands a row to the builder, or leaves it out.
    ///
    /// # Errors
    ///
    /// When a column is not there, or has a value of another kind.
    fn row(row: &Object<'_>, out: &mut Self::Builder) -> Result<(), SourceError>;
}

/// A condition of a filter: a column has this value.
pub fn equals(column: &str, value: &str) -> String {
    format!("({column}=\"{value}\")")
}

/// Conditions of a filter: a column of days lies in the range. Empty where the range has no end.
pub fn within(column: &str, range: DateRange) -> String {
    let start = range.start().map_or_else(String::new, |day| format!("({column}>='{day}')"));
    let end = range.end().map_or_else(String::new, |day| format!("({column}<='{day}')"));
    start + &end
}

/// The endpoint of a report.
#[derive(Debug)]
pub struct Datacenter<D> {
    priority: i32,
    capability: Capability,
    dataset: PhantomData<fn() -> D>,
}

impl<D> Datacenter<D> {
    /// The endpoint of a data set, with its default priority and its promise.
    pub const fn new(priority: i32, capability: Capability) -> Self {
        Self { priority, capability, dataset: PhantomData }
    }
}

/// The most rows of a page, whatever is asked for.
const PAGE: usize = 500;

/// The pages of one answer.
#[derive(Debug, Default)]
pub struct Pages {
    read: usize,
    rows: usize,
    /// The rows that the first page announced.
    count: usize,
}

impl<D: Report> Endpoint for Datacenter<D> {
    type Dataset = D;
    type State = Pages;

    fn priority(&self) -> i32 {
        self.priority
    }

    fn capability(&self) -> Capability {
        self.capability
    }

    fn request(&self, _: &EndpointContext, selection: &SelectionOf<Self>) -> Result<Request, SourceError> {
        Ok(page::<D>(selection, 1))
    }

    fn decode(
        &self,
        selection: &SelectionOf<Self>,
        pages: &mut Pages,
        reply: &Reply<'_>,
        out: &mut BuilderOf<Self>,
    ) -> Result<Next, SourceError> {
        wire::refuse_page(reply.body)?;
        let answer: Answer<'_> = wire::json(wire::between(reply.body, b'{', b'}')?)?;
        let page = match answer {
            Answer { code: 0, result: Some(page), .. } => page,
            // No rows: the same for a symbol without reports, for one that does not exist, and for a day that is not published
            // (datacenter_error_9201_empty.json).
            Answer { code: 9201, .. } if pages.read == 0 => {
                let message = format!("{} has no rows where {}", D::NAME, D::filter(selection));
                return Err(SourceError::new(ErrorKind::NoData, message));
            }
            Answer { code, message, .. } => {
                let message = format!("{}: code {code}, {}", D::NAME, message.unwrap_or_default());
                return Err(SourceError::new(ErrorKind::Upstream, message));
            }
        };
        page.data.iter().try_for_each(|row| D::row(row, out))?;
        if pages.read == 0 {
            pages.count = page.count;
        }
        pages.read += 1;
        pages.rows += page.data.len();
        if pages.read >= pages.count.div_ceil(PAGE) && pages.rows != pages.count {
            let message = format!("expected {} rows of {}, got {}", pages.count, D::NAME, pages.rows);
            return Err(SourceError::new(ErrorKind::Invalid, message));
        }
        Ok(match pages.read {
            1 => Next::pages(pages.count, PAGE, |number| self::page::<D>(selection, number)),
            _ => Next::Done,
        })
    }
}

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    result: Option<Page<'a>>,
    #[serde(borrow)]
    message: Option<Cow<'a, str>>,
    code: i64,
}

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    data: Vec<Object<'a>>,
    /// The rows of all pages.
    count: usize,
}

fn page<D: Report>(selection: &D::Selection, number: usize) -> Request {
    let (name, filter, columns) = (D::NAME, escaped(&D::filter(selection)), D::SORT.join(","));
    let types = vec!["1"; D::SORT.len()].join(",");
    Request::get(format!(
        "https://datacenter-web.eastmoney.com/api/data/v1/get?reportName={name}&columns=ALL&filter={filter}\
         &pageNumber={number}&pageSize={PAGE}&sortColumns={columns}&sortTypes={types}&source=WEB&client=WEB"
    ))
}
