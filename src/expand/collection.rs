//! Existing builds: by stream, newest first, and by the platform they were made against.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::expand::resolve::Candidate;
use crate::name::{Context, ModuleName, NameStream, Nsvc, StreamName, Version};

/// One finished build.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Build {
    /// The data for the resolver.
    pub candidate: Candidate,
    /// The exact base module build it was made against; `None` for base modules.
    pub base: Option<Nsvc>,
    /// Whether it is a base module past its end of life: nothing new is built on it, but builds on
    /// it still count.
    pub is_garbage: bool,
    /// Whether no document describes it: a base module inferred from builds on it.
    pub is_assumed: bool,
}

/// All builds, in an order independent of their input order.
#[derive(Clone, Debug, Default)]
pub struct Collection {
    builds: Vec<Build>,
    by_stream: BTreeMap<ModuleName, BTreeMap<StreamName, Vec<usize>>>,
}

impl FromIterator<Build> for Collection {
    fn from_iter<T: IntoIterator<Item = Build>>(builds: T) -> Self {
        let mut builds: Vec<Build> = builds.into_iter().collect();
        builds.sort_by_cached_key(|build| (newness(build), build.clone()));
        let mut by_stream: BTreeMap<_, BTreeMap<_, Vec<usize>>> = BTreeMap::new();
        for (index, build) in builds.iter().enumerate() {
            let Nsvc { name, stream, .. } = build.candidate.nsvc.clone();
            by_stream.entry(name).or_default().entry(stream).or_default().push(index);
        }
        Self { builds, by_stream }
    }
}

/// Sorts newer builds first.
fn newness(build: &Build) -> (Reverse<Version>, u64, Context) {
    let Candidate { nsvc, added, .. } = &build.candidate;
    (Reverse(nsvc.version), added.unwrap_or(u64::MAX), nsvc.context.clone())
}

impl Collection {
    /// Adds a build.
    pub fn push(&mut self, build: Build) {
        let Nsvc { name, stream, .. } = build.candidate.nsvc.clone();
        let same = self.by_stream.entry(name).or_default().entry(stream).or_default();
        let key = (newness(&build), &build);
        let at = same.partition_point(|&at| {
            let other = &self.builds[at];
            (newness(other), other) <= key
        });
        same.insert(at, self.builds.len());
        self.builds.push(build);
    }

    /// Returns every stream of a module that has a ready build, in order of text.
    #[must_use]
    pub fn streams_of(&self, name: &ModuleName) -> Vec<StreamName> {
        let streams = self.by_stream.get(name).into_iter().flatten();
        streams
            .filter(|(_, builds)| builds.iter().any(|&at| !self.builds[at].is_garbage))
            .map(|(stream, _)| stream.clone())
            .collect()
    }

    /// Returns whether there is a ready build of a module's stream, by name or by virtual stream.
    pub(super) fn answers_to(&self, name: &ModuleName, stream: &StreamName) -> bool {
        let named = |build: &Build| {
            let Candidate { nsvc, virtual_streams, .. } = &build.candidate;
            nsvc.stream == *stream || virtual_streams.contains(stream)
        };
        self.all_of(name).any(|build| !build.is_garbage && named(build))
    }

    /// Returns every build of a stream, newest first.
    pub fn builds_of(&self, wanted: &NameStream) -> impl Iterator<Item = &Build> {
        let builds = self.by_stream.get(&wanted.name).and_then(|all| all.get(&wanted.stream));
        builds.into_iter().flatten().map(|&at| &self.builds[at])
    }

    /// Returns every build of a module, streams in order of text and newest builds first.
    pub fn all_of(&self, name: &ModuleName) -> impl Iterator<Item = &Build> {
        let streams = self.by_stream.get(name).into_iter().flat_map(BTreeMap::values);
        streams.flatten().map(|&at| &self.builds[at])
    }

    /// Returns a build.
    #[must_use]
    pub fn get(&self, nsvc: &Nsvc) -> Option<&Build> {
        let wanted = NameStream { name: nsvc.name.clone(), stream: nsvc.stream.clone() };
        self.builds_of(&wanted).find(|build| build.candidate.nsvc == *nsvc)
    }

    /// Returns the latest build of each stream of a module, streams in order of text.
    pub(super) fn latest_of_all(&self, name: &ModuleName, include_garbage: bool) -> Vec<&Build> {
        let streams = self.by_stream.get(name).into_iter().flat_map(BTreeMap::values);
        streams
            .filter_map(|builds| {
                let mut builds = builds.iter().map(|&at| &self.builds[at]);
                builds.find(|build| include_garbage || !build.is_garbage)
            })
            .collect()
    }

    /// Returns the builds of the latest version of a stream made against one base module build.
    pub(super) fn latest_against(&self, wanted: &NameStream, base: &Nsvc) -> Vec<&Build> {
        let mut against = self
            .builds_of(wanted)
            .filter(|build| !build.is_garbage && build.base.as_ref() == Some(base))
            .peekable();
        let latest = against.peek().map(|build| build.candidate.nsvc.version);
        against.take_while(|build| Some(build.candidate.nsvc.version) == latest).collect()
    }

    /// Returns the platforms that a stream has ready builds for, as `name:stream`.
    pub(super) fn platforms_of(&self, wanted: &NameStream) -> BTreeSet<NameStream> {
        let bases = self.builds_of(wanted).filter_map(|build| build.base.as_ref());
        bases
            .map(|base| NameStream { name: base.name.clone(), stream: base.stream.clone() })
            .collect()
    }
}
