//! Venues: the exchanges and publishers whose codes name instruments, with their zones and currencies.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};
use serde::{Deserialize, Serialize};

/// Where the code of a symbol is assigned: an exchange, an index publisher, or a vendor's own catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Venue {
    /// Beijing Stock Exchange.
    Bj,
    /// Shanghai Stock Exchange.
    Sh,
    /// Shenzhen Stock Exchange.
    Sz,
    /// China Securities Index, whose indices are published outside the exchanges' code ranges: `930955.CSI`.
    Csi,
    /// China National Index (国证): `980017.CNI`.
    Cni,
    /// Hong Kong Exchanges.
    Hk,
    /// The exchanges of the United States, whose tickers are unique together.
    Us,
    /// Shanghai Futures Exchange.
    Shfe,
    /// Shanghai International Energy Exchange.
    Ine,
    /// Dalian Commodity Exchange.
    Dce,
    /// Zhengzhou Commodity Exchange.
    Czce,
    /// Guangzhou Futures Exchange.
    Gfex,
    /// China Financial Futures Exchange.
    Cffex,
    /// Open-end funds of China, which trade at their net asset value: `000001.OF`.
    Fund,
    /// Sectors and themes of East Money (板块): `BK0475.BK`.
    Sector,
}

/// The facts about a venue.
struct Facts {
    suffix: &'static str,
    /// Other spellings of the suffix: ISO 10383 codes and those of other libraries.
    aliases: &'static [&'static str],
    zone: Zone,
    currency: Currency,
}

impl Venue {
    /// Every venue, in the order of the declaration.
    pub const ALL: [Self; 15] = [
        Self::Bj,
        Self::Sh,
        Self::Sz,
        Self::Csi,
        Self::Cni,
        Self::Hk,
        Self::Us,
        Self::Shfe,
        Self::Ine,
        Self::Dce,
        Self::Czce,
        Self::Gfex,
        Self::Cffex,
        Self::Fund,
        Self::Sector,
    ];

    const fn facts(self) -> Facts {
        const fn china(suffix: &'static str, aliases: &'static [&'static str]) -> Facts {
            Facts { suffix, aliases, zone: Zone::Shanghai, currency: Currency::Cny }
        }
        match self {
            Self::Bj => china("BJ", &["XBSE", "BSE", "BJSE"]),
            Self::Sh => china("SH", &["SS", "XSHG", "SSE", "SHSE"]),
            Self::Sz => china("SZ", &["XSHE", "SZSE"]),
            Self::Csi => china("CSI", &[]),
            Self::Cni => china("CNI", &[]),
            Self::Hk => {
                Facts { suffix: "HK", aliases: &["XHKG"], zone: Zone::HongKong, currency: Currency::Hkd }
            }
            Self::Us => Facts { suffix: "US", aliases: &[], zone: Zone::NewYork, currency: Currency::Usd },
            Self::Shfe => china("SHFE", &["XSGE", "SHF"]),
            Self::Ine => china("INE", &["XINE"]),
            Self::Dce => china("DCE", &["XDCE"]),
            Self::Czce => china("CZCE", &["XZCE", "ZCE"]),
            Self::Gfex => china("GFEX", &["XGCE", "GFE"]),
            Self::Cffex => china("CFFEX", &["CCFX", "CFX"]),
            Self::Fund => china("OF", &["FUND"]),
            Self::Sector => china("BK", &["SECTOR"]),
        }
    }

    /// The suffix of the canonical form: `SZ` in `000001.SZ`.
    pub const fn suffix(self) -> &'static str {
        self.facts().suffix
    }

    /// The zone of its trading days and times of day.
    pub const fn zone(self) -> Zone {
        self.facts().zone
    }

    /// The currency of its prices, except those of B shares: see [`Symbol::currency`](crate::Symbol::currency).
    pub const fn currency(self) -> Currency {
        self.facts().currency
    }

    /// Whether it is one of the three mainland stock exchanges, whose codes have six digits.
    pub const fn is_mainland(self) -> bool {
        matches!(self, Self::Bj | Self::Sh | Self::Sz)
    }

    /// The lower-case prefix that Sina and Tencent write for a mainland exchange: `sz` in `sz000001`.
    pub const fn prefix(self) -> Option<&'static str> {
        match self {
            Self::Bj => Some("bj"),
            Self::Sh => Some("sh"),
            Self::Sz => Some("sz"),
            _ => None,
        }
    }

    /// Reads any of the spellings in use: `SZ`, `sz`, `XSHE`, and Yahoo's `SS` for Shanghai.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|venue| {
            let Facts { suffix, aliases, .. } = venue.facts();
            text.eq_ignore_ascii_case(suffix) || aliases.iter().any(|alias| text.eq_ignore_ascii_case(alias))
        })
    }
}

impl fmt::Display for Venue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.suffix())
    }
}

/// The time zone of a venue, and of the times in a data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Zone {
    /// Mainland China: UTC+8, without daylight saving since 1991. No vendor has intraday times from before 1991, so a fixed
    /// offset is exact.
    #[serde(rename = "Asia/Shanghai")]
    Shanghai,
    /// Hong Kong: UTC+8 without daylight saving since 1979.
    #[serde(rename = "Asia/Hong_Kong")]
    HongKong,
    /// New York, with daylight saving.
    #[serde(rename = "America/New_York")]
    NewYork,
}

impl Zone {
    /// The name in the time-zone database, which is also the zone of an Arrow timestamp.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Shanghai => "Asia/Shanghai",
            Self::HongKong => "Asia/Hong_Kong",
            Self::NewYork => "America/New_York",
        }
    }

    /// The rules of the zone. For New York they are those in force since 2007, which need no time-zone database.
    pub fn time_zone(self) -> TimeZone {
        match self {
            Self::Shanghai | Self::HongKong => TimeZone::fixed(EAST_8),
            Self::NewYork => {
                TimeZone::posix("EST5EDT,M3.2.0,M11.1.0").unwrap_or_else(|_| TimeZone::fixed(WEST_5))
            }
        }
    }

    /// The wall-clock time at an instant.
    pub fn clock(self, instant: Timestamp) -> DateTime {
        match self {
            Self::Shanghai | Self::HongKong => EAST_8.to_datetime(instant),
            Self::NewYork => self.time_zone().to_datetime(instant),
        }
    }

    /// The day at an instant.
    pub fn day(self, instant: Timestamp) -> Date {
        self.clock(instant).date()
    }

    /// The instant of a wall-clock time, or `None` if it is out of range of a timestamp.
    pub fn instant(self, time: DateTime) -> Option<Timestamp> {
        match self {
            Self::Shanghai | Self::HongKong => EAST_8.to_timestamp(time).ok(),
            Self::NewYork => self.time_zone().to_timestamp(time).ok(),
        }
    }
}

/// A zone as a type parameter of a column of times.
pub trait ZoneOf {
    /// The zone.
    const ZONE: Zone;
}

/// [`Zone::Shanghai`].
#[derive(Debug)]
pub struct Shanghai;
/// [`Zone::HongKong`].
#[derive(Debug)]
pub struct HongKong;
/// [`Zone::NewYork`].
#[derive(Debug)]
pub struct NewYork;

impl ZoneOf for Shanghai {
    const ZONE: Zone = Zone::Shanghai;
}
impl ZoneOf for HongKong {
    const ZONE: Zone = Zone::HongKong;
}
impl ZoneOf for NewYork {
    const ZONE: Zone = Zone::NewYork;
}

const EAST_8: Offset = Offset::constant(8);
const WEST_5: Offset = Offset::constant(-5);

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A currency, by its ISO 4217 code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[non_exhaustive]
pub enum Currency {
    /// Renminbi.
    Cny,
    /// Hong Kong dollar.
    Hkd,
    /// US dollar.
    Usd,
}

impl Currency {
    /// The ISO 4217 code, such as `CNY`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Cny => "CNY",
            Self::Hkd => "HKD",
            Self::Usd => "USD",
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn every_spelling_names_one_venue() {
        for venue in Venue::ALL {
            let Facts { suffix, aliases, .. } = venue.facts();
            for spelling in aliases.iter().copied().chain([suffix]) {
                assert_eq!(Venue::parse(&spelling.to_ascii_lowercase()), Some(venue), "{spelling}");
            }
        }
        assert_eq!(Venue::parse("LSE"), None);
    }

    #[test]
    fn zones_have_their_offsets() {
        let at = |day: Date, hour| Zone::NewYork.instant(day.at(hour, 0, 0, 0)).unwrap().to_string();
        assert_eq!(at(date(2024, 1, 10), 16), "2024-01-10T21:00:00Z");
        assert_eq!(at(date(2024, 7, 10), 16), "2024-07-10T20:00:00Z");
        assert_eq!(Zone::Shanghai.day("2024-01-01T15:59:59Z".parse().unwrap()), date(2024, 1, 1));
        assert_eq!(Zone::Shanghai.day("2024-01-01T16:00:00Z".parse().unwrap()), date(2024, 1, 2));
        assert_eq!(Zone::NewYork.day("2024-07-10T03:59:00Z".parse().unwrap()), date(2024, 7, 9));
    }
}
