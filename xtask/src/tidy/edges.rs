//! The edges that the graph of crates must never have: arrows point one way, cli → facade → vendors → core.

use super::Finding;
use crate::metadata::Package;

/// Our packages that are not vendors; plugins, whose names end in `-plugin`, aside. Every other `finvista-*` is a vendor, so the
/// rules apply to a new one without an entry here.
const NOT_VENDORS: &[&str] = &[
    "finvista-arrow2",
    "finvista-bench",
    "finvista-cli",
    "finvista-conformance",
    "finvista-core",
    "finvista-datasets",
    "finvista-examples",
    "finvista-http",
    "finvista-loader",
    "finvista-plugin",
    "finvista-testkit",
    "finvista-tests",
];

/// Programs, and the tool that writes the table of the facade's settings.
const ABOVE_THE_FACADE: &[&str] =
    &["finvista-bench", "finvista-cli", "finvista-examples", "finvista-tests", "xtask"];

/// Crates that do I/O, or drive it.
const IO: &[&str] = &["finvista-http", "futures-util", "reqwest", "rustls", "tokio"];

/// The forbidden edges among the dependencies of `member`, whose manifest is `text` at `path`.
pub(super) fn check(path: &str, text: &str, member: &Package) -> Vec<Finding> {
    let mut findings = Vec::new();
    for dependency in &member.dependencies {
        let (from, to, dev) = (&*member.name, &*dependency.name, dependency.is_dev());
        let line = line_of(text, to);
        if let Some(reason) = forbidden(from, to, dev) {
            let message = format!("{from} must not depend on {to}: {reason}");
            findings.push(Finding { path: path.to_owned(), line, message });
        }
        if is_vendor(from) && !dev && to == "finvista-core" {
            for feature in dependency.features.iter().filter(|feature| *feature == "manager") {
                let message = format!(
                    "{from} must not enable {to}'s feature {feature}: a vendor is pure functions; the facade enables it"
                );
                findings.push(Finding { path: path.to_owned(), line, message });
            }
        }
    }
    findings
}

/// Why `from` must not depend on `to`, and what would be right; `dev` when only tests and examples of `from` would see it.
fn forbidden(from: &str, to: &str, dev: bool) -> Option<&'static str> {
    if to == "arrow" {
        return Some("it takes three times as long to build; use arrow-array, arrow-schema and arrow-buffer");
    }
    if to == "finvista" && !ABOVE_THE_FACADE.contains(&from) {
        return Some("only programs stand above the facade; depend on finvista-core");
    }
    match from {
        "finvista-core" if to.starts_with("finvista-") => {
            Some("core knows none of the crates above it; a test that needs both belongs to tests/it")
        }
        "finvista-datasets" if to.starts_with("finvista-") && to != "finvista-core" => Some(
            "data sets are written against the public API of finvista-core alone, as a third party's are",
        ),
        "finvista" if ["finvista-testkit", "finvista-conformance", "finvista-cli"].contains(&to) => {
            Some("the facade's users must not build it; a test that needs both belongs to tests/it")
        }
        "finvista-testkit" if !dev && (to == "finvista-core" || is_vendor(to)) => {
            Some("an imitation that shares code with its original proves nothing; write the wire format anew")
        }
        "finvista-http" if !dev && to.starts_with("finvista-") && to != "finvista-core" => {
            Some("it drives every vendor alike and knows only finvista-core")
        }
        "finvista-conformance" if !dev && is_vendor(to) => {
            Some("it is for every vendor alike; only its tests know some")
        }
        vendor if !is_vendor(vendor) || dev => None,
        _ if IO.contains(&to) => Some("a vendor is pure functions; HttpSource in finvista-http does the I/O"),
        _ if ["finvista-testkit", "finvista-conformance"].contains(&to) => {
            Some("a vendor is pure functions; only its tests may use the testkit and the conformance suite")
        }
        _ if is_vendor(to) => {
            Some("vendors do not know each other; what they share belongs to finvista-core")
        }
        _ => None,
    }
}

pub(super) fn is_vendor(name: &str) -> bool {
    name.starts_with("finvista-") && !name.ends_with("-plugin") && !NOT_VENDORS.contains(&name)
}

/// The first line of the manifest that begins with the dependency's name, for the reader's editor to jump to.
fn line_of(manifest: &str, dependency: &str) -> usize {
    let begins =
        |line: &str| line.strip_prefix(dependency).is_some_and(|rest| rest.starts_with(['.', ' ', '=']));
    manifest.lines().position(begins).map_or(1, |index| index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, dependencies: &str) -> Package {
        let json = format!(
            r#"{{"name":"{name}","manifest_path":"","features":{{}},"dependencies":[{dependencies}]}}"#
        );
        serde_json::from_str(&json).unwrap()
    }

    #[test]
    fn arrows_point_one_way() {
        const FORBIDDEN: &[(&str, &str, bool)] = &[
            ("finvista-sina", "tokio", false),
            ("finvista-sina", "reqwest", false),
            ("finvista-sina", "finvista-http", false),
            ("finvista-http", "finvista-sina", false),
            ("finvista-http", "finvista", false),
            ("finvista-sina", "finvista-tencent", false),
            ("finvista-sina", "finvista-testkit", false),
            ("finvista-sina", "finvista-conformance", false),
            ("finvista-sina", "finvista", false),
            ("finvista-newcomer", "rustls", false),
            ("finvista-newcomer", "finvista-eastmoney", false),
            ("finvista-core", "finvista-sina", false),
            ("finvista-core", "finvista-testkit", true),
            ("finvista-core", "finvista-datasets", true),
            ("finvista-core", "finvista", true),
            ("finvista-datasets", "finvista-http", false),
            ("finvista-datasets", "finvista-sina", true),
            ("finvista-testkit", "finvista-core", false),
            ("finvista-testkit", "finvista-sina", false),
            ("finvista-testkit", "finvista", false),
            ("finvista", "finvista-testkit", true),
            ("finvista", "finvista-cli", false),
            ("finvista", "finvista-conformance", true),
            ("finvista-conformance", "finvista-sina", false),
            ("finvista-conformance", "finvista", false),
            ("finvista-loader", "finvista", false),
            ("xtask", "arrow", false),
        ];
        for (from, to, dev) in FORBIDDEN {
            assert!(forbidden(from, to, *dev).is_some(), "{from} -> {to} passes");
        }
        const ALLOWED: &[(&str, &str, bool)] = &[
            ("finvista-sina", "finvista-core", false),
            ("finvista-sina", "finvista-datasets", false),
            ("finvista-datasets", "finvista-core", false),
            ("finvista-sina", "serde_json", false),
            ("finvista-sina", "finvista-testkit", true),
            ("finvista-sina", "finvista-conformance", true),
            ("finvista-conformance", "finvista-core", false),
            ("finvista-conformance", "finvista-testkit", false),
            ("finvista-conformance", "finvista-sina", true),
            ("finvista-sina", "tokio", true),
            ("finvista-core", "tokio", false),
            ("finvista-http", "finvista-core", false),
            ("finvista-conformance", "finvista-http", false),
            ("finvista-testkit", "tokio", false),
            ("finvista-testkit", "finvista-core", true),
            ("finvista", "finvista-sina", false),
            ("finvista-cli", "finvista-testkit", false),
            ("finvista-tests", "finvista", true),
            ("xtask", "finvista", false),
            ("finvista-core", "arrow-array", false),
        ];
        for (from, to, dev) in ALLOWED {
            assert_eq!(forbidden(from, to, *dev), None, "{from} -> {to}");
        }
    }

    #[test]
    fn a_vendor_takes_core_without_the_manager() {
        let core = |features: &str| {
            let dependency = format!(r#"{{"name":"finvista-core","kind":null,"features":[{features}]}}"#);
            check(
                "x",
                "[dependencies]\nfinvista-core.workspace = true\n",
                &package("finvista-sina", &dependency),
            )
        };
        assert!(core("").is_empty());
        let findings = core(r#""manager""#);
        assert_eq!(findings.iter().map(|finding| finding.line).collect::<Vec<_>>(), [2]);
    }

    #[test]
    fn a_finding_points_at_the_dependency() {
        let manifest = "[dependencies]\ntokio-util = \"1\"\ntokio.workspace = true\n";
        assert_eq!(line_of(manifest, "tokio"), 3);
        assert_eq!(line_of(manifest, "absent"), 1);
    }
}
