//! How urgent the builds of components are: those go first that most of their module waits for.

use std::collections::BTreeMap;

use crate::name::ComponentKey;
use crate::time::Millis;

/// What decides the priorities of a module's components.
#[derive(Clone, Copy, Debug)]
pub(super) struct Urgency {
    /// The priority of the module's task. koji takes one less for subtasks.
    pub(super) task: i64,
    /// The most urgent priority that the site allows.
    pub(super) floor: i64,
}

/// Returns koji's priority of each component: a lower number goes first. The component at the head of the
/// longest path to the end of the module gets the floor, the one at its end what koji gives every subtask.
pub(super) fn priorities(
    urgency: Urgency,
    batches: &[Vec<ComponentKey>],
    estimates: &BTreeMap<ComponentKey, Millis>,
) -> BTreeMap<ComponentKey, i64> {
    let usual = urgency.task - 1;
    let floor = urgency.floor.min(usual);
    let estimate = |key: &ComponentKey| estimates.get(key).map_or(0, |time| time.0);
    let mut paths: BTreeMap<&ComponentKey, u64> = BTreeMap::new();
    let mut behind = 0;
    for batch in batches.iter().rev() {
        paths.extend(batch.iter().map(|key| (key, behind + estimate(key))));
        behind += batch.iter().map(estimate).max().unwrap_or(0);
    }
    let longest = behind.max(1);
    let span = u64::try_from(usual - floor).unwrap_or(0);
    let priority = |path: u64| {
        let raised = u128::from(span) * u128::from(path) / u128::from(longest);
        usual - i64::try_from(raised).unwrap_or(0)
    };
    paths.into_iter().map(|(key, path)| (key.clone(), priority(path))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(names: &[&str]) -> Vec<ComponentKey> {
        names.iter().map(|&name| name.into()).collect()
    }

    fn of(urgency: Urgency, minutes: &[(&str, u64)]) -> Vec<i64> {
        let estimates = minutes
            .iter()
            .map(|&(name, minutes)| (name.into(), Millis(minutes * 60_000)))
            .collect();
        let batches = [keys(&["a", "b"]), keys(&["c", "d"])];
        let all = priorities(urgency, &batches, &estimates);
        ["a", "b", "c", "d"].map(|name| all[name]).into()
    }

    #[test]
    fn what_most_waits_for_goes_first() {
        let urgency = Urgency { task: 20, floor: 5 };
        let minutes = [("a", 30), ("b", 10), ("c", 60), ("d", 5)];
        // The longest path has 90 minutes: a, then c.
        assert_eq!(of(urgency, &minutes), [5, 9, 10, 19]);
        assert_eq!(of(urgency, &[]), [19; 4], "nothing is known of any");
    }

    #[test]
    fn a_task_that_is_more_urgent_than_the_floor_keeps_its_own() {
        let minutes = [("a", 30), ("b", 10), ("c", 60), ("d", 5)];
        assert_eq!(of(Urgency { task: 4, floor: 5 }, &minutes), [3; 4]);
    }
}
