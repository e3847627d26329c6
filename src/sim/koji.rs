//! What carries builds out: the seam between koji and the rest of the simulated world.
//!
//! The world ([`World`](super::World)) hands over [`Order`]s and hears [`Notice`]s; it owns the bus,
//! the tests, the people, the dependency service, every fault's clock and all the books but those
//! of builders. What carries builds out owns tasks, builders and repos, draws how long a task
//! takes and how it ends, and knows no orchestrator. It must provide:
//!
//! * `order`: takes an order and returns its [`Job`], numbered from 0. All that can be said at
//!   once is said by a notice, not by a return value.
//! * koji's own task of a module: `ModuleOpened` when its builder opens it, `ModuleWoken` when its builder
//!   finds that steps of it ended. The world orders its steps, and ends it by `end_module`. A model
//!   with builders stops at such a notice (`is_stopped`), in the middle of a moment, so that what the
//!   task orders is there for the rest of it; `resume` continues.
//! * `next`: when something happens next without being asked; `advance(now)` lets happen all that
//!   is due; `settle(now)` comes once after everything of a moment was ordered: only then is work
//!   given out, so that what is submitted together is taken by priority, not by who came first.
//! * `notice`: the notices since, in order. Each job ends exactly once, with a notice, except
//!   where it waits for ever; a job canceled by `cancel` ends without one.
//! * The end of a component comes with which of its builds it was (from 1 over the run), which names its
//!   draws, so that every variant of a comparison sees the same luck; and with the attempt that
//!   was ordered, unread, so that nobody has to look its job up.
//! * `fix`: people repaired a component; from now on its builds succeed.
//! * Faults, set and taken back by the world: builders that are gone, a hub that answers nobody
//!   (running tasks continue, none starts, no end is reported), repos that fail, a base package that
//!   fails every build that begins.
//! * `is_waiting`: whether a module build has not begun, for cascades that do not queue twice.
//! * The costs of each module build, busy builder time by arch, and bars for a Gantt chart.
//!
//! [`Koji::Ideal`] is the ideal model: one task per arch, nothing but building takes time.
//! [`Koji::OnHub`] is koji's model: a [hub](super::hub) with its builders and repos.

use std::num::NonZeroU16;

use super::figures::{Bar, Busy};
use super::spent::Timeline;
use crate::name::Arch;
use crate::orchestrate::{BuildId, ComponentEnd, ComponentIx, ModuleIx, RepoMaker};
use crate::time::{Millis, Timestamp};

mod ideal;
mod luck;
mod on_hub;
pub(super) use ideal::Ideal;
use luck::Luck;
use on_hub::OnHub;

/// When work ends that a builder has when a run is over.
const OPEN: Timestamp = Timestamp(u64::MAX);

/// Something ordered from koji, numbered from 0 in the order of asking within a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Job(pub(super) u32);

/// What koji is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// Make the tag and target of a module; in koji's model also the first repo of the build tag
    /// and the macros package.
    Target { build: BuildId, module: ModuleIx },
    /// Build one component in the tag of its module, for an attempt of its module build; of those
    /// that wait for one builder, the largest priority goes first.
    Component { build: BuildId, component: ComponentIx, attempt: NonZeroU16, priority: u32 },
    /// Build a whole module by koji's own task: it is opened, and the world says what it does.
    Module { build: BuildId, module: ModuleIx },
    /// Do a step of koji's own task of a module, which is the job `of`.
    Step { of: Job, build: BuildId, step: Step },
    /// Build a whole module where koji will find no modulemd: it fails before anything is built.
    Unfetched { build: BuildId },
    /// Make the repo of a module whose components are built; one that the orchestrator makes itself
    /// takes as long as a task, and no builder.
    Repo { build: BuildId, module: ModuleIx, by: RepoMaker },
}

impl Order {
    /// Returns which attempt of its module build a component was ordered for; none of all else.
    fn attempt(self) -> Option<NonZeroU16> {
        match self {
            Self::Component { attempt, .. } => Some(attempt),
            Self::Target { .. }
            | Self::Module { .. }
            | Self::Step { .. }
            | Self::Unfetched { .. }
            | Self::Repo { .. } => None,
        }
    }
}

/// A step of koji's own task of a module, for which koji has a subtask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Wait for a repo with all that is built, before a batch.
    Wait { batch: u32 },
    /// Build a component.
    Component(ComponentIx),
    /// Make the repo of the module.
    Repo,
}

/// What koji says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Notice {
    /// The module build it is about.
    pub(super) build: BuildId,
    /// The job.
    pub(super) job: Job,
    /// What happened.
    pub(super) what: What,
}

/// What happened to a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// Tag and target are there, with the first repo and the macros package; or could not be made.
    TargetMade { is_ok: bool },
    /// A component ended: of what was ordered by itself with the attempt that the order named, of
    /// a part of a whole module without; `nth` counts its builds over the run, from 1.
    ComponentEnded {
        component: ComponentIx,
        nth: u32,
        attempt: Option<NonZeroU16>,
        end: ComponentEnd,
    },
    /// koji's own task of a module is open, for the first time or again after it lost its builder.
    ModuleOpened,
    /// Its builder woke it: steps of it ended.
    ModuleWoken,
    /// koji's own module build ended.
    ModuleEnded { end: ComponentEnd },
    /// The repo of a module is made, or one that its task waits for is there; or it could not be made.
    RepoEnded { is_ok: bool },
}

/// What a module build cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cost {
    /// Builder time of its components so far.
    pub(super) busy: Millis,
    /// Builder time of those that failed or were canceled.
    pub(super) lost: Millis,
}

/// What breaks in koji and comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The hub answers nobody.
    Offline,
    /// Repos cannot be made.
    NoRepos,
    /// Every build that begins fails.
    BrokenBase,
}

/// A task that took a builder, for a Gantt chart.
#[derive(Clone, Debug)]
pub(super) struct TaskBar {
    /// The module build; none of a task that serves no module alone.
    pub(super) build: Option<BuildId>,
    /// The bar, but for the count of builds of the module.
    pub(super) bar: Bar,
}

/// What carries builds out.
#[derive(Debug)]
pub(super) enum Koji<'a> {
    /// The ideal model.
    Ideal(Box<Ideal<'a>>),
    /// koji's model.
    OnHub(Box<OnHub<'a>>),
}

macro_rules! ask {
    ($self:ident, $koji:ident => $answer:expr) => {
        match $self {
            Koji::Ideal($koji) => $answer,
            Koji::OnHub($koji) => $answer,
        }
    };
}

impl<'a> Koji<'a> {
    /// Prepares what a setup asks for.
    pub(super) fn new(setup: &'a super::Setup) -> Self {
        match &setup.hub {
            None => Self::Ideal(Box::new(Ideal::new(setup))),
            Some(hub) => Self::OnHub(Box::new(OnHub::new(setup, hub))),
        }
    }

    /// Starts a run; `with_bars` asks for a Gantt chart.
    pub(super) fn reset(&mut self, replication: u64, with_bars: bool) {
        ask!(self, koji => koji.reset(replication, with_bars));
    }

    pub(super) fn order(&mut self, now: Timestamp, order: Order) -> Job {
        ask!(self, koji => koji.order(now, order))
    }

    /// Cancels a job: what runs is canceled, and no notice comes.
    pub(super) fn cancel(&mut self, now: Timestamp, job: Job) {
        ask!(self, koji => koji.cancel(now, job));
    }

    /// Tags a component of a module build that passed its gate. In the ideal model tags hold all that is
    /// ordered from what is in them.
    pub(super) fn tag(&mut self, build: BuildId, component: ComponentIx) {
        match self {
            Self::Ideal(_) => {}
            Self::OnHub(koji) => koji.tag(build, component),
        }
    }

    /// Makes the tag and target that koji's own task of a module builds in.
    pub(super) fn make_target(&mut self, build: BuildId, module: ModuleIx) {
        match self {
            Self::Ideal(_) => {}
            Self::OnHub(koji) => koji.make_target(build, module),
        }
    }

    /// Ends a task of a module that was [opened](What::ModuleOpened).
    pub(super) fn end_module(&mut self, job: Job, end: ComponentEnd) {
        ask!(self, koji => koji.end_module(job, end));
    }

    /// Returns whether a task of a module hears of its steps only when its builder wakes it; one without
    /// a builder hears of them at once.
    pub(super) fn is_woken(&self, job: Job) -> bool {
        match self {
            Self::Ideal(_) => false,
            Self::OnHub(koji) => koji.is_woken(job),
        }
    }

    /// Returns whether the process of a task of a module is there: its builder did not go away since it
    /// opened the task.
    pub(super) fn is_running(&self, job: Job) -> bool {
        match self {
            Self::Ideal(_) => true,
            Self::OnHub(koji) => koji.is_running(job),
        }
    }

    /// Returns whether tasks of modules are to act before anything else happens.
    pub(super) fn is_stopped(&self) -> bool {
        match self {
            Self::Ideal(_) => false,
            Self::OnHub(koji) => koji.is_stopped(),
        }
    }

    /// Continues after tasks of modules acted.
    pub(super) fn resume(&mut self, now: Timestamp) {
        match self {
            Self::Ideal(_) => {}
            Self::OnHub(koji) => koji.resume(now),
        }
    }

    pub(super) fn next(&self) -> Option<Timestamp> {
        ask!(self, koji => koji.next())
    }

    pub(super) fn advance(&mut self, now: Timestamp) {
        ask!(self, koji => koji.advance(now));
    }

    pub(super) fn settle(&mut self, now: Timestamp) {
        ask!(self, koji => koji.settle(now));
    }

    /// Returns whether there is a notice: mostly there is none, which this finds without a call.
    pub(super) fn has_notice(&self) -> bool {
        ask!(self, koji => !koji.notices.is_empty())
    }

    pub(super) fn notice(&mut self) -> Option<Notice> {
        ask!(self, koji => koji.notices.pop_front())
    }

    /// Returns whether a job waits for its first builder.
    pub(super) fn is_waiting(&self, job: Job) -> bool {
        ask!(self, koji => koji.is_waiting(job))
    }

    /// From now on the builds of a component succeed.
    pub(super) fn fix(&mut self, component: ComponentIx) {
        ask!(self, koji => koji.fix(component));
    }

    pub(super) fn is_fixed(&self, component: ComponentIx) -> bool {
        ask!(self, koji => koji.is_fixed(component))
    }

    /// Sets or ends a trouble.
    pub(super) fn trouble(&mut self, trouble: Trouble, is_on: bool) {
        ask!(self, koji => koji.trouble(trouble, is_on));
    }

    /// Takes builders of a group away: what runs on them waits again. All where `count` is none.
    pub(super) fn take_builders(&mut self, now: Timestamp, group: u32, count: Option<u32>) -> u32 {
        ask!(self, koji => koji.take_builders(now, group, count))
    }

    /// Gives builders back.
    pub(super) fn give_builders(&mut self, group: u32, count: u32) {
        ask!(self, koji => koji.give_builders(group, count));
    }

    pub(super) fn cost(&self, build: BuildId) -> Cost {
        ask!(self, koji => koji.cost(build))
    }

    /// Notes when builders worked for modules; of what one still has no end is known.
    pub(super) fn worked(&self, spans: &mut Timeline) {
        ask!(self, koji => koji.worked(spans));
    }

    pub(super) fn busy(&self) -> Busy {
        match self {
            Self::Ideal(koji) => koji.busy(),
            Self::OnHub(koji) => koji.busy(),
        }
    }

    pub(super) fn tasks(&self) -> u64 {
        ask!(self, koji => koji.tasks())
    }

    pub(super) fn repo_regenerations(&self) -> u64 {
        match self {
            Self::Ideal(_) => 0,
            Self::OnHub(koji) => koji.repo_regenerations(),
        }
    }

    /// Returns why what is left cannot continue, in words, once nothing more happens, and what would help.
    pub(super) fn stuck(&self) -> Vec<(String, &'static str)> {
        ask!(self, koji => koji.stuck())
    }

    /// Returns what kept the repo of a module build that failed because koji waited for one too
    /// long, in words, and what would help.
    pub(super) fn late(&self, build: BuildId) -> Option<(String, &'static str)> {
        match self {
            Self::Ideal(_) => None,
            Self::OnHub(koji) => koji.late(build),
        }
    }

    pub(super) fn component_builds(&self) -> u64 {
        ask!(self, koji => koji.component_builds())
    }

    /// Returns how many builds of components of a module began.
    pub(super) fn component_builds_of(&self, module: ModuleIx) -> u32 {
        ask!(self, koji => koji.component_builds_of(module))
    }

    pub(super) fn arches_without_builder(&self) -> Vec<Arch> {
        ask!(self, koji => koji.arches_without_builder())
    }

    pub(super) fn take_bars(&mut self) -> Vec<TaskBar> {
        ask!(self, koji => koji.take_bars())
    }
}
