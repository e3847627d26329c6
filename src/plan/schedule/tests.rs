//! Hand-computed schedules, bounds and margins, and searches of all orders.

use super::*;

fn job(ms: u64, before: &[u32]) -> Job {
    Job { tasks: vec![(0, ms)], before: before.to_vec() }
}

fn builders(places: u32) -> Vec<Builders> {
    vec![Builders { places, arches: vec![0], speed: 1.0 }]
}

fn problem(jobs: &[Job], places: u32) -> Problem {
    Problem::new(jobs, builders(places), 1)
}

fn bound_of(problem: &Problem) -> u64 {
    bound(problem, &problem.times()).bound_ms
}

fn scheduled(problem: &Problem) -> Schedule {
    improve(problem, &problem.times(), bound_of(problem), Effort::default())
}

#[test]
fn a_chain_is_its_own_critical_path_on_any_farm() {
    let jobs = [job(10, &[1]), job(20, &[2]), job(30, &[])];
    for places in [1, 9] {
        let problem = problem(&jobs, places);
        assert_eq!(problem.times()[2].earliest_finish_ms, 60);
        assert_eq!(scheduled(&problem).end_ms, 60);
    }
}

#[test]
fn slack_with_unlimited_builders_is_what_a_job_can_lose() {
    // 0 -> 1 -> 3 takes 10 + 30 + 5, 0 -> 2 -> 3 takes 10 + 12 + 5.
    let jobs = [job(10, &[1, 2]), job(30, &[3]), job(12, &[3]), job(5, &[])];
    let times = problem(&jobs, 1).times();
    let slack: Vec<u64> = times.iter().map(|t| t.latest_finish_ms - t.earliest_finish_ms).collect();
    assert_eq!(slack, [0, 0, 18, 0]);
    assert_eq!(times[0].rank_ms, 45);
}

#[test]
fn one_builder_takes_the_sum_and_many_take_the_longest() {
    let jobs = [job(7, &[]), job(5, &[]), job(3, &[])];
    for (places, end) in [(1, 15), (2, 8), (3, 7)] {
        assert_eq!(scheduled(&problem(&jobs, places)).end_ms, end, "{places} places");
        assert_eq!(bound_of(&problem(&jobs, places)), end, "{places} places");
    }
    assert_eq!(capacity_ms(&problem(&jobs, 2)), [Some(8)]);
}

#[test]
fn a_junction_costs_nothing_and_holds_back_what_follows() {
    let junction = Job { tasks: vec![], before: vec![3, 4] };
    let jobs = [job(4, &[2]), job(6, &[2]), junction, job(1, &[]), job(2, &[])];
    assert_eq!(scheduled(&problem(&jobs, 5)).end_ms, 8);
}

#[test]
fn a_junction_that_opens_everything_starts_each_job_once() {
    let junction = Job { tasks: vec![], before: vec![1, 2] };
    let jobs = [junction, job(4, &[]), job(6, &[])];
    assert_eq!(scheduled(&problem(&jobs, 1)).end_ms, 10);
}

#[test]
fn an_arch_without_builders_has_no_schedule() {
    let jobs = [Job { tasks: vec![(1, 5)], before: vec![] }];
    let problem = Problem::new(&jobs, builders(2), 2);
    assert!(!problem.is_served());
    assert_eq!(capacity_ms(&problem), [Some(0), None]);
    assert_eq!(bound_of(&problem), 5);
}

#[test]
fn head_and_tail_tighten_what_capacity_alone_says() {
    // Two jobs of 10 between a head of 5 and a tail of 7, on one builder: 5 + 20 + 7.
    let jobs = [job(5, &[1, 2]), job(10, &[3]), job(10, &[3]), job(7, &[])];
    let problem = problem(&jobs, 1);
    let found = bound(&problem, &problem.times());
    assert_eq!(found.bound_ms, 32);
    assert_eq!(scheduled(&problem).end_ms, 32);
}

#[test]
fn energy_names_each_task_once_and_its_sum_is_the_bound() {
    // Between a head of 5 and a tail of 7 three jobs of 10 on two builders: 5 + 15 + 7.
    let middle = || job(10, &[4]);
    let jobs = [job(5, &[1, 2, 3]), middle(), middle(), middle(), job(7, &[])];
    let problem = problem(&jobs, 2);
    let found = bound(&problem, &problem.times());
    let kind = CertificateKind::Energy { arch: 0, head_ms: 5, tail_ms: 7, work_ms: 30, places: 2 };
    assert_eq!((found.bound_ms, found.kind), (27, kind));
    assert_eq!(found.tasks.iter().map(|&task| problem.job_of(task)).collect::<Vec<_>>(), [1, 2, 3]);
}

#[test]
fn work_that_no_other_builder_can_run_counts_for_an_arch() {
    // Arch 1 runs only on the builders of arch 0, like noarch if all builders are x86_64.
    let both = vec![Builders { places: 2, arches: vec![0, 1], speed: 1.0 }];
    let task = |arch| Job { tasks: vec![(arch, 10)], before: vec![] };
    let problem = Problem::new(&[task(0), task(0), task(1), task(1)], both, 2);
    assert_eq!((bound_of(&problem), scheduled(&problem).end_ms), (20, 20));
    assert_eq!(capacity_ms(&problem), [Some(20), Some(20)]);
    // With its own builders it does not.
    let apart = vec![
        Builders { places: 1, arches: vec![0, 1], speed: 1.0 },
        Builders { places: 1, arches: vec![1], speed: 1.0 },
    ];
    let problem = Problem::new(&[task(0), task(0), task(1)], apart, 2);
    assert_eq!(capacity_ms(&problem), [Some(20), Some(15)]);
}

#[test]
fn a_bound_is_rounded_up_to_what_every_end_is_a_multiple_of() {
    // 50 over two builders is 25, but no sum of tens ends then.
    let jobs = [job(10, &[]), job(10, &[]), job(10, &[]), job(10, &[]), job(10, &[])];
    let problem = problem(&jobs, 2);
    assert_eq!(granularity_ms(&problem), 10);
    assert_eq!((bound_of(&problem), scheduled(&problem).end_ms), (30, 30));
}

#[test]
fn a_late_head_and_a_long_tail_of_different_jobs_bound_nothing() {
    let jobs = [job(50, &[1]), job(5, &[]), job(5, &[3]), job(50, &[])];
    assert_eq!(bound_of(&problem(&jobs, 9)), 55);
}

#[test]
fn builders_of_two_arches_take_the_longer_path_first() {
    let both = vec![Builders { places: 1, arches: vec![0, 1], speed: 1.0 }];
    let short = Job { tasks: vec![(0, 10)], before: vec![] };
    let long = Job { tasks: vec![(1, 10)], before: vec![2] };
    let problem = Problem::new(&[short, long, job(50, &[])], both, 2);
    assert_eq!(scheduled(&problem).end_ms, 70);
    assert_eq!(problem.times()[1].rank_ms, 60);
}

#[test]
fn a_fast_builder_shortens_bound_and_schedule_alike() {
    let fast = vec![
        Builders { places: 1, arches: vec![0], speed: 2.0 },
        Builders { places: 1, arches: vec![0], speed: 1.0 },
    ];
    // The fast one takes 11 ms for the second, the slow one 20 for the first.
    let problem = Problem::new(&[job(20, &[]), job(22, &[])], fast, 1);
    assert_eq!((bound_of(&problem), scheduled(&problem).end_ms), (11, 20));
}

#[test]
fn a_schedule_that_a_list_misses_is_found() {
    // By the longest path first: 3 3 2 2 2 on two builders ends at 7; 3 3 | 2 2 2 ends at 6.
    let jobs = [job(3, &[]), job(3, &[]), job(2, &[]), job(2, &[]), job(2, &[])];
    assert_eq!(scheduled(&problem(&jobs, 2)).end_ms, 6);
}

#[test]
fn slack_and_drag_keep_the_order_on_each_builder() {
    // One builder runs 0 (10) and then 1 (20); another runs 2 (12), which nothing waits for.
    let jobs = [job(10, &[1]), job(20, &[]), Job { tasks: vec![(1, 12)], before: vec![] }];
    let two = vec![
        Builders { places: 1, arches: vec![0], speed: 1.0 },
        Builders { places: 1, arches: vec![1], speed: 1.0 },
    ];
    let problem = Problem::new(&jobs, two, 2);
    let schedule = scheduled(&problem);
    let margins = margins(&problem, &schedule);
    let of = |job: u32| {
        let margin = margins.tasks[problem.tasks_of(job).start];
        (margin.slack_ms, margin.drag_ms)
    };
    // Without 1 all ends with 2, at 12: it costs 18.
    assert_eq!([of(0), of(1), of(2)], [(0, 10), (0, 18), (18, 0)]);
    assert_eq!(margins.jobs_ms, [0, 0, 18]);
    assert_eq!(margins.ends_ms, [10, 30, 12]);
}
