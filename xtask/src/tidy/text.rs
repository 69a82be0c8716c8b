//! Rules about the text of files, and about their names.

use super::Finding;

const LONGEST: usize = 400;

/// Where `unsafe` is the subject: the C ABI, and the C Data Interface between the two Arrow libraries.
const UNSAFE_CRATES: &[&str] =
    &["crates/finvista-arrow2/", "crates/finvista-loader/", "crates/finvista-plugin/"];

// The needles are written in pieces, for this file is read as well.
const UNSAFE: &str = concat!("un", "safe");
const UNFINISHED: &[(&str, &str)] = &[
    (concat!("todo", "!("), "write it, or leave the item out"),
    (concat!("unimplemented", "!("), "write it, or leave the item out"),
    (concat!("#[", "ignore"), "make the test run everywhere, or delete it"),
];
const REGISTRY: &str = concat!("crates", ".io");

/// How the names of recorded answers begin, with either ending.
const RECORDINGS: &[&str] = &["kline_", "sina_kline_", "sina_quote_", "tencent_", "ulist_"];

/// Whether [`check`] has rules for the file.
pub(super) fn is_read(path: &str) -> bool {
    [".rs", ".md", ".toml"].iter().any(|ending| path.ends_with(ending))
}

/// The rules about a file's text.
pub(super) fn check(path: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut found = |line, message| findings.push(Finding { path: path.to_owned(), line, message });

    let rust = path.ends_with(".rs");
    let may_be_unsafe = UNSAFE_CRATES.iter().any(|crate_| path.starts_with(crate_));
    for (line, number) in text.lines().zip(1..) {
        if line.ends_with(char::is_whitespace) {
            found(number, "white space at the end of the line; remove it".to_owned());
        }
        if line.contains(REGISTRY) {
            found(
                number,
                format!("the package registry {REGISTRY} is named; say what is meant without its host"),
            );
        }
        if !rust {
            continue;
        }
        for (needle, right) in UNFINISHED {
            if line.contains(needle) {
                found(number, format!("`{needle}` is unfinished work; {right}"));
            }
        }
        if !may_be_unsafe && has_unsafe(line) {
            found(
                number,
                format!(
                    "`{UNSAFE}` outside finvista-plugin, finvista-loader and finvista-arrow2; do without"
                ),
            );
        }
    }

    let lines = text.lines().count();
    if rust && lines > LONGEST {
        found(lines, format!("{lines} lines are more than {LONGEST}; split the file by idea"));
    }
    if !text.is_empty() && !text.ends_with('\n') {
        found(lines, "the file does not end in a newline; add it".to_owned());
    }
    findings
}

/// The rule about a file's name: recorded answers are third parties' data, whatever folder they lie in.
pub(super) fn check_name(path: &str) -> Option<Finding> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let recorded = RECORDINGS.iter().any(|start| name.starts_with(start));
    if !recorded || ![".txt", ".json"].iter().any(|ending| name.ends_with(ending)) {
        return None;
    }
    let message = "a recorded answer is third parties' data; read it through FINVISTA_RECORDINGS, \
        or commit a sample written by the testkit's encoders under another name";
    Some(Finding { path: path.to_owned(), line: 1, message: message.to_owned() })
}

/// The keyword in code: a comment may speak of it, and the lint `unsafe_code` is another word.
fn has_unsafe(line: &str) -> bool {
    let code = line.split("//").next().unwrap_or(line);
    code.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == UNSAFE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(path: &str, text: &str) -> Vec<usize> {
        check(path, text).iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn unfinished_work_is_found_in_rust_alone() {
        for (needle, _) in UNFINISHED {
            let text = format!("fn a() {{\n    {needle}\n}}\n");
            assert_eq!(lines("a.rs", &text), [2], "{needle}");
            assert!(lines("a.md", &text).is_empty(), "{needle}");
        }
    }

    #[test]
    fn the_unsafe_keyword_has_its_crates() {
        let text = format!("let a = {UNSAFE} {{ b() }};\n");
        assert_eq!(lines("crates/finvista-core/src/a.rs", &text), [1]);
        assert!(lines("crates/finvista-plugin/src/a.rs", &text).is_empty());
        let talk = format!("#![forbid({UNSAFE}_code)] // no {UNSAFE}\n//! {UNSAFE} is {UNSAFE}\n");
        assert!(lines("crates/finvista-core/src/a.rs", &talk).is_empty());
    }

    #[test]
    fn every_text_is_clean_at_its_ends() {
        assert_eq!(lines("a.md", "one \ntwo\t\nthree\n"), [1, 2]);
        assert_eq!(lines("a.toml", "one\ntwo"), [2]);
        assert!(lines("a.md", "").is_empty());
        assert!(lines("a.md", "a\r\nb\r\n").is_empty());
    }

    #[test]
    fn no_text_names_a_registry() {
        assert_eq!(lines("a.md", &format!("see\nhttps://{REGISTRY}/x\n")), [2]);
    }

    #[test]
    fn a_rust_file_has_four_hundred_lines_at_most() {
        assert!(lines("a.rs", &"x\n".repeat(400)).is_empty());
        assert_eq!(lines("a.rs", &"x\n".repeat(401)), [401]);
        assert!(lines("a.md", &"x\n".repeat(401)).is_empty());
    }

    #[test]
    fn recordings_are_known_by_their_names() {
        for path in
            ["a/sina_quote_mixed.txt", "kline_daily.json", "a/b/tencent_quote_hk.txt", "x/ulist_np.json"]
        {
            assert!(check_name(path).is_some(), "{path}");
        }
        for path in
            ["a/quote.txt", "src/kline_rows.rs", "vectors/breaker.jsonl", "kline_daily.json/README.md"]
        {
            assert!(check_name(path).is_none(), "{path}");
        }
    }
}
