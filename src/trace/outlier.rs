//! Rows far from the others of their kind.

use std::collections::BTreeMap;

use super::{Row, RowOutcome};
use crate::time::Millis;

/// A closed row that is far from the others of its method, package and arch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outlier<'a> {
    /// The row.
    pub row: &'a Row,
    /// The median of its kind.
    pub median: Millis,
    /// Its run time as a multiple of the median; below 1 if it was faster.
    pub times: f64,
}

/// Fewer rows than this do not show a spread.
const ROWS_MIN: usize = 8;
/// Robust standard deviations of the logarithm; of a lognormal kind one row in a million is farther.
const DEVIATIONS_MIN: f64 = 5.0;
/// Rows within this factor of the median are never outliers, no matter how even the others are.
const TIMES_MIN: f64 = 2.0;
/// From median absolute deviation to the standard deviation of a normal distribution.
const MAD_TO_SIGMA: f64 = 1.4826;

/// Returns the outliers, farthest from their median first; of equals in the order recorded.
#[must_use]
pub(super) fn outliers(rows: &[Row]) -> Vec<Outlier<'_>> {
    let mut kinds: BTreeMap<(&str, &str, &str), Vec<&Row>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.outcome == RowOutcome::Closed) {
        let kind = (&*row.method, row.package.as_str(), row.arch.as_str());
        kinds.entry(kind).or_default().push(row);
    }
    let mut found: Vec<Outlier<'_>> = kinds
        .values()
        .filter(|rows| rows.len() >= ROWS_MIN)
        .flat_map(|rows| of_kind(rows))
        .collect();
    found.sort_by(|a, b| b.times.ln().abs().total_cmp(&a.times.ln().abs()));
    found
}

fn of_kind<'a>(rows: &[&'a Row]) -> Vec<Outlier<'a>> {
    let logs: Vec<f64> = rows.iter().map(|row| logarithm(row.run)).collect();
    let median = median(logs.clone());
    let spread = MAD_TO_SIGMA * self::median(logs.iter().map(|log| (log - median).abs()).collect());
    let far = (DEVIATIONS_MIN * spread).max(TIMES_MIN.ln());
    let is_far = |(_, log): &(&&Row, &f64)| (*log - median).abs() > far;
    let median_run = Millis::from_secs_f64(median.exp() / 1000.0).unwrap_or_default();
    let outlier = |(row, log): (&&'a Row, &f64)| Outlier {
        row,
        median: median_run,
        times: (log - median).exp(),
    };
    rows.iter().zip(&logs).filter(is_far).map(outlier).collect()
}

/// Returns the logarithm of milliseconds; a duration of zero counts as one.
#[expect(clippy::cast_precision_loss, reason = "exact below 285 000 years")]
fn logarithm(run: Millis) -> f64 {
    (run.0.max(1) as f64).ln()
}

fn median(mut values: Vec<f64>) -> f64 {
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f64::total_cmp).1
}
