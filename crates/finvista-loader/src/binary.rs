//! Whether a file is a whole shared library of this system. The system maps a library by what its headers say; where the file ends
//! before that, as after a broken download, the first look at the missing part is a bus error that ends the process.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use crate::error::LoadError;

/// No header table of a library is larger.
const MOST_HEADERS: u64 = 4 * 1024 * 1024;

/// Refuses what is not a regular file, such as a pipe, which would be waited for.
pub(crate) fn regular(path: &Path) -> Result<(), LoadError> {
    let metadata = std::fs::metadata(path).map_err(|e| LoadError::unreadable(path, e))?;
    if metadata.is_file() {
        return Ok(());
    }
    let cause = std::io::Error::other("expected a regular file");
    Err(LoadError::unreadable(path, cause))
}

/// Checks the headers of a library, and that the file has all that they name.
pub(crate) fn check(path: &Path) -> Result<(), LoadError> {
    regular(path)?;
    let mut file = File::open(path).map_err(|e| LoadError::unreadable(path, e))?;
    let end = file.metadata().map_err(|e| LoadError::unreadable(path, e))?.len();
    let mut bytes = Bytes { file: &mut file, start: 0, end };
    let checked = match std::env::consts::OS {
        "windows" => pe(&mut bytes),
        "macos" | "ios" => mach_o(&mut bytes),
        _ => elf(&mut bytes),
    };
    checked.map_err(|why| LoadError::NotLoaded { path: path.to_owned(), why })
}

/// A part of a file.
struct Bytes<F> {
    file: F,
    start: u64,
    end: u64,
}

impl<F: Read + Seek> Bytes<F> {
    /// The bytes at an offset of the part.
    fn get(&mut self, offset: u64, length: u64, what: &str) -> Result<Vec<u8>, String> {
        self.holds(offset, length, what)?;
        if length > MOST_HEADERS {
            return Err(format!("{what} has {length} bytes: it is damaged"));
        }
        let mut bytes = vec![0; usize::try_from(length).unwrap_or_default()];
        let read = self.file.seek(SeekFrom::Start(self.start + offset));
        read.and_then(|_| self.file.read_exact(&mut bytes)).map_err(|e| format!("{what}: {e}"))?;
        Ok(bytes)
    }

    /// Whether the part ends behind this.
    fn holds(&self, offset: u64, length: u64, what: &str) -> Result<(), String> {
        let has = self.end - self.start;
        match offset.checked_add(length) {
            Some(end) if end <= has => Ok(()),
            _ => {
                Err(format!("{what} ends at byte {} of a file that has {has}: it is cut short or damaged", {
                    offset.saturating_add(length)
                }))
            }
        }
    }
}

/// A number of up to eight bytes, the lowest first.
fn number(bytes: &[u8], offset: usize, length: usize) -> u64 {
    let bytes = bytes.get(offset..offset + length).unwrap_or_default();
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// The same, the highest first.
fn big(bytes: &[u8], offset: usize, length: usize) -> u64 {
    let bytes = bytes.get(offset..offset + length).unwrap_or_default();
    bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

const NOT_ONE: &str = "it is not a shared library of this system";

/// Linux and its like: the segments are what is mapped, and the sections are what else a whole file has.
fn elf<F: Read + Seek>(file: &mut Bytes<F>) -> Result<(), String> {
    const SHARED: u64 = 3;
    let head = file.get(0, 64, "its header")?;
    let (wide, big_end) = (head.get(4) == Some(&2), head.get(5) == Some(&2));
    if !head.starts_with(b"\x7fELF") || wide != cfg!(target_pointer_width = "64") {
        return Err(NOT_ONE.to_owned());
    }
    if big_end != cfg!(target_endian = "big") {
        return Err(format!("{NOT_ONE}: its bytes are in another order"));
    }
    let read = if big_end { big } else { number };
    if read(&head, 16, 2) != SHARED {
        return Err("it is an executable or an object file, not a shared library".to_owned());
    }
    // The place and the size of each field, in files of 64 bits and of 32.
    let pick = |long: (usize, usize), short: (usize, usize)| {
        let (offset, length) = if wide { long } else { short };
        read(&head, offset, length)
    };
    let (segments, sections) = (pick((32, 8), (28, 4)), pick((40, 8), (32, 4)));
    let (segment, count) = (pick((54, 2), (42, 2)), pick((56, 2), (44, 2)));
    let (section, of_sections) = (pick((58, 2), (46, 2)), pick((60, 2), (48, 2)));
    if count == 0 || segment < if wide { 56 } else { 32 } {
        return Err("it has no segments: it is damaged".to_owned());
    }
    let table = file.get(segments, segment * count, "its table of segments")?;
    for (place, entry) in table.chunks_exact(usize::try_from(segment).unwrap_or(1)).enumerate() {
        let (offset, length) = if wide {
            (read(entry, 8, 8), read(entry, 32, 8))
        } else {
            (read(entry, 4, 4), read(entry, 16, 4))
        };
        file.holds(offset, length, &format!("its segment {place}"))?;
    }
    // They may have been stripped away.
    match sections {
        0 => Ok(()),
        sections => file.holds(sections, section * of_sections, "its table of sections"),
    }
}

/// macOS: one image, or several in one file.
fn mach_o<F: Read + Seek>(file: &mut Bytes<F>) -> Result<(), String> {
    const FAT: u64 = 0xcafe_babe;
    let head = file.get(0, 8, "its header")?;
    if big(&head, 0, 4) != FAT {
        return image(file);
    }
    let images = big(&head, 4, 4);
    let table = file.get(8, images.saturating_mul(20), "its table of images")?;
    for (place, entry) in table.chunks_exact(20).enumerate() {
        let (offset, length) = (big(entry, 8, 4), big(entry, 12, 4));
        file.holds(offset, length, &format!("its image {place}"))?;
        image(&mut Bytes { file: &mut file.file, start: offset, end: offset + length })?;
    }
    if table.is_empty() { Err("it has no images: it is damaged".to_owned()) } else { Ok(()) }
}

/// An image of 64 bits, of which all Macs that are supported are.
fn image<F: Read + Seek>(file: &mut Bytes<F>) -> Result<(), String> {
    const MAGIC: u64 = 0xfeed_facf;
    const DYLIB: u64 = 6;
    const BUNDLE: u64 = 8;
    const SEGMENT: u64 = 0x19;
    let head = file.get(0, 32, "its header")?;
    if number(&head, 0, 4) != MAGIC || ![DYLIB, BUNDLE].contains(&number(&head, 12, 4)) {
        return Err(NOT_ONE.to_owned());
    }
    let commands = file.get(32, number(&head, 20, 4), "its load commands")?;
    let mut rest = commands.as_slice();
    for _ in 0..number(&head, 16, 4) {
        let length = usize::try_from(number(rest, 4, 4)).unwrap_or_default();
        let (Some(command), true) = (rest.get(..length), length >= 8) else {
            return Err("its load commands are cut short or damaged".to_owned());
        };
        if number(command, 0, 4) == SEGMENT {
            file.holds(number(command, 40, 8), number(command, 48, 8), "one of its segments")?;
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    Ok(())
}

/// Windows.
fn pe<F: Read + Seek>(file: &mut Bytes<F>) -> Result<(), String> {
    const LIBRARY: u64 = 0x2000;
    let head = file.get(0, 64, "its header")?;
    let at = number(&head, 60, 4);
    if !head.starts_with(b"MZ") {
        return Err(NOT_ONE.to_owned());
    }
    let head = file.get(at, 24, "its header")?;
    if !head.starts_with(b"PE\0\0") || number(&head, 22, 2) & LIBRARY == 0 {
        return Err(NOT_ONE.to_owned());
    }
    let sections = at + 24 + number(&head, 20, 2);
    let table = file.get(sections, number(&head, 6, 2) * 40, "its table of sections")?;
    for (place, entry) in table.chunks_exact(40).enumerate() {
        file.holds(number(entry, 20, 4), number(entry, 16, 4), &format!("its section {place}"))?;
    }
    if table.is_empty() { Err("it has no sections: it is damaged".to_owned()) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
