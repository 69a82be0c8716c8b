//! `cargo xtask plugin build|package|check NAME`: a plugin as users get it, in `<target>/plugins/NAME`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use clap::{Args, ValueEnum};
use finvista::loader::{Sidecar, load};
use serde::Deserialize;

use crate::metadata::{Package, cargo, members};

#[derive(Debug, Args)]
pub(crate) struct Plugin {
    what: What,
    /// The folder in `plugins/`.
    name: String,
    /// Build without optimisation: builds faster, runs slower.
    #[arg(long)]
    debug: bool,
    /// The configuration, for a plugin that requires one.
    #[arg(long, value_name = "JSON", default_value = "{}")]
    config: String,
    /// After `--`: more arguments for `finvista plugin check`, such as `--sample 'cn_stock_daily symbol=000001'`.
    #[arg(last = true)]
    rest: Vec<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum What {
    /// Build the library and write its sidecar beside it.
    Build,
    /// Build it, and pack the library and its sidecar into an archive.
    Package,
    /// Build it, and run `finvista plugin check` on it.
    Check,
}

pub(crate) fn run(plugin: &Plugin) -> Result<ExitCode, String> {
    let library = build(plugin)?;
    match plugin.what {
        What::Build => println!("{}", library.display()),
        What::Package => println!("{}", package(&plugin.name, &library)?.display()),
        What::Check => return check(plugin, &library),
    }
    Ok(ExitCode::SUCCESS)
}

/// The library in a folder of its own, with its sidecar.
fn build(plugin: &Plugin) -> Result<PathBuf, String> {
    let members = members()?;
    let package = find(&members, &plugin.name)?;
    let mut command = cargo();
    command.args(["build", "--locked", "--message-format=json-render-diagnostics", "-p", &package.name]);
    if !plugin.debug {
        command.arg("--release");
    }
    let output = command
        .stderr(std::process::Stdio::inherit())
        .output()
        .map_err(|error| format!("cannot start cargo build: {error}"))?;
    if !output.status.success() {
        return Err(format!("cargo build of {} ended with {}", package.name, output.status));
    }
    let messages = String::from_utf8_lossy(&output.stdout);
    let built = library(&messages, &package.manifest_path)
        .ok_or_else(|| format!("{} built no shared library: set its crate-type to cdylib", package.name))?;

    // A running program may have loaded the old file, so it is replaced and not overwritten.
    let target = built.ancestors().nth(2).ok_or("the library is not in a target folder")?;
    let folder = target.join("plugins").join(&plugin.name);
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(failed)?;
    }
    fs::create_dir_all(&folder).map_err(failed)?;
    let copy = folder.join(built.file_name().unwrap_or_default());
    fs::copy(&built, &copy).map_err(failed)?;
    let sidecar = describe(&copy, &plugin.config)?.to_toml()?;
    fs::write(copy.with_extension("toml"), sidecar).map_err(failed)?;
    Ok(copy)
}

/// The package in `plugins/NAME`.
fn find<'a>(members: &'a [Package], name: &str) -> Result<&'a Package, String> {
    let folder = crate::root().join("plugins");
    let names = |member: &Package| {
        let in_it = member.manifest_path.parent()?.strip_prefix(&folder).ok()?.to_str()?.to_owned();
        Some(in_it)
    };
    members.iter().find(|member| names(member).as_deref() == Some(name)).ok_or_else(|| {
        let known: Vec<String> = members.iter().filter_map(names).collect();
        format!("expected a Rust plugin in plugins/ ({}), got {name:?}", known.join(", "))
    })
}

/// The shared library of this package, among the artifacts that cargo reports.
fn library(messages: &str, manifest: &Path) -> Option<PathBuf> {
    #[derive(Deserialize)]
    struct Built {
        manifest_path: PathBuf,
        filenames: Vec<PathBuf>,
    }
    let mut built = messages.lines().filter_map(|line| serde_json::from_str::<Built>(line).ok());
    let files = built.find_map(|built| (built.manifest_path == manifest).then_some(built.filenames))?;
    files.into_iter().find(|file| file.extension().is_some_and(|is| is == std::env::consts::DLL_EXTENSION))
}

/// The sidecar, from the library's own description. This loads the library; its builder trusts it.
fn describe(library: &Path, config: &str) -> Result<Sidecar, String> {
    let plugin = load(library).map_err(|error| error.to_string())?;
    let source = plugin.open(config, known, |_| None).map_err(|error| {
        format!("{error}\nif it requires a configuration, pass one: --config '{{\"key\": \"value\"}}'")
    })?;
    Sidecar::of(&source).map_err(|error| error.to_string())
}

/// The folder of the library as an archive, named by version and machine.
fn package(name: &str, library: &Path) -> Result<PathBuf, String> {
    let sidecar = Sidecar::read(&library.with_extension("toml")).map_err(|error| error.to_string())?;
    let plugins = library.ancestors().nth(2).ok_or("the library is not in a target folder")?;
    let (arch, os) = (std::env::consts::ARCH, std::env::consts::OS);
    let archive = plugins.join(format!("{name}-{}-{arch}-{os}.tar.gz", sidecar.version));
    let status = Command::new("tar").arg("-czf").arg(&archive).arg("-C").arg(plugins).arg(name).status();
    match status {
        Ok(status) if status.success() => Ok(archive),
        Ok(status) => Err(format!("tar ended with {status}")),
        Err(error) => Err(format!("cannot start tar: {error}")),
    }
}

/// Runs the program's own check of the file.
fn check(plugin: &Plugin, library: &Path) -> Result<ExitCode, String> {
    let sidecar = Sidecar::read(&library.with_extension("toml")).map_err(|error| error.to_string())?;
    let mut command = cargo();
    command.args(["run", "--quiet", "--locked", "-p", "finvista-cli", "--"]);
    if plugin.config != "{}" {
        // Not in the plugin's folder, where every TOML file is a sidecar.
        let file = library.with_file_name("..").join(format!("{}.settings", plugin.name));
        let text = settings(&sidecar.name, &plugin.config)?;
        fs::write(&file, text).map_err(|error| format!("{}: {error}", file.display()))?;
        command.arg("--config").arg(file);
    }
    command.args(["plugin", "check"]).arg(library).args(&plugin.rest);
    let status = command.status().map_err(|error| format!("cannot start cargo run: {error}"))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The settings of the program that configure this plugin.
fn settings(name: &str, config: &str) -> Result<String, String> {
    let config: toml::Table = serde_json::from_str(config).map_err(|error| format!("--config: {error}"))?;
    let plugins = toml::Table::from_iter([(name.to_owned(), toml::Value::Table(config))]);
    let settings = toml::Table::from_iter([("plugins".to_owned(), toml::Value::Table(plugins))]);
    toml::to_string(&settings).map_err(|error| format!("--config: {error}"))
}

/// The data sets of FinVista.
fn known(id: &str) -> Option<&'static finvista::DatasetSpec> {
    finvista::raw::registered().find_map(|registration| match registration {
        finvista::raw::Registration::Dataset(spec) if spec.id == id => Some(spec),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plugin_is_named_by_its_folder() {
        let members = members().unwrap();
        assert_eq!(find(&members, "csv-folder").unwrap().name, "finvista-csv-folder-plugin");
        let error = find(&members, "unknown").unwrap_err();
        assert!(error.contains("arrow2, csv-folder, eastmoney"), "{error}");
    }

    #[test]
    fn a_configuration_is_written_as_settings() {
        let text = settings("csv-folder", r#"{"folder":"/srv/bars"}"#).unwrap();
        assert_eq!(text, "[plugins.csv-folder]\nfolder = \"/srv/bars\"\n");
        assert!(settings("csv-folder", "[]").unwrap_err().starts_with("--config: "));
    }

    #[test]
    fn the_library_is_the_packages_own() {
        let file = format!("/t/libx.{}", std::env::consts::DLL_EXTENSION);
        let messages = [
            r#"{"reason":"compiler-artifact","manifest_path":"/w/y/Cargo.toml","filenames":["/t/liby.rlib"]}"#,
            &format!(
                r#"{{"reason":"compiler-artifact","manifest_path":"/w/x/Cargo.toml","filenames":["/t/libx.d","{file}"]}}"#
            ),
            r#"{"reason":"build-finished","success":true}"#,
        ];
        let messages = messages.join("\n");
        assert_eq!(library(&messages, Path::new("/w/x/Cargo.toml")), Some(file.into()));
        assert_eq!(library(&messages, Path::new("/w/y/Cargo.toml")), None);
    }
}
