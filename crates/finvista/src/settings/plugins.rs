//! The settings of plugins.

use std::collections::BTreeMap;
use std::path::PathBuf;

#[cfg(not(feature = "plugins"))]
use finvista_core::ConfigError;

/// Which plugins are loaded, with which configuration. Every path is absolute, so that no other folder's file is taken.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct PluginSettings {
    /// Libraries or sidecars.
    pub files: Vec<PathBuf>,
    /// Folders, of which every sidecar's library is loaded.
    pub path: Vec<PathBuf>,
    /// The configuration of each plugin, by the name in its sidecar, or by that of its library without `lib` and extension.
    pub config: BTreeMap<String, toml::Table>,
}

#[cfg(not(feature = "plugins"))]
impl PluginSettings {
    /// Nothing may be without effect in silence.
    pub(crate) fn refuse(&self) -> Result<(), ConfigError> {
        if *self == Self::default() {
            return Ok(());
        }
        Err(ConfigError::new(
            "plugins",
            "this program loads no plugins: build it with finvista's feature plugins",
        ))
    }
}

#[cfg(all(test, not(feature = "plugins")))]
mod tests {
    /// `cargo xtask ci` runs this without the feature.
    #[test]
    fn plugins_are_not_left_out_in_silence() {
        let path = ("FINVISTA_PLUGIN_PATH".to_owned(), "/opt/finvista/plugins".to_owned());
        let error = crate::FinVista::builder().environment([path]).build().unwrap_err();
        assert!(error.to_string().contains("feature plugins"), "{error}");
        assert!(crate::FinVista::builder().environment([]).build().is_ok());
    }
}
