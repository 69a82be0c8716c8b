//! The project's rules that no compiler checks. Each finding says where, what, and what would be right.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

mod edges;
mod features;
mod manifest;
mod text;

/// One broken rule, printed as `path:line: what, and what would be right`.
#[derive(Debug)]
struct Finding {
    path: String,
    line: usize,
    message: String,
}

/// Prints every finding; any is a failure.
pub(crate) fn run() -> Result<(), String> {
    let findings = findings()?;
    for Finding { path, line, message } in &findings {
        println!("{path}:{line}: {message}");
    }
    match findings.len() {
        0 => Ok(()),
        1 => Err("one finding".to_owned()),
        many => Err(format!("{many} findings")),
    }
}

fn findings() -> Result<Vec<Finding>, String> {
    let mut findings = Vec::new();
    let members = crate::metadata::members()?;
    findings.extend(features::check(&members)?);
    for member in members {
        let path = relative(&member.manifest_path);
        let text = fs::read_to_string(&member.manifest_path).map_err(|error| format!("{path}: {error}"))?;
        findings.extend(manifest::check(&path, &text, &member.name)?);
        findings.extend(edges::check(&path, &text, &member));
    }
    for path in files()? {
        findings.extend(text::check_name(&path));
        // A file that is deleted but still in the index has nothing to say.
        if text::is_read(&path)
            && let Ok(text) = fs::read_to_string(crate::root().join(&path))
        {
            findings.extend(text::check(&path, &text));
        }
    }
    findings.sort_by(|a, b| (&a.path, a.line).cmp(&(&b.path, b.line)));
    Ok(findings)
}

/// The files of the project: those that git tracks or would add, or every file of a source archive without git.
pub(crate) fn files() -> Result<Vec<String>, String> {
    let git = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(crate::root())
        .stdin(Stdio::null())
        .output();
    if let Ok(output) = git
        && output.status.success()
        && !output.stdout.is_empty()
    {
        let listing = String::from_utf8_lossy(&output.stdout);
        return Ok(listing.split_terminator('\0').map(str::to_owned).collect());
    }
    let mut files = Vec::new();
    walk(crate::root(), &mut files)
        .map_err(|error| format!("cannot list the files of the project: {error}"))?;
    Ok(files)
}

fn walk(folder: &Path, files: &mut Vec<String>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if !entry.file_type()?.is_dir() {
            files.push(relative(&entry.path()));
        } else if entry.file_name() != "target" && entry.file_name() != ".git" {
            walk(&entry.path(), files)?;
        }
    }
    Ok(())
}

/// The path from the root, with `/` on every platform.
fn relative(path: &Path) -> String {
    let path = path.strip_prefix(crate::root()).unwrap_or(path);
    path.to_string_lossy().replace('\\', "/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_project_is_tidy() {
        run().unwrap();
    }

    #[test]
    fn a_walk_finds_what_git_finds() {
        let mut walked = Vec::new();
        walk(crate::root(), &mut walked).unwrap();
        for file in ["Cargo.toml", "xtask/src/tidy.rs", ".ci/run"] {
            assert!(files().unwrap().iter().any(|path| path == file), "git does not list {file}");
            assert!(walked.iter().any(|path| path == file), "the walk does not list {file}");
        }
        assert!(!walked.iter().any(|path| path.starts_with("target/")));
    }
}
