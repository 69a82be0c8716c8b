//! Rows that lost a column.

use super::drifted;

/// The body without one column of its rows, or drifted where it has none.
pub(crate) fn without_column(body: &[u8]) -> Vec<u8> {
    let text = |body: &[u8]| std::str::from_utf8(body).ok().map(str::to_owned);
    let lost = text(body).and_then(|text| {
        if let Some(at) = text.find(r#""klines":[""#) {
            // The amplitude of East Money's bars.
            let (front, rows) = text.split_at_checked(at)?;
            return Some(front.to_owned() + &each(rows, "\"", |row| without_field(row, 7)));
        }
        if text.contains(r#""diff":"#) {
            return Some(without_key(&text, r#""f5":"#));
        }
        if text.contains(r#"{"day":""#) {
            return Some(without_key(&text, r#""low":"#));
        }
        // The open of Tencent's bars.
        let at = text.find(r#"":[["2"#)?;
        let (front, rows) = text.split_at_checked(at)?;
        Some(front.to_owned() + &each(rows, "[", without_open))
    });
    match lost {
        Some(lost) if lost.as_bytes() != body => lost.into_bytes(),
        _ => drifted(body),
    }
}

/// The parts between the separators, each changed.
fn each(text: &str, separator: &str, change: impl Fn(&str) -> String) -> String {
    text.split(separator).map(change).collect::<Vec<_>>().join(separator)
}

/// A row of commas without its field at this index. Anything else stays.
fn without_field(row: &str, index: usize) -> String {
    let mut fields: Vec<&str> = row.split(',').collect();
    if row.starts_with(|c: char| c.is_ascii_digit()) && fields.len() > index {
        fields.remove(index);
    }
    fields.join(",")
}

/// A row such as `"2024-01-04","10.00",…` without its second value.
fn without_open(row: &str) -> String {
    match row.split_once("\",\"") {
        Some((day, rest)) if day.starts_with("\"2") => {
            let (_, rest) = rest.split_once(',').unwrap_or(("", rest));
            format!("{day}\",{rest}")
        }
        _ => row.to_owned(),
    }
}

/// Objects without this key, which is not the last of any.
fn without_key(text: &str, key: &str) -> String {
    let mut parts = text.split(key);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |front, part| front + part.split_once(',').map_or(part, |(_, behind)| behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_rows_loses_one() {
        for (body, lost) in [
            (
                r#"{"dktotal":1,"klines":["2026-11-24,10.00,10.10,10.20,9.90,1000,1005000.00,3.00,1.00,0.10,0.35"]}"#,
                r#"{"dktotal":1,"klines":["2026-11-24,10.00,10.10,10.20,9.90,1000,1005000.00,1.00,0.10,0.35"]}"#,
            ),
            (
                r#"{"diff":[{"f2":1,"f5":2,"f6":3},{"f2":1,"f5":2,"f6":3}]}"#,
                r#"{"diff":[{"f2":1,"f6":3},{"f2":1,"f6":3}]}"#,
            ),
            (
                r#"[{"day":"2026-11-24","low":"1.000","close":"1.100"}]"#,
                r#"[{"day":"2026-11-24","close":"1.100"}]"#,
            ),
            (
                r#"{"qfqday":[["2026-11-24","1.0","1.1",{},"0.1"],["2026-11-25","1.0","1.1",{},"0.1"]]}"#,
                r#"{"qfqday":[["2026-11-24","1.1",{},"0.1"],["2026-11-25","1.1",{},"0.1"]]}"#,
            ),
            // No rows: a format that changed.
            (r#"{"klines":[]}"#, r#"{"bars":[]}"#),
            ("v_sh1=\"1~2\";\n", "v_sh1=\"2\";\n"),
        ] {
            assert_eq!(String::from_utf8(without_column(body.as_bytes())).unwrap(), lost);
        }
    }
}
