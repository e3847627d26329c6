//! What a run in full keeps: every event and command, and what was true in the world, in order.

use crate::orchestrate::{
    Answer, BuildId, Call, CallId, CallKind, Command, ComponentEnd, ComponentIx, Event, Fault,
    ModuleIx,
};
use crate::scenario::FaultKind;
use crate::time::Timestamp;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct LogRow {
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: Log,
}

impl LogRow {
    /// Returns whether a fault begins or is over.
    #[must_use]
    pub fn is_fault(&self) -> bool {
        matches!(self.what, Log::Fact(Fact::FaultBegan { .. } | Fact::FaultEnded { .. }))
    }
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Log {
    /// The orchestrator heard this; answers to calls are [`Log::Answered`].
    Event(Event),
    /// The orchestrator heard the answer to a call or to a look for it.
    Answered {
        /// The number of the call.
        id: CallId,
        /// The call.
        call: Call,
        /// What was said.
        answer: Answer,
    },
    /// The orchestrator made a call, looked for one or said something; polls and timers are left
    /// out.
    Command(Command),
    /// This is so, whether or not the orchestrator knows.
    Fact(Fact),
}

/// Something that is so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact {
    /// koji began a whole module build; `cause` is the build whose pass is the reason, none where
    /// people asked.
    ModuleBegan {
        /// The module build.
        build: BuildId,
        /// The module.
        module: ModuleIx,
        /// Why.
        cause: Option<BuildId>,
    },
    /// koji's whole module build ended.
    ModuleEnded {
        /// The module build.
        build: BuildId,
        /// How.
        end: ComponentEnd,
    },
    /// koji took an order for one component.
    Submitted {
        /// The module build.
        build: BuildId,
        /// The component.
        component: ComponentIx,
        /// Which attempt of the module build, from 1.
        attempt: u32,
    },
    /// koji ended the build of a component.
    ComponentEnded {
        /// The module build.
        build: BuildId,
        /// The component.
        component: ComponentIx,
        /// How.
        end: ComponentEnd,
    },
    /// A test came to a result, or to none.
    Tested {
        /// The module build.
        build: BuildId,
        /// The component; none: the module.
        component: Option<ComponentIx>,
        /// Which attempt was tested.
        attempt: u32,
        /// Whether it passed; none: it never reported.
        passed: Option<bool>,
    },
    /// The bus lost a message, or nobody was there to hear it.
    MessageLost {
        /// The module build it is about.
        build: BuildId,
        /// The component; none: the module.
        component: Option<ComponentIx>,
        /// Whether it was for the tests; else for the orchestrator.
        to_tests: bool,
    },
    /// People waived what a test found.
    Waived {
        /// The module build.
        build: BuildId,
        /// The component; none: the module.
        component: Option<ComponentIx>,
    },
    /// People repaired what was wrong with a module build.
    Fixed {
        /// The module build.
        build: BuildId,
    },
    /// The modulemd of a module was not where it should be.
    NotFetched {
        /// The module build.
        build: BuildId,
    },
    /// koji refused a call of its own task of a module for good.
    CallFailed {
        /// The module build.
        build: BuildId,
        /// Which call.
        call: CallKind,
        /// The component it is about, if it is about one.
        component: Option<ComponentIx>,
        /// Why.
        fault: Fault,
    },
    /// koji mailed the people of a module that its build failed for good.
    Mailed {
        /// The module build.
        build: BuildId,
    },
    /// A fault began.
    FaultBegan {
        /// What breaks.
        kind: FaultKind,
        /// Its position among the faults of the run.
        fault: usize,
    },
    /// A fault is over.
    FaultEnded {
        /// What broke.
        kind: FaultKind,
        /// Its position among the faults of the run.
        fault: usize,
    },
    /// The cap on module builds stopped the run.
    Capped,
    /// The orchestrator died.
    Crashed,
    /// The orchestrator is back.
    Restarted,
}

/// What is counted besides the figures of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Tally {
    /// Tests run.
    pub tests: u64,
    /// Messages that did not reach whom they were for.
    pub messages_lost: u64,
    /// Calls the hub or the dependency service did not answer.
    pub calls_refused: u64,
    /// Builds of a component or a whole module made again because one failed.
    pub retries: u64,
    /// Test results that people waived.
    pub waivers: u64,
    /// Repairs by people.
    pub fixes: u64,
    /// Crashes of the orchestrator.
    pub crashes: u64,
    /// Components with a defect in modules that are ready all the same.
    pub defects_escaped: u64,
}
