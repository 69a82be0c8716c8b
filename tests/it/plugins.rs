#![cfg(test)]
//! Plugins in a client: from the builder, the settings and the environment to the rows. Loading itself, and what a plugin may and
//! may not do, is tested in `finvista-loader`.

use std::path::{Path, PathBuf};
use std::process::Command;

use finvista::loader::{Sidecar, fingerprint};
use finvista::{Error, FinVista, Status};

/// The plugin in plain C, in a folder of this test's own.
fn plain(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    std::fs::create_dir_all(&folder).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let library = folder.join("libplain.so");
    let status = Command::new("cc")
        .args(["-std=c99", "-fPIC", "-shared", "-fvisibility=hidden", "-I"])
        .arg(root.join("crates/finvista-plugin/include"))
        .arg("-o")
        .arg(&library)
        .arg(root.join("plugins/plain-c/plain.c"))
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
    // Nobody listens at the gateway, so that every vendor fails, and the plugin, which needs nobody, answers.
    let fv =
        FinVista::builder().environment([]).gateway("http://127.0.0.1:1").plugin(plain("like_any_other"));
    let fv = fv.build().unwrap();
    assert_eq!(names(&fv), ["eastmoney", "sina", "tencent", "plain"]);
    let table = fv.cn_stock_daily("600519").start("2024-06-03").end("2024-06-28").await.unwrap();
    assert_eq!((table.source(), table.num_rows()), ("plain", 20));
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
    // Its configuration is a table of its name; one of nobody is a mistake.
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
    // Two sources of one name are refused, wherever they come from.
    let copy = library.with_file_name("libcopy.so");
    std::fs::copy(plain("twice"), &copy).unwrap();
    let twice = FinVista::builder().environment([]).plugin(plain("twice")).plugin(&copy).build();
    assert!(twice.unwrap_err().to_string().contains("registered already"));
}
