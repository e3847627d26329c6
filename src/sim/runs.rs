//! The figures of many runs, as a sweep keeps them: quantiles are exact, so every run counts, but each
//! in some tens of bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::column::Column;
use super::figures::{Busy, ChangeFigures, Outcome, Ready, RunFigures};
use crate::name::Arch;
use crate::time::{Millis, Timestamp};

mod rows;

/// A figure that every run has; times in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// The time of the last event that changed a module.
    Makespan,
    /// Module builds started.
    ModuleBuilds,
    /// Components built.
    ComponentBuilds,
    /// koji tasks made.
    Tasks,
    /// Requests that the orchestrator made of the hub.
    HubCalls,
    /// Repo regenerations.
    RepoRegenerations,
    /// Messages the bus carried.
    Messages,
    /// Mails sent.
    Mails,
    /// Components reused.
    Reused,
    /// The largest number of builds of one module.
    RebuildsPerModuleMax,
    /// Builder time of builds that were superseded, failed or canceled.
    Wasted,
    /// Components with a defect in modules that are ready all the same.
    DefectsEscaped,
    /// Test results that people waived.
    Waivers,
    /// Repairs by people.
    Fixes,
    /// Messages that did not reach whom they were for.
    MessagesLost,
    /// Events that the orchestrator handled.
    Events,
}

const FIGURES: usize = Figure::Events as usize + 1;

/// The figures of many runs, in replication order, in columns. What is read back is what was put in.
#[derive(Clone, Debug, Default)]
pub struct Runs {
    outcomes: Column,
    figures: [Column; FIGURES],
    busy: BusyColumns,
    ready: ReadyColumns,
    changes: ChangeColumns,
}

/// When modules were ready, one run after the other.
#[derive(Clone, Debug, Default)]
struct ReadyColumns {
    /// How many modules the plan of each run has.
    modules: Column,
    /// How many of them each run has ready.
    counts: Column,
    times: Column,
}

/// Builder time by arch. All runs of one setup speak of the same arches, those of the first; one that
/// does not is kept apart.
#[derive(Clone, Debug, Default)]
struct BusyColumns {
    tasks: Vec<(Arch, Column)>,
    builders: Option<Vec<(Arch, Column)>>,
    until: Column,
    others: BTreeMap<usize, Busy>,
}

/// Changes one after the other, of all runs.
#[derive(Clone, Debug, Default)]
struct ChangeColumns {
    /// How many each run has.
    counts: Column,
    classes: Vec<Arc<str>>,
    class: Column,
    came: Column,
    module_builds: Column,
    /// One more than the response; 0 for none.
    response: Column,
    /// 0 for no, 1 for yes, 2 where nobody says what is in time.
    in_time: Column,
}

impl Runs {
    /// Returns how many runs there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.outcomes.len()
    }

    /// Returns whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Appends a run.
    pub fn push(&mut self, run: &RunFigures) {
        self.outcomes.push(number_of(run.outcome));
        for (column, number) in self.figures.iter_mut().zip(numbers(run)) {
            column.push(number);
        }
        self.busy.push(&run.busy);
        self.ready.push(&run.ready);
        self.changes.push(&run.changes);
    }

    /// Returns every run, in order.
    pub fn iter(&self) -> impl Iterator<Item = RunFigures> + '_ {
        let mut first = 0;
        self.ready().enumerate().map(move |(at, ready)| {
            let changes = first..first + count(self.changes.counts.at(at));
            first = changes.end;
            self.run(at, changes, ready)
        })
    }

    /// Returns when the modules of every run were ready, in order.
    pub fn ready(&self) -> impl Iterator<Item = Ready> + '_ {
        let mut first = 0;
        (0..self.len()).map(move |at| {
            let times = first..first + count(self.ready.counts.at(at));
            first = times.end;
            let times = times.map(|at| Millis(self.ready.times.at(at))).collect();
            Ready { modules: self.ready.modules.at(at), times }
        })
    }

    /// Returns how each run ended.
    pub fn outcomes(&self) -> impl Iterator<Item = Outcome> + '_ {
        self.outcomes.iter().map(outcome_of)
    }

    /// Returns one figure of every run.
    #[must_use]
    pub fn all(&self, figure: Figure) -> Vec<u64> {
        self.figures[figure as usize].iter().collect()
    }

    /// Returns the makespans of the runs that ended `done`, in milliseconds.
    #[must_use]
    pub fn makespans_done(&self) -> Vec<u64> {
        let makespans = self.figures[Figure::Makespan as usize].iter();
        let both = makespans.zip(self.outcomes());
        both.filter(|(_, outcome)| *outcome == Outcome::Done).map(|(span, _)| span).collect()
    }

    /// Returns every arch with builder time in a run.
    #[must_use]
    pub fn arches(&self) -> BTreeSet<Arch> {
        let first = self.busy.tasks.iter().map(|(arch, _)| arch);
        let others = self.busy.others.values().flat_map(|busy| busy.iter().map(|(arch, _)| arch));
        first.chain(others).cloned().collect()
    }

    /// Returns the builder time of every run on one arch, in milliseconds.
    #[must_use]
    pub fn busy_on(&self, arch: &Arch) -> Vec<u64> {
        let column = self.busy.tasks.iter().find(|(known, _)| known == arch);
        let mut all =
            column.map_or_else(|| vec![0; self.len()], |(_, column)| column.iter().collect());
        for (&at, busy) in &self.busy.others {
            all[at] = busy.iter().find(|(known, _)| known == arch).map_or(0, |(_, time)| time.0);
        }
        all
    }

    /// Returns the changes of all runs, in order.
    pub fn changes(&self) -> impl Iterator<Item = ChangeFigures> + '_ {
        (0..self.changes.class.len()).map(|at| self.changes.at(at))
    }

    fn run(&self, at: usize, changes: std::ops::Range<usize>, ready: Ready) -> RunFigures {
        let figure = |figure: Figure| self.figures[figure as usize].at(at);
        RunFigures {
            outcome: outcome_of(self.outcomes.at(at)),
            makespan: Millis(figure(Figure::Makespan)),
            module_builds: figure(Figure::ModuleBuilds),
            component_builds: figure(Figure::ComponentBuilds),
            tasks: figure(Figure::Tasks),
            hub_calls: figure(Figure::HubCalls),
            repo_regenerations: figure(Figure::RepoRegenerations),
            messages: figure(Figure::Messages),
            mails: figure(Figure::Mails),
            reused: figure(Figure::Reused),
            rebuilds_per_module_max: figure(Figure::RebuildsPerModuleMax),
            wasted: Millis(figure(Figure::Wasted)),
            busy: self.busy.at(at),
            defects_escaped: figure(Figure::DefectsEscaped),
            waivers: figure(Figure::Waivers),
            fixes: figure(Figure::Fixes),
            messages_lost: figure(Figure::MessagesLost),
            events: figure(Figure::Events),
            ready,
            changes: changes.map(|at| self.changes.at(at)).collect(),
        }
    }
}

/// Returns the figures of a run in the order of [`Figure`].
fn numbers(run: &RunFigures) -> [u64; FIGURES] {
    [
        run.makespan.0,
        run.module_builds,
        run.component_builds,
        run.tasks,
        run.hub_calls,
        run.repo_regenerations,
        run.messages,
        run.mails,
        run.reused,
        run.rebuilds_per_module_max,
        run.wasted.0,
        run.defects_escaped,
        run.waivers,
        run.fixes,
        run.messages_lost,
        run.events,
    ]
}

const OUTCOMES: [Outcome; 4] = [Outcome::Capped, Outcome::Failed, Outcome::Stuck, Outcome::Done];

fn number_of(outcome: Outcome) -> u64 {
    let at = OUTCOMES.iter().position(|known| *known == outcome);
    at.expect("every outcome is among them") as u64
}

fn outcome_of(number: u64) -> Outcome {
    OUTCOMES[count(number)]
}

fn count(number: u64) -> usize {
    usize::try_from(number).expect("what was counted in memory")
}

impl ReadyColumns {
    fn push(&mut self, ready: &Ready) {
        self.modules.push(ready.modules);
        self.counts.push(ready.times.len() as u64);
        ready.times.iter().for_each(|time| self.times.push(time.0));
    }
}

impl BusyColumns {
    fn push(&mut self, busy: &Busy) {
        let at = self.until.len();
        let (tasks, builders) = (&busy.tasks, busy.builders.as_deref());
        if at == 0 {
            self.tasks = columns_of(tasks);
            self.builders = builders.map(columns_of);
        }
        let is_alike = are_of(&self.tasks, tasks)
            && match (&self.builders, builders) {
                (Some(columns), Some(times)) => are_of(columns, times),
                (None, None) => true,
                (Some(_), None) | (None, Some(_)) => false,
            };
        if !is_alike {
            self.others.insert(at, busy.clone());
        }
        let time = |times: &[(Arch, Millis)], place: usize| {
            if is_alike { times[place].1.0 } else { 0 }
        };
        for (place, (_, column)) in self.tasks.iter_mut().enumerate() {
            column.push(time(tasks, place));
        }
        for (place, (_, column)) in self.builders.iter_mut().flatten().enumerate() {
            column.push(time(builders.unwrap_or_default(), place));
        }
        self.until.push(if is_alike { busy.until.0 } else { 0 });
    }

    fn at(&self, at: usize) -> Busy {
        if let Some(busy) = self.others.get(&at) {
            return busy.clone();
        }
        let times = |columns: &Vec<(Arch, Column)>| -> Vec<(Arch, Millis)> {
            columns.iter().map(|(arch, column)| (arch.clone(), Millis(column.at(at)))).collect()
        };
        Busy {
            tasks: times(&self.tasks),
            builders: self.builders.as_ref().map(times),
            until: Millis(self.until.at(at)),
        }
    }
}

/// Returns an empty column for the arch of each time.
fn columns_of(times: &[(Arch, Millis)]) -> Vec<(Arch, Column)> {
    times.iter().map(|(arch, _)| (arch.clone(), Column::default())).collect()
}

/// Returns whether times are of the arches of some columns, in their order.
fn are_of(columns: &[(Arch, Column)], times: &[(Arch, Millis)]) -> bool {
    columns.iter().map(|(arch, _)| arch).eq(times.iter().map(|(arch, _)| arch))
}

impl ChangeColumns {
    fn push(&mut self, changes: &[ChangeFigures]) {
        self.counts.push(changes.len() as u64);
        for change in changes {
            let known = self.classes.iter().position(|class| *class == change.class);
            let class = known.unwrap_or_else(|| {
                self.classes.push(Arc::clone(&change.class));
                self.classes.len() - 1
            });
            self.class.push(class as u64);
            self.came.push(change.came.0);
            self.module_builds.push(change.module_builds);
            self.response.push(change.response.map_or(0, |response| response.0 + 1));
            self.in_time.push(change.is_in_time.map_or(2, u64::from));
        }
    }

    fn at(&self, at: usize) -> ChangeFigures {
        ChangeFigures {
            class: Arc::clone(&self.classes[count(self.class.at(at))]),
            came: Timestamp(self.came.at(at)),
            module_builds: self.module_builds.at(at),
            response: self.response.at(at).checked_sub(1).map(Millis),
            is_in_time: [Some(false), Some(true), None][count(self.in_time.at(at))],
        }
    }
}
