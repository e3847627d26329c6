//! What a run has come to, written into the builds of its submission.

use std::collections::BTreeMap;

use super::{ComponentBuild, ModuleBuild, PackageState, State, Step};
use crate::orchestrate::TaskId;
use crate::status::{ComponentState, ComponentStatus, ModuleState, ModuleStatus};

/// What the reason of a canceled build begins with.
pub(super) const CANCELED: &str = "Canceled by ";

/// Returns whether somebody canceled a build.
#[must_use]
pub fn is_canceled(build: &ModuleBuild) -> bool {
    let reason = build.state_reason.as_deref().unwrap_or_default();
    build.state == State::Failed && reason.starts_with(CANCELED)
}

/// Writes how a module stands into its build. Returns whether anything changed.
pub fn seen(
    build: &mut ModuleBuild,
    status: &ModuleStatus,
    nvrs: &BTreeMap<TaskId, String>,
    now: i64,
) -> bool {
    let before = build.clone();
    for part in &status.components {
        let key = build.components.iter().position(|one| one.component == *part.component);
        let Some(at) = key else { continue };
        let nvr = part.task_id.and_then(|task| nvrs.get(&task));
        if let Some(line) = component(&mut build.components[at], part, nvr, now) {
            build.log(now, Some(&part.component), line);
        }
    }
    if status.state == ModuleState::Ready || !is_canceled(build) {
        module(build, status, now);
    }
    let has_changed = *build != before;
    if has_changed {
        build.modified = now;
    }
    has_changed
}

impl ModuleBuild {
    /// Cancels it, unless it is over. Returns whether that changed anything.
    pub fn cancel(&mut self, user: &str, now: i64) -> bool {
        let is_new = !self.is_over();
        if is_new {
            self.enter(State::Failed, Some(format!("{CANCELED}{user}.")), now);
        }
        is_new
    }

    /// Has it built again after it failed: by its run, or by a new one. Returns whether that changed anything.
    pub fn again(&mut self, by_its_run: bool, reason: &str, now: i64) -> bool {
        if self.state != State::Failed {
            return false;
        }
        for one in &mut self.components {
            if !by_its_run || one.state != Some(PackageState::Complete) {
                (one.state, one.state_reason, one.task_id, one.nvr) = (None, None, None, None);
            }
        }
        if !by_its_run {
            self.run = None;
        }
        self.completed = None;
        let state = if by_its_run { State::Wait } else { State::Init };
        self.enter(state, Some(reason.to_owned()), now);
        true
    }
}

fn module(build: &mut ModuleBuild, status: &ModuleStatus, now: i64) {
    let because = || (!status.because.is_empty()).then(|| status.because.clone());
    match status.state {
        ModuleState::Waiting | ModuleState::Preparing => build.enter(State::Wait, because(), now),
        ModuleState::Building | ModuleState::Repo => build.enter(State::Build, because(), now),
        ModuleState::Testing => build.enter(State::Done, because(), now),
        ModuleState::Ready => {
            if build.state != State::Ready {
                build.enter(State::Done, None, now);
            }
            if !build.scratch {
                build.enter(State::Ready, None, now);
            }
        }
        ModuleState::Failed | ModuleState::Stuck => build.enter(State::Failed, because(), now),
        ModuleState::Canceled => {
            build.enter(State::Failed, Some(format!("{CANCELED}an operator.")), now);
        }
    }
}

/// Writes how a component stands; returns what people should know of it.
fn component(
    component: &mut ComponentBuild,
    part: &ComponentStatus,
    nvr: Option<&String>,
    now: i64,
) -> Option<String> {
    let state = match part.state {
        ComponentState::Waiting | ComponentState::Ready => None,
        ComponentState::Submitted | ComponentState::Building => Some(PackageState::Building),
        ComponentState::Testing
        | ComponentState::Tagging
        | ComponentState::Done
        | ComponentState::Reused => Some(PackageState::Complete),
        ComponentState::Failed => Some(PackageState::Failed),
        ComponentState::Canceled => Some(PackageState::Canceled),
    };
    let reason = (!part.because.is_empty()).then(|| part.because.clone());
    let has_entered = component.state != state;
    component.task_id = part.task_id.map(|task| task.0.into()).or(component.task_id);
    if let Some(nvr) = nvr {
        component.nvr = Some(nvr.clone());
    }
    (component.state, component.state_reason) = (state, reason.clone());
    let state = state.filter(|_| has_entered)?;
    component.trace.push(Step { time: now, state, reason: reason.clone() });
    let why = reason.map(|why| format!(": {why}")).unwrap_or_default();
    Some(format!("{} is {}{why}", component.component, state.as_str().to_lowercase()))
}
