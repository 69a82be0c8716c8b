//! How prices are adjusted.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::InvalidInput;

/// How prices are adjusted for dividends and splits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Adjust {
    /// As traded.
    #[default]
    None,
    /// Forward (前复权): the latest price is as traded, earlier ones are scaled down. Each new ex-date changes the whole
    /// series.
    Qfq,
    /// Backward (后复权): the first price is as traded, later ones are scaled up.
    Hfq,
}

impl Adjust {
    /// `none`, `qfq` or `hfq`.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Qfq => "qfq",
            Self::Hfq => "hfq",
        }
    }
}

impl fmt::Display for Adjust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Adjust {
    type Err = InvalidInput;

    fn from_str(text: &str) -> Result<Self, InvalidInput> {
        match text.trim().to_ascii_lowercase().as_str() {
            "none" | "" => Ok(Self::None),
            "qfq" => Ok(Self::Qfq),
            "hfq" => Ok(Self::Hfq),
            _ => Err(InvalidInput::new(format!("expected an adjustment (none, qfq or hfq), got {text:?}"))),
        }
    }
}
