#![cfg(test)]
//! What is loaded, and what is refused with which words.

use std::path::Path;

use finvista_core::DataSource;
use finvista_core::dataset::Dataset;
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
        ("abi2", "-DVERSION=(2u<<16)", version, &["expected ABI 1.0, got 2.0", "rebuild"]),
        ("small", "-DSIZE=40", table, &["got 40 bytes"]),
        ("no_fetch", "-DNO_FETCH", table, &["no fetch"]),
        ("refuses", "-DREFUSE", |e| matches!(e, LoadError::Refused { .. }), &["the log says why"]),
        ("no_entry", "-DNO_ENTRY", |e| matches!(e, LoadError::NoEntry { .. }), &["finvista_plugin_v1"]),
        ("unresolved", "-DUNRESOLVED", |e| matches!(e, LoadError::NotLoaded { .. }), &["missing_symbol"]),
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
    std::fs::write(&text, "no library, but long enough for the header of one. ".repeat(4)).unwrap();
    let error = refused(load(&text));
    assert!(matches!(error, LoadError::NotLoaded { .. }), "{error}");
    assert!(error.to_string().contains("not a shared library of this system"), "{error}");
}

/// The system maps a part that is not there without a word, and the first look at it ends the process.
#[test]
fn a_part_of_a_library_is_refused_before_it_is_opened() {
    let library = cc(PROBE, "whole", &[]);
    let bytes = std::fs::read(&library).unwrap();
    let part = library.with_file_name("libpart.so");
    for sixteenths in 0..16 {
        std::fs::write(&part, &bytes[..bytes.len() * sixteenths / 16]).unwrap();
        let error = refused(load(&part));
        assert!(matches!(error, LoadError::NotLoaded { .. }), "{error}");
        assert!(error.to_string().contains("cut short"), "{sixteenths}: {error}");
    }
    std::fs::write(&part, &bytes[..bytes.len() - 1]).unwrap();
    assert!(refused(load(&part)).to_string().contains("cut short"));
    std::fs::write(&part, &bytes).unwrap();
    load(&part).unwrap();
    assert!(matches!(refused(load(part.parent().unwrap())), LoadError::Unreadable { .. }));
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

/// Offers that do not fit are dropped, each with its reason, and the others stay.
#[test]
fn an_offer_that_does_not_fit_is_dropped_alone() {
    let column = r#"[{"name":"n","type":"int"}]"#;
    let offers = [
        // A restriction that this host does not know.
        r#"{"id":"cn_stock_quote","priority":0,"capability":{"boards":["main"],"weekdays":["monday"]}}"#
            .to_owned(),
        // Other columns than those that the data set has here.
        format!(r#"{{"id":"cn_stock_daily","priority":0,"shape":"series","columns":{column}}}"#),
        // A check that this host does not know, of a data set of the plugin's own.
        format!(r#"{{"id":"moons","priority":0,"shape":"free","columns":{column},"checks":["round"]}}"#),
        format!(r#"{{"id":"tides","priority":3,"shape":"free","columns":{column}}}"#),
        r#"{"id":"cn_index_daily","priority":4}"#.to_owned(),
    ];
    let manifest = format!(r#"{{"name":"x","version":"1","datasets":[{}]}}"#, offers.join(","));
    let switch = format!("-DMANIFEST=\"{}\"", manifest.replace('"', "\\\""));
    let plugin = load(&cc(PROBE, "unfit", &[&switch])).unwrap();
    let source = open(plugin, "{}").unwrap();
    let offers: Vec<_> = source.info().offers.iter().map(|o| (o.dataset.as_str(), o.priority)).collect();
    assert_eq!(offers, [("tides", 3), ("cn_index_daily", 4)]);
    assert_eq!(source.datasets().iter().map(|spec| spec.id).collect::<Vec<_>>(), ["tides"]);
    let dropped: Vec<String> = source.dropped().iter().map(ToString::to_string).collect();
    for (message, words) in dropped.iter().zip([
        "cn_stock_quote is left out: its capability: unknown field `weekdays`",
        "cn_stock_daily is left out: this program's cn_stock_daily has other columns",
        "moons is left out: its definition: check \"round\"",
    ]) {
        assert!(message.contains(words), "{message}");
    }
    assert_eq!(dropped.len(), 3);
    for id in ["cn_stock_quote", "cn_stock_daily", "moons"] {
        assert!(source.capability(&id.to_owned().into()).is_none(), "{id}");
    }
    // What is known here is the definition that counts.
    let index = source.spec(&"cn_index_daily".to_owned().into()).unwrap();
    assert!(std::ptr::eq(index, finvista_datasets::CnIndexDaily::SPEC));
    // A sidecar lists what the manifest does, so that it fits every host.
    assert_eq!(Sidecar::of(&source).unwrap().datasets.len(), 5);

    // Of two plugins that bring one data set, the second is one more source of it, or is left out.
    let second = |name: &str, columns: &str| {
        let json = format!(
            r#"{{"name":"{name}","version":"1","datasets":[{{"id":"tides","priority":5,"shape":"free","title":"Other words","columns":{columns}}}]}}"#
        );
        let switch = format!("-DMANIFEST=\"{}\"", json.replace('"', "\\\""));
        let plugin = load(&cc(PROBE, name, &[&switch])).unwrap();
        plugin
            .open("{}", |id| source.datasets().iter().copied().find(|spec| spec.id == id), |_| None)
            .unwrap()
    };
    let same = second("same", r#"[{"name":"n","type":"int","doc":"other words"}]"#);
    assert!(std::ptr::eq(same.spec(&"tides".to_owned().into()).unwrap(), source.datasets()[0]));
    assert_eq!((same.datasets().len(), same.dropped().len()), (0, 0));
    let other = second("other", r#"[{"name":"n","type":"float"}]"#);
    assert_eq!((other.info().offers.len(), other.dropped().len()), (0, 1));
}
