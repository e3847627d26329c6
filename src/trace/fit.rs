//! A distribution fitted to recorded run times, and the quality of the fit.
//!
//! Lognormal and gamma are fitted by maximum likelihood, and the likelier of the two is used. Two
//! distances to the rows measure its quality: Kolmogorov-Smirnov's D, the largest gap, and
//! Anderson-Darling's A², which emphasises the tails. Because the parameters come from the same
//! rows, A² is compared with the critical points for that case: Stephens (1974) for the lognormal,
//! Lockhart and Stephens (1985) for the gamma by its shape.

use statrs::distribution::{ContinuousCDF as _, Normal};
use statrs::function::gamma::{digamma, gamma_lr, ln_gamma};

use crate::time::Millis;

/// Packages with fewer closed rows than this shrink towards their pool when resampled.
pub const ROWS_ENOUGH: usize = 5;

/// The shape of a distribution of run times; milliseconds throughout.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Family {
    /// Always the same.
    Constant {
        /// The time.
        run: Millis,
    },
    /// The logarithm is normal.
    Lognormal {
        /// Mean of the logarithm.
        mu: f64,
        /// Standard deviation of the logarithm.
        sigma: f64,
    },
    /// Gamma; of shape 1 the exponential.
    Gamma {
        /// The shape.
        shape: f64,
        /// Mean over shape.
        scale: f64,
    },
}

/// A fitted distribution, and how well it fits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fit {
    /// The fitted key.
    pub family: Family,
    /// How many rows it went through.
    pub rows: usize,
    /// Its quality; `None` if there are too few rows or no variation.
    pub goodness: Option<Goodness>,
}

/// How far a fit is from the rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Goodness {
    /// Kolmogorov-Smirnov's D: the largest difference of the two distribution functions.
    pub ks: f64,
    /// Anderson-Darling's A².
    pub ad: f64,
    /// Whether A² exceeds the value reached by one in twenty samples of the fitted family.
    pub is_rejected: bool,
}

impl Family {
    /// Returns the word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Constant { .. } => "constant",
            Self::Lognormal { .. } => "lognormal",
            Self::Gamma { .. } => "gamma",
        }
    }

    /// Returns the mean in milliseconds.
    #[must_use]
    pub fn mean(self) -> f64 {
        match self {
            Self::Constant { run } => millis(run),
            Self::Lognormal { mu, sigma } => (mu + sigma * sigma / 2.0).exp(),
            Self::Gamma { shape, scale } => shape * scale,
        }
    }

    /// Returns the share of times up to `value` milliseconds.
    fn share_up_to(self, value: f64) -> f64 {
        match self {
            Self::Constant { run } => f64::from(u8::from(value >= millis(run))),
            Self::Lognormal { mu, sigma } => {
                Normal::standard().cdf((value.max(f64::MIN_POSITIVE).ln() - mu) / sigma)
            }
            Self::Gamma { shape, scale } => gamma_lr(shape, value.max(f64::MIN_POSITIVE) / scale),
        }
    }

    fn log_likelihood(self, values: &[f64]) -> f64 {
        let log = |value: &f64| match self {
            Self::Constant { .. } => 0.0,
            Self::Lognormal { mu, sigma } => {
                let z = (value.ln() - mu) / sigma;
                -z * z / 2.0 - (value * sigma * std::f64::consts::TAU.sqrt()).ln()
            }
            Self::Gamma { shape, scale } => {
                (shape - 1.0) * value.ln() - value / scale - ln_gamma(shape) - shape * scale.ln()
            }
        };
        values.iter().map(log).sum()
    }
}

/// Fits a distribution; `None` without a row.
#[must_use]
pub(super) fn fit(runs: &[Millis]) -> Option<Fit> {
    let first = *runs.first()?;
    let rows = runs.len();
    if runs.iter().all(|run| *run == first) {
        return Some(Fit { family: Family::Constant { run: first }, rows, goodness: None });
    }
    // A task of zero duration counts as one millisecond, the resolution of the record.
    let mut values: Vec<f64> = runs.iter().map(|&run| millis(run.max(Millis(1)))).collect();
    values.sort_by(f64::total_cmp);
    let families = [lognormal(&values), gamma(&values)];
    let best = families.into_iter().max_by(|a, b| {
        // Among equally likely ones the lognormal, which comes first.
        a.log_likelihood(&values)
            .total_cmp(&b.log_likelihood(&values))
            .then(std::cmp::Ordering::Greater)
    });
    let family = best.expect("there are two");
    let goodness = (rows >= ROWS_ENOUGH).then(|| goodness(family, &values));
    Some(Fit { family, rows, goodness })
}

fn lognormal(values: &[f64]) -> Family {
    let logs: Vec<f64> = values.iter().map(|value| value.ln()).collect();
    let mu = mean(&logs);
    let squares: f64 = logs.iter().map(|log| (log - mu).powi(2)).sum();
    // The unbiased variance, which Stephens's points assume.
    Family::Lognormal { mu, sigma: (squares / (count(logs.len()) - 1.0)).sqrt() }
}

/// Solves `ln k − ψ(k) = ln mean − mean of ln` by Newton's method from Minka's first guess (2002).
fn gamma(values: &[f64]) -> Family {
    const STEPS: usize = 50;
    let average = mean(values);
    let logs: Vec<f64> = values.iter().map(|value| value.ln()).collect();
    let s = average.ln() - mean(&logs);
    let mut shape = (3.0 - s + ((s - 3.0).powi(2) + 24.0 * s).sqrt()) / (12.0 * s);
    for _ in 0..STEPS {
        let width = shape * 1e-5;
        let slope = (digamma(shape + width) - digamma(shape - width)) / (2.0 * width);
        let next = shape - (shape.ln() - digamma(shape) - s) / (shape.recip() - slope);
        let next = if next > 0.0 { next } else { shape / 2.0 };
        let step = (next - shape).abs();
        shape = next;
        if step < shape * 1e-10 {
            break;
        }
    }
    Family::Gamma { shape, scale: average / shape }
}

/// Measures a fit against sorted values.
fn goodness(family: Family, values: &[f64]) -> Goodness {
    let n = count(values.len());
    let shares: Vec<f64> =
        values.iter().map(|&value| family.share_up_to(value).clamp(1e-15, 1.0 - 1e-15)).collect();
    let mut ks: f64 = 0.0;
    let mut sum = 0.0;
    for (at, share) in shares.iter().enumerate() {
        let below = count(at);
        ks = ks.max(share - below / n).max((below + 1.0) / n - share);
        let mirrored = shares[shares.len() - 1 - at];
        sum += (2.0 * below + 1.0) * (share.ln() + (1.0 - mirrored).ln());
    }
    let ad = -n - sum / n;
    let (corrected, limit) = match family {
        Family::Gamma { shape, .. } => (ad, gamma_limit(shape)),
        Family::Lognormal { .. } | Family::Constant { .. } => {
            (ad * (1.0 + 0.75 / n + 2.25 / (n * n)), 0.752)
        }
    };
    Goodness { ks, ad, is_rejected: corrected > limit }
}

/// Returns the 5 % point of A² for a gamma with both parameters estimated, by its shape (D'Agostino
/// and Stephens 1986, table 4.21); between two shapes of the table, the smaller one.
fn gamma_limit(shape: f64) -> f64 {
    const POINTS: [(f64, f64); 6] =
        [(1.0, 0.786), (2.0, 0.768), (3.0, 0.762), (5.0, 0.758), (8.0, 0.755), (15.0, 0.754)];
    let known = POINTS.iter().rev().find(|(from, _)| shape >= *from);
    known.map_or(POINTS[0].1, |(_, point)| *point)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / count(values.len())
}

#[expect(clippy::cast_precision_loss, reason = "exact below 285 000 years")]
fn millis(run: Millis) -> f64 {
    run.0 as f64
}

#[expect(clippy::cast_precision_loss, reason = "fewer than 2^53 rows")]
fn count(number: usize) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use statrs::distribution::Gamma;

    /// Returns the run times at the middles of `count` equal shares of a distribution.
    fn quantiles(count: u32, at: impl Fn(f64) -> f64) -> Vec<Millis> {
        let run = |step| at((f64::from(step) + 0.5) / f64::from(count));
        (0..count).map(|step| Millis::from_secs_f64(run(step) / 1000.0).unwrap()).collect()
    }

    fn close(a: f64, b: f64, share: f64) -> bool {
        (a / b - 1.0).abs() < share
    }

    #[test]
    fn a_lognormal_sample_is_found_to_be_one() {
        let normal = Normal::standard();
        let runs = quantiles(400, |p| (12.0 + 0.8 * normal.inverse_cdf(p)).exp());
        let fit = fit(&runs).unwrap();
        let Family::Lognormal { mu, sigma } = fit.family else { panic!("{fit:?}") };
        assert!(close(mu, 12.0, 1e-3) && close(sigma, 0.8, 0.01), "{fit:?}");
        let goodness = fit.goodness.unwrap();
        assert!(!goodness.is_rejected && goodness.ks < 0.01 && goodness.ad < 0.1, "{fit:?}");
    }

    #[test]
    fn a_gamma_sample_is_found_to_be_one() {
        let gamma = Gamma::new(3.0, 1.0 / 60_000.0).unwrap();
        let runs = quantiles(400, |p| gamma.inverse_cdf(p));
        let fit = fit(&runs).unwrap();
        let Family::Gamma { shape, scale } = fit.family else { panic!("{fit:?}") };
        assert!(close(shape, 3.0, 0.02) && close(scale, 60_000.0, 0.02), "{fit:?}");
        assert!(close(fit.family.mean(), 180_000.0, 0.01));
        assert!(!fit.goodness.unwrap().is_rejected, "{fit:?}");
    }

    #[test]
    fn two_separate_heaps_are_no_distribution_of_either_family() {
        let heaps = quantiles(100, |p| if p < 0.5 { 10_000.0 + p } else { 900_000.0 + p });
        let fit = fit(&heaps).unwrap();
        assert!(fit.goodness.unwrap().is_rejected, "{fit:?}");
    }

    #[test]
    fn distances_are_those_computed_by_hand() {
        // A constant step at 1 s against the exponential of mean 1 s: F(1) = 1 - 1/e.
        let family = Family::Gamma { shape: 1.0, scale: 1000.0 };
        let goodness = goodness(family, &[1000.0, 1000.0]);
        let share = 1.0 - (-1.0_f64).exp();
        assert!(close(goodness.ks, share, 1e-9), "{goodness:?}");
        let by_hand = -2.0 - (share.ln() + (1.0 - share).ln()) * (1.0 + 3.0) / 2.0;
        assert!(close(goodness.ad, by_hand, 1e-9), "{goodness:?} {by_hand}");
    }

    #[test]
    fn few_rows_are_fitted_and_not_judged_and_equal_ones_are_constant() {
        assert_eq!(fit(&[]), None);
        let two = fit(&[Millis(1000), Millis(3000)]).unwrap();
        assert_eq!((two.rows, two.goodness), (2, None));
        let same = fit(&[Millis(5000); 7]).unwrap();
        assert_eq!(same.family, Family::Constant { run: Millis(5000) });
        assert_eq!(same.goodness, None);
    }
}
