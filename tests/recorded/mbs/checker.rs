//! Valid answers, implemented from the rules independently of the resolver: every valid set of a
//! small universe by plain enumeration, and a check of one given set.

use std::collections::{BTreeMap, BTreeSet};

use modplan::expand::resolve::Candidate;
use modplan::name::{ModuleName, StreamName};
use modplan::plan::platform::Platforms;

pub(crate) type Needs = BTreeMap<ModuleName, Vec<StreamName>>;
/// Indices of candidates.
pub(crate) type Set = BTreeSet<usize>;
/// The stream of each buildrequired module.
pub(crate) type Key = BTreeMap<ModuleName, StreamName>;

/// A requirement still to be met: its build (`None`: the document), and its target.
type Open = (Option<usize>, ModuleName, Vec<StreamName>);

#[derive(Clone, Copy)]
struct Wish<'a> {
    name: &'a ModuleName,
    streams: &'a [StreamName],
    by: Option<usize>,
}

pub(crate) struct Checker<'a> {
    pub(crate) candidates: &'a [Candidate],
    platforms: Platforms,
}

impl<'a> Checker<'a> {
    pub(crate) fn new(candidates: &'a [Candidate]) -> Self {
        Self { candidates, platforms: Platforms::default() }
    }

    /// Whether a build meets a wish.
    fn meets(&self, at: usize, wish: Wish<'_>) -> bool {
        let build = &self.candidates[at];
        if build.nsvc.name != *wish.name {
            return false;
        }
        let base = wish.name.as_str() == "platform";
        wish.streams.is_empty()
            || wish.streams.iter().any(|stream| {
                let named =
                    build.nsvc.stream == *stream || base && build.virtual_streams.contains(stream);
                named && (!base || self.number_fits(at, stream, wish.by))
            })
    }

    fn number_fits(&self, at: usize, stream: &StreamName, by: Option<usize>) -> bool {
        let build = &self.candidates[at];
        let built_against =
            by.and_then(|by| self.candidates[by].built_against.get(&build.nsvc.name));
        let reference = built_against.unwrap_or(stream);
        if !self.platforms.is_xyz(reference) {
            return true;
        }
        let wanted = self.platforms.stream_version(reference);
        let own = self.platforms.stream_version(&build.nsvc.stream);
        #[expect(clippy::cast_precision_loss, reason = "versions in cases are small")]
        let own = if own.is_set() { own.value() } else { build.nsvc.version.0 as f64 };
        if by.is_none() { own.to_bits() == wanted.value().to_bits() } else { own >= wanted.value() }
    }

    /// Whether a set is a valid answer for a group: rules 1 to 5.
    pub(crate) fn is_valid(&self, set: &Set, needs: &Needs) -> bool {
        let names: BTreeSet<_> = set.iter().map(|&at| &self.candidates[at].nsvc.name).collect();
        names.len() == set.len()
            && needs.iter().all(|(name, streams)| {
                set.iter().any(|&at| self.meets(at, Wish { name, streams, by: None }))
            })
            && set.iter().all(|&at| {
                self.met_groups(set, at).next().is_some() || self.candidates[at].requires.is_empty()
            })
            && self.is_needed(set, needs)
    }

    fn met_groups<'b>(&'b self, set: &'b Set, at: usize) -> impl Iterator<Item = &'b Needs> {
        self.candidates[at].requires.iter().filter(move |group| {
            group.iter().all(|(name, streams)| {
                set.iter().any(|&other| self.meets(other, Wish { name, streams, by: Some(at) }))
            })
        })
    }

    /// Whether some choice of met groups reaches every build of the set from the document.
    fn is_needed(&self, set: &Set, needs: &Needs) -> bool {
        let mut reached: BTreeSet<usize> = BTreeSet::new();
        let mut todo: Vec<&ModuleName> = needs.keys().collect();
        while let Some(name) = todo.pop() {
            for &at in set.iter().filter(|&&at| self.candidates[at].nsvc.name == *name) {
                if reached.insert(at) {
                    todo.extend(self.met_groups(set, at).flat_map(|group| group.keys()));
                }
            }
        }
        reached == *set
    }

    /// Every valid set of a group, by key.
    pub(crate) fn all(&self, needs: &Needs) -> BTreeMap<Key, BTreeSet<Set>> {
        let mut found = BTreeMap::new();
        let todo: Vec<Open> =
            needs.iter().map(|(name, streams)| (None, name.clone(), streams.clone())).collect();
        self.grow(&Set::new(), todo, &mut |set| {
            let stream = |name: &ModuleName| {
                let at = set
                    .iter()
                    .find(|&&at| self.candidates[at].nsvc.name == *name)
                    .expect("a buildrequired module is in the set");
                self.candidates[*at].nsvc.stream.clone()
            };
            let key: Key = needs.keys().map(|name| (name.clone(), stream(name))).collect();
            found.entry(key).or_insert_with(BTreeSet::new).insert(set.clone());
        });
        found
    }

    fn grow(&self, set: &Set, mut todo: Vec<Open>, found: &mut impl FnMut(&Set)) {
        let Some((by, name, streams)) = todo.pop() else { return found(set) };
        let wish = Wish { name: &name, streams: &streams, by };
        if let Some(at) = set.iter().copied().find(|&at| self.candidates[at].nsvc.name == name) {
            if self.meets(at, wish) {
                self.grow(set, todo, found);
            }
            return;
        }
        for at in (0..self.candidates.len()).filter(|&at| self.meets(at, wish)) {
            let mut grown = set.clone();
            grown.insert(at);
            let groups = &self.candidates[at].requires;
            let alternatives: Vec<Needs> =
                if groups.is_empty() { vec![Needs::new()] } else { groups.clone() };
            for group in alternatives {
                let mut more = todo.clone();
                more.extend(group.into_iter().map(|(name, streams)| (Some(at), name, streams)));
                self.grow(&grown, more, found);
            }
        }
    }

    /// The number of builds of the same stream before each build of the set: newer ones, then
    /// earlier ones of the same version.
    pub(crate) fn index_sum(&self, set: &Set) -> usize {
        let before = |&at: &usize| {
            let build = &self.candidates[at];
            let same = self.candidates.iter().filter(|other| {
                (&other.nsvc.name, &other.nsvc.stream) == (&build.nsvc.name, &build.nsvc.stream)
            });
            same.filter(|other| {
                other.nsvc.version > build.nsvc.version
                    || other.nsvc.version == build.nsvc.version && other.added < build.added
            })
            .count()
        };
        set.iter().map(before).sum()
    }
}
