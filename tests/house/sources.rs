//! The source files as the rules read them.

use std::fs;
use std::path::{Path, PathBuf};

/// A source file without comments and unit tests.
pub(super) struct Source {
    /// Its path below `src`, without `.rs`: `plan/wave`.
    pub(super) path: String,
    pub(super) text: String,
    pub(super) code: Vec<String>,
}

impl Source {
    pub(super) fn room(&self) -> &str {
        self.path.split('/').next().expect("split yields something")
    }
}

pub(super) fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&root, &mut files);
    files.sort();
    assert!(files.len() > 10, "the sources were found");
    files
        .iter()
        .map(|file| {
            let text = fs::read_to_string(file).unwrap();
            let path = file.strip_prefix(&root).unwrap().with_extension("");
            let code = code_lines(&text);
            Source { path: path.to_str().unwrap().replace('\\', "/"), text, code }
        })
        .filter(|source| !source.path.ends_with("/tests") && !source.path.contains("/tests/"))
        .collect()
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// Returns the lines of code before the unit tests, without whole-line comments.
pub(super) fn code_lines(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    let tests = lines
        .windows(2)
        .position(|pair| pair[0].trim() == "#[cfg(test)]" && pair[1].trim().starts_with("mod "))
        .unwrap_or(lines.len());
    lines[..tests]
        .iter()
        .filter(|line| !line.trim_start().starts_with("//"))
        .map(|line| (*line).to_owned())
        .collect()
}
