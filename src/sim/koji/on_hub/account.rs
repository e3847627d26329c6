//! The books: what each module build cost, when builders were busy with it, and bars for a chart.

use super::occupied::Occupied;
use super::{
    Arch, BuildId, Busy, ComponentEnd, Cost, Millis, ModuleIx, OnHub, Owner, TaskBar, TaskId,
    Timeline,
};
use crate::hub::{Settings, TaskInfo};
use crate::koji::TaskState;
use crate::sim::figures::{Bar, BarEnd};
use crate::sim::koji::OPEN;
use crate::sim::spent::Phase;
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

/// What builds cost so far.
#[derive(Debug, Default)]
pub(in crate::sim::koji) struct Accounts {
    /// What tasks took, by arch, and those that have none.
    busy: Vec<Millis>,
    busy_noarch: Millis,
    occupied: Occupied,
    /// When something of a module was on a builder. Kept only with bars.
    worked: Timeline,
    costs: Vec<Cost>,
    bars: Option<Vec<TaskBar>>,
}

impl Accounts {
    pub(super) fn reset(&mut self, settings: &Settings, with_bars: bool) {
        self.busy.clear();
        self.busy.resize(settings.arches.len(), Millis::ZERO);
        self.busy_noarch = Millis::ZERO;
        self.occupied.reset(settings.builders.len());
        self.worked = Timeline::default();
        self.costs.clear();
        self.bars = with_bars.then(Vec::new);
    }

    pub(in crate::sim::koji) fn cost(&self, build: BuildId) -> Cost {
        self.costs.get(build.0 as usize).copied().unwrap_or_default()
    }

    pub(in crate::sim::koji) fn take_bars(&mut self) -> Vec<TaskBar> {
        self.bars.take().unwrap_or_default()
    }

    fn cost_mut(&mut self, build: BuildId) -> &mut Cost {
        let at = build.0 as usize;
        if self.costs.len() <= at {
            self.costs.resize(at + 1, Cost::default());
        }
        &mut self.costs[at]
    }

    /// Notes builder time of a build that was in vain.
    pub(super) fn lose(&mut self, build: BuildId, busy: Millis) {
        self.cost_mut(build).lost += busy;
    }

    pub(super) fn busy(&self, settings: &Settings) -> Busy {
        let mut tasks: Vec<(Arch, Millis)> =
            settings.arches.iter().cloned().zip(self.busy.iter().copied()).collect();
        tasks.push(("noarch".into(), self.busy_noarch));
        tasks.sort();
        let until = Millis(self.occupied.until().0);
        Busy::of_tasks(tasks).with_builders(self.occupied.by_arch(settings), until)
    }
}

impl OnHub<'_> {
    /// Notes that a task had a builder. Parents only wait, and are not counted.
    pub(super) fn count_work(&mut self, task: TaskId, stay: Stay) {
        let Stay { builder, from, to, end } = stay;
        let info = self.hub.task(task);
        if let (None, Some(at)) = (end, info.subject)
            && let Owner::Component(run) = self.components.owner(at)
        {
            self.components.lose_builder(run);
        }
        if !info.is_leaf {
            return;
        }
        let busy = to - from;
        match info.arch {
            Some(arch) => self.accounts.busy[arch as usize] += busy,
            None => self.accounts.busy_noarch += busy,
        }
        self.accounts.occupied.add(builder, from, to);
        let Some(owner) = info.subject.map(|at| self.components.owner(at)) else {
            self.note_bar(&info, None, stay);
            return;
        };
        let (build, module, run) = match owner {
            Owner::Component(run) => {
                let entry = self.components.run(run);
                let module = self.setup.catalog.component(entry.component).module;
                (entry.build, module, Some(run))
            }
            Owner::Macros(job) => {
                let super::Order::Target { build, module } = self.jobs.order(job) else {
                    return;
                };
                (build, module, None)
            }
        };
        self.accounts.cost_mut(build).busy += busy;
        if end.is_none() {
            self.accounts.lose(build, busy);
        } else if let Some(run) = run {
            let end = self.components.add_busy(run, busy);
            // What ends after its component was given up is lost with it.
            if end.is_some_and(|end| end != ComponentEnd::Complete) {
                self.accounts.lose(build, busy);
            }
        }
        if self.accounts.bars.is_some() {
            self.accounts.worked.add(module, Phase::Building, (from, to));
        }
        self.note_bar(&info, Some(WorksFor { build, module, run }), stay);
    }

    fn module_of(&self, owner: Owner) -> Option<ModuleIx> {
        match owner {
            Owner::Component(run) => {
                let component = self.components.run(run).component;
                Some(self.setup.catalog.component(component).module)
            }
            Owner::Macros(job) => match self.jobs.order(job) {
                super::Order::Target { module, .. } => Some(module),
                super::Order::Component { .. }
                | super::Order::Module { .. }
                | super::Order::Step { .. }
                | super::Order::Unfetched { .. }
                | super::Order::Repo { .. } => None,
            },
        }
    }

    /// Notes when builders worked for modules.
    pub(in crate::sim) fn worked(&self, spans: &mut Timeline) {
        spans.add_all(&self.accounts.worked);
        let works = |info: &TaskInfo| info.is_leaf && info.state == TaskState::Open;
        for info in self.hub.tasks().filter(works) {
            let owner = info.subject.map(|at| self.components.owner(at));
            if let (Some(module), Some(opened)) =
                (owner.and_then(|owner| self.module_of(owner)), info.opened)
            {
                spans.add(module, Phase::Building, (opened, OPEN));
            }
        }
    }

    fn note_bar(&mut self, info: &TaskInfo, of: Option<WorksFor>, stay: Stay) {
        let Some(bars) = &mut self.accounts.bars else { return };
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
                catalog.package(self.components.run(run).component).clone()
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
