//! Slack and drag of each task of a schedule, with the same order of tasks on the same builders.
//!
//! The order on a builder is an additional reason to wait. With both kinds of reasons, a task's
//! *slack* is how much later it may end without delaying the end of the schedule, and its *drag* is
//! how much earlier the schedule would end if the task took no time.

use super::place::Schedule;
use super::problem::Problem;
use crate::graph::csr::{Adjacency, topological_order};

/// Slack and drag of one task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Margin {
    /// How much later it may end without delaying the end of the schedule, in milliseconds.
    pub slack_ms: u64,
    /// How much earlier the schedule would end if it took no time.
    pub drag_ms: u64,
}

/// Slack and drag of a schedule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Margins {
    /// By task.
    pub tasks: Vec<Margin>,
    /// The slack of the end of each job, in milliseconds.
    pub jobs_ms: Vec<u64>,
    /// The end of each job.
    pub ends_ms: Vec<u64>,
}

/// Returns slack and drag of a schedule made from the start.
#[must_use]
pub fn margins(problem: &Problem, schedule: &Schedule) -> Margins {
    let line = Line::new(problem, schedule);
    let slack = |node: usize| schedule.end_ms - line.before[node] - line.after[node];
    let without = line.longest_without();
    let margin = |task: usize| {
        let node = line.node_of(task);
        let gain = schedule.end_ms - without[node];
        Margin { slack_ms: slack(node), drag_ms: gain.min(line.ms[node]) }
    };
    let ends = (0..problem.jobs()).map(|job| line.end_of(job));
    Margins {
        tasks: (0..problem.tasks()).map(margin).collect(),
        jobs_ms: ends.clone().map(slack).collect(),
        ends_ms: ends.map(|node| line.before[node]).collect(),
    }
}

/// Tasks, and the starts and ends of jobs, as nodes of one graph without cycles.
struct Line {
    graph: Adjacency,
    /// Nodes in an order in which each comes after all it waits for, and the position of each.
    order: Vec<u32>,
    /// The run time of each node.
    ms: Vec<u64>,
    /// The longest path to the end of each node, and from there to the end of all.
    before: Vec<u64>,
    after: Vec<u64>,
    jobs: usize,
}

impl Line {
    /// Nodes are the starts of jobs, their ends, and the tasks, in this order.
    fn new(problem: &Problem, schedule: &Schedule) -> Self {
        let jobs = problem.jobs();
        let node = |index: usize| u32::try_from(index).expect("numbered by 32 bits");
        let task_node = |task: usize| node(2 * jobs + task);
        let mut edges = Vec::new();
        for job in 0..jobs {
            let (start, end) = (node(job), node(jobs + job));
            let tasks = problem.tasks_of(start);
            if tasks.is_empty() {
                edges.push((start, end));
            }
            for task in tasks {
                edges.extend([(start, task_node(task)), (task_node(task), end)]);
            }
            edges.extend(problem.graph.forward.targets(start).iter().map(|&next| (end, next)));
        }
        edges.extend(neighbours(schedule).map(|(a, b)| (task_node(a), task_node(b))));
        let mut ms = vec![0; 2 * jobs];
        ms.extend(schedule.starts.iter().zip(&schedule.ends).map(|(start, end)| end - start));
        let graph = Adjacency::new(ms.len(), &edges);
        let order = topological_order(&graph.forward).expect("a schedule runs in some order");
        let mut line =
            Self { before: ms.clone(), after: vec![0; ms.len()], graph, order, ms, jobs };
        line.measure();
        line
    }

    fn measure(&mut self) {
        for &at in &self.order {
            let end = self.before[at as usize];
            for &next in self.graph.forward.targets(at) {
                let through = end + self.ms[next as usize];
                let before = &mut self.before[next as usize];
                *before = through.max(*before);
            }
        }
        for &at in self.order.iter().rev() {
            let rest = |&next: &u32| self.after[next as usize] + self.ms[next as usize];
            let longest = self.graph.forward.targets(at).iter().map(rest).max();
            self.after[at as usize] = longest.unwrap_or(0);
        }
    }

    fn end_of(&self, job: usize) -> usize {
        self.jobs + job
    }

    fn node_of(&self, task: usize) -> usize {
        2 * self.jobs + task
    }

    /// Returns, for each node, the longest path that does not run through it.
    ///
    /// Such a path passes the node's position in the order along an edge that bypasses it. So each
    /// edge counts for all places between its ends, the longest path along it first.
    fn longest_without(&self) -> Vec<u64> {
        let mut places = vec![0; self.ms.len()];
        for (place, &at) in self.order.iter().enumerate() {
            places[at as usize] = place;
        }
        let mut spans = Vec::new();
        for (at, &place) in places.iter().enumerate() {
            let node = u32::try_from(at).expect("numbered by 32 bits");
            let follows = self.graph.forward.targets(node);
            spans.extend(follows.iter().map(|&next| {
                let next = next as usize;
                let path = self.before[at] + self.ms[next] + self.after[next];
                (path, place + 1, places[next])
            }));
            if follows.is_empty() {
                spans.push((self.before[at], place + 1, self.ms.len()));
            }
            if self.graph.backward.targets(node).is_empty() {
                spans.push((self.ms[at] + self.after[at], 0, place));
            }
        }
        spans.sort_unstable_by(|a, b| b.cmp(a));
        let by_place = paint(&spans, self.ms.len());
        places.iter().map(|&place| by_place[place]).collect()
    }
}

/// Returns the first of the spans over each place; 0 if there is none.
fn paint(spans: &[(u64, usize, usize)], places: usize) -> Vec<u64> {
    let mut painted = vec![0; places];
    // The next place from each that has no colour, with shortcuts.
    let mut next: Vec<usize> = (0..=places).collect();
    for &(value, from, to) in spans {
        let mut at = open(&mut next, from);
        while at < to {
            painted[at] = value;
            next[at] = at + 1;
            at = open(&mut next, at);
        }
    }
    painted
}

fn open(next: &mut [usize], mut at: usize) -> usize {
    while next[at] != at {
        next[at] = next[next[at]];
        at = next[at];
    }
    at
}

/// Returns the tasks that follow each other on one place, in pairs.
fn neighbours(schedule: &Schedule) -> impl Iterator<Item = (usize, usize)> + '_ {
    let mut tasks: Vec<usize> = (0..schedule.starts.len()).collect();
    let place = |task: usize| (schedule.groups[task], schedule.places[task]);
    // Tasks are numbered in a possible order, which distinguishes tasks that take no time.
    let key = |task: usize| (place(task), schedule.starts[task], schedule.ends[task], task);
    tasks.sort_unstable_by_key(|&task| key(task));
    let pairs: Vec<_> = tasks.windows(2).map(|pair| (pair[0], pair[1])).collect();
    pairs.into_iter().filter(move |&(a, b)| place(a) == place(b))
}
