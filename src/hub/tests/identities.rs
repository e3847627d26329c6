//! What holds of any run by definition, read off the hub's own log.

use super::*;

/// A busy farm with a stream of builds: a run, how many builders it has, and when it ended.
fn busy_run(seed: u64) -> (Hub, u64, u64) {
    let mut random = Pcg64Mcg::seed_from_u64(seed);
    let mut farm = farm(3);
    farm.builders[0].capacity = 4.0;
    let mut hub = hub(&farm);
    let tag = hub.add_tag(ArchSet::default().with(0), RepoWork::growing(secs(60), Millis::ZERO));
    for _ in 0..40 {
        let run = |random: &mut Pcg64Mcg| Work::ok(Millis(random.next_u64() % 900_000));
        let arches =
            vec![(TaskArch::Arch(0), run(&mut random)), (TaskArch::Noarch, run(&mut random))];
        let spec = BuildSpec { arches, ..spec(tag) };
        hub.submit(Request::Build(Arc::new(spec)), 0);
        let now = hub.now();
        advance(&mut hub, now + Millis(random.next_u64() % 200_000));
    }
    run(&mut hub);
    assert_eq!(hub.live_tasks(), 0);
    let end = hub.tasks().filter_map(|task| task.ended).max().unwrap();
    (hub, 3, end.0)
}

/// Returns the integral over time of how many spans are open, found by going through their ends.
fn integral(spans: &[(u64, u64)]) -> u64 {
    let mut changes: Vec<(u64, i64)> = Vec::new();
    for &(from, to) in spans.iter().filter(|(from, to)| from < to) {
        changes.extend([(from, 1), (to, -1)]);
    }
    changes.sort_unstable();
    let (mut open, mut before, mut total) = (0_i64, 0, 0);
    for (time, change) in changes {
        total += (time - before) * u64::try_from(open).expect("as many begin as end");
        open += change;
        before = time;
    }
    total
}

#[test]
fn the_mean_number_in_the_system_is_the_rate_times_the_mean_stay() {
    let (hub, ..) = busy_run(1);
    let leaves: Vec<TaskInfo> = hub.tasks().filter(|task| task.is_leaf).collect();
    let (mut stay, mut wait, mut work) = (Vec::new(), Vec::new(), Vec::new());
    for task in &leaves {
        let (opened, ended) = (task.opened.unwrap().0, task.ended.unwrap().0);
        stay.push((task.created.0, ended));
        wait.push((task.created.0, opened));
        work.push((opened, ended));
    }
    let sum = |spans: &[(u64, u64)]| spans.iter().map(|(from, to)| to - from).sum::<u64>();
    // Little's law, without a division: L T = N W, of the system, the queue and the builders.
    for spans in [&stay, &wait, &work] {
        assert_eq!(integral(spans), sum(spans));
    }
    assert_eq!(sum(&stay), sum(&wait) + sum(&work));
}

#[test]
fn builders_are_busy_for_the_time_of_their_tasks_and_never_longer_than_the_run() {
    for seed in 0..5 {
        let (hub, builders, end) = busy_run(seed);
        let leaves: Vec<TaskInfo> = hub.tasks().filter(|task| task.is_leaf).collect();
        let mut all = 0;
        for builder in 0..u32::try_from(builders).unwrap() {
            let here = leaves.iter().filter(|task| task.builder == Some(builder));
            let mut spans: Vec<(u64, u64)> =
                here.map(|task| (task.opened.unwrap().0, task.ended.unwrap().0)).collect();
            spans.sort_unstable();
            let (mut busy, mut until) = (0, 0);
            for (from, to) in &spans {
                busy += to.saturating_sub(until.max(*from));
                until = until.max(*to);
            }
            assert!(busy <= integral(&spans) && busy <= end, "{busy} of {end}");
            all += busy;
        }
        assert!(all <= builders * end);
        let work: u64 =
            leaves.iter().map(|task| (task.ended.unwrap() - task.opened.unwrap()).0).sum();
        // Capacity 4 lets four leaves of weight 1 or two builds run on each at once, and no more.
        assert!(work >= all && work <= 5 * all, "{work} of tasks, {all} of builders");
    }
}
