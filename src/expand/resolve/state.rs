//! The state of a search: chosen and open modules, and a trail to undo steps.
//!
//! Requirements narrow the builds of a module at once, and a module with one build left is chosen
//! at once; every step is on a trail, so that a choice is undone by walking the trail back.

use std::collections::BTreeSet;

use fixedbitset::FixedBitSet;

use super::conflict::{Conflict, Side, Who};
use super::universe::{CandidateIx, NameIx, Need, Universe, intersection};
use crate::name::{Nsvc, StreamName};

/// The cost of a set of builds, compared part by part: newness, size, foreign builds, preference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cost {
    newer: u64,
    size: u64,
    foreign: u64,
    ordinal: u64,
}

impl Cost {
    /// Returns the cost with further modules of which only the number is known.
    pub(super) fn with_modules(mut self, count: u64) -> Self {
        self.size += count;
        self
    }

    fn add(&mut self, other: Self) {
        self.newer += other.newer;
        self.size += other.size;
        self.foreign += other.foreign;
        self.ordinal += other.ordinal;
    }
}

/// The origin of a requirement, as recorded by the search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    Document,
    Build { ix: CandidateIx, alternative: usize },
}

/// A requirement in force.
#[derive(Clone, Copy, Debug)]
pub(super) struct Imposed<'a> {
    pub(super) owner: Owner,
    pub(super) need: &'a Need,
    /// The streams, as written in the document; those of builds are looked up.
    pub(super) streams: &'a [StreamName],
}

/// A requirement that left a module without builds: the one imposed last.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clash(NameIx);

enum Undo {
    Removed(CandidateIx),
    Opened(NameIx),
    Chosen { name: NameIx, cost: Cost },
    Imposed,
    Postponed,
    Decided { at: usize, ix: CandidateIx },
}

/// A point to go back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark(usize);

pub(super) struct State<'a> {
    pub(super) universe: &'a Universe,
    chosen: Vec<Option<CandidateIx>>,
    open: BTreeSet<NameIx>,
    removed: FixedBitSet,
    left: Vec<usize>,
    /// Chosen builds with several alternatives, none of which is settled.
    postponed: Vec<CandidateIx>,
    imposed: Vec<Imposed<'a>>,
    cost: Cost,
    trail: Vec<Undo>,
    /// Names with one build left, to be chosen.
    units: Vec<NameIx>,
}

impl<'a> State<'a> {
    pub(super) fn new(universe: &'a Universe) -> Self {
        let names = universe.name_count();
        let left = (0..names).map(|at| universe.builds_of(NameIx::new(at)).count()).collect();
        Self {
            universe,
            chosen: vec![None; names],
            open: BTreeSet::new(),
            removed: FixedBitSet::with_capacity(universe.candidates().len()),
            left,
            postponed: Vec::new(),
            imposed: Vec::new(),
            cost: Cost::default(),
            trail: Vec::new(),
            units: Vec::new(),
        }
    }

    pub(super) fn mark(&self) -> Mark {
        Mark(self.trail.len())
    }

    /// Undoes everything since the mark.
    pub(super) fn undo_to(&mut self, mark: Mark) {
        self.units.clear();
        while self.trail.len() > mark.0 {
            match self.trail.pop().expect("longer than the mark") {
                Undo::Removed(ix) => {
                    self.removed.remove(ix.index());
                    self.left[self.universe.name_of(ix).index()] += 1;
                }
                Undo::Opened(name) => {
                    self.open.remove(&name);
                }
                Undo::Chosen { name, cost } => {
                    self.chosen[name.index()] = None;
                    self.open.insert(name);
                    self.cost = cost;
                }
                Undo::Imposed => {
                    self.imposed.pop();
                }
                Undo::Postponed => {
                    self.postponed.pop();
                }
                Undo::Decided { at, ix } => self.postponed.insert(at, ix),
            }
        }
    }

    /// Applies a requirement and its consequences.
    pub(super) fn require(&mut self, imposed: Imposed<'a>) -> Result<(), Clash> {
        self.impose(imposed)?;
        self.propagate()
    }

    /// Chooses a build of an open module and applies the consequences.
    pub(super) fn choose(&mut self, ix: CandidateIx) -> Result<(), Clash> {
        self.settle(ix)?;
        self.propagate()
    }

    /// Settles on an alternative of a postponed build, given by position.
    pub(super) fn decide(&mut self, at: usize, alternative: usize) -> Result<(), Clash> {
        let ix = self.postponed.remove(at);
        self.trail.push(Undo::Decided { at, ix });
        self.impose_all(ix, alternative)?;
        self.propagate()
    }

    fn propagate(&mut self) -> Result<(), Clash> {
        while let Some(name) = self.units.pop() {
            if self.chosen[name.index()].is_none() {
                let ix = self.builds_left(name).next().expect("one build is left");
                self.settle(ix)?;
            }
        }
        Ok(())
    }

    fn settle(&mut self, ix: CandidateIx) -> Result<(), Clash> {
        let universe = self.universe;
        let name = universe.name_of(ix);
        self.trail.push(Undo::Chosen { name, cost: self.cost });
        self.cost.add(self.marginal(ix));
        self.chosen[name.index()] = Some(ix);
        self.open.remove(&name);
        match universe.alternatives(ix).len() {
            0 => Ok(()),
            1 => self.impose_all(ix, 0),
            _ => {
                self.postponed.push(ix);
                self.trail.push(Undo::Postponed);
                Ok(())
            }
        }
    }

    fn impose_all(&mut self, ix: CandidateIx, alternative: usize) -> Result<(), Clash> {
        let universe = self.universe;
        let owner = Owner::Build { ix, alternative };
        for need in &universe.alternatives(ix)[alternative] {
            self.impose(Imposed { owner, need, streams: &[] })?;
        }
        Ok(())
    }

    fn impose(&mut self, imposed: Imposed<'a>) -> Result<(), Clash> {
        let Need { name, allowed } = imposed.need;
        self.imposed.push(imposed);
        self.trail.push(Undo::Imposed);
        if let Some(chosen) = self.chosen[name.index()] {
            return if allowed.binary_search(&chosen).is_ok() { Ok(()) } else { Err(Clash(*name)) };
        }
        if self.open.insert(*name) {
            self.trail.push(Undo::Opened(*name));
        }
        for ix in self.universe.builds_of(*name) {
            if !self.removed.contains(ix.index()) && allowed.binary_search(&ix).is_err() {
                self.removed.insert(ix.index());
                self.left[name.index()] -= 1;
                self.trail.push(Undo::Removed(ix));
            }
        }
        match self.left[name.index()] {
            0 => return Err(Clash(*name)),
            1 => self.units.push(*name),
            _ => {}
        }
        Ok(())
    }

    pub(super) fn builds_left(&self, name: NameIx) -> impl Iterator<Item = CandidateIx> + '_ {
        self.universe.builds_of(name).filter(|ix| !self.removed.contains(ix.index()))
    }

    /// Returns the remaining builds of a module that the chosen base modules do not exclude.
    ///
    /// Excluded builds cannot be in the buildroot, and counting them makes a bound too low: of two
    /// platforms, builds on the newer one come first and would look the cheapest on the other, too.
    fn builds_possible(&self, name: NameIx) -> impl Iterator<Item = CandidateIx> + '_ {
        let bases = || self.universe.base_names().filter_map(|base| self.chosen[base.index()]);
        self.builds_left(name)
            .filter(move |&ix| !bases().any(|base| self.universe.refuses(ix, base)))
    }

    /// Returns the builds of an open module to choose from; the excluded ones if there are no
    /// others, so that the conflict can be reported.
    fn choices(&self, name: NameIx) -> Vec<CandidateIx> {
        let possible: Vec<CandidateIx> = self.builds_possible(name).collect();
        if possible.is_empty() { self.builds_left(name).collect() } else { possible }
    }

    fn open_in<'b>(&'b self, scope: &'b FixedBitSet) -> impl Iterator<Item = NameIx> + 'b {
        self.open.iter().copied().filter(|name| scope.contains(name.index()))
    }

    /// Returns the first open module of a scope with its builds, the cheapest first; a module
    /// without usable builds comes before all others.
    pub(super) fn first_open(&self, scope: &FixedBitSet) -> Option<Vec<(CandidateIx, Cost)>> {
        let first = self.open_in(scope).next()?;
        let dead = self.open_in(scope).find(|&name| self.builds_possible(name).next().is_none());
        let name = dead.unwrap_or(first);
        let priced = self.choices(name).into_iter().map(|ix| (ix, self.marginal(ix)));
        let mut priced: Vec<(CandidateIx, Cost)> = priced.collect();
        priced.sort_by_key(|&(_, cost)| cost);
        // The minimum cost of the rest turns each price into a bound.
        let mut rest = self.cost;
        self.open_in(scope).filter(|&other| other != name).for_each(|other| {
            rest.add(self.least(other));
        });
        for (_, cost) in &mut priced {
            cost.add(rest);
        }
        Some(priced)
    }

    /// Returns the first postponed build of a scope: its position, and how many alternatives it has.
    pub(super) fn first_postponed(&self, scope: &FixedBitSet) -> Option<(usize, usize)> {
        let in_scope = |&ix: &CandidateIx| scope.contains(self.universe.name_of(ix).index());
        let at = self.postponed.iter().position(in_scope)?;
        Some((at, self.universe.alternatives(self.postponed[at]).len()))
    }

    /// Returns the chosen builds of a scope, in the universe's order of names.
    pub(super) fn builds(&self, scope: &FixedBitSet) -> Vec<CandidateIx> {
        scope.ones().filter_map(|at| self.chosen[at]).collect()
    }

    pub(super) fn is_chosen(&self, name: NameIx) -> bool {
        self.chosen[name.index()].is_some()
    }

    pub(super) fn open(&self) -> impl Iterator<Item = NameIx> + '_ {
        self.open.iter().copied()
    }

    pub(super) fn postponed(&self) -> &[CandidateIx] {
        &self.postponed
    }

    pub(super) fn cost(&self) -> Cost {
        self.cost
    }

    /// Returns the least that any completion within a scope can cost.
    pub(super) fn bound(&self, scope: &FixedBitSet) -> Cost {
        let mut bound = self.cost;
        self.open_in(scope).for_each(|name| bound.add(self.least(name)));
        bound
    }

    fn least(&self, name: NameIx) -> Cost {
        let least = self.choices(name).into_iter().map(|ix| self.marginal(ix)).min();
        least.expect("an open module has builds left")
    }

    /// Returns how many further modules every completion has to hold, beyond those known.
    pub(super) fn modules_to_come(&self, scope: &FixedBitSet) -> u64 {
        let mut coming = FixedBitSet::with_capacity(self.chosen.len());
        for name in self.open_in(scope) {
            let musts = self.choices(name).into_iter().map(|ix| self.universe.musts(ix));
            if let Some(common) = intersection(musts) {
                coming.union_with(&common);
            }
        }
        let unknown =
            |&at: &usize| self.chosen[at].is_none() && !self.open.contains(&NameIx::new(at));
        coming.ones().filter(unknown).count() as u64
    }

    fn marginal(&self, ix: CandidateIx) -> Cost {
        Cost {
            newer: u64::from(self.universe.newer(ix)),
            size: 1,
            foreign: self.foreign(ix),
            ordinal: self.universe.ordinal(ix) as u64,
        }
    }

    /// Counts, between this build and those chosen, the builds made against another platform.
    fn foreign(&self, ix: CandidateIx) -> u64 {
        let universe = self.universe;
        let Nsvc { name, stream, .. } = &universe.candidate(ix).nsvc;
        if universe.platforms().is_base(name) {
            let chosen = self.chosen.iter().flatten().filter(|&&other| {
                let against = universe.candidate(other).built_against.get(name);
                against.is_some_and(|against| against != stream)
            });
            return chosen.count() as u64;
        }
        let against = universe.candidate(ix).built_against.iter();
        let other = against.filter(|(base, against)| {
            let chosen = universe.find_name(base).and_then(|base| self.chosen[base.index()]);
            chosen.is_some_and(|base| universe.candidate(base).nsvc.stream != **against)
        });
        other.count() as u64
    }

    /// Describes the conflicting requirements: two that exclude each other, otherwise all on the
    /// module.
    pub(super) fn explain(&self, clash: Clash) -> Conflict {
        let on_name: Vec<&Imposed<'_>> =
            self.imposed.iter().filter(|imposed| imposed.need.name == clash.0).collect();
        let (last, earlier) = on_name.split_last().expect("a clash has a requirement");
        let apart = |other: &&&Imposed<'_>| {
            !other.need.allowed.iter().any(|ix| last.need.allowed.binary_search(ix).is_ok())
        };
        let sides = if last.need.allowed.is_empty() {
            vec![*last]
        } else if let Some(first) = earlier.iter().find(apart) {
            vec![*first, *last]
        } else {
            on_name.clone()
        };
        Conflict {
            name: self.universe.name(clash.0).clone(),
            sides: sides.into_iter().map(|imposed| self.side(imposed)).collect(),
            others: 0,
            undecided: false,
        }
    }

    fn side(&self, imposed: &Imposed<'_>) -> Side {
        let nsvc = |ix: CandidateIx| self.universe.candidate(ix).nsvc.clone();
        let builds = imposed.need.allowed.iter().map(|&ix| nsvc(ix)).collect();
        let Owner::Build { ix, alternative } = imposed.owner else {
            let streams = imposed.streams.to_vec();
            return Side { who: Who::Document, via: Vec::new(), streams, builds };
        };
        let needs = &self.universe.candidate(ix).requires[alternative];
        let streams = needs[self.universe.name(imposed.need.name)].clone();
        Side { who: Who::Build(nsvc(ix)), via: self.via(ix), streams, builds }
    }

    /// Returns the chain of requirements of a build, nearest first, up to the document's own.
    fn via(&self, ix: CandidateIx) -> Vec<Nsvc> {
        let mut via = Vec::new();
        let mut name = self.universe.name_of(ix);
        while let Some(first) = self.imposed.iter().find(|imposed| imposed.need.name == name) {
            let Owner::Build { ix: by, .. } = first.owner else { break };
            let nsvc = &self.universe.candidate(by).nsvc;
            // Modules may require each other; the chain goes around a cycle only once.
            if via.contains(nsvc) {
                break;
            }
            via.push(nsvc.clone());
            name = self.universe.name_of(by);
        }
        via
    }
}
