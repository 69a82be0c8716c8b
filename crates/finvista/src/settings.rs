//! Settings: defaults, then a TOML file, then the environment, then the builder. One table of keys is the definition of
//! all of them.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use finvista_core::manager::{ConfigError, DeadlinePolicy, FailoverConfig};
use finvista_core::{DatasetId, HttpConfig};
use toml::Value;

/// The settings of a client. [`KEYS`] lists them with their names in a file and in the environment.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Settings {
    /// Thresholds and times of failover.
    pub failover: FailoverConfig,
    /// Gateway and proxy.
    pub http: HttpConfig,
    /// The order in which the sources of a data set are asked.
    pub priority: BTreeMap<DatasetId, Vec<String>>,
    /// The sources that are not asked.
    pub disabled: Vec<String>,
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
    format!("FINVISTA_{}", name.to_ascii_uppercase().replace('.', "_"))
}

/// Every setting but the priorities, whose keys are the data sets: `priority.cn_stock_daily = ["sina", "tencent"]`, and in
/// the environment `FINVISTA_PRIORITY_CN_STOCK_DAILY=sina,tencent`.
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
];

/// Variables with our prefix that are not settings: where the settings are, where the tests find recordings, and two
/// switches of what this version does not have, which may be off.
const OTHER_VARIABLES: [&str; 4] =
    ["FINVISTA_CONFIG", "FINVISTA_RECORDINGS", "FINVISTA_CACHE", "FINVISTA_RATE_LIMIT"];

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
            settings.read_file(path)?;
        }
        for (name, value) in environment {
            if let Some(key) = name.strip_prefix("FINVISTA_") {
                settings.read_variable(name, key, value)?;
            }
        }
        Ok(settings)
    }

    fn read_file(&mut self, path: &Path) -> Result<(), ConfigError> {
        let wrong = |e: &dyn std::fmt::Display| ConfigError::new(path.display().to_string(), e.to_string());
        let text = std::fs::read_to_string(path).map_err(|e| wrong(&e))?;
        let table: toml::Table = text.parse().map_err(|e: toml::de::Error| wrong(&e))?;
        self.read_table(&table)
    }

    fn read_table(&mut self, table: &toml::Table) -> Result<(), ConfigError> {
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
        if let Some(key) = KEYS.iter().find(|known| known.variable() == name) {
            return (key.set)(self, &value).map_err(|why| ConfigError::new(name, why));
        }
        match name {
            "FINVISTA_CACHE" | "FINVISTA_RATE_LIMIT" if text != "off" => Err(ConfigError::new(
                name,
                format!("{text:?}: this version has none, so only off can be said"),
            )),
            _ if OTHER_VARIABLES.contains(&name) => Ok(()),
            _ => {
                let known: Vec<String> = KEYS.iter().map(Key::variable).collect();
                Err(ConfigError::new(name, format!("no such setting: there are {}", known.join(", "))))
            }
        }
    }

    fn set(&mut self, name: &str, value: &Value) -> Result<(), ConfigError> {
        let wrong = |why: String| ConfigError::new(name, why);
        if let Some(dataset) = name.strip_prefix("priority.") {
            self.priority.insert(DatasetId::from(dataset.to_owned()), names(value).map_err(wrong)?);
            return Ok(());
        }
        let Some(key) = KEYS.iter().find(|key| key.name == name) else {
            let known: Vec<&str> = KEYS.iter().map(|key| key.name).chain(["priority.DATASET"]).collect();
            return Err(wrong(format!("no such setting: there are {}", known.join(", "))));
        };
        (key.set)(self, value).map_err(wrong)
    }
}

/// A number, from a file or from the text of a variable.
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn seconds(value: &Value) -> Result<Duration, String> {
    number(value)
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .filter(|duration| *duration <= Duration::from_secs(365 * 86_400))
        .ok_or_else(|| format!("{value} is no time: a number of seconds is, such as 2.5"))
}

fn count(value: &Value) -> Result<u32, String> {
    number(value)
        .filter(|number| number.fract() == 0.0 && (1.0..=f64::from(u32::MAX)).contains(number))
        .map(|number| number as u32)
        .ok_or_else(|| format!("{value} is no count: a whole number from 1 is"))
}

fn text(value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Ok(text.trim().to_owned()),
        _ => Err(format!("{value} is no text")),
    }
}

/// A list of names; in a variable they are separated by commas.
fn names(value: &Value) -> Result<Vec<String>, String> {
    match value {
        Value::Array(values) => values.iter().map(text).collect(),
        Value::String(text) => {
            Ok(text.split(',').map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned).collect())
        }
        _ => Err(format!("{value} is no list of names: [\"sina\", \"tencent\"] is")),
    }
}

fn policy(value: &Value) -> Result<DeadlinePolicy, String> {
    match text(value)?.as_str() {
        "fair" => Ok(DeadlinePolicy::Fair),
        "greedy" => Ok(DeadlinePolicy::Greedy),
        other => Err(format!("{other:?} is no policy: fair and greedy are")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(variables: &[(&str, &str)]) -> Result<Settings, ConfigError> {
        let variables: Vec<_> = variables.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Settings::load(None, &variables)
    }

    fn from_file(text: &str) -> Result<Settings, ConfigError> {
        let mut settings = Settings::default();
        settings.read_table(&text.parse().unwrap())?;
        Ok(settings)
    }

    #[test]
    fn the_environment_is_read_and_its_mistakes_are_named() {
        let settings = load(&[
            ("PATH", "/bin"),
            ("FINVISTA_TIMEOUT", "2.5"),
            ("FINVISTA_GATEWAY", "http://127.0.0.1:8080"),
            ("FINVISTA_DISABLED", "sina, tencent"),
            ("FINVISTA_PRIORITY_CN_STOCK_DAILY", "tencent,sina"),
            ("FINVISTA_FAILOVER_FAILURE_THRESHOLD", "2"),
            ("FINVISTA_CACHE", "off"),
        ])
        .unwrap();
        assert_eq!(settings.failover.deadline, Duration::from_millis(2_500));
        assert_eq!(settings.http.gateway.as_deref(), Some("http://127.0.0.1:8080"));
        assert_eq!(settings.disabled, ["sina", "tencent"]);
        assert_eq!(settings.priority[&DatasetId::new("cn_stock_daily")], ["tencent", "sina"]);
        assert_eq!(settings.failover.failure_threshold, 2);
        for (name, value) in [
            ("FINVISTA_TIMEOUT", "soon"),
            ("FINVISTA_TIMEOUT", "-1"),
            ("FINVISTA_FAILOVER_FAILURE_THRESHOLD", "0"),
            ("FINVISTA_FAILOVER_DEADLINE_POLICY", "unfair"),
            ("FINVISTA_TIMOUT", "5"),
            ("FINVISTA_CACHE", "on"),
        ] {
            assert_eq!(load(&[(name, value)]).unwrap_err().key(), name);
        }
    }

    #[test]
    fn a_file_is_read_and_its_mistakes_are_named() {
        let settings = from_file(
            "timeout = 5\n[failover]\ncircuit_timeout = 1.5\nmax_attempts = 2\n[priority]\ncn_stock_quote = [\"sina\"]\n",
        )
        .unwrap();
        assert_eq!(settings.failover.deadline, Duration::from_secs(5));
        assert_eq!(settings.failover.circuit_timeout, Duration::from_millis(1_500));
        assert_eq!(settings.failover.max_attempts, Some(2));
        assert_eq!(settings.priority[&DatasetId::new("cn_stock_quote")], ["sina"]);
        for (text, key) in [
            ("timout = 5", "timout"),
            ("[failover]\nthreshold = 5", "failover.threshold"),
            ("[failover]\nfailure_threshold = 1.5", "failover.failure_threshold"),
            ("gateway = 8080", "gateway"),
            ("[priority]\ncn_stock_daily = 1", "priority.cn_stock_daily"),
        ] {
            assert_eq!(from_file(text).unwrap_err().key(), key);
        }
    }
}
