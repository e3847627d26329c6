//! The rows of a list read so far, in a file: one line that names the recording, then one line per
//! page. An interrupted recording continues after the last whole line.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::LiveError;
use super::page::Page;

/// The version of this file's format.
const FORMAT: u32 = 1;

/// The subject of the recording.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Header {
    format: u32,
    service: String,
    /// The address without the number of the page.
    url: String,
}

impl Header {
    pub(super) fn new(service: &str, url: &str) -> Self {
        Self { format: FORMAT, service: service.to_owned(), url: url.to_owned() }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'t> {
    rows_all: u64,
    is_last: bool,
    #[serde(borrow)]
    rows: Vec<&'t RawValue>,
}

/// The file and its content.
#[derive(Debug)]
pub(super) struct Partial {
    path: PathBuf,
    file: File,
    pub(super) pages: Vec<Page>,
}

impl Partial {
    /// Opens the file and reads its content, or begins a new one.
    pub(super) fn open(path: &Path, header: &Header) -> Result<Self, LiveError> {
        let trouble = |source| LiveError::Partial { path: path.to_owned(), source };
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(trouble(error)),
        };
        let (known, pages) = read(&text);
        if known.as_ref().is_some_and(|known| known != header) {
            return Err(LiveError::OtherPartial { path: path.to_owned() });
        }
        let mut partial =
            Self { path: path.to_owned(), file: begin(path).map_err(trouble)?, pages };
        let kept = std::mem::take(&mut partial.pages);
        partial.line(&serde_json::to_string(header).expect("plain data"))?;
        kept.into_iter().try_for_each(|page| partial.add(page))?;
        Ok(partial)
    }

    /// Adds a page, in the file first.
    pub(super) fn add(&mut self, page: Page) -> Result<(), LiveError> {
        let rows = page.rows.iter().map(|row| serde_json::from_str(row).expect("a row is JSON"));
        let line = Line { rows_all: page.rows_all, is_last: page.is_last, rows: rows.collect() };
        self.line(&serde_json::to_string(&line).expect("plain data"))?;
        self.pages.push(page);
        Ok(())
    }

    fn line(&mut self, line: &str) -> Result<(), LiveError> {
        let result = self.file.write_all(format!("{line}\n").as_bytes());
        result.map_err(|source| LiveError::Partial { path: self.path.clone(), source })
    }

    /// Removes the file, whose content is saved elsewhere or worthless.
    pub(super) fn remove(self) -> Result<(), LiveError> {
        fs::remove_file(&self.path).map_err(|source| LiveError::Partial { path: self.path, source })
    }
}

fn begin(path: &Path) -> io::Result<File> {
    File::options().create(true).write(true).truncate(true).open(path)
}

/// Reads the header and the whole lines; everything after the first torn line is ignored.
fn read(text: &str) -> (Option<Header>, Vec<Page>) {
    let mut lines = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
    let Some(header) = lines.next().and_then(|line| serde_json::from_str(line).ok()) else {
        return (None, Vec::new());
    };
    let pages =
        lines.map_while(|line| serde_json::from_str(line).ok()).map(|line: Line<'_>| Page {
            rows: line.rows.iter().map(|row| row.get().to_owned()).collect(),
            rows_all: line.rows_all,
            is_last: line.is_last,
        });
    (Some(header), pages.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(row: &str) -> Page {
        Page { rows: vec![row.to_owned()], rows_all: 2, is_last: false }
    }

    #[test]
    fn a_file_cut_anywhere_goes_on_after_its_last_whole_page() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.partial");
        let header = Header::new("pdc", "https://x/");
        let mut partial = Partial::open(&path, &header).unwrap();
        partial.add(page("{\"uid\":\"a\"}")).unwrap();
        partial.add(page("{\"uid\":\"b\"}")).unwrap();
        let whole = fs::read_to_string(&path).unwrap();
        for cut in 0..=whole.len() {
            fs::write(&path, &whole[..cut]).unwrap();
            let pages = Partial::open(&path, &header).unwrap().pages.len();
            assert_eq!(pages, whole[..cut].matches('\n').count().saturating_sub(1), "{cut}");
        }
        let other = Header::new("pdc", "https://y/");
        assert!(matches!(Partial::open(&path, &other), Err(LiveError::OtherPartial { .. })));
    }
}
