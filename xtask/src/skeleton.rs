//! `cargo xtask new-vendor NAME` and `new-plugin NAME`: copies of `plugins/template` under another name.

use std::fs;

use crate::metadata::cargo;

mod text;

/// A file to write: its path from the root, and its text.
type Written = (String, String);

/// A crate with one endpoint, and its feature of the facade.
pub(crate) fn new_vendor(name: &str) -> Result<(), String> {
    text::check_name(name)?;
    create(&format!("crates/finvista-{name}"), text::vendor(name, read)?)?;
    println!(
        "crates/finvista-{name} is a vendor, and the facade has the feature {name}, which is off by default. Next: the facts\n\
        into its README.md, then request and decode. CONTRIBUTING.md, \"Add a vendor\", says what else it takes. Now:\n\
        cargo test -p finvista-{name}"
    );
    Ok(())
}

/// A plugin with one endpoint.
pub(crate) fn new_plugin(name: &str) -> Result<(), String> {
    text::check_name(name)?;
    create(&format!("plugins/{name}"), text::plugin(name, read)?)?;
    println!(
        "plugins/{name} is a plugin. Next: the facts into its README.md, then request and decode. Now:\n\
        cargo test -p finvista-{name}-plugin && cargo xtask plugin check {name}"
    );
    Ok(())
}

fn read(path: &str) -> Result<String, String> {
    fs::read_to_string(crate::root().join(path)).map_err(|error| format!("cannot read {path}: {error}"))
}

/// Writes the files. The folder must be new.
fn create(folder: &str, files: Vec<Written>) -> Result<(), String> {
    if crate::root().join(folder).exists() {
        return Err(format!("{folder} is there already: choose another name, or remove it"));
    }
    for (path, text) in files {
        let to = crate::root().join(&path);
        let written = fs::create_dir_all(to.parent().unwrap_or(&to));
        written
            .and_then(|()| fs::write(&to, text))
            .map_err(|error| format!("cannot write {path}: {error}"))?;
    }
    // Adds the member to the lock file, and sorts the lists that it was added to.
    for arguments in ["update --workspace --offline --quiet", "fmt --all"] {
        let status = cargo().args(arguments.split(' ')).status();
        if !status.is_ok_and(|status| status.success()) {
            return Err(format!("the files are written, and cargo {arguments} failed: run it by hand"));
        }
    }
    Ok(())
}
