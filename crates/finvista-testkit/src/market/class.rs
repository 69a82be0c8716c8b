//! What a code says about its listing.

use super::terms::{Exchange, Kind};

/// Exchange, kind and code: all that decides which boards a listing is on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Class<'a> {
    pub(crate) exchange: Exchange,
    pub(crate) kind: Kind,
    pub(crate) code: &'a str,
}

impl<'a> Class<'a> {
    /// The class of a code, by the families of codes.
    pub(crate) fn of(exchange: Exchange, code: &'a str) -> Self {
        let is = |families: &[&str]| families.iter().any(|family| code.starts_with(family));
        let kind = match exchange {
            Exchange::Sh if is(&["688", "689"]) => Kind::Star,
            Exchange::Sh if is(&["900"]) => Kind::BShare,
            Exchange::Sh if is(&["5"]) => Kind::Fund,
            Exchange::Sz if is(&["30"]) => Kind::ChiNext,
            Exchange::Sz if is(&["20"]) => Kind::BShare,
            Exchange::Sz if is(&["15", "16", "18"]) => Kind::Fund,
            Exchange::Sh if is(&["000"]) => Kind::Index,
            Exchange::Sz if is(&["399", "98"]) => Kind::Index,
            Exchange::Bj if is(&["899"]) => Kind::Index,
            Exchange::Csi => Kind::Index,
            Exchange::Bj => Kind::Beijing,
            Exchange::Sh | Exchange::Sz => Kind::Main,
        };
        Self { exchange, kind, code }
    }

    /// The class of a symbol such as `sh600519`.
    pub(crate) fn of_symbol(symbol: &'a str) -> Option<Self> {
        let exchanges = [Exchange::Sh, Exchange::Sz, Exchange::Bj];
        exchanges
            .into_iter()
            .find_map(|exchange| symbol.strip_prefix(exchange.prefix()).map(|code| Self::of(exchange, code)))
    }

    /// Whether it is a share for yuan.
    pub(crate) fn is_a_share(self) -> bool {
        matches!(self.kind, Kind::Main | Kind::Star | Kind::ChiNext | Kind::Beijing)
    }

    /// Whether it is an exchange traded fund. Listed open funds and REITs have other codes.
    pub(crate) fn is_etf(self) -> bool {
        let families: &[&str] = match self.exchange {
            Exchange::Sh => &["51", "52", "53", "55", "56", "58"],
            _ => &["159"],
        };
        self.kind == Kind::Fund && families.iter().any(|family| self.code.starts_with(family))
    }
}
