#![cfg(test)]
//! Plugins in a client: from the builder, the settings and the environment to the rows. Loading itself, and what a plugin may and
//! may not do, is tested in `finvista-loader`.

use std::path::{Path, PathBuf};
use std::process::Command;

use finvista::loader::{Sidecar, fingerprint};
use finvista::{Error, FinVista, Status};

use crate::logging::Collector;

/// The plugin in plain C, in a folder of this test's own.
fn plain(test: &str) -> PathBuf {
    cc(test, "libplain.so", "plugins/plain-c/plain.c", "")
}

/// Compiles a plugin with one more argument.
fn cc(test: &str, library: &str, source: &str, switch: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    std::fs::create_dir_all(&folder).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let library = folder.join(library);
    let status = Command::new("cc")
        .args(["-std=c99", "-fPIC", "-shared", "-fvisibility=hidden", "-I"])
        .arg(root.join("crates/finvista-plugin/include"))
        .arg("-o")
        .arg(&library)
        .args((!switch.is_empty()).then_some(switch))
        .arg(root.join(source))
        .status();
    assert!(status.unwrap().success());
    library
}

fn sidecar(library: &Path) -> PathBuf {
    let path = library.with_extension("toml");
    let sidecar = Sidecar {
        name: "plain".to_owned(),
        version: "1.0.0".to_owned(),
        file: "libplain.so".to_owned(),
        sha256: fingerprint(library).unwrap(),
        abi: "1.0".to_owned(),
        datasets: vec!["cn_stock_daily".to_owned()],
    };
    std::fs::write(&path, sidecar.to_toml().unwrap()).unwrap();
    path
}

fn names(fv: &FinVista) -> Vec<String> {
    fv.sources().into_iter().map(|source| source.info.name).collect()
}

#[tokio::test]
async fn a_plugins_source_is_a_source_like_any_other() {
    // The gateway refuses connections, so every vendor fails, and the plugin, which needs no network, answers.
    let fv =
        FinVista::builder().environment([]).gateway("http://127.0.0.1:1").plugin(plain("like_any_other"));
    let fv = fv.build().unwrap();
    assert_eq!(names(&fv), ["eastmoney", "sina", "tencent", "plain"]);
    let table = fv.cn_stock_daily("600519").start("2024-06-03").end("2024-06-28").await.unwrap();
    assert_eq!((table.source(), table.num_rows()), ("plain", 19));
    assert_eq!(table.rows().next().unwrap().symbol, "600519.SH");
    assert_eq!(table.provenance().attempts.len(), 4);
    assert_eq!(fv.source_health().get("cn_stock_daily", "plain").unwrap().status, Status::Healthy);
    let plain = fv.sources().into_iter().find(|source| source.info.name == "plain").unwrap();
    assert!(plain.info.origin.contains("libplain.so (ABI 1.0)"), "{}", plain.info.origin);
}

#[test]
fn settings_and_environment_name_plugins() {
    let library = plain("named");
    let folder = library.parent().unwrap().to_owned();
    sidecar(&library);
    let path = ("FINVISTA_PLUGIN_PATH".to_owned(), folder.display().to_string());
    let alone = || FinVista::builder().without_registered();
    assert_eq!(names(&alone().environment([path.clone()]).build().unwrap()), ["plain"]);

    let file = folder.with_extension("settings");
    let with = |text: &str| {
        std::fs::write(&file, text).unwrap();
        alone().environment([]).config_file(&file)
    };
    let named = format!("[plugins]\nfiles = [{library:?}]\n");
    assert_eq!(names(&with(&named).build().unwrap()), ["plain"]);
    // Named in every way, it is loaded once.
    let everywhere = with(&named).environment([path]).plugin(&library).plugin_with(&library, "{}");
    assert_eq!(names(&everywhere.build().unwrap()), ["plain"]);
    // Its configuration is a table under its name; a table under any other name is a mistake.
    assert!(with(&format!("{named}[plugins.plain]\nseed = 7\n")).build().is_ok());
    let error = with(&format!("{named}[plugins.plane]\nseed = 7\n")).build().unwrap_err();
    assert!(
        error.to_string().starts_with("plugins.plane: expected the name of a plugin (plain), got plane"),
        "{error}"
    );
    for text in ["[plugins]\nfile = []\n", "[plugins]\nfiles = 1\n"] {
        assert!(matches!(with(text).build().unwrap_err(), Error::Config(_)), "{text}");
    }
}

/// The others of its folder are not broken, and settings that name it are right.
#[test]
fn a_broken_plugin_of_a_folder_is_left_out_with_its_file_and_reason() {
    let library = plain("one_broken");
    let folder = library.parent().unwrap().to_owned();
    sidecar(&library);
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    let bytes = std::fs::read(&library).unwrap();
    let broken = folder.join("libbroken.so");
    std::fs::write(&broken, &bytes[..bytes.len() / 2]).unwrap();
    let of = |name: &str, file: &Path| Sidecar {
        name: name.to_owned(),
        version: "1.0.0".to_owned(),
        file: file.file_name().unwrap().to_str().unwrap().to_owned(),
        sha256: fingerprint(file).unwrap(),
        abi: "1.0".to_owned(),
        datasets: vec!["cn_stock_daily".to_owned()],
    };
    write("libbroken.toml", &of("broken", &broken).to_toml().unwrap());
    write("libgone.toml", &of("gone", &broken).to_toml().unwrap().replace("libbroken", "libgone"));
    write("words.toml", "these are words");
    // A second source of one name, and one whose sidecar is of another version.
    let copy = folder.join("libzcopy.so");
    std::fs::copy(&library, &copy).unwrap();
    write("libzcopy.toml", &of("plain", &copy).to_toml().unwrap());
    let other = folder.join("libother.so");
    std::fs::copy(&library, &other).unwrap();
    write("libother.toml", &Sidecar { version: "2".to_owned(), ..of("plain", &other) }.to_toml().unwrap());

    let settings = folder.with_extension("settings");
    let text = "disabled = [\"broken\"]\n[priority]\ncn_stock_daily = [\"gone\", \"plain\"]\n[plugins.broken]\nkey = 1\n";
    std::fs::write(&settings, text).unwrap();
    let path = ("FINVISTA_PLUGIN_PATH".to_owned(), folder.display().to_string());
    let (log, guard) = Collector::start();
    let all = FinVista::builder().without_registered().environment([path.clone()]).config_file(&settings);
    assert_eq!(names(&all.build().unwrap()), ["plain"]);
    drop(guard);
    let warnings = log.warnings();
    for (file, why) in [
        ("libbroken.so", "cut short"),
        ("libgone.so", "check the path"),
        ("words.toml", "expected"),
        ("libzcopy.so", "a source named plain is there already"),
        ("libother.so", "as its sidecar says"),
    ] {
        let line = warnings.iter().find(|line| line.contains("left out") && line.contains(file));
        assert!(line.is_some_and(|line| line.contains(why)), "{file}: {warnings:?}");
    }
    // Named by itself, it is an error.
    let alone = FinVista::builder().environment([path]).config_file(&settings).plugin(&broken).build();
    assert!(alone.unwrap_err().to_string().contains("cut short"));
}

#[test]
fn what_cannot_be_loaded_is_an_error_that_says_what_to_do() {
    let refused = |path: &Path| {
        let error = FinVista::builder().environment([]).plugin(path).build().unwrap_err();
        let Error::Config(error) = error else { panic!("{error}") };
        assert_eq!(error.key(), "plugins");
        error.to_string()
    };
    assert!(refused(Path::new("libplain.so")).contains("from the root"));
    assert!(refused(Path::new("/nowhere/libplain.so")).contains("check the path"));
    let library = plain("changed");
    let path = sidecar(&library);
    let text = std::fs::read_to_string(&path).unwrap().replace("sha256 = \"", "sha256 = \"0");
    std::fs::write(&path, text).unwrap();
    assert!(refused(&path).contains("install the plugin anew"));
    // Two sources of one name are refused, whatever their origin.
    let copy = library.with_file_name("libcopy.so");
    std::fs::copy(plain("twice"), &copy).unwrap();
    let twice = FinVista::builder().environment([]).plugin(plain("twice")).plugin(&copy).build();
    assert!(twice.unwrap_err().to_string().contains("registered already"));
}

/// Settings outlive versions of plugins: an offer that was dropped costs a warning, and a name that no source has is a mistake.
#[test]
fn a_priority_that_names_a_dropped_offer_is_a_warning() {
    let column = r#"[{"name":"n","type":"int"}]"#;
    let offers = [
        format!(r#"{{"id":"cn_stock_daily","priority":0,"shape":"series","columns":{column}}}"#),
        format!(r#"{{"id":"moons","priority":0,"shape":"free","columns":{column},"checks":["round"]}}"#),
        format!(r#"{{"id":"tides","priority":0,"shape":"free","columns":{column}}}"#),
    ];
    let manifest = format!(r#"{{"name":"astro","version":"1","datasets":[{}]}}"#, offers.join(","));
    let switch = format!("-DMANIFEST=\"{}\"", manifest.replace('"', "\\\""));
    let probe = "crates/finvista-loader/tests/it/probe.c";
    let library = cc("dropped_offer", "libastro.so", probe, &switch);
    let with = |priorities: &str| {
        let file = library.with_extension("settings");
        std::fs::write(&file, format!("[priority]\n{priorities}\n")).unwrap();
        FinVista::builder().environment([]).config_file(file).plugin(&library).build()
    };

    let (log, _guard) = Collector::start();
    // Two of these offers were dropped. The data set of one of them is unknown without it.
    let fv =
        with("cn_stock_daily = [\"astro\", \"tencent\", \"sina\"]\nmoons = [\"astro\"]\ntides = [\"astro\"]")
            .unwrap();
    let warnings = log.warnings();
    for expected in [
        "priority.cn_stock_daily names astro, whose offer of cn_stock_daily was dropped: this program's cn_stock_daily has other columns",
        "priority.moons names astro, whose offer of moons was dropped: its definition: check \"round\"",
    ] {
        let found = warnings.iter().filter(|warning| warning.starts_with(expected)).count();
        assert_eq!(found, 1, "{expected}: {warnings:?}");
    }
    assert!(!warnings.iter().any(|warning| warning.contains("priority.tides")), "{warnings:?}");
    // The rest of the order counts.
    let health = fv.source_health();
    let priority = |source: &str| health.get("cn_stock_daily", source).map(|health| health.priority);
    assert_eq!(priority("astro"), None);
    assert!(priority("tencent") < priority("sina") && priority("sina") < priority("eastmoney"));

    for (wrong, says) in [
        ("cn_stock_daily = [\"astra\"]", "astra"),
        ("cn_stock_quote = [\"astro\"]", "astro"),
        ("stars = [\"astro\"]", "stars"),
    ] {
        let error = with(wrong).unwrap_err().to_string();
        assert!(error.contains(says), "{wrong}: {error}");
    }
}
