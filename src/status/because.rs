//! How modules and components stand, with why in words.

use std::sync::Arc;

use super::build::{Build, Part, Progress};
use super::waiting::{Awaited, NAMED_MAX};
use super::{ComponentState, ComponentStatus, ModuleState, ModuleStatus, Status};
use crate::orchestrate::{Approach, BuildId, ComponentIx, ModuleIx};

/// Says what a module that was not asked for waits for.
pub(super) type Waits<'a> = &'a dyn Fn(ModuleIx) -> String;

impl Status {
    pub(super) fn module(&self, module: ModuleIx, waits: Waits<'_>) -> ModuleStatus {
        let id = Arc::clone(&self.catalog.module(module).id);
        let asked = self.asked.get(&module);
        let build = self.newest.get(&module).copied();
        let Some((number, entry)) = build
            .filter(|_| asked.is_none())
            .and_then(|at| self.builds.get(&at).map(|entry| (at, entry)))
        else {
            let (state, because) = match asked {
                Some(_) => (ModuleState::Building, "koji was asked to build it".to_owned()),
                None => (ModuleState::Waiting, waits(module)),
            };
            return ModuleStatus { id, build: None, state, because, components: Vec::new() };
        };
        let components = self.components(number);
        let is_canceled = entry.state == ModuleState::Failed && entry.is_canceled;
        let state = if is_canceled { ModuleState::Canceled } else { entry.state };
        let because = because(state, &components);
        ModuleStatus { id, build: Some(number), state, because, components }
    }

    /// Returns how the components of a module build stand, in the order of their keys; none where
    /// koji owns it.
    #[must_use]
    pub fn components(&self, build: BuildId) -> Vec<ComponentStatus> {
        let Some(build) = self.builds.get(&build) else { return Vec::new() };
        let awaited = self.awaited(build);
        let part =
            |(&at, part): (&ComponentIx, &Part)| self.component(build, at, *part, awaited.get(&at));
        let mut components: Vec<_> = build.parts.iter().map(part).collect();
        components.sort_by(|a, b| a.component.cmp(&b.component));
        components
    }

    /// Returns which modules the plan has before each.
    pub(super) fn planned_before(&self) -> Vec<Vec<ModuleIx>> {
        let mut before = vec![Vec::new(); self.catalog.modules.len()];
        for (at, module) in (0..).map(ModuleIx).zip(&self.catalog.modules) {
            for dependant in &module.planned_dependants {
                before[dependant.index()].push(at);
            }
        }
        before
    }

    /// Says which of the modules before one are not ready.
    pub(super) fn waits_for(&self, before: &[ModuleIx]) -> String {
        let open = before.iter().filter(|at| !self.is_ready(**at));
        let names: Vec<&str> = open.map(|&at| &*self.catalog.module(at).id).collect();
        match names.is_empty() {
            true if self.approach == Approach::KojiOwned => "it has no result yet".to_owned(),
            true => "not requested yet".to_owned(),
            false => format!("it waits for {}", listed(&names, names.len())),
        }
    }

    pub(super) fn is_ready(&self, module: ModuleIx) -> bool {
        self.newest.get(&module).is_some_and(|build| self.has_passed(*build))
    }

    pub(super) fn component(
        &self,
        build: &Build,
        component: ComponentIx,
        part: Part,
        awaited: Option<&Awaited>,
    ) -> ComponentStatus {
        let name = |at: ComponentIx| self.catalog.key(at).as_str();
        let (state, because) = match part.progress {
            Progress::Waiting => match (build.state, awaited) {
                (ModuleState::Preparing, _) => {
                    (ComponentState::Waiting, "its module is still being prepared".to_owned())
                }
                (_, Some(awaited)) => {
                    let first: Vec<&str> = awaited.first.iter().map(|&at| name(at)).collect();
                    let names = listed(&first, awaited.count);
                    (ComponentState::Waiting, format!("it waits for {names}"))
                }
                (ModuleState::Building, None) => {
                    (ComponentState::Ready, "it can be submitted".to_owned())
                }
                (_, None) => (ComponentState::Waiting, "its module was given up".to_owned()),
            },
            Progress::Submitted => {
                (ComponentState::Submitted, "koji has not returned its task id".to_owned())
            }
            Progress::Building => (ComponentState::Building, "koji builds it".to_owned()),
            Progress::Testing if part.is_rejected => {
                (ComponentState::Testing, "its test did not pass".to_owned())
            }
            Progress::Testing => (ComponentState::Testing, "its test has no result yet".to_owned()),
            Progress::Tagging => (ComponentState::Tagging, "it is not in its tag yet".to_owned()),
            Progress::Done if self.catalog.is_reused(component) => {
                (ComponentState::Reused, "an earlier build is taken over".to_owned())
            }
            Progress::Done => (ComponentState::Done, String::new()),
            Progress::Failed => (ComponentState::Failed, "it failed".to_owned()),
            Progress::Refused => {
                (ComponentState::Failed, "koji refuses to build or tag it".to_owned())
            }
            Progress::Canceled => (ComponentState::Canceled, "it was canceled".to_owned()),
        };
        ComponentStatus {
            component: name(component).into(),
            package: self.catalog.package(component).as_str().into(),
            state,
            attempt: part.attempt,
            task_id: part.task,
            because,
        }
    }
}

/// Says what a module build waits for.
fn because(state: ModuleState, components: &[ComponentStatus]) -> String {
    let of = |wanted: ComponentState| -> Vec<&str> {
        let is_it = |component: &&ComponentStatus| component.state == wanted;
        components.iter().filter(is_it).map(|component| &*component.component).collect()
    };
    match state {
        ModuleState::Waiting | ModuleState::Ready => String::new(),
        ModuleState::Preparing => "its tag and target are made".to_owned(),
        ModuleState::Building => {
            let done = of(ComponentState::Done).len() + of(ComponentState::Reused).len();
            format!("{done} of {} components are built", components.len())
        }
        ModuleState::Repo => "its repo is made".to_owned(),
        ModuleState::Testing => "its test has no result yet".to_owned(),
        ModuleState::Stuck => "its test did not pass".to_owned(),
        ModuleState::Canceled => "it was canceled".to_owned(),
        ModuleState::Failed => match of(ComponentState::Failed) {
            none if none.is_empty() => "it could not be built".to_owned(),
            failed => format!("{} failed", listed(&failed, failed.len())),
        },
    }
}

/// Names the first few of `count` things.
pub(crate) fn listed<T: std::fmt::Display>(things: &[T], count: usize) -> String {
    let named: Vec<String> = things.iter().take(NAMED_MAX).map(T::to_string).collect();
    let named = named.join(", ");
    match count {
        ..=NAMED_MAX => named,
        more => format!("{named} and {} more", more - NAMED_MAX),
    }
}
