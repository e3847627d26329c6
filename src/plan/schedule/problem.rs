//! Jobs and builders as plain arrays, walkable from either end.

use crate::graph::csr::{self, Adjacency, Csr};

/// One job: a component build, or a junction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Job {
    /// Its tasks: the number of an arch, and milliseconds.
    pub tasks: Vec<(u32, u64)>,
    /// The jobs that wait for it, by position.
    pub before: Vec<u32>,
}

/// Builders of one group.
#[derive(Clone, Debug, PartialEq)]
pub struct Builders {
    /// The total number of tasks that they run at once.
    pub places: u32,
    /// The numbers of the arches they build.
    pub arches: Vec<u32>,
    /// Their speed: run times are divided by it.
    pub speed: f64,
}

impl Builders {
    /// Returns the run time of a task on one of them: rounded up, as in the simulated hub.
    pub(super) fn run_ms(&self, ms: u64) -> u64 {
        #[expect(clippy::float_cmp, reason = "exactly one is what a farm says that names no speed")]
        if self.speed == 1.0 {
            return ms;
        }
        #[expect(clippy::cast_precision_loss, reason = "exact below 285 000 years")]
        let run = (ms as f64 / self.speed).ceil();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a run time")]
        let run = run as u64;
        run
    }
}

/// Jobs to be placed on builders. Tasks of a job have consecutive numbers, and no task comes before
/// one that its job waits for.
#[derive(Clone, Debug)]
pub struct Problem {
    /// The first task of each job.
    firsts: Vec<u32>,
    /// How many tasks each job has.
    counts: Vec<u32>,
    pub(super) jobs_of: Vec<u32>,
    pub(super) arches_of: Vec<u32>,
    /// The run time of each task at speed 1, and on the fastest builder that can run it.
    pub(super) ms: Vec<u64>,
    pub(super) least_ms: Vec<u64>,
    pub(super) graph: Adjacency,
    /// Jobs in an order in which each comes after its predecessors.
    pub(super) order: Vec<u32>,
    pub(super) builders: Vec<Builders>,
    /// The groups that serve each arch.
    pub(super) serving: Vec<Vec<u32>>,
}

/// The earliest start and end of a job with unlimited builders, and its latest end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// The earliest start, in milliseconds.
    pub earliest_start_ms: u64,
    /// The earliest finish.
    pub earliest_finish_ms: u64,
    /// The latest finish that does not lengthen the schedule.
    pub latest_finish_ms: u64,
    /// The longest path from its start to the end of everything.
    pub rank_ms: u64,
}

impl Problem {
    /// Combines jobs and builders; `arches` is the number of arches.
    ///
    /// # Panics If jobs wait for each other in a cycle (a plan drops the edges of its cut), or
    /// there are 2³² tasks or more.
    #[must_use]
    pub fn new(jobs: &[Job], builders: Vec<Builders>, arches: u32) -> Self {
        let edges: Vec<(u32, u32)> = (0_u32..)
            .zip(jobs)
            .flat_map(|(from, job)| job.before.iter().map(move |&to| (from, to)))
            .collect();
        let graph = Adjacency::new(jobs.len(), &edges);
        let order = csr::topological_order(&graph.forward);
        let order = order.expect("jobs that wait for each other can never start");
        let serves = |arch: u32| {
            let groups = (0_u32..).zip(&builders);
            groups.filter(move |(_, group)| group.places > 0 && group.arches.contains(&arch))
        };
        let serving: Vec<Vec<u32>> =
            (0..arches).map(|arch| serves(arch).map(|(at, _)| at).collect()).collect();
        let mut problem = Self {
            firsts: vec![0; jobs.len()],
            counts: vec![0; jobs.len()],
            jobs_of: Vec::new(),
            arches_of: Vec::new(),
            ms: Vec::new(),
            least_ms: Vec::new(),
            graph,
            order: Vec::new(),
            builders,
            serving,
        };
        for &at in &order {
            problem.add_tasks(at, &jobs[at as usize].tasks);
        }
        problem.order = order;
        problem
    }

    fn add_tasks(&mut self, job: u32, tasks: &[(u32, u64)]) {
        let small = |count: usize| u32::try_from(count).expect("a plan has fewer than 2^32 tasks");
        self.firsts[job as usize] = small(self.ms.len());
        self.counts[job as usize] = small(tasks.len());
        for &(arch, ms) in tasks {
            let groups = self.serving[arch as usize].iter();
            let least = groups.map(|&group| self.builders[group as usize].run_ms(ms)).min();
            self.jobs_of.push(job);
            self.arches_of.push(arch);
            self.ms.push(ms);
            self.least_ms.push(least.unwrap_or(ms));
        }
    }

    /// Returns how many jobs there are.
    #[must_use]
    pub fn jobs(&self) -> usize {
        self.firsts.len()
    }

    /// Returns how many tasks there are.
    #[must_use]
    pub fn tasks(&self) -> usize {
        self.ms.len()
    }

    /// Returns the numbers of a job's tasks, in the order given.
    #[must_use]
    pub fn tasks_of(&self, job: u32) -> std::ops::Range<usize> {
        let first = self.firsts[job as usize] as usize;
        first..first + self.counts[job as usize] as usize
    }

    /// Returns the job of a task.
    #[must_use]
    pub fn job_of(&self, task: u32) -> u32 {
        self.jobs_of[task as usize]
    }

    /// Returns the run time of a task on the fastest builder that can run it.
    #[must_use]
    pub fn least_ms(&self, task: u32) -> u64 {
        self.least_ms[task as usize]
    }

    /// Returns whether every task has a builder that can run it.
    #[must_use]
    pub fn is_served(&self) -> bool {
        self.arches_of.iter().all(|&arch| !self.serving[arch as usize].is_empty())
    }

    /// Returns the run time of a job with the fastest builders, one for each of its tasks.
    #[must_use]
    pub fn longest_ms(&self, job: u32) -> u64 {
        self.tasks_of(job).map(|task| self.least_ms[task]).max().unwrap_or(0)
    }

    /// Returns the times of every job with unlimited builders.
    #[must_use]
    pub fn times(&self) -> Vec<Times> {
        let mut times = vec![Times::default(); self.jobs()];
        for &at in &self.order {
            let finish = times[at as usize].earliest_start_ms + self.longest_ms(at);
            times[at as usize].earliest_finish_ms = finish;
            for &next in self.graph.forward.targets(at) {
                let next = &mut times[next as usize].earliest_start_ms;
                *next = finish.max(*next);
            }
        }
        let end = times.iter().map(|t| t.earliest_finish_ms).max().unwrap_or(0);
        for &at in self.order.iter().rev() {
            let follows = self.graph.forward.targets(at).iter();
            let behind = follows.map(|&next| times[next as usize].rank_ms).max().unwrap_or(0);
            times[at as usize].rank_ms = behind + self.longest_ms(at);
            times[at as usize].latest_finish_ms = end - behind;
        }
        times
    }

    /// Returns the jobs of a longest path, in order, including junctions.
    #[must_use]
    pub fn longest_path(&self, times: &[Times]) -> Vec<u32> {
        let jobs = (0_u32..).take(self.jobs());
        let first = jobs.filter(|&at| times[at as usize].earliest_start_ms == 0);
        let mut next = first.max_by_key(|&at| (times[at as usize].rank_ms, std::cmp::Reverse(at)));
        let mut path = Vec::new();
        while let Some(at) = next {
            path.push(at);
            let rest = times[at as usize].rank_ms - self.longest_ms(at);
            let mut follows = self.graph.forward.targets(at).iter();
            next = follows.find(|&&to| times[to as usize].rank_ms == rest).copied();
        }
        path
    }

    /// Returns how many jobs each job waits for, seen from the start or from the end.
    pub(super) fn waits(&self, way: Way) -> Vec<u32> {
        let back = self.net(way.back());
        let count = |job| u32::try_from(back.targets(job).len()).expect("fewer than 2^32 edges");
        (0_u32..).take(self.jobs()).map(count).collect()
    }

    pub(super) fn net(&self, way: Way) -> &Csr {
        match way {
            Way::Forward => &self.graph.forward,
            Way::Backward => &self.graph.backward,
        }
    }
}

/// From which end a schedule is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// From the start: as early as possible.
    Forward,
    /// From the end, times counted back from it: as late as possible.
    Backward,
}

impl Way {
    pub(super) fn back(self) -> Self {
        match self {
            Self::Forward => Self::Backward,
            Self::Backward => Self::Forward,
        }
    }
}
