#![cfg(test)]
//! The header and the Rust types agree in size and offset: a C program prints its own, and they are compared.

use std::mem::{offset_of, size_of};
use std::path::Path;
use std::process::Command;

use finvista_plugin::abi::*;

/// The lines that Rust expects, and the statements that make C print its own.
macro_rules! layout {
    ($($ty:ident { $($field:ident),+ $(,)? })+) => {{
        let mut rust = Vec::new();
        let mut c = String::new();
        $(
            rust.push(format!("{} {}", stringify!($ty), size_of::<$ty>()));
            c += &format!("printf(\"{0} %zu\\n\", sizeof(struct {0}));\n", stringify!($ty));
            $(
                rust.push(format!("{}.{} {}", stringify!($ty), stringify!($field), offset_of!($ty, $field)));
                c += &format!("printf(\"{0}.{1} %zu\\n\", offsetof(struct {0}, {1}));\n", stringify!($ty), stringify!($field));
            )+
        )+
        (rust, c)
    }};
}

#[test]
fn the_header_and_the_types_agree() {
    let (mut rust, mut c) = layout! {
        FvStr { ptr, len }
        FvBytes { ptr, len }
        FvError { struct_size, code, retry_after_ms, flags, reserved, message }
        FvErrorSink { ctx, report }
        FvHeader { name, value }
        FvHttpRequest {
            struct_size, flags, request_id, url, headers, n_headers, reads, n_reads, max_body, pages, reserved,
        }
        FvHttpResponse { struct_size, status, error, retry_after_ms, at_ms, content_type, charset, body }
        FvHttpCompletion { ctx, done }
        FvHost { struct_size, abi_version, ctx, log_enabled, log, now_ms, http_fetch, http_cancel, report }
        FvRequest { struct_size, flags, request_id, timeout_ms, json }
        FvResult { struct_size, flags, error, stream }
        FvForecast { struct_size, requests, host, reserved, wait_ms }
        FvCompletion { ctx, done }
        FvPluginV1 {
            struct_size, abi_version, manifest_json, create, destroy, fetch, cancel, release_call, describe, forecast,
        }
        ArrowArrayStream { get_schema, get_next, get_last_error, release, private_data }
    };
    rust.push(format!("version {ABI_VERSION}"));
    rust.push(format!("min {PLUGIN_V1_MIN_SIZE} {HOST_MIN_SIZE}"));
    rust.push(format!("entry {ENTRY_SYMBOL}"));
    rust.push(format!("flags {ERROR_UNREACHABLE} {ERROR_PANICKED} {REQUEST_SWEEP}"));
    c += "printf(\"version %u\\nmin %zu %zu\\nentry %s\\n\", FV_ABI_VERSION, FV_PLUGIN_V1_MIN_SIZE, FV_HOST_MIN_SIZE, FV_ENTRY_SYMBOL);\n";
    c += "printf(\"flags %d %d %d\\n\", FV_ERROR_UNREACHABLE, FV_ERROR_PANICKED, FV_REQUEST_SWEEP);\n";
    rust.push(format!("OK {}", finvista_plugin::class::OK));
    c += "printf(\"OK %d\\n\", FV_OK);\n";
    for (class, kind) in finvista_plugin::class::CLASSES {
        let name = kind.name().to_uppercase();
        rust.push(format!("{name} {class}"));
        c += &format!("printf(\"{name} %d\\n\", FV_{name});\n");
    }
    rust.push(format!("CANCELLED {}", finvista_plugin::class::CANCELLED));
    c += "printf(\"CANCELLED %d\\n\", FV_CANCELLED);\n";
    c = format!("#include <stdio.h>\n#include \"finvista_plugin.h\"\nint main(void) {{\n{c}return 0;\n}}\n");

    // Every struct that the header declares is compared, so that none is forgotten here.
    let header = std::fs::read_to_string(include_dir().join("finvista_plugin.h")).unwrap();
    for declared in header.lines().filter_map(|line| line.strip_prefix("typedef struct ")) {
        let name = declared.split(' ').next().unwrap();
        assert!(rust.iter().any(|line| line.starts_with(&format!("{name} "))), "{name} is not compared");
    }
    assert_eq!(run(&c, "layout"), rust);

    // What ABI 1.0 is on a 64-bit system. Within version 1 a struct may grow at its end, and nothing else may change.
    if cfg!(target_pointer_width = "64") {
        let size_of = |line: &str| line.split_once(' ').and_then(|(_, size)| size.parse::<usize>().ok());
        for (fixed, is) in include_str!("abi-1.0.txt").lines().zip(first_version(&rust)) {
            let (name, _) = fixed.split_once(' ').unwrap();
            let grows = GROW.contains(&name) && is.starts_with(&format!("{name} "));
            assert!(fixed == is || grows && size_of(is) >= size_of(fixed), "{fixed}, and now {is}");
        }
    }
}

/// The structs that begin with their size.
const GROW: [&str; 8] = [
    "FvError",
    "FvHttpRequest",
    "FvHttpResponse",
    "FvHost",
    "FvRequest",
    "FvResult",
    "FvForecast",
    "FvPluginV1",
];

/// The lines whose names are in ABI 1.0, in its order.
fn first_version(lines: &[String]) -> Vec<&str> {
    let names = include_str!("abi-1.0.txt").lines().filter_map(|line| line.split_once(' '));
    let line = |(name, _)| lines.iter().find(|line| line.split_once(' ').is_some_and(|(own, _)| own == name));
    names.map(|name| line(name).map_or("gone", String::as_str)).collect()
}

#[test]
fn the_header_is_c_and_cpp() {
    let source = "#include \"finvista_plugin.h\"\nint main(void) { return FV_OK; }\n";
    assert_eq!(run(source, "plain"), [""; 0]);
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("plain.cc");
    std::fs::write(&file, source).unwrap();
    compile(Command::new("c++").args(["-std=c++11", "-fsyntax-only"]).arg(&file));
}

fn include_dir() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("include")
}

fn compile(command: &mut Command) {
    let output = command.args(["-Wall", "-Wextra", "-Werror", "-I"]).arg(include_dir()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// What a C program prints.
fn run(source: &str, name: &str) -> Vec<String> {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.c"));
    let program = file.with_extension("bin");
    std::fs::write(&file, source).unwrap();
    compile(Command::new("cc").args(["-std=c99", "-pedantic", "-o"]).arg(&program).arg(&file));
    let output = Command::new(&program).output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}
