//! The `INDEX-*.tsv` of a folder: one line per file, the first line naming the columns.

use std::io;
use std::path::Path;

/// What an index says about one file.
#[derive(Debug, Clone, Default)]
pub(super) struct Entry {
    pub(super) file: String,
    pub(super) dataset: String,
    pub(super) request_url: String,
    /// How true to the wire the copy is, in the words of its maker.
    quality: String,
}

impl Entry {
    #[cfg(test)]
    pub(super) fn new(file: &str, request_url: &str) -> Self {
        Self { file: file.to_owned(), request_url: request_url.to_owned(), ..Self::default() }
    }

    /// Whether the file is a body, or a well-formed part of one, and not a single row or an edited copy.
    pub(super) fn is_body(&self) -> bool {
        let quality = self.quality.to_ascii_lowercase();
        ["verbatim", "complete", "excerpt"].iter().any(|word| quality.starts_with(word))
    }

    /// Whether it holds bars of Chinese shares or indices.
    pub(super) fn has_bars(&self) -> bool {
        ["cn_stock_daily", "cn_index_daily", "cn_stock_minute", "cn_index_minute"]
            .contains(&self.dataset.as_str())
            || self.dataset.contains("kline")
    }

    /// Whether it holds rows of a list of Chinese shares or indices.
    pub(super) fn is_list(&self) -> bool {
        ["cn_stock_list", "cn_index_quote (list)"].contains(&self.dataset.as_str())
    }

    pub(super) fn is_search(&self) -> bool {
        self.dataset.contains("search")
    }

    pub(super) fn is_index(&self) -> bool {
        self.dataset.contains("index")
    }

    /// The value of a parameter of the request, as far as it is plain.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        let parts = self.request_url.split(['?', '&', ' ', '/']);
        parts.filter_map(|part| part.split_once('=')).find(|(n, _)| *n == name).map(|(_, value)| value)
    }
}

/// Every line of every index of `dir`.
pub(super) fn entries(dir: &Path) -> io::Result<Vec<Entry>> {
    let unreadable = |cause: io::Error| {
        io::Error::new(
            cause.kind(),
            format!("cannot read the folder of recordings {}: {cause}", dir.display()),
        )
    };
    let mut indexes = Vec::new();
    for found in std::fs::read_dir(dir).map_err(unreadable)? {
        let path = found.map_err(unreadable)?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.starts_with("INDEX") && name.ends_with(".tsv") {
            indexes.push(path);
        }
    }
    // A directory has no order of its own.
    indexes.sort();
    if indexes.is_empty() {
        let wanted = "an INDEX-*.tsv whose first line names the columns, file and request_url among them";
        let message = format!("{} holds no recordings: it lacks {wanted}", dir.display());
        return Err(io::Error::new(io::ErrorKind::NotFound, message));
    }
    let mut entries = Vec::new();
    for path in indexes {
        entries.extend(parse(&std::fs::read_to_string(&path).map_err(unreadable)?));
    }
    Ok(entries)
}

/// The two known indexes order their columns differently and call the last but one by different names.
fn parse(table: &str) -> Vec<Entry> {
    let mut lines = table.lines();
    let header: Vec<&str> = lines.next().unwrap_or_default().split('\t').collect();
    let cells = |line: &str| -> Entry {
        let mut entry = Entry::default();
        for (name, cell) in header.iter().zip(line.split('\t')) {
            let field = match *name {
                "file" => &mut entry.file,
                "dataset" => &mut entry.dataset,
                "request_url" => &mut entry.request_url,
                name if name.starts_with("verbatim") => &mut entry.quality,
                _ => continue,
            };
            cell.clone_into(field);
        }
        entry
    };
    // A name with a slash would leave the folder.
    lines.map(cells).filter(|entry| !entry.file.is_empty() && !entry.file.contains(['/', '\\'])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_found_by_name() {
        let a = parse(
            "file\tdataset\trequest_url\tsource\tverbatim_or_fragment\na.json\tcn_stock_daily\tu\ts\tverbatim",
        );
        let b = parse(
            "file\tvendor\tdataset\tverbatim_or_truncated\nb.txt\tsina\tcn_index_daily\tFRAGMENT\n../c\tx",
        );
        assert!(a[0].is_body() && a[0].has_bars() && !a[0].is_index() && a[0].request_url == "u");
        assert!(b.len() == 1 && !b[0].is_body() && b[0].is_index());
    }

    #[test]
    fn parameters_are_read_from_addresses_and_from_words() {
        let parameter = |url: &str, name: &str| Entry::new("", url).parameter(name).map(str::to_owned);
        assert_eq!(parameter("https://a.b/get?klt=102&fqt=1", "klt").as_deref(), Some("102"));
        assert_eq!(parameter("getKLineData symbol=sh600150 scale=5 (host)", "scale").as_deref(), Some("5"));
        assert_eq!(parameter("https://a.b/suggest/type=11&key=02367", "key").as_deref(), Some("02367"));
        assert_eq!(parameter("https://a.b/get", "klt"), None);
    }

    #[test]
    fn a_folder_without_an_index_says_what_it_lacks() {
        let error = entries(Path::new("/nonexistent")).unwrap_err().to_string();
        assert!(error.contains("/nonexistent"), "{error}");
        let error = entries(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap_err().to_string();
        assert!(error.contains("INDEX-*.tsv"), "{error}");
    }
}
