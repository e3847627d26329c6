//! A repository's index, `repodata/repomd.xml`: the file with its modules, and the checksum of that
//! file.

use std::path::{Component, Path, PathBuf};

use roxmltree::{Document, Node, ParsingOptions};

use super::LoadError;
use super::problem::Code;
use super::problem::Refusal;
use super::source::{self, Bytes, hexadecimal};
use crate::yaml::{Mark, START};

/// Returns whether content is a repository's index.
pub(super) fn is_index(content: &[u8]) -> bool {
    content.trim_ascii_start().starts_with(b"<")
        && memchr::memmem::find(content, b"<repomd").is_some()
}

/// Reads the module files named by an index at `path`, according to its entries.
///
/// # Errors
///
/// The outer one: a named file is missing. The inner one: a problem of the index.
pub(super) fn modules(
    path: &Path,
    index: &[u8],
    bytes_max: u64,
) -> Result<Result<Vec<(PathBuf, Bytes)>, Refusal>, LoadError> {
    let entries = match entries(index) {
        Ok(entries) => entries,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let root = root_of(path);
    let read = |entry: Entry| {
        let path = root.join(&entry.location);
        let stored = source::stored(&path, bytes_max)?;
        let wrong = entry.checksum.mismatch(&stored);
        let mut bytes = Bytes::unpacked(stored, bytes_max);
        if let Some(message) = wrong
            && bytes.broken.as_ref().is_none_or(|(code, _)| *code != Code::TooLarge)
        {
            bytes.content = Vec::new();
            bytes.broken = Some((Code::Checksum, message));
        }
        Ok((path, bytes))
    };
    entries.into_iter().map(read).collect::<Result<_, _>>().map(Ok)
}

/// Returns the directory that holds `repodata/repomd.xml`.
fn root_of(path: &Path) -> PathBuf {
    let repodata = path.parent().unwrap_or(Path::new(""));
    // Only the system knows the parent of ``, `.` and `..`.
    match (repodata.parent(), repodata.file_name()) {
        (Some(root), Some(_)) => root.to_owned(),
        _ => repodata.join(".."),
    }
}

/// One `<data>`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) location: PathBuf,
    pub(super) checksum: Checksum,
}

/// The expected checksum of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Checksum {
    kind: String,
    value: String,
}

impl Checksum {
    /// Returns why bytes are not the expected ones, if so.
    pub(super) fn mismatch(&self, bytes: &[u8]) -> Option<String> {
        use sha2::Digest;
        let Self { kind, value } = self;
        let computed = match kind.as_str() {
            "sha256" => hexadecimal(&sha2::Sha256::digest(bytes)),
            "sha512" => hexadecimal(&sha2::Sha512::digest(bytes)),
            "sha384" => hexadecimal(&sha2::Sha384::digest(bytes)),
            "sha224" => hexadecimal(&sha2::Sha224::digest(bytes)),
            "sha" | "sha1" => hexadecimal(&sha1::Sha1::digest(bytes)),
            _ => return Some(format!("repomd.xml has a checksum of unknown type `{kind}`")),
        };
        (!computed.eq_ignore_ascii_case(value))
            .then(|| format!("the {kind} of the file is {computed}, but repomd.xml says {value}"))
    }
}

fn entries(index: &[u8]) -> Result<Vec<Entry>, Refusal> {
    entries_of(index, "modules")
}

/// Returns the entries of a kind.
pub(super) fn entries_of(index: &[u8], kind: &str) -> Result<Vec<Entry>, Refusal> {
    let text = std::str::from_utf8(index)
        .map_err(|_| refusal(START, "repomd.xml is not UTF-8".to_owned()))?;
    // Nothing is expanded or fetched, because an index needs no DTD.
    let options = ParsingOptions { allow_dtd: false, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).map_err(|error| {
        let at = error.pos();
        refusal(
            Mark { line: at.row, column: at.col },
            format!("repomd.xml is not valid XML: {error}"),
        )
    })?;
    let data = document
        .root_element()
        .children()
        .filter(|node| node.tag_name().name() == "data" && node.attribute("type") == Some(kind));
    data.map(|node| entry(node, kind)).collect()
}

fn entry(data: Node<'_, '_>, kind: &str) -> Result<Entry, Refusal> {
    let at = data.document().text_pos_at(data.range().start);
    let wrong = |what: &str| {
        let mark = Mark { line: at.row, column: at.col };
        refusal(mark, format!("the entry `{kind}` {what}"))
    };
    let child = |name| data.children().find(|node| node.tag_name().name() == name);
    let location = child("location")
        .and_then(|node| node.attribute("href"))
        .ok_or_else(|| wrong("has no location"))?;
    let location = Path::new(location);
    // A foreign index must not point outside its repository.
    if location.components().any(|part| !matches!(part, Component::Normal(_) | Component::CurDir)) {
        return Err(wrong("lies outside the repository"));
    }
    let checksum = child("checksum").ok_or_else(|| wrong("has no checksum"))?;
    Ok(Entry {
        location: location.to_owned(),
        checksum: Checksum {
            kind: checksum.attribute("type").unwrap_or_default().to_owned(),
            value: checksum.text().unwrap_or_default().trim().to_owned(),
        },
    })
}

fn refusal(mark: Mark, message: String) -> Refusal {
    Refusal { code: Code::Repository, mark, message }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::{Options, Snapshot, load};

    const DOCUMENT: &str = "document: modulemd\nversion: 2\ndata:\n  name: a\n  stream: b\n  \
        summary: s\n  description: d\n  license: {module: [MIT]}\n";

    /// Writes a repository whose index holds `entry`, and reads it by its directory.
    fn read(entry: &str) -> Snapshot {
        let directory = tempfile::tempdir().expect("a directory");
        let repodata = directory.path().join("x86_64/repodata");
        std::fs::create_dir_all(&repodata).expect("made");
        let index = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<repomd \
             xmlns=\"http://linux.duke.edu/metadata/repo\">\n<data type=\"primary\"/>\n{entry}\n</repomd>\n"
        );
        std::fs::write(repodata.join("repomd.xml"), index).expect("written");
        std::fs::write(repodata.join("modules.yaml"), DOCUMENT).expect("written");
        std::fs::write(repodata.join("stray.yaml"), DOCUMENT).expect("written");
        load(&[directory.path().to_owned()], &Options::default()).expect("there")
    }

    fn entry(kind: &str, value: &str, location: &str) -> String {
        format!(
            "<data type=\"modules\"><checksum type=\"{kind}\">{value}</checksum>\
             <location href=\"{location}\"/></data>"
        )
    }

    fn codes(snapshot: &Snapshot) -> Vec<(&str, u32)> {
        snapshot.findings.iter().map(|one| (one.code.as_str(), one.place.line)).collect()
    }

    #[test]
    fn a_repository_gives_the_file_of_its_index_alone() {
        use sha2::Digest;
        let checksums = [
            ("sha256", hexadecimal(&sha2::Sha256::digest(DOCUMENT))),
            ("sha512", hexadecimal(&sha2::Sha512::digest(DOCUMENT))),
            ("sha", hexadecimal(&sha1::Sha1::digest(DOCUMENT))),
        ];
        for (kind, value) in checksums {
            let snapshot = read(&entry(kind, &value, "repodata/modules.yaml"));
            assert_eq!(codes(&snapshot), [], "{kind}");
            let [input] = snapshot.inputs.as_slice() else { panic!("one: {:?}", snapshot.inputs) };
            assert!(input.path.ends_with("x86_64/repodata/modules.yaml"), "{}", input.path);
            assert_eq!(snapshot.streams.len(), 1);
        }
    }

    #[test]
    fn a_file_that_is_not_the_one_of_the_index_is_refused() {
        for (kind, value) in [("sha256", "00"), ("md5", "00")] {
            let snapshot = read(&entry(kind, value, "repodata/modules.yaml"));
            assert_eq!((codes(&snapshot), snapshot.streams.len()), (vec![("checksum", 1)], 0));
        }
    }

    #[test]
    fn an_index_that_is_wrong_or_leads_elsewhere_is_told_with_its_line() {
        for wrong in [
            "<data",
            &entry("sha256", "00", "../../modules.yaml"),
            &entry("sha256", "00", "/etc/modules.yaml"),
            "<data type=\"modules\"/>",
            "<data type=\"modules\"><location href=\"repodata/modules.yaml\"/></data>",
        ] {
            let snapshot = read(wrong);
            assert_eq!(snapshot.findings.len(), 1, "{wrong}");
            assert_eq!(snapshot.findings[0].code, Code::Repository, "{wrong}");
            assert!(snapshot.findings[0].place.line >= 4, "{:?}", snapshot.findings);
        }
        assert_eq!(codes(&read("")), [("no-modules", 1)]);
    }

    #[test]
    fn the_index_may_be_named_from_beside_it() {
        for (index, root) in [
            ("repomd.xml", ".."),
            ("./repomd.xml", "./.."),
            ("../repomd.xml", "../.."),
            ("repodata/repomd.xml", ""),
            ("/srv/repodata/repomd.xml", "/srv"),
        ] {
            assert_eq!(root_of(Path::new(index)), Path::new(root), "{index}");
        }
    }

    #[test]
    fn a_file_that_is_named_and_missing_is_outside_trouble() {
        let index = b"<repomd><data type='modules'><checksum type='sha256'>0</checksum>\
            <location href='no.yaml'/></data></repomd>";
        let result = modules(Path::new("no/repodata/repomd.xml"), index, 1000);
        assert!(matches!(result, Err(LoadError::Missing { .. })), "{result:?}");
    }
}
