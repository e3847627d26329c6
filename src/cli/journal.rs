//! The journal of a run in a file: each event is written before it is handled, so that a run which is
//! broken off leaves a journal up to where it was.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use modplan::orchestrate::Event;
use modplan::orchestrate::journal::{self, Entry, Heading, Inputs, Lines};
use modplan::sim::Setup;
use modplan::time::Timestamp;

use super::status::{PipeClosed, Refusal};

/// A journal that is being written.
pub(crate) struct Journal {
    path: PathBuf,
    out: Box<dyn Write>,
    lines: Lines,
    /// What was there before: the run must go the same way as far as it goes.
    kept: Vec<Entry>,
    /// How many events there were.
    count: usize,
    /// What went wrong first; a run cannot be stopped for it, but nothing more is written.
    trouble: Option<anyhow::Error>,
}

impl Journal {
    /// Opens the journal of a run, `-` on standard output; one that is there already must be of
    /// this run.
    pub(crate) fn open(path: &Path, setup: &Setup, inputs: Inputs) -> anyhow::Result<Self> {
        let how = format!("{}/{}", setup.approach.as_str(), setup.cascade.as_str());
        let name = journal::run_name(&setup.catalog, &how, setup.seed);
        let heading = Heading::new(name, inputs);
        let mut before = Vec::new();
        // A device or a pipe has no content to go on with.
        if fs::metadata(path).is_ok_and(|found| found.is_file()) {
            before = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        }
        let kept = journal::read(&before, &heading)
            .map_err(|error| no(path, (error.line, &error.what), error.hint))?;
        let out: Box<dyn Write> = if path == Path::new("-") {
            Box::new(io::stdout())
        } else {
            let file = File::options().append(true).create(true).open(path);
            Box::new(file.with_context(|| format!("cannot write {}", path.display()))?)
        };
        let (path, lines) = (path.to_owned(), Lines::new(heading));
        let mut journal = Self { path, out, lines, kept, count: 0, trouble: None };
        if before.is_empty() {
            let heading = journal.lines.heading();
            let written = journal.out.write_all(heading.as_bytes());
            journal.trouble = written.err().map(|error| journal.unwritten(error));
        }
        Ok(journal)
    }

    /// Writes one event, unless it is there already.
    pub(crate) fn append(&mut self, event: &Event, now: Timestamp) {
        if self.trouble.is_some() {
            return;
        }
        let line = self.lines.next(now, event);
        let kept = self.kept.get(self.count);
        self.count += 1;
        self.trouble = match kept {
            Some((time, known)) if *time == now && known == event => None,
            Some(_) => Some(self.goes_another_way()),
            None => self.out.write_all(line.as_bytes()).err().map(|error| self.unwritten(error)),
        };
    }

    /// Ends the journal, and tells what went wrong with it.
    pub(crate) fn close(mut self) -> anyhow::Result<()> {
        if let Some(trouble) = self.trouble.take() {
            return Err(trouble);
        }
        if self.count < self.kept.len() {
            self.count += 1;
            return Err(self.goes_another_way());
        }
        self.out.flush().map_err(|error| self.unwritten(error))
    }

    /// Tells of the event that was counted last; a heading stands before the first.
    fn goes_another_way(&self) -> anyhow::Error {
        let hint = "it was written by another modplan, or the inputs are others: give another file";
        no(&self.path, (self.count + 1, "this run goes another way from here"), hint).into()
    }

    fn unwritten(&self, error: io::Error) -> anyhow::Error {
        if self.path == Path::new("-") && error.kind() == ErrorKind::BrokenPipe {
            return PipeClosed.into();
        }
        anyhow::Error::from(error).context(format!("cannot write {}", self.path.display()))
    }
}

fn no(path: &Path, (line, what): (usize, &str), hint: impl Into<String>) -> Refusal {
    Refusal::no(format!("{}:{line}: {what}", path.display())).hint(hint)
}
