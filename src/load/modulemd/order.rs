//! Checks that the build order required by the components exists.

use std::collections::BTreeMap;

use super::Reader;
use super::component::Components;
use crate::load::Component;
use crate::load::problem::{Code, Place};
use crate::name::ComponentKey;
use crate::yaml::Mark;

/// Refuses `buildorder` beside `buildafter`, `buildafter` on unknown keys, and cycles of it.
pub(super) fn check(components: &Components, reader: &mut Reader<'_>) {
    let mut waiting = components.rpms.iter().filter(|(_, rpm)| !rpm.buildafter.is_empty());
    let Some((after_key, after)) = waiting.next() else { return };
    let ordered = components.rpms.iter().map(|(key, rpm)| (key, rpm.buildorder));
    let ordered =
        ordered.chain(components.modules.iter().map(|(key, module)| (key, module.buildorder)));
    if let Some((key, order)) = ordered.into_iter().find(|&(_, order)| order != 0) {
        let message = format!("`{after_key}` has buildafter while `{key}` has buildorder {order}");
        reader
            .invalid(Code::BuildOrder, mark(after.place), message)
            .hint_last("use one of the two in the whole module");
    }
    unknown_keys(&components.rpms, reader);
    if let Some(circle) = circle(&components.rpms) {
        let place = components.rpms[circle[0]].place;
        let path: Vec<&str> = circle.iter().map(|key| key.as_str()).collect();
        let message = format!("buildafter has a cycle: {}", path.join(" after "));
        reader.invalid(Code::BuildAfterCycle, mark(place), message);
    }
}

fn mark(place: Place) -> Mark {
    Mark { line: place.line, column: place.column }
}

fn unknown_keys(rpms: &BTreeMap<ComponentKey, Component>, reader: &mut Reader<'_>) {
    for (key, rpm) in rpms {
        for after in rpm.buildafter.iter().filter(|after| !rpms.contains_key(*after)) {
            let message = format!("`{key}` has buildafter `{after}`, which is not a component");
            reader
                .invalid(Code::BuildOrder, mark(rpm.place), message)
                .hint_last("buildafter lists keys of components.rpms, not package names");
        }
    }
}

/// Returns a cycle, with its first key repeated at the end: `a after b after a`.
fn circle(rpms: &BTreeMap<ComponentKey, Component>) -> Option<Vec<&ComponentKey>> {
    // Keys that wait for nothing are removed; the rest contains every cycle.
    let mut left: BTreeMap<&ComponentKey, usize> = BTreeMap::new();
    let mut waiters: BTreeMap<&ComponentKey, Vec<&ComponentKey>> = BTreeMap::new();
    for (key, rpm) in rpms {
        let known = rpm.buildafter.iter().filter(|after| rpms.contains_key(*after));
        left.insert(key, known.clone().count());
        known.for_each(|after| waiters.entry(after).or_default().push(key));
    }
    let mut ready: Vec<_> =
        left.iter().filter(|(_, count)| **count == 0).map(|(key, _)| *key).collect();
    while let Some(done) = ready.pop() {
        left.remove(done);
        for waiter in waiters.remove(done).unwrap_or_default() {
            let count = left.get_mut(waiter).expect("a waiter is left until its last wait ends");
            *count -= 1;
            if *count == 0 {
                ready.push(waiter);
            }
        }
    }
    // Each remaining key waits for another remaining key, so a walk must return.
    let mut here = *left.keys().next()?;
    let mut path: Vec<&ComponentKey> = Vec::new();
    let mut seen: BTreeMap<&ComponentKey, usize> = BTreeMap::new();
    loop {
        if let Some(&start) = seen.get(here) {
            path.drain(..start);
            path.push(here);
            return Some(path);
        }
        seen.insert(here, path.len());
        path.push(here);
        here = rpms[here]
            .buildafter
            .iter()
            .find(|after| left.contains_key(after))
            .expect("what is left waits for something left");
    }
}
