//! The listings with a full history. Each stands for a case that a decoder can get wrong.

use super::terms::{Exchange, Kind, State};
use Exchange::{Bj, Csi, Sh, Sz};
use Kind::{BShare, Beijing, ChiNext, Fund, Index, Main, Star};

/// The facts of a listing that no random number changes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Listing<'a> {
    pub(super) exchange: Exchange,
    pub(super) code: &'a str,
    pub(super) name: &'a str,
    pub(super) kind: Kind,
    /// The price of the first day, in units of `10^-decimals`.
    pub(super) price: i64,
    /// Float in units of ten thousand shares; an average day trades about 0.6 % of it.
    pub(super) float: i64,
    pub(super) dividends: Dividends,
    pub(super) special: Special,
}

/// How often a listing goes ex.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dividends {
    Never,
    /// Cash every year.
    Cash,
    /// Cash every year, and bonus shares in some years.
    CashAndShares,
}

/// The state that a listing shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Special {
    Ordinary,
    /// Listed about 200 trading days before the last day.
    Young,
    /// Halted on the last day, and for half a year in 2018.
    Suspended,
    /// Closed at its upper limit on the last day, without an offer.
    LimitUp,
    /// Some days trade fewer shares than one lot.
    TinyVolume,
    /// Nothing after June 2022.
    Delisted,
    NotListed,
    CodeChanged,
    CallAuction,
}

impl Listing<'_> {
    pub(super) fn decimals(&self) -> u32 {
        match (self.kind, self.exchange) {
            (Fund, _) | (BShare, Sh) => 3,
            _ => 2,
        }
    }

    /// The daily price limit in percent.
    pub(super) fn limit(&self) -> Option<i64> {
        match self.kind {
            Main | BShare | Fund => Some(10),
            Star | ChiNext => Some(20),
            Beijing => Some(30),
            Index => None,
        }
    }

    pub(super) fn state(&self) -> State {
        match self.special {
            Special::Suspended => State::Suspended,
            Special::Delisted => State::Delisted,
            Special::NotListed => State::NotListed,
            Special::CodeChanged => State::CodeChanged,
            Special::CallAuction => State::CallAuction,
            Special::Ordinary | Special::Young | Special::LimitUp | Special::TinyVolume => State::Trading,
        }
    }
}

const fn listing(
    exchange: Exchange,
    code: &'static str,
    name: &'static str,
    kind: Kind,
    price: i64,
    float: i64,
    dividends: Dividends,
) -> Listing<'static> {
    Listing { exchange, code, name, kind, price, float, dividends, special: Special::Ordinary }
}

const fn special(special: Special, listing: Listing<'static>) -> Listing<'static> {
    Listing { special, ..listing }
}

use Dividends::{Cash, CashAndShares, Never};

pub(super) const LISTINGS: &[Listing<'static>] = &[
    listing(Sz, "000001", "平安银行", Main, 1584, 1_940_568, CashAndShares),
    // Two ASCII blanks and a full-width letter at East Money, one blank at Sina and Tencent.
    listing(Sz, "000002", "万  科Ａ", Main, 1390, 971_511, Cash),
    listing(Sz, "000858", "五 粮 液", Main, 2150, 388_151, Cash),
    listing(Sz, "002594", "比亚迪", Main, 3815, 348_664, CashAndShares),
    listing(Sz, "300750", "宁德时代", ChiNext, 7980, 425_674, CashAndShares),
    listing(Sz, "300059", "东方财富", ChiNext, 2790, 1_335_928, CashAndShares),
    listing(Sh, "600519", "贵州茅台", Main, 18962, 125_008, Cash),
    listing(Sh, "600000", "浦发银行", Main, 1569, 2_935_218, CashAndShares),
    listing(Sh, "600036", "招商银行", Main, 1659, 2_062_894, Cash),
    listing(Sh, "601318", "中国平安", Main, 7471, 1_066_006, Cash),
    listing(Sh, "688981", "中芯国际", Star, 5510, 199_986, Never),
    listing(Sh, "688111", "金山办公", Star, 14098, 46_263, Cash),
    listing(Bj, "920982", "锦波生物", Beijing, 4900, 4_321, CashAndShares),
    listing(Bj, "920799", "艾融软件", Beijing, 1788, 11_778, Never),
    special(Special::CodeChanged, listing(Bj, "830799", "艾融软件", Beijing, 3428, 11_778, Never)),
    special(Special::TinyVolume, listing(Bj, "920445", "龙竹科技", Beijing, 856, 4, Never)),
    listing(Sh, "900901", "云赛Ｂ股", BShare, 912, 29_337, Cash),
    listing(Sz, "200002", "万  科Ｂ", BShare, 1745, 131_495, Cash),
    listing(Sh, "510300", "沪深300ETF华泰柏瑞", Fund, 3525, 2_390_448, Cash),
    listing(Sz, "159915", "创业板ETF易方达", Fund, 1498, 1_230_117, Never),
    listing(Sz, "162411", "华宝油气LOF", Fund, 748, 335_120, Never),
    listing(Sh, "508000", "张江REIT", Fund, 2990, 19_800, Cash),
    special(Special::Young, listing(Sz, "301632", "广东建科", ChiNext, 656, 8_392, Never)),
    special(Special::Suspended, listing(Sz, "002150", "通润装备", Main, 955, 35_514, Cash)),
    listing(Sz, "000981", "山子高科", Main, 317, 689_114, Never),
    special(Special::LimitUp, listing(Sh, "600107", "美尔雅", Main, 985, 36_000, Never)),
    special(Special::Delisted, listing(Sz, "002070", "众和退", Main, 871, 58_079, Never)),
    special(Special::NotListed, listing(Sz, "002710", "慈铭体检", Main, 0, 12_000, Never)),
    special(Special::CallAuction, listing(Sz, "002241", "歌尔股份", Main, 2438, 308_383, CashAndShares)),
    listing(Sh, "000001", "上证指数", Index, 335_052, 500_000_000, Never),
    listing(Sh, "000300", "沪深300", Index, 364_154, 190_000_000, Never),
    listing(Sz, "399001", "深证成指", Index, 1_152_001, 600_000_000, Never),
    listing(Sz, "399006", "创业板指", Index, 146_061, 150_000_000, Never),
    listing(Sh, "000688", "科创50", Index, 100_000, 20_000_000, Never),
    listing(Bj, "899050", "北证50", Index, 100_000, 3_000_000, Never),
    listing(Sz, "980017", "国证芯片", Index, 210_000, 25_000_000, Never),
    listing(Csi, "930955", "红利低波100", Index, 520_000, 40_000_000, Never),
    listing(Csi, "H30269", "红利低波", Index, 610_000, 18_000_000, Never),
];
