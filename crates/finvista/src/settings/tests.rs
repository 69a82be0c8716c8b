use std::time::Duration;

use super::*;

fn load(variables: &[(&str, &str)]) -> Result<Settings, ConfigError> {
    let variables: Vec<_> = variables.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    Settings::load(None, &variables)
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
        ("FINVISTA_FAILOVER_HEDGE_P95", "on"),
        ("FINVISTA_GZIP", "on"),
        ("FINVISTA_CACHE", "off"),
        ("FINVISTA_RATE_LIMIT", "off"),
        ("FINVISTA_RATE_LIMIT_SINA", "0.5"),
    ])
    .unwrap();
    assert_eq!(settings.failover.deadline, Duration::from_millis(2_500));
    assert_eq!(settings.http.gateway.as_deref(), Some("http://127.0.0.1:8080"));
    assert_eq!(settings.http.gzip, Some(true));
    assert_eq!(settings.disabled, ["sina", "tencent"]);
    assert_eq!(settings.priority[&DatasetId::new("cn_stock_daily")], ["tencent", "sina"]);
    assert_eq!(settings.failover.failure_threshold, 2);
    assert!(settings.failover.hedge_p95);
    assert!(!settings.rates.limited);
    assert_eq!(settings.rates.periods["sina"], Duration::from_secs(2));
    for (name, value) in [
        ("FINVISTA_TIMEOUT", "soon"),
        ("FINVISTA_TIMEOUT", "-1"),
        ("FINVISTA_FAILOVER_FAILURE_THRESHOLD", "0"),
        ("FINVISTA_FAILOVER_DEADLINE_POLICY", "unfair"),
        ("FINVISTA_TIMOUT", "5"),
        ("FINVISTA_CACHE", "perhaps"),
        ("FINVISTA_FAILOVER_HEDGE_AFTER", "on"),
        ("FINVISTA_RATE_LIMIT", "slow"),
    ] {
        assert_eq!(load(&[(name, value)]).unwrap_err().key(), name);
    }
}

#[test]
fn a_file_is_read_and_its_mistakes_are_named() {
    let settings = Settings::from_toml(
        "timeout = 5\n[failover]\ncircuit_timeout = 1.5\nmax_attempts = 2\n[priority]\ncn_stock_quote = [\"sina\"]\n",
    )
    .unwrap();
    assert_eq!(settings.failover.deadline, Duration::from_secs(5));
    assert_eq!(settings.failover.circuit_timeout, Duration::from_millis(1_500));
    assert_eq!(settings.failover.max_attempts, Some(2));
    assert_eq!(settings.priority[&DatasetId::new("cn_stock_quote")], ["sina"]);
    assert!(settings.rates.limited);
    let settings = Settings::from_toml("[rate_limit]\nsina = 4\n").unwrap();
    assert_eq!(settings.rates.periods["sina"], Duration::from_millis(250));
    for text in ["rate_limit = \"off\"", "rate_limit = false"] {
        assert!(!Settings::from_toml(text).unwrap().rates.limited);
    }
    for (text, key) in [
        ("rate_limit = 3", "rate_limit"),
        ("rate_limit.sina = 0", "rate_limit.sina"),
        ("rate_limit.sina = \"fast\"", "rate_limit.sina"),
        ("timout = 5", "timout"),
        ("[failover]\nthreshold = 5", "failover.threshold"),
        ("[failover]\nfailure_threshold = 1.5", "failover.failure_threshold"),
        ("gateway = 8080", "gateway"),
        ("gateway = ", "settings"),
        ("[priority]\ncn_stock_daily = 1", "priority.cn_stock_daily"),
    ] {
        assert_eq!(Settings::from_toml(text).unwrap_err().key(), key);
    }
}

#[test]
fn a_mistake_in_a_file_names_the_file_and_what_was_meant() {
    let file = std::env::temp_dir().join(format!("finvista-settings-{}.toml", std::process::id()));
    std::fs::write(&file, "timout = 5").unwrap();
    let error = Settings::load(Some(&file), &[]).unwrap_err();
    assert_eq!(error.key(), "timout");
    let expected = format!("timout: no such setting: did you mean timeout? (in {})", file.display());
    assert_eq!(error.to_string(), expected);
    std::fs::write(&file, "timeout = 5\ntimeout = ").unwrap();
    let error = Settings::load(Some(&file), &[]).unwrap_err().to_string();
    assert!(error.starts_with(&format!("{}: line 2, column ", file.display())), "{error}");
    std::fs::write(&file, vec![b'#'; 1024 * 1024 + 1]).unwrap();
    assert!(Settings::load(Some(&file), &[]).unwrap_err().to_string().contains("1048576 bytes"));
    std::fs::remove_file(file).unwrap();
}

#[test]
fn no_message_repeats_a_password() {
    for text in [
        "http_proxy = [\"http://me:hunter2@host:3128\"]",
        "gateway = [\"http://me:hunter2@host\", \"x\"]",
        "gateway = \"http://me:hunter2@host",
        "gateway = http://me:hunter2@host",
        "gateway = \"http://me:hunter2@host\" x",
        "gzip = \"http://me:hunter2@host\"",
        "timeout = \"http://me:hunter2@host\"",
        "[failover]\ndeadline_policy = \"http://me:hunter2@host\"",
        "[plugins]\npath = { x = \"http://me:hunter2@host\" }",
    ] {
        match Settings::from_toml(text) {
            Ok(settings) => assert!(text.contains("[plugins]"), "{settings:?}"),
            Err(error) => assert!(!error.to_string().contains("hunter2"), "{text}: {error}"),
        }
    }
    let error = load(&[("FINVISTA_CACHE", "http://me:hunter2@host")]).unwrap_err();
    assert_eq!(error.to_string(), "FINVISTA_CACHE: expected on or off, got \"http://host\"");
    let settings = load(&[("FINVISTA_HTTP_PROXY", "http://me:hunter2@host")]).unwrap();
    assert!(!format!("{settings:?}").contains("hunter2"));
}
