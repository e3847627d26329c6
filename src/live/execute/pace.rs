//! When the next task may be submitted: not too soon after the last one, and not to a farm that is busy.
//!
//! Both look at the time of day, which may be set back: then the next look starts anew.

use crate::koji::shapes::Host;

/// The time between submissions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Spacing {
    interval_ms: i64,
    /// When the next one may go, in milliseconds since 1970.
    next_ms: i64,
}

impl Spacing {
    pub(super) fn new(interval_ms: u64) -> Self {
        Self { interval_ms: i64::try_from(interval_ms).unwrap_or(i64::MAX), next_ms: 0 }
    }

    /// Lets one go, or returns how long it must wait, in milliseconds.
    pub(super) fn take(&mut self, now_ms: i64) -> Option<u64> {
        let wait = self.next_ms.saturating_sub(now_ms);
        if (1..=self.interval_ms).contains(&wait) {
            return u64::try_from(wait).ok();
        }
        self.next_ms = now_ms.saturating_add(self.interval_ms);
        None
    }
}

/// The farm's load as it was seen last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct FarmLoad {
    seen_ms: Option<i64>,
    is_above: bool,
}

impl FarmLoad {
    /// Returns whether submissions wait; `None` where the load was seen longer ago than `keep_ms`.
    pub(super) fn is_above(&self, now_ms: i64, keep_ms: u64) -> Option<bool> {
        let age = u64::try_from(now_ms - self.seen_ms?).ok()?;
        (age < keep_ms).then_some(self.is_above)
    }

    /// Takes the builders as the hub lists them, and returns what is to be said: a change, in words.
    ///
    /// The load is koji's: the weight of the running tasks over the capacity. A farm without a builder is
    /// not busy: what is submitted waits at koji.
    pub(super) fn see(&mut self, hosts: &[Host], max: f64, now_ms: i64) -> Option<String> {
        let enabled = || hosts.iter().filter(|host| host.enabled);
        let load: f64 = enabled().map(|host| host.task_load).sum();
        let capacity: f64 = enabled().map(|host| host.capacity).sum();
        let is_above = load > max * capacity;
        let was_above = std::mem::replace(&mut self.is_above, is_above);
        self.seen_ms = Some(now_ms);
        let figures = || {
            let (builders, percent) = (enabled().count(), max * 100.0);
            format!("{load:.1} of {capacity:.1} on {builders} builders, limit {percent:.0} %")
        };
        match (was_above, is_above) {
            (false, true) => Some(format!("submissions wait: the farm's load is {}", figures())),
            (true, false) => {
                Some(format!("submissions continue: the farm's load is {}", figures()))
            }
            (true, true) | (false, false) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn submissions_are_an_interval_apart() {
        let mut spacing = Spacing::new(1000);
        assert_eq!(spacing.take(5_000), None);
        assert_eq!(spacing.take(5_400), Some(600));
        assert_eq!(spacing.take(6_000), None);
        assert_eq!(spacing.take(6_000), Some(1000));
        assert_eq!(spacing.take(100), None, "the clock was set back");
        assert_eq!(spacing.take(200), Some(900));
        let mut none = Spacing::new(0);
        assert_eq!((none.take(7), none.take(7)), (None, None));
    }

    fn host(task_load: f64, capacity: f64, enabled: bool) -> Host {
        Host { task_load, capacity, enabled, ..Host::default() }
    }

    #[test]
    fn a_change_of_the_farms_load_is_said_once() {
        let mut load = FarmLoad::default();
        assert_eq!(load.is_above(0, 60), None, "it was never seen");
        let busy = [host(3.0, 4.0, true), host(0.0, 100.0, false), host(0.5, 1.0, true)];
        let said = load.see(&busy, 0.6, 0);
        let words = "submissions wait: the farm's load is 3.5 of 5.0 on 2 builders, limit 60 %";
        assert_eq!(said.as_deref(), Some(words));
        assert_eq!((load.is_above(59, 60), load.is_above(60, 60)), (Some(true), None));
        assert_eq!(load.is_above(-1, 60), None, "the clock was set back");
        assert_eq!(load.see(&busy, 0.6, 60), None);
        let said = load.see(&busy, 0.8, 120).expect("a change");
        assert!(said.starts_with("submissions continue: "), "{said}");
        assert_eq!(load.is_above(120, 60), Some(false));
        assert_eq!(load.see(&[], 0.5, 180), None, "nothing is busy");
        assert_eq!(load.is_above(180, 60), Some(false));
    }
}
