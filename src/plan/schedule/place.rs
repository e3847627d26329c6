//! Placing tasks on builders: in a given order, or as builders come free.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use super::problem::{Problem, Way};

/// When and where every task runs. Times count from the end when a schedule is made backward.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schedule {
    /// The start of each task, in milliseconds.
    pub starts: Vec<u64>,
    /// Its end.
    pub ends: Vec<u64>,
    /// The group of builders it runs on.
    pub groups: Vec<u32>,
    /// The place in that group.
    pub places: Vec<u32>,
    /// The end of all.
    pub end_ms: u64,
}

impl Schedule {
    pub(super) fn new(tasks: usize) -> Self {
        let times = vec![0; tasks];
        let places = vec![0; tasks];
        Self { starts: times.clone(), ends: times, groups: places.clone(), places, end_ms: 0 }
    }

    fn put(&mut self, task: u32, start: u64, end: u64, group: u32, place: u32) {
        let task = task as usize;
        (self.starts[task], self.ends[task]) = (start, end);
        (self.groups[task], self.places[task]) = (group, place);
        self.end_ms = self.end_ms.max(end);
    }
}

/// A waiting task: its priority, and the first of equals.
type Waiting = (u64, Reverse<u32>);

/// Places tasks; keeps its memory from one schedule to the next.
#[derive(Debug)]
pub(super) struct Placer<'a> {
    problem: &'a Problem,
    /// The number of jobs and tasks that each job waits for, by [`Way`], before anything is placed.
    waits: [Vec<u32>; 2],
    tasks: Vec<u32>,
    /// The same now.
    waits_now: Vec<u32>,
    tasks_now: Vec<u32>,
    /// The latest end of the predecessors of each job, as far as they are placed.
    ready: Vec<u64>,
    /// Ready jobs that were not yet handled.
    due: Vec<u32>,
    /// The time at which each place of a group becomes free, the first on top.
    free: Vec<BinaryHeap<Reverse<(u64, u32)>>>,
    /// The same for [`Placer::as_free`]: free places, waiting tasks by arch, running tasks. The
    /// place that has been free longest is used first, so that gaps between tasks become slack.
    idle: Vec<VecDeque<u32>>,
    waiting: Vec<BinaryHeap<Waiting>>,
    running: BinaryHeap<Reverse<(u64, u32)>>,
    /// How many tasks were placed so far.
    pub(super) steps: u64,
}

impl<'a> Placer<'a> {
    pub(super) fn new(problem: &'a Problem) -> Self {
        let jobs = (0_u32..).take(problem.jobs());
        let tasks = |job| u32::try_from(problem.tasks_of(job).len()).expect("few arches");
        Self {
            problem,
            waits: [problem.waits(Way::Forward), problem.waits(Way::Backward)],
            tasks: jobs.map(tasks).collect(),
            waits_now: Vec::new(),
            tasks_now: Vec::new(),
            ready: Vec::new(),
            due: Vec::new(),
            free: vec![BinaryHeap::new(); problem.builders.len()],
            idle: vec![VecDeque::new(); problem.builders.len()],
            waiting: vec![BinaryHeap::new(); problem.serving.len()],
            running: BinaryHeap::new(),
            steps: 0,
        }
    }

    fn begin(&mut self, way: Way) {
        self.waits_now.clone_from(&self.waits[way as usize]);
        self.tasks_now.clone_from(&self.tasks);
        self.ready.clear();
        self.ready.resize(self.problem.jobs(), 0);
        self.due.clear();
        self.due.extend(
            (0_u32..).zip(&self.waits_now).filter(|(_, waits)| **waits == 0).map(|(job, _)| job),
        );
        self.steps += self.problem.tasks() as u64;
    }

    /// Returns how many places of a group can be in use at once.
    fn places(&self, group: usize) -> u32 {
        let tasks = u32::try_from(self.problem.tasks()).expect("numbered by 32 bits");
        self.problem.builders[group].places.min(tasks)
    }

    /// Places tasks in a given order, each as early as its job and a place allow and never before
    /// one placed earlier on the same place. Returns whether that is possible: no task may come
    /// before one that its job waits for.
    ///
    /// In the order of the starts of another schedule, no task starts later than there, if builders
    /// are equal and no two groups share an arch.
    pub(super) fn in_order(&mut self, way: Way, order: &[u32], out: &mut Schedule) -> bool {
        self.begin(way);
        out.end_ms = 0;
        for group in 0..self.free.len() {
            let places = self.places(group);
            self.free[group].clear();
            self.free[group].extend((0..places).map(|place| Reverse((0, place))));
        }
        self.release(way, |_| {});
        for &task in order {
            if self.waits_now[self.problem.job_of(task) as usize] > 0 {
                return false;
            }
            let ((start, end), (group, place)) = self.first_place(task);
            out.put(task, start, end, group, place);
            self.end_task(way, task, end);
            self.release(way, |_| {});
        }
        true
    }

    /// Chooses the place where a task ends first.
    fn first_place(&mut self, task: u32) -> ((u64, u64), (u32, u32)) {
        let problem = self.problem;
        let ms = problem.ms[task as usize];
        let ready = self.ready[problem.job_of(task) as usize];
        let groups = &problem.serving[problem.arches_of[task as usize] as usize];
        let span = |&group: &u32| {
            let free = self.free[group as usize].peek().map_or(0, |first| first.0.0);
            let start = free.max(ready);
            ((start, start + problem.builders[group as usize].run_ms(ms)), group)
        };
        // Among equals, the group with the fewest arches, because the others are needed elsewhere.
        let width = |group: u32| problem.builders[group as usize].arches.len();
        let best = groups.iter().map(span);
        let best = best.min_by_key(|&((_, end), group)| (end, width(group), group));
        let (span, group) = best.expect("every task has a builder");
        let mut first = self.free[group as usize].peek_mut().expect("a group has places");
        let place = first.0.1;
        *first = Reverse((span.1, place));
        (span, (group, place))
    }

    /// Makes a list schedule: a free place takes the waiting task of the highest priority that it
    /// can run.
    pub(super) fn as_free(&mut self, way: Way, priorities: &[u64], out: &mut Schedule) {
        self.begin(way);
        out.end_ms = 0;
        for group in 0..self.idle.len() {
            let places = self.places(group);
            self.idle[group].clear();
            self.idle[group].extend(0..places);
        }
        self.queue_ready(way, priorities);
        let mut now = 0;
        loop {
            self.fill(now, out);
            let Some(&Reverse((time, _))) = self.running.peek() else { return };
            now = time;
            while let Some(&Reverse((same, task))) = self.running.peek() {
                if same != time {
                    break;
                }
                self.running.pop();
                let (group, place) = (out.groups[task as usize], out.places[task as usize]);
                self.idle[group as usize].push_back(place);
                self.end_task(way, task, time);
                self.queue_ready(way, priorities);
            }
        }
    }

    fn queue_ready(&mut self, way: Way, priorities: &[u64]) {
        let problem = self.problem;
        let mut waiting = std::mem::take(&mut self.waiting);
        self.release(way, |job| {
            for task in problem.tasks_of(job) {
                let arch = problem.arches_of[task] as usize;
                let number = u32::try_from(task).expect("numbered by 32 bits");
                waiting[arch].push((priorities[task], Reverse(number)));
            }
        });
        self.waiting = waiting;
    }

    /// Gives every free place the waiting task of the highest priority.
    fn fill(&mut self, now: u64, out: &mut Schedule) {
        let problem = self.problem;
        for (number, group) in (0_u32..).zip(&problem.builders) {
            while let Some(&place) = self.idle[number as usize].front() {
                let heads = group.arches.iter().filter_map(|&arch| {
                    self.waiting[arch as usize].peek().map(|&head| (head, arch))
                });
                let Some(((_, Reverse(task)), arch)) = heads.max() else { break };
                self.waiting[arch as usize].pop();
                self.idle[number as usize].pop_front();
                let end = now + group.run_ms(problem.ms[task as usize]);
                out.put(task, now, end, number, place);
                self.running.push(Reverse((end, task)));
            }
        }
    }

    /// Notes the end of a task.
    fn end_task(&mut self, way: Way, task: u32, end: u64) {
        let job = self.problem.job_of(task);
        self.tasks_now[job as usize] -= 1;
        // Successors need the latest end of all tasks; none of them is ready before the last.
        for &next in self.problem.net(way).targets(job) {
            let ready = &mut self.ready[next as usize];
            *ready = end.max(*ready);
        }
        if self.tasks_now[job as usize] == 0 {
            self.follow(way, job);
        }
    }

    /// Notes that a job is done.
    fn follow(&mut self, way: Way, job: u32) {
        for &next in self.problem.net(way).targets(job) {
            let waits = &mut self.waits_now[next as usize];
            *waits -= 1;
            if *waits == 0 {
                self.due.push(next);
            }
        }
    }

    /// Calls `ready` with each ready job; junctions are done at once.
    fn release(&mut self, way: Way, mut ready: impl FnMut(u32)) {
        while let Some(job) = self.due.pop() {
            if self.tasks[job as usize] > 0 {
                ready(job);
                continue;
            }
            let end = self.ready[job as usize];
            for &next in self.problem.net(way).targets(job) {
                let ready = &mut self.ready[next as usize];
                *ready = end.max(*ready);
            }
            self.follow(way, job);
        }
    }
}
