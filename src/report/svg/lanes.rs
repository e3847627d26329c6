//! Lanes for tasks that share a builder, so that none is painted over another.

use std::collections::BTreeMap;

use crate::sim::Bar;

/// A builder: its group and its number within it, so that `x86/10` comes after `x86/9`.
pub(in crate::report) type Builder = (String, u64);

/// Returns the builder of a lane's name.
pub(in crate::report) fn builder(lane: &str) -> Builder {
    match lane.rsplit_once('/') {
        Some((group, number)) => (group.to_owned(), number.parse().unwrap_or(0)),
        None => (lane.to_owned(), 0),
    }
}

/// Puts each bar into the first lane of its builder that is free at its start; returns the lane of
/// each bar, in the order of the bars, and how many lanes each builder needs.
pub(in crate::report) fn packed(bars: &[Bar]) -> (Vec<i32>, BTreeMap<Builder, i32>) {
    let mut order: Vec<usize> = (0..bars.len()).collect();
    order.sort_by_key(|&at| (bars[at].start, bars[at].end, at));
    let mut ends: BTreeMap<Builder, Vec<u64>> = BTreeMap::new();
    let mut rows = vec![0; bars.len()];
    for at in order {
        let bar = &bars[at];
        let lanes = ends.entry(builder(&bar.lane)).or_default();
        let free = lanes.iter().position(|&end| end <= bar.start.0);
        let row = free.unwrap_or_else(|| {
            lanes.push(0);
            lanes.len() - 1
        });
        lanes[row] = bar.end.0;
        rows[at] = count(row);
    }
    (rows, ends.into_iter().map(|(builder, lanes)| (builder, count(lanes.len()))).collect())
}

fn count(number: usize) -> i32 {
    i32::try_from(number).expect("a builder takes a few tasks at a time")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;
    use crate::time::Timestamp;

    #[test]
    fn tasks_that_share_a_builder_get_lanes_of_their_own() {
        let bar = |start: u64, end: u64| Bar {
            lane: "x86/10".into(),
            start: Timestamp(start),
            end: Timestamp(end),
            ..sample::bars().remove(0)
        };
        // The third begins when the first has ended.
        let (rows, depths) = packed(&[bar(0, 5), bar(2, 9), bar(5, 7)]);
        assert_eq!(rows, [0, 1, 0]);
        assert_eq!(depths[&("x86".to_owned(), 10)], 2);
        assert_eq!(builder("x86/10").1, 10);
    }
}
