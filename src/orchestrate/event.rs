//! What an orchestrator hears and what it asks for. Both are data: a journal row holds an event,
//! and a dry run prints commands.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::mailbox::{Concern, Owner};
use super::{ComponentIx, ModuleIx, RepoMaker, Row};
use crate::time::Timestamp;

/// One build of one module in one run, numbered from 0 in the order of submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BuildId(pub u32);

/// How the build of a component ended, as koji spells the states of a build.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ComponentEnd {
    /// It is built for every arch.
    Complete,
    /// One arch failed, which fails the build.
    Failed,
    /// It was canceled.
    Canceled,
}

/// Something that happened. An event may come twice, late, or for something that is gone; then it
/// changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Event {
    /// Somebody asks the orchestrator to build a module (`fedpkg module-build`).
    Requested {
        /// The number of the request: the same request may come twice.
        request: u32,
        /// What to build.
        module: ModuleIx,
    },
    /// Somebody repaired what kept a module build from going on and asks for it to go on.
    Resumed {
        /// The number of the request.
        request: u32,
        /// The module build.
        build: BuildId,
        /// Components with a repaired source, in catalog order; none: only try again.
        fixed: Arc<[ComponentIx]>,
    },
    /// Somebody wants a module build stopped.
    Canceled {
        /// The number of the request.
        request: u32,
        /// The module build.
        build: BuildId,
    },
    /// The modulemd of a module build is here.
    Fetched {
        /// The module build.
        build: BuildId,
    },
    /// The modulemd of a module build cannot be had for good: it is gone, or cannot be read. A source
    /// server that does not answer is [`Event::Refused`].
    FetchFailed {
        /// The module build.
        build: BuildId,
    },
    /// Tag and target of a module build are there.
    TargetMade {
        /// The module build.
        build: BuildId,
    },
    /// The build of one component ended.
    ComponentEnded {
        /// The module build it belongs to.
        build: BuildId,
        /// The component.
        component: ComponentIx,
        /// Which attempt of this module build, from 1.
        attempt: u32,
        /// How it ended.
        end: ComponentEnd,
    },
    /// A component was tested.
    ComponentTested {
        /// The module build it belongs to.
        build: BuildId,
        /// The component.
        component: ComponentIx,
        /// The attempt that was tested.
        attempt: u32,
        /// Whether all that is required passed.
        passed: bool,
    },
    /// A component that passed its gate is in the tag of its module.
    ComponentTagged {
        /// The module build it belongs to.
        build: BuildId,
        /// The component.
        component: ComponentIx,
    },
    /// The repo of a module is made, or could not be.
    RepoEnded {
        /// The module build.
        build: BuildId,
        /// Which try of this module build, from 1.
        attempt: u32,
        /// Whether it is made.
        is_ok: bool,
    },
    /// A module was tested; where no gate is configured, complete counts as passed at once.
    Tested {
        /// The module build.
        build: BuildId,
        /// The module.
        module: ModuleIx,
        /// Which test of this module build, from 1.
        attempt: u32,
        /// Whether all that is required passed.
        passed: bool,
    },
    /// Somebody waived what a test found: the gate is open without a new result.
    Waived {
        /// The module build.
        build: BuildId,
        /// The module.
        module: ModuleIx,
        /// The component whose test is waived; none: the module's own.
        component: Option<ComponentIx>,
    },
    /// The dependency service answered.
    Dependants {
        /// The module build that passed.
        build: BuildId,
        /// The module asked about.
        module: ModuleIx,
        /// What it found, to be checked again.
        rows: Arc<[Row]>,
    },
    /// A call was refused, or nobody answered it: nothing of it is done. Calls are what koji, the
    /// source server, the dependency service, the tests and the bus are asked for; each is made
    /// again, with a bound. A repo that the orchestrator could not begin to make counts as one that
    /// it could not make. A poll that nobody answers is not made again: the next one is due anyway.
    Refused {
        /// The call.
        command: Box<Command>,
    },
    /// A moment that was asked for is here.
    Timer {
        /// Which.
        timer: Timer,
    },
}

/// What is to be done at a moment asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Timer {
    /// Ask koji and the tests for what the bus lost.
    Poll,
    /// Call the hub again.
    Hub,
    /// Look for results that are overdue.
    TestsDue {
        /// The module build.
        build: BuildId,
    },
    /// Make the repo again.
    Repo {
        /// The module build.
        build: BuildId,
    },
    /// Send what was kept back so that people get few mails.
    Digest {
        /// To whom.
        to: Owner,
    },
    /// Make a call again; the call says which try it is.
    Again {
        /// The call.
        command: Box<Command>,
    },
}

/// Why an orchestrator stops a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StopReason {
    /// As many module builds as the cap allows were submitted, and one more was due.
    Capped,
}

/// Something that must now be done. Each can be repeated or reconciled without harm: a submission
/// carries (module build, component, attempt), by which a driver finds it at koji.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Command {
    /// Have koji build a whole module (koji-owned).
    BuildModule {
        /// The module.
        module: ModuleIx,
        /// The module build whose pass is the reason.
        cause: Option<BuildId>,
        /// Whether to leave it when a build of the module waits for its first builder.
        unless_waiting: bool,
        /// How often the call was refused.
        tries: u32,
    },
    /// A module build begins (orchestrator-owned): it gets its version.
    OpenModule {
        /// Its number.
        build: BuildId,
        /// The module.
        module: ModuleIx,
        /// The module build whose pass is the reason.
        cause: Option<BuildId>,
    },
    /// A module build that has submitted nothing yet serves one more reason: none is opened for it.
    JoinModule {
        /// The module build.
        build: BuildId,
        /// The module.
        module: ModuleIx,
        /// The module build whose pass is the reason; none: somebody asked.
        cause: Option<BuildId>,
    },
    /// Fetch the modulemd of a module build.
    Fetch {
        /// The module build.
        build: BuildId,
        /// The module.
        module: ModuleIx,
    },
    /// Make the tag and target of a module build, and what koji needs before a component can be
    /// built in it.
    CreateTarget {
        /// The module build.
        build: BuildId,
        /// The module.
        module: ModuleIx,
    },
    /// Submit one component to koji (orchestrator-owned).
    BuildComponent {
        /// The module build.
        build: BuildId,
        /// The component.
        component: ComponentIx,
        /// Which attempt of this module build, from 1.
        attempt: u32,
        /// The larger goes first: its place among all components by the longest path that waits
        /// for it, or by its own estimate where batches order the build.
        priority: u32,
    },
    /// Cancel the build of a component.
    CancelComponent {
        /// The module build.
        build: BuildId,
        /// The component.
        component: ComponentIx,
        /// Which attempt of this module build, from 1.
        attempt: u32,
    },
    /// Tag a component that passed its gate into the tag of its module.
    TagComponent {
        /// The module build.
        build: BuildId,
        /// The component.
        component: ComponentIx,
    },
    /// Make the repo of a module with its modulemd inside.
    MakeRepo {
        /// The module build.
        build: BuildId,
        /// The module.
        module: ModuleIx,
        /// Which try of this module build, from 1.
        attempt: u32,
        /// By whom; koji where a journal does not say.
        #[serde(default, skip_serializing_if = "RepoMaker::is_koji")]
        by: RepoMaker,
    },
    /// Publish that a module is done: built, with its repo made.
    Publish {
        /// The module build.
        build: BuildId,
        /// The module.
        module: ModuleIx,
        /// Which test of this module build it asks for, from 1.
        attempt: u32,
    },
    /// Ask the tests for a result that is missing or is to be made anew.
    RequestTest {
        /// The module build.
        build: BuildId,
        /// The component; none: the module.
        component: Option<ComponentIx>,
        /// The attempt to be tested.
        attempt: u32,
    },
    /// Say that a module passed its gate and may be used.
    Ready {
        /// The module build.
        build: BuildId,
        /// The module.
        module: ModuleIx,
    },
    /// Give a module build up until somebody repairs it.
    FailModule {
        /// The module build.
        build: BuildId,
        /// The module.
        module: ModuleIx,
    },
    /// Say on the bus that a module build that was given up goes on: MBS has a message for such a
    /// change of state. One that was not given up, such as one kept by a red test, goes on without.
    ResumeModule {
        /// The module build.
        build: BuildId,
        /// The module.
        module: ModuleIx,
    },
    /// Ask the dependency service who depends on a module.
    AskDependants {
        /// The module build that passed.
        build: BuildId,
        /// The module.
        module: ModuleIx,
        /// How often nobody answered.
        tries: u32,
    },
    /// Mail the relevant people that the rebuild is stuck, or goes on.
    Mail {
        /// To whom.
        to: Owner,
        /// What it is about, in the order in which it came up.
        about: Vec<Concern>,
    },
    /// Ask koji and the tests how all that is outstanding stands.
    Poll,
    /// Give a timer event at a moment.
    Timer {
        /// When.
        at: Timestamp,
        /// Which.
        timer: Timer,
    },
    /// Submit nothing more, cancel what runs.
    Stop {
        /// Why.
        reason: StopReason,
    },
}

/// Which of the two designs of 2016 runs: the two differ in who owns the build of a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Approach {
    /// koji builds whole modules; the orchestrator only reacts to test results.
    KojiOwned,
    /// The orchestrator submits and tracks every component.
    OrchestratorOwned,
}

impl Approach {
    /// Returns the word used in commands and formats.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::KojiOwned => "koji-owned",
            Self::OrchestratorOwned => "orchestrator-owned",
        }
    }
}
