//! Every member inherits what the workspace says once.

use super::Finding;

const INHERITED: &[&str] = &["version", "edition", "rust-version", "license"];

/// The manifest `text` at `path` of the package `name`.
pub(super) fn check(path: &str, text: &str, name: &str) -> Result<Vec<Finding>, String> {
    // Users copy the templates out of the workspace, so they cannot inherit.
    if path.starts_with("plugins/template") {
        return Ok(Vec::new());
    }
    let manifest: toml::Table = text.parse().map_err(|error| format!("{path}: {error}"))?;
    let inherits = |keys: &[&str]| {
        let table = keys.iter().try_fold(&manifest, |table, key| table.get(*key)?.as_table());
        table.and_then(|table| table.get("workspace")?.as_bool()) == Some(true)
    };

    let mut messages = Vec::new();
    for key in INHERITED {
        if !inherits(&["package", key]) {
            messages.push(format!("the package sets its own {key}; write `{key}.workspace = true`"));
        }
    }
    if !inherits(&["lints"]) {
        messages.push("the package is outside the lints; write `[lints]` and `workspace = true`".to_owned());
    }
    if let Some(folder) = path.strip_prefix("crates/").and_then(|rest| rest.strip_suffix("/Cargo.toml"))
        && folder != name
    {
        messages.push(format!("the folder crates/{folder} holds the crate {name}; give both the same name"));
    }
    Ok(messages.into_iter().map(|message| Finding { path: path.to_owned(), line: 1, message }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "[package]\nname = \"finvista-x\"\nversion.workspace = true\nedition = { workspace = true }\n\
        rust-version.workspace = true\nlicense.workspace = true\n[lints]\nworkspace = true\n";

    fn messages(path: &str, text: &str) -> Vec<String> {
        check(path, text, "finvista-x").unwrap().into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn a_member_that_inherits_all_is_well() {
        assert_eq!(messages("crates/finvista-x/Cargo.toml", GOOD), [""; 0]);
    }

    #[test]
    fn what_is_not_inherited_is_named() {
        for (line, key) in [
            ("version.workspace = true\n", "own version"),
            ("edition = { workspace = true }\n", "own edition"),
            ("license.workspace = true\n", "own license"),
            ("[lints]\nworkspace = true\n", "outside the lints"),
        ] {
            // `version` also ends `rust-version`, hence the newline before it.
            let text = GOOD.replace(&format!("\n{line}"), "\n");
            let found = messages("crates/finvista-x/Cargo.toml", &text);
            assert!(matches!(&*found, [message] if message.contains(key)), "{key}: {found:?}");
        }
        let lints_refused = GOOD.replace("[lints]\nworkspace = true", "[lints]\nworkspace = false");
        assert_eq!(messages("crates/finvista-x/Cargo.toml", &lints_refused).len(), 1);
    }

    #[test]
    fn a_folder_is_named_as_its_crate() {
        let found = messages("crates/x/Cargo.toml", GOOD);
        assert_eq!(found, ["the folder crates/x holds the crate finvista-x; give both the same name"]);
        assert_eq!(messages("xtask/Cargo.toml", GOOD), [""; 0]);
    }
}
