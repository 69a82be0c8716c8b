//! Plugins of a client: which are loaded, with which configuration, and how their requests are sent.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use finvista_core::ConfigError;
use finvista_http::{HttpClient, HttpGuest};
use finvista_loader::{Http, HttpNeeds, LoadError, Plugin, PluginSource, list, load};

use crate::settings::PluginSettings;

/// The sources of all plugins: those of the settings' folders, by file name, then the settings' own, then the builder's. One that
/// is named twice is loaded once; the later configuration counts.
pub(crate) fn sources(
    settings: &PluginSettings,
    added: Vec<(PathBuf, Option<String>)>,
    client: &Arc<HttpClient>,
) -> Result<Vec<PluginSource>, ConfigError> {
    let mut plugins: Vec<(&'static Plugin, Option<String>)> = Vec::new();
    let mut add = |path: &Path, config: Option<String>| {
        let plugin = load(path).map_err(|e| wrong(&e))?;
        match plugins.iter_mut().find(|(known, _)| std::ptr::eq(*known, plugin)) {
            Some((_, known)) => *known = config.or_else(|| known.take()),
            None => plugins.push((plugin, config)),
        }
        Ok(())
    };
    for folder in &settings.path {
        list(folder).map_err(|e| wrong(&e))?.iter().try_for_each(|listed| add(&listed.path, None))?;
    }
    settings.files.iter().try_for_each(|file| add(file, None))?;
    added.into_iter().try_for_each(|(file, config)| add(&file, config))?;

    if let Some(name) = settings.config.keys().find(|name| plugins.iter().all(|(p, _)| p.key() != *name)) {
        let there: Vec<&str> = plugins.iter().map(|(plugin, _)| plugin.key()).collect();
        let why = format!("no such plugin: there are {}", there.join(", "));
        return Err(ConfigError::new(format!("plugins.{name}"), why));
    }
    plugins.into_iter().map(|(plugin, config)| open(plugin, config, settings, client)).collect()
}

fn open(
    plugin: &'static Plugin,
    config: Option<String>,
    settings: &PluginSettings,
    client: &Arc<HttpClient>,
) -> Result<PluginSource, ConfigError> {
    let json = match (config, settings.config.get(plugin.key())) {
        (Some(json), _) => json,
        (None, None) => "{}".to_owned(),
        (None, Some(table)) => serde_json::to_string(table)
            .map_err(|e| ConfigError::new(format!("plugins.{}", plugin.key()), e.to_string()))?,
    };
    let http = |needs: &HttpNeeds<'_>| {
        let guest = HttpGuest::new(Arc::clone(client), needs.name, needs.hosts, needs.quota);
        Some(Arc::new(guest) as Arc<dyn Http>)
    };
    plugin.open(&json, http).map_err(|e| wrong(&e))
}

fn wrong(error: &LoadError) -> ConfigError {
    ConfigError::new("plugins", error.to_string())
}
