//! A file of settings.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use finvista_core::ConfigError;

/// The longest file of settings, in bytes.
const LONGEST: u64 = 1024 * 1024;

/// The text of a file, which may be a pipe, and never more than a megabyte of it.
pub(super) fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(LONGEST + 1).read_to_string(&mut text)?;
    if text.len() as u64 > LONGEST {
        return Err(io::Error::other(format!("expected at most {LONGEST} bytes")));
    }
    Ok(text)
}

/// The settings of a text. An error names the line and does not repeat it, because it may hold a password.
pub(super) fn parse(name: &str, text: &str) -> Result<toml::Table, ConfigError> {
    text.parse().map_err(|error: toml::de::Error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        ConfigError::new(name, format!("line {line}, column {column}: {}", error.message()))
    })
}
