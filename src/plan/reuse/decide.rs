//! Component by component: reused or rebuilt, by one of the strategies.

use std::collections::{BTreeMap, BTreeSet};

use super::{Part, Reason, Recipe, Source, Strategy};
use crate::load::Lock;
use crate::name::{Arch, ComponentKey, ModuleName, PackageName};

/// The decision on one component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The earlier build is reused.
    Reused,
    /// It is built.
    Rebuilt(Reason),
}

impl Decision {
    /// Returns whether the earlier build is reused.
    #[must_use]
    pub fn is_reused(&self) -> bool {
        *self == Self::Reused
    }
}

/// Decides for every component of `now` whether its build in `earlier` is reused.
///
/// `earlier` is the build to reuse, with its own strategy; builds read from a repository have an
/// unknown strategy and count as made with `all`.
#[must_use]
pub fn decide(
    strategy: Strategy,
    now: &Recipe,
    earlier: Option<(&Recipe, Strategy)>,
) -> BTreeMap<ComponentKey, Decision> {
    let everything = |reason: Reason| {
        let keys = now.parts.keys();
        keys.map(|key| (key.clone(), Decision::Rebuilt(reason.clone()))).collect()
    };
    if strategy == Strategy::All {
        return everything(Reason::StrategyAll);
    }
    let Some((earlier, earlier_strategy)) = earlier else {
        return everything(Reason::NoEarlierBuild);
    };
    let complete = matches!(earlier_strategy, Strategy::All | Strategy::ChangedAndAfter);
    if strategy == Strategy::ChangedAndAfter && !complete {
        return everything(Reason::EarlierStrategy(earlier_strategy));
    }
    if strategy == Strategy::Dependencies {
        return by_dependencies(now, earlier);
    }
    let changes = (strategy == Strategy::ChangedAndAfter).then(|| batch_changes(now, earlier));
    let decision = |(key, part): (&ComponentKey, &Part)| {
        let own = own_reason(part, earlier.parts.get(key));
        let reason = own.or_else(|| {
            let changes = changes.as_ref()?;
            batch_reason(part, &earlier.parts[key])
                .or_else(|| (now.macros != earlier.macros).then_some(Reason::MacrosChanged))
                .or_else(|| earlier_batch(part.batch, changes))
        });
        (key.clone(), reason.map_or(Decision::Reused, Decision::Rebuilt))
    };
    now.parts.iter().map(decision).collect()
}

/// Returns a property of the component itself that forbids reuse.
fn own_reason(part: &Part, earlier: Option<&Part>) -> Option<Reason> {
    let Some(earlier) = earlier else { return Some(Reason::NewComponent) };
    if part.source == Source::Named {
        return Some(Reason::Named);
    }
    if let Some(Source::Ambiguous(packages)) = [&part.source, &earlier.source]
        .into_iter()
        .find(|each| matches!(each, Source::Ambiguous(_)))
    {
        return Some(Reason::AmbiguousSource { packages: packages.clone() });
    }
    let (Source::Pinned(to), Source::Pinned(from)) = (&part.source, &earlier.source) else {
        return Some(Reason::Unpinned);
    };
    if from != to {
        return Some(Reason::SourceChanged { from: from.clone(), to: to.clone() });
    }
    (part.arches != earlier.arches).then_some(Reason::ArchesChanged)
}

fn batch_reason(part: &Part, earlier: &Part) -> Option<Reason> {
    let (from, to) = (earlier.batch, part.batch);
    (from != to).then_some(Reason::BatchChanged { from, to })
}

/// The parts of a component of an earlier batch that the service compares.
type Fingerprint<'a> = (&'a PackageName, &'a Source, &'a BTreeSet<Arch>);

/// Finds one differing component for each batch that differs; unpinned sources always differ.
fn batch_changes(now: &Recipe, earlier: &Recipe) -> BTreeMap<u32, ComponentKey> {
    fn sets(recipe: &Recipe) -> BTreeMap<u32, BTreeMap<Fingerprint<'_>, &ComponentKey>> {
        let mut sets: BTreeMap<u32, BTreeMap<_, _>> = BTreeMap::new();
        for (key, part) in &recipe.parts {
            let fingerprint = (&part.package, &part.source, &part.arches);
            sets.entry(part.batch).or_default().insert(fingerprint, key);
        }
        sets
    }
    let (ours, theirs) = (sets(now), sets(earlier));
    let none = BTreeMap::new();
    let batches: BTreeSet<u32> = ours.keys().chain(theirs.keys()).copied().collect();
    let differs = |batch: u32| {
        let ours = ours.get(&batch).unwrap_or(&none);
        let theirs = theirs.get(&batch).unwrap_or(&none);
        let changed = ours
            .iter()
            .find(|(each, _)| !matches!(each.1, Source::Pinned(_)) || !theirs.contains_key(*each));
        let gone = || theirs.iter().find(|(each, _)| !ours.contains_key(*each));
        changed.or_else(gone).map(|(_, key)| (batch, (*key).clone()))
    };
    batches.into_iter().filter_map(differs).collect()
}

fn earlier_batch(batch: u32, changes: &BTreeMap<u32, ComponentKey>) -> Option<Reason> {
    let (&batch, component) = changes.range(..batch).next()?;
    Some(Reason::EarlierBatchChanged { batch, component: component.clone() })
}

/// Rebuilds components reached by a change of sources, arches, order or macros, of a buildrequired
/// module, or of a component they wait for.
fn by_dependencies(now: &Recipe, earlier: &Recipe) -> BTreeMap<ComponentKey, Decision> {
    let everywhere = (now.macros != earlier.macros)
        .then_some(Reason::MacrosChanged)
        .or_else(|| buildroot_reason(now, earlier));
    let mut reasons: BTreeMap<&ComponentKey, Reason> = BTreeMap::new();
    for (key, part) in &now.parts {
        let before = earlier.parts.get(key);
        let reason = own_reason(part, before).or_else(|| everywhere.clone()).or_else(|| {
            let same_order = before.is_some_and(|before| before.after == part.after);
            (!same_order).then_some(Reason::OrderChanged)
        });
        reasons.extend(reason.map(|reason| (key, reason)));
    }
    spread(now, &mut reasons);
    let decision = |key: &ComponentKey| {
        let reason = reasons.get(key).cloned();
        (key.clone(), reason.map_or(Decision::Reused, Decision::Rebuilt))
    };
    now.parts.keys().map(decision).collect()
}

/// Adds everything that waits for rebuilt components.
fn spread<'a>(now: &'a Recipe, reasons: &mut BTreeMap<&'a ComponentKey, Reason>) {
    let mut waiting: BTreeMap<&ComponentKey, Vec<&ComponentKey>> = BTreeMap::new();
    for (key, part) in &now.parts {
        for before in &part.after {
            waiting.entry(before).or_default().push(key);
        }
    }
    let mut todo: Vec<&ComponentKey> = reasons.keys().rev().copied().collect();
    while let Some(rebuilt) = todo.pop() {
        for &key in waiting.get(rebuilt).into_iter().flatten() {
            if !reasons.contains_key(key) {
                reasons.insert(key, Reason::DependsOn(rebuilt.clone()));
                todo.push(key);
            }
        }
    }
}

/// Returns a module of the buildroot that differs from before: rebuilt or, if both buildroots are
/// recorded, of another stream, version or context, new or gone.
fn buildroot_reason(now: &Recipe, earlier: &Recipe) -> Option<Reason> {
    let text = |lock: &Lock| format!("{}:{}:{}", lock.stream, lock.version, lock.context);
    let changed = |name: &ModuleName, to: Option<String>| Reason::BuildrequireChanged {
        name: name.clone(),
        from: earlier.buildroot.get(name).map(text),
        to,
    };
    if let Some(name) = now.rebuilt.first() {
        return Some(changed(name, None));
    }
    if now.buildroot.is_empty() || earlier.buildroot.is_empty() {
        return None;
    }
    let names: BTreeSet<&ModuleName> =
        now.buildroot.keys().chain(earlier.buildroot.keys()).collect();
    let differs = |name: &&ModuleName| now.buildroot.get(*name) != earlier.buildroot.get(*name);
    names.into_iter().find(differs).map(|name| changed(name, now.buildroot.get(name).map(text)))
}
