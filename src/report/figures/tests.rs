//! Figures against printed tables and small samples worked out by hand.

use super::statistics::student_975;
use super::*;

fn close(value: Option<f64>, expected: f64) -> bool {
    value.is_some_and(|value| (value - expected).abs() < 1e-9)
}

#[test]
fn quantiles_are_observed_values() {
    let distribution = Distribution::of(&[5000, 1000, 4000, 2000, 3000], 1000);
    assert!(close(distribution.p10, 1.0));
    assert!(close(distribution.p50, 3.0));
    assert!(close(distribution.p90, 5.0));
    assert!(close(distribution.mean, 3.0));
    let hundred: Vec<u64> = (1..=100).rev().collect();
    let distribution = Distribution::of(&hundred, 1);
    assert!(close(distribution.p10, 10.0));
    assert!(close(distribution.p99, 99.0));
}

#[test]
fn a_quantile_over_all_runs_is_null_where_it_is_not_reached() {
    // 46 of 100 runs are done, after 1 to 46 s: a tenth is, half is not.
    let done: Vec<u64> = (1..=46).collect();
    let spread = Distribution::of_finished(&done, 100, 1);
    assert!(close(spread.p10, 10.0));
    assert_eq!((spread.p50, spread.p90, spread.mean), (None, None, None));
    assert_eq!(spread.ci95, Interval(None, None));
    // Half of all is reached exactly.
    assert!(close(Distribution::of_finished(&done, 92, 1).p50, 46.0));
    assert_eq!(Distribution::of_finished(&done, 46, 1), Distribution::of(&done, 1));
}

#[test]
fn who_is_never_done_ends_last() {
    let pairs =
        [(Some(5), Some(7)), (Some(9), None), (None, Some(3)), (None, None), (Some(4), Some(4))];
    let earlier = Earlier::of(&pairs);
    assert_eq!(earlier.first.share, Some(0.4));
    assert_eq!(earlier.second.share, Some(0.2));
    assert_eq!(earlier.together.share, Some(0.4));
    assert_eq!(earlier.first_of_decided.share, Some(0.666_667));
    let paired = Paired::of_ends(&pairs);
    assert_eq!((paired.pairs, paired.earlier_share), (2, earlier));
    assert!(close(paired.mean_difference, -0.001));
}

#[test]
fn values_that_are_all_the_same_have_no_spread() {
    assert!(Distribution::of(&[7, 7, 7], 1).has_no_spread());
    assert!(Distribution::of(&[7], 1).has_no_spread());
    assert!(!Distribution::of(&[7, 8], 1).has_no_spread());
    assert!(!Distribution::of(&[], 1).has_no_spread());
}

#[test]
fn the_interval_of_the_mean_is_students() {
    // Values 1 to 5: mean 3, standard deviation sqrt(2.5), t(4) = 2.7764.
    let Interval(low, high) = Distribution::of(&[1, 2, 3, 4, 5], 1).ci95;
    let half = 2.7764 * (2.5_f64 / 5.0).sqrt();
    assert!(close(low, 3.0 - half) && close(high, 3.0 + half));
}

#[test]
fn students_point_follows_the_printed_tables() {
    for (degrees, table) in [(1.0, 12.706), (7.0, 2.365), (10.0, 2.228), (30.0, 2.042)] {
        assert!((student_975(degrees) - table).abs() < 2e-3, "{degrees}");
    }
    assert!((student_975(999.0) - 1.962).abs() < 1e-3);
}

#[test]
fn the_interval_of_a_share_is_wilsons() {
    // 5 of 10: Newcombe (1998) prints 0.2366 to 0.7634.
    let (share, Interval(low, high)) = wilson95(5, 10);
    assert_eq!(share, Some(0.5));
    assert!((low.unwrap() - 0.2366).abs() < 5e-5 && (high.unwrap() - 0.7634).abs() < 5e-5);
    let (_, Interval(low, high)) = wilson95(0, 10);
    assert!(close(low, 0.0) && (high.unwrap() - 0.2775).abs() < 5e-5);
    assert_eq!(wilson95(0, 0), (None, Interval::default()));
}

#[test]
fn too_few_values_say_nothing() {
    assert_eq!(Distribution::of(&[], 1000), Distribution::default());
    let one = Distribution::of(&[7], 1);
    assert!(close(one.p99, 7.0));
    assert_eq!(one.ci95, Interval(None, None));
}

#[test]
fn the_interval_of_recorded_times_needs_rows_and_is_no_time_before_the_start() {
    let four = Distribution::of_times(&[60, 70, 4000, 80], 1);
    assert_eq!((four.p50, four.ci95), (Some(70.0), Interval(None, None)));
    // 0, 0, 0, 0 and 10: mean 2, variance 20, t(4) = 2.7764; 2 − 5.55 is cut off at 0.
    let Interval(low, high) = Distribution::of_times(&[0, 0, 0, 0, 10], 1).ci95;
    assert!(close(low, 0.0) && close(high, 2.0 + 2.7764 * 2.0));
}

#[test]
fn shared_luck_shows_as_variance_reduction() {
    // Second values 10, 20, …, 100; the differences are 1 and, of the last, 2: their mean is
    // 11/10 and their variance (9 · 0.01 + 0.81) / 9 = 1/10. The second values vary by
    // 2 · (5² + 15² + 25² + 35² + 45²) / 9 = 8250/9; the first have mean 56.1, and vary by
    // (8250 + 0.9 + 2 · 45) / 9 = 8340.9/9.
    let pair = |at: u32| {
        let second = f64::from(10 * at);
        (second + if at == 10 { 2.0 } else { 1.0 }, second)
    };
    let pairs: Vec<(f64, f64)> = (1..=10).map(pair).collect();
    let paired = Paired::of(&pairs);
    assert_eq!(paired.pairs, 10);
    assert!(close(paired.mean_difference, 1.1));
    let expected = (8250.0 + 8340.9) / 9.0 / 0.1;
    assert!((paired.variance_reduction.unwrap() - expected).abs() < 1e-6);
    // Nine pairs are too few, even if they agree.
    assert_eq!(Paired::of(&pairs[1..]).variance_reduction, None);
    let shifted: Vec<(f64, f64)> = pairs.iter().map(|(_, b)| (b + 1.0, *b)).collect();
    assert_eq!(Paired::of(&shifted).variance_reduction, None);
    assert_eq!(Paired::of(&[]).mean_difference, None);
}
