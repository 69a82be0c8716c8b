//! The plugins of a client: which are loaded, with which configuration, and how their requests are sent.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use finvista_core::{ConfigError, DataSource, Registry};
use finvista_http::{HttpClient, HttpGuest};
use finvista_loader::{DroppedOffer, Http, HttpNeeds, Listed, LoadError, Plugin, PluginSource, list, load};

use crate::priority::Dropped;
use crate::settings::PluginSettings;

/// Adds the sources of all plugins, and their data sets: those of the settings' folders, by file name, then the settings' own, then
/// the builder's. One that is named twice is loaded once; the later configuration counts.
///
/// A plugin of a folder that is broken is left out with a warning, because the others of the folder are not; one that is named by
/// itself is an error. An offer that disagrees with a data set that is there already is dropped by the loader, with a warning. Returns
/// the offers that are missing.
pub(crate) fn add(
    registry: &mut Registry,
    sources: &mut Vec<Arc<dyn DataSource>>,
    settings: &PluginSettings,
    added: Vec<(PathBuf, Option<String>)>,
    client: &Arc<HttpClient>,
) -> Result<Dropped, ConfigError> {
    let mut dropped = Dropped::new();
    for named in named(settings, added, &mut dropped)? {
        let source = open(&named, settings, registry, client).and_then(|source| {
            let name = &source.info().name;
            if !named.alone && sources.iter().any(|other| other.info().name == *name) {
                let file = named.plugin.file().display();
                return Err(Wrong::Plugin(format!("plugin {file}: a source named {name} is there already")));
            }
            let mut specs = source.datasets().iter();
            match specs.try_for_each(|spec| registry.add_dataset(spec)) {
                Ok(()) => Ok(source),
                Err(error) if named.alone => Err(Wrong::Setting(error)),
                Err(error) => Err(Wrong::Plugin(error.to_string())),
            }
        });
        let source = match source {
            Ok(source) => source,
            Err(Wrong::Plugin(why)) if !named.alone => {
                skip(named.plugin.file(), &why);
                if let Some(sidecar) = named.plugin.sidecar() {
                    miss(&mut dropped, &sidecar.datasets, &sidecar.name, &why);
                }
                continue;
            }
            Err(Wrong::Plugin(why)) => return Err(ConfigError::new("plugins", why)),
            Err(Wrong::Setting(error)) => return Err(error),
        };
        for DroppedOffer { dataset, why, .. } in source.dropped() {
            dropped.insert((dataset.clone().into(), source.info().name.clone()), why.clone());
        }
        sources.push(Arc::new(source));
    }
    Ok(dropped)
}

/// Whose mistake it is.
enum Wrong {
    Plugin(String),
    Setting(ConfigError),
}

/// A plugin that is loaded.
struct Named {
    plugin: &'static Plugin,
    /// The configuration that was given with its file.
    config: Option<String>,
    /// Whether it is named by itself, and not by its folder.
    alone: bool,
}

fn named(
    settings: &PluginSettings,
    added: Vec<(PathBuf, Option<String>)>,
    dropped: &mut Dropped,
) -> Result<Vec<Named>, ConfigError> {
    let mut plugins: Vec<Named> = Vec::new();
    let mut add = |path: &Path, config: Option<String>, alone: bool| {
        let plugin = load(path)?;
        match plugins.iter_mut().find(|known| std::ptr::eq(known.plugin, plugin)) {
            Some(known) => {
                known.config = config.or_else(|| known.config.take());
                known.alone |= alone;
            }
            None => plugins.push(Named { plugin, config, alone }),
        }
        Ok(())
    };
    let mut skipped = Vec::new();
    for folder in &settings.path {
        if !folder.is_dir() {
            let why = format!("expected a folder of plugins, got {}: it is not there", folder.display());
            return Err(ConfigError::new("plugins.path", why));
        }
        for Listed { path, sidecar } in list(folder).map_err(|e| wrong(&e))? {
            let name = match &sidecar {
                Ok(sidecar) => sidecar.name.clone(),
                Err(_) => path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
            };
            let (Err(error), datasets) = (match sidecar {
                Ok(sidecar) => (add(&path, None, false), sidecar.datasets),
                Err(error) => (Err(error), Vec::new()),
            }) else {
                continue;
            };
            let why = error.to_string();
            skip(&path, &why);
            miss(dropped, &datasets, &name, &why);
            skipped.push(name);
        }
    }
    settings.files.iter().try_for_each(|file| add(file, None, true)).map_err(|e| wrong(&e))?;
    added.into_iter().try_for_each(|(file, config)| add(&file, config, true)).map_err(|e| wrong(&e))?;

    let is_there =
        |name: &String| plugins.iter().any(|named| named.plugin.key() == name) || skipped.contains(name);
    match settings.config.keys().find(|name| !is_there(name)) {
        Some(name) => {
            let there: Vec<&str> = plugins.iter().map(|named| named.plugin.key()).collect();
            let why = format!("expected the name of a plugin ({}), got {name}", there.join(", "));
            Err(ConfigError::new(format!("plugins.{name}"), why))
        }
        None => Ok(plugins),
    }
}

/// Says that a plugin of a folder is left out.
fn skip(path: &Path, why: &str) {
    tracing::warn!(target: "finvista", file = %path.display(), "a plugin is left out: {why}");
}

/// Notes the offers of a plugin that is left out, so that settings may name it.
fn miss(dropped: &mut Dropped, datasets: &[String], source: &str, why: &str) {
    for dataset in datasets {
        dropped.insert((dataset.clone().into(), source.to_owned()), why.to_owned());
    }
}

fn open(
    named: &Named,
    settings: &PluginSettings,
    registry: &Registry,
    client: &Arc<HttpClient>,
) -> Result<PluginSource, Wrong> {
    let plugin = named.plugin;
    let configured = settings.config.get(plugin.key());
    let json = match (&named.config, configured) {
        (Some(json), _) => json.clone(),
        (None, None) => "{}".to_owned(),
        (None, Some(table)) => serde_json::to_string(table).map_err(|e| {
            Wrong::Setting(ConfigError::new(format!("plugins.{}", plugin.key()), e.to_string()))
        })?,
    };
    let known = |id: &str| registry.dataset(id).map(|known| known.spec);
    let http = |needs: &HttpNeeds<'_>| {
        let guest = HttpGuest::new(Arc::clone(client), needs.name, needs.hosts, needs.quota);
        Some(Arc::new(guest) as Arc<dyn Http>)
    };
    plugin.open(&json, known, http).map_err(|error| match error {
        // The plugin is whole, and the user has configured it by its name.
        LoadError::Create { .. } if configured.is_some() => Wrong::Setting(wrong(&error)),
        error => Wrong::Plugin(error.to_string()),
    })
}

fn wrong(error: &LoadError) -> ConfigError {
    ConfigError::new("plugins", error.to_string())
}
