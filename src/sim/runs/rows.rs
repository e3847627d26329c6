//! Runs as a list of rows: put together, compared, written and read back.

use std::fmt;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Runs;
use crate::sim::figures::RunFigures;

impl Extend<RunFigures> for Runs {
    fn extend<I: IntoIterator<Item = RunFigures>>(&mut self, runs: I) {
        runs.into_iter().for_each(|run| self.push(&run));
    }
}

impl FromIterator<RunFigures> for Runs {
    fn from_iter<I: IntoIterator<Item = RunFigures>>(runs: I) -> Self {
        let mut all = Self::default();
        all.extend(runs);
        all
    }
}

impl PartialEq for Runs {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl Serialize for Runs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Runs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Rows)
    }
}

struct Rows;

impl<'de> Visitor<'de> for Rows {
    type Value = Runs;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of runs")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<Runs, A::Error> {
        let mut runs = Runs::default();
        while let Some(run) = rows.next_element::<RunFigures>()? {
            runs.push(&run);
        }
        Ok(runs)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Busy, ChangeFigures, Figure, Millis, Outcome, Ready, Timestamp};
    use super::*;

    fn run(makespan: u64, outcome: Outcome, busy: Busy) -> RunFigures {
        RunFigures {
            outcome,
            makespan: Millis(makespan),
            module_builds: 1,
            component_builds: 2,
            tasks: 3,
            hub_calls: makespan / 3,
            repo_regenerations: 4,
            messages: 5,
            mails: 6,
            reused: 7,
            rebuilds_per_module_max: 8,
            wasted: Millis(makespan / 2),
            defects_escaped: 9,
            waivers: 10,
            fixes: 11,
            messages_lost: 12,
            events: 13,
            ready: Ready { modules: 3, times: (0..makespan % 3).map(Millis).collect() },
            busy,
            changes: Vec::new(),
        }
    }

    /// Runs that differ in everything, and in their arches.
    fn runs() -> Vec<RunFigures> {
        let busy = |times: &[(&str, u64)]| {
            let times = times.iter().map(|&(arch, time)| (arch.into(), Millis(time)));
            Busy::of_tasks(times.collect())
        };
        let mut changed = run(1 << 40, Outcome::Stuck, busy(&[("s390x", 9)]));
        let change = |class: &str, response, is_in_time| ChangeFigures {
            class: class.into(),
            came: Timestamp(5),
            module_builds: 1,
            response,
            is_in_time,
        };
        changed.changes = vec![
            change("security", Some(Millis(0)), Some(true)),
            change("update", None, None),
            change("security", Some(Millis(70_000)), Some(false)),
        ];
        let builders = vec![("x86_64".into(), Millis(3))];
        vec![
            run(100, Outcome::Done, busy(&[("aarch64", 1), ("x86_64", 700)])),
            changed,
            run(5000, Outcome::Failed, busy(&[("aarch64", 0), ("x86_64", 70_000)])),
            run(70, Outcome::Capped, busy(&[]).with_builders(builders, Millis(80))),
        ]
    }

    #[test]
    fn what_is_read_back_is_what_was_put_in() {
        let rows = runs();
        let runs: Runs = rows.iter().cloned().collect();
        assert_eq!(runs.iter().collect::<Vec<_>>(), rows);
        assert_eq!(runs.all(Figure::Wasted), [50, 1 << 39, 2500, 35]);
        assert_eq!(runs.makespans_done(), [100]);
        assert_eq!(runs.all(Figure::HubCalls), [33, (1 << 40) / 3, 1666, 23]);
        assert_eq!(runs.busy_on(&"x86_64".into()), [700, 0, 70_000, 0]);
        assert_eq!(runs.busy_on(&"s390x".into()), [0, 9, 0, 0]);
        assert_eq!(runs.arches().len(), 3);
        assert_eq!(runs.changes().count(), 3);
    }

    #[test]
    fn they_are_written_as_the_rows_that_they_are() {
        let rows = runs();
        let runs: Runs = rows.iter().cloned().collect();
        let text = serde_json::to_string(&runs).unwrap();
        assert_eq!(text, serde_json::to_string(&rows).unwrap());
        assert_eq!(serde_json::from_str::<Runs>(&text).unwrap(), runs);
        assert_ne!(runs, rows[1..].iter().cloned().collect::<Runs>());
        assert!(serde_json::from_str::<Runs>("7").is_err());
    }
}
