//! How modules and components stand, with why in words.

use std::sync::Arc;

use super::build::{Build, Part, Progress};
use super::{ComponentState, ComponentStatus, ModuleState, ModuleStatus, Status};
use crate::orchestrate::{Approach, BuildId, ComponentIx, ModuleIx};

impl Status {
    pub(super) fn module(&self, module: ModuleIx) -> ModuleStatus {
        let id = Arc::clone(&self.catalog.module(module).id);
        let asked = self.asked.get(&module);
        let build = self.newest.get(&module).copied();
        let Some((number, entry)) = build
            .filter(|_| asked.is_none())
            .and_then(|at| self.builds.get(&at).map(|entry| (at, entry)))
        else {
            return self.not_opened(id, module, asked.copied());
        };
        let mut components: Vec<_> =
            entry.parts.iter().map(|(&at, part)| self.component(entry, at, *part)).collect();
        components.sort_by(|a, b| a.component.cmp(&b.component));
        let is_canceled = entry.state == ModuleState::Failed && entry.is_canceled;
        let state = if is_canceled { ModuleState::Canceled } else { entry.state };
        let because = because(state, &components);
        ModuleStatus { id, build: Some(number), state, because, components }
    }

    /// A module without a build of its own number: it waits, or koji was asked to build it.
    fn not_opened(&self, id: Arc<str>, module: ModuleIx, cause: Option<BuildId>) -> ModuleStatus {
        let (state, because) = match cause {
            Some(_) => (ModuleState::Building, "koji was asked to build it".to_owned()),
            None => (ModuleState::Waiting, self.waits_for(module)),
        };
        ModuleStatus { id, build: None, state, because, components: Vec::new() }
    }

    /// Says which modules are ready before one, as far as the plan knows.
    fn waits_for(&self, module: ModuleIx) -> String {
        let is_before = |at: ModuleIx| {
            self.catalog.module(at).planned_dependants.contains(&module) && !self.is_ready(at)
        };
        let all = (0..).map(ModuleIx).take(self.catalog.modules.len());
        let names: Vec<&str> =
            all.filter(|&at| is_before(at)).map(|at| &*self.catalog.module(at).id).collect();
        match names.is_empty() {
            true if self.approach == Approach::KojiOwned => "no result came of it".to_owned(),
            true => "nobody asked for it yet".to_owned(),
            false => format!("it waits for {}", listed(&names)),
        }
    }

    fn is_ready(&self, module: ModuleIx) -> bool {
        let build = self.newest.get(&module).and_then(|build| self.builds.get(build));
        build.is_some_and(|build| build.state == ModuleState::Ready)
    }

    fn component(&self, build: &Build, component: ComponentIx, part: Part) -> ComponentStatus {
        let name = |at: ComponentIx| self.catalog.key(at).as_str();
        let is_building = build.state == ModuleState::Building;
        let (state, because) = match part.progress {
            Progress::Waiting if is_building => match self.awaited(build, component) {
                none if none.is_empty() => {
                    (ComponentState::Ready, "it is next to be submitted".to_owned())
                }
                others => {
                    let others: Vec<&str> = others.into_iter().map(name).collect();
                    (ComponentState::Waiting, format!("it waits for {}", listed(&others)))
                }
            },
            Progress::Waiting => (ComponentState::Waiting, "its module is not that far".to_owned()),
            Progress::Submitted => {
                (ComponentState::Submitted, "koji has not said the number of its task".to_owned())
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
            failed => format!("{} failed", listed(&failed)),
        },
    }
}

/// Names the first three of some things.
fn listed(names: &[&str]) -> String {
    let named = names.iter().take(3).copied().collect::<Vec<_>>().join(", ");
    match names.len() {
        ..=3 => named,
        more => format!("{named} and {} more", more - 3),
    }
}
