//! What the tests share.

mod archive;
pub(crate) mod generate;
pub(crate) mod mini;
pub(crate) mod oracle;
pub(crate) mod plain;
#[cfg(feature = "live")]
pub(crate) mod postgres;
pub(crate) mod program;
pub(crate) mod proof;
#[cfg(feature = "live")]
pub(crate) mod rpms;
mod shared;
pub(crate) mod universe;
mod watchdog;

use std::path::{Path, PathBuf};

use modplan::load::{self, Snapshot};

pub(crate) use archive::{unpacked, zstd};
pub(crate) use shared::{left_out, shared};
pub(crate) use watchdog::within_a_minute;

/// Returns every real snapshot: each file of a repository, and each month of one repository's history.
pub(crate) fn real_snapshots() -> Option<impl Iterator<Item = Snapshot>> {
    let files = yaml_files(&shared("data/modulemd")?);
    let months = unpacked(&shared("data/modulemd/eurolinux8-history.tar.zst")?);
    assert!(
        files.len() > 30 && months.len() >= 15,
        "{} files, {} months",
        files.len(),
        months.len()
    );
    let of_file = |file| load::load(&[file], &load::Options::default()).expect("the file is there");
    let of_month = |(name, text): (String, String)| load::parse_text(&name, &text);
    Some(files.into_iter().map(of_file).chain(months.into_iter().map(of_month)))
}

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
