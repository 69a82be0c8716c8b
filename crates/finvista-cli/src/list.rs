//! The text of a list: a file or standard input, in UTF-8, UTF-16 or GBK, as spreadsheets and editors in China save it.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use encoding_rs::{Encoding, GB18030, UTF_8};

use crate::failure::Failure;

/// The longest list, in bytes: a million symbols.
const LONGEST: u64 = 16 * 1024 * 1024;

/// The name and the text of a list. The path `-` is standard input.
pub(crate) fn read(path: &Path) -> Result<(String, String), Failure> {
    let (name, bytes) = match path == Path::new("-") {
        true => ("standard input".to_owned(), bytes(io::stdin().lock())),
        false => (path.display().to_string(), File::open(path).and_then(bytes)),
    };
    let bytes = bytes.map_err(|e| Failure::Io(name.clone(), e))?;
    if bytes.len() as u64 > LONGEST {
        return Err(Failure::Usage(format!("expected at most {LONGEST} bytes in {name}")));
    }
    match decode(&bytes) {
        Some(text) => Ok((name, text)),
        None => {
            Err(Failure::Usage(format!("expected text in UTF-8, UTF-16 or GBK in {name}, got other bytes")))
        }
    }
}

fn bytes(from: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(LONGEST + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The text without its byte order mark. UTF-16 is known by the mark, and GBK by not being UTF-8.
fn decode(bytes: &[u8]) -> Option<String> {
    let encodings = match Encoding::for_bom(bytes) {
        Some((encoding, _)) => [encoding, encoding],
        None => [UTF_8, GB18030],
    };
    let decoded = encodings.iter().find_map(|encoding| match encoding.decode(bytes) {
        (text, _, false) => Some(text.into_owned()),
        _ => None,
    });
    // UTF-16 without a mark is taken for text full of NULs.
    decoded.filter(|text| !text.contains('\0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encodings_of_editors_are_read() {
        const TEXT: &str = "000001 # 平安银行\r\n";
        let utf16: Vec<u16> = std::iter::once(0xfeff).chain(TEXT.encode_utf16()).collect();
        let little: Vec<u8> = utf16.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        let big: Vec<u8> = utf16.iter().flat_map(|unit| unit.to_be_bytes()).collect();
        let gbk = GB18030.encode(TEXT).0.into_owned();
        let marked = format!("\u{feff}{TEXT}").into_bytes();
        for bytes in [TEXT.as_bytes(), &marked, &little, &big, &gbk] {
            assert_eq!(decode(bytes).as_deref(), Some(TEXT));
        }
        // Without a mark, and neither text nor GBK.
        for bytes in [&little[2..], &big[2..], b"\xff\xff\xff", b"PK\x03\x04\x00\x00"] {
            assert_eq!(decode(bytes), None, "{bytes:?}");
        }
    }
}
