//! The best buildroot of one key: depth-first search with a lower bound, without recursion.

use super::conflict::Conflict;
use super::state::{Clash, Cost, Mark, State};
use super::universe::CandidateIx;

/// What a search came to.
pub(super) enum Outcome {
    /// The builds, and whether no better set exists.
    Found { builds: Vec<CandidateIx>, best: bool },
    /// Why there is no set.
    Nothing(Conflict),
}

/// A point at which the search went one of several ways.
struct Fork {
    mark: Mark,
    /// The ways still to try, the next one last.
    ways: Vec<Way>,
}

#[derive(Clone, Copy)]
enum Way {
    Build(CandidateIx),
    Alternative(usize),
}

struct Found {
    cost: Cost,
    builds: Vec<CandidateIx>,
}

/// Finds the cheapest completion of a state and leaves the state as it was.
///
/// After `choices_max` choices the best set so far is taken, or the key is left undecided.
pub(super) fn complete(state: &mut State<'_>, choices_max: usize) -> Outcome {
    let start = state.mark();
    let mut search = Search { forks: Vec::new(), found: None, conflict: None, failed: 0 };
    let mut choices = 0;
    let mut step = Ok(());
    let finished = loop {
        search.note(state, step);
        if choices == choices_max {
            break false;
        }
        let Some((mark, way)) = search.next_way() else { break true };
        state.undo_to(mark);
        choices += 1;
        step = match way {
            Way::Build(ix) => state.choose(ix),
            Way::Alternative(at) => state.decide(at),
        };
    };
    state.undo_to(start);
    search.outcome(finished)
}

struct Search {
    forks: Vec<Fork>,
    found: Option<Found>,
    /// The first conflict met, on the way of preferred builds.
    conflict: Option<Conflict>,
    failed: usize,
}

impl Search {
    /// Looks at the state after a step: a dead end, a complete set, or a fork with ways to go.
    fn note(&mut self, state: &State<'_>, step: Result<(), Clash>) {
        if let Err(clash) = step {
            self.failed += 1;
            self.conflict.get_or_insert_with(|| state.explain(clash));
            return;
        }
        if self.found.as_ref().is_some_and(|found| cannot_beat(state, found.cost)) {
            return;
        }
        let ways: Vec<Way> = if let Some(builds) = state.first_open() {
            builds.into_iter().rev().map(Way::Build).collect()
        } else if let Some(alternatives) = state.first_postponed() {
            (0..alternatives).rev().map(Way::Alternative).collect()
        } else {
            self.found = Some(Found { cost: state.cost(), builds: state.builds() });
            return;
        };
        self.forks.push(Fork { mark: state.mark(), ways });
    }

    fn next_way(&mut self) -> Option<(Mark, Way)> {
        loop {
            let fork = self.forks.last_mut()?;
            if let Some(way) = fork.ways.pop() {
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

/// Returns whether no completion of the state is cheaper; the dear part of the bound is left for ties.
fn cannot_beat(state: &State<'_>, best: Cost) -> bool {
    let bound = state.bound();
    bound >= best || bound.with_modules(state.modules_to_come()) >= best
}
