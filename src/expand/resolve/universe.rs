//! The builds to choose from, in an order of their own, with every requirement already matched.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::OnceLock;

use fixedbitset::FixedBitSet;
use rustc_hash::FxHashMap;

use super::Needs;
use super::candidate::Candidate;
use super::requirement::{Match, Requirements};
use crate::name::{ModuleName, Nsvc, StreamName};
use crate::plan::platform::Platforms;

/// Index of a candidate in its universe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CandidateIx(u32);

impl CandidateIx {
    pub(super) fn new(index: usize) -> Self {
        Self(u32::try_from(index).expect("a universe holds fewer than 2^32 builds"))
    }

    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// Index of a module name, base modules first and then by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct NameIx(u32);

impl NameIx {
    pub(super) fn new(index: usize) -> Self {
        Self(u32::try_from(index).expect("a universe holds fewer than 2^32 names"))
    }

    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// A requirement on one module, with the candidates that meet it in ascending order.
#[derive(Clone, Debug)]
pub(super) struct Need {
    pub(super) name: NameIx,
    pub(super) allowed: Box<[CandidateIx]>,
}

/// A candidate in the search.
#[derive(Clone, Debug)]
struct Compiled {
    name: NameIx,
    /// How many builds of its stream are newer.
    newer: u32,
    alternatives: Vec<Vec<Need>>,
}

/// The builds to choose from in a resolution.
///
/// Builds are ordered by module name, then newest first: base modules by the number of their
/// stream, all by version, then in the order they were [added](Candidate::added), then by stream
/// and context.
#[derive(Debug)]
pub struct Universe {
    platforms: Platforms,
    candidates: Vec<Candidate>,
    compiled: Vec<Compiled>,
    names: Vec<ModuleName>,
    by_name: FxHashMap<ModuleName, NameIx>,
    ranges: Vec<Range<usize>>,
    musts: OnceLock<Vec<FixedBitSet>>,
    /// For each build of a base module (these come first), the builds that conflict with it.
    refusers: Vec<FixedBitSet>,
}

impl Universe {
    /// Makes a universe of candidates in any order; for one NSVC, the first in order of content is
    /// kept.
    #[must_use]
    pub fn new(candidates: impl IntoIterator<Item = Candidate>, platforms: Platforms) -> Self {
        let mut candidates: Vec<Candidate> = candidates.into_iter().collect();
        candidates.sort_by(|a, b| a.nsvc.cmp(&b.nsvc).then_with(|| a.cmp(b)));
        candidates.dedup_by(|later, first| later.nsvc == first.nsvc);
        candidates.sort_by_cached_key(|candidate| preference(candidate, &platforms));
        let names = names(&candidates, &platforms);
        let by_name: FxHashMap<_, _> =
            names.iter().enumerate().map(|(at, name)| (name.clone(), NameIx::new(at))).collect();
        let ranges = ranges(&candidates, &names);
        let mut universe = Self {
            platforms,
            candidates,
            compiled: Vec::new(),
            names,
            by_name,
            ranges,
            musts: OnceLock::new(),
            refusers: Vec::new(),
        };
        universe.compiled = (0..universe.candidates.len()).map(|at| universe.compile(at)).collect();
        universe.refusers = universe.find_refusers();
        universe
    }

    /// Returns a build.
    #[must_use]
    pub fn candidate(&self, ix: CandidateIx) -> &Candidate {
        &self.candidates[ix.index()]
    }

    /// Returns every build, in the universe's order.
    #[must_use]
    pub fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }

    /// Returns the rules for base modules.
    #[must_use]
    pub fn platforms(&self) -> &Platforms {
        &self.platforms
    }

    pub(super) fn name_count(&self) -> usize {
        self.names.len()
    }

    pub(super) fn name(&self, name: NameIx) -> &ModuleName {
        &self.names[name.index()]
    }

    pub(super) fn find_name(&self, name: &ModuleName) -> Option<NameIx> {
        self.by_name.get(name).copied()
    }

    pub(super) fn name_of(&self, ix: CandidateIx) -> NameIx {
        self.compiled[ix.index()].name
    }

    pub(super) fn newer(&self, ix: CandidateIx) -> u32 {
        self.compiled[ix.index()].newer
    }

    pub(super) fn alternatives(&self, ix: CandidateIx) -> &[Vec<Need>] {
        &self.compiled[ix.index()].alternatives
    }

    /// Returns every build of a module, preferred ones first.
    pub(super) fn builds_of(&self, name: NameIx) -> impl Iterator<Item = CandidateIx> + use<> {
        self.ranges[name.index()].clone().map(CandidateIx::new)
    }

    /// Returns the rank of a build among those of its name, 0 for the preferred one.
    pub(super) fn ordinal(&self, ix: CandidateIx) -> usize {
        ix.index() - self.ranges[self.name_of(ix).index()].start
    }

    /// Matches the requirements of a document; `None` for a module without any build.
    pub(super) fn match_input(&self, needs: &Needs) -> Vec<(ModuleName, Option<Need>)> {
        let none = BTreeMap::new();
        let requirements = Requirements {
            groups: std::slice::from_ref(needs),
            matching: Match::Exact,
            built_against: &none,
            platforms: &self.platforms,
        };
        let mut matched: Vec<_> = needs
            .iter()
            .map(|(name, streams)| (name.clone(), self.need(&requirements, name, streams)))
            .collect();
        matched.sort_by_key(|(_, need)| need.as_ref().map(|need| need.name));
        matched
    }

    fn compile(&self, at: usize) -> Compiled {
        let candidate = &self.candidates[at];
        let requirements = Requirements {
            groups: &candidate.requires,
            matching: Match::AtLeast,
            built_against: &candidate.built_against,
            platforms: &self.platforms,
        };
        let alternatives = candidate.requires.iter().map(|needs| {
            let need = |(name, streams): (&ModuleName, &Vec<StreamName>)| {
                self.need(&requirements, name, streams).expect("required names are listed")
            };
            needs.iter().map(need).collect()
        });
        let name = self.by_name[&candidate.nsvc.name];
        let same_stream = self.candidates[self.ranges[name.index()].clone()]
            .iter()
            .filter(|other| other.nsvc.stream == candidate.nsvc.stream);
        let newer = same_stream.filter(|other| newness(other) < newness(candidate)).count();
        Compiled {
            name,
            newer: u32::try_from(newer).expect("a universe holds fewer than 2^32 builds"),
            alternatives: alternatives.collect(),
        }
    }

    fn need(
        &self,
        requirements: &Requirements<'_>,
        name: &ModuleName,
        streams: &[StreamName],
    ) -> Option<Need> {
        let ix = *self.by_name.get(name)?;
        let allowed = self
            .builds_of(ix)
            .filter(|&build| requirements.accepts(self.candidate(build), name, streams))
            .collect();
        Some(Need { name: ix, allowed })
    }

    /// Returns the names of base modules.
    pub(super) fn base_names(&self) -> impl Iterator<Item = NameIx> + '_ {
        let is_base = |name: &&ModuleName| self.platforms.is_base(name);
        (0..self.names.iter().take_while(is_base).count()).map(NameIx::new)
    }

    /// Returns whether a build always conflicts with a base module's build, because each of its
    /// alternatives needs another one.
    pub(super) fn refuses(&self, ix: CandidateIx, base: CandidateIx) -> bool {
        self.refusers.get(base.index()).is_some_and(|refusers| refusers.contains(ix.index()))
    }

    fn find_refusers(&self) -> Vec<FixedBitSet> {
        let bases = self.base_names().flat_map(|name| self.builds_of(name));
        let refuses = |compiled: &Compiled, base: CandidateIx| {
            let name = self.name_of(base);
            let wants_other = |needs: &Vec<Need>| {
                let mut on_base = needs.iter().filter(|need| need.name == name);
                on_base.any(|need| need.allowed.binary_search(&base).is_err())
            };
            !compiled.alternatives.is_empty() && compiled.alternatives.iter().all(wants_other)
        };
        let refusers = |base| {
            let all = self.compiled.iter().enumerate();
            all.filter(|(_, compiled)| refuses(compiled, base)).map(|(at, _)| at).collect()
        };
        bases.map(refusers).collect()
    }

    /// Returns names that every buildroot with this build must have: the common needs of all its
    /// alternatives, and those of all builds that satisfy them.
    pub(super) fn musts(&self, ix: CandidateIx) -> &FixedBitSet {
        &self.musts.get_or_init(|| self.find_musts())[ix.index()]
    }

    /// Grows the sets until nothing changes; each state on the way is a valid lower bound, so that
    /// the number of rounds may be limited.
    fn find_musts(&self) -> Vec<FixedBitSet> {
        const ROUNDS_MAX: usize = 64;
        let empty = FixedBitSet::with_capacity(self.names.len());
        let mut musts = vec![empty; self.candidates.len()];
        for round in 0..ROUNDS_MAX {
            let mut changed = false;
            for step in 0..musts.len() {
                // Back and forth, so that chains in either direction take two rounds.
                let at = if round % 2 == 0 { musts.len() - 1 - step } else { step };
                let grown = self.must_of(at, &musts);
                changed |= grown != musts[at];
                musts[at] = grown;
            }
            if !changed {
                break;
            }
        }
        musts
    }

    fn must_of(&self, at: usize, musts: &[FixedBitSet]) -> FixedBitSet {
        let sets = self.compiled[at].alternatives.iter().map(|needs| {
            let mut set = FixedBitSet::with_capacity(self.names.len());
            for need in needs {
                set.insert(need.name.index());
                let builds = need.allowed.iter().map(|ix| &musts[ix.index()]);
                if let Some(common) = intersection(builds) {
                    set.union_with(&common);
                }
            }
            set
        });
        let sets: Vec<FixedBitSet> = sets.collect();
        intersection(sets.iter()).unwrap_or_else(|| FixedBitSet::with_capacity(self.names.len()))
    }
}

/// Returns the intersection of all sets, `None` if there are none.
pub(super) fn intersection<'a>(
    mut sets: impl Iterator<Item = &'a FixedBitSet>,
) -> Option<FixedBitSet> {
    let first = sets.next()?.clone();
    Some(sets.fold(first, |mut common, set| {
        common.intersect_with(set);
        common
    }))
}

/// Sorts newer builds of one stream first; builds of one version without an id are equally new.
fn newness(candidate: &Candidate) -> (Reverse<u64>, u64) {
    (Reverse(candidate.nsvc.version.0), candidate.added.unwrap_or(u64::MAX))
}

fn preference(candidate: &Candidate, platforms: &Platforms) -> impl Ord + use<> {
    let Nsvc { name, stream, context, .. } = &candidate.nsvc;
    let base = platforms.is_base(name);
    let number = base.then(|| platforms.padded_stream_version(stream));
    let identity = (stream.clone(), context.clone());
    (Reverse(base), name.clone(), Reverse(number), newness(candidate), identity)
}

/// Lists the names that candidates have or require, base modules first.
fn names(candidates: &[Candidate], platforms: &Platforms) -> Vec<ModuleName> {
    let required = |candidate: &Candidate| {
        candidate.requires.iter().flat_map(|needs| needs.keys().cloned()).collect::<Vec<_>>()
    };
    let mut names: Vec<ModuleName> = candidates
        .iter()
        .flat_map(|candidate| {
            std::iter::once(candidate.nsvc.name.clone()).chain(required(candidate))
        })
        .collect();
    names.sort_by_cached_key(|name| (Reverse(platforms.is_base(name)), name.clone()));
    names.dedup();
    names
}

/// Finds the candidates of each name: they are contiguous, in the order of the names.
fn ranges(candidates: &[Candidate], names: &[ModuleName]) -> Vec<Range<usize>> {
    let mut start = 0;
    names
        .iter()
        .map(|name| {
            let count =
                candidates[start..].iter().take_while(|each| each.nsvc.name == *name).count();
            start += count;
            start - count..start
        })
        .collect()
}
