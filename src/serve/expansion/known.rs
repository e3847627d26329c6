//! The builds that documents are expanded against: loaded ones, and those that the service made.

use std::collections::BTreeSet;

use super::xmd::{map, text};
use crate::expand::resolve::Candidate;
use crate::expand::{Loaded, Settings};
use crate::load::{Snapshot, Stream, Value, parse_text, stream_yaml};
use crate::name::{ModuleName, NameStream, StreamName, Version};
use crate::serve::{Book, ModuleBuild, State};
use crate::site::Site;

/// Builds that may be built on.
#[derive(Clone, Debug, Default)]
pub struct Known {
    snapshot: Snapshot,
    taken: BTreeSet<u64>,
}

impl Known {
    /// Begins with what was loaded.
    #[must_use]
    pub fn new(snapshot: Snapshot) -> Self {
        Self { snapshot, taken: BTreeSet::new() }
    }

    /// Returns the builds.
    #[must_use]
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// Adds what the service has finished since the last time.
    pub fn learn(&mut self, book: &Book) {
        let is_new = |build: &&std::sync::Arc<ModuleBuild>| {
            build.state == State::Ready && !build.scratch && !self.taken.contains(&build.id)
        };
        for build in book.all().filter(is_new).cloned().collect::<Vec<_>>() {
            self.taken.insert(build.id);
            self.snapshot.streams.extend(parse_text(&build.nsvc(), &build.modulemd).streams);
        }
    }
}

/// Returns the base modules as builds of the service, which other builds can name by number: those that were
/// loaded or built on, and the platforms of the site that are none of them.
#[must_use]
pub fn base_builds(loaded: &Snapshot, site: &Site, now: i64) -> Vec<ModuleBuild> {
    let platforms = Settings::default().platforms;
    let builds = Loaded::new(loaded, &platforms);
    let mut bases: Vec<Candidate> = Vec::new();
    for name in &platforms.names {
        let all = builds.collection.all_of(name).filter(|build| !build.is_garbage);
        bases.extend(all.map(|build| build.candidate.clone()));
    }
    let names: Vec<ModuleName> = platforms.names.clone();
    for stream in site.platforms.keys() {
        let stream = StreamName::from(stream.as_str());
        let is_known = bases
            .iter()
            .any(|base| base.nsvc.stream == stream || base.virtual_streams.contains(&stream));
        if let Some(name) = names.first().filter(|_| !is_known) {
            let NameStream { name, stream } = NameStream { name: name.clone(), stream };
            let context = "00000000".into();
            let nsvc = crate::name::Nsvc { name, stream, version: Version(1), context };
            bases.push(Candidate {
                nsvc,
                requires: Vec::new(),
                built_against: std::collections::BTreeMap::new(),
                virtual_streams: Vec::new(),
                added: None,
            });
        }
    }
    bases.iter().map(|base| build(base, site, now)).collect()
}

fn build(base: &Candidate, site: &Site, now: i64) -> ModuleBuild {
    let nsvc = &base.nsvc;
    let number = Settings::default().platforms.padded_stream_version(&nsvc.stream);
    let platform = site.platform(&nsvc.stream);
    let mut build = ModuleBuild {
        id: 0,
        submission: 0,
        run: None,
        name: nsvc.name.to_string(),
        stream: nsvc.stream.to_string(),
        version: nsvc.version.0,
        context: nsvc.context.to_string(),
        state: State::Ready,
        state_reason: None,
        owner: "modplan".to_owned(),
        scmurl: None,
        scratch: false,
        rebuild_strategy: "all".to_owned(),
        submitted: now,
        modified: now,
        completed: None,
        koji_tag: platform.map(|platform| platform.tag.clone()),
        cg_build_koji_tag: None,
        buildrequires: std::collections::BTreeMap::new(),
        build_context: None,
        build_context_no_bms: None,
        runtime_context: None,
        virtual_streams: base.virtual_streams.iter().map(ToString::to_string).collect(),
        stream_version: number.is_set().then(|| number.value()),
        base_modules: Vec::new(),
        arches: platform.iter().flat_map(|one| &one.arches).map(ToString::to_string).collect(),
        components: Vec::new(),
        trace: Vec::new(),
        messages: Vec::new(),
        modulemd: document(base),
    };
    build.enter(State::Ready, None, now);
    build
}

fn document(base: &Candidate) -> String {
    let streams = base.virtual_streams.iter().map(|stream| text(stream.as_str()));
    let mut stream = Stream {
        name: base.nsvc.name.clone(),
        stream: base.nsvc.stream.clone(),
        version: base.nsvc.version,
        context: Some(base.nsvc.context.clone()),
        ..Stream::default()
    };
    let about = &mut stream.about;
    about.format = 2;
    about.summary = Some("What modules are built on".into());
    about.description = Some("A platform of the site.".into());
    about.module_licenses.insert("MIT".into());
    let mbs = map(vec![("mse", text("true")), ("virtual_streams", Value::List(streams.collect()))]);
    about.xmd = Some(map(vec![("mbs", mbs)]));
    stream_yaml(&stream)
}
