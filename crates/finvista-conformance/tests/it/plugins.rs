#![cfg(test)]
//! Plugins that were loaded from a file: one over the host's HTTP, one with a runtime and a data set of its own, and one in plain C.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use finvista_conformance::{Sample, Subject, conformance};
use finvista_core::{DatasetSpec, Registration, registered};
use finvista_http::HttpGuest;
use finvista_loader::{HttpNeeds, PluginSource, load};

conformance!(sina, loaded(&built(&["-p", "finvista-sina-plugin"])));
conformance!(rust_source, probe());
conformance!(plain_c, loaded(&cc("plugins/plain-c/plain.c", "plain")));
conformance!(template_c, tides());

/// The template in C with its own data set, and its rows.
fn tides() -> Subject {
    let library = cc("plugins/template-c/template.c", "template");
    let spec = look(&library).datasets()[0];
    let query = spec.parse(&[("port".to_owned(), "Ningbo".to_owned())].into()).unwrap();
    let sample = Sample::new(query)
        .first([("time", "2024-06-27T10:00:00+08:00"), ("height", "3.1"), ("moon", "last quarter")])
        .last([("time", "2024-06-28T10:40:00+08:00"), ("height", "3.4"), ("moon", "")]);
    loaded(&library).sample(sample)
}

const PROBE: [&str; 4] = ["-p", "finvista-loader", "--example", "rust_probe"];

/// The probe, with a query that it answers without doing harm.
fn probe() -> Subject {
    let library = built(&PROBE);
    let spec = look(&library).datasets()[0];
    let params = [("act".to_owned(), "started".to_owned())];
    loaded(&library).sample(spec.parse(&params.into()).unwrap())
}

/// A plugin as a subject: made once to see what it asks, and then over the suite's client.
fn loaded(library: &Path) -> Subject {
    let plugin = load(library).unwrap();
    let look = look(library);
    Subject::over_http(look.hosts().iter().copied(), move |client| {
        let guest = |needs: &HttpNeeds<'_>| {
            let guest = HttpGuest::new(Arc::clone(client), needs.name, needs.hosts, needs.quota);
            Some(Arc::new(guest) as _)
        };
        let source = plugin.open("{}", known, guest).map_err(|e| e.to_string())?;
        Ok(Arc::new(source) as _)
    })
    .datasets(look.datasets().iter().copied())
}

/// The plugin without HTTP, to see what it has.
fn look(library: &Path) -> PluginSource {
    load(library).unwrap().open("{}", known, |_| None).unwrap()
}

/// The data sets of this program.
fn known(id: &str) -> Option<&'static DatasetSpec> {
    registered().find_map(|registration| match registration {
        Registration::Dataset(spec) if spec.id == id => Some(spec),
        _ => None,
    })
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// Built by the cargo that runs this test, into the folder that this test was built into.
fn built(arguments: &[&str]) -> PathBuf {
    let target = std::env::current_exe().unwrap().ancestors().nth(3).unwrap().to_owned();
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(["build", "--locked", "--message-format=json"]).args(arguments);
    let output = command.env("CARGO_TARGET_DIR", target).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let messages = String::from_utf8(output.stdout).unwrap();
    let mut libraries = messages.lines().filter_map(|line| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        let file = message.get("filenames")?.as_array()?.first()?.as_str()?.to_owned();
        [".so", ".dylib", ".dll"].iter().any(|ending| file.ends_with(ending)).then(|| PathBuf::from(file))
    });
    // What it depends on may be libraries, too, of macros; it comes last.
    libraries.next_back().unwrap()
}

/// Compiles a plugin in C.
fn cc(source: &str, name: &str) -> PathBuf {
    let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("lib{name}.so"));
    let output = Command::new("cc")
        .args(["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror"])
        .args(["-fPIC", "-shared", "-fvisibility=hidden", "-I"])
        .arg(root().join("crates/finvista-plugin/include"))
        .arg("-o")
        .arg(&library)
        .arg(root().join(source))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    library
}
