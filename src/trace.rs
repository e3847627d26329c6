//! Recorded history: how long each kind of task took for each package and arch, and how it ended.
//!
//! A [`History`] is read from one or many trace files. Problems in them are findings with file,
//! line and column; a row with an error is left out and reading goes on. Nothing is drawn here:
//! [`Samples`] are pure functions of an attempt number or of a uniform number in `[0, 1)`.
//!
//! Within a method, a package without a closed row for its arch falls back to the package on any
//! arch, then to the arch, then to all; [`EstimateFrom`] says how far. Failed rows feed only the
//! time of failures, canceled rows nothing.

mod csv;
mod pool;
mod samples;

use std::fmt;
use std::sync::Arc;

use crate::load::{Finding, Severity};
use crate::name::{Arch, PackageName};
use crate::time::Millis;

pub use samples::{Draw, Samples};

/// The method of a task that builds one arch.
pub const BUILD_ARCH: &str = "buildArch";
/// The method of a whole component build, when nothing finer is known.
pub const BUILD: &str = "build";
/// The method of the task that makes a source package.
pub const BUILD_SRPM: &str = "buildSRPMFromSCM";
/// The method of the task that tags a build.
pub const TAG_BUILD: &str = "tagBuild";
/// The method of the task that makes the repo of one arch.
pub const CREATEREPO: &str = "createrepo";

/// How a recorded task ended, in koji's words.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum RowOutcome {
    /// It succeeded.
    Closed,
    /// It failed.
    Failed,
    /// Somebody stopped it: says nothing about how long it takes.
    Canceled,
}

impl RowOutcome {
    /// Every outcome, in the order in which messages name them.
    pub const ALL: [Self; 3] = [Self::Closed, Self::Failed, Self::Canceled];

    /// Returns the word of the trace format.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
        }
    }
}

/// One recorded task.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The package built; empty for tasks that belong to none, such as `createrepo`.
    pub package: PackageName,
    /// The method, in koji's words.
    pub method: Arc<str>,
    /// The arch, as koji's (`noarch` too).
    pub arch: Arch,
    /// How long it ran, without waiting for a builder.
    pub run: Millis,
    /// How it ended.
    pub outcome: RowOutcome,
    /// How long it waited for a builder.
    pub queued: Option<Millis>,
    /// When it started to run.
    pub started_at: Option<jiff::Timestamp>,
    /// The module it was built for.
    pub module: Option<Arc<str>>,
    /// Name, version and release of what was built.
    pub nvr: Option<Arc<str>>,
    /// Where the row was recorded.
    pub source: Option<Arc<str>>,
}

/// One trace file; the `input` of a finding's place points into [`History::files`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceFile {
    /// The path as findings print it; `-` for standard input.
    pub path: String,
    /// What the content is: `csv`.
    pub kind: &'static str,
    /// Rows taken from it.
    pub rows: usize,
}

/// How coarse a source an estimate came from, finest first.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum EstimateFrom {
    /// Closed rows of the package on that arch.
    PackageArch,
    /// Closed rows of the package on any arch.
    Package,
    /// Closed rows of any package on that arch.
    Arch,
    /// Closed rows of the method.
    All,
    /// No closed row of the method: a built-in default.
    Default,
}

impl EstimateFrom {
    /// Returns the word of the plan's `estimate_from`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PackageArch => "package-arch",
            Self::Package => "package",
            Self::Arch => "arch",
            Self::All => "all",
            Self::Default => "default",
        }
    }
}

impl fmt::Display for EstimateFrom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Which tasks a component build is made of, as far as the history tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BuildShape {
    /// One `buildArch` task for each arch of the component.
    PerArch,
    /// The package is known as `noarch` only: one `buildArch` task on any builder.
    Noarch,
    /// Only whole builds are known: one opaque `build` task, on a builder of this arch (any
    /// builder for `noarch`), with no SRPM, arch or tag steps filled in.
    Whole(Arch),
}

/// What was recorded, with estimates and samples.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// The files read, in the order given.
    pub files: Vec<TraceFile>,
    /// What is wrong or odd, in input order.
    pub findings: Vec<Finding>,
    rows: Vec<Row>,
    pools: pool::Pools,
}

impl History {
    /// Reads trace files, each a path to print and its content.
    #[must_use]
    pub fn read(inputs: &[(&str, &[u8])]) -> Self {
        let mut history = Self::default();
        for (path, bytes) in inputs {
            let input = u32::try_from(history.files.len()).expect("fewer than 2^32 trace files");
            let before = history.rows.len();
            csv::read(bytes, input, &mut history.rows, &mut history.findings);
            let rows = history.rows.len() - before;
            history.files.push(TraceFile { path: (*path).to_owned(), kind: "csv", rows });
        }
        history.pools = pool::Pools::new(&history.rows);
        history
    }

    /// Makes a history of rows from elsewhere.
    #[must_use]
    pub fn from_rows(rows: Vec<Row>) -> Self {
        let pools = pool::Pools::new(&rows);
        Self { rows, pools, ..Self::default() }
    }

    /// Returns every row, in the order recorded.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Returns whether a finding makes the trace wrong, so that a command that uses it must not.
    #[must_use]
    pub fn is_wrong(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity() == Severity::Error)
    }

    /// Returns the median run time of closed tasks, and how coarse a source it came from.
    #[must_use]
    pub fn estimate(
        &self,
        method: &str,
        package: &PackageName,
        arch: &Arch,
    ) -> (Millis, EstimateFrom) {
        match self.pools.closed(method, package.as_str(), arch.as_str()) {
            Some((cell, from)) => (cell.median(), from),
            None => (default_run(method), EstimateFrom::Default),
        }
    }

    /// Returns what replay and resampling draw from for one method, package and arch.
    #[must_use]
    pub fn samples(&self, method: &str, package: &PackageName, arch: &Arch) -> Samples {
        self.pools.samples(method, package.as_str(), arch.as_str())
    }

    /// Returns which tasks building `package` takes, as far as the history tells.
    #[must_use]
    pub fn build_shape(&self, package: &PackageName) -> BuildShape {
        self.pools.build_shape(package.as_str())
    }
}

/// Returns the run time assumed for a method that no trace has a closed row of.
#[must_use]
pub fn default_run(method: &str) -> Millis {
    Millis::from_secs(match method {
        "buildSRPMFromSCM" | "rebuildSRPM" => 30,
        "tagBuild" => 2,
        "createrepo" | "createdistrepo" => 60,
        _ => 600,
    })
}

#[cfg(test)]
mod tests;
