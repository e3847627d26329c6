//! The journal: a heading that describes the run, then every event, one line of JSON each, appended
//! before it is handled.
//!
//! ```text
//! {"format":4,"began":{"approach":"orchestrator-owned",…},"inputs":[…],"modules":[…],"sum":"…"}
//! {"row":0,"at":0,"event":{"requested":{"request":0,"module":"perl:5.30:c0ffee00"}},"sum":"…"}
//! ```
//!
//! A journal is self-contained: the heading describes the orchestrator with its limits and
//! everything it can rebuild, and folding the events over it restores its state, from any prefix of
//! whole lines. Events may name modules that the heading does not know, and carry their
//! definitions. Modules and components are identified by name, `name:stream:context` and
//! `name:stream:context/key`; `at` is in milliseconds since the beginning. `sum` is of the line
//! before it: the last line of a run that was killed may be torn, and is dropped; a damaged line
//! anywhere else is an error.
//!
//! Format 4 is the first that must be readable for ever (`fixtures/journal/`). Earlier formats had
//! numbers that meant nothing without the original inputs.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::Entry;
use super::words::{Names, Words};
use crate::orchestrate::{
    Approach, BuildBudget, Cascade, Catalog, Definition, DefinitionError, Dispatch, Event, Gates,
    Limits, Orchestrator, RepoMaker,
};
use crate::time::{Millis, Timestamp};

mod numbered;

/// The format of the journals that are written.
pub const FORMAT: u32 = 4;

/// The settings of a run: decided when it begins, and constant until it ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Began {
    /// The owner of module builds.
    pub approach: Approach,
    /// How a rebuild spreads.
    pub cascade: Cascade,
    /// In which order components are submitted.
    pub dispatch: Dispatch,
    /// The maximum number of simultaneous component builds; `None`: unlimited.
    pub submit_limit: Option<u32>,
    /// The maximum number of module builds of the run.
    pub max_builds: u32,
    /// The number of module builds that people requested from koji before the first event.
    pub builds_before: u32,
    /// The number of retries of a failed component within a module build.
    pub retries: u32,
    /// What has to pass a test.
    pub gates: Gates,
    /// The maker of the repo of a module.
    pub repo: RepoMaker,
    /// The interval of polls for lost messages, in milliseconds.
    pub poll_ms: u64,
    /// The time limit of a test result, in milliseconds.
    pub test_timeout_ms: u64,
    /// The seed of every draw of the simulated world.
    pub seed: u64,
    /// How the simulated world draws durations from the trace.
    pub durations: String,
}

impl Began {
    /// Returns the limits of the orchestrator.
    #[must_use]
    pub fn limits(&self) -> Limits {
        Limits {
            dispatch: self.dispatch,
            submit_limit: self.submit_limit.unwrap_or(u32::MAX),
            budget: BuildBudget::new(self.max_builds - self.builds_before.min(self.max_builds)),
            retries: self.retries,
            gates: self.gates,
            repo: self.repo,
            poll: Millis(self.poll_ms),
            test_timeout: Millis(self.test_timeout_ms),
        }
    }

    /// Returns the first setting that differs from those of another run, as JSON: its name, its value
    /// here, and the other.
    #[must_use]
    pub fn differs_from(&self, other: &Self) -> Option<(String, String, String)> {
        let [here, there] = [self, other].map(|began| {
            let value = serde_json::to_value(began).expect("settings are JSON");
            value.as_object().expect("settings are an object").clone()
        });
        let (name, value) = here.iter().find(|(name, value)| there.get(*name) != Some(value))?;
        let other = there.get(name).map_or_else(String::new, ToString::to_string);
        Some((name.clone(), value.to_string(), other))
    }
}

/// An input file of a simulated run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputFile {
    /// Its kind: `trace`, `farm` or `scenario`.
    pub kind: String,
    /// Its path, as typed.
    pub path: String,
    /// The checksum of its content.
    pub sha256: String,
}

/// The first line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Heading {
    format: u32,
    /// The settings of the run.
    pub began: Began,
    /// The files behind a simulated run.
    pub inputs: Vec<InputFile>,
    /// Everything that can be rebuilt.
    pub modules: Vec<Definition>,
}

impl Heading {
    /// Makes the heading of the journal of a run.
    #[must_use]
    pub fn new(began: Began, inputs: Vec<InputFile>, modules: Vec<Definition>) -> Self {
        Self { format: FORMAT, began, inputs, modules }
    }

    /// Names the run: its settings, and the modules that the plan rebuilds with their components.
    /// It does not depend on traces, estimates or modules that are not rebuilt.
    #[must_use]
    pub fn run(&self) -> String {
        let Began { approach, cascade, seed, .. } = &self.began;
        let mut hash = Sha256::new();
        for module in self.modules.iter().filter(|module| module.wave.is_some()) {
            hash.update(module.id.as_bytes());
            hash.update([0, u8::from(module.is_start), u8::from(module.is_graph)]);
            for component in &module.components {
                hash.update(component.component.as_str().as_bytes());
                for task in &component.tasks {
                    hash.update([1]);
                    hash.update(task.arch.as_str().as_bytes());
                }
                hash.update([2]);
            }
            for dependant in &module.planned_dependants {
                hash.update(dependant.as_bytes());
                hash.update([3]);
            }
        }
        let content = hash.finalize();
        let short: String = content.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        format!("{}/{}/seed {seed}/{short}", approach.as_str(), cascade.as_str())
    }

    /// Makes the catalog of everything that can be rebuilt, with the estimates of the heading.
    ///
    /// # Errors The first contradiction in its definitions.
    pub fn catalog(&self) -> Result<Catalog, DefinitionError> {
        Catalog::of(&self.modules)
    }

    /// Makes the orchestrator in its state before the first event.
    #[must_use]
    pub fn orchestrator(&self, catalog: &Arc<Catalog>) -> Orchestrator {
        Orchestrator::new(catalog, self.began.approach, self.began.cascade, self.began.limits())
    }

    /// Returns its line, with the line feed.
    #[must_use]
    pub fn line(&self) -> String {
        line(self)
    }
}

/// One row, without its checksum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    row: u64,
    at: Timestamp,
    event: Words,
}

/// Returns the line of an event, with its line feed: `row` counts from 0. The catalog has
/// [learned](Catalog::learn) from all events before it.
#[must_use]
pub fn row(row: u64, at: Timestamp, event: &Event, catalog: &Catalog) -> String {
    line(&Row { row, at, event: Words::of(event, catalog) })
}

/// Writes a journal; numbers of its events are of the `catalog` before the first.
#[must_use]
pub fn write(heading: &Heading, catalog: &Arc<Catalog>, entries: &[Entry]) -> String {
    let (mut text, mut catalog) = (heading.line(), Arc::clone(catalog));
    for ((at, event), number) in entries.iter().zip(0..) {
        text.push_str(&row(number, *at, event, &catalog));
        Catalog::learn(&mut catalog, event);
    }
    text
}

fn line(row: &impl Serialize) -> String {
    let mut line = serde_json::to_string(row).expect("rows are JSON");
    let closing = line.pop();
    assert_eq!(closing, Some('}'), "a row is an object");
    let sum = sum(line.as_bytes());
    format!("{line}{SUM}{sum:016x}\"}}\n")
}

/// The text before the checksum of a line.
const SUM: &str = ",\"sum\":\"";

/// Returns a checksum (FNV-1a) that reveals a torn line.
fn sum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// A journal that was read.
#[derive(Clone, Debug)]
pub struct Journal {
    /// Its first line.
    pub heading: Heading,
    /// The definitions of the heading; events may add more.
    pub catalog: Arc<Catalog>,
    /// Its events.
    pub entries: Vec<Entry>,
    /// The size of its whole lines in bytes; a torn line may follow, which is overwritten.
    pub whole_bytes: usize,
}

/// A problem in a journal, with its line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct JournalError {
    /// The line, from 1.
    pub line: usize,
    /// The problem.
    pub what: String,
    /// A hint.
    pub hint: &'static str,
}

const OTHER_FILE: &str = "use another file, or restore the journal";
const OLD: &str = "run it again with --journal and a new file";

/// Only the field that decides whether a journal can be read at all.
#[derive(Deserialize)]
struct Version {
    format: u32,
}

/// Reads a journal; `None` if even the heading is torn: the run did not begin.
///
/// # Errors
/// The first line that is damaged, out of order or of another format; a torn last line is not an
/// error.
pub fn read(bytes: &[u8]) -> Result<Option<Journal>, JournalError> {
    let mut lines = bytes.split_inclusive(|byte| *byte == b'\n').zip(1_usize..).peekable();
    let Some((first, _)) = lines.next() else { return Ok(None) };
    refuse_other_formats(first)?;
    let heading: Heading = match whole(first) {
        Some(json) => parse(&json, 1)?,
        None if lines.peek().is_none() => return Ok(None),
        None => return Err(damaged(1)),
    };
    let wrong = |line, what: String| JournalError { line, what, hint: OTHER_FILE };
    let catalog = heading.catalog().map_err(|error| wrong(1, error.to_string()))?;
    let catalog = Arc::new(catalog);
    let mut names = Names::of(&catalog);
    let (mut entries, mut whole_bytes) = (Vec::new(), first.len());
    while let Some((text, number)) = lines.next() {
        let Some(json) = whole(text) else {
            if lines.peek().is_none() {
                break;
            }
            return Err(damaged(number));
        };
        let row = match numbered::row(&json, &catalog) {
            Some(row) => row,
            None => parse::<Row>(&json, number)?,
        };
        if row.row != entries.len() as u64 {
            let what = format!("row {} is in the place of row {}", row.row, entries.len());
            return Err(wrong(number, what));
        }
        let event = row.event.read(&names).map_err(|error| wrong(number, error.to_string()))?;
        names.learn(&event);
        entries.push((row.at, event));
        whole_bytes += text.len();
    }
    Ok(Some(Journal { heading, catalog, entries, whole_bytes }))
}

/// Returns the JSON of a whole line; `None` if it is torn or damaged.
fn whole(line: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(line).ok()?;
    let text = text.strip_suffix('\n')?;
    let text = text.strip_suffix('\r').unwrap_or(text);
    let at = text.rfind(SUM)?;
    let told = text[at + SUM.len()..].strip_suffix("\"}")?;
    (u64::from_str_radix(told, 16).ok()? == sum(&text.as_bytes()[..at]))
        .then(|| format!("{}}}", &text[..at]))
}

fn parse<T: serde::de::DeserializeOwned>(json: &str, line: usize) -> Result<T, JournalError> {
    serde_json::from_str(json).map_err(|error| {
        let what = format!("invalid journal row: {error}");
        JournalError { line, what, hint: OTHER_FILE }
    })
}

fn damaged(line: usize) -> JournalError {
    let what = "the line is damaged: its checksum does not match".to_owned();
    JournalError { line, what, hint: OTHER_FILE }
}

fn refuse_other_formats(first: &[u8]) -> Result<(), JournalError> {
    let Ok(Version { format }) = serde_json::from_slice(first) else { return Ok(()) };
    let (what, hint) = match format {
        FORMAT => return Ok(()),
        ..FORMAT => {
            (format!("format {format} is older than {FORMAT} and can no longer be read"), OLD)
        }
        _ => (
            format!("format {format} is newer than this modplan, which reads format {FORMAT}"),
            "use the modplan that wrote it, or a newer one",
        ),
    };
    Err(JournalError { line: 1, what, hint })
}

#[cfg(test)]
mod tests;
