//! Building tables of bars.

use std::fmt::Debug;

use arrow_array::RecordBatch;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};

use super::claim::Claims;
use super::{Build, Columns, derived};
use crate::adjust::Adjust;
use crate::date;
use crate::error::{ErrorKind, SourceError};
use crate::range::DateRange;
use crate::shape::Series;
use crate::symbol::{Symbol, Written};
use crate::universe::CN_STOCKS;
use crate::venue::Zone;

/// A bar, as an endpoint passes it to a [`BarSink`]: in shares and in the currency of the instrument. What the vendor does
/// not provide is `None`. The builder derives change, change in percent and amplitude from the previous close; what the vendor
/// says of them counts only in the first row, for a close that is not in the answer.
///
/// ```
/// use finvista_core::dataset::Bar;
/// use jiff::civil::date;
///
/// let bar = Bar { amount: Some(61_100.0), ..Bar::new(date(2024, 6, 28), 6.1, 6.2, 6.0, 6.11, 10_000) };
/// assert_eq!(bar.turnover, None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bar<At = Date> {
    /// The trading day, or the end of the bar as wall-clock time in China.
    pub at: At,
    /// The first price.
    pub open: f64,
    /// The highest price.
    pub high: f64,
    /// The lowest price.
    pub low: f64,
    /// The last price.
    pub close: f64,
    /// Shares traded.
    pub volume: i64,
    /// The value traded, in the currency of the instrument.
    pub amount: Option<f64>,
    /// Change against the previous close.
    pub change: Option<f64>,
    /// The same in percent.
    pub change_pct: Option<f64>,
    /// High minus low in percent of the previous close.
    pub amplitude: Option<f64>,
    /// Shares traded in percent of the float.
    pub turnover: Option<f64>,
}

impl<At> Bar<At> {
    /// A bar without the optional values.
    #[inline]
    pub const fn new(at: At, open: f64, high: f64, low: f64, close: f64, volume: i64) -> Self {
        Self {
            at,
            open,
            high,
            low,
            close,
            volume,
            amount: None,
            change: None,
            change_pct: None,
            amplitude: None,
            turnover: None,
        }
    }
}

/// The time of a bar: a trading day, or the end of the bar as wall-clock time in China.
pub trait BarTime: Copy + Ord + Debug + Send + 'static {
    /// The value in the column.
    type Native: Copy + Ord + Debug + Send;

    /// The day.
    fn day(self) -> Date;
    /// The start of the month or day that the time lies in, and its value.
    fn anchor(self) -> (Self, Self::Native);
    /// The value in the column, counted from an anchor; `None` if the time lies in another month or day.
    fn native(self, anchor: &(Self, Self::Native)) -> Option<Self::Native>;
    /// The day of a value in the column.
    fn day_of(native: Self::Native) -> Option<Date>;
    /// Whether bars are parts of a day.
    const IS_WITHIN_DAY: bool;
}

impl BarTime for Date {
    type Native = i32;

    const IS_WITHIN_DAY: bool = false;

    #[inline]
    fn day(self) -> Date {
        self
    }

    fn anchor(self) -> (Self, i32) {
        let first = self.first_of_month();
        (first, date::days_since_epoch(first))
    }

    #[inline]
    fn native(self, (first, days): &(Self, i32)) -> Option<i32> {
        let same = self.month() == first.month() && self.year() == first.year();
        same.then(|| days + i32::from(self.day()) - 1)
    }

    fn day_of(native: i32) -> Option<Date> {
        date::from_days_since_epoch(native)
    }
}

impl BarTime for DateTime {
    type Native = i64;

    const IS_WITHIN_DAY: bool = true;

    #[inline]
    fn day(self) -> Date {
        self.date()
    }

    fn anchor(self) -> (Self, i64) {
        let midnight = self.date().at(0, 0, 0, 0);
        let instant = Zone::Shanghai.instant(midnight);
        (midnight, instant.map_or(i64::MIN / 2, |instant| instant.as_millisecond()))
    }

    #[inline]
    fn native(self, (midnight, ms): &(Self, i64)) -> Option<i64> {
        let minutes = i64::from(self.hour()) * 60 + i64::from(self.minute());
        (self.date() == midnight.date()).then(|| ms + (minutes * 60 + i64::from(self.second())) * 1_000)
    }

    fn day_of(native: i64) -> Option<Date> {
        Timestamp::from_millisecond(native).ok().map(|instant| Zone::Shanghai.day(instant))
    }
}

/// Columns that are filled from bars. [`columns!`](crate::columns) implements it for definitions marked `bars`.
pub trait BarColumns: Columns {
    /// The time of a bar: the type of the column `date` or `time`.
    type At: BarTime;

    /// Appends a bar.
    fn push_bar(&mut self, at: <Self::At as BarTime>::Native, bar: &Bar<Self::At>);
    /// Whether the last bar has the values of this one, its time aside.
    fn ends_with(&self, bar: &Bar<Self::At>) -> bool;
    /// The times so far.
    fn times(&self) -> &[<Self::At as BarTime>::Native];
    /// Open, high, low and close so far.
    fn prices(&mut self) -> [&mut Vec<f64>; 4];
    /// Fills the columns that follow from others, once all rows are in order.
    fn complete(&mut self, series: &derived::Series<'_>);
}

/// A builder of bars. Endpoints use it for every data set of bars.
pub trait BarSink: Build<Selection = Series> {
    /// The time of a bar.
    type At: BarTime;

    /// Adds a bar, in any order. A bar without a row, such as that of a suspended day, is dropped, and so is each placeholder,
    /// such as an amount of zero for shares that were traded. A bar that comes twice in a row is added once.
    fn bar(&mut self, bar: Bar<Self::At>);
    /// Sets the close before the first bar of the answer, for vendors that give it apart from the bars.
    fn previous_close(&mut self, close: f64);
    /// Reserves room for this many more bars.
    fn reserve(&mut self, bars: usize);
    /// The number of bars in the range so far.
    fn len(&self) -> usize;
    /// Whether there is no bar in the range so far.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Multiplies the prices so far by the factor of their day, for vendors that adjust with a file of factors, and rounds
    /// them to three decimals, as vendors do.
    fn rescale(&mut self, factor: &dyn Fn(Date) -> f64);
}

/// Builds the table of bars of a query, sorted by time. Endpoints can pass every bar that the vendor sends: bars outside the
/// range are dropped, but the latest one before it is the previous close of the first row.
#[derive(Debug)]
pub struct Bars<C: BarColumns> {
    symbol: Symbol,
    range: DateRange,
    columns: C,
    /// The time and close of the latest bar before the range.
    before: Option<(C::At, f64)>,
    /// The time of the first bar of the answer, and the close before it that its change implies.
    first: Option<(C::At, Option<f64>)>,
    /// The close before the first bar, as the vendor gives it.
    given: Option<f64>,
    /// What the vendor says of changes; `None` if the data set has none.
    claims: Option<Claims>,
    /// Whether days without a trade are dropped.
    may_be_suspended: bool,
    /// The first price that was not above zero before it was adjusted.
    broken: Option<f64>,
    /// The time of the last bar.
    last: Option<C::At>,
    /// The anchor of the last bar, from which the values of most bars are counted.
    anchor: Option<(C::At, <C::At as BarTime>::Native)>,
    now: Timestamp,
}

/// Less than 0.005 % of a float is written as 0.00 %. No float has more than 400 billion shares, so this many are more of any.
const MOST_UNTURNED: i64 = 20_000_000;

/// Removes zeros that stand for no value.
#[inline]
fn drop_zeros<At>(bar: &mut Bar<At>) {
    if bar.volume > 0 {
        bar.amount = bar.amount.filter(|&amount| amount != 0.0);
    }
    if bar.volume >= MOST_UNTURNED {
        bar.turnover = bar.turnover.filter(|&turnover| turnover != 0.0);
    }
}

impl<C: BarColumns> Bars<C> {
    /// Whether a bar without volume is dropped: a blank one, or that of a suspended day, which repeats the last close in some or all
    /// of its prices.
    #[cold]
    fn is_no_row(&self, bar: &Bar<C::At>) -> bool {
        let is_traded = bar.amount.is_some_and(|amount| amount != 0.0);
        let is = |prices: [f64; 3], price: f64| prices.iter().all(|other| *other == price);
        let prices = [bar.open, bar.high, bar.low];
        let (is_zero, is_flat) = (is(prices, 0.0), is(prices, bar.close));
        !is_traded && (is_zero && bar.close == 0.0 || self.may_be_suspended && (is_zero || is_flat))
    }

    /// The close before the first row, if it is known. What the vendor gives apart counts where its bar does not contradict it.
    fn close_before(&self) -> Option<f64> {
        let given = || {
            let (given, (_, implied)) = self.given.zip(self.first)?;
            implied.is_none_or(|implied| (implied - given).abs() < 0.01).then_some(given)
        };
        self.before.map(|(_, close)| close).or_else(given)
    }
}

impl<C: BarColumns> BarSink for Bars<C> {
    type At = C::At;

    #[inline]
    fn bar(&mut self, mut bar: Bar<C::At>) {
        if bar.volume == 0 && self.is_no_row(&bar) {
            return;
        }
        if let Some(claims) = &mut self.claims {
            claims.judge(&mut bar);
        }
        drop_zeros(&mut bar);
        let day = bar.at.day();
        if self.first.is_none_or(|(first, _)| bar.at < first) {
            self.first = Some((bar.at, bar.change.map(|change| bar.close - change)));
        }
        if self.range.start().is_some_and(|start| day < start) {
            if self.before.is_none_or(|(at, _)| at < bar.at) {
                self.before = Some((bar.at, bar.close));
            }
        } else if self.range.contains(day) {
            if self.last.replace(bar.at) == Some(bar.at) && self.columns.ends_with(&bar) {
                return;
            }
            let known = self.anchor.as_ref().and_then(|anchor| bar.at.native(anchor));
            let at = known.unwrap_or_else(|| {
                let anchor = self.anchor.insert(bar.at.anchor());
                bar.at.native(anchor).unwrap_or(anchor.1)
            });
            self.columns.push_bar(at, &bar);
        }
    }

    fn previous_close(&mut self, close: f64) {
        self.given = (close != 0.0).then_some(close);
    }

    fn reserve(&mut self, bars: usize) {
        self.columns.reserve(bars);
    }

    fn len(&self) -> usize {
        self.columns.times().len()
    }

    fn rescale(&mut self, factor: &dyn Fn(Date) -> f64) {
        let scale = |price: f64, factor: f64| (price * factor * 1e3).round() / 1e3;
        let day = |at: &<C::At as BarTime>::Native| C::At::day_of(*at);
        let factors: Vec<f64> = self.columns.times().iter().map(|at| day(at).map_or(1.0, factor)).collect();
        for prices in self.columns.prices() {
            let is_broken = |price: &f64| *price <= 0.0 || price.is_nan();
            self.broken = self.broken.or_else(|| prices.iter().copied().find(is_broken));
            prices.iter_mut().zip(&factors).for_each(|(price, &factor)| *price = scale(*price, factor));
        }
        if let Some((at, close)) = &mut self.before {
            *close = scale(*close, factor(at.day()));
        }
    }
}

impl<C: BarColumns> Build for Bars<C> {
    type Selection = Series;

    fn new(selection: &Series, now: Timestamp) -> Self {
        let Series { symbol, range, adjust, .. } = *selection;
        let has_changes = C::SPEC.iter().any(|column| column.name == "change");
        Self {
            symbol,
            range,
            columns: C::default(),
            before: None,
            first: None,
            given: None,
            claims: has_changes.then(|| Claims::new(adjust == Adjust::Qfq)),
            // Some vendors send suspended days as bars without a trade. The archives of indices lack volumes in old years.
            may_be_suspended: CN_STOCKS.boards.contains(symbol.board()) && !C::At::IS_WITHIN_DAY,
            broken: None,
            last: None,
            anchor: None,
            now,
        }
    }

    fn read_at(&mut self, at: Timestamp) {
        self.now = at;
    }

    fn finish(mut self) -> Result<RecordBatch, SourceError> {
        let symbol: Written = self.symbol.written();
        if let Some(claims) = &self.claims {
            claims.finish(&symbol)?;
        }
        if let Some(price) = self.broken {
            let message =
                format!("expected prices of {} above zero before they are adjusted, got {price}", &*symbol);
            return Err(SourceError::new(ErrorKind::Invalid, message));
        }
        let times = self.columns.times();
        if !times.is_sorted() {
            let mut order: Vec<usize> = (0..times.len()).collect();
            order.sort_by_key(|&index| times.get(index));
            self.columns.reorder(&order);
        }
        let before = self.close_before();
        self.columns.complete(&derived::Series { symbol: &symbol, before, now: self.now });
        self.columns.finish()
    }
}
