//! How long a plan takes: critical path, lower bounds, and a schedule on a given farm.
//!
//! All of it in the ideal model: a job is one task per arch, a task takes one builder, a builder
//! takes one task, and nothing else takes time. Jobs without tasks are junctions: they cost nothing
//! and keep the number of edges of a barrier linear.
//!
//! The schedule is a list schedule by critical path: whenever a builder is free it takes the
//! waiting task with the longest remaining path (Graham's list scheduling; on farm-shaped
//! instances within a percent of the lower bound). More builders can lengthen it, as Graham showed;
//! bounds never do.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// One job: a component build, or a junction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Job {
    /// Its tasks: the number of an arch, and milliseconds.
    pub tasks: Vec<(u32, u64)>,
    /// The jobs that wait for it, by position; all behind it in some order without cycles.
    pub before: Vec<u32>,
    /// The wave it belongs to.
    pub wave: u32,
}

/// Builders of one group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Builders {
    /// How many there are.
    pub count: u32,
    /// The numbers of the arches they build.
    pub arches: Vec<u32>,
}

/// When a job can begin and end with unlimited builders, and by when it must end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// The earliest start, in milliseconds.
    pub earliest_start_ms: u64,
    /// The earliest finish.
    pub earliest_finish_ms: u64,
    /// The latest finish that does not lengthen the whole.
    pub latest_finish_ms: u64,
    /// The longest path from its start to the end of everything.
    pub rank_ms: u64,
}

impl Job {
    /// Returns how long the job takes with a builder for each of its tasks.
    #[must_use]
    pub fn longest_ms(&self) -> u64 {
        self.tasks.iter().map(|&(_, ms)| ms).max().unwrap_or(0)
    }
}

/// Returns the times of every job with unlimited builders.
///
/// # Panics
/// When jobs wait for each other in a cycle: a plan leaves the edges of its cut out.
#[must_use]
pub fn times(jobs: &[Job]) -> Vec<Times> {
    let order = order(jobs);
    let mut times = vec![Times::default(); jobs.len()];
    for &at in &order {
        let start = times[at as usize].earliest_start_ms;
        let finish = start + jobs[at as usize].longest_ms();
        times[at as usize].earliest_finish_ms = finish;
        for &next in &jobs[at as usize].before {
            let next = &mut times[next as usize].earliest_start_ms;
            *next = finish.max(*next);
        }
    }
    let end = times.iter().map(|t| t.earliest_finish_ms).max().unwrap_or(0);
    for &at in order.iter().rev() {
        let job = &jobs[at as usize];
        let behind = job.before.iter().map(|&next| times[next as usize].rank_ms).max().unwrap_or(0);
        times[at as usize].rank_ms = behind + job.longest_ms();
        times[at as usize].latest_finish_ms = end - behind;
    }
    times
}

/// Returns the jobs so that each comes after all it waits for.
fn order(jobs: &[Job]) -> Vec<u32> {
    let mut waits_for = vec![0_u32; jobs.len()];
    for &next in jobs.iter().flat_map(|job| &job.before) {
        waits_for[next as usize] += 1;
    }
    let mut order: Vec<u32> =
        (0_u32..).zip(&waits_for).filter(|&(_, &n)| n == 0).map(|(at, _)| at).collect();
    let mut done = 0;
    while let Some(&at) = order.get(done) {
        done += 1;
        for &next in &jobs[at as usize].before {
            waits_for[next as usize] -= 1;
            if waits_for[next as usize] == 0 {
                order.push(next);
            }
        }
    }
    assert_eq!(order.len(), jobs.len(), "jobs that wait for each other can never start");
    order
}

/// Returns the work that only builders of each arch can do over their number, in milliseconds;
/// `None` for an arch that no builder builds.
#[must_use]
pub fn capacity_ms(jobs: &[Job], builders: &[Builders], arches: u32) -> Vec<Option<u64>> {
    let mut work = vec![0_u64; arches as usize];
    for &(arch, ms) in jobs.iter().flat_map(|job| &job.tasks) {
        work[arch as usize] += ms;
    }
    let count = |arch: u32| -> u64 {
        let serving = builders.iter().filter(|group| group.arches.contains(&arch));
        serving.map(|group| u64::from(group.count)).sum()
    };
    (0..arches)
        .zip(work)
        .map(|(arch, work)| match count(arch) {
            0 => (work == 0).then_some(0),
            builders => Some(work.div_ceil(builders)),
        })
        .collect()
}

/// Returns, for each arch, the longest of all "head, work, tail" bounds: tasks that cannot begin
/// before `head` and are followed by at least `tail` need `head + work / builders + tail`.
///
/// Heads and tails are tried at no more than 64 values each, which keeps it a bound and fast.
#[must_use]
pub fn head_tail_bound_ms(jobs: &[Job], builders: &[Builders], arches: u32) -> u64 {
    let times = times(jobs);
    (0..arches).map(|arch| head_tail_of_arch(jobs, &times, (builders, arch))).max().unwrap_or(0)
}

fn head_tail_of_arch(jobs: &[Job], times: &[Times], of: (&[Builders], u32)) -> u64 {
    let (builders, arch) = of;
    let serving = builders.iter().filter(|group| group.arches.contains(&arch));
    let count: u64 = serving.map(|group| u64::from(group.count)).sum();
    if count == 0 {
        return 0;
    }
    let mut tasks: Vec<(u64, u64, u64)> = Vec::new();
    for (job, time) in jobs.iter().zip(times) {
        let tail = time.rank_ms - job.longest_ms();
        let own = job.tasks.iter().filter(|task| task.0 == arch);
        tasks.extend(own.map(|&(_, ms)| (time.earliest_start_ms, tail, ms)));
    }
    let heads = sample(tasks.iter().map(|task| task.0));
    let tails = sample(tasks.iter().map(|task| task.1));
    let work = work_inside(&tasks, &heads, &tails);
    let bound = |(row, &head): (usize, &u64), (column, &tail): (usize, &u64)| {
        // Without work between them a late head and a long tail belong to different jobs.
        let work = work[row][column];
        if work == 0 { 0 } else { head + work / count + tail }
    };
    let rows = heads.iter().enumerate();
    rows.flat_map(|row| tails.iter().enumerate().map(move |column| bound(row, column)))
        .max()
        .unwrap_or(0)
}

/// Returns, for each head and each tail, the work of the tasks with at least that head and tail:
/// each task is added where it belongs, then sums run from the largest heads and tails down.
fn work_inside(tasks: &[(u64, u64, u64)], heads: &[u64], tails: &[u64]) -> Vec<Vec<u64>> {
    let mut work = vec![vec![0_u64; tails.len() + 1]; heads.len() + 1];
    for &(head, tail, ms) in tasks {
        // The least value is among the samples, so each task has a place.
        let row = heads.partition_point(|&least| least <= head) - 1;
        let column = tails.partition_point(|&least| least <= tail) - 1;
        work[row][column] += ms;
    }
    for row in (0..heads.len()).rev() {
        let mut in_row = 0;
        for column in (0..tails.len()).rev() {
            in_row += work[row][column];
            work[row][column] = in_row + work[row + 1][column];
        }
    }
    work
}

/// Returns up to 64 of the distinct values, evenly spread, the least among them.
fn sample(values: impl Iterator<Item = u64>) -> Vec<u64> {
    let mut values: Vec<u64> = values.collect();
    values.sort_unstable();
    values.dedup();
    let step = values.len().div_ceil(64).max(1);
    values.into_iter().step_by(step).collect()
}

/// Returns the makespan of the critical-path list schedule in milliseconds; `None` when a task
/// needs an arch that no builder builds.
#[must_use]
pub fn list_schedule_ms(jobs: &[Job], builders: &[Builders], arches: u32) -> Option<u64> {
    let is_served = |arch: u32| builders.iter().any(|b| b.count > 0 && b.arches.contains(&arch));
    if jobs.iter().flat_map(|job| &job.tasks).any(|&(arch, _)| !is_served(arch)) {
        return None;
    }
    let times = times(jobs);
    let mut farm = Farm::new(builders, arches);
    let mut state = Running::new(jobs);
    let mut now = 0;
    // Taken before any is started: a junction among them may make later jobs ready in turn.
    let first: Vec<usize> = (0..jobs.len()).filter(|&at| state.waits_for[at] == 0).collect();
    for at in first {
        state.ready(jobs, &times, (at, &mut farm));
    }
    loop {
        farm.fill(jobs, now);
        let Some(&Reverse((time, ..))) = farm.ends.peek() else { return Some(now) };
        now = time;
        while farm.ends.peek().is_some_and(|&Reverse((same, ..))| same == time) {
            let Some(Reverse((_, job, group))) = farm.ends.pop() else { break };
            farm.free[group as usize] += 1;
            state.task_ended(jobs, &times, (job as usize, &mut farm));
        }
    }
}

/// Returns the makespan with a barrier after each wave: every wave waits for the last job of the
/// one before. `None` as in [`list_schedule_ms`].
#[must_use]
pub fn wave_barrier_ms(jobs: &[Job], builders: &[Builders], arches: u32) -> Option<u64> {
    let mut waves: Vec<u32> = jobs.iter().map(|job| job.wave).collect();
    waves.sort_unstable();
    waves.dedup();
    waves.into_iter().map(|wave| list_schedule_ms(&only(jobs, wave), builders, arches)).sum()
}

/// Returns the jobs of one wave and the edges among them.
fn only(jobs: &[Job], wave: u32) -> Vec<Job> {
    let kept: Vec<usize> = (0..jobs.len()).filter(|&at| jobs[at].wave == wave).collect();
    let mut position = vec![None; jobs.len()];
    for (new, &old) in (0_u32..).zip(&kept) {
        position[old] = Some(new);
    }
    kept.iter()
        .map(|&at| Job {
            before: jobs[at].before.iter().filter_map(|&next| position[next as usize]).collect(),
            ..jobs[at].clone()
        })
        .collect()
}

/// Which jobs wait and which are under way.
struct Running {
    waits_for: Vec<u32>,
    tasks_left: Vec<usize>,
}

/// A waiting task: its rank, the earliest job of equals, its index among the job's tasks.
type Waiting = (u64, Reverse<(u32, u32)>);

/// Builders and what waits for them.
struct Farm<'a> {
    builders: &'a [Builders],
    free: Vec<u32>,
    waiting: Vec<BinaryHeap<Waiting>>,
    ends: BinaryHeap<Reverse<(u64, u32, u32)>>,
}

impl Running {
    fn new(jobs: &[Job]) -> Self {
        let mut waits_for = vec![0; jobs.len()];
        for &next in jobs.iter().flat_map(|job| &job.before) {
            waits_for[next as usize] += 1;
        }
        Self { waits_for, tasks_left: jobs.iter().map(|job| job.tasks.len()).collect() }
    }

    /// Queues the tasks of a job; what follows a junction is ready at once.
    fn ready(&mut self, jobs: &[Job], times: &[Times], at: (usize, &mut Farm<'_>)) {
        let (first, farm) = at;
        let mut due = vec![first];
        while let Some(at) = due.pop() {
            let job = u32::try_from(at).expect("fewer than 2^32 jobs");
            for (task, &(arch, _)) in (0_u32..).zip(&jobs[at].tasks) {
                farm.waiting[arch as usize].push((times[at].rank_ms, Reverse((job, task))));
            }
            if jobs[at].tasks.is_empty() {
                self.release(jobs, at, &mut due);
            }
        }
    }

    fn task_ended(&mut self, jobs: &[Job], times: &[Times], at: (usize, &mut Farm<'_>)) {
        let (job, farm) = at;
        self.tasks_left[job] -= 1;
        if self.tasks_left[job] > 0 {
            return;
        }
        let mut due = Vec::new();
        self.release(jobs, job, &mut due);
        for next in due {
            self.ready(jobs, times, (next, &mut *farm));
        }
    }

    fn release(&mut self, jobs: &[Job], at: usize, due: &mut Vec<usize>) {
        for &next in &jobs[at].before {
            self.waits_for[next as usize] -= 1;
            if self.waits_for[next as usize] == 0 {
                due.push(next as usize);
            }
        }
    }
}

impl<'a> Farm<'a> {
    fn new(builders: &'a [Builders], arches: u32) -> Self {
        Self {
            builders,
            free: builders.iter().map(|group| group.count).collect(),
            waiting: vec![BinaryHeap::new(); arches as usize],
            ends: BinaryHeap::new(),
        }
    }

    /// Gives every free builder the waiting task with the longest remaining path.
    fn fill(&mut self, jobs: &[Job], now: u64) {
        for (number, group) in (0_u32..).zip(self.builders) {
            while self.free[number as usize] > 0 {
                let heads = group.arches.iter().filter_map(|&arch| {
                    self.waiting[arch as usize].peek().map(|&head| (head, arch))
                });
                let Some((_, arch)) = heads.max() else { break };
                let Some((_, Reverse((job, task)))) = self.waiting[arch as usize].pop() else {
                    break;
                };
                self.free[number as usize] -= 1;
                let (_, ms) = jobs[job as usize].tasks[task as usize];
                self.ends.push(Reverse((now + ms, job, number)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(ms: u64, before: &[u32]) -> Job {
        Job { tasks: vec![(0, ms)], before: before.to_vec(), wave: 1 }
    }

    fn builders(count: u32) -> [Builders; 1] {
        [Builders { count, arches: vec![0] }]
    }

    #[test]
    fn a_chain_is_its_own_critical_path_on_any_farm() {
        let jobs = [job(10, &[1]), job(20, &[2]), job(30, &[])];
        assert_eq!(times(&jobs)[2].earliest_finish_ms, 60);
        assert_eq!(list_schedule_ms(&jobs, &builders(1), 1), Some(60));
        assert_eq!(list_schedule_ms(&jobs, &builders(9), 1), Some(60));
    }

    #[test]
    fn slack_is_what_a_job_can_lose() {
        // 0 -> 1 -> 3 takes 10 + 30 + 5, 0 -> 2 -> 3 takes 10 + 12 + 5.
        let jobs = [job(10, &[1, 2]), job(30, &[3]), job(12, &[3]), job(5, &[])];
        let times = times(&jobs);
        let slack: Vec<u64> =
            times.iter().map(|t| t.latest_finish_ms - t.earliest_finish_ms).collect();
        assert_eq!(slack, [0, 0, 18, 0]);
        assert_eq!(times[0].rank_ms, 45);
    }

    #[test]
    fn one_builder_takes_the_sum_and_many_take_the_longest() {
        let jobs = [job(7, &[]), job(5, &[]), job(3, &[])];
        assert_eq!(list_schedule_ms(&jobs, &builders(1), 1), Some(15));
        assert_eq!(list_schedule_ms(&jobs, &builders(3), 1), Some(7));
        assert_eq!(list_schedule_ms(&jobs, &builders(2), 1), Some(8));
        assert_eq!(capacity_ms(&jobs, &builders(2), 1), [Some(8)]);
    }

    #[test]
    fn a_junction_costs_nothing_and_holds_back_what_follows() {
        let junction = Job { tasks: vec![], before: vec![3, 4], wave: 1 };
        let jobs = [job(4, &[2]), job(6, &[2]), junction, job(1, &[]), job(2, &[])];
        assert_eq!(list_schedule_ms(&jobs, &builders(5), 1), Some(8));
    }

    #[test]
    fn a_junction_that_opens_everything_starts_each_job_once() {
        let junction = Job { tasks: vec![], before: vec![1, 2], wave: 1 };
        let jobs = [junction, job(4, &[]), job(6, &[])];
        assert_eq!(list_schedule_ms(&jobs, &builders(1), 1), Some(10));
    }

    #[test]
    fn a_barrier_makes_every_wave_wait_for_the_slowest() {
        let mut jobs = [job(10, &[2]), job(100, &[]), job(50, &[])];
        jobs[2].wave = 2;
        assert_eq!(list_schedule_ms(&jobs, &builders(2), 1), Some(100));
        assert_eq!(wave_barrier_ms(&jobs, &builders(2), 1), Some(150));
    }

    #[test]
    fn an_arch_without_builders_has_no_schedule() {
        let jobs = [Job { tasks: vec![(1, 5)], before: vec![], wave: 1 }];
        assert_eq!(list_schedule_ms(&jobs, &builders(2), 2), None);
        assert_eq!(capacity_ms(&jobs, &builders(2), 2), [Some(0), None]);
    }

    #[test]
    fn head_and_tail_tighten_what_capacity_alone_says() {
        // Two jobs of 10 between a head of 5 and a tail of 7, on one builder: 5 + 20 + 7.
        let jobs = [job(5, &[1, 2]), job(10, &[3]), job(10, &[3]), job(7, &[])];
        assert_eq!(head_tail_bound_ms(&jobs, &builders(1), 1), 32);
        assert_eq!(list_schedule_ms(&jobs, &builders(1), 1), Some(32));
    }

    #[test]
    fn a_late_head_and_a_long_tail_of_different_jobs_bound_nothing() {
        let jobs = [job(50, &[1]), job(5, &[]), job(5, &[3]), job(50, &[])];
        assert_eq!(head_tail_bound_ms(&jobs, &builders(9), 1), 50);
    }

    #[test]
    fn builders_of_two_arches_take_the_longer_path_first() {
        let both = [Builders { count: 1, arches: vec![0, 1] }];
        let short = Job { tasks: vec![(0, 10)], before: vec![], wave: 1 };
        let long = Job { tasks: vec![(1, 10)], before: vec![2], wave: 1 };
        let jobs = [short, long, job(50, &[])];
        assert_eq!(list_schedule_ms(&jobs, &both, 2), Some(70));
        assert_eq!(times(&jobs)[1].rank_ms, 60);
    }
}
