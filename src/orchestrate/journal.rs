//! The journal: every event of one run, one line of JSON each, appended before it is handled.
//!
//! ```text
//! {"format":1,"run":"orchestrator-owned/planned/seed 1/…","sequence":0,"time":0,"event":{…},"check":"…"}
//! ```
//!
//! Folding the events over a fresh orchestrator gives its state back, from any prefix of whole
//! lines. `run` names what was run, `time` is in milliseconds since its start, and `check` hashes the
//! line together with the one before, so that an edited, missing or swapped line is told.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Catalog, ComponentIx, Event};
use crate::time::Timestamp;

/// The format version of a journal row.
pub const FORMAT: u32 = 1;

/// One row, but for its check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    format: u32,
    run: String,
    sequence: u64,
    time: Timestamp,
    event: Event,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    check: String,
}

/// Only what tells whether a row can be read at all.
#[derive(Deserialize)]
struct Version {
    format: u32,
}

/// What is wrong with a journal, with the line it stands in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct JournalError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong and what to do.
    pub what: String,
}

/// An event with the time at which it was handled.
pub type Entry = (Timestamp, Event);

/// Names a run: what was run, and on what.
#[must_use]
pub fn run_name(catalog: &Catalog, how: &str, seed: u64) -> String {
    let mut hash = Sha256::new();
    for module in &catalog.modules {
        hash.update(module.id.as_bytes());
        hash.update([0]);
        for component in module.components.clone() {
            hash.update(catalog.package(ComponentIx(component)).as_str().as_bytes());
            hash.update([1]);
        }
    }
    format!("{how}/seed {seed}/{}", short(&hash.finalize()))
}

/// The lines of a journal, made one by one while the run goes on.
#[derive(Clone, Debug)]
pub struct Lines {
    run: String,
    sequence: u64,
    check: String,
}

impl Lines {
    /// Begins the journal of a run.
    #[must_use]
    pub fn new(run: impl Into<String>) -> Self {
        Self { run: run.into(), sequence: 0, check: String::new() }
    }

    /// Returns the line of the next event, with its line feed.
    ///
    /// # Panics
    /// Never: events are JSON.
    pub fn next(&mut self, time: Timestamp, event: &Event) -> String {
        let (run, event) = (self.run.clone(), event.clone());
        let sequence = self.sequence;
        let mut row = Row { format: FORMAT, run, sequence, time, event, check: String::new() };
        self.check = checked(&self.check, &row);
        self.sequence += 1;
        row.check.clone_from(&self.check);
        let mut line = serde_json::to_string(&row).expect("events are JSON");
        line.push('\n');
        line
    }
}

/// Writes a journal as JSON lines.
#[must_use]
pub fn write<'e>(run: &str, entries: impl IntoIterator<Item = &'e Entry>) -> String {
    let mut lines = Lines::new(run);
    entries.into_iter().map(|(time, event)| lines.next(*time, event)).collect()
}

/// Reads a journal of a run back.
///
/// # Errors
/// The first line that is cut, edited, out of order, of another run or of another version.
pub fn read(text: &str, run: &str) -> Result<Vec<Entry>, JournalError> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut check = String::new();
    for (line, at) in text.split_inclusive('\n').zip(1..) {
        let wrong = |what: String| JournalError { line: at, what };
        let Some(whole) = line.strip_suffix('\n') else {
            return Err(wrong(format!(
                "the journal is cut inside this line; the {} lines before it are whole",
                at - 1
            )));
        };
        let row = parse(whole).map_err(wrong)?;
        if row.run != run {
            return Err(wrong(format!("this is a journal of {}, not of {run}", row.run)));
        }
        if row.sequence != entries.len() as u64 {
            let due = entries.len();
            return Err(wrong(format!("event {} stands where {due} is due", row.sequence)));
        }
        if entries.last().is_some_and(|(time, _)| *time > row.time) {
            return Err(wrong("it is earlier than the line before it".to_owned()));
        }
        let told = row.check.clone();
        check = checked(&check, &row);
        if check != told {
            return Err(wrong(
                "its check does not fit: this line or one before it was edited".to_owned(),
            ));
        }
        entries.push((row.time, row.event));
    }
    Ok(entries)
}

fn parse(line: &str) -> Result<Row, String> {
    let version: Version =
        serde_json::from_str(line).map_err(|error| format!("it is no journal row: {error}"))?;
    if version.format != FORMAT {
        return Err(format!(
            "it has format {}, and this program reads format {FORMAT}",
            version.format
        ));
    }
    serde_json::from_str(line).map_err(|error| format!("it is no journal row: {error}"))
}

/// Hashes a row together with the check of the one before.
fn checked(before: &str, row: &Row) -> String {
    let mut hash = Sha256::new();
    hash.update(before.as_bytes());
    let plain = Row { check: String::new(), ..row.clone() };
    hash.update(serde_json::to_vec(&plain).expect("events are JSON"));
    short(&hash.finalize())
}

fn short(hash: &[u8]) -> String {
    hash.iter().take(8).fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes all that is written to it");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::orchestrate::{BuildId, ModuleIx};

    fn entries() -> Vec<Entry> {
        let build = BuildId(0);
        vec![
            (Timestamp(0), Event::Requested { request: 0, module: ModuleIx(3) }),
            (Timestamp(0), Event::Fetched { build }),
            (Timestamp(2500), Event::TargetMade { build }),
        ]
    }

    fn wrong(text: &str) -> (usize, String) {
        let error = read(text, "r").unwrap_err();
        (error.line, error.what)
    }

    #[test]
    fn every_prefix_of_whole_lines_reads_back() {
        let text = write("r", &entries());
        let ends = text.match_indices('\n').map(|(at, _)| at + 1);
        for (end, kept) in std::iter::once(0).chain(ends).zip(0..) {
            assert_eq!(read(&text[..end], "r").unwrap(), entries()[..kept]);
        }
    }

    #[test]
    fn a_cut_line_says_how_much_is_whole() {
        let text = write("r", &entries());
        let (line, what) = wrong(&text[..text.len() - 20]);
        assert_eq!(line, 3);
        assert_eq!(what, "the journal is cut inside this line; the 2 lines before it are whole");
    }

    #[test]
    fn an_edited_line_is_told() {
        let text = write("r", &entries());
        let edited = text.replace("\"module\":3", "\"module\":4");
        assert_eq!(
            wrong(&edited),
            (1, "its check does not fit: this line or one before it was edited".to_owned())
        );
        let later = text.replace("2500", "2400");
        assert_eq!(wrong(&later).0, 3);
        let lines: Vec<&str> = text.lines().collect();
        let gap = format!("{}\n{}\n", lines[0], lines[2]);
        assert_eq!(wrong(&gap), (2, "event 2 stands where 1 is due".to_owned()));
    }

    #[test]
    fn a_repo_says_by_whom_only_where_that_is_not_koji() {
        use crate::orchestrate::{Command, RepoMaker};
        let row = |by| {
            let (build, module) = (BuildId(0), ModuleIx(0));
            let command = Box::new(Command::MakeRepo { build, module, by });
            vec![(Timestamp(0), Event::Refused { command })]
        };
        // Rows of koji are those of a program that knew no other.
        let koji = write("r", &row(RepoMaker::Koji));
        assert!(koji.contains(r#""make-repo":{"build":0,"module":0}"#), "{koji}");
        assert_eq!(read(&koji, "r").unwrap(), row(RepoMaker::Koji));
        let own = write("r", &row(RepoMaker::Orchestrator));
        assert!(own.contains(r#""make-repo":{"build":0,"module":0,"by":"self"}"#), "{own}");
        assert_eq!(read(&own, "r").unwrap(), row(RepoMaker::Orchestrator));
    }

    #[test]
    fn another_version_and_another_run_are_told() {
        let text = write("r", &entries()[..1]);
        let other = text.replace("\"format\":1", "\"format\":2");
        assert_eq!(
            wrong(&other),
            (1, "it has format 2, and this program reads format 1".to_owned())
        );
        let error = read(&text, "s").unwrap_err();
        assert_eq!(error.to_string(), "line 1: this is a journal of r, not of s");
        assert_eq!(wrong("garbage\n").0, 1);
        let unknown = text.replace("\"requested\"", "\"requisted\"");
        assert!(wrong(&unknown).1.starts_with("it is no journal row: unknown variant"));
    }
}
