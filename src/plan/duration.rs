//! How long a plan takes: its components as jobs, barriers and module borders as junctions.

use std::collections::BTreeMap;

use super::components::Planned;
use super::model::{Bounds, ComponentOrder, CriticalStep, PlanComponent};
use super::schedule::{self, Builders, Job, Times};
use crate::farm::Farm;
use crate::name::{Arch, ComponentKey};
use crate::time::Millis;

/// Times of a plan.
pub(super) struct Durations {
    /// Earliest start, earliest finish and slack of each module, in seconds.
    pub(super) modules: Vec<(f64, f64, f64)>,
    pub(super) bounds: Bounds,
    jobs: Vec<Job>,
    times: Vec<Times>,
    /// Which component each job is: module, batch position, component position.
    origin: Vec<Option<(u32, usize, usize)>>,
}

/// The edges between the rebuilt modules but those of the cut, and their waves, by position.
pub(super) struct Shape {
    pub(super) edges: Vec<(u32, u32)>,
    pub(super) waves: Vec<u32>,
}

/// Computes the times of a plan on a farm.
pub(super) fn durations(planned: &[Planned], shape: &Shape, farm: &Farm) -> Durations {
    let mut work = Work::new(planned);
    for (at, module) in (0_u32..).zip(planned) {
        work.add_module(at, shape.waves[at as usize], module);
    }
    for &(from, to) in &shape.edges {
        let (_, end) = work.borders[from as usize];
        let (start, _) = work.borders[to as usize];
        work.jobs[end as usize].before.push(start);
    }
    let builders = work.builders(farm);
    let times = schedule::times(&work.jobs);
    let module = |&(start, end): &(u32, u32)| {
        let (start, end) = (times[start as usize], times[end as usize]);
        let slack = end.latest_finish_ms - end.earliest_finish_ms;
        (seconds(start.earliest_start_ms), seconds(end.earliest_finish_ms), seconds(slack))
    };
    let modules = work.borders.iter().map(module).collect();
    let bounds = work.bounds(&builders, &times);
    Durations { modules, bounds, jobs: work.jobs, times, origin: work.origin }
}

fn seconds(ms: u64) -> f64 {
    Millis(ms).as_secs_f64()
}

/// Jobs on their way to a schedule.
struct Work {
    arches: Vec<Arch>,
    numbers: BTreeMap<Arch, u32>,
    jobs: Vec<Job>,
    origin: Vec<Option<(u32, usize, usize)>>,
    /// The junctions at which each module starts and ends.
    borders: Vec<(u32, u32)>,
}

impl Work {
    fn new(planned: &[Planned]) -> Self {
        let components = planned.iter().flat_map(|p| &p.batches).flat_map(|b| &b.components);
        let mut arches: Vec<Arch> =
            components.flat_map(|c| c.tasks.iter().map(|task| task.arch.clone())).collect();
        arches.sort_unstable();
        arches.dedup();
        let numbers = arches.iter().cloned().zip(0_u32..).collect();
        Self { arches, numbers, jobs: Vec::new(), origin: Vec::new(), borders: Vec::new() }
    }

    fn junction(&mut self, wave: u32) -> u32 {
        self.job(Job { wave, ..Job::default() }, None)
    }

    fn job(&mut self, job: Job, origin: Option<(u32, usize, usize)>) -> u32 {
        let number = u32::try_from(self.jobs.len()).expect("a plan has fewer than 2^32 jobs");
        self.jobs.push(job);
        self.origin.push(origin);
        number
    }

    fn add_module(&mut self, at: u32, wave: u32, module: &Planned) {
        let start = self.junction(wave);
        let end = self.junction(wave);
        self.borders.push((start, end));
        let mut jobs: BTreeMap<&ComponentKey, u32> = BTreeMap::new();
        let mut gate = start;
        for (batch_at, batch) in module.batches.iter().enumerate() {
            let is_last = batch_at + 1 == module.batches.len();
            let is_graph = module.order == ComponentOrder::Graph;
            let next = if is_last || is_graph { end } else { self.junction(wave) };
            for (position, component) in batch.components.iter().enumerate() {
                let job = Job { tasks: self.tasks(component), before: vec![next], wave };
                let job = self.job(job, Some((at, batch_at, position)));
                jobs.insert(&component.component, job);
                let waits_for: Vec<u32> =
                    component.after.iter().filter_map(|key| jobs.get(key).copied()).collect();
                if !is_graph || waits_for.is_empty() {
                    self.jobs[gate as usize].before.push(job);
                }
                if is_graph {
                    for before in waits_for {
                        self.jobs[before as usize].before.push(job);
                    }
                }
            }
            if !is_graph {
                gate = next;
            }
        }
        if module.batches.is_empty() {
            self.jobs[start as usize].before.push(end);
        }
    }

    fn tasks(&self, component: &PlanComponent) -> Vec<(u32, u64)> {
        let task = |task: &super::model::PlanTask| {
            let run = Millis::from_secs_f64(task.estimate_seconds)
                .expect("an estimate is a median of readable times");
            (self.numbers[&task.arch], run.0)
        };
        component.tasks.iter().map(task).collect()
    }

    fn builders(&self, farm: &Farm) -> Vec<Builders> {
        let serves = |arches: &[Arch]| {
            let numbered = self.numbers.iter();
            let served = numbered
                .filter(|(arch, _)| arch.as_str() == "noarch" || arches.contains(arch))
                .map(|(_, &number)| number);
            served.collect()
        };
        let group = |group: &crate::farm::BuilderGroup| Builders {
            count: group.count,
            arches: serves(&group.arches),
        };
        farm.builders.iter().map(group).collect()
    }

    fn bounds(&self, builders: &[Builders], times: &[Times]) -> Bounds {
        let arches = u32::try_from(self.arches.len()).expect("a farm has few arches");
        let critical = times.iter().map(|t| t.earliest_finish_ms).max().unwrap_or(0);
        let capacity = schedule::capacity_ms(&self.jobs, builders, arches);
        let known = capacity.iter().flatten().copied();
        let head_tail = schedule::head_tail_bound_ms(&self.jobs, builders, arches);
        let lower = known.chain([critical, head_tail]).max().unwrap_or(0);
        let list = schedule::list_schedule_ms(&self.jobs, builders, arches);
        let barrier = schedule::wave_barrier_ms(&self.jobs, builders, arches);
        let rows = self.arches.iter().cloned().zip(capacity);
        Bounds {
            critical_path_seconds: seconds(critical),
            capacity_seconds: rows
                .filter(|(arch, _)| arch.as_str() != "noarch")
                .map(|(arch, ms)| (arch, ms.map(seconds)))
                .collect(),
            lower_bound_seconds: seconds(lower),
            schedule_seconds: list.map(seconds),
            wave_barrier_seconds: barrier.map(seconds),
        }
    }
}

impl Durations {
    /// Returns the components that the length of the plan hangs on, in order.
    pub(super) fn critical_path(
        &self,
        planned: &[Planned],
        id: &impl Fn(u32) -> String,
    ) -> Vec<CriticalStep> {
        let mut path = Vec::new();
        let starts = (0..self.jobs.len()).filter(|&at| self.times[at].earliest_start_ms == 0);
        let mut next = starts.max_by_key(|&at| (self.times[at].rank_ms, std::cmp::Reverse(at)));
        while let Some(at) = next {
            if let Some((module, batch, position)) = self.origin[at] {
                let component = &planned[module as usize].batches[batch].components[position];
                path.push(CriticalStep {
                    module: id(module),
                    package: component.package.clone(),
                    seconds: component.estimate_seconds,
                });
            }
            let rest = self.times[at].rank_ms - self.jobs[at].longest_ms();
            let follows = |&&to: &&u32| self.times[to as usize].rank_ms == rest;
            next = self.jobs[at].before.iter().find(follows).map(|&to| to as usize);
        }
        path
    }
}
