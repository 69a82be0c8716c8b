//! The configuration of an instance.

use finvista_core::{ErrorKind, SourceError};
use serde::de::DeserializeOwned;

/// The user's configuration of this plugin, as JSON. Secrets come from here: a plugin does not read the environment.
#[derive(Clone, PartialEq, Eq)]
pub struct Config(String);

/// Leaves out the text, which may hold secrets.
impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Config").finish_non_exhaustive()
    }
}

impl Config {
    /// A configuration from this JSON object.
    pub fn new(json: impl Into<String>) -> Self {
        Self(json.into())
    }

    /// The JSON.
    pub fn json(&self) -> &str {
        &self.0
    }

    /// Reads it.
    ///
    /// ```
    /// #[derive(serde::Deserialize)]
    /// struct Settings {
    ///     folder: String,
    /// }
    ///
    /// let settings: Settings = finvista_plugin::Config::new(r#"{"folder":"/srv/bars"}"#).read()?;
    /// assert_eq!(settings.folder, "/srv/bars");
    /// # Ok::<(), finvista_core::SourceError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](ErrorKind::InvalidInput) when it is not a `T`. The message names the place and leaves out the text there.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, SourceError> {
        serde_json::from_str(&self.0).map_err(|e| {
            let (line, column) = (e.line(), e.column());
            let what = match e.classify() {
                serde_json::error::Category::Data => "a key is missing, unknown or of the wrong type",
                _ => "expected JSON",
            };
            let message = format!("the plugin's configuration, line {line} column {column}: {what}");
            SourceError::new(ErrorKind::InvalidInput, message)
        })
    }
}

/// A configuration without keys.
impl Default for Config {
    fn default() -> Self {
        Self::new("{}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_where_and_keeps_the_secret() {
        #[derive(Debug, serde::Deserialize)]
        #[allow(dead_code, reason = "only reading it is of interest")]
        struct Settings {
            key: u32,
        }
        let config = Config::new(r#"{"key":"secret"}"#);
        let error = config.read::<Settings>().unwrap_err();
        assert!(error.message().contains("line 1") && !error.message().contains("secret"), "{error}");
        assert!(!format!("{config:?}").contains("secret"));
        assert!(Config::new("{").read::<Settings>().unwrap_err().message().contains("expected JSON"));
    }
}
