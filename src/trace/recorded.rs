//! The content of a history: rows, other records, and the sources of estimates.

use std::fmt;
use std::sync::Arc;

use super::Fit;
use crate::name::{Arch, PackageName};
use crate::time::Millis;

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
    /// It was stopped, which says nothing about its duration.
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
    /// The built package; empty for tasks without one, such as `createrepo`.
    pub package: PackageName,
    /// The method, in koji's words.
    pub method: Arc<str>,
    /// The arch, as koji's (`noarch` too).
    pub arch: Arch,
    /// Its run time, without waiting for a builder.
    pub run: Millis,
    /// How it ended.
    pub outcome: RowOutcome,
    /// How long it waited for a builder.
    pub queued: Option<Millis>,
    /// When it started to run.
    pub started_at: Option<jiff::Timestamp>,
    /// The module it was built for.
    pub module: Option<Arc<str>>,
    /// Name, version and release of the build.
    pub nvr: Option<Arc<str>>,
    /// The place of the record.
    pub source: Option<Arc<str>>,
}

/// One trace file; the `input` of a finding's place points into [`History::files`](super::History::files).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceFile {
    /// The path as findings print it; `-` for standard input.
    pub path: String,
    /// The kind of content: `csv`, `koji` or `messages`.
    pub kind: &'static str,
    /// The number of rows, tasks and builds, or messages read from it.
    pub records: usize,
}

/// Records that are not rows, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Tally {
    /// Tasks that are represented by their children.
    pub told_by_children: usize,
    /// Ends without a beginning.
    pub unmatched: usize,
    /// Records without new information.
    pub repeated: usize,
    /// Messages of another instance than `primary`.
    pub foreign: usize,
    /// Messages and answers that are not about tasks, builds or repos.
    pub others: usize,
    /// Builds of modules, images and others imported by content generators, which are not component
    /// builds.
    pub imported: usize,
    /// Rows of whole builds, whose time includes their tasks' waiting.
    pub whole_builds: usize,
}

/// A task that had not ended at the end of the record: its duration is unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// The built package; empty for tasks without one.
    pub package: PackageName,
    /// The method.
    pub method: Arc<str>,
    /// The arch.
    pub arch: Arch,
}

/// The distribution fitted to the closed rows of one method, package and arch.
#[derive(Clone, Debug, PartialEq)]
pub struct KindFit {
    /// The method.
    pub method: Arc<str>,
    /// The package; empty for tasks without one.
    pub package: PackageName,
    /// The arch.
    pub arch: Arch,
    /// The fitted key.
    pub fit: Fit,
}

/// The source of an estimate, the most specific first.
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
    /// Every source, finest first.
    pub const ALL: [Self; 5] =
        [Self::PackageArch, Self::Package, Self::Arch, Self::All, Self::Default];

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

/// The tasks of a component build, as far as the history knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BuildShape {
    /// One `buildArch` task for each arch of the component.
    PerArch,
    /// The package is known as `noarch` only: one `buildArch` task on any builder.
    Noarch,
    /// Only whole builds are known: one opaque `build` task, on a builder of this arch (any
    /// builder for `noarch`), with no SRPM, arch or tag steps filled in.
    Whole(Arch),
    /// The package has no record: treated as [`BuildShape::PerArch`] by default.
    Unknown,
}
