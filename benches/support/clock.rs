//! Times of a piece of work, and the middle one of several.

use std::time::Instant;

/// Two that are compared take turns this often: others on the machine take memory bandwidth in bursts.
pub(crate) const ROUNDS: usize = 41;

/// Returns the duration of a piece of work, in seconds, and its result.
#[expect(clippy::disallowed_methods, reason = "a bench measures the wall clock")]
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let began = Instant::now();
    let result = work();
    (began.elapsed().as_secs_f64(), result)
}

pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}
