//! Which vendor a host belongs to.

use std::fmt;
use std::str::FromStr;

/// One of the vendors that the simulator imitates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Vendor {
    /// 东方财富.
    EastMoney,
    /// 新浪财经.
    Sina,
    /// 腾讯财经.
    Tencent,
}

impl Vendor {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::EastMoney, Self::Sina, Self::Tencent];

    /// The vendor whose domain `host` lies under; a port after the host does not matter.
    pub fn of_host(host: &str) -> Option<Self> {
        let name = host.split_once(':').map_or(host, |(name, _)| name).to_ascii_lowercase();
        Self::ALL.into_iter().find(|vendor| vendor.domains().iter().any(|domain| lies_under(&name, domain)))
    }

    pub(crate) fn domains(self) -> &'static [&'static str] {
        match self {
            Self::EastMoney => &["eastmoney.com"],
            Self::Sina => &["sinajs.cn", "sina.com.cn", "sina.cn"],
            Self::Tencent => &["gtimg.cn", "qq.com"],
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::EastMoney => "eastmoney",
            Self::Sina => "sina",
            Self::Tencent => "tencent",
        }
    }
}

/// Whether `host` is `domain` or lies under it.
pub(super) fn lies_under(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

impl fmt::Display for Vendor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The error of parsing a [`Vendor`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseVendorError(String);

impl fmt::Display for ParseVendorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected eastmoney, sina or tencent, got {:?}", self.0)
    }
}

impl std::error::Error for ParseVendorError {}

impl FromStr for Vendor {
    type Err = ParseVendorError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|vendor| vendor.name().eq_ignore_ascii_case(text))
            .ok_or_else(|| ParseVendorError(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_lead_to_their_vendor() {
        for (host, vendor) in [
            ("push2his.eastmoney.com", Some(Vendor::EastMoney)),
            ("63.push2.eastmoney.com:443", Some(Vendor::EastMoney)),
            ("hq.sinajs.cn", Some(Vendor::Sina)),
            ("money.finance.sina.com.cn", Some(Vendor::Sina)),
            ("quotes.sina.cn", Some(Vendor::Sina)),
            ("QT.gtimg.cn", Some(Vendor::Tencent)),
            ("proxy.finance.qq.com", Some(Vendor::Tencent)),
            ("127.0.0.1:8080", None),
            ("noteastmoney.com", None),
        ] {
            assert_eq!(Vendor::of_host(host), vendor, "{host}");
        }
    }

    #[test]
    fn names_read_back() {
        for vendor in Vendor::ALL {
            assert_eq!(vendor.to_string().parse(), Ok(vendor));
        }
        assert!("yahoo".parse::<Vendor>().unwrap_err().to_string().contains("expected eastmoney"));
    }
}
