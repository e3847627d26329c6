//! Splits the open modules into parts without common requirements, which are solved independently.
//!
//! Two open modules belong together if some build of one needs, directly or indirectly, a module
//! that some build of the other needs, too. Chosen modules do not join parts, because they cannot
//! change; so once the platform is pinned, modules that share only the platform are in different
//! parts.

use fixedbitset::FixedBitSet;

use super::state::State;
use super::universe::{CandidateIx, NameIx};

/// Returns the parts of the open modules as sets of names, each with the names that it may include;
/// `named` are names that must be in some part, open or not.
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
        // In the order of their first names: a part joins the first one it overlaps.
        let (touching, mut apart): (Vec<_>, Vec<_>) =
            parts.into_iter().partition(|other| !other.is_disjoint(&part));
        touching.iter().for_each(|other| part.union_with(other));
        apart.push(part);
        apart.sort_by_key(FixedBitSet::minimum);
        parts = apart;
    }
    parts
}

/// Returns a name with every name that its builds may require.
fn reach(state: &State<'_>, name: NameIx, mut todo: Vec<CandidateIx>) -> FixedBitSet {
    let universe = state.universe;
    let mut reached = FixedBitSet::with_capacity(universe.name_count());
    reached.insert(name.index());
    while let Some(ix) = todo.pop() {
        let needs = universe.alternatives(ix).iter().flatten();
        // Builds made on another platform than the chosen one are counted if the platform is open.
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
