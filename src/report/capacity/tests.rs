use super::super::figures::Interval;
use super::super::sample::{self, capacity, point};
use super::*;
use crate::report::pilot::Pilot;
use crate::report::variant::Variant;
use crate::sim::Outcome;

/// Writes the table so wide that no line is broken.
fn wide(capacity: &Capacity) -> String {
    table(capacity, 1000)
}

/// Lets builders of arm work for 34 % of the time at every point, and of x86 for 11 %: what was looked
/// at in full shows nothing else.
fn with_use(capacity: Capacity) -> Capacity {
    using(capacity, &[("arm", 34, 66), ("x86", 11, 89)])
}

/// Lets builders of groups work for so many seconds, and not work for so many.
fn using(capacity: Capacity, groups: &[(&str, u64, u64)]) -> Capacity {
    let used = sample::used(groups);
    let pilot = Pilot { used, parts: [].into(), ..sample::pilot() };
    let of = |point: usize| PointPilot { point, pilot: pilot.clone() };
    Capacity { pilots: (0..capacity.points.len()).map(of).collect(), ..capacity }
}

/// Ends the first runs of every point otherwise.
fn ending(mut capacity: Capacity, outcomes: &[Outcome]) -> Capacity {
    for point in &mut capacity.points {
        let mut runs: Vec<_> = point.runs.iter().collect();
        for (run, outcome) in runs.iter_mut().zip(outcomes) {
            run.outcome = *outcome;
        }
        point.runs = runs.into_iter().collect();
    }
    capacity
}

#[test]
fn the_answer_is_the_cheapest_point_in_time_and_the_builder_that_helps_it_most() {
    let summary = capacity().summary();
    let shares: Vec<f64> = summary.points.iter().map(|point| point.meets_deadline_share).collect();
    // 400..700 s over 1, 2, 3 and 4 builders against 240 s: none, 200 alone, all, all.
    assert_eq!(shares, [0.0, 0.25, 1.0, 1.0]);
    let answer = summary.answer.unwrap();
    assert_eq!(answer.builders, [("x86".to_owned(), 3.into())].into());
    assert_eq!(answer.next_builder.as_deref(), Some("arm"));
    assert_eq!(answer.next_builder_saves_seconds, Some(30.0));
}

#[test]
fn a_run_that_is_not_done_misses_the_deadline() {
    let mut capacity = ending(capacity(), &[Outcome::Failed]);
    assert_eq!(capacity.answer(), None);
    assert_eq!(capacity.summary().answer, None);
    capacity.confidence = 0.75;
    assert_eq!(capacity.answer(), Some(2));
}

#[test]
fn of_equally_cheap_points_the_surer_one_is_taken_and_of_those_the_faster() {
    let mut capacity = capacity();
    capacity.confidence = 0.1;
    for point in &mut capacity.points {
        point.cost = 1.0;
    }
    assert_eq!(capacity.answer(), Some(3));
}

#[test]
fn utilization_is_busy_time_over_builders_and_makespan() {
    // 60 s busy on x86_64 in every run, makespans 400, 500, 600 and 700 s, one builder.
    let busy = capacity().points[0].utilization();
    let by_hand =
        [400.0, 500.0, 600.0, 700.0].map(|seconds: f64| 60.0 / seconds).iter().sum::<f64>();
    assert!((busy["x86_64"] - by_hand / 4.0).abs() < 5e-5, "{busy:?}");
}

#[test]
fn without_builders_nothing_is_busy_and_no_zero_is_negative() {
    let mut point = point(1, "koji-owned/planned");
    point.builders_of.insert("s390x".into(), 0);
    assert_eq!(point.utilization()[&Arch::from("s390x")].to_bits(), 0.0_f64.to_bits());
    point.runs = Runs::default();
    assert!(point.utilization().values().all(|share| share.to_bits() == 0.0_f64.to_bits()));
}

#[test]
fn where_runs_end_otherwise_more_builders_are_not_advised() {
    use Outcome::{Done, Failed, Stuck};
    let text = wide(&ending(capacity(), &[Failed, Stuck]));
    let told = "no point meets the deadline of 4m 00s in 90 % of its runs; the best has 50 % in time\n\
                builders are not the limit: at best 50 % of runs are done, for any deadline; of 4 \
                at x86=1 under orchestrator-owned/planned 1 failed, 1 stuck\n\
                see the failures in the trace, and builds, tests and faults of the scenario; on that \
                farm `modplan execute --approach orchestrator-owned --cascade planned --durations \
                resample --seed 7` shows how the first ended\n";
    assert!(text.contains(told), "{text}");
    assert!(!text.contains("try more builders"), "{text}");
    // The first run is done: another seed is needed to see one that is not.
    let text = wide(&ending(capacity(), &[Done, Failed]));
    assert!(text.contains("--seed N` shows how one ends, with another N than 7\n"), "{text}");
    // Enough runs are done, but too late.
    let late = Capacity { confidence: 0.75, deadline: Millis(1), ..capacity() };
    let text = wide(&with_use(ending(late, &[Failed])));
    let idle = "builders are not the limit: the busiest, those of arm, work for 34 % of the time";
    assert!(text.contains(idle) && !text.contains("try more"), "{text}");
}

#[test]
fn ties_go_to_the_faster_approach_and_name_the_other() {
    let mut capacity = capacity();
    let slower = Point { approach: "koji-owned/planned".to_owned(), ..point(2, "") };
    // The same farm as the answer; slower by half, and in time all the same.
    let slower = Point { builders: capacity.points[2].builders.clone(), cost: 5.0, ..slower };
    capacity.deadline = Millis::from_secs(400);
    capacity.points[2].cost = 5.0;
    capacity.points = vec![slower, capacity.points.remove(2)];
    let summary = capacity.summary();
    let answer = summary.answer.unwrap();
    assert_eq!(answer.approach, "orchestrator-owned/planned");
    assert_eq!(answer.also, ["koji-owned/planned"]);
    assert_eq!(answer.alike, [] as [&str; 0]);
    assert!(wide(&capacity).contains("slower or less surely: koji-owned/planned\n"));
    // With the same runs neither is slower, and neither is less sure.
    capacity.points[0].runs = capacity.points[1].runs.clone();
    let told = "in time on it as surely and as fast, both alike: orchestrator-owned/planned\n";
    let text = wide(&capacity);
    assert!(text.contains(told) && !text.contains("slower"), "{text}");
}

#[test]
fn busy_builders_are_the_limit_and_idle_ones_are_not() {
    let mut capacity = with_use(capacity());
    capacity.deadline = Millis(1);
    // One more of arm saves 30 s, but those that there are work for 34 % of the time, x86 for 11 %: no
    // group is named with what another one does.
    let text = verdict::limit(&capacity, 2);
    assert_eq!(
        text,
        "the busiest, those of arm, work for 34 % of the time, and one more of arm saves 30.0s on \
         average"
    );
    capacity.neighbours.clear();
    assert!(matches!(capacity.limit(2), Limit::Chain { .. }));
    for point in &mut capacity.points {
        point.runs = (0..4).map(|n| sample::run(100 + n, 10, Outcome::Done)).collect();
    }
    let capacity = &mut using(capacity, &[("arm", 89, 11), ("x86", 11, 89)]);
    assert_eq!(capacity.limit(2), Limit::Builders { name: "arm".to_owned(), utilization: 0.89 });
    let text = wide(capacity);
    assert!(text.contains("try more of them with --vary"), "{text}");
    // One more of them was tried, and saves nothing: they are busy, and no limit all the same.
    let runs = capacity.points[2].runs.clone();
    let each = (0..4).flat_map(|point| [(point, "arm"), (point, "x86")]);
    let neighbour = |(point, group): (usize, &str)| {
        let (group, runs) = (group.to_owned(), runs.clone());
        Neighbour { point, group, runs }
    };
    capacity.neighbours = each.map(neighbour).collect();
    assert!(matches!(capacity.limit(2), Limit::Chain { .. }));
    assert!(!wide(capacity).contains("try more"), "{}", wide(capacity));
}

#[test]
fn two_groups_of_one_arch_are_as_busy_as_each_is() {
    // Builders of repos and of builds have the same arch: the one limits, the other stands idle.
    let capacity = Capacity { deadline: Millis(1), neighbours: Vec::new(), ..capacity() };
    let capacity = using(capacity, &[("arm", 20, 80), ("repo", 5, 95), ("x86", 70, 30)]);
    let of_x86 = Limit::Builders { name: "x86".to_owned(), utilization: 0.7 };
    assert_eq!(capacity.limit(2), of_x86);
    assert!(wide(&capacity).contains("builders of x86, which work for 70 % of the time"));
    let capacity = using(capacity, &[("repo", 80, 20), ("x86", 30, 70)]);
    assert!(matches!(capacity.limit(2), Limit::Builders { name, .. } if name == "repo"));
}

#[test]
fn where_the_path_of_a_farm_is_longer_than_the_deadline_the_critical_path_decides() {
    let mut capacity = capacity();
    capacity.deadline = Millis::from_secs(90);
    let best = capacity.best().unwrap();
    // Two runs of 950 s on average; for 300 s they wait for a builder.
    capacity.pilots = vec![PointPilot { point: best, pilot: sample::pilot() }];
    assert_eq!(capacity.limit(best), Limit::Path { seconds: Some(650.0), runs: 2 });
    let text = wide(&capacity);
    let told = "what builds wait for besides builders and repos takes 10m 50s on average over 2 runs, \
                longer than the deadline\n";
    assert!(text.contains(told), "{text}");
    // A module with more components than builders builds faster on more of them.
    assert!(text.contains("critical path, which `modplan plan` shows: try more of them"), "{text}");
    capacity.deadline = Millis::from_secs(651);
    assert!(!matches!(capacity.limit(best), Limit::Path { .. }));
}

#[test]
fn what_more_builders_of_repos_may_shorten_is_no_path() {
    use crate::report::chain::Part;
    let mut capacity = capacity();
    capacity.deadline = Millis::from_secs(90);
    let best = capacity.best().unwrap();
    // Of 950 s on average 300 s are waits for builders, 500 s repos and 70 s builds made again: 80 s.
    let parts = [
        (Part::WaitingForBuilder, 600),
        (Part::Repo, 1000),
        (Part::Rework, 140),
        (Part::Building, 160),
    ];
    let parts = parts.map(|(part, seconds)| (part, Millis::from_secs(seconds))).into();
    let pilot = Pilot { parts, ..sample::pilot() };
    capacity.pilots = vec![PointPilot { point: best, pilot }];
    assert!(matches!(capacity.limit(best), Limit::Chain { .. }));
}

#[test]
fn one_builder_more_that_saves_time_is_advised_where_none_works_for_most_of_it() {
    let mut capacity = with_use(Capacity { deadline: Millis(1), ..capacity() });
    let best = capacity.best().unwrap();
    for neighbour in &mut capacity.neighbours {
        neighbour.point = best;
        // One more of arm saves 20 s in every run, one more of x86 nothing.
        let saved = if neighbour.group == "arm" { 20 } else { 0 };
        let runs = [400, 500, 600, 700];
        let runs = runs.map(|run| sample::run(run / 4 - saved, 10, Outcome::Done));
        neighbour.runs = runs.into_iter().collect();
    }
    let text = wide(&capacity);
    let told = "no group of builders works for most of the time: the busiest, those of arm, work for 34 % \
                of the time, and one more of arm saves 20.0s on average\n";
    assert!(text.contains(told), "{text}");
    assert!(text.contains("\ntry more of arm with --vary, or a later --deadline\n"), "{text}");
    assert!(!text.contains("builders are not the limit"), "{text}");
    // Where none saves anything for certain, more builders are not advised.
    let text = wide(&Capacity { neighbours: Vec::new(), ..capacity });
    assert!(text.contains("builders are not the limit") && !text.contains("try more"), "{text}");
}

#[test]
fn one_builder_more_that_was_not_tried_is_not_said_to_save_nothing() {
    let cut = |capacity: Capacity| {
        with_use(Capacity { neighbours: Vec::new(), are_settings_untried: true, ..capacity })
    };
    let text = wide(&cut(capacity()));
    let told = "next builder: one builder more was not tried: Ctrl-C came before\n";
    assert!(text.contains(told) && !text.contains("saves nothing"), "{text}");
    assert!(text.contains("what would make the answer another is not known"), "{text}");
    let text = wide(&cut(Capacity { deadline: Millis(1), ..capacity() }));
    assert!(!text.contains("saves nothing") && !text.contains("are not the limit"), "{text}");
    assert!(cut(capacity()).summary().to_json().contains("\"settings_untried\": true"));
}

#[test]
fn a_farm_that_is_slower_than_a_smaller_one_is_named() {
    let mut capacity = capacity();
    assert_eq!(capacity.anomalies(), []);
    // Four builders take 10 s longer than three, in every run.
    let slower = [400, 500, 600, 700].map(|run| sample::run(run / 3 + 10, 10, Outcome::Done));
    capacity.points[3].runs = slower.into_iter().collect();
    let [anomaly] = capacity.anomalies().try_into().unwrap();
    assert_eq!((anomaly.fewer["x86"], anomaly.more["x86"]), (3.into(), 4.into()));
    assert!((anomaly.slower_by_seconds - 10.0).abs() < 1e-9);
    assert!(wide(&capacity).contains("anomaly: x86=4 is slower than x86=3"));
}

#[test]
fn equal_runs_have_no_spread_and_one_run_is_not_certain() {
    let mut capacity = capacity();
    for point in &mut capacity.points {
        point.runs = std::iter::repeat_n(sample::run(100, 10, Outcome::Done), 1000).collect();
    }
    assert!(capacity.summary().no_spread);
    assert!(wide(&capacity).contains("no spread: all 1000 runs are equal"));
    // Without luck there is one run and nothing to sample: its share has no interval.
    capacity.is_drawn = false;
    for point in &mut capacity.points {
        point.runs = std::iter::once(sample::run(100, 10, Outcome::Done)).collect();
    }
    let summary = capacity.summary();
    assert!(summary.no_spread && !summary.answer.unwrap().is_certain);
    assert_eq!(summary.points[0].meets_deadline_ci95, Interval(None, None));
    assert!(wide(&capacity).contains("so every run would be equal and one was made"));
}

#[test]
fn a_farm_without_a_builder_of_an_arch_is_told_as_such() {
    let mut capacity = ending(capacity(), &[Outcome::Stuck; 4]);
    capacity.confidence = 1.0;
    assert!(!wide(&capacity).contains("no builder"));
    for point in &mut capacity.points[..2] {
        point.without_builder = ["s390x".into(), "x86_64".into()].into();
    }
    // The same farm under another approach is listed once.
    capacity.points.push(capacity.points[1].clone());
    let text = wide(&capacity);
    let told = "\nno builder for s390x, x86_64 at x86=1; x86=2: its tasks wait forever\n";
    assert!(text.contains(told), "{text}");
    // What it lacks says nothing of the others.
    assert!(text.contains("of 4 at x86=3 under"), "{text}");
    for point in &mut capacity.points {
        point.without_builder = ["x86_64".into()].into();
    }
    let text = wide(&capacity);
    assert!(text.contains("give every arch that is needed a builder"), "{text}");
    assert!(!text.contains("builders are not the limit"), "{text}");
}

#[test]
fn a_table_of_many_groups_or_of_prices_fits_a_terminal() {
    let mut capacity = capacity();
    for point in &mut capacity.points {
        point.is_priced = true;
        for group in ["arm", "repo", "x86.capacity"] {
            point.builders.insert(group.to_owned(), 2.into());
        }
    }
    let text = table(&capacity, 80);
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    let first = text.lines().find(|line| line.contains("IN TIME")).unwrap();
    assert!(first.contains("X86.CAPACITY  APPROACH"), "{text}");
    for column in ["95 %", "READY", "P50", "P90", "COST", "BUSIEST"] {
        assert!(text.contains(&format!(" {column}")), "{column}\n{text}");
    }
}

#[test]
fn every_format_tells_the_same_sweep() {
    let capacity = capacity();
    insta::assert_snapshot!("capacity_table", table(&capacity, 80));
    insta::assert_snapshot!("capacity_csv", csv(&capacity));
    insta::assert_snapshot!("capacity_json", capacity.summary().to_json());
    let none = with_use(Capacity { deadline: Millis(1), ..capacity });
    insta::assert_snapshot!("capacity_none", table(&none, 80));
}

#[test]
fn the_worst_of_the_values_that_nobody_gave_are_told_first() {
    use super::super::probe::{Probe, ProbeKind, Trial};
    let mut capacity = capacity();
    let given = [Variant { name: "a".to_owned(), runs: capacity.points[0].runs.clone() }];
    let probe = |setting: &str, seconds: u64| {
        let runs: Runs = (0..4).map(|_| sample::run(seconds, 10, Outcome::Done)).collect();
        let trial = Trial::new(ProbeKind::Assumed, setting, "1", "2");
        Probe::of(trial, &given, &[runs], Some(capacity.deadline))
    };
    let probes = vec![probe("hub.run_interval", 10), probe("weights.buildArch", 100_000)];
    capacity.probes = [(capacity.answer().unwrap(), probes)].into();
    let text = table(&capacity, 80);
    let worst = "  weights.buildArch: 1 -> 2: 0 % in time, P50 1d 03h: not enough\n";
    let place = text.find(worst).expect(&text);
    assert!(
        text[place..]
            .contains("  hub.run_interval: 1 -> 2: 100 % in time, P50 10.0s: then enough\n"),
        "{text}"
    );
}
