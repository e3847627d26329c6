//! The components of a plan as jobs; barriers and the borders of modules as junctions.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::farm::{BuilderGroup, Farm};
use crate::name::{Arch, ComponentKey};
use crate::plan::components::Planned;
use crate::plan::model::{ComponentOrder, PlanComponent, PlanTask};
use crate::plan::schedule::{Builders, Job, Problem};

/// The edges between the rebuilt modules except those of the cut, their waves, and their
/// submissions, by position.
pub(in crate::plan) struct Shape {
    pub(in crate::plan) edges: Vec<(u32, u32)>,
    pub(in crate::plan) waves: Vec<u32>,
    pub(in crate::plan) submissions: Vec<Vec<u32>>,
}

/// Additional barriers, besides requirements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Barriers {
    /// None: each component starts when its requirements are built.
    None,
    /// Every wave waits for the whole previous wave.
    Waves,
    /// Every batch waits for the whole previous batch of its module, even if `buildafter` would let
    /// some components start earlier.
    Batches,
}

/// The jobs of a plan.
pub(super) struct Work {
    arches: Vec<Arch>,
    numbers: BTreeMap<Arch, u32>,
    jobs: Vec<Job>,
    origins: Vec<Option<Origin>>,
    borders: Vec<(u32, u32)>,
}

/// The position of a component in a plan.
#[derive(Clone, Copy, Debug)]
pub(super) struct Origin {
    /// The position of its module.
    pub(super) module: u32,
    batch: u32,
    position: u32,
}

impl Origin {
    pub(super) fn component(self, planned: &[Planned]) -> &PlanComponent {
        let batch = &planned[self.module as usize].batches[self.batch as usize];
        &batch.components[self.position as usize]
    }

    pub(super) fn component_mut(self, planned: &mut [Planned]) -> &mut PlanComponent {
        let batch = &mut planned[self.module as usize].batches[self.batch as usize];
        &mut batch.components[self.position as usize]
    }
}

impl Work {
    pub(super) fn new(planned: &[Planned], shape: &Shape, barriers: Barriers) -> Self {
        let components = planned.iter().flat_map(|p| &p.batches).flat_map(|b| &b.components);
        let mut arches: Vec<Arch> =
            components.flat_map(|c| c.tasks.iter().map(|task| task.arch.clone())).collect();
        // Of equal bounds, the one of the first arch is reported, so that a builder's arch is
        // preferred to noarch.
        arches.sort_unstable_by_key(|arch| (arch.as_str() == "noarch", arch.clone()));
        arches.dedup();
        let numbers = arches.iter().cloned().zip(0_u32..).collect();
        let (jobs, origins, borders) = (Vec::new(), Vec::new(), Vec::new());
        let mut work = Self { arches, numbers, jobs, origins, borders };
        for (at, module) in (0_u32..).zip(planned) {
            work.add_module(at, module, barriers);
        }
        work.add_edges(shape);
        if barriers == Barriers::Waves {
            work.part_waves(&shape.waves);
        }
        work
    }

    /// The requirements of any context of a submission come before all its contexts, because they
    /// are submitted together.
    fn add_edges(&mut self, shape: &Shape) {
        let mut gates: Vec<u32> = self.borders.iter().map(|&(start, _)| start).collect();
        for members in shape.submissions.iter().filter(|members| members.len() > 1) {
            let gate = self.junction();
            for &member in members {
                self.wait(gate, self.borders[member as usize].0);
                gates[member as usize] = gate;
            }
        }
        for &(from, to) in &shape.edges {
            self.wait(self.borders[from as usize].1, gates[to as usize]);
        }
    }

    /// Returns the arches of tasks, in the order of their numbers.
    pub(super) fn arches(&self) -> &[Arch] {
        &self.arches
    }

    /// Returns the junctions at which each module starts and ends.
    pub(super) fn borders(&self) -> &[(u32, u32)] {
        &self.borders
    }

    /// Returns which component a job is; nothing for a junction.
    pub(super) fn origin(&self, job: u32) -> Option<Origin> {
        self.origins[job as usize]
    }

    /// Returns the jobs that are components.
    pub(super) fn components(&self) -> impl Iterator<Item = u32> + '_ {
        (0_u32..).zip(&self.origins).filter(|(_, origin)| origin.is_some()).map(|(job, _)| job)
    }

    /// Puts the jobs on the builders of a farm.
    pub(super) fn problem(&self, farm: &Farm) -> Problem {
        let serves = |arches: &[Arch]| {
            let numbered = self.numbers.iter();
            let served = numbered
                .filter(|(arch, _)| arch.as_str() == "noarch" || arches.contains(arch))
                .map(|(_, &number)| number);
            served.collect()
        };
        let group = |group: &BuilderGroup| Builders {
            places: group.count.saturating_mul(farm.tasks_held(group)),
            arches: serves(&group.arches),
            speed: farm.speed_of(group),
        };
        let builders = farm.builders.iter().map(group).collect();
        let arches = u32::try_from(self.arches.len()).expect("a farm has few arches");
        Problem::new(&self.jobs, builders, arches)
    }

    fn wait(&mut self, first: u32, then: u32) {
        self.jobs[first as usize].before.push(then);
    }

    fn junction(&mut self) -> u32 {
        self.job(Job::default(), None)
    }

    fn job(&mut self, job: Job, origin: Option<Origin>) -> u32 {
        let number = u32::try_from(self.jobs.len()).expect("a plan has fewer than 2^32 jobs");
        self.jobs.push(job);
        self.origins.push(origin);
        number
    }

    fn add_module(&mut self, at: u32, module: &Planned, barriers: Barriers) {
        let (start, end) = (self.junction(), self.junction());
        self.borders.push((start, end));
        if module.order == ComponentOrder::Graph && barriers != Barriers::Batches {
            self.add_graph(at, module);
        } else {
            self.add_batches(at, module);
        }
        if module.batches.is_empty() {
            self.wait(start, end);
        }
    }

    /// Adds components batch after batch, with a junction between two.
    fn add_batches(&mut self, at: u32, module: &Planned) {
        let (mut gate, end) = self.borders[at as usize];
        for (batch_at, batch) in (0_u32..).zip(&module.batches) {
            let is_last = batch_at as usize + 1 == module.batches.len();
            let next = if is_last { end } else { self.junction() };
            for (position, component) in (0_u32..).zip(&batch.components) {
                let job = Job { tasks: self.tasks(component), before: vec![next] };
                let job = self.job(job, Some(Origin { module: at, batch: batch_at, position }));
                self.wait(gate, job);
            }
            gate = next;
        }
    }

    /// Adds components each after those it names.
    fn add_graph(&mut self, at: u32, module: &Planned) {
        let (start, end) = self.borders[at as usize];
        let mut jobs: FxHashMap<&ComponentKey, u32> = FxHashMap::default();
        for (batch_at, batch) in (0_u32..).zip(&module.batches) {
            for (position, component) in (0_u32..).zip(&batch.components) {
                let job = Job { tasks: self.tasks(component), before: vec![end] };
                let job = self.job(job, Some(Origin { module: at, batch: batch_at, position }));
                jobs.insert(&component.component, job);
                let before = component.after.iter().filter_map(|key| jobs.get(key).copied());
                let before: Vec<u32> = before.collect();
                if before.is_empty() {
                    self.wait(start, job);
                }
                for first in before {
                    self.wait(first, job);
                }
            }
        }
    }

    /// Puts a junction between each wave and the next that is not empty.
    fn part_waves(&mut self, waves: &[u32]) {
        let mut by_wave: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (module, &wave) in waves.iter().enumerate() {
            by_wave.entry(wave).or_default().push(module);
        }
        let mut gate = None;
        for modules in by_wave.values() {
            let next = self.junction();
            for &module in modules {
                let (start, end) = self.borders[module];
                if let Some(gate) = gate {
                    self.wait(gate, start);
                }
                self.wait(end, next);
            }
            gate = Some(next);
        }
    }

    fn tasks(&self, component: &PlanComponent) -> Vec<(u32, u64)> {
        let task = |task: &PlanTask| (self.numbers[&task.arch], task.estimate.0);
        component.tasks.iter().map(task).collect()
    }
}
