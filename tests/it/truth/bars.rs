//! Bars of every length against the truth, up to what each vendor rounds.

use finvista::{Adjust, DailyBar, DateRange, IndexBar, MinuteBar, Zone};
use finvista_testkit::{Instrument, Kind, Period, Vendor};
use jiff::Timestamp;
use jiff::civil::Date;

use super::{kit, unit};

/// A bar, as a vendor tells it or as it is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Plain<At> {
    pub(crate) at: At,
    /// Open, high, low and close.
    pub(crate) prices: [f64; 4],
    pub(crate) volume: i64,
    pub(crate) amount: Option<f64>,
    pub(crate) change: Option<f64>,
}

macro_rules! plain {
    ($Row:ident, $At:ty, |$row:ident| $at:expr, $change:expr) => {
        impl From<$Row<'_>> for Plain<$At> {
            fn from($row: $Row<'_>) -> Self {
                let prices = [$row.open, $row.high, $row.low, $row.close];
                Self { at: $at, prices, volume: $row.volume, amount: $row.amount, change: $change }
            }
        }
    };
}

plain!(DailyBar, Date, |row| row.date, row.change);
plain!(IndexBar, Date, |row| row.date, row.change);
plain!(MinuteBar, Timestamp, |row| row.time, None);

/// The bars whose last day lies in the range. Weeks and months are labelled by their last traded day.
pub(crate) fn days(
    instrument: &Instrument,
    (period, adjust): (Period, Adjust),
    range: DateRange,
) -> Vec<Plain<Date>> {
    let prices = instrument.adjusted_by(period, kit(adjust));
    let before = std::iter::once(None).chain(prices.iter().map(|bar| Some(bar.close)));
    let bars = instrument.bars_by(period).into_iter().zip(&prices).zip(before);
    let bars = bars.map(|((bar, prices), before)| Plain {
        at: bar.date,
        prices: [prices.open, prices.high, prices.low, prices.close],
        volume: bar.volume,
        amount: Some(bar.amount as f64 / 100.0),
        change: before.map(|before| prices.close - before),
    });
    bars.filter(|bar| range.contains(bar.at)).collect()
}

/// The bars of `size` minutes of these days.
pub(crate) fn minutes(
    instrument: &Instrument,
    (size, adjust): (usize, Adjust),
    days: &[Date],
) -> Vec<Plain<Timestamp>> {
    let adjusted = instrument.adjusted(kit(adjust));
    let mut minutes = Vec::new();
    for (raw, day) in instrument.bars().iter().zip(adjusted).filter(|(raw, _)| days.contains(&raw.date)) {
        // A day has one factor.
        let factor = day.close / raw.close as f64;
        minutes.extend(instrument.minutes(raw.date, size).into_iter().map(|bar| Plain {
            at: Zone::Shanghai.instant(bar.end).unwrap(),
            prices: [bar.open, bar.high, bar.low, bar.close].map(|price| price as f64 * factor),
            volume: bar.volume,
            amount: Some(bar.amount as f64 / 100.0),
            change: None,
        }));
    }
    minutes
}

/// The rows are these bars.
pub(crate) fn assert_bars<At: PartialEq + std::fmt::Debug>(
    rows: &[Plain<At>],
    truth: &[Plain<At>],
    (vendor, instrument, adjust): (Vendor, &Instrument, Adjust),
    place: &str,
) {
    let near = match (adjust, vendor) {
        (Adjust::None, _) => 1e-9,
        (_, Vendor::EastMoney) => 0.500_001 / unit(instrument),
        _ => 0.000_501,
    };
    let shares = match vendor {
        Vendor::Sina => 0,
        Vendor::Tencent if instrument.kind == Kind::Star => 0,
        Vendor::EastMoney | Vendor::Tencent => 50,
    };
    assert_eq!(rows.len(), truth.len(), "{place}");
    for (row, truth) in rows.iter().zip(truth) {
        let place = format!("{place}: {row:?} {truth:?}");
        assert_eq!(row.at, truth.at, "{place}");
        for (is, should) in row.prices.iter().zip(truth.prices) {
            // The hair is for a hundredth that binary floats split.
            assert!((is - should).abs() <= near + 1e-9 * should.abs(), "{place}");
        }
        assert!((row.volume - truth.volume).abs() <= shares, "{place}");
        assert!(
            row.amount.zip(truth.amount).is_none_or(|(is, should)| (is - should).abs() <= 50.0),
            "{place}"
        );
        assert!(row.amount.is_some() || vendor != Vendor::EastMoney, "{place}");
        let change = row.change.zip(truth.change);
        assert!(change.is_none_or(|(is, should)| (is - should).abs() <= 2.0 * near + 1e-6), "{place}");
    }
}
