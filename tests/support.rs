//! What the tests share.

mod archive;
pub(crate) mod generate;
pub(crate) mod mini;
pub(crate) mod oracle;
pub(crate) mod plain;
pub(crate) mod program;
pub(crate) mod proof;
mod shared;
pub(crate) mod universe;
mod watchdog;

use std::path::{Path, PathBuf};

pub(crate) use archive::{unpacked, zstd};
pub(crate) use shared::{left_out, shared};
pub(crate) use watchdog::within_a_minute;

/// Returns every `.yaml` file under a directory, sorted.
pub(crate) fn yaml_files(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(yaml_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            files.push(path);
        }
    }
    files.sort();
    files
}
