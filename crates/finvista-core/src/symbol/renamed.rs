//! Codes that an exchange replaced: see `renamed.txt`.

use std::collections::HashMap;
use std::sync::LazyLock;

use jiff::civil::Date;

use super::Symbol;

impl Symbol {
    /// The symbol that replaced this one, and its first day.
    ///
    /// ```
    /// use finvista_core::Symbol;
    ///
    /// let old: Symbol = "430047.BJ".parse()?;
    /// let (new, since) = old.renamed_to().unwrap();
    /// assert_eq!((new.to_string().as_str(), since.to_string().as_str()), ("920047.BJ", "2025-10-09"));
    /// assert_eq!(new.renamed_to(), None);
    /// # Ok::<(), finvista_core::InvalidInput>(())
    /// ```
    pub fn renamed_to(&self) -> Option<(Self, Date)> {
        static RENAMED: LazyLock<HashMap<Symbol, (Symbol, Date)>> = LazyLock::new(|| lines().collect());
        RENAMED.get(self).copied()
    }

    /// The symbol, and what became of it if its code was replaced: `430047.BJ (920047.BJ since 2025-10-09)`.
    pub fn with_successor(&self) -> String {
        match self.renamed_to() {
            Some((new, since)) => format!("{self} ({new} since {since})"),
            None => self.to_string(),
        }
    }
}

fn lines() -> impl Iterator<Item = (Symbol, (Symbol, Date))> {
    let lines = include_str!("renamed.txt").lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| {
        let mut words = line.split(' ');
        let since = words.next()?.parse().ok()?;
        Some((words.next()?.parse().ok()?, (words.next()?.parse().ok()?, since)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::board::Board;

    #[test]
    fn every_code_of_the_list_is_read_and_of_a_share() {
        let written = include_str!("renamed.txt").lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!((lines().count(), written), (253, 253));
        for (old, (new, since)) in lines() {
            assert_eq!(old.venue(), new.venue());
            assert!(![old, new].iter().any(|symbol| symbol.board() == Board::Other), "{old} {new}");
            assert!(since.year() >= 2018 && new.renamed_to().is_none(), "{old}");
        }
    }

    #[test]
    fn a_code_need_not_keep_its_last_digits() {
        let new = |old: &str| old.parse::<Symbol>().unwrap().renamed_to().map(|(new, _)| new.to_string());
        assert_eq!(new("832000.BJ").as_deref(), Some("920000.BJ"));
        assert_eq!(new("873726.BJ").as_deref(), Some("920026.BJ"));
        assert_eq!(new("000022.SZ").as_deref(), Some("001872.SZ"));
        assert_eq!(new("600519.SH"), None);
    }
}
