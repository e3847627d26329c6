//! Small charts in letters.

use std::ops::RangeInclusive;

/// Draws shares from 0 to 1, a letter each: nothing is a blank, all a full block.
#[must_use]
pub fn curve(shares: impl Iterator<Item = f64>) -> String {
    const LEVELS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share from 0 to 1 times 8"
    )]
    let level = |share: f64| match share {
        share if share >= 1.0 => LEVELS[8],
        share => LEVELS[((share * 8.0).ceil() as usize).min(7)],
    };
    shares.map(level).collect()
}

/// Counts the values in `range` by which of its `bins` equal parts they are in.
#[must_use]
pub fn histogram(values: &[u64], range: RangeInclusive<u64>, bins: usize) -> Vec<usize> {
    let mut counts = vec![0; bins];
    let (low, high) = (*range.start(), *range.end());
    let width = u128::from(high - low) + 1;
    for value in values.iter().filter(|value| range.contains(value)) {
        let bin = u128::from(value - low) * bins as u128 / width;
        counts[usize::try_from(bin).expect("below the number of bins")] += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_little_is_seen_and_only_all_is_full() {
        assert_eq!(curve([0.0, 0.01, 0.5, 0.99, 1.0].into_iter()), " ▁▄▇█");
        assert_eq!(curve(std::iter::empty()), "");
    }

    #[test]
    fn every_value_of_the_range_falls_into_one_bin() {
        assert_eq!(histogram(&[0, 1, 5, 9, 10], 0..=9, 2), [2, 2]);
        assert_eq!(histogram(&[7, 7], 7..=7, 3), [2, 0, 0]);
    }
}
