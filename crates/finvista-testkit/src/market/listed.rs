//! Every listing on the last day: the ones with a full history, and some thousand more with the newest days only.

use jiff::civil::{Date, Time};

use super::catalogue::{Dividends, Listing, Special};
use super::instrument::Instrument;
use super::names::{HOUSES, PLACES, THEMES, TRADES};
use super::terms::{Event, Exchange, Kind, State};
use super::{quoting, walk};

/// Days of history of a listing that is made here.
const DAYS: usize = 6;

/// Codes of one family: `count` of the `width` codes from `first`, evenly spread.
struct Family {
    exchange: Exchange,
    kind: Kind,
    first: usize,
    width: usize,
    count: usize,
}

const fn family(exchange: Exchange, kind: Kind, first: usize, width: usize, count: usize) -> Family {
    Family { exchange, kind, first, width, count }
}

/// About as many as there are.
const FAMILIES: &[Family] = &[
    family(Exchange::Sh, Kind::Main, 600_000, 1000, 750),
    family(Exchange::Sh, Kind::Main, 601_000, 1000, 225),
    family(Exchange::Sh, Kind::Main, 603_000, 1000, 610),
    family(Exchange::Sh, Kind::Main, 605_000, 500, 110),
    family(Exchange::Sh, Kind::Star, 688_000, 1000, 600),
    family(Exchange::Sz, Kind::Main, 2, 998, 410),
    family(Exchange::Sz, Kind::Main, 1_201, 400, 118),
    family(Exchange::Sz, Kind::Main, 2_001, 998, 920),
    family(Exchange::Sz, Kind::Main, 3_000, 50, 42),
    family(Exchange::Sz, Kind::ChiNext, 300_001, 998, 930),
    family(Exchange::Sz, Kind::ChiNext, 301_001, 998, 460),
    family(Exchange::Bj, Kind::Beijing, 920_000, 1000, 290),
    family(Exchange::Sh, Kind::BShare, 900_902, 56, 42),
    family(Exchange::Sz, Kind::BShare, 200_011, 900, 40),
    family(Exchange::Sh, Kind::Fund, 512_000, 1000, 100),
    family(Exchange::Sh, Kind::Fund, 515_000, 1000, 100),
    family(Exchange::Sh, Kind::Fund, 560_000, 4000, 300),
    family(Exchange::Sh, Kind::Fund, 588_000, 1000, 60),
    family(Exchange::Sz, Kind::Fund, 159_001, 900, 460),
    family(Exchange::Sz, Kind::Fund, 161_000, 1000, 90),
];

/// Names that a search can get wrong, at their own codes: characters with two readings, blanks, full-width letters.
const NAMED: &[(&str, &str)] = &[
    ("sh600132", "重庆啤酒"),
    ("sz000625", "长安汽车"),
    ("sh600549", "厦门钨业"),
    ("sh600211", "西藏药业"),
    ("sz000423", "东阿阿胶"),
    ("sh601579", "会稽山"),
    ("sh603233", "大参林"),
    ("sh600202", "哈空调"),
    ("sz002032", "苏泊尔"),
    ("sz002997", "瑞鹄模具"),
    ("sz002981", "朝阳科技"),
    ("sz002245", "蔚蓝锂芯"),
    ("sh600259", "广晟有色"),
    ("sz000066", "中国长城"),
    ("sh605098", "行动教育"),
    ("sz000950", "重药控股"),
    ("sz002204", "大连重工"),
    ("sz002375", "亚厦股份"),
    ("sh603776", "永安行"),
    ("sz002081", "金 螳 螂"),
    ("sz000029", "深深房Ａ"),
    ("sz000025", "特  力Ａ"),
    ("sz000026", "飞亚达"),
];

/// What the exchange's day makes of a listing, and of the front of its name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Plain,
    /// `ST` and `*ST`: risk of delisting.
    Risk(&'static str),
    /// `XD`: ex-dividend today.
    Ex,
    /// `N`: the first day.
    First,
    /// `C`: the second to the fifth day.
    Fresh,
    Halted,
}

/// All of them, in the order of exchange and code.
pub(super) fn all(seed: u64, known: &[Instrument], days: &[Date], clock: Option<Time>) -> Vec<Instrument> {
    let is_listed = |i: &&Instrument| {
        i.kind != Kind::Index
            && matches!(i.state, State::Trading | State::Suspended | State::CallAuction)
            && !i.bars.is_empty()
    };
    let mut listed: Vec<Instrument> = known.iter().filter(is_listed).cloned().collect();
    let known_codes: Vec<String> = known.iter().map(Instrument::prefixed).collect();
    let newest = days.get(days.len().saturating_sub(DAYS)..).unwrap_or_default();
    if !newest.is_empty() {
        let mut number = 0;
        for family in FAMILIES {
            for code in family.codes() {
                let prefixed = format!("{}{code}", family.exchange.prefix());
                if !known_codes.contains(&prefixed) {
                    listed.push(make(seed, family, &code, &prefixed, number, newest, clock));
                    number += 1;
                }
            }
        }
    }
    listed.sort_by_cached_key(Instrument::prefixed);
    listed
}

impl Family {
    /// Its codes. The named listings are among them wherever the spread would leave them out.
    fn codes(&self) -> Vec<String> {
        let spread =
            (0..self.count).map(|index| format!("{:06}", self.first + index * self.width / self.count));
        let named = NAMED.iter().filter_map(|(code, _)| code.strip_prefix(self.exchange.prefix()));
        let own = named.filter(|code| {
            code.parse().is_ok_and(|code| (self.first..self.first + self.width).contains(&code))
        });
        let mut codes: Vec<String> = spread.chain(own.map(str::to_owned)).collect();
        codes.sort_unstable();
        codes.dedup();
        codes
    }
}

fn make(
    seed: u64,
    family: &Family,
    code: &str,
    prefixed: &str,
    number: usize,
    days: &[Date],
    clock: Option<Time>,
) -> Instrument {
    let mark = mark(family.kind, number);
    let named = NAMED.iter().find(|(known, _)| *known == prefixed).map(|(_, name)| (*name).to_owned());
    let name = named.unwrap_or_else(|| marked(family.kind, number, mark));
    let draw = scramble(number);
    let listing = Listing {
        exchange: family.exchange,
        code,
        name: &name,
        kind: family.kind,
        price: 250 + i64::try_from(draw % 97 * (draw / 97 % 89)).unwrap_or(0),
        float: 2_000 + i64::try_from(draw % 60_000).unwrap_or(0),
        dividends: Dividends::Never,
        special: if mark == Mark::Halted { Special::Suspended } else { Special::Ordinary },
    };
    let shown = match mark {
        Mark::First => 1,
        Mark::Fresh => 3,
        _ => days.len(),
    };
    let days = days.get(days.len().saturating_sub(shown)..).unwrap_or_default();
    let mut made = walk::instrument(seed, &listing, days, clock);
    match mark {
        Mark::Ex => go_ex(&mut made),
        Mark::First => triple(&mut made),
        _ => {}
    }
    // A share in its first days has no price limit.
    let limit = listing.limit().filter(|_| !matches!(mark, Mark::First | Mark::Fresh));
    if matches!(mark, Mark::Ex | Mark::First | Mark::Fresh) {
        let rng = fastrand::Rng::with_seed(seed.wrapping_add(draw as u64));
        made.quote = quoting::of(&made, limit, days.last().copied(), rng);
    }
    if !matches!(mark, Mark::First | Mark::Fresh) {
        made.listed = super::calendar::FIRST_DAY;
    }
    made
}

/// About one in three hundred is halted, one in a hundred at risk; some go ex, and a few are new.
fn mark(kind: Kind, number: usize) -> Mark {
    let is_share = !matches!(kind, Kind::Fund | Kind::BShare);
    match number {
        _ if number % 331 == 7 => Mark::Halted,
        _ if is_share && number % 1777 == 100 => Mark::First,
        _ if is_share && number % 1333 == 50 => Mark::Fresh,
        _ if is_share && number % 211 == 5 => Mark::Ex,
        _ if kind == Kind::Main && number % 97 == 11 => {
            Mark::Risk(if number.is_multiple_of(2) { "ST" } else { "*ST" })
        }
        _ => Mark::Plain,
    }
}

fn marked(kind: Kind, number: usize, mark: Mark) -> String {
    let pick =
        |words: &[&'static str], at: usize| words.get(at % words.len().max(1)).copied().unwrap_or_default();
    if kind == Kind::Fund {
        return format!("{}ETF{}", pick(THEMES, number), pick(HOUSES, number / THEMES.len()));
    }
    // A step that shares no factor with the number of pairs, so that no two names are alike.
    let pair = number * 3001 % (PLACES.len() * TRADES.len());
    let (place, trade) = (pick(PLACES, pair % PLACES.len()), pick(TRADES, pair / PLACES.len()));
    let cut: String = place.chars().chain(trade.chars()).take(3).collect();
    match mark {
        Mark::Risk(prefix) => format!("{prefix}{place}"),
        Mark::Ex => format!("XD{cut}"),
        Mark::First => format!("N{cut}"),
        Mark::Fresh => format!("C{cut}"),
        _ if kind == Kind::BShare => format!("{place}Ｂ股"),
        _ if kind == Kind::Star && number.is_multiple_of(29) => format!("{place}{trade}-U"),
        _ if kind == Kind::Star && number.is_multiple_of(61) => format!("{place}{trade}-W"),
        _ if kind == Kind::Main && number % 173 == 3 => format!("{cut}Ａ"),
        _ => format!("{place}{trade}"),
    }
}

/// The last day without a dividend of a hundredth of the close before it.
fn go_ex(made: &mut Instrument) {
    let [.., before, last] = made.bars.as_slice() else { return };
    let drop = before.close / 100;
    let reference = before.close - drop;
    made.events.push(Event {
        date: last.date,
        cash_per_10: drop * 10,
        shares_per_10: 0,
        previous_close: before.close,
        reference,
        factor: before.close as f64 / reference as f64,
    });
}

/// Three times the issue price on the first day.
fn triple(made: &mut Instrument) {
    for bar in &mut made.bars {
        for value in [&mut bar.open, &mut bar.high, &mut bar.low, &mut bar.close, &mut bar.amount] {
            *value *= 3;
        }
    }
}

/// A number that looks like no order.
fn scramble(number: usize) -> usize {
    (number as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) as usize >> 20
}
