//! The lines of an answer and their names.

use std::borrow::Cow;

use encoding_rs::Encoding;
use finvista_core::{SourceError, sample, wire};

/// The fields up to the time. Behind it there may be any number of further ones.
const FIELDS: usize = 32;

/// A whole line: its code, and its fields, which are empty for a code that Sina does not know.
pub(super) struct Line<'a> {
    pub(super) code: &'a [u8],
    pub(super) fields: &'a [u8],
}

impl<'a> Line<'a> {
    fn new(line: &'a [u8]) -> Option<Self> {
        let (b"var hq_str_", line) = line.split_first_chunk()? else { return None };
        let (code, value) = line.split_at_checked(line.iter().position(|&byte| byte == b'=')?)?;
        let [b'=', value @ ..] = value else { return None };
        let [b'"', fields @ .., b'"', b';'] = value.trim_ascii() else { return None };
        Some(Self { code: code.trim_ascii(), fields: fields.trim_ascii() })
    }

    fn name(&self) -> &'a [u8] {
        self.fields.split(|&byte| byte == b',').next().unwrap_or_default()
    }

    /// What was wrong with the fields, and in which line.
    #[cold]
    pub(super) fn broken(&self, error: &SourceError) -> SourceError {
        let count = self.fields.split(|&byte| byte == b',').count();
        let what = match count {
            ..FIELDS => format!("expected {FIELDS} fields or more, got {count}"),
            _ => error.message().to_owned(),
        };
        SourceError::decode(format!("{}: {what}, in {}", sample(self.code), sample(self.fields)))
    }
}

/// The lines of a body, `about` as many as that.
pub(super) fn all(body: &[u8], about: usize) -> Result<Vec<Line<'_>>, SourceError> {
    let mut lines = Vec::with_capacity(about);
    for line in wire::lines(body).filter(|line| !line.is_empty()) {
        lines.push(Line::new(line).ok_or_else(|| {
            SourceError::decode(format!("expected var hq_str_<code>=\"…\";, got {}", sample(line)))
        })?);
    }
    Ok(lines)
}

/// The names of all lines, each followed by a newline. They are decoded together, because starting a decoder for each name takes
/// longer than decoding it.
pub(super) fn names(lines: &[Line<'_>], encoding: &'static Encoding) -> Result<String, SourceError> {
    let mut bytes = Vec::with_capacity(lines.len() * 16);
    for line in lines {
        bytes.extend_from_slice(line.name());
        bytes.push(b'\n');
    }
    // In a character set that writes newlines in another way, names would move to other lines.
    let is_one_a_line = |text: &String| text.bytes().filter(|&byte| byte == b'\n').count() == lines.len();
    decoded(&bytes, encoding).filter(is_one_a_line).ok_or_else(|| {
        let error = SourceError::decode(format!("expected names in {}", encoding.name()));
        let line = lines.iter().find(|line| decoded(line.name(), encoding).is_none());
        line.map_or_else(|| error.clone(), |line| line.broken(&error))
    })
}

fn decoded(bytes: &[u8], encoding: &'static Encoding) -> Option<String> {
    encoding.decode_without_bom_handling_and_without_replacement(bytes).map(Cow::into_owned)
}
