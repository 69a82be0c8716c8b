//! Pinyin initials of characters with two readings.
//!
//! Vendors know a single reading of each name: 平安银行 is `PAYH`, and 长安汽车 is `CAQC`. They find nothing if a user types the
//! other reading of 行 or 长.

/// Characters in names of listed companies that have two readings: the initial that vendors usually have, and the other one.
const TRAPS: &[(char, u8, u8)] = &[
    ('长', b'C', b'Z'),
    ('行', b'H', b'X'),
    ('厦', b'X', b'S'),
    ('重', b'C', b'Z'),
    ('晟', b'S', b'C'),
    ('藏', b'Z', b'C'),
    ('阿', b'E', b'A'),
    ('会', b'K', b'H'),
    ('参', b'S', b'C'),
    ('调', b'T', b'D'),
    ('泊', b'B', b'P'),
    ('鹄', b'H', b'G'),
    ('朝', b'Z', b'C'),
    ('蔚', b'Y', b'W'),
    ('柜', b'J', b'G'),
];

/// The initials that differ from `text` in the reading of one character, each with the characters that have both readings. A
/// match for other initials is valid only if its name contains one of those characters. Empty unless `text` has two to six
/// letters.
///
/// ```
/// use finvista_datasets::pinyin::readings;
///
/// let other = readings("payx");
/// assert!(other.iter().any(|(initials, traps)| initials == "PAYH" && traps.contains(&'行')));
/// assert!(readings("600519").is_empty());
/// ```
pub fn readings(text: &str) -> Vec<(String, Vec<char>)> {
    let is_initials = (2..=6).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphabetic());
    if !is_initials {
        return Vec::new();
    }
    let initials = text.to_ascii_uppercase().into_bytes();
    let mut readings: Vec<(String, Vec<char>)> = Vec::new();
    for (place, &initial) in initials.iter().enumerate() {
        for &(trap, one, other) in TRAPS {
            let reading = match initial {
                initial if initial == one => other,
                initial if initial == other => one,
                _ => continue,
            };
            let bytes = initials.iter().enumerate().map(|(at, &own)| if at == place { reading } else { own });
            let written: String = bytes.map(char::from).collect();
            match readings.iter_mut().find(|(known, _)| *known == written) {
                Some((_, traps)) => traps.push(trap),
                None => readings.push((written, vec![trap])),
            }
        }
    }
    readings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reading_leads_to_the_other() {
        for &(trap, one, other) in TRAPS {
            for (typed, found) in [(one, other), (other, one)] {
                let typed = format!("{}A", char::from(typed));
                let found = format!("{}A", char::from(found));
                let readings = readings(&typed);
                let traps = readings.iter().find(|(initials, _)| *initials == found).map(|(_, traps)| traps);
                assert!(traps.is_some_and(|traps| traps.contains(&trap)), "{trap}: {typed} {found}");
            }
        }
        assert!(readings("B").is_empty() && readings("平安").is_empty() && readings("ABCDEFG").is_empty());
    }
}
