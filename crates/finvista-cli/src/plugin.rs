//! `plugin`: lists plugins, and what one offers. `check.rs` runs the conformance suite on one.

use std::io::Write;
use std::path::{Path, PathBuf};

use finvista::loader::{self, LoadError, Plugin as Library, Sidecar};
use finvista::raw::{DataSource, Registration, registered};
use finvista::{Capability, DatasetSpec};

use crate::args::{Args, Plugin};
use crate::failure::Failure;
use crate::report::note;
use crate::setup::absolute;
use crate::{check, output, sources, table};

pub(crate) async fn run(args: &Args, command: &Plugin) -> Result<(), Failure> {
    match command {
        Plugin::List => list(args),
        Plugin::Info { file } => info(args, file),
        Plugin::Sidecar { file } => sidecar(args, file),
        Plugin::Check { file, samples } => check::run(args, file, samples).await,
    }
}

/// A library, with the configuration that the settings have for it.
pub(crate) fn load(args: &Args, file: &Path) -> Result<(&'static Library, String), Failure> {
    let plugin = loader::load(&absolute(file))?;
    let settings = args.settings()?;
    let config = match settings.plugins.config.get(plugin.key()) {
        Some(table) => serde_json::to_string(table).map_err(|e| Failure::Write(e.to_string()))?,
        None => "{}".to_owned(),
    };
    Ok((plugin, config))
}

/// The data sets of this program.
pub(crate) fn known(id: &str) -> Option<&'static DatasetSpec> {
    registered().find_map(|registration| match registration {
        Registration::Dataset(spec) if spec.id == id => Some(spec),
        _ => None,
    })
}

fn list(args: &Args) -> Result<(), Failure> {
    let settings = args.settings()?;
    let mut sidecars: Vec<(PathBuf, Result<Sidecar, LoadError>)> = Vec::new();
    let mut missing = Vec::new();
    for folder in &settings.plugins.path {
        if !folder.is_dir() {
            return Err(Failure::Usage(format!(
                "expected a folder of plugins, got {}: it is not there",
                folder.display()
            )));
        }
        sidecars.extend(loader::list(folder)?.into_iter().map(|listed| (listed.path, listed.sidecar)));
    }
    for file in settings.plugins.files.into_iter().chain(args.plugins()) {
        let path = file.with_extension("toml");
        if sidecars.iter().all(|(known, _)| *known != path) {
            if !path.exists() && file.exists() {
                missing.push(file);
                continue;
            }
            let sidecar = Sidecar::read(&path);
            sidecars.push((path, sidecar));
        }
    }
    for file in &missing {
        note(&format!(
            "{} has no sidecar: write one with finvista plugin sidecar, which runs its code",
            file.display()
        ));
    }
    let (mut rows, mut wrong) = (Vec::new(), !missing.is_empty());
    for (path, sidecar) in sidecars {
        match sidecar {
            Ok(sidecar) => rows.push(row(&path, sidecar)),
            Err(error) => {
                wrong = true;
                note(&error.to_string());
            }
        }
    }
    if rows.is_empty() && !wrong {
        note("no plugins: FINVISTA_PLUGIN_PATH names folders of them, and --plugin a file");
        return Ok(());
    }
    output::text(&table::of_texts(["plugin", "version", "ABI", "data sets", "library", "file"], &rows))?;
    if wrong { Err(Failure::Told(1)) } else { Ok(()) }
}

fn row(path: &Path, sidecar: Sidecar) -> [String; 6] {
    let library = path.with_file_name(&sidecar.file);
    let state = match loader::fingerprint(&library) {
        Ok(is) if is.eq_ignore_ascii_case(&sidecar.sha256) => "as described",
        Ok(_) => "changed",
        Err(_) => "missing",
    };
    let datasets = sidecar.datasets.join(", ");
    let file = library.display().to_string();
    [sidecar.name, sidecar.version, sidecar.abi, datasets, state.to_owned(), file]
}

fn info(args: &Args, file: &Path) -> Result<(), Failure> {
    let (plugin, config) = load(args, file)?;
    // It is not asked for data, so it needs no client for its requests.
    let source = plugin.open(&config, known, |_| None)?;
    let info = source.info();
    let of_sidecar = plugin.file().with_extension("toml").display().to_string();
    let hosts = source.hosts().join(", ");
    let rows = [
        ("name", info.name.clone()),
        ("title", info.title.clone()),
        ("version", info.version.clone()),
        ("ABI", plugin.abi()),
        ("file", plugin.file().display().to_string()),
        ("sha256", loader::fingerprint(plugin.file())?),
        ("sidecar", plugin.sidecar().map_or_else(|| "none".to_owned(), |_| of_sidecar)),
        ("hosts", if hosts.is_empty() { "none".to_owned() } else { hosts }),
        ("failure domain", info.failure_domain.clone()),
    ];
    let mut text = table::of_texts(["plugin", ""], &rows.map(|(name, value)| [name.to_owned(), value]));
    for offer in &info.offers {
        let Some(capability) = source.capability(&offer.dataset) else { continue };
        text.push_str(&format!("\n{}, priority {}", offer.dataset, offer.priority));
        match source.spec(&offer.dataset) {
            Some(spec) => {
                text.push_str(&format!(": {}\n\n", spec.title));
                text.push_str(&promise(spec, capability));
                text.push('\n');
                text.push_str(&sources::columns(spec));
            }
            None => text.push_str(": this program does not know the data set\n"),
        }
    }
    for dropped in source.dropped() {
        text.push_str(&format!("\ndropped: {dropped}\n"));
    }
    output::text(&text)
}

/// Never overwrites a file, which may describe another build.
fn sidecar(args: &Args, file: &Path) -> Result<(), Failure> {
    let path = absolute(file).with_extension("toml");
    let shown = path.display().to_string();
    if path.exists() {
        return Err(Failure::Write(format!("{shown} already exists: remove it to write it again")));
    }
    let (plugin, config) = load(args, file)?;
    let source = plugin.open(&config, known, |_| None)?;
    let text = Sidecar::of(&source)?.to_toml().map_err(Failure::Write)?;
    let created = std::fs::File::create_new(&path).and_then(|mut file| file.write_all(text.as_bytes()));
    created.map_err(|error| Failure::Io(shown.clone(), error))?;
    note(&format!("written: {shown}"));
    Ok(())
}

fn promise(spec: &DatasetSpec, capability: &Capability) -> String {
    let precision = capability.precision;
    let boards = capability.boards.unwrap_or(spec.rules.universe.boards);
    let boards = boards.iter().map(|board| board.to_string()).collect::<Vec<_>>().join(", ");
    let rows = [
        ("instruments", boards),
        ("adjust", sources::adjusts(spec, capability)),
        ("periods or markets", sources::facets(spec, capability)),
        ("reach", sources::reach(capability)),
        (
            "exact to",
            format!("{} shares, {} money, {} price", precision.volume, precision.amount, precision.price),
        ),
    ];
    table::of_texts(["promise", ""], &rows.map(|(name, value)| [name.to_owned(), value]))
}
