//! Tasks: koji's unit of work, and what a caller can ask the hub to do.

use std::sync::Arc;

use super::repo::{EventId, TagId};
use super::settings::TaskArch;
use crate::koji::TaskState;
use crate::time::{Millis, Timestamp};

/// A task of one hub, numbered from 0 in the order of creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(pub u32);

/// No builder, no parent.
pub(super) const NONE: u32 = u32::MAX;
/// A moment that does not come.
pub(super) const NEVER: Timestamp = Timestamp(u64::MAX);

/// The methods that are simulated; every other one is a piece of work like any.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "koji's own names")]
pub enum Method {
    Build,
    BuildArch,
    BuildSrpm,
    ChainBuild,
    CreateDistRepo,
    Createrepo,
    DistRepo,
    ModuleBuild,
    NewRepo,
    Other,
    TagBuild,
    WaitRepo,
}

impl Method {
    /// Every method.
    pub const ALL: [Self; 12] = [
        Self::Build,
        Self::BuildArch,
        Self::BuildSrpm,
        Self::ChainBuild,
        Self::CreateDistRepo,
        Self::Createrepo,
        Self::DistRepo,
        Self::ModuleBuild,
        Self::NewRepo,
        Self::Other,
        Self::TagBuild,
        Self::WaitRepo,
    ];

    /// Returns koji's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Build => "build",
            Self::BuildArch => "buildArch",
            Self::BuildSrpm => "buildSRPMFromSCM",
            Self::ChainBuild => "chainbuild",
            Self::CreateDistRepo => "createdistrepo",
            Self::Createrepo => "createrepo",
            Self::DistRepo => "distRepo",
            Self::ModuleBuild => "moduleBuild",
            Self::NewRepo => "newRepo",
            Self::Other => "other",
            Self::TagBuild => "tagBuild",
            Self::WaitRepo => "waitrepo",
        }
    }

    /// Returns what koji has an open task weigh, its history left out.
    #[must_use]
    pub fn weight(self) -> f64 {
        crate::koji::weight(self.as_str()).unwrap_or(1.0)
    }

    /// Returns whether a noarch task of this method is refused to builders without an arch of its
    /// build tag, which koji does when it creates the task.
    pub(super) fn keeps_to_tag_arches(self) -> bool {
        matches!(self, Self::BuildArch | Self::BuildSrpm)
    }
}

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
    /// `moduleBuild`, by the plug-in: batches one after the other, each on a repo with all before it.
    ModuleBuild {
        /// The module's build tag.
        tag: TagId,
        /// The builds of each batch.
        batches: Arc<[Vec<Arc<BuildSpec>>]>,
        /// The repo of the module, at the end.
        createrepo: Work,
    },
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

/// Tells the children of a task apart: a parent that runs again finds those it already made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Label {
    Repo,
    Srpm,
    Arch(u32),
    Tag,
    Wait(u32),
    Build(u32, u32),
}

/// What a handler does.
#[derive(Clone, Debug)]
pub(super) enum Job {
    Leaf { work: Work, tags: Option<TagId> },
    Build { spec: Arc<BuildSpec>, step: BuildStep },
    Levels(Levels),
    WaitRepo(WaitRepo),
    NewRepo { tag: TagId, number: u32, event: EventId, is_begun: bool },
    DistRepo { arches: Vec<Work>, is_begun: bool },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BuildStep {
    Start,
    Repo,
    Srpm,
    Arches,
    Tag,
}

/// A chain build or a module build.
#[derive(Clone, Debug)]
pub(super) struct Levels {
    pub(super) tag: TagId,
    pub(super) levels: Arc<[Vec<Arc<BuildSpec>>]>,
    /// The repo of a module; `None`: a chain build.
    pub(super) createrepo: Option<Work>,
    pub(super) at: u32,
    pub(super) step: LevelStep,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LevelStep {
    Start,
    Wait,
    Builds,
    Repo,
}

/// A task that waits for a repo.
#[derive(Clone, Copy, Debug)]
pub(super) struct WaitRepo {
    pub(super) tag: TagId,
    /// The least event of the repo; `None`: the last change at the first look.
    pub(super) least: Option<EventId>,
    pub(super) request: Option<u32>,
}

/// One task.
#[derive(Clone, Debug)]
pub(super) struct Task {
    pub(super) method: Method,
    pub(super) state: TaskState,
    pub(super) priority: i32,
    pub(super) bin: u32,
    pub(super) builder: u32,
    pub(super) parent: u32,
    pub(super) arch: TaskArch,
    pub(super) subject: Option<u32>,
    /// The event by which its build was tagged.
    pub(super) tagged: Option<EventId>,
    pub(super) weight: f64,
    pub(super) is_waiting: bool,
    pub(super) has_news: bool,
    /// It was freed: it may find children that it made before.
    pub(super) begins_again: bool,
    /// It began while tasks of its method fail.
    pub(super) is_doomed: bool,
    pub(super) created: Timestamp,
    pub(super) assigned: Timestamp,
    pub(super) opened: Timestamp,
    /// When a final state was reached; of an open leaf, when it will be.
    pub(super) ends: Timestamp,
    /// What is left of an open leaf, in milliseconds of undisturbed work.
    pub(super) left: f64,
    pub(super) children: Vec<(Label, u32)>,
    /// How many of them are not over.
    pub(super) pending: u32,
    /// Whether one of them ended otherwise than closed.
    pub(super) has_failed: bool,
    pub(super) job: Job,
}

/// A task as others see it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TaskInfo {
    /// What it does.
    pub method: Method,
    /// How it stands.
    pub state: TaskState,
    /// Lower goes first.
    pub priority: i32,
    /// The task that waits for it.
    pub parent: Option<TaskId>,
    /// The builder it is on or was on, by position.
    pub builder: Option<u32>,
    /// The arch it needs; `None`: any.
    pub arch: Option<u32>,
    /// What the caller calls the build it belongs to.
    pub subject: Option<u32>,
    /// Whether it works itself, and waits for no children.
    pub is_leaf: bool,
    /// What it weighs, once it is open.
    pub weight: f64,
    /// When it was created.
    pub created: Timestamp,
    /// When it was given to its builder.
    pub assigned: Option<Timestamp>,
    /// When its builder opened it.
    pub opened: Option<Timestamp>,
    /// When it reached a final state.
    pub ended: Option<Timestamp>,
}

impl Task {
    pub(super) fn new(method: Method, job: Job) -> Self {
        Self {
            method,
            state: TaskState::Free,
            priority: 0,
            bin: 0,
            builder: NONE,
            parent: NONE,
            arch: TaskArch::Noarch,
            subject: None,
            tagged: None,
            weight: method.weight(),
            is_waiting: false,
            has_news: false,
            begins_again: false,
            is_doomed: false,
            created: Timestamp::START,
            assigned: NEVER,
            opened: NEVER,
            ends: NEVER,
            left: 0.0,
            children: Vec::new(),
            pending: 0,
            has_failed: false,
            job,
        }
    }

    pub(super) fn is_leaf(&self) -> bool {
        matches!(self.job, Job::Leaf { .. })
    }

    pub(super) fn info(&self) -> TaskInfo {
        let number = |at: u32| (at != NONE).then_some(at);
        let moment = |at: Timestamp| (at != NEVER).then_some(at);
        TaskInfo {
            method: self.method,
            state: self.state,
            priority: self.priority,
            parent: number(self.parent).map(TaskId),
            builder: number(self.builder),
            arch: match self.arch {
                TaskArch::Noarch => None,
                TaskArch::Arch(arch) => Some(arch),
            },
            subject: self.subject,
            is_leaf: self.is_leaf(),
            weight: self.weight,
            created: self.created,
            assigned: moment(self.assigned),
            opened: moment(self.opened),
            ended: if self.state.is_final() { moment(self.ends) } else { None },
        }
    }
}
