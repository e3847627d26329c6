//! Recorded history: how long each kind of task took for each package and arch, and how it ended.
//!
//! A [`History`] is read from one or many files: trace CSV, koji's own answers as JSON, or bus
//! messages, recognised by content. Problems in them are findings with file, line and column; a row
//! with an error is left out and reading continues. No random numbers are drawn here: [`Samples`]
//! are pure functions of an attempt number or of a uniform number in `[0, 1)`.
//!
//! Rows of CSV files come first, in their order; those of JSON files follow, combined over all
//! files and ordered by start. Run time and waiting time are separate, a task with children is
//! represented by its children, and tasks that had not ended are counted as unfinished.
//!
//! Within a method, a package without a closed row for its arch falls back to the package on any
//! arch, then to the arch, then to all; [`EstimateFrom`] says which. Failed rows are used only for
//! the time of failures, canceled rows not at all.

mod bus;
mod collect;
mod csv;
mod fallback;
mod fit;
mod json;
mod moment;
mod object;
mod outlier;
mod place;
mod pool;
mod recorded;
mod request;
mod rows;
mod samples;
mod write;

use crate::koji;
use crate::load::{Code, Finding, Place, Severity};
use crate::name::{Arch, PackageName, nearest};
use crate::time::Millis;

pub use fallback::Fallback;
pub use fit::{Family, Fit, Goodness, ROWS_ENOUGH};
pub use outlier::Outlier;
pub use recorded::{
    BuildShape, EstimateFrom, KindFit, Row, RowOutcome, Tally, TraceFile, Unfinished,
};
pub use samples::{Draw, Fits, Samples};

/// The method of a task that builds one arch.
pub const BUILD_ARCH: &str = "buildArch";
/// The method of a whole component build, if nothing more detailed is known.
pub const BUILD: &str = "build";
/// The method of the task that makes a source package.
pub const BUILD_SRPM: &str = "buildSRPMFromSCM";
/// The method of the task that tags a build.
pub const TAG_BUILD: &str = "tagBuild";
/// The method of the task that makes the repo of one arch.
pub const CREATEREPO: &str = "createrepo";
/// The method of the task that regenerates the repo of a tag.
pub const NEW_REPO: &str = "newRepo";

/// Longer than any real task; a larger number means a wrong unit or a wrong clock.
const RUN_MAX: Millis = Millis::from_secs(366 * 86_400);

/// Recorded tasks, with estimates and samples.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// The files read, in the order given.
    pub files: Vec<TraceFile>,
    /// Problems, in input order.
    pub findings: Vec<Finding>,
    /// Records that are not rows.
    pub tally: Tally,
    /// Tasks that had not ended.
    pub unfinished: Vec<Unfinished>,
    rows: Vec<Row>,
    pools: pool::Pools,
}

impl History {
    /// Reads trace files, each a path to print and its content.
    #[must_use]
    pub fn read(inputs: &[(&str, &[u8])]) -> Self {
        let mut history = Self::default();
        let mut collection = collect::Collection::default();
        for (path, bytes) in inputs {
            history.read_one(path, bytes, &mut collection);
        }
        for (place, earlier, what) in &collection.contradictions {
            let file = &history.files[earlier.input as usize].path;
            let message =
                format!("{what}; the one at {file}:{}:{} is used", earlier.line, earlier.column);
            history.findings.push(Finding::new(Code::TraceDuplicate, *place, message));
        }
        let rows = rows::rows(
            &collection,
            &mut history.tally,
            &mut history.unfinished,
            &mut history.findings,
        );
        history.check_methods(&collection);
        history.findings.sort_by_key(|finding| finding.place);
        history.rows.extend(rows);
        history.pools = pool::Pools::new(&history.rows);
        history
    }

    /// Records a file that could not be read at all, with the reason.
    pub fn note_broken(&mut self, path: &str, code: Code, why: String) {
        let input = u32::try_from(self.files.len()).expect("fewer than 2^32 trace files");
        self.files.push(TraceFile { path: path.to_owned(), kind: "unknown", records: 0 });
        self.findings.push(Finding::new(code, Place { input, line: 1, column: 1 }, why));
    }

    fn read_one(&mut self, path: &str, bytes: &[u8], collection: &mut collect::Collection) {
        let input = u32::try_from(self.files.len()).expect("fewer than 2^32 trace files");
        let (kind, records) = match text(bytes, input) {
            Err(finding) => {
                self.findings.push(finding);
                ("unknown", 0)
            }
            Ok(text) if json::looks_like_json(text) => self.read_json(text, input, collection),
            Ok(text) => {
                let before = self.rows.len();
                csv::read(text, input, &mut self.rows, &mut self.findings);
                ("csv", self.rows.len() - before)
            }
        };
        self.files.push(TraceFile { path: path.to_owned(), kind, records });
    }

    fn read_json(
        &mut self,
        text: &str,
        input: u32,
        collection: &mut collect::Collection,
    ) -> (&'static str, usize) {
        let before = self.findings.len();
        let mut reader = json::Reader::new(text, input, collection, &mut self.findings);
        reader.read(text);
        let (counts, from_the_future) = (reader.counts, reader.from_the_future);
        self.tally.foreign += counts.foreign;
        self.tally.others += counts.others;
        self.tally.repeated += counts.repeated;
        self.tally.imported += counts.imported;
        if let Some((place, messages)) = from_the_future {
            let plural = if messages == 1 { " tells" } else { "s tell" };
            let message = format!("{messages} message{plural} of times after being sent");
            let hint = "the times written by the hub are used, not those of sending";
            self.findings.push(Finding::new(Code::TraceClock, place, message).hint(hint));
        }
        let records = counts.tasks + counts.builds + counts.messages;
        if records == 0 && self.findings.len() == before {
            let place = Place { input, line: 1, column: 1 };
            let message = "this JSON contains no koji tasks, builds or bus messages";
            let hint = "use the output of listTasks or getTaskDescendents, one message per line, \
                        or pages of datagrepper";
            self.findings.push(Finding::new(Code::TraceShape, place, message).hint(hint));
        }
        (if counts.messages > 0 { "messages" } else { "koji" }, records)
    }

    /// Reports methods that koji does not have, each once: from a plug-in, or misspelt.
    fn check_methods(&mut self, collection: &collect::Collection) {
        let mut told = std::collections::BTreeSet::new();
        for task in collection.tasks.values() {
            if koji::weight(&task.method).is_none() && told.insert(&task.method) {
                let message = format!("method `{}` is not one of koji's own", task.method);
                let finding = Finding::new(Code::TraceMethod, task.place, message);
                self.findings.push(match nearest(&task.method, koji::methods()) {
                    Some(near) => finding.hint(format!("did you mean `{near}`?")),
                    None => finding,
                });
            }
        }
    }

    /// Makes a history from given rows.
    #[must_use]
    pub fn from_rows(rows: Vec<Row>) -> Self {
        let pools = pool::Pools::new(&rows);
        Self { rows, pools, ..Self::default() }
    }

    /// Fits a distribution to the rows of every key, for durations drawn from fits.
    #[must_use]
    pub fn fitted(mut self) -> Self {
        self.pools.fit();
        self
    }

    /// Sets the run times of tasks without a record.
    #[must_use]
    pub fn with_fallback(mut self, fallback: Fallback) -> Self {
        self.pools.fallback = fallback;
        self
    }

    /// Returns every fit, by method, package and arch; empty before [`Self::fitted`].
    #[must_use]
    pub fn fits(&self) -> Vec<KindFit> {
        self.pools.fits()
    }

    /// Returns every row, in the order recorded.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Returns the rows far from the others of their method, package and arch, farthest first.
    #[must_use]
    pub fn outliers(&self) -> Vec<Outlier<'_>> {
        outlier::outliers(&self.rows)
    }

    /// Writes every row as Trace CSV.
    #[must_use]
    pub fn to_csv(&self) -> String {
        write::csv(&self.rows)
    }

    /// Returns whether a finding makes the trace unusable for commands.
    #[must_use]
    pub fn is_wrong(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity() == Severity::Error)
    }

    /// Returns the median run time of closed tasks, and its source.
    #[must_use]
    pub fn estimate(
        &self,
        method: &str,
        package: &PackageName,
        arch: &Arch,
    ) -> (Millis, EstimateFrom) {
        match self.pools.closed(method, package.as_str(), arch.as_str()) {
            Some((cell, from)) => (cell.median(), from),
            None => (self.pools.fallback.of(method), EstimateFrom::Default),
        }
    }

    /// Returns the samples for replay and resampling of one method, package and arch.
    #[must_use]
    pub fn samples(&self, method: &str, package: &PackageName, arch: &Arch) -> Samples {
        self.pools.samples(method, package.as_str(), arch.as_str())
    }

    /// Returns the tasks of a build of `package`, as far as the history knows them.
    #[must_use]
    pub fn build_shape(&self, package: &PackageName) -> BuildShape {
        self.pools.build_shape(package.as_str())
    }
}

/// A hint for koji's text output.
const WANTS_JSON: &str =
    "this looks like koji's text output; `koji call --json-output` prints JSON";

/// Returns bytes as text without the mark at its start.
fn text(bytes: &[u8], input: u32) -> Result<&str, Finding> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let good = std::str::from_utf8(&bytes[..error.valid_up_to()]).expect("valid up to there");
        let place = place::Lines::new(good, input).at(good.len());
        Finding::new(Code::TraceText, place, "the trace is not UTF-8 text")
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

#[cfg(test)]
mod tests;
