//! A distribution in one line of text: `▁▂▅█▃▁`.

const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Draws one character a count, the tallest for the largest; nothing counted is a blank.
#[must_use]
pub fn sparkline(counts: &[usize]) -> String {
    let most = counts.iter().copied().max().unwrap_or(0).max(1);
    counts
        .iter()
        .map(|&count| match count {
            0 => ' ',
            _ => LEVELS[(count * LEVELS.len()).div_ceil(most) - 1],
        })
        .collect()
}

/// Counts values into `bins` equal parts of the closed range `low..=high`.
#[must_use]
pub fn histogram(values: &[u64], (low, high): (u64, u64), bins: usize) -> Vec<usize> {
    let mut counts = vec![0; bins];
    let width = u128::from(high - low) + 1;
    for value in values.iter().filter(|value| (low..=high).contains(value)) {
        let bin = u128::from(value - low) * bins as u128 / width;
        counts[usize::try_from(bin).expect("below the number of bins")] += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_count_is_the_tallest_and_none_is_blank() {
        assert_eq!(sparkline(&[0, 1, 4, 8, 2]), " ▁▄█▂");
        assert_eq!(sparkline(&[0, 0]), "  ");
        assert_eq!(sparkline(&[]), "");
    }

    #[test]
    fn every_value_of_the_range_falls_into_one_bin() {
        assert_eq!(histogram(&[0, 1, 5, 9, 10], (0, 9), 2), [2, 2]);
        assert_eq!(histogram(&[7, 7], (7, 7), 3), [2, 0, 0]);
    }
}
