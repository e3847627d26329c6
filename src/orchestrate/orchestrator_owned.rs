//! The orchestrator of the second design: it owns the module build and tracks every component.
//!
//! A module build is opened, its components are submitted as what they wait for is built, and when
//! all are built the module is published as done. A component that fails stops the module it
//! belongs to: nothing more of it is submitted, what already runs goes on.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::spread::{Cause, Unmet};
use super::{
    BuildId, Cascade, Catalog, Command, ComponentEnd, ComponentIx, Event, Fuse, ModuleIx, Order,
    Progress,
};
use crate::time::Timestamp;

/// In which order components are submitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dispatch {
    /// By the dependency graph, longest remaining path first, without barriers.
    Graph,
    /// Inside a module by batches, longest estimate first (the Module Build Service takes the
    /// heaviest first).
    Batch,
    /// As graph, but a module starts only after every module of all earlier waves ended.
    Wave,
}

/// What bounds the orchestrator.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// In which order components are submitted.
    pub dispatch: Dispatch,
    /// How many component builds may be under way at once, over all modules.
    pub submit_limit: u32,
    /// How many module builds a run may make.
    pub fuse: Fuse,
}

/// The orchestrator that owns module builds.
#[derive(Clone, Debug)]
pub struct OrchestratorOwned<'a> {
    catalog: &'a Catalog,
    cascade: Cascade,
    limits: Limits,
    builds: Vec<ModuleBuild>,
    unmet: Unmet,
    /// Components that may start, by priority, then in the order of module builds and components.
    ready: BinaryHeap<(u64, Reverse<(BuildId, ComponentIx)>)>,
    under_way: u32,
    waves: Waves,
    scratch: Vec<ComponentIx>,
}

#[derive(Clone, Debug)]
struct ModuleBuild {
    module: ModuleIx,
    progress: Progress,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Building,
    Done,
    Passed,
    Failed,
}

/// The barrier of wave dispatch.
#[derive(Clone, Debug, Default)]
struct Waves {
    /// How many modules of each wave have not ended, by wave.
    left: Vec<u32>,
    /// The first wave with modules left.
    current: usize,
    /// Modules whose own dependencies passed but whose wave is not open.
    held: Vec<(ModuleIx, Cause)>,
}

impl<'a> OrchestratorOwned<'a> {
    /// Makes one that has been asked for nothing yet.
    #[must_use]
    pub fn new(catalog: &'a Catalog, cascade: Cascade, limits: Limits) -> Self {
        let mut unmet = Unmet::default();
        unmet.reset(catalog);
        let by_wave = limits.dispatch == Dispatch::Wave && cascade == Cascade::Planned;
        let waves = if by_wave { Waves::new(catalog) } else { Waves::default() };
        Self {
            catalog,
            cascade,
            limits,
            builds: Vec::new(),
            unmet,
            ready: BinaryHeap::new(),
            under_way: 0,
            waves,
            scratch: Vec::new(),
        }
    }

    /// Advances the state by one event and appends what must now be done.
    pub fn handle(&mut self, event: &Event, _now: Timestamp, out: &mut Vec<Command>) {
        match *event {
            Event::Requested { module } => self.start(module, None, out),
            Event::ComponentEnded { build, component, end } => {
                self.component_ended((build, component), end, out);
            }
            Event::Tested { build, passed, .. } => self.tested(build, passed, out),
            Event::Dependants { build, ref dependants, .. } => {
                for &dependant in dependants.iter() {
                    self.start(dependant, Some(build), out);
                }
            }
        }
        self.submit(out);
    }

    /// Opens a build of a module, or holds it until its wave opens.
    fn start(&mut self, module: ModuleIx, cause: Cause, out: &mut Vec<Command>) {
        if self.waves.is_closed(self.catalog, module) {
            self.waves.held.push((module, cause));
            return;
        }
        if !self.limits.fuse.take(out) {
            return;
        }
        let build = BuildId(u32::try_from(self.builds.len()).expect("the fuse bounds builds"));
        out.push(Command::OpenModule { build, module, cause });
        let order = match self.limits.dispatch {
            Dispatch::Graph | Dispatch::Wave => Order::Graph,
            Dispatch::Batch => Order::Batch,
        };
        let mut progress = Progress::default();
        progress.start(self.catalog, (module, order), &mut self.scratch);
        self.builds.push(ModuleBuild { module, progress, state: State::Building });
        self.queue(build);
        self.finish_if_complete(build, out);
    }

    fn queue(&mut self, build: BuildId) {
        for component in self.scratch.drain(..) {
            let entry = self.catalog.component(component);
            let priority = match self.limits.dispatch {
                Dispatch::Graph | Dispatch::Wave => entry.rank_ms,
                Dispatch::Batch => entry.estimate_ms,
            };
            self.ready.push((priority, Reverse((build, component))));
        }
    }

    fn component_ended(
        &mut self,
        at: (BuildId, ComponentIx),
        end: ComponentEnd,
        out: &mut Vec<Command>,
    ) {
        let (id, component) = at;
        self.under_way = self.under_way.saturating_sub(1);
        let Some(build) = self.builds.get_mut(id.0 as usize) else { return };
        if build.state != State::Building {
            return;
        }
        if end == ComponentEnd::Complete {
            build.progress.built(self.catalog, component, &mut self.scratch);
            self.queue(id);
            self.finish_if_complete(id, out);
            return;
        }
        build.state = State::Failed;
        let module = build.module;
        out.push(Command::FailModule { build: id, module });
        self.end_wave_of_failed(module, out);
    }

    /// A wave does not wait for what a failure keeps from ever starting.
    fn end_wave_of_failed(&mut self, module: ModuleIx, out: &mut Vec<Command>) {
        let catalog = self.catalog;
        let mut due = self.waves.ended(catalog, module);
        let mut lost = vec![module];
        while let Some(module) = lost.pop() {
            for &dependant in &catalog.module(module).planned_dependants {
                if self.unmet.give_up(dependant) {
                    due.extend(self.waves.ended(catalog, dependant));
                    lost.push(dependant);
                }
            }
        }
        for (held, cause) in due {
            self.start(held, cause, out);
        }
    }

    fn finish_if_complete(&mut self, id: BuildId, out: &mut Vec<Command>) {
        let build = &mut self.builds[id.0 as usize];
        if build.state == State::Building && build.progress.is_complete() {
            build.state = State::Done;
            out.push(Command::Publish { build: id, module: build.module });
        }
    }

    fn tested(&mut self, id: BuildId, passed: bool, out: &mut Vec<Command>) {
        let Some(build) = self.builds.get_mut(id.0 as usize) else { return };
        if build.state != State::Done {
            return;
        }
        let module = build.module;
        if !passed {
            out.push(Command::Mail { build: id, module });
            return;
        }
        build.state = State::Passed;
        match self.cascade {
            Cascade::Literal => out.push(Command::AskDependants { build: id, module }),
            Cascade::Planned => {
                let mut due = Vec::new();
                self.unmet.passed(self.catalog, module, |dependant| due.push(dependant));
                for dependant in due {
                    self.start(dependant, Some(id), out);
                }
                for (held, cause) in self.waves.ended(self.catalog, module) {
                    self.start(held, cause, out);
                }
            }
        }
    }

    /// Submits what may start, as far as the limit allows.
    fn submit(&mut self, out: &mut Vec<Command>) {
        while self.under_way < self.limits.submit_limit && !self.limits.fuse.is_blown() {
            let Some((priority, Reverse((build, component)))) = self.ready.pop() else { return };
            if self.builds[build.0 as usize].state == State::Building {
                self.under_way += 1;
                out.push(Command::BuildComponent { build, component, priority });
            }
        }
    }
}

impl Waves {
    fn new(catalog: &Catalog) -> Self {
        let waves = catalog.modules.iter().map(|module| module.wave as usize).max().unwrap_or(0);
        let mut left = vec![0; waves + 1];
        for module in catalog.modules.iter().filter(|module| module.is_planned) {
            left[module.wave as usize] += 1;
        }
        let mut waves = Self { left, current: 0, held: Vec::new() };
        waves.skip_ended();
        waves
    }

    fn skip_ended(&mut self) {
        while self.left.get(self.current) == Some(&0) {
            self.current += 1;
        }
    }

    fn is_closed(&self, catalog: &Catalog, module: ModuleIx) -> bool {
        !self.left.is_empty() && catalog.module(module).wave as usize > self.current
    }

    /// Notes that a module ended, and returns what was held for the wave that opens by it.
    fn ended(&mut self, catalog: &Catalog, module: ModuleIx) -> Vec<(ModuleIx, Cause)> {
        if self.left.is_empty() {
            return Vec::new();
        }
        self.left[catalog.module(module).wave as usize] -= 1;
        let before = self.current;
        self.skip_ended();
        if self.current == before {
            return Vec::new();
        }
        let current = self.current;
        self.held
            .extract_if(.., |(held, _)| catalog.module(*held).wave as usize <= current)
            .collect()
    }
}
