//! The options of commands that write rows, and how values of the command line are read.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args as Group, ValueEnum};
use finvista::raw::date;
use finvista::{Adjust, InvalidInput, Period};
use jiff::civil::Date;

#[derive(Debug, Group)]
pub(crate) struct Output {
    /// Ask only this source.
    #[arg(long, value_name = "NAME")]
    pub(crate) source: Option<String>,
    /// Send nothing; print which sources this would ask, in which order and for how long, and why others are left out.
    #[arg(long)]
    pub(crate) explain: bool,
    /// How the rows are written [default: by the extension of FILE, else table].
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Write to this file, or to standard output with `-`. The file is replaced once every row is there.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Complete FILE from the rows that an interrupted run of this command kept in FILE.partial.
    #[arg(long, requires = "output")]
    pub(crate) resume: bool,
    /// Leave out the column `source`, which names the vendor of each row where more than one symbol is asked for.
    #[arg(long)]
    pub(crate) no_source: bool,
    /// Write one JSON object for each answer, with its query, its provenance and its rows. For json and ndjson.
    #[arg(long)]
    pub(crate) provenance: bool,
    /// Put ' before each text that a spreadsheet would run as a formula. For csv.
    #[arg(long)]
    pub(crate) guard_formulas: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A table for people, as wide as the terminal.
    Table,
    /// Comma-separated values with a header.
    Csv,
    /// One JSON array of objects.
    Json,
    /// One JSON object a line.
    Ndjson,
}

/// How errors are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ErrorFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line, with the attempts and the skipped sources.
    Json,
}

impl Output {
    /// The format that was asked for, or that the extension of the file means.
    pub(crate) fn format(&self) -> Result<Format, InvalidInput> {
        let format = match (self.format, self.file()) {
            (Some(format), _) => format,
            (None, Some(file)) => of_extension(file)?,
            (None, None) => Format::Table,
        };
        if self.provenance && !matches!(format, Format::Json | Format::Ndjson) {
            return Err(InvalidInput::new("expected --format json or ndjson with --provenance"));
        }
        if self.guard_formulas && format != Format::Csv {
            return Err(InvalidInput::new("expected --format csv with --guard-formulas"));
        }
        Ok(format)
    }

    /// The file, unless the rows go to standard output.
    pub(crate) fn file(&self) -> Option<&Path> {
        self.output.as_deref().filter(|path| *path != Path::new("-"))
    }
}

fn of_extension(file: &Path) -> Result<Format, InvalidInput> {
    let Some(extension) = file.extension() else { return Ok(Format::Table) };
    match extension.to_ascii_lowercase().to_str() {
        Some("txt") => Ok(Format::Table),
        Some("csv") => Ok(Format::Csv),
        Some("json") => Ok(Format::Json),
        Some("ndjson" | "jsonl") => Ok(Format::Ndjson),
        _ => Err(InvalidInput::new(format!(
            "expected a file that ends in .csv, .json, .ndjson, .jsonl or .txt, or --format, got {}",
            file.display()
        ))),
    }
}

pub(crate) fn day(text: &str) -> Result<Date, String> {
    date::parse(text).map_err(|e| e.to_string())
}

pub(crate) fn adjust(text: &str) -> Result<Adjust, String> {
    text.parse().map_err(|e: InvalidInput| e.to_string())
}

pub(crate) fn period(text: &str) -> Result<Period, String> {
    text.parse().map_err(|e: InvalidInput| e.to_string())
}

/// A time in seconds, above zero and up to a year.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    const YEAR: Duration = Duration::from_secs(365 * 86_400);
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds
        .filter(|time| !time.is_zero() && *time <= YEAR)
        .ok_or_else(|| format!("expected a number of seconds above 0, such as 2.5, got {text:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extension_of_a_file_is_its_format() {
        for (file, format) in [
            ("bars.csv", Format::Csv),
            ("a.b/BARS.CSV", Format::Csv),
            ("bars.json", Format::Json),
            ("bars.jsonl", Format::Ndjson),
            ("bars.ndjson", Format::Ndjson),
            ("bars.txt", Format::Table),
            ("bars", Format::Table),
        ] {
            assert_eq!(of_extension(Path::new(file)), Ok(format), "{file}");
        }
        let error = of_extension(Path::new("bars.parquet")).unwrap_err().to_string();
        assert!(error.contains(".csv") && error.contains("bars.parquet"), "{error}");
    }

    #[test]
    fn a_time_is_above_zero() {
        assert_eq!(seconds("2.5"), Ok(Duration::from_millis(2_500)));
        for text in ["0", "-1", "0.0", "1e-20", "nan", "inf", "1e300", "soon", ""] {
            assert!(seconds(text).unwrap_err().contains("above 0"), "{text}");
        }
    }
}
