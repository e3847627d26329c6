//! Sources of bytes: files, directories, standard input, plain or compressed. The only IO of the
//! room.

mod unpack;

use std::io::Read;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::problem::Code;

/// An input that could not be read at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// There is no such file or directory.
    #[error("cannot find `{}`", path.display())]
    Missing {
        /// The path as given.
        path: PathBuf,
    },
    /// The system failed to read it.
    #[error("cannot read `{}`", path.display())]
    Unreadable {
        /// The path as given.
        path: PathBuf,
        /// The error of the system.
        source: std::io::Error,
    },
}

impl LoadError {
    fn new(path: &Path, source: std::io::Error) -> Self {
        let path = path.to_owned();
        if source.kind() == std::io::ErrorKind::NotFound {
            Self::Missing { path }
        } else {
            Self::Unreadable { path, source }
        }
    }
}

/// The content of one input, unpacked.
#[derive(Debug)]
pub(super) struct Bytes {
    pub(super) content: Vec<u8>,
    /// SHA-256 of the bytes as stored, in hexadecimal.
    pub(super) sha256: String,
    /// Why they could not be unpacked, if so; the content is then empty.
    pub(super) broken: Option<(Code, String)>,
}

impl Bytes {
    /// Uses bytes as they are.
    pub(super) fn plain(content: Vec<u8>) -> Self {
        Self { sha256: sha256(&content), content, broken: None }
    }

    /// Unpacks content whose first bytes mark it as compressed.
    pub(super) fn unpacked(stored: Vec<u8>, bytes_max: u64) -> Self {
        if stored.len() as u64 > bytes_max {
            let broken = Some(too_large(bytes_max));
            return Self { sha256: sha256(&stored), content: Vec::new(), broken };
        }
        if let Some(kind) = unpack::unsupported(&stored) {
            let why = format!(
                "{kind} is not supported: unpack the file, or compress it with gzip, xz or zstd"
            );
            let broken = Some((Code::Compression, why));
            return Self { sha256: sha256(&stored), content: Vec::new(), broken };
        }
        let Some(unpack) = unpack::unpacker(&stored) else { return Self::plain(stored) };
        let mut content = Vec::new();
        let read = unpack(&stored).take(bytes_max.saturating_add(1)).read_to_end(&mut content);
        let broken = match read {
            Err(error) => Some((Code::Compression, format!("cannot unpack: {error}"))),
            Ok(_) if content.len() as u64 > bytes_max => Some(too_large(bytes_max)),
            Ok(_) => None,
        };
        if broken.is_some() {
            content = Vec::new();
        }
        Self { sha256: sha256(&stored), content, broken }
    }
}

fn too_large(bytes_max: u64) -> (Code, String) {
    (Code::TooLarge, format!("more than {bytes_max} bytes"))
}

/// Returns the SHA-256 of bytes in hexadecimal, as an [`Input`](super::Input) has it.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

/// Returns bytes as digits.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes any text");
        text
    })
}

/// Reads one file, or standard input for `-`, and unpacks it.
pub(super) fn read(path: &Path, bytes_max: u64) -> Result<Bytes, LoadError> {
    Ok(Bytes::unpacked(stored(path, bytes_max)?, bytes_max))
}

/// Reads one file, or standard input for `-`, as it is, and at most one byte more than allowed.
pub(super) fn stored(path: &Path, bytes_max: u64) -> Result<Vec<u8>, LoadError> {
    let mut stored = Vec::new();
    let result = if path.as_os_str() == "-" {
        std::io::stdin().lock().take(bytes_max.saturating_add(1)).read_to_end(&mut stored)
    } else {
        std::fs::File::open(path).and_then(|file| {
            let size = file.metadata()?.len().min(bytes_max);
            stored.reserve_exact(usize::try_from(size).unwrap_or(0).saturating_add(1));
            file.take(bytes_max.saturating_add(1)).read_to_end(&mut stored)
        })
    };
    result.map_err(|error| LoadError::new(path, error))?;
    Ok(stored)
}

/// Replaces directories by their files whose names end in one of `endings`; other paths are
/// unchanged.
pub(super) fn resolve(paths: &[PathBuf], endings: &[&str]) -> Result<Vec<PathBuf>, LoadError> {
    let mut files = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" {
            files.push(path.clone());
            continue;
        }
        let metadata = std::fs::metadata(path).map_err(|error| LoadError::new(path, error))?;
        if metadata.is_dir() {
            directory(path, endings, &mut files)?;
        } else {
            files.push(path.clone());
        }
    }
    Ok(files)
}

/// Appends the files of a directory recursively, by name; for a repository, only its index.
fn directory(path: &Path, endings: &[&str], files: &mut Vec<PathBuf>) -> Result<(), LoadError> {
    for index in ["repodata/repomd.xml", "repomd.xml"] {
        let index = path.join(index);
        if index.is_file() {
            files.push(index);
            return Ok(());
        }
    }
    let unreadable = |error| LoadError::new(path, error);
    let mut entries = std::fs::read_dir(path)
        .map_err(unreadable)?
        .map(|entry| entry.and_then(|entry| Ok((entry.path(), entry.file_type()?))))
        .collect::<Result<Vec<_>, _>>()
        .map_err(unreadable)?;
    entries.sort_by(|left, right| left.0.cmp(&right.0));
    for (path, kind) in entries {
        if kind.is_dir() {
            directory(&path, endings, files)?;
        } else if is_wanted(&path, endings) {
            files.push(path);
        }
    }
    Ok(())
}

/// Returns whether a file of a directory should be read, by its name.
fn is_wanted(path: &Path, endings: &[&str]) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let name = [".gz", ".xz", ".zst", ".bz2", ".zck"]
        .iter()
        .find_map(|end| name.strip_suffix(end))
        .unwrap_or(&name);
    endings.iter().any(|end| name.ends_with(end))
}
