//! Settings: defaults, then a TOML file, then the environment, then the builder. One table of keys is the definition of
//! all of them.

mod file;
mod plugins;
mod suggest;
mod value;

use std::collections::BTreeMap;
use std::path::Path;

use finvista_core::manager::{CacheConfig, FailoverConfig};
use finvista_core::{ConfigError, DatasetId};
use finvista_http::{HttpConfig, HttpRates};
use toml::Value;

pub use plugins::PluginSettings;
use value::{count, names, paths, period, policy, seconds, switch, text, unless_off};

/// The settings of a client. [`KEYS`] lists them with their names in a file and in the environment.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Settings {
    /// Thresholds and times of failover.
    pub failover: FailoverConfig,
    /// Gateway, proxy, recording and replay.
    pub http: HttpConfig,
    /// How often vendors are asked.
    pub rates: HttpRates,
    /// Whether there is a cache.
    pub cache_on: bool,
    /// What the cache keeps, and when.
    pub cache: CacheConfig,
    /// The order in which the sources of a data set are asked.
    pub priority: BTreeMap<DatasetId, Vec<String>>,
    /// The sources that are not asked.
    pub disabled: Vec<String>,
    /// Which plugins are loaded, with which configuration.
    pub plugins: PluginSettings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            failover: FailoverConfig::default(),
            http: HttpConfig::default(),
            rates: HttpRates::default(),
            cache_on: true,
            cache: CacheConfig::default(),
            priority: BTreeMap::new(),
            disabled: Vec::new(),
            plugins: PluginSettings::default(),
        }
    }
}

/// One setting.
#[derive(Debug)]
pub struct Key {
    /// Its name in the file: `failover.failure_threshold` is `failure_threshold` in the table `[failover]`.
    pub name: &'static str,
    /// What it is, with its unit and its default.
    pub doc: &'static str,
    set: fn(&mut Settings, &Value) -> Result<(), String>,
}

impl Key {
    /// Its name in the environment: `FINVISTA_FAILOVER_FAILURE_THRESHOLD`.
    pub fn variable(&self) -> String {
        variable(self.name)
    }
}

fn variable(name: &str) -> String {
    // It reads as the PATH of a system does.
    if name == "plugins.path" {
        return "FINVISTA_PLUGIN_PATH".to_owned();
    }
    format!("FINVISTA_{}", name.to_ascii_uppercase().replace('.', "_"))
}

/// Every setting except three kinds. Priorities have the data set as their key: `priority.cn_stock_daily = ["sina", "tencent"]`, in
/// the environment `FINVISTA_PRIORITY_CN_STOCK_DAILY=sina,tencent`. Rates have the vendor as their key: `rate_limit.sina = 0.5`
/// allows one request every two seconds to each of its hosts, once the burst of its quota is spent, in the environment
/// `FINVISTA_RATE_LIMIT_SINA=0.5`. A table `[plugins.NAME]` is the configuration of a plugin, which its author documents.
pub const KEYS: &[Key] = &[
    Key {
        name: "timeout",
        doc: "the time of a whole call over all sources, in seconds (30)",
        set: |s, v| seconds(v).map(|value| s.failover.deadline = value),
    },
    Key {
        name: "gateway",
        doc: "an origin to which every request goes, such as http://127.0.0.1:8080 (none)",
        set: |s, v| text(v).map(|value| s.http.gateway = Some(value)),
    },
    Key {
        name: "http_proxy",
        doc: "a proxy for every request, such as http://127.0.0.1:3128 (none)",
        set: |s, v| text(v).map(|value| s.http.proxy = Some(value)),
    },
    Key {
        name: "no_proxy",
        doc: "the hosts that are reached without the proxy, such as eastmoney.com (none)",
        set: |s, v| names(v).map(|value| s.http.no_proxy = Some(value.join(","))),
    },
    Key {
        name: "gzip",
        doc: "whether answers may be compressed: on or off (on, but off through a gateway)",
        set: |s, v| switch(v).map(|value| s.http.gzip = Some(value)),
    },
    Key {
        name: "rate_limit",
        doc: "whether requests keep to the quota of each vendor's hosts: on or off (on)",
        set: |s, v| switch(v).map(|value| s.rates.limited = value),
    },
    Key {
        name: "cache",
        doc: "whether answers are cached, and equal concurrent queries share one: on or off (on)",
        set: |s, v| switch(v).map(|value| s.cache_on = value),
    },
    Key {
        name: "cache_bytes",
        doc: "the maximum size of the cache, in bytes (67108864)",
        set: |s, v| count(v).map(|value| s.cache.max_bytes = u64::from(value)),
    },
    Key {
        name: "stale_if_error",
        doc: "the greatest age of an answer that may stand in when every source fails, in seconds (none may)",
        set: |s, v| seconds(v).map(|value| s.cache.stale_if_error = Some(value)),
    },
    Key {
        name: "disabled",
        doc: "the sources that are not asked (none)",
        set: |s, v| names(v).map(|value| s.disabled = value),
    },
    Key {
        name: "failover.failure_threshold",
        doc: "consecutive failures that open a circuit, 1 to 4095 (5)",
        set: |s, v| count(v).map(|value| s.failover.failure_threshold = value),
    },
    Key {
        name: "failover.circuit_timeout",
        doc: "how long an open circuit rejects, in seconds (60)",
        set: |s, v| seconds(v).map(|value| s.failover.circuit_timeout = value),
    },
    Key {
        name: "failover.success_threshold",
        doc: "consecutive trial successes that close a circuit, at least 1 (3)",
        set: |s, v| count(v).map(|value| s.failover.success_threshold = value),
    },
    Key {
        name: "failover.probe_lease",
        doc: "after how long another call may take a trial call's place, in seconds, at least attempt_timeout (60)",
        set: |s, v| seconds(v).map(|value| s.failover.probe_lease = Some(value)),
    },
    Key {
        name: "failover.attempt_timeout",
        doc: "the time of one attempt at one source, in seconds (10)",
        set: |s, v| seconds(v).map(|value| s.failover.attempt_timeout = value),
    },
    Key {
        name: "failover.deadline_policy",
        doc: "how a call's time is shared: fair (time left by sources left) or greedy (fair)",
        set: |s, v| policy(v).map(|value| s.failover.deadline_policy = value),
    },
    Key {
        name: "failover.deadline_counts_after",
        doc: "how long an attempt must have run to be blamed when the call's time is over, in seconds (1)",
        set: |s, v| seconds(v).map(|value| s.failover.deadline_counts_after = value),
    },
    Key {
        name: "failover.max_attempts",
        doc: "the most sources that one call asks (all)",
        set: |s, v| count(v).map(|value| s.failover.max_attempts = Some(value as usize)),
    },
    Key {
        name: "failover.hedge_after",
        doc: "after how long another source is asked beside a slow one, in seconds, or off (2)",
        set: |s, v| unless_off(v).map(|value| s.failover.hedge_after = value),
    },
    Key {
        name: "failover.hedge_p95",
        doc: "whether it is asked already after the time in which 95 of the last 100 answers came, where that is less: \
              on or off (off)",
        set: |s, v| switch(v).map(|value| s.failover.hedge_p95 = value),
    },
    Key {
        name: "failover.spread",
        doc: "whether many calls at once go to another source where our rate limit would hold the first one back: on or off (on)",
        set: |s, v| switch(v).map(|value| s.failover.spread = value),
    },
    Key {
        name: "failover.ban_threshold",
        doc: "how often in a row a vendor must turn us away to be left alone for all its data sets, 1 to 4095 (5)",
        set: |s, v| count(v).map(|value| s.failover.ban_threshold = value),
    },
    Key {
        name: "failover.ban_time",
        doc: "how long it is left alone the first time, in seconds; twice as long each further time (300)",
        set: |s, v| seconds(v).map(|value| s.failover.ban_time = value),
    },
    Key {
        name: "failover.ban_max",
        doc: "the longest that it is left alone, in seconds (21600)",
        set: |s, v| seconds(v).map(|value| s.failover.ban_max = value),
    },
    Key {
        name: "plugins.files",
        doc: "plugins to load: their libraries or sidecars, by absolute path (none)",
        set: |s, v| paths(v).map(|value| s.plugins.files = value),
    },
    Key {
        name: "plugins.path",
        doc: "folders whose plugins are loaded, by their sidecars, and by absolute path (none)",
        set: |s, v| paths(v).map(|value| s.plugins.path = value),
    },
];

/// Variables with our prefix that are not settings: where the settings are, and where the tests find recordings.
const OTHER_VARIABLES: [&str; 2] = ["FINVISTA_CONFIG", "FINVISTA_RECORDINGS"];

impl Settings {
    /// The settings of a file and of an environment. Without a path, the file that `FINVISTA_CONFIG` names is read.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or a key is unknown, or a value cannot be meant. The error names the key.
    pub fn load(file: Option<&Path>, environment: &[(String, String)]) -> Result<Self, ConfigError> {
        let mut settings = Self::default();
        let named =
            environment.iter().find(|(name, _)| name == "FINVISTA_CONFIG").map(|(_, path)| Path::new(path));
        if let Some(path) = file.or(named) {
            let name = path.display().to_string();
            let text = file::read(path).map_err(|e| ConfigError::new(&name, e.to_string()))?;
            // The error names the key; where the key is, only this place knows.
            settings.read_text(&name, &text).map_err(|error| error.in_file(&name))?;
        }
        for (name, value) in environment {
            if let Some(key) = name.strip_prefix("FINVISTA_") {
                settings.read_variable(name, key, value)?;
            }
        }
        Ok(settings)
    }

    /// The settings of a file with this text.
    ///
    /// # Errors
    ///
    /// When it is not valid TOML, a key is unknown, or a value is out of range. The error names the key.
    ///
    /// ```
    /// let settings = finvista::Settings::from_toml("timeout = 5\n[failover]\nfailure_threshold = 3")?;
    /// assert_eq!(settings.failover.failure_threshold, 3);
    ///
    /// let error = finvista::Settings::from_toml("timout = 5").unwrap_err();
    /// assert_eq!(error.key(), "timout");
    /// # Ok::<(), finvista::ConfigError>(())
    /// ```
    pub fn from_toml(text: &str) -> Result<Self, ConfigError> {
        let mut settings = Self::default();
        settings.read_text("settings", text)?;
        Ok(settings)
    }

    fn read_text(&mut self, name: &str, text: &str) -> Result<(), ConfigError> {
        let table = file::parse(name, text)?;
        table.iter().try_for_each(|(name, value)| match value {
            Value::Table(inner) => {
                inner.iter().try_for_each(|(key, value)| self.set(&format!("{name}.{key}"), value))
            }
            value => self.set(name, value),
        })
    }

    fn read_variable(&mut self, name: &str, key: &str, text: &str) -> Result<(), ConfigError> {
        let value = Value::String(text.to_owned());
        if let Some(dataset) = key.strip_prefix("PRIORITY_") {
            return self.set(&format!("priority.{}", dataset.to_ascii_lowercase()), &value);
        }
        if let Some(vendor) = key.strip_prefix("RATE_LIMIT_") {
            return self.set(&format!("rate_limit.{}", vendor.to_ascii_lowercase()), &value);
        }
        if let Some(key) = KEYS.iter().find(|known| known.variable() == name) {
            return (key.set)(self, &value).map_err(|why| ConfigError::new(name, why));
        }
        if OTHER_VARIABLES.contains(&name) {
            return Ok(());
        }
        let known = KEYS.iter().map(Key::variable);
        let known = known.chain(["FINVISTA_CONFIG", "FINVISTA_PRIORITY_DATASET"].map(str::to_owned));
        Err(ConfigError::new(name, suggest::unknown(name, known)))
    }

    fn set(&mut self, name: &str, value: &Value) -> Result<(), ConfigError> {
        let wrong = |why: String| ConfigError::new(name, why);
        if let Some(dataset) = name.strip_prefix("priority.") {
            self.priority.insert(DatasetId::from(dataset.to_owned()), names(value).map_err(wrong)?);
            return Ok(());
        }
        if let Some(vendor) = name.strip_prefix("rate_limit.") {
            self.rates.periods.insert(vendor.to_owned(), period(value).map_err(wrong)?);
            return Ok(());
        }
        if let (Some(plugin), Value::Table(config)) = (name.strip_prefix("plugins."), value) {
            self.plugins.config.insert(plugin.to_owned(), config.clone());
            return Ok(());
        }
        let Some(key) = KEYS.iter().find(|key| key.name == name) else {
            let of_others = ["priority.DATASET", "rate_limit.VENDOR", "plugins.NAME"];
            let known = KEYS.iter().map(|key| key.name).chain(of_others).map(str::to_owned);
            return Err(wrong(suggest::unknown(name, known)));
        };
        (key.set)(self, value).map_err(wrong)
    }
}

#[cfg(test)]
mod tests;
