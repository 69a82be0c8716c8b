use super::*;
use std::io::Cursor;

type Check = fn(&mut Bytes<Cursor<Vec<u8>>>) -> Result<(), String>;

fn checked(check: Check, bytes: &[u8]) -> Result<(), String> {
    check(&mut Bytes { file: Cursor::new(bytes.to_vec()), start: 0, end: bytes.len() as u64 })
}

/// A file of this length that begins with these numbers, each at its place and of its size, the lowest byte first.
fn file(length: usize, numbers: &[(usize, usize, u64)]) -> Vec<u8> {
    let mut bytes = vec![0; length];
    for (offset, size, number) in numbers {
        bytes[*offset..offset + size].copy_from_slice(&number.to_le_bytes()[..*size]);
    }
    bytes
}

/// Every file that is shorter than the whole one is refused.
fn no_part_passes(check: Check, whole: &[u8]) {
    assert_eq!(checked(check, whole), Ok(()));
    for length in 0..whole.len() {
        let error = checked(check, &whole[..length]).unwrap_err();
        assert!(error.contains("cut short"), "{length}: {error}");
    }
}

#[test]
#[cfg(all(target_pointer_width = "64", target_endian = "little"))]
fn a_part_of_a_library_for_linux_is_refused() {
    // Two segments, of which the second ends at byte 900, and two sections at the end.
    let mut whole = file(
        1_028,
        &[
            (4, 2, 0x0102),
            (16, 2, 3),
            (32, 8, 64),
            (40, 8, 900),
            (54, 2, 56),
            (56, 2, 2),
            (58, 2, 64),
            (60, 2, 2),
            (64 + 8, 8, 0),
            (64 + 32, 8, 400),
            (120 + 8, 8, 400),
            (120 + 32, 8, 500),
        ],
    );
    whole[..4].copy_from_slice(b"\x7fELF");
    no_part_passes(elf, &whole);
    whole[16] = 2;
    assert!(checked(elf, &whole).unwrap_err().contains("executable"));
    whole[..4].copy_from_slice(b"\x7fELG");
    assert_eq!(checked(elf, &whole).unwrap_err(), NOT_ONE);
}

#[test]
fn a_part_of_a_library_for_macos_is_refused() {
    let image = [
        (0, 4, 0xfeed_facf),
        (12, 4, 6),
        (16, 4, 2),
        (20, 4, 88),
        // A command of another kind, and a segment that ends with the file.
        (32, 4, 0x1d),
        (36, 4, 16),
        (48, 4, 0x19),
        (52, 4, 72),
        (48 + 40, 8, 100),
        (48 + 48, 8, 400),
    ];
    let whole = file(500, &image);
    no_part_passes(mach_o, &whole);

    // The same image, in a file for several processors.
    let mut fat = vec![0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 1];
    fat.extend([0; 8]);
    fat.extend([0, 0, 0, 64]);
    fat.extend(500_u32.to_be_bytes());
    fat.resize(64, 0);
    fat.extend(&whole);
    no_part_passes(mach_o, &fat);
}

#[test]
fn a_part_of_a_library_for_windows_is_refused() {
    let numbers = [
        (0, 2, 0x5a4d),
        (60, 4, 64),
        (64, 4, 0x4550),
        (64 + 6, 2, 2),
        (64 + 20, 2, 16),
        (64 + 22, 2, 0x2000),
        // Sections at 104: one of 100 bytes, and one that ends with the file.
        (104 + 16, 4, 100),
        (104 + 20, 4, 200),
        (144 + 16, 4, 300),
        (144 + 20, 4, 300),
    ];
    no_part_passes(pe, &file(600, &numbers));
    let mut program = file(600, &numbers);
    program[64 + 23] = 0;
    assert_eq!(checked(pe, &program).unwrap_err(), NOT_ONE);
}
