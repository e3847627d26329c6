//! A document prepared for expansion: groups and static contexts of the loaded document, then the
//! changes of a request, in the order of the service: overrides, base modules by virtual stream,
//! support streams.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::loaded::needs;
use super::{Cause, Change, Collection, Document, Group, Kind, Settings, StaticContext};
use crate::expand::resolve::Needs;
use crate::load::{Dependencies, Stream, Value};
use crate::name::{ModuleName, NameStream, StreamName};
use crate::plan::version::unprefixed;

/// The changes of a request to a document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// Streams that replace the buildrequired ones, by module.
    pub buildrequires: Needs,
    /// Streams that replace those required at run time, by module.
    pub requires: Needs,
    /// Base module streams that are released: builds on them go to their support stream, `.z`.
    pub released: BTreeSet<NameStream>,
}

/// Why a document cannot be made ready.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PrepareError {
    /// An override names modules that the document does not require.
    #[error(
        "the {kind} overrides of {} have no effect: the document does not name {them} there",
        names.join(", ")
    )]
    UnusedOverride {
        /// `buildrequires` or `requires`.
        kind: Kind,
        /// The modules.
        names: Vec<String>,
        /// `it` or `them`.
        them: &'static str,
    },
    /// `xmd.mbs_options.contexts` is invalid.
    #[error("xmd.mbs_options.contexts: {0}")]
    StaticContexts(String),
}

impl Document {
    /// Makes a document from a loaded one. The version of a finished build is used without the
    /// platform's prefix.
    ///
    /// # Errors
    /// [`PrepareError::StaticContexts`]
    pub fn of(stream: &Stream) -> Result<Self, PrepareError> {
        let groups: Vec<Group> = stream.dependencies.iter().map(group).collect();
        let static_contexts = match &stream.context {
            Some(context) if stream.static_context => groups
                .iter()
                .map(|group| StaticContext { context: context.clone(), group: group.clone() })
                .collect(),
            _ => options_contexts(stream.about.xmd.as_ref())?,
        };
        Ok(Self {
            name: stream.name.clone(),
            stream: stream.stream.clone(),
            version: unprefixed(stream.version),
            groups,
            static_contexts,
            changes: Vec::new(),
        })
    }

    /// Makes a document from the streams of a packager document, one per configuration.
    #[must_use]
    pub fn of_configurations(streams: &[Stream]) -> Option<Self> {
        let first = streams.first()?;
        let contexts = streams.iter().flat_map(|stream| {
            let context = stream.context.clone().unwrap_or_default();
            stream.dependencies.iter().map(move |written| StaticContext {
                context: context.clone(),
                group: group(written),
            })
        });
        Some(Self {
            name: first.name.clone(),
            stream: first.stream.clone(),
            version: unprefixed(first.version),
            groups: Vec::new(),
            static_contexts: contexts.collect(),
            changes: Vec::new(),
        })
    }

    /// Applies the changes of a request to the document.
    ///
    /// # Errors
    /// [`PrepareError::UnusedOverride`]
    pub fn apply(
        &mut self,
        request: &Request,
        collection: &Collection,
        settings: &Settings,
    ) -> Result<(), PrepareError> {
        let statics = !self.static_contexts.is_empty();
        let configured = self.static_contexts.iter_mut().map(|each| &mut each.group);
        // With static contexts the groups are ignored, but are changed as well.
        let mut groups: Vec<(Option<usize>, &mut Group)> =
            configured.enumerate().map(|(at, group)| (Some(at), group)).collect();
        let plain = self.groups.iter_mut().enumerate();
        groups.extend(plain.map(|(at, group)| ((!statics).then_some(at), group)));
        let before: Vec<(Option<usize>, Group)> =
            groups.iter().map(|(at, group)| (*at, (**group).clone())).collect();
        let (build, run) = (&request.buildrequires, &request.requires);
        override_needs(groups.iter_mut().map(|(_, group)| &mut group.buildrequires), build)
            .map_err(|names| unused(Kind::Build, names))?;
        override_needs(groups.iter_mut().map(|(_, group)| &mut group.requires), run)
            .map_err(|names| unused(Kind::Runtime, names))?;
        self.changes.clear();
        for ((at, group), (_, written)) in groups.into_iter().zip(&before) {
            let causes = settle_bases(group, written, request, collection, settings);
            let change = |(kind, name, cause): (Kind, ModuleName, Cause)| {
                let needs = match kind {
                    Kind::Build => &written.buildrequires,
                    Kind::Runtime => &written.requires,
                };
                let written = needs[&name].clone();
                Some(Change { group: at?, kind, name, written, cause })
            };
            self.changes.extend(causes.into_iter().filter_map(change));
        }
        Ok(())
    }
}

/// Replaces the written streams of base modules by the streams to build on, and returns each
/// changed requirement of the group.
fn settle_bases(
    group: &mut Group,
    written: &Group,
    request: &Request,
    collection: &Collection,
    settings: &Settings,
) -> Vec<(Kind, ModuleName, Cause)> {
    let overridden = group.requires.iter().filter(|(name, now)| **now != written.requires[*name]);
    let mut causes: Vec<(Kind, ModuleName, Cause)> =
        overridden.map(|(name, _)| (Kind::Runtime, name.clone(), Cause::Override)).collect();
    for (name, streams) in &mut group.buildrequires {
        let mut cause = (*streams != written.buildrequires[name]).then_some(Cause::Override);
        if settings.platforms.is_base(name) {
            let built_on = base_streams(name, streams, request, collection, settings);
            if built_on != *streams {
                let is_support = |stream: &StreamName| stream.as_str().ends_with(".z");
                let released = built_on.iter().any(is_support) && !streams.iter().any(is_support);
                cause = Some(if released { Cause::Released } else { Cause::VirtualStream });
                *streams = built_on;
            }
        }
        causes.extend(cause.map(|cause| (Kind::Build, name.clone(), cause)));
    }
    causes
}

fn group(written: &Dependencies) -> Group {
    Group { buildrequires: needs(&written.buildrequires), requires: needs(&written.requires) }
}

fn unused(kind: Kind, names: Vec<String>) -> PrepareError {
    let them = if names.len() == 1 { "it" } else { "them" };
    PrepareError::UnusedOverride { kind, names, them }
}

/// Replaces streams; returns the modules that no group names.
fn override_needs<'a>(
    groups: impl Iterator<Item = &'a mut Needs>,
    overrides: &Needs,
) -> Result<(), Vec<String>> {
    let mut unused: BTreeSet<&ModuleName> = overrides.keys().collect();
    for needs in groups {
        for (name, streams) in overrides {
            if let Some(written) = needs.get_mut(name) {
                written.clone_from(streams);
                unused.remove(name);
            }
        }
    }
    if unused.is_empty() {
        return Ok(());
    }
    Err(unused.into_iter().map(ToString::to_string).collect())
}

/// Returns the streams of a base module to build on: a purely virtual stream becomes the latest
/// stream that has it, a released one its support stream.
fn base_streams(
    name: &ModuleName,
    streams: &[StreamName],
    request: &Request,
    collection: &Collection,
    settings: &Settings,
) -> Vec<StreamName> {
    let resolve = |stream: &StreamName| {
        let wanted = NameStream { name: name.clone(), stream: stream.clone() };
        // For an inferred base module, nothing records that a stream is also virtual: early builds
        // of a release were made on `el8` itself, which now means its newest release.
        let is_real = collection.builds_of(&wanted).any(|build| {
            let is_virtual = build.candidate.virtual_streams.contains(stream);
            !(build.is_garbage || build.is_assumed && is_virtual)
        });
        if is_real || stream.negated().is_some() {
            return stream.clone();
        }
        let bases = collection.latest_of_all(name, false).into_iter();
        let bases = bases.filter(|base| base.candidate.virtual_streams.contains(stream));
        let newest = bases.max_by_key(|base| {
            let nsvc = &base.candidate.nsvc;
            (settings.platforms.padded_stream_version(&nsvc.stream), nsvc.version)
        });
        newest.map_or_else(|| stream.clone(), |base| base.candidate.nsvc.stream.clone())
    };
    let support = |stream: StreamName| {
        let base = NameStream { name: name.clone(), stream };
        // A request that names the platform's stream itself is followed literally.
        if request.released.contains(&base) && !request.buildrequires.contains_key(name) {
            return format!("{}.z", base.stream).as_str().into();
        }
        base.stream
    };
    streams.iter().map(|stream| support(resolve(stream))).collect()
}

/// Reads `xmd.mbs_options.contexts`: one stream per module, in both maps of every context.
fn options_contexts(xmd: Option<&Value>) -> Result<Vec<StaticContext>, PrepareError> {
    let refuse = |why: String| Err(PrepareError::StaticContexts(why));
    let contexts = xmd.and_then(|xmd| xmd.get("mbs_options")).and_then(|all| all.get("contexts"));
    let contexts = match contexts {
        None => return Ok(Vec::new()),
        Some(Value::Map(contexts)) => contexts,
        Some(Value::Text(_) | Value::List(_)) => return refuse("it must be a map".to_owned()),
    };
    let mut found = Vec::with_capacity(contexts.len());
    for (context, configuration) in contexts.iter() {
        let map = |field: &str| match configuration.get(field) {
            Some(Value::Map(map)) => one_stream_each(map)
                .ok_or_else(|| PrepareError::StaticContexts(one_stream(context, field))),
            Some(Value::Text(_) | Value::List(_)) | None => {
                Err(PrepareError::StaticContexts(format!("`{context}` has no map `{field}`")))
            }
        };
        let group = Group { buildrequires: map("buildrequires")?, requires: map("requires")? };
        found.push(StaticContext { context: (&**context).into(), group });
    }
    Ok(found)
}

fn one_stream(context: &str, field: &str) -> String {
    format!("`{field}` of `{context}` must name one stream a module, as text without a sign")
}

fn one_stream_each(map: &[(Arc<str>, Value)]) -> Option<Needs> {
    let mut needs = Needs::new();
    for (name, stream) in map {
        let stream = stream.text().filter(|text| !text.is_empty() && !text.starts_with('-'))?;
        needs.insert((&**name).into(), vec![stream.into()]);
    }
    Some(needs)
}
