//! The builds described by loaded documents, with the places of their statements.
//!
//! A build counts for the platform it was made on: the one in its lock, otherwise the single
//! platform stream of its last dependency group, where expansion leaves the pinned group.
//! Repositories rarely contain the platform itself; if no document of a base module is loaded, its
//! streams are inferred from builds on them.

use std::collections::{BTreeMap, BTreeSet};

use super::{Build, Collection};
use crate::expand::resolve::{Candidate, Needs, Who};
use crate::load::{Lock, Place, Requirement, Snapshot, Stream};
use crate::name::{Context, ModuleName, NameStream, Nsvc, StreamName, Version};
use crate::plan::made_on::{MadeOn, made_on};
use crate::plan::platform::Platforms;

/// The context of a module that was imported without one.
const NO_CONTEXT: &str = "00000000";

/// Builds of the loaded documents.
#[derive(Debug)]
pub struct Loaded<'a> {
    /// The builds.
    pub collection: Collection,
    /// Base modules without a document, inferred from builds on them.
    pub assumed: Vec<Nsvc>,
    /// Builds without a known platform, with which nothing can be built.
    pub without_base: Vec<Nsvc>,
    documents: BTreeMap<Nsvc, &'a Stream>,
}

impl<'a> Loaded<'a> {
    /// Makes builds of every document of a snapshot; the first of several for one NSVC counts.
    #[must_use]
    pub fn new(snapshot: &'a Snapshot, platforms: &Platforms) -> Self {
        let mut documents: BTreeMap<Nsvc, &Stream> = BTreeMap::new();
        for stream in &snapshot.streams {
            let first = documents.entry(nsvc_of(stream)).or_insert(stream);
            let rank = |stream: &Stream| (stream.origin, stream.arch.clone(), stream.place);
            if rank(stream) < rank(first) {
                *first = stream;
            }
        }
        let mut bases = Bases::of(&documents, platforms);
        let retired: BTreeMap<Nsvc, &Stream> = snapshot
            .garbage
            .iter()
            .map(|stream| (nsvc_of(stream), stream))
            .filter(|(nsvc, _)| platforms.is_base(&nsvc.name) && !documents.contains_key(nsvc))
            .collect();
        for (nsvc, stream) in &retired {
            bases.add(nsvc, &stream.virtual_streams, platforms);
        }
        let mut without_base = Vec::new();
        let mut builds: Vec<Build> = bases.assumed.values().cloned().collect();
        for (nsvc, stream) in &documents {
            let mut build = build_of(nsvc, stream);
            if !platforms.is_base(&nsvc.name) {
                build.base = made_on(stream, platforms).and_then(|made| bases.find(&made));
                match &build.base {
                    Some(base) => {
                        let against = (base.name.clone(), base.stream.clone());
                        build.candidate.built_against.extend([against]);
                    }
                    None => without_base.push(nsvc.clone()),
                }
            }
            builds.push(build);
        }
        builds.extend(
            retired
                .iter()
                .map(|(nsvc, stream)| Build { is_garbage: true, ..build_of(nsvc, stream) }),
        );
        let assumed = bases.assumed.into_keys().collect();
        Self { collection: builds.into_iter().collect(), assumed, without_base, documents }
    }

    /// Returns the document of a build.
    #[must_use]
    pub fn document(&self, nsvc: &Nsvc) -> Option<&'a Stream> {
        self.documents.get(nsvc).copied()
    }

    /// Returns the place where a build requires a module at run time.
    #[must_use]
    pub fn place_of(&self, who: &Who, name: &ModuleName) -> Option<Place> {
        let Who::Build(nsvc) = who else { return None };
        let groups = &self.document(nsvc)?.dependencies;
        groups.iter().find_map(|group| group.requires.get(name)).map(|needed| needed.place)
    }
}

fn nsvc_of(stream: &Stream) -> Nsvc {
    Nsvc {
        name: stream.name.clone(),
        stream: stream.stream.clone(),
        version: stream.version,
        context: stream.context.clone().unwrap_or_else(|| NO_CONTEXT.into()),
    }
}

fn build_of(nsvc: &Nsvc, stream: &Stream) -> Build {
    let candidate = Candidate {
        nsvc: nsvc.clone(),
        requires: stream.dependencies.iter().map(|group| needs(&group.requires)).collect(),
        built_against: BTreeMap::new(),
        virtual_streams: stream.virtual_streams.iter().cloned().collect(),
        added: None,
    };
    Build { candidate, base: None, is_garbage: false, is_assumed: false }
}

/// Returns requirements without their places.
pub(super) fn needs(requirements: &BTreeMap<ModuleName, Requirement>) -> Needs {
    let streams = |needed: &Requirement| needed.streams.iter().cloned().collect();
    requirements.iter().map(|(name, needed)| (name.clone(), streams(needed))).collect()
}

/// The base modules that builds can have been made on.
#[derive(Default)]
struct Bases {
    known: BTreeSet<Nsvc>,
    latest: BTreeMap<NameStream, Nsvc>,
    /// The latest base module that has a virtual stream.
    virtual_: BTreeMap<NameStream, Nsvc>,
    assumed: BTreeMap<Nsvc, Build>,
}

impl Bases {
    fn of(documents: &BTreeMap<Nsvc, &Stream>, platforms: &Platforms) -> Self {
        let mut bases = Self::default();
        for (nsvc, stream) in documents.iter().filter(|(nsvc, _)| platforms.is_base(&nsvc.name)) {
            bases.add(nsvc, &stream.virtual_streams, platforms);
        }
        for name in &platforms.names {
            if !bases.latest.keys().any(|base| base.name == *name) {
                bases.assume(name, documents, platforms);
            }
        }
        bases
    }

    fn add(&mut self, nsvc: &Nsvc, virtual_streams: &BTreeSet<StreamName>, platforms: &Platforms) {
        self.known.insert(nsvc.clone());
        let rank = |nsvc: &Nsvc| {
            let number = platforms.padded_stream_version(&nsvc.stream);
            (number, nsvc.version, nsvc.context.clone())
        };
        let offer = |stream: &StreamName, latest: &mut BTreeMap<NameStream, Nsvc>| {
            let key = NameStream { name: nsvc.name.clone(), stream: stream.clone() };
            let known = latest.entry(key).or_insert_with(|| nsvc.clone());
            if rank(nsvc) > rank(known) {
                *known = nsvc.clone();
            }
        };
        offer(&nsvc.stream, &mut self.latest);
        virtual_streams.iter().for_each(|stream| offer(stream, &mut self.virtual_));
    }

    /// Infers the streams of a base module from builds on them: the newest build of the base named
    /// in a lock, and as virtual stream the `el8` that builds on el8.4.0 require.
    fn assume(
        &mut self,
        name: &ModuleName,
        documents: &BTreeMap<Nsvc, &Stream>,
        platforms: &Platforms,
    ) {
        let mut found: BTreeMap<StreamName, (Version, Context, BTreeSet<StreamName>)> =
            BTreeMap::new();
        for stream in documents.values() {
            let made = made_on(stream, platforms).filter(|made| made.base.name == *name);
            let Some(MadeOn { base, lock }) = made else { continue };
            let entry = found
                .entry(base.stream.clone())
                .or_insert_with(|| (Version::default(), NO_CONTEXT.into(), BTreeSet::new()));
            if let Some(Lock { version, context, .. }) = lock {
                let exact = (entry.0, entry.1.clone()).max((version, context));
                (entry.0, entry.1) = exact;
            }
            let required = stream.dependencies.iter().filter_map(|group| group.requires.get(name));
            let release = |wanted: &&StreamName| {
                let rest = base.stream.as_str().strip_prefix(wanted.as_str());
                rest.is_some_and(|rest| rest.starts_with('.'))
            };
            entry.2.extend(required.flat_map(|needed| &needed.streams).filter(release).cloned());
        }
        // Early builds of a release may have been made on el8 itself, which later became a virtual
        // stream.
        let releases: BTreeSet<StreamName> =
            found.values().flat_map(|(.., virtual_streams)| virtual_streams.clone()).collect();
        for (stream, (version, context, mut virtual_streams)) in found {
            virtual_streams.extend(releases.get(&stream).cloned());
            let nsvc = Nsvc { name: name.clone(), stream, version, context };
            self.add(&nsvc, &virtual_streams, platforms);
            let document = Stream { virtual_streams, ..Stream::default() };
            let build = Build { is_assumed: true, ..build_of(&nsvc, &document) };
            self.assumed.insert(nsvc, build);
        }
    }

    /// Finds the intended base module build: the exact one, otherwise the latest of its stream,
    /// otherwise the latest with that virtual stream.
    fn find(&self, made: &MadeOn) -> Option<Nsvc> {
        let exact = made.lock.as_ref().map(|lock| Nsvc {
            name: made.base.name.clone(),
            stream: lock.stream.clone(),
            version: lock.version,
            context: lock.context.clone(),
        });
        let exact = exact.filter(|nsvc| self.known.contains(nsvc));
        let by_stream = || self.latest.get(&made.base).or_else(|| self.virtual_.get(&made.base));
        exact.or_else(|| by_stream().cloned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::parse_text;

    fn module(name: &str, dependencies: &str, xmd: &str) -> String {
        format!(
            "---\ndocument: modulemd\nversion: 2\ndata:\n  name: {name}\n  stream: \"1\"\n  \
             version: 1\n  context: c0\n  summary: s\n  description: d\n  license: {{module: [MIT]}}\n  \
             dependencies: {dependencies}\n  xmd: {xmd}\n"
        )
    }

    fn base_of(loaded: &Loaded<'_>, name: &str) -> Option<String> {
        let wanted = NameStream::new(name, "1");
        let mut builds = loaded.collection.builds_of(&wanted);
        builds.next()?.base.as_ref().map(ToString::to_string)
    }

    #[test]
    fn platforms_nobody_loaded_are_taken_from_what_was_built_on_them() {
        let text = module(
            "locked",
            "[{buildrequires: {platform: [el8.1.0]}, requires: {platform: [el8]}}]",
            "{mbs: {buildrequires: {platform: {stream: el8.1.0, version: 5, context: '00000000'}}}}",
        ) + &module("plain", "[{buildrequires: {platform: [el8.1.0]}}]", "{}")
            + &module("open", "[{buildrequires: {platform: []}}]", "{}");
        let snapshot = parse_text("modules.yaml", &text);
        let loaded = Loaded::new(&snapshot, &Platforms::default());
        let assumed: Vec<String> = loaded.assumed.iter().map(ToString::to_string).collect();
        assert_eq!(assumed, ["platform:el8.1.0:5:00000000"]);
        assert_eq!(base_of(&loaded, "locked").unwrap(), assumed[0]);
        assert_eq!(base_of(&loaded, "plain").unwrap(), assumed[0]);
        assert_eq!(loaded.without_base[0].name.as_str(), "open");
        let wanted = NameStream::new("platform", "el8.1.0");
        let base = loaded.collection.builds_of(&wanted).next();
        assert_eq!(base.unwrap().candidate.virtual_streams, [StreamName::from("el8")]);
    }

    #[test]
    fn the_pinned_group_stands_last_and_tells_the_platform() {
        let groups = "[{buildrequires: {platform: [f28]}}, {buildrequires: {platform: [f29]}}]";
        let snapshot = parse_text("modules.yaml", &module("two", groups, "{}"));
        let loaded = Loaded::new(&snapshot, &Platforms::default());
        assert_eq!(base_of(&loaded, "two").unwrap(), "platform:f29:0:00000000");
    }
}
