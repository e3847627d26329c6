//! Reuse of earlier component builds.

use std::collections::{BTreeMap, BTreeSet};

use modplan::name::{Arch, ComponentKey};
use modplan::plan::batch::{Item, batches};
use modplan::plan::reuse::{Decision, Part, Recipe, Source, Strategy, decide};
use serde::Deserialize;

use super::{Tally, cases};

#[derive(Deserialize)]
struct Case {
    id: String,
    old: Vec<Component>,
    new: Vec<Component>,
    old_macros: Option<String>,
    new_macros: Option<String>,
    old_strategy: String,
    strategy: String,
    expected_reuse: BTreeMap<String, bool>,
}

#[derive(Deserialize)]
struct Component {
    name: String,
    #[serde(rename = "ref")]
    reference: String,
    #[serde(default)]
    buildorder: i64,
    #[serde(default)]
    arches: BTreeSet<Arch>,
}

fn recipe(components: &[Component], macros: Option<&String>) -> Recipe {
    let item = |component: &Component| Item::Component {
        key: component.name.clone(),
        buildorder: component.buildorder,
    };
    let items: Vec<Item> = components.iter().map(item).collect();
    let order = batches(&items).expect("components of a case have distinct names").of;
    let part = |component: &Component| {
        let batch = order[&component.name];
        let earlier = order.iter().filter(|(_, other)| **other < batch);
        let part = Part {
            package: component.name.as_str().into(),
            source: Source::Pinned(component.reference.clone()),
            arches: component.arches.clone(),
            batch,
            after: earlier.map(|(key, _)| key.as_str().into()).collect(),
        };
        (ComponentKey::from(component.name.as_str()), part)
    };
    let parts = components.iter().map(part).collect();
    Recipe { parts, macros: macros.cloned(), ..Recipe::default() }
}

#[test]
fn cases_mbs_reuse() {
    let Some(all) = cases::<Vec<Case>>("reuse.json") else { return };
    let mut tally = Tally::default();
    for case in all {
        let strategy: Strategy = case.strategy.parse().unwrap();
        let old_strategy: Strategy = case.old_strategy.parse().unwrap();
        let old = recipe(&case.old, case.old_macros.as_ref());
        let new = recipe(&case.new, case.new_macros.as_ref());
        let decisions = decide(strategy, &new, Some((&old, old_strategy)));
        let ours: BTreeMap<String, bool> = decisions
            .iter()
            .map(|(key, decision)| (key.to_string(), decision.is_reused()))
            .collect();
        // Every refusal gives its reason in words.
        let told = decisions.values().all(|decision| match decision {
            Decision::Reused => true,
            Decision::Rebuilt(reason) => !reason.to_string().is_empty(),
        });
        tally.equal(told && ours == case.expected_reuse, || {
            format!("{}: {decisions:?} not {:?}", case.id, case.expected_reuse)
        });
    }
    tally.finish("reuse.json");
}
