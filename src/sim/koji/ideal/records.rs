//! What the ideal model keeps of a run. A large run holds hundreds of thousands of these records
//! and waits for memory more than it computes, so they are small.

use std::cmp::Reverse;

use crate::orchestrate::{BuildId, ComponentIx, Progress};
use crate::sim::farm::Slot;
use crate::sim::koji::Job;
use crate::time::{Millis, Timestamp};

/// What a component is built for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Of {
    pub(super) job: Job,
    pub(super) build: BuildId,
    /// Whether the job is koji's own build of the whole module.
    pub(super) is_whole: bool,
}

/// A component under way. Its tasks stand in a row, up to where those of the next one begin.
#[derive(Clone, Copy, Debug)]
pub(super) struct ComponentRun {
    pub(super) job: Job,
    pub(super) build: BuildId,
    pub(super) component: ComponentIx,
    pub(super) attempt: u32,
    pub(super) first_task: u32,
    pub(super) priority: u32,
    /// Tasks that have not ended.
    pub(super) left: u16,
    /// Whether the job is koji's own build of the whole module.
    pub(super) is_whole: bool,
    pub(super) is_ended: bool,
}

/// A koji task.
#[derive(Clone, Copy, Debug)]
pub(super) struct TaskRun {
    /// How long it takes on a builder.
    pub(super) duration: Millis,
    /// Milliseconds: while it is open, of the moment when a builder took it; after that for how
    /// long the builder had it.
    clock: u64,
    pub(super) component: u32,
    /// Its builder, while it is open.
    slot: Slot,
    pub(super) arch: u32,
    pub(super) state: TaskState,
    pub(super) is_ok: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TaskState {
    /// It waits for its first builder.
    Free,
    /// It lost its builder and waits for another.
    Lost,
    Open,
    Ended,
}

impl TaskRun {
    pub(super) fn new(component: u32, arch: u32, drawn: (Millis, bool)) -> Self {
        let (duration, is_ok) = drawn;
        Self {
            duration,
            clock: 0,
            component,
            slot: Slot::default(),
            arch,
            state: TaskState::Free,
            is_ok,
        }
    }

    /// A builder takes it.
    pub(super) fn open(&mut self, slot: Slot, now: Timestamp) {
        self.state = TaskState::Open;
        self.slot = slot;
        self.clock = now.0;
    }

    /// Returns its builder, and since when it has it.
    pub(super) fn taken(&self) -> Option<(Slot, Timestamp)> {
        (self.state == TaskState::Open).then_some((self.slot, Timestamp(self.clock)))
    }

    /// It leaves its builder, or never reaches one.
    pub(super) fn leave(&mut self, state: TaskState, spent: Millis) {
        self.state = state;
        self.clock = spent.0;
    }

    /// Returns for how long its last builder had it.
    pub(super) fn spent(&self) -> Millis {
        match self.state {
            TaskState::Ended => Millis(self.clock),
            TaskState::Free | TaskState::Lost | TaskState::Open => Millis::ZERO,
        }
    }

    pub(super) fn waits(&self) -> bool {
        matches!(self.state, TaskState::Free | TaskState::Lost)
    }
}

/// A job: one component, or all components of a module by batches.
#[derive(Clone, Copy, Debug)]
pub(super) enum JobKind {
    /// Done the moment it was asked for.
    AtOnce,
    /// By position among the components under way.
    Component(u32),
    /// By position among koji's own module builds.
    Module(u32),
}

/// What a job is, in one number: twice the position, and one more for a module.
#[derive(Clone, Copy, Debug)]
pub(super) struct JobRun(u32);

impl JobRun {
    pub(super) fn new(kind: JobKind) -> Self {
        Self(match kind {
            JobKind::AtOnce => u32::MAX,
            JobKind::Component(at) => at << 1,
            JobKind::Module(at) => at << 1 | 1,
        })
    }

    pub(super) fn kind(self) -> JobKind {
        match (self.0, self.0 & 1) {
            (u32::MAX, _) => JobKind::AtOnce,
            (number, 0) => JobKind::Component(number >> 1),
            (number, _) => JobKind::Module(number >> 1),
        }
    }
}

/// koji's own build of a module.
#[derive(Clone, Debug)]
pub(super) struct ModuleRun {
    pub(super) progress: Progress,
    pub(super) is_live: bool,
}

/// When a task ends: one number, the earliest the greatest, as a heap wants it; equal moments in
/// the order of submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct End(Reverse<u128>);

impl End {
    pub(super) fn new(at: Timestamp, task: u32) -> Self {
        Self(Reverse(u128::from(at.0) << 32 | u128::from(task)))
    }

    #[expect(clippy::cast_possible_truncation, reason = "the parts that were put in")]
    pub(super) fn parts(self) -> (Timestamp, u32) {
        let Self(Reverse(key)) = self;
        (Timestamp((key >> 32) as u64), key as u32)
    }
}
