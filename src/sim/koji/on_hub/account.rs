//! The books: what each module build cost, when builders were busy with it, and bars for a chart.

use super::{Book, BuildId, ComponentEnd, Cost, In, ModuleIx, OnHub, Owner, TaskBar, TaskId};
use crate::hub::TaskInfo;
use crate::koji::TaskState;
use crate::sim::figures::{Bar, BarEnd};
use crate::sim::koji::OPEN;
use crate::time::Timestamp;

/// A stay of a task on a builder.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stay {
    pub(super) builder: u32,
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
    /// How it ended there; none: it lost its builder, and begins again from the start.
    pub(super) end: Option<TaskState>,
}

/// Whom a task works for.
#[derive(Clone, Copy, Debug)]
struct WorksFor {
    build: BuildId,
    module: ModuleIx,
    /// None: it makes the macros package.
    run: Option<u32>,
}

impl OnHub<'_> {
    pub(super) fn costs_of(&mut self, build: BuildId) -> &mut Cost {
        let at = build.0 as usize;
        if self.costs.len() <= at {
            self.costs.resize(at + 1, Cost::default());
        }
        &mut self.costs[at]
    }

    /// Notes that a task had a builder. Parents only wait, and are not counted.
    pub(super) fn count_work(&mut self, task: TaskId, stay: Stay) {
        let Stay { builder, from, to, end } = stay;
        let info = self.hub.task(task);
        if let (None, Some(at)) = (end, info.subject)
            && let Owner::Component(run) = self.owners[at as usize]
        {
            self.components[run as usize].had_builder = true;
        }
        if !info.is_leaf {
            return;
        }
        let busy = to - from;
        match info.arch {
            Some(arch) => self.busy[arch as usize] += busy,
            None => self.busy_noarch += busy,
        }
        self.occupied.add(builder, from, to);
        let Some(owner) = info.subject.map(|at| self.owners[at as usize]) else {
            self.note_bar(&info, None, stay);
            return;
        };
        let (build, module, run) = match owner {
            Owner::Component(run) => {
                let entry = self.components[run as usize];
                let module = self.setup.catalog.component(entry.component).module;
                (entry.build, module, Some(run))
            }
            Owner::Macros(job) => {
                let super::Order::Target { build, module } = self.jobs[job.0 as usize].order else {
                    return;
                };
                (build, module, None)
            }
        };
        self.costs_of(build).busy += busy;
        if end.is_none() {
            self.costs_of(build).lost += busy;
        } else if let Some(run) = run {
            let entry = &mut self.components[run as usize];
            entry.busy += busy;
            // What ends after its component was given up is lost with it.
            if entry.end.is_some_and(|end| end != ComponentEnd::Complete) {
                self.costs_of(build).lost += busy;
            }
        }
        if self.bars.is_some() {
            self.worked.add(module, In::Building, (from, to));
        }
        self.note_bar(&info, Some(WorksFor { build, module, run }), stay);
    }

    fn module_of(&self, owner: Owner) -> Option<ModuleIx> {
        match owner {
            Owner::Component(run) => {
                let component = self.components[run as usize].component;
                Some(self.setup.catalog.component(component).module)
            }
            Owner::Macros(job) => match self.jobs[job.0 as usize].order {
                super::Order::Target { module, .. } => Some(module),
                super::Order::Component { .. }
                | super::Order::Module { .. }
                | super::Order::Part { .. }
                | super::Order::Unfetched { .. }
                | super::Order::Repo { .. } => None,
            },
        }
    }

    /// Notes when builders worked for modules.
    pub(in crate::sim) fn worked(&self, spans: &mut Book) {
        spans.add_all(&self.worked);
        let works = |info: &TaskInfo| info.is_leaf && info.state == TaskState::Open;
        for info in self.hub.tasks().filter(works) {
            let owner = info.subject.map(|at| self.owners[at as usize]);
            if let (Some(module), Some(opened)) =
                (owner.and_then(|owner| self.module_of(owner)), info.opened)
            {
                spans.add(module, In::Building, (opened, OPEN));
            }
        }
    }

    fn note_bar(&mut self, info: &TaskInfo, of: Option<WorksFor>, stay: Stay) {
        let Some(bars) = &mut self.bars else { return };
        let Stay { builder, from: start, to: end, end: state } = stay;
        let settings = &self.farm.settings;
        let group = settings.builders[builder as usize].group;
        let first = settings.builders.iter().position(|other| other.group == group);
        let number = builder as usize - first.expect("the builder is in its own group") + 1;
        let catalog = &self.setup.catalog;
        let package = match of {
            None => info.method.as_str().into(),
            Some(WorksFor { run: None, .. }) => "module-build-macros".into(),
            Some(WorksFor { run: Some(run), .. }) => {
                catalog.package(self.components[run as usize].component).clone()
            }
        };
        let arch = match info.arch {
            Some(arch) => settings.arches[arch as usize].clone(),
            None => "noarch".into(),
        };
        let outcome = if state == Some(TaskState::Failed) {
            BarEnd::Failed
        } else if state == Some(TaskState::Closed) {
            BarEnd::Closed
        } else {
            BarEnd::Canceled
        };
        let bar = Bar {
            lane: format!("{}/{number}", settings.groups[group as usize]).into(),
            module: of.map_or_else(|| "".into(), |of| catalog.module(of.module).id.clone()),
            build: 0,
            method: info.method.as_str().into(),
            created: Some(info.created),
            package,
            arch,
            start,
            end,
            outcome,
        };
        bars.push(TaskBar { build: of.map(|of| of.build), bar });
    }
}
