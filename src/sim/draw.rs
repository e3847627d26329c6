//! Random draws, each with a generator of its own.
//!
//! The state is a hash of (seed, replication, what is drawn for, purpose, attempt), never a count
//! of earlier draws: the two approaches, or two sizes of a farm, see the same luck (common random
//! numbers), and a plan with one more component keeps all other draws. Generators numbered from
//! one seed would be correlated; hashing them is not.

use rand::{Rng as _, SeedableRng as _};
use rand_distr::{Distribution as _, StandardNormal};
use rand_pcg::Pcg64Mcg;

use crate::scenario::Quantiles;
use crate::time::Millis;

/// What a draw decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Purpose {
    /// Whether a task succeeds.
    Outcome = 1,
    /// How long it takes.
    Duration = 2,
    /// Whether a failure goes away with another attempt.
    Flaky = 10,
    /// Which arch a failure shows on.
    FailingArch = 11,
    /// Whether a component build has a defect.
    Defect = 12,
    /// Whether a test finds a defect.
    Detected = 13,
    /// Whether a test fails without one.
    FalseAlarm = 14,
    /// Whether a test reports nothing.
    Missing = 15,
    /// How long a test takes.
    TestDuration = 16,
    /// Whether a message is lost.
    Loss = 17,
    /// Whether a message comes twice.
    Duplicate = 18,
    /// How late a message is.
    Delay = 19,
    /// How late its duplicate is.
    DuplicateDelay = 20,
    /// How long people take.
    Fix = 21,
    /// Whether people waive.
    Waive = 22,
    /// How long until the next change comes in.
    Arrival = 23,
    /// When builders, the repo manager and the scheduler begin.
    Phase = 30,
}

/// What a draw is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// The seed of the run.
    pub seed: u64,
    /// The replication, from 0.
    pub replication: u64,
    /// Identifies a module, a component or a task: see [`Subjects`](super::Subjects).
    pub subject: u64,
    /// Which attempt of the subject it is in this replication, from 1.
    pub attempt: u32,
}

/// Draws a number in `[0, 1)`.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "53 bits fit a double exactly")]
pub fn uniform(key: Key, purpose: Purpose) -> f64 {
    let bits = generator(key, purpose).next_u64();
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

/// Draws from a distribution.
pub(super) fn sample(key: Key, purpose: Purpose, law: &impl rand_distr::Distribution<f64>) -> f64 {
    law.sample(&mut generator(key, purpose))
}

/// Draws a position in a list of `count` items, `count` at least 1.
#[must_use]
pub fn position(key: Key, purpose: Purpose, count: usize) -> usize {
    let bits = u128::from(generator(key, purpose).next_u64());
    let scaled = (bits * count as u128) >> 64;
    usize::try_from(scaled).expect("smaller than the count")
}

/// Draws a time from the lognormal distribution through a median and the time that nine in ten
/// stay below.
#[must_use]
pub fn lognormal(key: Key, purpose: Purpose, through: Quantiles) -> Millis {
    /// The standard normal distribution is below this in nine of ten cases.
    const Z90: f64 = 1.281_551_565_544_600_4;
    let Quantiles { p50, p90 } = through;
    let (p50, p90) = (p50.as_secs_f64(), p90.as_secs_f64());
    let z: f64 = StandardNormal.sample(&mut generator(key, purpose));
    let seconds = p50 * ((p90 / p50).ln() / Z90 * z).exp();
    Millis::from_secs_f64(seconds.min(1e9)).expect("a positive time below thirty years")
}

/// Draws a time from the exponential distribution with a mean.
#[must_use]
pub fn exponential(key: Key, purpose: Purpose, mean: Millis) -> Millis {
    let unit: f64 = rand_distr::Exp1.sample(&mut generator(key, purpose));
    let seconds = (unit * mean.as_secs_f64()).min(1e11);
    Millis::from_secs_f64(seconds).expect("a time below 3200 years that is not negative")
}

/// Returns the generator of one draw.
fn generator(key: Key, purpose: Purpose) -> Pcg64Mcg {
    let first = mix(key.seed ^ mix(key.replication));
    let second = mix(key.subject ^ mix(u64::from(key.attempt) << 8 | purpose as u64));
    let state =
        (u128::from(mix(first ^ second)) << 64) | u128::from(mix(first.wrapping_add(second)));
    Pcg64Mcg::from_seed(state.to_le_bytes())
}

/// Returns a number that stands for a text as a [subject](Key::subject).
pub(super) fn text_key(text: &str) -> u64 {
    text.bytes().fold(0, |key, byte| mix(key ^ u64::from(byte)))
}

/// The finalizer of SplitMix64 (Steele, Lea, Flood 2014): every input bit moves every output bit.
fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(replication: u64, attempt: u32) -> Key {
        Key { seed: 1, replication, subject: 42, attempt }
    }

    #[test]
    fn a_draw_depends_on_what_it_is_for_alone() {
        let first = uniform(key(0, 1), Purpose::Duration);
        assert_eq!(first.to_bits(), uniform(key(0, 1), Purpose::Duration).to_bits());
        assert_ne!(first.to_bits(), uniform(key(0, 2), Purpose::Duration).to_bits());
        assert_ne!(first.to_bits(), uniform(key(1, 1), Purpose::Duration).to_bits());
        assert_ne!(first.to_bits(), uniform(key(0, 1), Purpose::Outcome).to_bits());
    }

    #[test]
    fn sums_over_numbered_replications_vary_as_independent_ones_would() {
        // The variance of a sum of n uniforms is n / 12; numbered PCG streams show 1.33 times that.
        let sums: Vec<f64> = (0..2000)
            .map(|replication| {
                (0..300).map(|attempt| uniform(key(replication, attempt), Purpose::Duration)).sum()
            })
            .collect();
        let mean = sums.iter().sum::<f64>() / 2000.0;
        let variance = sums.iter().map(|sum| (sum - mean).powi(2)).sum::<f64>() / 1999.0;
        // The standard error of a variance over 2000 samples is sqrt(2 / 1999) = 3.2 %; 4 of them.
        assert!((variance / 25.0 - 1.0).abs() < 0.13, "{variance}");
        assert!((mean - 150.0).abs() < 4.0 * (25.0_f64 / 2000.0).sqrt(), "{mean}");
    }

    #[test]
    fn a_lognormal_time_goes_through_both_quantiles() {
        let through = Quantiles { p50: Millis::from_secs(600), p90: Millis::from_secs(1800) };
        let mut times: Vec<u64> =
            (0..4000).map(|at| lognormal(key(at, 1), Purpose::Fix, through).0).collect();
        times.sort_unstable();
        // Shares below the quantiles, with four standard errors of 4000 draws.
        let share = |limit: u64| times.partition_point(|&t| t <= limit) as f64 / 4000.0;
        assert!((share(600_000) - 0.5).abs() < 0.032, "{}", share(600_000));
        assert!((share(1_800_000) - 0.9).abs() < 0.019, "{}", share(1_800_000));
    }

    #[test]
    fn positions_stay_inside_the_list() {
        assert!((0..1000).all(|attempt| position(key(3, attempt), Purpose::Duration, 3) < 3));
        assert_eq!(position(key(3, 1), Purpose::Duration, 1), 0);
    }
}
