//! `cargo xtask next-arrow`: plugins of the next major version of Arrow, in this program of the present one.

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

/// The sources, with a manifest that asks for the next version.
fn copy_sources(copy: &Path) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("cannot copy the sources to {}: {error}", copy.display());
    for path in tidy::files()?.iter().filter(|path| crate::root().join(path).is_file()) {
        let to = copy.join(path);
        fs::create_dir_all(to.parent().unwrap_or(copy)).map_err(failed)?;
        let text = fs::read(crate::root().join(path)).map_err(failed)?;
        let text = match path.as_str() {
            "Cargo.toml" => {
                let text = String::from_utf8_lossy(&text);
                next(&text).into_bytes()
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

/// The manifest of the workspace with the next major version of every crate of Arrow.
fn next(manifest: &str) -> String {
    let line = |line: &str| match line.starts_with("arrow-") {
        true => line.replace("version = \"59\"", "version = \"60\"") + "\n",
        false => line.to_owned() + "\n",
    };
    manifest.lines().map(line).collect()
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

    /// `is_next` finds at run time what this would miss.
    #[test]
    fn the_workspace_asks_for_one_version_of_arrow_and_the_copy_for_the_next() {
        let manifest = fs::read_to_string(crate::root().join("Cargo.toml")).unwrap();
        let of = |text: &str, version: &str| {
            let lines = text.lines().filter(|line| line.starts_with("arrow-"));
            lines.map(|line| line.contains(&format!("version = \"{version}\""))).collect::<Vec<_>>()
        };
        assert_eq!(of(&manifest, "59"), [true; 7]);
        assert_eq!(of(&next(&manifest), "60"), [true; 7]);
        assert_eq!(next("arrow2 = \"59\"\nx = \"59\"\n"), "arrow2 = \"59\"\nx = \"59\"\n");
    }

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
