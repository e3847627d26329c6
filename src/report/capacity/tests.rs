use super::super::sample;
use super::*;
use crate::sim::Outcome;

/// Makes a point of four runs; 2 of 4 miss a deadline of 250 s with fewer than 3 builders.
fn point(x86: u32, approach: &str) -> Point {
    let run = |seconds| sample::run(seconds / u64::from(x86), 10, Outcome::Done);
    Point {
        builders: [("x86".to_owned(), x86.into())].into(),
        approach: approach.to_owned(),
        cost: f64::from(x86) + 2.0,
        builders_of: [("x86_64".into(), x86), ("aarch64".into(), 2)].into(),
        runs: [400, 500, 600, 700].map(run).into_iter().collect(),
    }
}

fn capacity() -> Capacity {
    let neighbour = |group: &str, seconds: u64| Neighbour {
        point: 2,
        group: group.to_owned(),
        runs: [400, 500, 600, 700]
            .map(|run| sample::run(run / 3 - seconds, 10, Outcome::Done))
            .into_iter()
            .collect(),
    };
    Capacity {
        seed: 7,
        deadline: Millis::from_secs(240),
        confidence: 0.9,
        points: (1..=4).map(|x86| point(x86, "orchestrator-owned/planned")).collect(),
        neighbours: vec![neighbour("x86", 5), neighbour("arm", 30)],
        durations: sample::durations(),
        assumptions: vec!["trace: none, every buildArch task takes 600 s".to_owned()],
    }
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
    let mut capacity = capacity();
    for point in &mut capacity.points {
        let mut runs: Vec<_> = point.runs.iter().collect();
        runs[0].outcome = Outcome::Failed;
        point.runs = runs.into_iter().collect();
    }
    assert_eq!(capacity.answer(), None);
    assert_eq!(capacity.summary().answer, None);
    capacity.confidence = 0.75;
    assert_eq!(capacity.answer(), Some(2));
}

#[test]
fn of_equally_cheap_points_the_surer_one_is_taken() {
    let mut capacity = capacity();
    capacity.confidence = 0.1;
    for point in &mut capacity.points {
        point.cost = 1.0;
    }
    assert_eq!(capacity.answer(), Some(2));
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
fn every_format_tells_the_same_sweep() {
    let capacity = capacity();
    insta::assert_snapshot!("capacity_table", table(&capacity));
    insta::assert_snapshot!("capacity_csv", csv(&capacity));
    insta::assert_snapshot!("capacity_json", capacity.summary().to_json());
    let none = Capacity { deadline: Millis(1), ..capacity };
    insta::assert_snapshot!("capacity_none", table(&none));
}
