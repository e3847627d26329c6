//! Quantiles, moments, and the intervals of Student and Wilson.

use super::Interval;

/// Returns the value of rank `ceil(percent / 100 * n)`, an observed one, in linear time.
pub(super) fn quantile(values: &mut [u64], percent: usize) -> Option<u64> {
    quantile_of(values, percent, values.len())
}

/// The same of values that are the smallest of `of` in all.
pub(super) fn quantile_of(values: &mut [u64], percent: usize, of: usize) -> Option<u64> {
    let rank = (of * percent).div_ceil(100).max(1);
    (rank <= values.len()).then(|| *values.select_nth_unstable(rank - 1).1)
}

#[expect(clippy::cast_precision_loss, reason = "exact up to 285 000 years of milliseconds")]
pub(super) fn scaled(value: u64, scale: u32) -> f64 {
    value as f64 / f64::from(scale)
}

/// Number, mean and sum of squared deviations.
pub(super) struct Moments {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Moments {
    /// Takes two passes, which keeps digits that one pass over squares would lose.
    #[expect(clippy::cast_precision_loss, reason = "a count of replications")]
    pub(super) fn of(values: impl ExactSizeIterator<Item = f64> + Clone) -> Self {
        let count = values.len() as f64;
        let mean = values.clone().sum::<f64>() / count;
        let squares = values.map(|value| (value - mean).powi(2)).sum();
        Self { count, mean, squares }
    }

    pub(super) fn mean(&self) -> Option<f64> {
        (self.count >= 1.0).then_some(self.mean)
    }

    pub(super) fn variance(&self) -> Option<f64> {
        (self.count >= 2.0).then(|| self.squares / (self.count - 1.0))
    }

    pub(super) fn ci95(&self) -> Interval {
        let Some(variance) = self.variance() else {
            return Interval::default();
        };
        let half = student_975(self.count - 1.0) * (variance / self.count).sqrt();
        Interval(Some(self.mean - half), Some(self.mean + half))
    }
}

/// Returns a share and its 95 % interval by Wilson's score, right also for few and for rare ones.
pub(in crate::report) fn wilson95(hits: usize, of: usize) -> (Option<f64>, Interval) {
    const Z: f64 = 1.959_964;
    if of == 0 {
        return (None, Interval::default());
    }
    #[expect(clippy::cast_precision_loss, reason = "a count of replications or rows")]
    let (hits, n) = (hits as f64, of as f64);
    let share = hits / n;
    let spread = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    let (middle, scale) = (share + Z * Z / (2.0 * n), 1.0 + Z * Z / n);
    let rounded = |share: f64| (share.clamp(0.0, 1.0) * 1e6).round() / 1e6;
    let [low, high] = [middle - spread, middle + spread].map(|end| rounded(end / scale));
    (Some(rounded(share)), Interval(Some(low), Some(high)))
}

/// Returns the 97.5 % point of Student's t: from a table for the first six degrees of freedom, then
/// by the series in 1/degrees around the normal point (Abramowitz and Stegun 26.7.5), which is
/// right to two thousandths there.
pub(super) fn student_975(degrees: f64) -> f64 {
    const FIRST: [f64; 6] = [12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469];
    const NORMAL: f64 = 1.959_964;
    for (known, value) in (1_u32..).zip(FIRST) {
        if degrees <= f64::from(known) {
            return value;
        }
    }
    let z = NORMAL;
    let g1 = (z.powi(3) + z) / 4.0;
    let g2 = (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / 96.0;
    let g3 = (3.0 * z.powi(7) + 19.0 * z.powi(5) + 17.0 * z.powi(3) - 15.0 * z) / 384.0;
    z + g1 / degrees + g2 / degrees.powi(2) + g3 / degrees.powi(3)
}
