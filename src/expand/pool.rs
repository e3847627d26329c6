//! The candidates of one document: base modules it may be built on, and builds made against them.
//!
//! Base modules with a common virtual stream are included, older releases of the same major only,
//! so that a module built on el8.1.0 may use dependencies built on el8.0.0. Dependencies follow by
//! `name:stream`, each looked up once, so that work is linear in the requirements and a cycle of
//! them ends.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::collection::{Build, Collection};
use super::problem::Problem;
use super::{Group, Settings, list};
use crate::expand::resolve::{Candidate, Needs, Who};
use crate::name::{ModuleName, NameStream, Nsvc, StreamName};

/// Collects the candidates for the expanded groups of a document.
pub(super) fn collect<'a>(
    groups: &'a [Group],
    collection: &'a Collection,
    settings: &'a Settings,
    problems: &mut Vec<Problem>,
) -> Vec<Candidate> {
    let bases = Bases::find(groups, collection, settings, problems);
    if !bases.builds.iter().any(|base| !base.is_garbage) {
        return Vec::new();
    }
    let mut pool = Pool {
        collection,
        settings,
        majors: majors(&bases.builds, settings),
        found: BTreeMap::new(),
        required_by: BTreeMap::new(),
        todo: Vec::new(),
        groups: Vec::new(),
    };
    for (index, group) in groups.iter().enumerate() {
        pool.require(&group.buildrequires, &Who::Document);
        pool.groups.push((index, group));
    }
    pool.follow();
    problems.extend(pool.missing());
    let ready = bases.builds.into_iter().filter(|base| !base.is_garbage);
    let bases = ready.map(|base| base.candidate.clone());
    bases.chain(pool.into_candidates()).collect()
}

/// The candidate base modules, each once, in order of preference.
#[derive(Default)]
struct Bases<'a> {
    builds: Vec<&'a Build>,
    seen: BTreeSet<NameStream>,
}

/// The outcome for a base module stream to build on.
enum Added {
    Yes,
    /// It has no build.
    Missing,
    /// Its name does not show which releases are compatible with it.
    NotXyz,
}

impl<'a> Bases<'a> {
    fn find(
        groups: &[Group],
        collection: &'a Collection,
        settings: &Settings,
        problems: &mut Vec<Problem>,
    ) -> Self {
        let mut bases = Self::default();
        for (index, group) in groups.iter().enumerate() {
            let needs = &group.buildrequires;
            // If a group has several base modules, the service uses the first configured one.
            let Some(name) = settings.platforms.names.iter().find(|name| needs.contains_key(*name))
            else {
                let missing = Vec::new();
                let has_others = false;
                problems.push(Problem::NoBaseModule { group: index, missing, has_others });
                continue;
            };
            let mut streams = needs[name].clone();
            let number = |stream: &StreamName| settings.platforms.padded_stream_version(stream);
            streams.sort_by_key(|stream| Reverse(number(stream)));
            let count = streams.len();
            let mut missing = Vec::new();
            for stream in streams {
                let wanted = NameStream { name: name.clone(), stream };
                match bases.add(&wanted, collection, settings) {
                    Added::Yes => {}
                    Added::Missing => missing.push(wanted),
                    Added::NotXyz => {
                        problems.push(Problem::StreamNotXyz { group: index, base: wanted });
                    }
                }
            }
            if !missing.is_empty() {
                let has_others = missing.len() < count;
                problems.push(Problem::NoBaseModule { group: index, missing, has_others });
            }
        }
        bases
    }

    /// Adds the latest build of a base module stream and those compatible with it.
    fn add(
        &mut self,
        wanted: &NameStream,
        collection: &'a Collection,
        settings: &Settings,
    ) -> Added {
        if self.seen.contains(wanted) {
            return Added::Yes;
        }
        let Some(exact) = collection.builds_of(wanted).find(|build| !build.is_garbage) else {
            return Added::Missing;
        };
        let virtual_streams = &exact.candidate.virtual_streams;
        if virtual_streams.is_empty() {
            self.push(exact);
            return Added::Yes;
        }
        if settings.only_compatible_bases && !settings.platforms.is_xyz(&wanted.stream) {
            return Added::NotXyz;
        }
        let shares = |build: &Build| {
            build.candidate.virtual_streams.iter().any(|stream| virtual_streams.contains(stream))
        };
        let number = |stream: &StreamName| settings.platforms.padded_stream_version(stream);
        let newest = number(&wanted.stream);
        let compatible = |build: &Build| {
            let own = number(&build.candidate.nsvc.stream);
            !settings.only_compatible_bases || (newest.major_start()..=newest).contains(&own)
        };
        let related = collection.latest_of_all(&wanted.name, !settings.only_compatible_bases);
        for build in related.into_iter().filter(|build| shares(build) && compatible(build)) {
            self.push(build);
        }
        Added::Yes
    }

    fn push(&mut self, build: &'a Build) {
        let Nsvc { name, stream, .. } = &build.candidate.nsvc;
        if self.seen.insert(NameStream { name: name.clone(), stream: stream.clone() }) {
            self.builds.push(build);
        }
    }
}

/// Groups base modules by major release, newest first, both the majors and their members.
fn majors(bases: &[&Build], settings: &Settings) -> Vec<Vec<Nsvc>> {
    let mut majors: BTreeMap<_, Vec<&Nsvc>> = BTreeMap::new();
    let number = |nsvc: &Nsvc| settings.platforms.padded_stream_version(&nsvc.stream);
    for base in bases {
        let nsvc = &base.candidate.nsvc;
        majors.entry(Reverse(number(nsvc).major_start())).or_default().push(nsvc);
    }
    majors
        .into_values()
        .map(|mut bases| {
            bases.sort_by_key(|nsvc| (Reverse(number(nsvc)), (*nsvc).clone()));
            bases.into_iter().cloned().collect()
        })
        .collect()
}

struct Pool<'a> {
    collection: &'a Collection,
    settings: &'a Settings,
    majors: Vec<Vec<Nsvc>>,
    /// The results for each required stream, in the order of preference.
    found: BTreeMap<NameStream, Vec<&'a Build>>,
    required_by: BTreeMap<NameStream, Vec<Who>>,
    todo: Vec<&'a Build>,
    /// The groups of the document, by index.
    groups: Vec<(usize, &'a Group)>,
}

impl<'a> Pool<'a> {
    /// Looks up every new stream of a set of requirements.
    fn require(&mut self, needs: &Needs, who: &Who) {
        for (name, streams) in needs {
            if self.settings.platforms.is_base(name) {
                continue;
            }
            for stream in streams {
                let wanted = NameStream { name: name.clone(), stream: stream.clone() };
                self.required_by.entry(wanted.clone()).or_default().push(who.clone());
                if !self.found.contains_key(&wanted) {
                    let builds = self.look_up(&wanted);
                    self.todo.extend(builds.iter().copied());
                    self.found.insert(wanted, builds);
                }
            }
        }
    }

    /// Selects, for each major release, the builds made against its newest base module that has
    /// any.
    fn look_up(&self, wanted: &NameStream) -> Vec<&'a Build> {
        let of_major = |major: &Vec<Nsvc>| {
            major
                .iter()
                .map(|base| self.collection.latest_against(wanted, base))
                .find(|builds| !builds.is_empty())
                .unwrap_or_default()
        };
        self.majors.iter().flat_map(of_major).collect()
    }

    /// Follows run time requirements to the end.
    fn follow(&mut self) {
        while let Some(build) = self.todo.pop() {
            let who = Who::Build(build.candidate.nsvc.clone());
            for needs in &build.candidate.requires {
                let needs = self.runtime_needs(needs);
                self.require(&needs, &who);
            }
        }
    }

    /// Expands stream lists: as in the service, an entry without streams adds nothing, and a
    /// negative one adds all other streams.
    fn runtime_needs(&self, needs: &Needs) -> Needs {
        let expand = |(name, streams): (&ModuleName, &Vec<StreamName>)| {
            let is_plain = streams.iter().all(|stream| stream.negated().is_none());
            let default = self.settings.default_streams.get(name);
            let streams = match default {
                Some(default) if streams.len() > 1 => vec![default.clone()],
                _ if is_plain => streams.clone(),
                _ => list(self.collection, self.settings, name, streams).unwrap_or_default(),
            };
            (name.clone(), streams)
        };
        needs.iter().map(expand).collect()
    }

    fn missing(&self) -> Vec<Problem> {
        let missing = self.found.iter().filter(|(_, builds)| builds.is_empty());
        missing
            .map(|(wanted, _)| {
                let mut by = self.required_by[wanted].clone();
                by.sort();
                by.dedup();
                let names_it = |group: &&(usize, &Group)| {
                    let streams = group.1.buildrequires.get(&wanted.name);
                    streams.is_some_and(|streams| streams.contains(&wanted.stream))
                };
                Problem::NoBuild {
                    wanted: wanted.clone(),
                    by,
                    groups: self.groups.iter().filter(names_it).map(|(index, _)| *index).collect(),
                    streams: self.collection.streams_of(&wanted.name),
                    platforms: self.collection.platforms_of(wanted).into_iter().collect(),
                }
            })
            .collect()
    }

    /// Returns the candidates; for one version, those of the newest major release come first.
    fn into_candidates(self) -> impl Iterator<Item = Candidate> {
        self.found.into_values().flat_map(|builds| {
            (0..)
                .zip(builds)
                .map(|(added, build)| Candidate { added: Some(added), ..build.candidate.clone() })
        })
    }
}
