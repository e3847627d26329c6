//! The keys of one dependency group: combinations of streams of the buildrequired modules.
//!
//! Keys are walked as a tree, base modules first. A stream that conflicts with those above it is
//! refused there, once for all keys below, so that work goes with what comes out and not with the
//! number of combinations.

use super::search::{Outcome, complete};
use super::state::{Imposed, Mark, Owner, State};
use super::universe::{Need, Universe};
use super::{Answer, Limits, Needs, Refusal, Resolution, Verdict};
use crate::name::{ModuleName, NameStream, StreamName};

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

/// Resolves one group and appends what comes out.
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

struct Walk<'a> {
    state: State<'a>,
    levels: &'a [Level],
    group: Group<'a>,
    answers: Vec<Answer>,
    refusals: Vec<Refusal>,
}

impl<'a> Walk<'a> {
    fn run(&mut self) -> Verdict {
        for level in self.levels {
            let imposed =
                Imposed { owner: Owner::Document, need: &level.need, streams: &level.written };
            if let Err(clash) = self.state.require(imposed) {
                let conflict = self.state.explain(clash);
                let refusal = Refusal { group: self.group.index, key: Vec::new(), conflict };
                self.refusals.push(refusal);
                return Verdict::Unsolvable;
            }
        }
        if !self.walk() {
            let streams = |level: &Level| (level.streams[0].0.name.clone(), level.streams.len());
            self.answers.clear();
            self.refusals.clear();
            return Verdict::TooManyKeys { streams: self.levels.iter().map(streams).collect() };
        }
        if self.answers.is_empty() { Verdict::Unsolvable } else { Verdict::Solved }
    }

    /// Walks the tree of keys; returns false where it has more than the limit.
    fn walk(&mut self) -> bool {
        // What is pinned so far: for each level the stream, and where to go back to.
        let mut path: Vec<(usize, Mark)> = vec![(0, self.state.mark())];
        while let Some(&(stream, mark)) = path.last() {
            if self.answers.len() + self.refusals.len() > self.group.limits.keys_max {
                return false;
            }
            self.state.undo_to(mark);
            let levels = self.levels;
            let level = &levels[path.len() - 1];
            let Some((_, need, pinned)) = level.streams.get(stream) else {
                path.pop();
                if let Some((stream, _)) = path.last_mut() {
                    *stream += 1;
                }
                continue;
            };
            let imposed = Imposed { owner: Owner::Document, need, streams: pinned };
            match self.state.require(imposed) {
                Ok(()) if path.len() < levels.len() => {
                    path.push((0, self.state.mark()));
                    continue;
                }
                Ok(()) => self.finish(&path),
                Err(clash) => {
                    let conflict = self.state.explain(clash);
                    self.refuse(&path, conflict);
                }
            }
            path.last_mut().expect("the path is not empty here").0 += 1;
        }
        true
    }

    fn finish(&mut self, path: &[(usize, Mark)]) {
        match complete(&mut self.state, self.group.limits.choices_max) {
            Outcome::Found { builds, best } => {
                self.answers.push(Answer { group: self.group.index, builds, best });
            }
            Outcome::Nothing(conflict) => self.refuse(path, conflict),
        }
    }

    fn refuse(&mut self, path: &[(usize, Mark)], conflict: super::Conflict) {
        let pinned = self.levels.iter().zip(path);
        let mut key: Vec<NameStream> =
            pinned.map(|(level, &(stream, _))| level.streams[stream].0.clone()).collect();
        key.sort();
        self.refusals.push(Refusal { group: self.group.index, key, conflict });
    }
}
