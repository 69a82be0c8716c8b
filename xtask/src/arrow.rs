//! `cargo xtask next-arrow`: the next major version of Arrow. The lock file has 59, and the manifest allows 60.

use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::metadata::{cargo, succeed};
use crate::tidy;

/// The crates that are checked against it: those with Arrow in their public types.
const CHECKED: &str = "check -p finvista-cli -p finvista-arrow2";

/// The plugins that the loader's tests load, built with it.
const BUILT: [&str; 2] = [
    "build -p finvista-eastmoney-plugin -p finvista-sina-plugin -p finvista-tencent-plugin \
     -p finvista-csv-folder-plugin -p finvista-arrow2-plugin",
    "build -p finvista-loader --example rust_probe --example series_probe",
];

/// The loader's tests, over the plugins of that build.
const SERVED: &str = "test -p finvista-loader --locked";
const PLUGINS: &str = "FINVISTA_TEST_PLUGINS";

/// Checks a copy of the sources against Arrow 60, builds the plugins there, and runs the loader's tests with Arrow 59 over them.
/// Those tests compare the tables with those of the same vendors linked in.
pub(crate) fn run() -> Result<(), String> {
    let copy = crate::root().join("target/arrow-60");
    let build = crate::root().join("target/arrow-60-build");
    copy_sources(&copy)?;
    for command in [CHECKED].iter().chain(&BUILT) {
        let mut command_of = cargo();
        command_of.current_dir(&copy).args(command.split_whitespace()).arg("--target-dir").arg(&build);
        succeed(&mut command_of)?;
    }
    let lock = fs::read_to_string(copy.join("Cargo.lock")).map_err(|error| format!("Cargo.lock: {error}"))?;
    is_next(&lock)?;
    succeed(cargo().args(SERVED.split(' ')).env(PLUGINS, build.join("debug")))
}

/// The sources, with a manifest that allows no older version.
fn copy_sources(copy: &Path) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("cannot copy the sources to {}: {error}", copy.display());
    for path in tidy::files()?.iter().filter(|path| crate::root().join(path).is_file()) {
        let to = copy.join(path);
        fs::create_dir_all(to.parent().unwrap_or(copy)).map_err(failed)?;
        let text = fs::read(crate::root().join(path)).map_err(failed)?;
        let text = match path.as_str() {
            "Cargo.toml" => {
                String::from_utf8_lossy(&text).replace("\">=59, <61\"", "\">=60, <61\"").into_bytes()
            }
            _ => text,
        };
        // Unchanged files keep their time, so they are not built again.
        if fs::read(&to).ok().as_ref() != Some(&text) {
            fs::write(to, text).map_err(failed)?;
        }
    }
    Ok(())
}

/// Whether a lock file has Arrow 60, and no other beside it.
fn is_next(lock: &str) -> Result<(), String> {
    #[derive(Deserialize)]
    struct Lock {
        package: Vec<Locked>,
    }
    #[derive(Deserialize)]
    struct Locked {
        name: String,
        version: String,
    }
    let lock: Lock = toml::from_str(lock).map_err(|error| format!("the copy's Cargo.lock: {error}"))?;
    let arrow = lock.package.iter().filter(|package| package.name == "arrow-array");
    let versions: Vec<&str> = arrow.map(|package| package.version.as_str()).collect();
    match versions[..] {
        [version] if version.starts_with("60.") => Ok(()),
        _ => Err(format!("expected arrow-array 60 alone in the lock file, got {versions:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_version_than_the_next_is_refused() {
        let lock = |versions: &[&str]| -> String {
            let package =
                |version: &&str| format!("[[package]]\nname = \"arrow-array\"\nversion = \"{version}\"\n");
            let others = "[[package]]\nname = \"arrow-schema\"\nversion = \"59.3.2\"\n";
            versions.iter().map(package).collect::<String>() + others
        };
        assert_eq!(is_next(&lock(&["60.1.0"])), Ok(()));
        for versions in [&["59.3.2"][..], &["59.3.2", "60.1.0"], &[]] {
            assert!(is_next(&lock(versions)).unwrap_err().contains("arrow-array 60"), "{versions:?}");
        }
    }
}
