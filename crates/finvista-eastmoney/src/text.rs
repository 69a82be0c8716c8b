//! Texts in addresses.

/// The text as a value in the query of an address: every byte but letters, digits, `-`, `_` and `.` is escaped. The vendor
/// answers 400 to a bare `"` (company-global.md, section 2.3).
pub(crate) fn escaped(text: &str) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let hex = |half: u8| HEX.get(usize::from(half)).map_or('0', |&digit| char::from(digit));
    let mut escaped = String::with_capacity(text.len() * 3);
    for byte in text.bytes() {
        match byte {
            b'-' | b'_' | b'.' => escaped.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => escaped.push(char::from(byte)),
            byte => escaped.extend(['%', hex(byte >> 4), hex(byte & 15)]),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_bytes_are_left() {
        assert_eq!(escaped("payh-1_2.3"), "payh-1_2.3");
        assert_eq!(escaped("平安 &#+%"), "%E5%B9%B3%E5%AE%89%20%26%23%2B%25");
        assert_eq!(escaped("(A=\"1\")(B>='2')"), "%28A%3D%221%22%29%28B%3E%3D%272%27%29");
    }
}
