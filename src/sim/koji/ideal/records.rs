//! What the ideal model keeps of a run. A large run holds hundreds of thousands of these records
//! and waits for memory more than it computes, so they are small.

use std::num::NonZeroU16;

use crate::orchestrate::{BuildId, ComponentIx};
use crate::sim::farm::Slot;
use crate::sim::koji::Job;
use crate::time::{Millis, Timestamp};

/// What a component is built for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Of {
    pub(super) job: Job,
    pub(super) build: BuildId,
}

/// A component to be built.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ordered {
    pub(super) component: ComponentIx,
    /// Which attempt of its module build it is; none: it is part of koji's own build of the whole
    /// module.
    pub(super) attempt: Option<NonZeroU16>,
    pub(super) priority: u32,
}

/// A component under way. Its tasks are consecutive, up to where those of the next one begin.
#[derive(Clone, Copy, Debug)]
pub(super) struct ComponentRun {
    pub(super) job: Job,
    pub(super) build: BuildId,
    pub(super) component: ComponentIx,
    /// Which of its builds it is over the run, from 1.
    pub(super) nth: u32,
    pub(super) first_task: u32,
    pub(super) left: Left,
    /// See [`Ordered::attempt`].
    pub(super) attempt: Option<NonZeroU16>,
}

/// How many tasks of a component have not ended, or that the component has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Left(u16);

impl Left {
    const OVER: Self = Self(u16::MAX);

    /// So many tasks.
    ///
    /// # Panics
    /// When there are some 2^16 arches.
    pub(super) fn of(tasks: usize) -> Self {
        let left = u16::try_from(tasks).map(Self).ok().filter(|left| !left.is_over());
        left.expect("fewer arches than that")
    }

    /// One more task ended; returns whether it was the last.
    pub(super) fn one_less(&mut self) -> bool {
        assert!(!self.is_over(), "a task ends before its component does");
        self.0 -= 1;
        self.0 == 0
    }

    /// The component ends.
    ///
    /// # Panics
    /// When it had ended.
    pub(super) fn end(&mut self) {
        assert!(!self.is_over(), "a component build ends once");
        *self = Self::OVER;
    }

    pub(super) fn is_over(self) -> bool {
        self == Self::OVER
    }
}

/// A koji task.
#[derive(Clone, Copy, Debug)]
pub(super) struct TaskRun {
    /// From the top: 44 bits of how many milliseconds it takes on a builder, 16 of its arch, two of
    /// its state, and whether it succeeds.
    what: u64,
    /// Milliseconds: while it is open, of the moment when a builder took it; after that for how
    /// long the builder had it.
    clock: u64,
    pub(super) component: u32,
    /// Its builder, while it is open.
    slot: Slot,
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
    const IS_OK: u64 = 1;
    const STATE: u64 = 0b11 << 1;
    const ARCH_AT: u32 = 4;
    const DURATION_AT: u32 = 20;

    /// A task that waits for its first builder.
    ///
    /// # Panics
    /// When it takes centuries (a history has at most a year), or there are 2^16 arches.
    pub(super) fn new(component: u32, arch: u32, duration: Millis, is_ok: bool) -> Self {
        let Millis(duration) = duration;
        let arch = u16::try_from(arch).expect("fewer arches than that");
        assert!(duration < 1 << (64 - Self::DURATION_AT), "a task takes a year at most");
        let what = duration << Self::DURATION_AT | u64::from(arch) << Self::ARCH_AT;
        Self { what: what | u64::from(is_ok), clock: 0, component, slot: Slot::default() }
    }

    /// Returns how long it takes on a builder.
    pub(super) fn duration(&self) -> Millis {
        Millis(self.what >> Self::DURATION_AT)
    }

    /// Returns its arch, by number in the catalog.
    pub(super) fn arch(&self) -> u32 {
        let arch = self.what >> Self::ARCH_AT & u64::from(u16::MAX);
        u32::try_from(arch).expect("two bytes of it")
    }

    pub(super) fn is_ok(&self) -> bool {
        self.what & Self::IS_OK != 0
    }

    /// It fails, independent of what was drawn for it.
    pub(super) fn spoil(&mut self) {
        self.what &= !Self::IS_OK;
    }

    pub(super) fn state(&self) -> TaskState {
        match (self.what & Self::STATE) >> 1 {
            0 => TaskState::Free,
            1 => TaskState::Lost,
            2 => TaskState::Open,
            _ => TaskState::Ended,
        }
    }

    fn set_state(&mut self, state: TaskState) {
        let bits: u64 = match state {
            TaskState::Free => 0,
            TaskState::Lost => 1,
            TaskState::Open => 2,
            TaskState::Ended => 3,
        };
        self.what = self.what & !Self::STATE | bits << 1;
    }

    /// A builder takes it.
    pub(super) fn open(&mut self, slot: Slot, now: Timestamp) {
        self.set_state(TaskState::Open);
        self.slot = slot;
        self.clock = now.0;
    }

    /// Returns its builder, and since when it has it.
    pub(super) fn taken(&self) -> Option<(Slot, Timestamp)> {
        (self.state() == TaskState::Open).then_some((self.slot, Timestamp(self.clock)))
    }

    /// It leaves its builder, or never reaches one.
    pub(super) fn leave(&mut self, state: TaskState, spent: Millis) {
        self.set_state(state);
        self.clock = spent.0;
    }

    /// Returns for how long its last builder had it.
    pub(super) fn spent(&self) -> Millis {
        match self.state() {
            TaskState::Ended => Millis(self.clock),
            TaskState::Free | TaskState::Lost | TaskState::Open => Millis::ZERO,
        }
    }

    pub(super) fn waits(&self) -> bool {
        matches!(self.state(), TaskState::Free | TaskState::Lost)
    }
}

/// koji's own build of a module.
#[derive(Clone, Copy, Debug)]
pub(super) struct ModuleRun {
    pub(super) job: Job,
    pub(super) build: BuildId,
    pub(super) is_live: bool,
}

impl ModuleRun {
    /// Returns whether a component is built as a part of it.
    pub(super) fn has_part(&self, run: &ComponentRun) -> bool {
        run.build == self.build && run.attempt.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_keeps_its_identity_in_every_state() {
        let year = Millis::from_secs(366 * 86_400);
        for (arch, duration) in [(0, Millis::ZERO), (65_535, year), (7, Millis(1))] {
            let mut task = TaskRun::new(9, arch, duration, true);
            let (slot, now) = (Slot::default(), Timestamp(u64::MAX));
            assert!(task.waits() && task.taken().is_none());
            task.open(slot, now);
            assert_eq!(task.taken(), Some((slot, now)));
            task.leave(TaskState::Lost, Millis(5));
            assert!(task.waits() && task.spent() == Millis::ZERO);
            task.open(slot, now);
            task.leave(TaskState::Ended, Millis(5));
            assert_eq!((task.state(), task.spent()), (TaskState::Ended, Millis(5)));
            assert_eq!((task.arch(), task.duration(), task.is_ok()), (arch, duration, true));
            task.spoil();
            assert_eq!((task.arch(), task.duration(), task.is_ok()), (arch, duration, false));
            assert_eq!((task.state(), task.component), (TaskState::Ended, 9));
        }
    }

    #[test]
    fn a_component_ends_once() {
        let mut left = Left::of(2);
        assert!(!left.one_less() && left.one_less() && !left.is_over());
        left.end();
        assert!(left.is_over());
        assert!(!Left::of(0).is_over());
    }

    #[test]
    fn a_large_run_waits_for_memory_so_its_records_are_small() {
        assert_eq!((size_of::<TaskRun>(), size_of::<ComponentRun>()), (24, 24));
    }
}
