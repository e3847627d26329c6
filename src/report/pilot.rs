//! A few runs of each variant in full: what only the log of a run shows, such as where its time goes,
//! and the run to draw.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::cells::percent;
use super::chain::{self, Part, Parts};
use super::farm_load::{self, GroupLoad};
use super::svg::GanttModule;
use crate::sim::{Bar, Outcome, Setup, World};
use crate::time::Millis;

/// How many runs are looked at in full at most: enough for a mean, few enough to be kept no longer
/// than they are looked at.
const RUNS_MAX: u64 = 25;
/// About so many component builds are looked at in full, in one run at least.
const BUILDS: u64 = 20_000;

/// What some runs of one variant in full show.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pilot {
    /// The variant.
    pub name: String,
    /// How many runs were looked at: the first replications.
    pub runs: u64,
    /// How many of them are done.
    pub done: u64,
    /// Which of them is drawn, from 1: the one that ends in the middle, never done counting as last.
    pub typical: u64,
    /// How it ended.
    pub outcome: Outcome,
    /// When.
    pub makespan: Millis,
    /// Where the time of all of them went, summed up.
    pub parts: Parts,
    /// What builders did in the typical run.
    pub load: Vec<GroupLoad>,
    /// For how long builders of each group worked in all of the runs, by its name.
    pub used: BTreeMap<Arc<str>, GroupTime>,
    /// Every task of the typical run.
    pub bars: Vec<Bar>,
    /// The modules, with their waves.
    pub modules: Vec<GanttModule>,
}

/// The time of all builders of a group, up to the makespan of each run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupTime {
    /// With a task that works, one or several.
    pub busy: Millis,
    /// Without.
    pub idle: Millis,
}

impl GroupTime {
    /// Returns the share of the time for which builders work, from 0 to 1.
    #[must_use]
    pub fn utilization(self) -> f64 {
        let all = (self.busy + self.idle).as_secs_f64();
        if all > 0.0 { (self.busy.as_secs_f64() / all * 1e4).round() / 1e4 } else { 0.0 }
    }
}

impl Pilot {
    /// Runs the first of `replications` of a variant in full.
    #[must_use]
    pub fn of(name: &str, setup: &Setup, replications: u64, modules: Vec<GanttModule>) -> Self {
        let mut world = World::new(setup);
        let components = setup.catalog.modules.iter().map(|module| module.components.len() as u64);
        let most = (BUILDS / components.sum::<u64>().max(1)).clamp(1, RUNS_MAX);
        let runs = replications.clamp(1, most);
        let mut parts = Parts::new();
        let mut used: BTreeMap<Arc<str>, GroupTime> = BTreeMap::new();
        let mut ends = Vec::new();
        for replication in 0..runs {
            let run = world.run_in_full(replication);
            for (part, time) in chain::parts(&run, &setup.catalog, setup.cascade) {
                *parts.entry(part).or_default() += time;
            }
            for one in farm_load::load(&run, &setup.slots.groups) {
                let time = used.entry(one.group).or_default();
                time.busy += one.busy;
                time.idle += one.idle;
            }
            let is_done = run.figures.outcome == Outcome::Done;
            ends.push((!is_done, run.figures.makespan, replication));
        }
        ends.sort_unstable();
        let done = ends.iter().filter(|(is_never, ..)| !is_never).count() as u64;
        let (.., typical) = ends[(ends.len() - 1) / 2];
        let run = world.run_in_full(typical);
        Self {
            name: name.to_owned(),
            runs,
            done,
            typical: typical + 1,
            outcome: run.figures.outcome,
            makespan: run.figures.makespan,
            parts,
            load: farm_load::load(&run, &setup.slots.groups),
            used,
            bars: run.bars,
            modules,
        }
    }

    /// Returns the mean time of one part.
    #[must_use]
    pub fn mean(&self, part: Part) -> Millis {
        let all = self.parts.get(&part).copied().unwrap_or_default();
        Millis(all.0 / self.runs.max(1))
    }

    /// Says how many of the runs are done.
    #[must_use]
    pub fn done_words(&self) -> String {
        #[expect(clippy::cast_precision_loss, reason = "a few runs")]
        let share = self.done as f64 / self.runs.max(1) as f64;
        match self.runs {
            1 if self.done == 1 => "the one run is done".to_owned(),
            1 => "the one run is not done".to_owned(),
            runs => format!("{} of {runs} runs done", percent(share)),
        }
    }

    /// Says which run is drawn.
    #[must_use]
    pub fn title(&self) -> String {
        let Self { name, runs, typical, outcome, .. } = self;
        let end = if *outcome == Outcome::Done { "" } else { ", not done" };
        match runs {
            1 => format!("{name}: replication 1, the one run in full{end}"),
            _ => format!("{name}: a typical run, replication {typical}, the median of {runs}{end}"),
        }
    }

    /// Returns the name of the file of a picture of it.
    #[must_use]
    pub fn file(&self, kind: &str) -> String {
        format!("{kind}-{}.svg", self.name.replace('/', "-"))
    }

    /// Keeps what is counted and leaves out what is drawn, for variants without luck.
    #[must_use]
    pub fn without_bars(self) -> Self {
        Self { bars: Vec::new(), modules: Vec::new(), ..self }
    }
}

/// Returns the ids and waves of modules, as charts want them.
pub fn modules<'p>(of: impl Iterator<Item = (&'p str, u32)>) -> Vec<GanttModule> {
    of.map(|(id, wave)| GanttModule { id: Arc::from(id), wave }).collect()
}
