//! Compares a plan with an earlier one.

use std::collections::{BTreeMap, BTreeSet};

use super::difference::{ChangedModule, MovedEnd, MovedModule, PlanDifference};
use super::model::{Plan, PlanModule};

/// Compares a plan with an earlier one, read from `path`.
#[must_use]
pub fn against(path: String, earlier: &Plan, plan: &Plan) -> PlanDifference {
    let before = by_id(earlier);
    let now = by_id(plan);
    let missing = |of: &Plan, other: &BTreeMap<&str, &PlanModule>| -> Vec<String> {
        let ids = of.modules.iter().map(|module| &module.id);
        ids.filter(|id| !other.contains_key(id.as_str())).cloned().collect()
    };
    let both = || plan.modules.iter().filter_map(|now| Some((*before.get(&*now.id)?, now)));
    let moved = both().filter(|(before, now)| before.wave != now.wave);
    let half = |plan: &Plan| plan.estimate.and_then(|estimate| estimate.p50);
    PlanDifference {
        path,
        came: missing(plan, &before),
        went: missing(earlier, &now),
        moved: moved
            .map(|(before, now)| MovedModule {
                module: now.id.clone(),
                wave_before: before.wave,
                wave: now.wave,
            })
            .collect(),
        changed: both().filter_map(|(before, now)| changed(before, now)).collect(),
        schedule: MovedEnd { before: earlier.bounds.schedule, now: plan.bounds.schedule },
        estimate: MovedEnd { before: half(earlier), now: half(plan) },
    }
}

fn changed(before: &PlanModule, now: &PlanModule) -> Option<ChangedModule> {
    let (before, built) = (built(before), built(now));
    let names = |of: &BTreeSet<&str>, other: &BTreeSet<&str>| {
        of.difference(other).map(|key| (*key).to_owned()).collect()
    };
    (before != built).then(|| ChangedModule {
        module: now.id.clone(),
        came: names(&built, &before),
        went: names(&before, &built),
    })
}

/// Returns the keys of the components that are built.
fn built(module: &PlanModule) -> BTreeSet<&str> {
    let components = module.batches.iter().flat_map(|batch| &batch.components);
    components.filter(|c| !c.reused).map(|c| c.component.as_str()).collect()
}

fn by_id(plan: &Plan) -> BTreeMap<&str, &PlanModule> {
    plan.modules.iter().map(|module| (module.id.as_str(), module)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::model::Bounds;
    use crate::time::Millis;

    fn plan(modules: &[(&str, u32)], schedule_ms: u64) -> Plan {
        let module = |&(id, wave): &(&str, u32)| PlanModule {
            id: id.to_owned(),
            wave,
            ..PlanModule::default()
        };
        Plan {
            modules: modules.iter().map(module).collect(),
            bounds: Bounds { schedule: Some(Millis(schedule_ms)), ..Bounds::default() },
            ..Plan::default()
        }
    }

    #[test]
    fn what_came_went_and_moved_is_listed_and_by_how_much_the_end_moved() {
        let earlier = plan(&[("a:1:x", 1), ("b:1:x", 2), ("c:1:x", 3)], 100_500);
        let now = plan(&[("a:1:x", 1), ("d:1:x", 1), ("c:1:x", 2)], 90_250);
        let found = against("old.json".to_owned(), &earlier, &now);
        assert_eq!((found.came, found.went), (vec!["d:1:x".to_owned()], vec!["b:1:x".to_owned()]));
        let moved = MovedModule { module: "c:1:x".to_owned(), wave_before: 3, wave: 2 };
        assert_eq!(found.moved, [moved]);
        let json = serde_json::to_string(&found.schedule).expect("JSON");
        let expected = r#"{"before_seconds":100.5,"seconds":90.25,"moved_seconds":-10.25}"#;
        assert_eq!(json, expected);
        assert_eq!(serde_json::from_str::<MovedEnd>(&json).expect("it is read"), found.schedule);
        assert_eq!(found.estimate, MovedEnd::default());
    }

    #[test]
    fn a_plan_against_itself_has_no_difference() {
        let same = plan(&[("a:1:x", 1)], 7000);
        let found = against(String::new(), &same, &same);
        assert!(found.is_same());
        assert_eq!(found.schedule.now, found.schedule.before);
    }
}
