//! The plugins of a client: which are loaded, with which configuration, and how their requests are sent.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use finvista_core::{ConfigError, DataSource, Registry};
use finvista_http::{HttpClient, HttpGuest};
use finvista_loader::{DroppedOffer, Http, HttpNeeds, LoadError, Plugin, PluginSource, list, load};

use crate::priority::Dropped;
use crate::settings::PluginSettings;

/// Adds the sources of all plugins, and their data sets: those of the settings' folders, by file name, then the settings' own, then
/// the builder's. One that is named twice is loaded once; the later configuration counts. An offer that disagrees with a data set
/// that is there already is dropped by the loader, with a warning, and returned.
pub(crate) fn add(
    registry: &mut Registry,
    sources: &mut Vec<Arc<dyn DataSource>>,
    settings: &PluginSettings,
    added: Vec<(PathBuf, Option<String>)>,
    client: &Arc<HttpClient>,
) -> Result<Dropped, ConfigError> {
    let mut dropped = Dropped::new();
    for (plugin, config) in named(settings, added)? {
        let source = open(plugin, config, settings, registry, client)?;
        for DroppedOffer { dataset, why, .. } in source.dropped() {
            dropped.insert((dataset.clone().into(), source.info().name.clone()), why.clone());
        }
        source.datasets().iter().try_for_each(|spec| registry.add_dataset(spec))?;
        sources.push(Arc::new(source));
    }
    Ok(dropped)
}

/// A plugin and the configuration that was given with its file.
type Named = (&'static Plugin, Option<String>);

fn named(
    settings: &PluginSettings,
    added: Vec<(PathBuf, Option<String>)>,
) -> Result<Vec<Named>, ConfigError> {
    let mut plugins: Vec<Named> = Vec::new();
    let mut add = |path: &Path, config: Option<String>| {
        let plugin = load(path).map_err(|e| wrong(&e))?;
        match plugins.iter_mut().find(|(known, _)| std::ptr::eq(*known, plugin)) {
            Some((_, known)) => *known = config.or_else(|| known.take()),
            None => plugins.push((plugin, config)),
        }
        Ok(())
    };
    for folder in &settings.path {
        if !folder.is_dir() {
            let why = format!("expected a folder of plugins, got {}: it is not there", folder.display());
            return Err(ConfigError::new("plugins.path", why));
        }
        list(folder).map_err(|e| wrong(&e))?.iter().try_for_each(|listed| add(&listed.path, None))?;
    }
    settings.files.iter().try_for_each(|file| add(file, None))?;
    added.into_iter().try_for_each(|(file, config)| add(&file, config))?;

    match settings.config.keys().find(|name| plugins.iter().all(|(plugin, _)| plugin.key() != *name)) {
        Some(name) => {
            let there: Vec<&str> = plugins.iter().map(|(plugin, _)| plugin.key()).collect();
            let why = format!("expected the name of a plugin ({}), got {name}", there.join(", "));
            Err(ConfigError::new(format!("plugins.{name}"), why))
        }
        None => Ok(plugins),
    }
}

fn open(
    plugin: &'static Plugin,
    config: Option<String>,
    settings: &PluginSettings,
    registry: &Registry,
    client: &Arc<HttpClient>,
) -> Result<PluginSource, ConfigError> {
    let json = match (config, settings.config.get(plugin.key())) {
        (Some(json), _) => json,
        (None, None) => "{}".to_owned(),
        (None, Some(table)) => serde_json::to_string(table)
            .map_err(|e| ConfigError::new(format!("plugins.{}", plugin.key()), e.to_string()))?,
    };
    let known = |id: &str| registry.dataset(id).map(|known| known.spec);
    let http = |needs: &HttpNeeds<'_>| {
        let guest = HttpGuest::new(Arc::clone(client), needs.name, needs.hosts, needs.quota);
        Some(Arc::new(guest) as Arc<dyn Http>)
    };
    plugin.open(&json, known, http).map_err(|e| wrong(&e))
}

fn wrong(error: &LoadError) -> ConfigError {
    ConfigError::new("plugins", error.to_string())
}
