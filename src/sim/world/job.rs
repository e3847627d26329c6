//! What the world keeps of its jobs at koji.

use std::num::NonZeroU16;

use crate::orchestrate::{BuildId, CallId, ComponentEnd, ComponentIx};
use crate::sim::koji::Step;

/// What a job at koji is for, as the orchestrator names it.
#[derive(Clone, Copy, Debug)]
pub(super) struct JobRecord {
    pub(super) build: BuildId,
    pub(super) purpose: JobPurpose,
    pub(super) end: Option<ComponentEnd>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum JobPurpose {
    /// Answers a call when it ends.
    Target {
        call: CallId,
    },
    Component {
        component: ComponentIx,
        attempt: NonZeroU16,
    },
    Module,
    /// A step of koji's own task of a module.
    Step(Step),
    Repo {
        attempt: NonZeroU16,
    },
}

impl JobPurpose {
    pub(super) fn component(component: ComponentIx, attempt: u32) -> Self {
        Self::Component { component, attempt: number(attempt) }
    }

    pub(super) fn repo(attempt: u32) -> Self {
        Self::Repo { attempt: number(attempt) }
    }
}

/// Numbers an attempt, from 1: a large run holds as many of these as of components.
pub(super) fn number(attempt: u32) -> NonZeroU16 {
    let attempt = u16::try_from(attempt).ok().and_then(NonZeroU16::new);
    attempt.expect("attempts count from 1, and retries and repairs are bounded")
}
