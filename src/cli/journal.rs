//! The journal of a run in a file: each event is written before it is handled, so that a run which is
//! broken off leaves a journal up to where it was. One that is there already is verified, then
//! extended.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Seek as _, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use modplan::drive::journal::{self, Began, Heading, InputFile, JournalError};
use modplan::drive::{self, Entry};
use modplan::orchestrate::{Approach, Catalog, Event};
use modplan::sim::Setup;
use modplan::time::Timestamp;
use sha2::{Digest as _, Sha256};

use super::args::WorldArgs;
use super::status::{PipeClosed, Refusal};
use super::world;

/// A journal that is being written.
pub(crate) struct Journal {
    path: PathBuf,
    out: Box<dyn Write>,
    catalog: Arc<Catalog>,
    /// What was there before: the run must go the same way as far as it goes.
    kept: Vec<Entry>,
    /// How many events there were.
    count: usize,
    /// What went wrong first: from then on nothing is written, and nothing handled.
    trouble: Option<anyhow::Error>,
}

/// The journal does not take a row.
pub(crate) struct Stopped;

/// Reads a journal that is there already; none where there is none, or where it is empty.
pub(crate) fn read(path: &Path) -> anyhow::Result<Option<journal::Journal>> {
    // A device or a pipe has no content to continue from.
    if !fs::metadata(path).is_ok_and(|found| found.is_file()) {
        return Ok(None);
    }
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let told = |JournalError { line, what, hint }| wrong(path, line, &what, hint);
    Ok(journal::read(&bytes).map_err(told)?)
}

/// Heads the journal of a run.
pub(crate) fn heading(
    setup: &Setup,
    definitions: &[modplan::orchestrate::Definition],
    args: &WorldArgs,
) -> anyhow::Result<Heading> {
    let starts = setup.catalog.starts(setup.cascade).count();
    let asked = match setup.approach {
        Approach::KojiOwned => u32::try_from(starts).unwrap_or(u32::MAX),
        Approach::OrchestratorOwned => 0,
    };
    let limits = setup.limits(setup.builds_max);
    let began = Began {
        approach: setup.approach,
        cascade: setup.cascade,
        dispatch: limits.dispatch,
        submit_limit: Some(limits.submit_limit).filter(|limit| *limit != u32::MAX),
        max_builds: setup.builds_max,
        builds_before: asked.min(setup.builds_max),
        retries: limits.retries,
        gates: limits.gates,
        repo: limits.repo,
        poll_ms: limits.poll.0,
        test_timeout_ms: limits.test_timeout.0,
        seed: setup.seed,
        durations: setup.durations.as_str().to_owned(),
    };
    Ok(Heading::new(began, inputs(args)?, definitions.to_vec()))
}

/// Names the files behind a simulated run.
fn inputs(args: &WorldArgs) -> anyhow::Result<Vec<InputFile>> {
    let traces = args.trace.iter().map(|path| ("trace", path));
    let farm = args.farm.iter().map(|path| ("farm", path));
    let scenario = args.scenario.iter().map(|path| ("scenario", path));
    let input = |(kind, path): (&str, &PathBuf)| {
        let (kind, path, sha256) = (kind.to_owned(), path.display().to_string(), digest(path)?);
        Ok(InputFile { kind, path, sha256 })
    };
    traces.chain(farm).chain(scenario).map(input).collect()
}

/// Returns the SHA-256 of a file; of what can be read once only, such as a pipe, of nothing.
fn digest(path: &Path) -> anyhow::Result<String> {
    let is_file = fs::metadata(path).is_ok_and(|found| found.is_file());
    let bytes = if is_file { world::read(path)? } else { Vec::new() };
    Ok(Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Returns the arguments that a journal was written with, if no file has changed since.
///
/// # Errors
/// A file changed or is missing: the simulated run would differ.
pub(crate) fn arguments(path: &Path, heading: &Heading) -> anyhow::Result<WorldArgs> {
    let mut args =
        WorldArgs { trace: Vec::new(), farm: None, scenario: None, seed: heading.began.seed };
    for input in &heading.inputs {
        let file = PathBuf::from(&input.path);
        if digest(&file)? != input.sha256 {
            let what = format!("{} is not the {} it was written with", input.path, input.kind);
            let hint = "restore the file, or give the inputs with --journal instead of --resume";
            return Err(wrong(path, 1, &what, hint).into());
        }
        match input.kind.as_str() {
            "trace" => args.trace.push(file),
            "farm" => args.farm = Some(file),
            "scenario" => args.scenario = Some(file),
            kind => {
                let what = format!("unknown kind of input `{kind}`");
                return Err(wrong(path, 1, &what, "use the modplan that wrote it").into());
            }
        }
    }
    Ok(args)
}

impl Journal {
    /// Opens the journal of a run, `-` on standard output, after what was `read` of it.
    pub(crate) fn open(
        path: &Path,
        heading: &Heading,
        found: Option<journal::Journal>,
        catalog: Arc<Catalog>,
    ) -> anyhow::Result<Self> {
        let whole = found.as_ref().map_or(0, |found| found.whole_bytes);
        if let Some(found) = &found
            && found.heading.run() != heading.run()
        {
            let what = format!("journal of {}, not of {}", found.heading.run(), heading.run());
            let hint = "give the inputs and the seed it was written with, or another file";
            return Err(wrong(path, 1, &what, hint).into());
        }
        if let Some(found) = &found
            && let Some((setting, was, is)) = found.heading.began.differs_from(&heading.began)
        {
            let what = format!("it was written with `{setting}: {was}`, not `{is}`");
            let hint = "give the settings it was written with, or another file";
            return Err(wrong(path, 1, &what, hint).into());
        }
        let out: Box<dyn Write> = if path == Path::new("-") {
            Box::new(io::stdout())
        } else {
            Box::new(
                at_end(path, whole).with_context(|| format!("cannot write {}", path.display()))?,
            )
        };
        let is_new = found.is_none();
        let kept = found.map(|found| found.entries).unwrap_or_default();
        let mut journal =
            Self { path: path.to_owned(), out, catalog, kept, count: 0, trouble: None };
        if is_new {
            let written = journal.out.write_all(heading.line().as_bytes());
            journal.trouble = written.err().map(|error| journal.unwritten(error));
        }
        Ok(journal)
    }

    /// Ends the journal, and says what went wrong with it.
    pub(crate) fn close(mut self) -> anyhow::Result<()> {
        if let Some(trouble) = self.trouble.take() {
            return Err(trouble);
        }
        if self.count < self.kept.len() {
            return Err(self.differs());
        }
        self.out.flush().map_err(|error| self.unwritten(error))
    }

    /// The run differs from what was written of it; the heading stands before the first row.
    fn differs(&self) -> anyhow::Error {
        let hint = "it was written by another modplan or with other inputs: give another file";
        wrong(&self.path, self.count + 2, "this run goes another way from here", hint).into()
    }

    fn unwritten(&self, error: io::Error) -> anyhow::Error {
        if self.path == Path::new("-") && error.kind() == ErrorKind::BrokenPipe {
            return PipeClosed.into();
        }
        anyhow::Error::from(error).context(format!("cannot write {}", self.path.display()))
    }
}

impl drive::Journal for Journal {
    type Error = Stopped;

    fn append(&mut self, at: Timestamp, event: &Event) -> Result<(), Stopped> {
        if self.trouble.is_some() {
            return Err(Stopped);
        }
        self.trouble = match self.kept.get(self.count) {
            Some((time, known)) if *time == at && known == event => None,
            Some(_) => Some(self.differs()),
            None => {
                let row = journal::row(self.count as u64, at, event, &self.catalog);
                self.out.write_all(row.as_bytes()).err().map(|error| self.unwritten(error))
            }
        };
        self.count += 1;
        Catalog::learn(&mut self.catalog, event);
        if self.trouble.is_some() { Err(Stopped) } else { Ok(()) }
    }
}

/// Opens a file to write after its whole lines: a torn one is written over.
fn at_end(path: &Path, whole: usize) -> io::Result<File> {
    let mut file = File::options().write(true).create(true).truncate(false).open(path)?;
    if file.metadata()?.is_file() {
        file.set_len(whole as u64)?;
        file.seek(SeekFrom::End(0))?;
    }
    Ok(file)
}

fn wrong(path: &Path, line: usize, what: &str, hint: &str) -> Refusal {
    Refusal::no(format!("{}:{line}: {what}", path.display())).hint(hint)
}
