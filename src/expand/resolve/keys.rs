//! The keys of one dependency group: combinations of streams of the buildrequired modules.
//!
//! Keys are walked as a tree, base modules first. A stream that conflicts with those above it is
//! refused there, once for all keys below, so that work grows with the number of results, not of
//! combinations.
//!
//! With the base modules pinned, the other modules form independent parts (see
//! [`parts`](super::parts)). Each part has its own tree, and the keys are the products of the
//! parts' results: a conflict inside one part is found once, no matter how many streams the others
//! leave open.

use fixedbitset::FixedBitSet;

use super::conflict::Conflict;
use super::parts::parts;
use super::search::{Outcome, Scope, complete};
use super::state::{Imposed, Mark, Owner, State};
use super::universe::{CandidateIx, NameIx, Need, Universe};
use super::{Answer, Limits, Needs, Refusal, Resolution, Verdict};
use crate::name::{ModuleName, NameStream, StreamName};

/// A search with more choices than this is analysed, because the same conflict may affect other
/// keys.
const DEAR: usize = 200;
/// The number of choices that a search may try even if the work for all searches is used up.
const CHOICES_MIN: usize = 100;

/// The dependency group to resolve.
#[derive(Clone, Copy, Debug)]
pub(super) struct Group<'a> {
    pub(super) index: usize,
    pub(super) needs: &'a Needs,
    pub(super) limits: Limits,
}

/// One buildrequired module and its streams, each with the builds of that stream.
struct Level {
    need: Need,
    written: Vec<StreamName>,
    streams: Vec<(NameStream, Need, [StreamName; 1])>,
}

/// Resolves one group and appends the results.
pub(super) fn resolve_group(universe: &Universe, group: Group<'_>, resolution: &mut Resolution) {
    let mut levels = Vec::new();
    let mut missing: Vec<ModuleName> = Vec::new();
    for (name, need) in universe.match_input(group.needs) {
        match need {
            Some(need) if !need.allowed.is_empty() => {
                let written = group.needs[&name].clone();
                levels.push(level(universe, need, written));
            }
            _ => missing.push(name),
        }
    }
    if !missing.is_empty() {
        missing.sort();
        resolution.verdicts.push(Verdict::NoProvider(missing));
        return;
    }
    let mut walk = Walk {
        state: State::new(universe),
        levels: &levels,
        group,
        choices_left: group.limits.choices_total_max,
        answers: Vec::new(),
        refusals: Vec::new(),
    };
    let verdict = walk.run();
    let Walk { mut answers, mut refusals, .. } = walk;
    answers.sort_by_cached_key(|answer| key_of(universe, group.needs, answer));
    refusals.sort_by(|a, b| a.key.cmp(&b.key));
    resolution.answers.append(&mut answers);
    resolution.refusals.append(&mut refusals);
    resolution.verdicts.push(verdict);
}

fn level(universe: &Universe, need: Need, written: Vec<StreamName>) -> Level {
    let name = universe.name(need.name).clone();
    let stream_of = |ix| &universe.candidate(ix).nsvc.stream;
    let mut names: Vec<StreamName> = need.allowed.iter().map(|&ix| stream_of(ix).clone()).collect();
    names.sort();
    names.dedup();
    let streams = names.into_iter().map(|stream| {
        let allowed = need.allowed.iter().copied().filter(|&ix| *stream_of(ix) == stream);
        let pinned = Need { name: need.name, allowed: allowed.collect() };
        (NameStream { name: name.clone(), stream: stream.clone() }, pinned, [stream])
    });
    let streams = streams.collect();
    Level { need, written, streams }
}

/// Returns the key of an answer: the stream of each buildrequired module, by name.
fn key_of(universe: &Universe, needs: &Needs, answer: &Answer) -> Vec<NameStream> {
    let nsvcs = answer.builds.iter().map(|&ix| &universe.candidate(ix).nsvc);
    nsvcs
        .filter(|nsvc| needs.contains_key(&nsvc.name))
        .map(|nsvc| NameStream { name: nsvc.name.clone(), stream: nsvc.stream.clone() })
        .collect()
}

/// A part of a key that was solved: the builds of its part, and whether they are the best.
struct Solved {
    builds: Vec<CandidateIx>,
    best: bool,
}

/// The group has more keys than its limit.
struct TooMany;

struct Walk<'a> {
    state: State<'a>,
    levels: &'a [Level],
    group: Group<'a>,
    /// How many choices are left to all searches together.
    choices_left: usize,
    answers: Vec<Answer>,
    refusals: Vec<Refusal>,
}

/// A level, and the stream that it is pinned to.
type Pin = (usize, usize);

/// The action when all levels of a walk are pinned. If there is no result, returns how many of the
/// pins suffice for that: the walk continues at the last of these.
type Reached<'r, 'a> = dyn FnMut(&mut Walk<'a>, &[Pin]) -> Result<Option<usize>, TooMany> + 'r;

impl<'a> Walk<'a> {
    fn run(&mut self) -> Verdict {
        for level in self.levels {
            let imposed =
                Imposed { owner: Owner::Document, need: &level.need, streams: &level.written };
            if let Err(clash) = self.state.require(imposed) {
                let conflict = self.state.explain(clash);
                self.refuse(&[], conflict);
                return Verdict::Unsolvable;
            }
        }
        let is_base =
            |level: &&Level| self.state.universe.platforms().is_base(&level.streams[0].0.name);
        let bases: Vec<usize> = (0..self.levels.iter().take_while(is_base).count()).collect();
        if self.walk_bases(&bases).is_err() {
            let streams = |level: &Level| (level.streams[0].0.name.clone(), level.streams.len());
            self.answers.clear();
            self.refusals.clear();
            return Verdict::TooManyKeys { streams: self.levels.iter().map(streams).collect() };
        }
        if self.answers.is_empty() { Verdict::Unsolvable } else { Verdict::Solved }
    }

    /// Pins the base modules in every combination, and solves the rest for each.
    fn walk_bases(&mut self, bases: &[usize]) -> Result<(), TooMany> {
        self.walk(&[], bases, &mut |walk, path| walk.solve_rest(path))
    }

    /// Walks the tree of the pins of some levels, below others that are pinned already.
    fn walk(
        &mut self,
        above: &[Pin],
        levels: &[usize],
        reached: &mut Reached<'_, 'a>,
    ) -> Result<(), TooMany> {
        let all: &'a [Level] = self.levels;
        let start = self.state.mark();
        let mut path: Vec<Pin> = above.to_vec();
        let mut marks: Vec<Mark> = vec![start];
        // The stream to pin next at the depth reached.
        let mut next = 0;
        loop {
            let depth = path.len() - above.len();
            let mut back_to = None;
            if depth == levels.len() {
                back_to = Some(reached(self, &path)?.unwrap_or(path.len()));
            } else if let Some((_, need, pinned)) = all[levels[depth]].streams.get(next) {
                path.push((levels[depth], next));
                let imposed = Imposed { owner: Owner::Document, need, streams: pinned };
                if let Err(clash) = self.state.require(imposed) {
                    let conflict = self.state.explain(clash);
                    self.refuse(&path, conflict);
                    self.check_count(0)?;
                    back_to = Some(path.len());
                } else {
                    marks.push(self.state.mark());
                    next = 0;
                }
            } else {
                back_to = Some(path.len());
            }
            let Some(len) = back_to else { continue };
            // Returns to the pin to change, and continues with its next stream.
            path.truncate(len);
            if path.len() == above.len() {
                self.state.undo_to(start);
                return Ok(());
            }
            let (_, stream) = path.pop().expect("longer than what is above");
            marks.truncate(path.len() - above.len() + 1);
            self.state.undo_to(*marks.last().expect("the start is among them"));
            next = stream + 1;
        }
    }

    /// Solves everything but the base modules, which are pinned: part by part, then every product.
    fn solve_rest(&mut self, bases: &[Pin]) -> Result<Option<usize>, TooMany> {
        let levels = self.levels;
        let common = FixedBitSet::from_iter(
            (0..self.state.universe.name_count())
                .filter(|&at| self.state.is_chosen(NameIx::new(at))),
        );
        let chosen = self.state.builds(&common);
        let rest: Vec<usize> = (bases.len()..levels.len()).collect();
        let names: Vec<_> = rest.iter().map(|&level| levels[level].need.name).collect();
        let mut factors: Vec<Vec<Solved>> = Vec::new();
        for part in parts(&self.state, &names) {
            let inside = |level: &usize| part.contains(levels[*level].need.name.index());
            let inside: Vec<usize> = rest.iter().copied().filter(inside).collect();
            factors.push(self.solve_part(bases, &inside, &part)?);
        }
        let count = factors.iter().try_fold(1_usize, |count, part| count.checked_mul(part.len()));
        self.check_count(count.ok_or(TooMany)?)?;
        self.multiply(&chosen, &factors);
        Ok(None)
    }

    /// Solves one part: for each pinning of its levels the best builds, or a refusal.
    fn solve_part(
        &mut self,
        bases: &[Pin],
        levels: &[usize],
        scope: &FixedBitSet,
    ) -> Result<Vec<Solved>, TooMany> {
        let mut solved = Vec::new();
        let start = self.state.mark();
        self.walk(bases, levels, &mut |walk, path| {
            let (outcome, choices) = walk.search(scope, walk.group.limits.choices_max);
            let conflict = match outcome {
                Outcome::Found { builds, best } => {
                    solved.push(Solved { builds, best });
                    walk.check_count(solved.len())?;
                    return Ok(None);
                }
                Outcome::Nothing(conflict) => conflict,
            };
            let kept = if choices > DEAR {
                walk.blame(path, bases.len(), start, scope, choices)
            } else {
                None
            };
            let (kept, conflict) = kept.unwrap_or((path.len(), conflict));
            walk.refuse(&path[..kept], conflict);
            walk.check_count(solved.len())?;
            Ok(Some(kept))
        })?;
        Ok(solved)
    }

    /// Finds how many pins of a path suffice for a conflict that was expensive to find, so that it
    /// is not searched again for every stream of the others.
    fn blame(
        &mut self,
        path: &[Pin],
        first: usize,
        start: Mark,
        scope: &FixedBitSet,
        choices: usize,
    ) -> Option<(usize, Conflict)> {
        let end = self.state.mark();
        self.state.undo_to(start);
        let mut blamed = None;
        for (kept, &(level, stream)) in path.iter().enumerate().skip(first) {
            if blamed.is_none()
                && let (Outcome::Nothing(conflict), _) = self.search(scope, choices * 2)
                && !conflict.undecided
            {
                blamed = Some((kept, conflict));
            }
            let (_, need, streams) = &self.levels[level].streams[stream];
            let imposed = Imposed { owner: Owner::Document, need, streams };
            assert!(self.state.require(imposed).is_ok(), "the same pins were in force before");
        }
        assert_eq!(self.state.mark(), end, "the same pins entail the same");
        blamed
    }

    /// Searches the results of a scope, within the remaining work for all searches.
    fn search(&mut self, names: &FixedBitSet, choices_max: usize) -> (Outcome, usize) {
        let choices_max = choices_max.min(self.choices_left).max(CHOICES_MIN);
        let (outcome, choices) = complete(&mut self.state, Scope { names, choices_max });
        self.choices_left = self.choices_left.saturating_sub(choices);
        (outcome, choices)
    }

    /// Makes an answer from every product of the parts' results.
    fn multiply(&mut self, common: &[CandidateIx], factors: &[Vec<Solved>]) {
        let mut products = vec![Solved { builds: common.to_vec(), best: true }];
        for factor in factors {
            let product = |(head, tail): (&Solved, &Solved)| Solved {
                builds: head.builds.iter().chain(&tail.builds).copied().collect(),
                best: head.best && tail.best,
            };
            products = products
                .iter()
                .flat_map(|head| factor.iter().map(move |tail| product((head, tail))))
                .collect();
        }
        let universe = self.state.universe;
        for Solved { mut builds, best } in products {
            builds.sort_by(|&a, &b| {
                universe.candidate(a).nsvc.name.cmp(&universe.candidate(b).nsvc.name)
            });
            // Builds chosen before the split are in each part that contains them.
            builds.dedup();
            self.answers.push(Answer { group: self.group.index, builds, best });
        }
    }

    /// Checks the number of keys, including some not yet added.
    fn check_count(&self, more: usize) -> Result<(), TooMany> {
        let count = self.answers.len() + self.refusals.len() + more;
        if count > self.group.limits.keys_max { Err(TooMany) } else { Ok(()) }
    }

    fn refuse(&mut self, path: &[Pin], conflict: Conflict) {
        let pinned = path.iter().map(|&(level, stream)| &self.levels[level].streams[stream]);
        let mut key: Vec<NameStream> = pinned.map(|(pinned, ..)| pinned.clone()).collect();
        key.sort();
        self.refusals.push(Refusal { group: self.group.index, key, conflict });
    }
}
