//! From a document to the module builds that are made of it: one for each context.

mod document;
mod imported;
mod known;
mod xmd;

use std::collections::BTreeMap;

use jiff::Timestamp;

use self::document::{Read, read};
use super::api::{Refusal, Status};
use super::{Book, Buildrequire, ComponentBuild, ModuleBuild, Source, State, Submission};
use crate::expand::{self, Expanded, Expansion, Loaded, Request, Settings};
use crate::load::{Dependencies, Requirement, Stream, stream_yaml};
use crate::name::{Nsvc, StreamName};
use crate::plan::batch;
use crate::plan::names::{Kind, Names};
use crate::plan::version::version_at;
use crate::site::Site;

pub use imported::imported;
pub use known::{Known, base_builds};

/// A document as it was fetched or sent.
#[derive(Clone, Copy, Debug)]
pub struct Written<'a> {
    /// Its text.
    pub text: &'a str,
    /// When it was committed, or sent, in seconds since 1970: the version comes from it.
    pub seconds: i64,
    /// Its full commit, where it was fetched.
    pub commit: Option<&'a str>,
}

/// What a document is expanded against.
#[derive(Clone, Copy, Debug)]
pub struct Basis<'a> {
    /// The builds that there are.
    pub known: &'a Known,
    /// The builds of this service.
    pub book: &'a Book,
    /// What the site decides.
    pub site: &'a Site,
    /// The time, in seconds since 1970.
    pub now: i64,
}

/// Expands a submission. The builds have no numbers yet.
///
/// # Errors
/// 422 where the document is invalid or its dependencies have no answer, with the requirements that conflict.
pub fn expand(
    submission: &Submission,
    written: Written<'_>,
    basis: Basis<'_>,
) -> Result<Vec<ModuleBuild>, Refusal> {
    let Read { mut document, streams } = read(submission, written.text)?;
    let settings = Settings::default();
    let loaded = Loaded::new(basis.known.snapshot(), &settings.platforms);
    let at = Timestamp::from_second(written.seconds).unwrap_or_default();
    document.version = version_at(at);
    let request = Request {
        buildrequires: submission.buildrequires.clone(),
        requires: submission.requires.clone(),
        ..Request::default()
    };
    document
        .apply(&request, &loaded.collection, &settings)
        .map_err(|error| Refusal::unprocessable(error.to_string()))?;
    let expansion = expand::expand(&document, &loaded.collection, &settings);
    check(&expansion)?;
    let max = basis.site.limits.max_builds;
    if expansion.documents.len() > max as usize {
        let message = format!("The document expands to more than {max} module builds");
        return Err(Refusal::unprocessable(message));
    }
    let mut builds = Vec::with_capacity(expansion.documents.len());
    for expanded in &expansion.documents {
        let own = |stream: &&Stream| stream.context.as_ref() == Some(&expanded.context);
        let source = streams.iter().find(own).unwrap_or(&streams[0]);
        let nsvc = expanded.nsvc(&document);
        let made = Made { submission, written, basis, expanded, source, nsvc };
        let build = made.build()?;
        if !builds.iter().any(|other: &ModuleBuild| other.nsvc() == build.nsvc()) {
            builds.push(build);
        }
    }
    Ok(builds)
}

/// Refuses an expansion with a part that has no answer, in the words of `modplan expand`.
fn check(expansion: &Expansion) -> Result<(), Refusal> {
    let errors = expansion.problems.iter().filter(|problem| problem.is_error());
    let errors: Vec<String> = errors.map(ToString::to_string).collect();
    if !errors.is_empty() {
        return Err(Refusal::unprocessable(errors.join("; ")));
    }
    if expansion.documents.is_empty() {
        return Err(Refusal::unprocessable("The document expands to no module build"));
    }
    Ok(())
}

struct Made<'a> {
    submission: &'a Submission,
    written: Written<'a>,
    basis: Basis<'a>,
    expanded: &'a Expanded,
    source: &'a Stream,
    nsvc: Nsvc,
}

impl Made<'_> {
    fn build(mut self) -> Result<ModuleBuild, Refusal> {
        let Basis { site, book, now, .. } = self.basis;
        if self.submission.scratch {
            self.nsvc.context = scratch_context(book, &self.nsvc).as_str().into();
        }
        let platforms = Settings::default().platforms;
        let base = self.expanded.platform(&platforms).map(|base| base.stream.clone());
        let base = base.ok_or_else(|| Refusal::unprocessable("The document names no platform"))?;
        let platform = site.platform(&base).ok_or_else(|| {
            Refusal::unprocessable(format!("This service builds nothing for platform:{base}"))
        })?;
        let buildrequires = self.buildrequires(&base);
        let document = self.document(&buildrequires);
        let components = self.components(&document)?;
        let allowed = |arch: &&crate::name::Arch| {
            document.build_arches.is_empty() || document.build_arches.contains(*arch)
        };
        let base_modules =
            self.expanded.platform(&platforms).and_then(|nsvc| book.find(&nsvc.to_string()));
        let names = Names::prefixed(&self.nsvc, Kind::Module, &site.names.tag_prefix, None);
        let mut build = ModuleBuild {
            id: 0,
            submission: 0,
            run: None,
            name: self.nsvc.name.to_string(),
            stream: self.nsvc.stream.to_string(),
            version: self.nsvc.version.0,
            context: self.nsvc.context.to_string(),
            state: State::Init,
            state_reason: None,
            owner: self.submission.owner.clone(),
            scmurl: self.submission.source.scmurl().map(str::to_owned),
            scratch: self.submission.scratch,
            rebuild_strategy: "all".to_owned(),
            submitted: now,
            modified: now,
            completed: None,
            koji_tag: (!self.submission.scratch).then_some(names.koji_tag),
            cg_build_koji_tag: (!self.submission.scratch).then(|| platform.publish_to.clone()),
            buildrequires,
            build_context: Some(self.expanded.contexts.build_context.clone()),
            build_context_no_bms: Some(self.expanded.contexts.build_context_no_bms.clone()),
            runtime_context: Some(self.expanded.contexts.runtime_context.clone()),
            virtual_streams: Vec::new(),
            stream_version: None,
            base_modules: base_modules.map(|base| base.id).into_iter().collect(),
            arches: platform.arches.iter().filter(allowed).map(ToString::to_string).collect(),
            components,
            trace: Vec::new(),
            messages: Vec::new(),
            modulemd: stream_yaml(&document),
        };
        build.enter(State::Init, None, now);
        Ok(build)
    }

    fn buildrequires(&self, base: &StreamName) -> BTreeMap<String, Buildrequire> {
        let Basis { site, book, .. } = self.basis;
        let is_base = |nsvc: &Nsvc| Settings::default().platforms.is_base(&nsvc.name);
        let tag = |nsvc: &Nsvc| match book.find(&nsvc.to_string()) {
            Some(build) => build.koji_tag.clone(),
            None if is_base(nsvc) => site.platform(base).map(|platform| platform.tag.clone()),
            None => {
                let prefix = site.names.tag_prefix.as_str();
                Some(Names::prefixed(nsvc, Kind::Module, prefix, None).koji_tag)
            }
        };
        let row = |(name, nsvc): (&crate::name::ModuleName, &Nsvc)| {
            let row = Buildrequire {
                stream: nsvc.stream.to_string(),
                version: nsvc.version.0,
                context: nsvc.context.to_string(),
                koji_tag: tag(nsvc),
            };
            (name.to_string(), row)
        };
        self.expanded.buildroot.iter().map(row).collect()
    }

    /// Returns the document of the build: pinned, with its version and context, and with what it is built in.
    fn document(&self, buildrequires: &BTreeMap<String, Buildrequire>) -> Stream {
        let mut document = self.source.clone();
        document.name = self.nsvc.name.clone();
        document.stream = self.nsvc.stream.clone();
        document.version = self.nsvc.version;
        document.context = Some(self.nsvc.context.clone());
        document.static_context = self.expanded.is_static;
        let groups = self.expanded.dependencies.iter().map(|group| Dependencies {
            buildrequires: requirements(&group.buildrequires),
            requires: requirements(&group.requires),
        });
        document.dependencies = std::sync::Arc::new(groups.collect());
        let components = std::sync::Arc::make_mut(&mut document.components);
        for (key, reference) in &self.submission.refs {
            if let Some(component) = components.get_mut(key.as_str()) {
                component.reference = Some(reference.clone());
            }
        }
        document.about.xmd = Some(xmd::of_build(xmd::Facts {
            written: document.about.xmd.as_ref(),
            buildrequires,
            scmurl: self.submission.source.scmurl(),
            commit: self.written.commit,
            is_static: self.expanded.is_static,
        }));
        document
    }

    fn components(&self, document: &Stream) -> Result<Vec<ComponentBuild>, Refusal> {
        if let Some(included) = document.included.keys().next() {
            return Err(Refusal::unprocessable(format!(
                "The document includes the module {included}, and this service builds no included modules"
            )));
        }
        let unknown =
            self.submission.refs.keys().find(|key| !document.components.contains_key(key.as_str()));
        if let Some(unknown) = unknown {
            return Err(Refusal::bad(format!(
                "The document has no component {unknown} to override"
            )));
        }
        let ordered = batch::order(batch::Contents::from(document), &|_| None);
        let ordered = ordered.map_err(|error| Refusal::unprocessable(error.to_string()))?;
        let component =
            |(key, component): (&&crate::name::ComponentKey, &&crate::load::Component)| {
                ComponentBuild {
                    id: 0,
                    component: key.to_string(),
                    package: component.package.to_string(),
                    batch: ordered.batches.of[key.as_str()],
                    task_id: None,
                    state: None,
                    state_reason: None,
                    nvr: None,
                    trace: Vec::new(),
                }
            };
        Ok(ordered.components.iter().map(component).collect())
    }
}

fn requirements(needs: &expand::resolve::Needs) -> BTreeMap<crate::name::ModuleName, Requirement> {
    let requirement = |streams: &Vec<StreamName>| Requirement {
        streams: streams.iter().cloned().collect(),
        ..Requirement::default()
    };
    needs.iter().map(|(name, streams)| (name.clone(), requirement(streams))).collect()
}

/// Returns the context of a scratch build: each gets a name of its own.
fn scratch_context(book: &Book, nsvc: &Nsvc) -> String {
    let prefix = format!("{nsvc}_");
    let earlier = book.all().filter(|build| build.scratch && build.nsvc().starts_with(&prefix));
    format!("{}_{}", nsvc.context, earlier.count() + 1)
}

/// The builds of a submission: new ones, and failed ones that are built again.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chosen {
    /// Builds that are not in the book.
    pub fresh: Vec<ModuleBuild>,
    /// The numbers of those that failed before.
    pub again: Vec<u64>,
}

/// Tells new builds from those that are there.
///
/// # Errors
/// 409 where every build is there and none of them has failed.
pub fn choose(builds: Vec<ModuleBuild>, book: &Book) -> Result<Chosen, Refusal> {
    let mut chosen = Chosen::default();
    let mut standing = None;
    for build in builds {
        match book.find(&build.nsvc()) {
            None => chosen.fresh.push(build),
            Some(known) if known.state == State::Failed => chosen.again.push(known.id),
            Some(known) => standing = Some(known.state),
        }
    }
    match standing {
        Some(state) if chosen == Chosen::default() => Err(exists(state)),
        Some(_) | None => Ok(chosen),
    }
}

/// Says that a build is there.
#[must_use]
pub fn exists(state: State) -> Refusal {
    let message = format!(
        "Module (state={}) already exists. Only a new build, resubmission of a failed build or build \
         against new buildrequirements is allowed.",
        state.number()
    );
    Refusal::new(Status::Conflict, message)
}

/// Returns the name of the module where the document itself has none.
fn usual_name(source: &Source) -> Option<&str> {
    match source {
        Source::Text { name, .. } => name.as_deref(),
        Source::Scm { .. } => source.repository_name(),
    }
}

/// Returns the stream where the document itself has none.
fn usual_stream(source: &Source) -> &str {
    match source {
        Source::Text { stream, .. } => stream.as_deref().unwrap_or("master"),
        Source::Scm { branch, .. } => branch,
    }
}
