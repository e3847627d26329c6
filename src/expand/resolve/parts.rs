//! What is still open falls apart: modules that no requirement joins are solved by themselves.
//!
//! Two open modules belong together where some build of one needs, however far, a module that
//! some build of the other needs too. What is chosen already joins nothing, since it cannot
//! change; so once the platform is pinned, modules that share nothing but the platform are apart.

use fixedbitset::FixedBitSet;

use super::state::State;
use super::universe::{CandidateIx, NameIx};

/// Returns the parts of what is open as sets of names, each with the names it can come to hold; `named`
/// are names that have to be in some part whether they are open or not.
pub(super) fn parts(state: &State<'_>, named: &[NameIx]) -> Vec<FixedBitSet> {
    let mut seeds: Vec<(NameIx, Vec<CandidateIx>)> =
        state.open().map(|name| (name, state.builds_left(name).collect())).collect();
    let postponed = state.postponed().iter();
    seeds.extend(postponed.map(|&ix| (state.universe.name_of(ix), vec![ix])));
    let is_seed = |name: NameIx| seeds.iter().any(|(seed, _)| *seed == name);
    let settled: Vec<NameIx> = named.iter().copied().filter(|&name| !is_seed(name)).collect();
    seeds.extend(settled.into_iter().map(|name| (name, Vec::new())));
    seeds.sort_by_key(|(name, _)| *name);
    let mut parts: Vec<FixedBitSet> = Vec::new();
    for (name, builds) in seeds {
        let mut part = reach(state, name, builds);
        // In the order of their first names: a part is joined to the first one it touches.
        let (touching, mut apart): (Vec<_>, Vec<_>) =
            parts.into_iter().partition(|other| !other.is_disjoint(&part));
        touching.iter().for_each(|other| part.union_with(other));
        apart.push(part);
        apart.sort_by_key(FixedBitSet::minimum);
        parts = apart;
    }
    parts
}

/// Returns a name with every name that its builds may bring in.
fn reach(state: &State<'_>, name: NameIx, mut todo: Vec<CandidateIx>) -> FixedBitSet {
    let universe = state.universe;
    let mut reached = FixedBitSet::with_capacity(universe.name_count());
    reached.insert(name.index());
    while let Some(ix) = todo.pop() {
        let needs = universe.alternatives(ix).iter().flatten();
        // Builds made on another platform than the chosen one are counted where that is open.
        let against = universe.candidate(ix).built_against.keys();
        let against = against.filter_map(|base| universe.find_name(base));
        for next in needs.map(|need| need.name).chain(against) {
            if !state.is_chosen(next) && !reached.put(next.index()) {
                todo.extend(state.builds_left(next));
            }
        }
    }
    reached
}
