#![cfg(test)]
//! What is loaded, and what is refused with which words.

use std::path::Path;

use finvista_core::DataSource;
use finvista_loader::{Listed, LoadError, Plugin, PluginSource, Sidecar, fingerprint, list, load};

use crate::support::{PROBE, cc, open};

fn refused(result: Result<&'static Plugin, LoadError>) -> LoadError {
    result.map(|plugin| plugin.file().display().to_string()).unwrap_err()
}

fn not_opened(result: Result<PluginSource, LoadError>) -> LoadError {
    result.map(|source| source.info().name.clone()).unwrap_err()
}

type Case = (&'static str, &'static str, fn(&LoadError) -> bool, &'static [&'static str]);

#[test]
fn a_library_that_breaks_the_handshake_is_refused() {
    let version = |error: &LoadError| matches!(error, LoadError::Abi { .. });
    let table = |error: &LoadError| matches!(error, LoadError::Table { .. });
    let cases: [Case; 6] = [
        ("abi2", "-DVERSION=(2u<<16)", version, &["speaks ABI 2.0", "1.0", "rebuild"]),
        ("small", "-DSIZE=40", table, &["got 40 bytes"]),
        ("no_fetch", "-DNO_FETCH", table, &["no fetch"]),
        ("refuses", "-DREFUSE", |e| matches!(e, LoadError::Refused { .. }), &["the log says why"]),
        ("no_entry", "-DNO_ENTRY", |e| matches!(e, LoadError::NoEntry { .. }), &["finvista_plugin_v1"]),
        ("unresolved", "-DUNRESOLVED", |e| matches!(e, LoadError::NotLoaded { .. }), &["nobody_has_this"]),
    ];
    for (name, switch, is, words) in cases {
        let error = refused(load(&cc(PROBE, name, &[switch])));
        let text = error.to_string();
        assert!(is(&error) && words.iter().all(|word| text.contains(word)), "{name}: {error:?}: {text}");
    }
}

#[test]
fn a_newer_minor_version_is_served() {
    let plugin = load(&cc(PROBE, "abi17", &["-DVERSION=((1u<<16)|7u)", "-DSIZE=sizeof(Newer)"])).unwrap();
    assert_eq!(plugin.abi(), "1.7");
    assert_eq!(open(plugin, "{}").unwrap().info().name, "c_probe");
}

#[test]
fn a_path_is_absolute_and_a_library() {
    assert!(matches!(refused(load(Path::new("libprobe.so"))), LoadError::Relative { .. }));
    let nowhere = Path::new(env!("CARGO_TARGET_TMPDIR")).join("nowhere.so");
    assert!(matches!(refused(load(&nowhere)), LoadError::Unreadable { .. }));
    let text = Path::new(env!("CARGO_TARGET_TMPDIR")).join("text.so");
    std::fs::write(&text, "no library").unwrap();
    assert!(matches!(refused(load(&text)), LoadError::NotLoaded { .. }));
}

#[test]
fn what_is_loaded_is_not_loaded_again() {
    let library = cc(PROBE, "once", &[]);
    let plugin = load(&library).unwrap();
    assert!(std::ptr::eq(plugin, load(&library).unwrap()));
    let (one, other) = (open(plugin, "{}").unwrap(), open(plugin, "{}").unwrap());
    assert!(std::ptr::eq(one.datasets()[0], other.datasets()[0]));
    assert_eq!(plugin.key(), "once");
    assert!(one.info().origin.contains("libonce.so (ABI 1.0)"), "{}", one.info().origin);
}

#[test]
fn a_manifest_and_a_configuration_are_refused_with_words() {
    let manifest = |name: &str, json: &str| {
        let switch = format!("-DMANIFEST=\"{}\"", json.replace('"', "\\\""));
        not_opened(open(load(&cc(PROBE, name, &[&switch])).unwrap(), "{}"))
    };
    for (name, json, word) in [
        ("no_json", "{", "EOF"),
        ("no_data_set", r#"{"name":"x","version":"1","datasets":[]}"#, "at least one data set"),
        ("bad_name", r#"{"name":"X Y","version":"1","datasets":[{"id":"a","priority":0}]}"#, "lower-case"),
        (
            "twice",
            r#"{"name":"x","version":"1","datasets":[{"id":"a","priority":0},{"id":"a","priority":1}]}"#,
            "a is there twice",
        ),
        (
            "bad_quota",
            r#"{"name":"x","version":"1","quota":{"per_minute":-1},"datasets":[{"id":"a","priority":0}]}"#,
            "expected a quota",
        ),
    ] {
        let error = manifest(name, json);
        assert!(matches!(error, LoadError::Manifest { .. }), "{error}");
        assert!(error.to_string().contains(word), "{name}: {error}");
    }
    let error = not_opened(open(load(&cc(PROBE, "config", &[])).unwrap(), "{!}"));
    assert!(matches!(error, LoadError::Create { .. }), "{error}");
    assert!(error.to_string().contains("invalid_input: no such key"), "{error}");
}

#[test]
fn a_sidecar_says_what_the_library_is_and_is_held_to_it() {
    let library = cc(PROBE, "beside", &[]);
    let path = library.with_extension("toml");
    let right = Sidecar {
        name: "c_probe".to_owned(),
        version: "1".to_owned(),
        file: "libbeside.so".to_owned(),
        sha256: fingerprint(&library).unwrap(),
        abi: "1.0".to_owned(),
        datasets: vec!["c_probe".to_owned()],
    };
    let write = |sidecar: &Sidecar| std::fs::write(&path, sidecar.to_toml().unwrap()).unwrap();

    write(&Sidecar { sha256: "00".to_owned(), ..right.clone() });
    // Named by itself or by its library, it counts.
    for path in [&path, &library] {
        let error = refused(load(path));
        assert!(matches!(error, LoadError::Changed { .. }), "{error}");
        assert!(error.to_string().contains("install the plugin anew"), "{error}");
    }
    write(&Sidecar { file: "../libbeside.so".to_owned(), ..right.clone() });
    assert!(refused(load(&path)).to_string().contains("a file of the same folder"));

    write(&right);
    let listed = list(path.parent().unwrap()).unwrap();
    assert!(
        matches!(&listed[..], [Listed { path: at, sidecar: Ok(is) }] if *at == path && *is == right),
        "{listed:?}"
    );
    assert!(list(&path.with_file_name("nowhere")).unwrap().is_empty());

    write(&Sidecar { version: "2".to_owned(), ..right });
    let error = not_opened(open(load(&path).unwrap(), "{}"));
    assert!(error.to_string().contains("expected version \"2\", as its sidecar says, got \"1\""), "{error}");
    // The name in the sidecar is what its configuration is kept under.
    assert_eq!(load(&path).unwrap().key(), "c_probe");
    std::fs::remove_file(&path).unwrap();
}
