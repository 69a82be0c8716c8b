//! A facade with one vendor's feature must hold that vendor's crate and no other's.

use super::Finding;
use super::edges::is_vendor;
use crate::metadata::{Package, cargo};

const MANIFEST: &str = "crates/finvista/Cargo.toml";

/// Looks at the dependency tree of the facade with each vendor's feature alone, and with none.
pub(super) fn check(members: &[Package]) -> Result<Vec<Finding>, String> {
    let vendors: Vec<String> =
        members.iter().map(|member| &member.name).filter(|name| is_vendor(name)).cloned().collect();
    let mut findings = Vec::new();
    for expected in vendors.iter().map(Some).chain([None]) {
        let feature = expected.and_then(|vendor| vendor.strip_prefix("finvista-")).unwrap_or_default();
        let found: Vec<String> =
            tree(feature)?.into_iter().filter(|package| vendors.contains(package)).collect();
        if found.iter().ne(expected) {
            findings.push(Finding {
                path: MANIFEST.to_owned(),
                line: 1,
                message: format!(
                    "expected the facade with the features {feature:?} to depend on the vendors {expected:?}, got {found:?}"
                ),
            });
        }
    }
    Ok(findings)
}

/// The names of the packages that the facade builds with this feature alone.
fn tree(feature: &str) -> Result<Vec<String>, String> {
    let arguments =
        "tree -p finvista --no-default-features -e normal --prefix none --format {p} --offline --features";
    let output = cargo()
        .args(arguments.split(' '))
        .arg(feature)
        .output()
        .map_err(|error| format!("cannot start cargo tree: {error}"))?;
    if !output.status.success() {
        return Err(format!("cargo tree failed: {}", String::from_utf8_lossy(&output.stderr).trim()));
    }
    let mut names: Vec<String> = String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| line.split(' ').next())
        .map(str::to_owned)
        .collect();
    names.sort();
    names.dedup();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A program whose sources do their own I/O builds no HTTP client.
    #[test]
    fn reqwest_comes_with_the_feature_http_alone() {
        for (features, is_there) in
            [("", false), ("blocking", false), ("http", true), ("sina", true), ("plugins", true)]
        {
            let names = tree(features).unwrap();
            for name in ["reqwest", "rustls"] {
                assert_eq!(names.iter().any(|known| known == name), is_there, "{features}: {name}");
            }
        }
    }

    #[test]
    fn the_tree_of_one_feature_is_read() {
        let names = tree("sina").unwrap();
        for (name, is_there) in
            [("finvista-sina", true), ("finvista-core", true), ("finvista-tencent", false)]
        {
            assert_eq!(names.iter().any(|known| known == name), is_there, "{name}");
        }
    }
}
