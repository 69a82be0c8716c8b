//! The settings and the client of a command line.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use finvista::http::HttpClient;
use finvista::loader::{self, LoadError};
use finvista::{ConfigError, Error, FinVista, Settings};

use crate::args::Args;

/// The file that is read where no other is named.
const IMPLICIT: &str = "./finvista.toml";

impl Args {
    /// A client with the settings of the command line, the environment and the file.
    pub(crate) fn client(&self) -> Result<FinVista, Error> {
        let mut builder = FinVista::builder().environment(self.environment()?);
        if let Some(path) = self.config_file()? {
            builder = builder.config_file(path);
        }
        for file in self.plugins() {
            builder = builder.plugin(file);
        }
        if let Some(gateway) = &self.gateway {
            builder = builder.gateway(gateway);
        }
        if let Some(dir) = &self.record {
            builder = builder.record(dir);
        }
        if let Some(dir) = &self.replay {
            builder = builder.replay(dir);
        }
        if let Some(timeout) = self.timeout {
            builder = builder.timeout(timeout);
        }
        builder.build()
    }

    /// The settings of the environment and the file.
    pub(crate) fn settings(&self) -> Result<Settings, Error> {
        Ok(Settings::load(self.config_file()?.as_deref(), &self.environment()?)?)
    }

    /// An HTTP client, with the gateway and the folders of the settings and the command line.
    pub(crate) fn http(&self) -> Result<HttpClient, Error> {
        let mut settings = self.settings()?;
        settings.http.gateway = self.gateway.clone().or(settings.http.gateway);
        settings.http.record = self.record.clone().or(settings.http.record);
        settings.http.replay = self.replay.clone().or(settings.http.replay);
        Ok(HttpClient::new(&settings.http)?)
    }

    /// The plugins of the command line.
    pub(crate) fn plugins(&self) -> impl Iterator<Item = PathBuf> {
        self.plugins.iter().map(|file| absolute(file))
    }

    /// The variables of the environment. The proxy that other programs use is used, too, unless our own settings say another way.
    fn environment(&self) -> Result<Vec<(String, String)>, Error> {
        let text = |value: OsString| value.into_string().ok();
        let mut variables: Vec<(String, String)> =
            std::env::vars_os().filter_map(|(k, v)| Some((text(k)?, text(v)?))).collect();
        let settings = Settings::load(self.config_file()?.as_deref(), &variables)?;
        if self.gateway.is_none() && settings.http.gateway.is_none() && settings.http.proxy.is_none() {
            variables.extend(proxy(&variables)?);
        }
        Ok(variables)
    }

    /// The file of settings that is named, or the one in the current folder.
    fn config_file(&self) -> Result<Option<PathBuf>, ConfigError> {
        let here = Path::new(IMPLICIT);
        if self.config.is_some() || std::env::var_os("FINVISTA_CONFIG").is_some() || !here.exists() {
            return Ok(self.config.clone());
        }
        // It may name plugins and a gateway, and a user who enters the folder did not ask for it.
        match loader::trusted(&absolute(here)) {
            Ok(file) if file.is_file() => Ok(Some(here.to_owned())),
            Ok(_) => Err(ConfigError::new(IMPLICIT, "expected a regular file")),
            Err(LoadError::Untrusted { path, why }) => Err(ConfigError::new(
                IMPLICIT,
                format!(
                    "{}: {why}: settings may name plugins, so make it yours alone (chown, chmod go-w), or name it with --config",
                    path.display()
                ),
            )),
            Err(error) => Err(ConfigError::new(IMPLICIT, error.to_string())),
        }
    }
}

/// Resolves a path against the current folder; the loader only takes absolute paths.
pub(crate) fn absolute(file: &Path) -> PathBuf {
    std::path::absolute(file).unwrap_or_else(|_| file.to_owned())
}

/// Our settings for the proxy of the environment. Vendors are asked by https.
fn proxy(variables: &[(String, String)]) -> Result<Vec<(String, String)>, ConfigError> {
    let first = |names: &[&'static str]| {
        names.iter().find_map(|name| {
            let (_, value) =
                variables.iter().find(|(variable, value)| variable == name && !value.is_empty())?;
            Some((*name, value.as_str()))
        })
    };
    let Some((name, address)) = first(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]) else {
        return Ok(Vec::new());
    };
    let address = match address.split_once("://") {
        None => format!("http://{address}"),
        Some(("http" | "https", _)) => address.to_owned(),
        Some((scheme, _)) => {
            let why = format!(
                "expected a proxy such as http://127.0.0.1:3128, got the scheme {scheme}: unset it, or set FINVISTA_HTTP_PROXY"
            );
            return Err(ConfigError::new(name, why));
        }
    };
    let mut settings = vec![("FINVISTA_HTTP_PROXY".to_owned(), address)];
    if let Some((_, hosts)) = first(&["no_proxy", "NO_PROXY"]) {
        settings.push(("FINVISTA_NO_PROXY".to_owned(), hosts.to_owned()));
    }
    Ok(settings)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Result<Vec<String>, String> {
        let variables: Vec<_> = variables.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let settings = proxy(&variables).map_err(|e| e.to_string())?;
        Ok(settings.into_iter().map(|(name, value)| format!("{name}={value}")).collect())
    }

    #[test]
    fn the_proxy_of_the_environment_is_used_or_refused() {
        assert_eq!(of(&[("PATH", "/bin"), ("https_proxy", "")]), Ok(Vec::new()));
        assert_eq!(of(&[("HTTPS_PROXY", "host:3128")]).unwrap(), ["FINVISTA_HTTP_PROXY=http://host:3128"]);
        assert_eq!(
            of(&[("ALL_PROXY", "http://a:1"), ("https_proxy", "http://b:2"), ("NO_PROXY", "sina.cn")])
                .unwrap(),
            ["FINVISTA_HTTP_PROXY=http://b:2", "FINVISTA_NO_PROXY=sina.cn"]
        );
        let refused = of(&[("ALL_PROXY", "socks5://me:hunter2@host:1080")]).unwrap_err();
        assert!(refused.starts_with("ALL_PROXY: ") && refused.contains("socks5"), "{refused}");
        assert!(!refused.contains("hunter2"), "{refused}");
    }
}
