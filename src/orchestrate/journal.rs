//! The journal: a heading, then every event of one run, one line of JSON each, appended before it is
//! handled.
//!
//! ```text
//! {"format":3,"run":"orchestrator-owned/planned/seed 1/…","inputs":{"trace":"…",…},"check":"…"}
//! {"format":3,"run":"orchestrator-owned/planned/seed 1/…","sequence":0,"time":0,"event":{…},"check":"…"}
//! ```
//!
//! Folding the events over a fresh orchestrator gives its state back, from any prefix of whole
//! lines. `run` names what was run, `inputs` what decides it besides, `time` is in milliseconds since
//! its start, and `check` hashes the line together with the one before, so that an edited, missing or
//! swapped line is told. An event is in the journal before it is handled: after a crash nobody knows
//! whether the commands of the last one were carried out, so they are looked at first, and then what
//! is [outstanding](super::Orchestrator::outstanding). Lines may end in CR LF, as some editors have it.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Catalog, ComponentIx, Event, ModuleIx};
use crate::time::Timestamp;

/// The format version of a journal: 2 since it has a heading, 3 since a build that is taken up again
/// says so. The same events fold to other commands than before, which a driver may have carried out.
pub const FORMAT: u32 = 3;

/// What decides a run besides what is rebuilt, how and with which seed. Compared as text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inputs {
    /// The recorded builds: a [`digest`], or `none`.
    pub trace: String,
    /// The farm file: a digest, or `none`.
    pub farm: String,
    /// The scenario file: a digest, or `none`.
    pub scenario: String,
    /// What else was asked for, in words.
    pub limits: String,
}

/// The first line: what the journal is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Heading {
    format: u32,
    run: String,
    inputs: Inputs,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    check: String,
}

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
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub hint: String,
}

/// An event with the time at which it was handled.
pub type Entry = (Timestamp, Event);

const OTHER_FILE: &str = "give another file, or the journal as it was written";
const OTHER_RUN: &str = "give the inputs and the seed it was written with, or another file";

/// Names a run: what was run, and on what: modules with their components, arches and dependants.
#[must_use]
pub fn run_name(catalog: &Catalog, how: &str, seed: u64) -> String {
    let mut hash = Sha256::new();
    for module in &catalog.modules {
        hash.update(module.id.as_bytes());
        hash.update([0, u8::from(module.is_start), u8::from(module.is_graph)]);
        for component in module.components.clone().map(ComponentIx) {
            hash.update(catalog.package(component).as_str().as_bytes());
            hash.update([1]);
            for task in catalog.tasks_of(component) {
                let arch = catalog.tasks[task as usize].arch;
                hash.update(catalog.arches[arch as usize].as_str().as_bytes());
                hash.update([2]);
            }
        }
        for dependants in [&module.dependants[..], &module.planned_dependants] {
            dependants.iter().for_each(|ModuleIx(at)| hash.update(at.to_le_bytes()));
            hash.update([3]);
        }
    }
    format!("{how}/seed {seed}/{}", short(&hash.finalize()))
}

/// Returns what stands for the content of an input in [`Inputs`].
#[must_use]
pub fn digest(content: &[u8]) -> String {
    let mut hash = Sha256::new();
    hash.update(content);
    short(&hash.finalize())
}

impl Heading {
    /// Heads the journal of a run.
    #[must_use]
    pub fn new(run: impl Into<String>, inputs: Inputs) -> Self {
        Self { format: FORMAT, run: run.into(), inputs, check: String::new() }
    }

    /// Says how another journal's heading differs from this one.
    fn differs(&self, found: &Self) -> Option<String> {
        if found.run != self.run {
            return Some(format!("this is a journal of {}, not of {}", found.run, self.run));
        }
        let (told, due) = (&found.inputs, &self.inputs);
        let pairs = [
            ("another trace", &told.trace, &due.trace),
            ("another farm", &told.farm, &due.farm),
            ("another scenario", &told.scenario, &due.scenario),
        ];
        let mut others: Vec<String> =
            pairs.iter().filter(|(_, a, b)| a != b).map(|(what, ..)| (*what).to_owned()).collect();
        if told.limits != due.limits {
            others.push(format!("`{}`, not `{}`", told.limits, due.limits));
        }
        (!others.is_empty()).then(|| format!("it was written with {}", others.join(" and ")))
    }
}

/// The lines of a journal, made one by one while the run goes on.
#[derive(Clone, Debug)]
pub struct Lines {
    heading: Heading,
    sequence: u64,
    check: String,
}

impl Lines {
    /// Begins the journal of a run.
    #[must_use]
    pub fn new(mut heading: Heading) -> Self {
        heading.check = checked("", &heading);
        let check = heading.check.clone();
        Self { heading, sequence: 0, check }
    }

    /// Returns the first line, with its line feed.
    #[must_use]
    pub fn heading(&self) -> String {
        line(&self.heading)
    }

    /// Returns the line of the next event, with its line feed.
    ///
    /// # Panics
    /// Never: events are JSON.
    pub fn next(&mut self, time: Timestamp, event: &Event) -> String {
        let (run, event) = (self.heading.run.clone(), event.clone());
        let sequence = self.sequence;
        let mut row = Row { format: FORMAT, run, sequence, time, event, check: String::new() };
        self.check = checked(&self.check, &row);
        self.sequence += 1;
        row.check.clone_from(&self.check);
        line(&row)
    }
}

fn line(row: &impl Serialize) -> String {
    let mut line = serde_json::to_string(row).expect("events are JSON");
    line.push('\n');
    line
}

/// Writes a journal as JSON lines.
#[must_use]
pub fn write<'e>(heading: &Heading, entries: impl IntoIterator<Item = &'e Entry>) -> String {
    let mut lines = Lines::new(heading.clone());
    let mut text = lines.heading();
    text.extend(entries.into_iter().map(|(time, event)| lines.next(*time, event)));
    text
}

/// Reads the events of a run's journal back. No line at all is a journal of a run that did not begin.
///
/// # Errors
/// The first line that is cut, edited, out of order, of another run or of another version.
pub fn read(bytes: &[u8], heading: &Heading) -> Result<Vec<Entry>, JournalError> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut check = String::new();
    for (line, at) in bytes.split_inclusive(|byte| *byte == b'\n').zip(1..) {
        let read = match at {
            1 => read_heading(line, heading).map(|told| check = told),
            _ => read_row(line, (heading, &check), &entries).map(|(entry, told)| {
                entries.push(entry);
                check = told;
            }),
        };
        read.map_err(|wrong| wrong.at(at))?;
    }
    Ok(entries)
}

/// What is wrong with a line.
enum Wrong {
    Cut,
    Run(String),
    Line(String),
}

impl Wrong {
    fn at(self, line: usize) -> JournalError {
        let (what, hint) = match self {
            Self::Run(what) => (what, OTHER_RUN.to_owned()),
            Self::Line(what) => (what, OTHER_FILE.to_owned()),
            Self::Cut => (
                "the journal is cut inside this line".to_owned(),
                match line {
                    1 => "remove it to begin anew".to_owned(),
                    _ => format!("remove line {line} to go on from line {}", line - 1),
                },
            ),
        };
        JournalError { line, what, hint }
    }
}

/// Reads the first line; returns its check.
fn read_heading(line: &[u8], due: &Heading) -> Result<String, Wrong> {
    let found: Heading = match parse(line) {
        Err(Wrong::Line(_)) if parse::<Row>(line).is_ok() => {
            return Err(Wrong::Line(
                "its heading is missing: this is the line of an event".to_owned(),
            ));
        }
        found => found?,
    };
    if let Some(what) = due.differs(&found) {
        return Err(Wrong::Run(what));
    }
    let plain = Heading { check: String::new(), ..found.clone() };
    fits(checked("", &plain), &found.check)
}

/// Reads the line of the event after those read; returns it with its check.
fn read_row(
    line: &[u8],
    (heading, check): (&Heading, &str),
    entries: &[Entry],
) -> Result<(Entry, String), Wrong> {
    let row: Row = parse(line)?;
    if row.run != heading.run {
        let what = format!("this is a line of {}, not of {}", row.run, heading.run);
        return Err(Wrong::Run(what));
    }
    if row.sequence != entries.len() as u64 {
        let due = entries.len();
        return Err(Wrong::Line(format!("event {} stands where {due} is due", row.sequence)));
    }
    if entries.last().is_some_and(|(time, _)| *time > row.time) {
        return Err(Wrong::Line("it is earlier than the line before it".to_owned()));
    }
    let plain = Row { check: String::new(), ..row.clone() };
    let check = fits(checked(check, &plain), &row.check)?;
    Ok(((row.time, row.event), check))
}

fn fits(check: String, told: &str) -> Result<String, Wrong> {
    let what = "its check does not fit: this line or one before it was edited";
    if check == told { Ok(check) } else { Err(Wrong::Line(what.to_owned())) }
}

fn parse<T: for<'d> Deserialize<'d>>(line: &[u8]) -> Result<T, Wrong> {
    let whole = line.strip_suffix(b"\n").ok_or(Wrong::Cut)?;
    let text = std::str::from_utf8(whole).map_err(|error| {
        Wrong::Line(format!("it is not UTF-8 from byte {} on", error.valid_up_to() + 1))
    })?;
    let no_row = |error| Wrong::Line(format!("it is no journal row: {error}"));
    let version: Version = serde_json::from_str(text).map_err(no_row)?;
    if version.format != FORMAT {
        return Err(Wrong::Line(format!(
            "it has format {}, and this program reads format {FORMAT}",
            version.format
        )));
    }
    serde_json::from_str(text).map_err(no_row)
}

/// Hashes a row without its check together with the check of the one before.
fn checked(before: &str, row: &impl Serialize) -> String {
    let mut hash = Sha256::new();
    hash.update(before.as_bytes());
    hash.update(serde_json::to_vec(row).expect("events are JSON"));
    short(&hash.finalize())
}

fn short(hash: &[u8]) -> String {
    hash.iter().take(8).fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes all that is written to it");
        text
    })
}

#[cfg(test)]
mod tests;
