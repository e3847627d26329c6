//! The best buildroot of one key: depth-first search with a lower bound, without recursion.

use fixedbitset::FixedBitSet;

use super::conflict::Conflict;
use super::state::{Clash, Cost, Mark, State};
use super::universe::CandidateIx;

/// The result of a search.
pub(super) enum Outcome {
    /// The builds, and whether no better set exists.
    Found { builds: Vec<CandidateIx>, best: bool },
    /// Why there is no set.
    Nothing(Conflict),
}

/// How far a search goes.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    /// The modules whose builds it may choose; other open modules stay open.
    pub(super) names: &'a FixedBitSet,
    /// How many choices it may try.
    pub(super) choices_max: usize,
}

/// A point at which the search went one of several ways.
struct Fork {
    mark: Mark,
    /// The ways still to try, the next one last, each with the least it can come to.
    ways: Vec<(Way, Cost)>,
}

#[derive(Clone, Copy)]
enum Way {
    Build(CandidateIx),
    Alternative { of: usize, at: usize },
}

struct Found {
    cost: Cost,
    builds: Vec<CandidateIx>,
}

/// Finds the cheapest completion of a state within a scope, and restores the state; also returns
/// the number of choices tried.
///
/// After `choices_max` choices the best set so far is used, or the key is left undecided.
pub(super) fn complete(state: &mut State<'_>, scope: Scope<'_>) -> (Outcome, usize) {
    let start = state.mark();
    let names = scope.names;
    let mut search = Search { names, forks: Vec::new(), found: None, conflict: None, failed: 0 };
    let mut choices = 0;
    let mut step = Ok(());
    let finished = loop {
        search.note(state, step);
        let Some((mark, way)) = search.next_way() else { break true };
        if choices == scope.choices_max {
            break false;
        }
        state.undo_to(mark);
        choices += 1;
        step = match way {
            Way::Build(ix) => state.choose(ix),
            Way::Alternative { of, at } => state.decide(of, at),
        };
    };
    state.undo_to(start);
    (search.outcome(finished), choices)
}

struct Search<'a> {
    names: &'a FixedBitSet,
    forks: Vec<Fork>,
    found: Option<Found>,
    /// The first conflict met, on the way of preferred builds.
    conflict: Option<Conflict>,
    failed: usize,
}

impl Search<'_> {
    /// Classifies the state after a step: a dead end, a complete set, or a fork with open choices.
    fn note(&mut self, state: &State<'_>, step: Result<(), Clash>) {
        if let Err(clash) = step {
            self.failed += 1;
            self.conflict.get_or_insert_with(|| state.explain(clash));
            return;
        }
        if self.found.as_ref().is_some_and(|found| cannot_beat(state, self.names, found.cost)) {
            return;
        }
        let ways: Vec<(Way, Cost)> = if let Some(builds) = state.first_open(self.names) {
            builds.into_iter().rev().map(|(ix, least)| (Way::Build(ix), least)).collect()
        } else if let Some((of, alternatives)) = state.first_postponed(self.names) {
            let least = state.cost();
            (0..alternatives).rev().map(|at| (Way::Alternative { of, at }, least)).collect()
        } else {
            self.found = Some(Found { cost: state.cost(), builds: state.builds(self.names) });
            return;
        };
        self.forks.push(Fork { mark: state.mark(), ways });
    }

    /// Takes the next choice that may still lead to a cheaper set than the best so far.
    fn next_way(&mut self) -> Option<(Mark, Way)> {
        let best = self.found.as_ref().map(|found| found.cost);
        loop {
            let fork = self.forks.last_mut()?;
            if let Some((way, least)) = fork.ways.pop() {
                if best.is_some_and(|best| least >= best) {
                    continue;
                }
                return Some((fork.mark, way));
            }
            self.forks.pop();
        }
    }

    fn outcome(self, finished: bool) -> Outcome {
        if let Some(Found { builds, .. }) = self.found {
            return Outcome::Found { builds, best: finished };
        }
        let mut conflict = self.conflict.expect("a search without a result met a conflict");
        conflict.others = self.failed.saturating_sub(1);
        conflict.undecided = !finished;
        Outcome::Nothing(conflict)
    }
}

/// Returns whether no completion of the state is cheaper; the expensive part of the bound is only
/// computed for ties.
fn cannot_beat(state: &State<'_>, names: &FixedBitSet, best: Cost) -> bool {
    let bound = state.bound(names);
    bound >= best || bound.with_modules(state.modules_to_come(names)) >= best
}
