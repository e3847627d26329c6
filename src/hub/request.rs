//! What a caller can ask the hub to do: work, builds and requests.

use std::sync::Arc;

use super::ids::TagId;
use super::method::Method;
use super::settings::TaskArch;
use crate::time::Millis;

/// What a leaf task comes to: drawn by the caller, since the hub draws nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Work {
    /// How long it runs on a builder of speed 1 that it has to itself.
    pub run: Millis,
    /// Whether it then succeeds.
    pub is_ok: bool,
}

impl Work {
    /// Returns work that succeeds.
    #[must_use]
    pub const fn ok(run: Millis) -> Self {
        Self { run, is_ok: true }
    }
}

/// Which repo a build uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuildRepo {
    /// One that the caller names (`repo_id`): there is nothing to wait for.
    Given,
    /// Any that is not older than `lag` allows: koji's default.
    Lagging,
    /// One with all that is tagged by now (`wait_repo`).
    Fresh,
}

/// The build of one package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildSpec {
    /// The build tag, whose builds also go into it.
    pub tag: TagId,
    /// The source RPM; `None`: the build is one opaque piece of work, its step included.
    pub srpm: Option<Work>,
    /// One task per arch.
    pub arches: Vec<(TaskArch, Work)>,
    /// How it is tagged.
    pub tagging: Tagging,
    /// Mean time of earlier builds of the package, waiting included: `buildArch` weighs more for it.
    pub mean_build: Millis,
    /// Which repo it uses.
    pub repo: BuildRepo,
    /// What the caller calls it; all its tasks carry it.
    pub subject: Option<u32>,
}

/// How a build is tagged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tagging {
    /// By a `tagBuild` task.
    Task(Work),
    /// With no task of its own.
    Within,
    /// Not at all (`skip_tag`, `scratch`).
    None,
}

/// What a caller asks for: a task without a parent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// `build`.
    Build(Arc<BuildSpec>),
    /// `chainbuild`: levels one after the other, with a repo in between.
    ChainBuild {
        /// The build tag.
        tag: TagId,
        /// The builds of each level.
        levels: Arc<[Vec<Arc<BuildSpec>>]>,
    },
    /// `moduleBuild`, by the plug-in. Its handler is the caller's: see [`Hub::subtask`](super::Hub::subtask).
    ModuleBuild,
    /// `distRepo`: a repo for users, one task per arch.
    DistRepo {
        /// Work for each arch.
        arches: Vec<Work>,
    },
    /// `waitrepo`, as a client's `wait-repo` does.
    WaitRepo {
        /// The tag.
        tag: TagId,
    },
    /// `tagBuild`, called directly.
    TagBuild {
        /// The tag.
        tag: TagId,
        /// The work.
        work: Work,
    },
    /// Any method, as one opaque task.
    Task {
        /// The method.
        method: Method,
        /// Which builders.
        arch: TaskArch,
        /// The work.
        work: Work,
    },
}
