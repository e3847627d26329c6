//! Changes that came in over weeks: how many, and how soon all that followed from each was done.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use super::cells::{percent, time};
use super::figures::{Distribution, wilson95};
use crate::sim::ChangeFigures;

/// The changes of one class over all runs of a variant.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ChangeSummary {
    /// How many came.
    pub changes: usize,
    /// How many a build that waited already took along, so that none of their own began.
    pub taken_along: usize,
    /// The share of all others whose builds have all passed.
    pub settled_share: f64,
    /// From coming to that, of those that did.
    pub response_seconds: Distribution,
    /// The share that was soon enough; null where the scenario does not say what is.
    pub in_time_share: Option<f64>,
}

impl ChangeSummary {
    /// Says in one line how soon the changes of a class are ready.
    pub(super) fn line(&self, class: &str) -> String {
        let mut line = format!(
            "{class}: {} changes came in; {} are ready at the end",
            self.changes,
            percent(self.settled_share)
        );
        if let Some(share) = self.in_time_share {
            line += ", ";
            line += &percent(share);
            line += " within the time of their class";
        }
        if self.response_seconds.p50.is_some() {
            line += ", half of these after ";
            line += &time(self.response_seconds.p50);
        }
        line
    }
}

/// What is counted of one class.
#[derive(Debug, Default)]
struct Class {
    changes: usize,
    /// Those that began a build of their own.
    own: usize,
    /// In milliseconds.
    responses: Vec<u64>,
    judged: usize,
    in_time: usize,
}

/// Summarises changes by class.
pub(super) fn by_class(
    changes: impl Iterator<Item = ChangeFigures>,
) -> BTreeMap<Arc<str>, ChangeSummary> {
    let mut classes: BTreeMap<Arc<str>, Class> = BTreeMap::new();
    for change in changes {
        classes.entry(Arc::clone(&change.class)).or_default().count(&change);
    }
    classes.into_iter().map(|(name, class)| (name, class.summary())).collect()
}

impl Class {
    fn count(&mut self, change: &ChangeFigures) {
        self.changes += 1;
        if change.module_builds > 0 {
            self.own += 1;
            self.responses.extend(change.response.map(|response| response.0));
            self.judged += usize::from(change.is_in_time.is_some());
            self.in_time += usize::from(change.is_in_time == Some(true));
        }
    }

    fn summary(&self) -> ChangeSummary {
        ChangeSummary {
            changes: self.changes,
            taken_along: self.changes - self.own,
            settled_share: wilson95(self.responses.len(), self.own).0.unwrap_or_default(),
            response_seconds: Distribution::of(&self.responses, 1000),
            in_time_share: wilson95(self.in_time, self.judged).0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use crate::sim::Outcome;
    use crate::time::{Millis, Timestamp};

    #[test]
    fn changes_are_summarised_by_class_and_those_taken_along_are_apart() {
        let change = |class: &str, builds, response: Option<u64>| ChangeFigures {
            class: class.into(),
            came: Timestamp(5),
            module_builds: builds,
            response: response.map(Millis::from_secs),
            is_in_time: (class == "security").then(|| response.is_some_and(|r| r <= 60)),
        };
        let mut run = sample::run(100, 5, Outcome::Done);
        run.changes = vec![
            change("security", 2, Some(50)),
            change("security", 1, Some(70)),
            change("security", 1, None),
            change("security", 0, None),
            change("update", 1, Some(500)),
        ];
        let classes = by_class([&run, &run].into_iter().flat_map(|run| run.changes.clone()));
        let security = &classes["security"];
        assert_eq!((security.changes, security.taken_along), (8, 2));
        assert!((security.settled_share - 2.0 / 3.0).abs() < 1e-6);
        assert_eq!(security.in_time_share, Some(0.333_333));
        assert_eq!(security.response_seconds.mean, Some(60.0));
        assert_eq!(classes["update"].in_time_share, None);
    }
}
