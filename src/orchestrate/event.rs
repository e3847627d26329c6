//! What an orchestrator hears and what it asks for. Both are data: a journal row holds an event,
//! and a dry run prints commands.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::call::{Answer, Asked, Call, CallId, Party};
use super::{BuildId, ComponentIx, Definition, ModuleIx, Owner};
use crate::time::Timestamp;

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
        /// What to build, `name:stream:context`; it may be outside the plan.
        module: Arc<str>,
    },
    /// Somebody says what a module is made of, before it is asked for. The first definition holds.
    Defined {
        /// The definition. Its wave and its dependants are not read.
        definition: Arc<Definition>,
    },
    /// Somebody repaired what kept a module build from ending well and asks to resume it.
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
    /// The process was restarted: every call that is outstanding is looked for before it is repeated.
    Restarted,
    /// A party answered a call, or a look for one.
    Answered {
        /// The call.
        call: CallId,
        /// What it said.
        answer: Answer,
    },
    /// Observed: the build of one component ended.
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
    /// Observed: a component was tested.
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
    /// Observed: the repo of a module is made, or could not be.
    RepoEnded {
        /// The module build.
        build: BuildId,
        /// Which try of this module build, from 1.
        attempt: u32,
        /// Whether it is made.
        is_ok: bool,
    },
    /// Observed: a module was tested; where no gate is configured, complete counts as passed at once.
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
    /// Observed: somebody waived what a test found. The gate is open without a new result.
    Waived {
        /// The module build.
        build: BuildId,
        /// The module.
        module: ModuleIx,
        /// The component whose test is waived; none: the module's own.
        component: Option<ComponentIx>,
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
    /// Ask a party again that refused.
    Party {
        /// Which.
        party: Party,
        /// Whether it was reported as away: it is asked again for as long as it takes.
        is_away: bool,
    },
    /// Make a call whose moment this is.
    Call {
        /// Which.
        id: CallId,
    },
    /// Look for results that are overdue.
    TestsDue {
        /// The module build.
        build: BuildId,
    },
    /// Send what was kept back so that people get few mails.
    Digest {
        /// To whom.
        to: Owner,
    },
}

/// Why an orchestrator stops a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StopReason {
    /// As many module builds as the cap allows were submitted, and one more was due.
    Capped,
}

/// What an orchestrator wants: a call that somebody answers, something to say, or a timer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Ask a party to do something. Its answer is an [`Event::Answered`] with the same number.
    Call {
        /// The number of the call.
        id: CallId,
        /// What is asked.
        call: Call,
    },
    /// Ask the party what it has of a call whose answer is missing, and do nothing else. `Done` and
    /// `Failed` answer as the call itself would have been; `Absent` has the call made again.
    Look {
        /// The number of the call.
        id: CallId,
        /// What was asked.
        call: Call,
    },
    /// Take note: nothing is done and nothing answered. The same may be said again after a restart.
    Tell(Tell),
    /// Give a timer event at a moment.
    Timer {
        /// When.
        at: Timestamp,
        /// Which.
        timer: Timer,
    },
}

impl Command {
    /// Returns what a poll asks about; `None` of everything else.
    pub(crate) fn asked(&mut self) -> Option<&mut Asked> {
        match self {
            Self::Call { call: Call::Poll { about }, .. } => Some(about),
            Self::Call { .. } | Self::Look { .. } | Self::Tell(_) | Self::Timer { .. } => None,
        }
    }
}

/// What an orchestrator says of its module builds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tell {
    /// A module build is opened (orchestrator-owned): it gets its version.
    Opened {
        /// Its number.
        build: BuildId,
        /// The module.
        module: ModuleIx,
        /// The module build whose pass is the reason; none: somebody asked.
        cause: Option<BuildId>,
    },
    /// A module build that has submitted nothing yet has one more cause.
    Caused {
        /// The module build.
        build: BuildId,
        /// The module build whose pass is the reason; none: somebody asked.
        cause: Option<BuildId>,
    },
    /// A module passed its gate and may be used.
    Ready {
        /// The module build.
        build: BuildId,
        /// The module.
        module: ModuleIx,
    },
    /// A module build is given up until somebody repairs it.
    Failed {
        /// The module build.
        build: BuildId,
        /// The module.
        module: ModuleIx,
    },
    /// A module build that was given up is resumed: MBS has a message for such a change of state.
    Resumed {
        /// The module build.
        build: BuildId,
        /// The module.
        module: ModuleIx,
    },
    /// koji-owned has acted on the verdict on a module build: its message can be acknowledged.
    Acknowledged {
        /// The module build.
        build: BuildId,
    },
    /// No further module build begins; running builds finish.
    Stopped {
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
