//! The text of a skeleton: pure, from the template and from the files that name every vendor.

use super::Written;

/// How a file of the project is read, by its path from the root.
type Read = fn(&str) -> Result<String, String>;

/// The name is used for a crate, a feature, a module and a source.
pub(super) fn check_name(name: &str) -> Result<(), String> {
    let plain = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    if plain && name.starts_with(|c: char| c.is_ascii_lowercase()) {
        return Ok(());
    }
    Err(format!("expected a name of lower-case letters and digits that begins with a letter, got {name:?}"))
}

/// The files of `plugins/NAME`.
pub(super) fn plugin(name: &str, read: Read) -> Result<Vec<Written>, String> {
    let mut files = source(&format!("plugins/{name}"), name, read)?;
    let manifest = MANIFEST
        .replace("finvista-NAME", "finvista-NAME-plugin")
        .replace("DESCRIPTION", "The vendor NAME as a FinVista plugin")
        .replace("KEYS\n", "publish = false\n")
        .replace("[dependencies]\n", "[lib]\ncrate-type = [\"cdylib\"]\n\n[dependencies]\n");
    let manifest = manifest.replace("\n\n[dev-dep", "\nfinvista-plugin.workspace = true\n\n[dev-dep");
    files.push((format!("plugins/{name}/Cargo.toml"), manifest.replace("NAME", name)));
    files.push((format!("plugins/{name}/README.md"), readme(&format!("finvista-{name}-plugin"), name)));
    Ok(files)
}

/// The files of `crates/finvista-NAME`, and the existing files with its entries added.
pub(super) fn vendor(name: &str, read: Read) -> Result<Vec<Written>, String> {
    let folder = format!("crates/finvista-{name}");
    let mut files = source(&folder, name, read)?;
    for (_, text) in files.iter_mut().filter(|(path, _)| path.ends_with("lib.rs")) {
        let (_, code) = text.split_once("\n\n").ok_or("the template's lib.rs has no first paragraph")?;
        *text = format!("#![doc = include_str!(\"../README.md\")]\n#![forbid(unsafe_code)]\n\n{code}")
            .replace("finvista_plugin::export_vendor!(", "finvista_core::register!(vendor ");
    }
    let manifest = MANIFEST
        .replace("DESCRIPTION", "NAME as a FinVista vendor")
        .replace("KEYS\n", "keywords.workspace = true\ncategories.workspace = true\n\n[package.metadata.docs.rs]\nall-features = true\n");
    files.push((format!("{folder}/Cargo.toml"), manifest.replace("NAME", name)));
    files.push((format!("{folder}/README.md"), readme(&format!("finvista-{name}"), name)));

    let root = "Cargo.toml";
    let line = format!("finvista-{name} = {{ path = \"{folder}\", version = \"0.1.0\" }}");
    files.push((root.to_owned(), after(&read(root)?, "finvista-tencent = {", &line)?));

    let facade = "crates/finvista/Cargo.toml";
    let feature = format!("{name} = [\"dep:finvista-{name}\"]");
    let text = after(&read(facade)?, "tencent = [", &feature)?;
    let line = format!("finvista-{name} = {{ workspace = true, optional = true }}");
    files.push((facade.to_owned(), after(&text, "finvista-tencent = {", &line)?));

    let lib = "crates/finvista/src/lib.rs";
    let uses = format!("#[cfg(feature = \"{name}\")]\npub use finvista_{name} as {name};");
    let text = after(&read(lib)?, "pub use finvista_tencent as tencent;", &uses)?;
    let tested = format!("            (cfg!(feature = \"{name}\"), \"{name}\"),");
    files.push((lib.to_owned(), after(&text, "            (cfg!(feature = \"tencent\")", &tested)?));
    Ok(files)
}

/// The part of the template that both share: the endpoint, the sample, and the tests over it.
fn source(folder: &str, name: &str, read: Read) -> Result<Vec<Written>, String> {
    let renamed = |file: &&str| {
        let text = read(&format!("plugins/template/src/{file}"))?;
        let text = text.replace("template", name).replace("TEMPLATE", &name.to_ascii_uppercase());
        Ok((format!("{folder}/src/{file}"), text))
    };
    ["lib.rs", "sample.csv", "tests.rs"].iter().map(renamed).collect()
}

/// The text with one more line, inserted after the only line that begins with `begins`.
fn after(text: &str, begins: &str, line: &str) -> Result<String, String> {
    let mut found = 0;
    let lines: Vec<String> = text
        .lines()
        .flat_map(|old| {
            let is_it = old.starts_with(begins);
            found += usize::from(is_it);
            std::iter::once(old.to_owned()).chain(is_it.then(|| line.to_owned()))
        })
        .collect();
    if found != 1 {
        return Err(format!(
            "expected one line that begins with {begins:?}, got {found}: add {line:?} by hand"
        ));
    }
    Ok(lines.join("\n") + "\n")
}

fn readme(package: &str, name: &str) -> String {
    README.replace("PACKAGE", package).replace("NAME", name)
}

const MANIFEST: &str = "\
[package]
name = \"finvista-NAME\"
description = \"DESCRIPTION\"
version.workspace = true
edition.workspace = true
rust-version.workspace = true
license.workspace = true
authors.workspace = true
KEYS

[lints]
workspace = true

[dependencies]
finvista-core.workspace = true
finvista-datasets.workspace = true

[dev-dependencies]
finvista-conformance.workspace = true
";

const README: &str = "\
# PACKAGE

NAME as a vendor of FinVista. What is known of it, and from where:

| | daily bars |
| --- | --- |
| address | `https://NAME.example/daily/000001.SZ.csv` |
| a row | date, open, high, low, close, volume in shares, amount in CNY |
| rounding | prices to cents, amounts to hundreds, whole shares |
| an unknown symbol | the words `unknown symbol` |
| a refusal | a web page |
| how often | twice a second |
";

#[cfg(test)]
mod tests {
    use super::*;

    fn files(make: fn(&str, Read) -> Result<Vec<Written>, String>) -> Vec<Written> {
        make("acme", super::super::read).unwrap()
    }

    fn file<'a>(files: &'a [Written], path: &str) -> &'a str {
        let paths: Vec<&str> = files.iter().map(|(path, _)| path.as_str()).collect();
        &files.iter().find(|(is, _)| is == path).unwrap_or_else(|| panic!("{path} is not in {paths:?}")).1
    }

    #[test]
    fn a_plugin_is_the_template_by_another_name() {
        let files = files(plugin);
        let lib = file(&files, "plugins/acme/src/lib.rs");
        assert!(lib.contains("pub static ACME: Vendor") && lib.contains("export_vendor!(ACME);"), "{lib}");
        assert!(file(&files, "plugins/acme/src/tests.rs").contains("https://acme.example/"));
        assert!(file(&files, "plugins/acme/src/sample.csv").starts_with("2024-06-26,"));
        let manifest: toml::Table = file(&files, "plugins/acme/Cargo.toml").parse().unwrap();
        assert_eq!(manifest["package"]["name"].as_str(), Some("finvista-acme-plugin"));
        assert_eq!(manifest["package"]["publish"].as_bool(), Some(false));
        assert_eq!(manifest["lib"]["crate-type"][0].as_str(), Some("cdylib"));
        assert!(manifest["dependencies"]["finvista-plugin"]["workspace"].as_bool().unwrap());
        assert!(manifest["dev-dependencies"]["finvista-conformance"]["workspace"].as_bool().unwrap());
        for (path, text) in &files {
            assert!(!text.to_lowercase().contains("template") && !text.contains("NAME"), "{path}: {text}");
        }
    }

    #[test]
    fn a_vendor_is_registered_and_a_feature_of_the_facade() {
        let files = files(vendor);
        let lib = file(&files, "crates/finvista-acme/src/lib.rs");
        assert!(lib.starts_with("#![doc = include_str!(\"../README.md\")]\n#![forbid("), "{lib}");
        assert!(lib.contains("finvista_core::register!(vendor ACME);") && !lib.contains("finvista_plugin"));
        let manifest: toml::Table = file(&files, "crates/finvista-acme/Cargo.toml").parse().unwrap();
        assert_eq!(manifest["package"]["description"].as_str(), Some("acme as a FinVista vendor"));
        assert!(manifest.get("lib").is_none() && manifest["package"].get("publish").is_none());

        let root: toml::Table = file(&files, "Cargo.toml").parse().unwrap();
        let path = &root["workspace"]["dependencies"]["finvista-acme"]["path"];
        assert_eq!(path.as_str(), Some("crates/finvista-acme"));
        let facade: toml::Table = file(&files, "crates/finvista/Cargo.toml").parse().unwrap();
        assert_eq!(facade["features"]["acme"][0].as_str(), Some("dep:finvista-acme"));
        assert!(facade["dependencies"]["finvista-acme"]["optional"].as_bool().unwrap());
        let lib = file(&files, "crates/finvista/src/lib.rs");
        assert!(lib.contains("#[cfg(feature = \"acme\")]\npub use finvista_acme as acme;\n"), "{lib}");
        assert!(lib.contains("(cfg!(feature = \"acme\"), \"acme\"),\n"), "{lib}");
    }

    #[test]
    fn a_name_is_one_everywhere() {
        for name in ["", "Acme", "a-b", "a_b", "9to5", "a b", "../a", "é"] {
            assert!(check_name(name).is_err(), "{name:?}");
        }
        assert!(["acme", "a1"].iter().all(|name| check_name(name).is_ok()));
    }

    #[test]
    fn a_line_is_put_where_one_place_is_right() {
        assert_eq!(after("a = 1\nb = 2\n", "a =", "x").unwrap(), "a = 1\nx\nb = 2\n");
        for text in ["b = 2\n", "a = 1\na = 2\n"] {
            assert!(after(text, "a =", "x").unwrap_err().contains("by hand"), "{text}");
        }
    }
}
