//! A time axis with round steps in the unit people would use for such a span.

const SECOND: u64 = 1000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Steps that read well, in milliseconds.
const STEPS: [u64; 25] = [
    SECOND,
    2 * SECOND,
    5 * SECOND,
    10 * SECOND,
    15 * SECOND,
    30 * SECOND,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    5 * DAY,
    10 * DAY,
    20 * DAY,
    50 * DAY,
    100 * DAY,
    200 * DAY,
];

/// Returns the smallest step that reads well and is `least` at least.
pub(in crate::report) fn round_step(least: u64) -> u64 {
    let largest = STEPS[STEPS.len() - 1];
    let step = STEPS.into_iter().find(|step| *step >= least);
    step.unwrap_or_else(|| least.div_ceil(largest) * largest)
}

/// An axis from `low` to `high`, both on a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TimeAxis {
    pub(super) low: u64,
    pub(super) high: u64,
    step: u64,
    unit: u64,
}

impl TimeAxis {
    /// Covers a range of milliseconds with about ten steps.
    pub(super) fn covering(low: u64, high: u64) -> Self {
        let span = (high - low).max(1);
        let step = round_step(span.div_ceil(10));
        let unit = match high {
            0..=180_000 => SECOND,
            180_001..=10_800_000 => MINUTE,
            10_800_001..=345_600_000 => HOUR,
            // Parts of a day are read more easily as hours.
            _ if step < DAY => HOUR,
            _ => DAY,
        };
        let low = low / step * step;
        Self { low, high: high.div_ceil(step).max(low / step + 1) * step, step, unit }
    }

    /// Returns the unit in words, for the title of the axis.
    pub(super) fn unit(&self) -> &'static str {
        match (self.unit, self.has_parts()) {
            (SECOND, _) => "seconds",
            (MINUTE, false) => "minutes",
            (MINUTE, true) => "minutes:seconds",
            (HOUR, false) => "hours",
            (HOUR, true) => "hours:minutes",
            _ => "days",
        }
    }

    /// Returns whether ticks fall between whole units.
    fn has_parts(&self) -> bool {
        !self.step.is_multiple_of(self.unit)
    }

    /// Returns every tick and its label.
    pub(super) fn ticks(&self) -> Vec<(u64, String)> {
        let count = (self.high - self.low) / self.step;
        let ticks = (0..=count).map(|n| self.low + n * self.step);
        ticks.map(|at| (at, self.label(at))).collect()
    }

    fn label(&self, at: u64) -> String {
        let whole = at / self.unit;
        // Seconds and days have no parts: no step is that small.
        if self.has_parts() {
            format!("{whole}:{:02}", at % self.unit * 60 / self.unit)
        } else {
            whole.to_string()
        }
    }

    /// Returns where a moment stands between `left` and `right`.
    pub(super) fn at(&self, moment: u64, left: i32, right: i32) -> i32 {
        let width = i64::from(right - left);
        let along = i128::from(moment) - i128::from(self.low);
        let span = i128::from(self.high - self.low);
        let offset = (along * i128::from(width) + span / 2) / span;
        left + i32::try_from(offset).expect("moments stay near the axis")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(low: u64, high: u64) -> (String, &'static str) {
        let axis = TimeAxis::covering(low, high);
        let labels: Vec<_> = axis.ticks().into_iter().map(|(_, label)| label).collect();
        (labels.join(" "), axis.unit())
    }

    #[test]
    fn the_unit_suits_the_span() {
        assert_eq!(labels(0, 45_000), ("0 5 10 15 20 25 30 35 40 45".into(), "seconds"));
        assert_eq!(labels(0, 40 * MINUTE), ("0 5 10 15 20 25 30 35 40".into(), "minutes"));
        let halves = "0:00 0:30 1:00 1:30 2:00 2:30 3:00 3:30 4:00";
        assert_eq!(labels(0, 4 * HOUR), (halves.into(), "hours:minutes"));
        assert_eq!(labels(0, 4 * MINUTE).0, "0:00 0:30 1:00 1:30 2:00 2:30 3:00 3:30 4:00");
        assert_eq!(labels(0, 9 * DAY), ("0 1 2 3 4 5 6 7 8 9".into(), "days"));
        assert_eq!(labels(9 * DAY, 10 * DAY).0, "216 219 222 225 228 231 234 237 240");
        assert_eq!(labels(0, 3000 * DAY).0, "0 400 800 1200 1600 2000 2400 2800 3200");
    }

    #[test]
    fn an_axis_need_not_start_at_nothing_but_covers_its_range() {
        let axis = TimeAxis::covering(3 * HOUR + 1, 5 * HOUR - 1);
        assert_eq!((axis.low, axis.high), (3 * HOUR, 5 * HOUR));
        assert_eq!(axis.at(4 * HOUR, 100, 200), 150);
        let point = TimeAxis::covering(HOUR, HOUR);
        assert!(point.low <= HOUR && point.high > point.low);
    }
}
