//! One module build and its components, as the fold knows them.

use std::collections::BTreeMap;

use super::ModuleState;
use crate::orchestrate::{CallKind, ComponentEnd, ComponentIx, Fault, ModuleIx, TaskId};

/// A call that failed for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Its kind.
    pub call: CallKind,
    /// The component that it is about, if it is about one.
    pub component: Option<ComponentIx>,
    /// Why.
    pub fault: Fault,
}

/// One module build.
#[derive(Clone, Debug)]
pub(super) struct Build {
    pub(super) module: ModuleIx,
    pub(super) state: ModuleState,
    /// Which test of the module counts, from 1.
    pub(super) round: u32,
    pub(super) is_canceled: bool,
    /// The last call for it that failed for good.
    pub(super) refused: Option<Refused>,
    pub(super) parts: BTreeMap<ComponentIx, Part>,
}

impl Build {
    pub(super) fn new(module: ModuleIx) -> Self {
        let (state, parts) = (ModuleState::Preparing, BTreeMap::new());
        Self { module, state, round: 1, is_canceled: false, refused: None, parts }
    }

    pub(super) fn of(module: ModuleIx, components: impl Iterator<Item = ComponentIx>) -> Self {
        let parts = components.map(|component| (component, Part::default())).collect();
        Self { parts, ..Self::new(module) }
    }
}

/// How far a component is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Progress {
    #[default]
    Waiting,
    Submitted,
    Building,
    Testing,
    Tagging,
    Done,
    Failed,
    /// koji will not build or tag it.
    Refused,
    Canceled,
}

/// One component of a module build.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Part {
    pub(super) attempt: u32,
    pub(super) progress: Progress,
    pub(super) task: Option<TaskId>,
    /// Whether its test did not pass or gave no result.
    pub(super) is_rejected: bool,
}

impl Part {
    pub(super) fn submitted(&mut self, attempt: u32) {
        if attempt > self.attempt {
            *self = Self { attempt, progress: Progress::Submitted, ..Self::default() };
        }
    }

    pub(super) fn has_task(&mut self, attempt: u32, task: TaskId) {
        if attempt == self.attempt {
            self.task = Some(task);
            if self.progress == Progress::Submitted {
                self.progress = Progress::Building;
            }
        }
    }

    fn is_at_koji(&self, attempt: u32) -> bool {
        self.attempt == attempt && matches!(self.progress, Progress::Submitted | Progress::Building)
    }

    pub(super) fn ended(&mut self, attempt: u32, end: ComponentEnd, has_gate: bool) {
        if self.is_at_koji(attempt) {
            self.progress = match end {
                ComponentEnd::Complete if has_gate => Progress::Testing,
                ComponentEnd::Complete => Progress::Done,
                ComponentEnd::Failed => Progress::Failed,
                ComponentEnd::Canceled => Progress::Canceled,
            };
        }
    }

    pub(super) fn tested(&mut self, attempt: u32, passed: bool) {
        if self.attempt == attempt && self.progress == Progress::Testing {
            self.is_rejected = !passed;
        }
    }

    pub(super) fn validated(&mut self, attempt: u32) {
        if self.attempt == attempt && self.progress == Progress::Testing {
            (self.progress, self.is_rejected) = (Progress::Tagging, false);
        }
    }

    pub(super) fn tagged(&mut self, attempt: u32) {
        if self.attempt == attempt && self.progress == Progress::Tagging {
            self.progress = Progress::Done;
        }
    }

    /// The call that builds or tags it failed for good.
    pub(super) fn refused(&mut self, attempt: u32) {
        let is_open = self.is_at_koji(attempt)
            || self.attempt == attempt && self.progress == Progress::Tagging;
        if is_open {
            self.progress = Progress::Refused;
        }
    }
}
