//! Stream expansion: one document becomes one build for every valid choice of buildrequired streams.
//!
//! ```text
//! Document ─► stream lists ─► candidates ─► resolve ─► pinned documents ─► contexts
//!             (streams)       (pool)        (resolve)     (pinned)      (context)
//! ```
//!
//! The steps and their oddities are those of the Module Build Service, because the resulting
//! contexts are public names. If the service would fail as a whole, modplan gives a partial answer
//! and lists a [`Problem`] for the rest; an expansion with an error among its problems is
//! incomplete.

mod collection;
pub mod context;
mod explain;
mod loaded;
mod pinned;
mod pool;
mod prepare;
mod problem;
pub mod replatform;
pub mod resolve;
mod streams;

use std::collections::{BTreeMap, BTreeSet};

pub use collection::{Build, Collection};
pub use explain::{Explanation, Fate, Rule, explain};
pub use loaded::Loaded;
pub use pinned::Expanded;
pub use prepare::{PrepareError, Request};
pub use problem::{Kind, Problem, Words};
pub use streams::{AmbiguousStream, StreamContext, expand_streams};

use crate::name::{Context, ModuleName, StreamName, Version};
use crate::plan::platform::Platforms;
use resolve::{Limits, Needs, Resolution, Universe, Verdict, resolve};

/// One item of `dependencies`, streams as written.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Group {
    /// Needed in the buildroot.
    pub buildrequires: Needs,
    /// Needed at run time.
    pub requires: Needs,
}

impl Group {
    /// Returns the group with its stream lists as modulemd keeps them: sets, sorted bytewise.
    fn normalized(&self) -> Self {
        let sorted = |needs: &Needs| -> Needs {
            let set = |streams: &[StreamName]| -> Vec<StreamName> {
                streams.iter().cloned().collect::<BTreeSet<_>>().into_iter().collect()
            };
            needs.iter().map(|(name, streams)| (name.clone(), set(streams))).collect()
        };
        Self { buildrequires: sorted(&self.buildrequires), requires: sorted(&self.requires) }
    }
}

/// A configuration with a context written by the author, not computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaticContext {
    /// The context, kept as written.
    pub context: Context,
    /// Its dependencies, for building and at run time.
    pub group: Group,
}

/// The document to expand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// The module.
    pub name: ModuleName,
    /// Its stream.
    pub stream: StreamName,
    /// Its version, without the platform's prefix.
    pub version: Version,
    /// The dependency groups, alternatives of each other.
    pub groups: Vec<Group>,
    /// Configurations with static contexts; if there are any, the groups are ignored.
    pub static_contexts: Vec<StaticContext>,
    /// The requirements changed by a request, as written.
    pub changes: Vec<Change>,
}

/// A requirement that was replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The group, or the static context, counted from 0.
    pub group: usize,
    /// Its position in it.
    pub kind: Kind,
    /// The module.
    pub name: ModuleName,
    /// The streams as written.
    pub written: Vec<StreamName>,
    /// What changed them; the last of several causes.
    pub cause: Cause,
}

/// Why a requirement was replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The request names other streams.
    Override,
    /// A virtual stream of a base module was replaced by its newest release.
    VirtualStream,
    /// The base module stream is released, and builds go to its support stream.
    Released,
}

impl std::fmt::Display for Cause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Override => "override",
            Self::VirtualStream => "virtual stream",
            Self::Released => "released",
        })
    }
}

/// The settings of expansion; the defaults are those of the service.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The rules for base modules.
    pub platforms: Platforms,
    /// Whether only builds of the same major release, and not newer than the requested one, are
    /// included for a base module with virtual streams.
    pub only_compatible_bases: bool,
    /// Base module streams excluded from "any stream".
    pub base_stream_exclusions: Vec<StreamName>,
    /// Streams chosen in advance, by module.
    pub default_streams: BTreeMap<ModuleName, StreamName>,
    /// Whether a choice among several streams is refused instead of expanded.
    pub refuse_ambiguous: bool,
    /// How much work an expansion may be.
    pub limits: Limits,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            platforms: Platforms::default(),
            only_compatible_bases: true,
            base_stream_exclusions: Vec::new(),
            default_streams: BTreeMap::new(),
            refuse_ambiguous: false,
            limits: Limits::default(),
        }
    }
}

/// The result of expanding one document.
#[derive(Debug)]
pub struct Expansion {
    /// The documents to build, by group and by the streams chosen.
    pub documents: Vec<Expanded>,
    /// Problems: errors and warnings.
    pub problems: Vec<Problem>,
    /// How each part was resolved: one for the dependency groups, or one for each static context.
    pub parts: Vec<Part>,
}

/// One resolution with its inputs, for explanations.
#[derive(Debug)]
pub struct Part {
    /// Its static context, if any.
    pub static_context: Option<Context>,
    /// The number of its first group among all groups, or of its static context among all of them.
    pub first_group: usize,
    /// The groups as written.
    pub written: Vec<Group>,
    /// The groups with every stream list expanded.
    pub expanded: Vec<Group>,
    /// The builds that were candidates.
    pub universe: Universe,
    /// The results.
    pub resolution: Resolution,
}

impl Expansion {
    /// Returns whether a problem is an error: then the documents are incomplete.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.problems.iter().any(Problem::is_error)
    }
}

/// Expands a document against existing builds.
#[must_use]
pub fn expand(document: &Document, collection: &Collection, settings: &Settings) -> Expansion {
    let mut expansion =
        Expansion { documents: Vec::new(), problems: Vec::new(), parts: Vec::new() };
    if document.static_contexts.is_empty() {
        // A document without dependencies names no base module; an empty group reports that.
        let none = [Group::default()];
        let groups = if document.groups.is_empty() { &none } else { document.groups.as_slice() };
        let (part, problems) = resolve_part(groups, collection, settings);
        take(part, problems, document, &mut expansion);
    } else {
        for (index, StaticContext { context, group }) in document.static_contexts.iter().enumerate()
        {
            let group = std::slice::from_ref(group);
            let (mut part, problems) = resolve_part(group, collection, settings);
            part.static_context = Some(context.clone());
            part.first_group = index;
            take(part, problems, document, &mut expansion);
        }
    }
    let same = problem::same_contexts(&expansion.documents);
    expansion.problems.extend(same);
    // Static contexts are resolved one by one, and each reports their common problems.
    let mut told: Vec<Problem> = Vec::with_capacity(expansion.problems.len());
    for problem in expansion.problems.drain(..) {
        if !told.contains(&problem) {
            told.push(problem);
        }
    }
    expansion.problems = told;
    expansion
}

fn resolve_part(
    written: &[Group],
    collection: &Collection,
    settings: &Settings,
) -> (Part, Vec<Problem>) {
    let mut problems = Vec::new();
    let written: Vec<Group> = written.iter().map(Group::normalized).collect();
    let expanded = expand_groups(&written, collection, settings, &mut problems);
    let candidates = pool::collect(&expanded, collection, settings, &mut problems);
    let universe = Universe::new(candidates, settings.platforms.clone());
    let has_base =
        universe.candidates().iter().any(|each| settings.platforms.is_base(&each.nsvc.name));
    let resolution = if has_base {
        let needs: Vec<Needs> = expanded.iter().map(|group| group.buildrequires.clone()).collect();
        resolve(&universe, &needs, settings.limits)
    } else {
        Resolution::default()
    };
    let part =
        Part { static_context: None, first_group: 0, written, expanded, universe, resolution };
    (part, problems)
}

/// Turns the answers of a part into documents, and failures into problems.
fn take(part: Part, mut problems: Vec<Problem>, document: &Document, expansion: &mut Expansion) {
    for (group, verdict) in part.resolution.verdicts.iter().enumerate() {
        problems.extend(match verdict {
            Verdict::Solved => None,
            Verdict::Unsolvable => Some(Problem::Unsolvable { group }),
            Verdict::NoProvider(names) => Some(Problem::NoProvider { group, names: names.clone() }),
            Verdict::TooManyKeys { streams } => {
                Some(Problem::TooManyKeys { group, streams: streams.clone() })
            }
            Verdict::Dropped => Some(Problem::Dropped { group }),
        });
    }
    let refused = part.resolution.refusals.iter().cloned().map(Problem::Refused);
    problems.extend(refused);
    for answer in &part.resolution.answers {
        let expanded = pinned::pin(&part, answer, document);
        if !answer.best {
            problems.push(Problem::NotProvenBest { context: expanded.context.clone() });
        }
        expansion.documents.push(expanded);
    }
    let mut problems = problem::without_echoes(problems);
    problems.iter_mut().for_each(|problem| problem.move_groups(part.first_group));
    expansion.problems.append(&mut problems);
    expansion.parts.push(part);
}

/// Expands every stream list of the groups.
fn expand_groups(
    written: &[Group],
    collection: &Collection,
    settings: &Settings,
    problems: &mut Vec<Problem>,
) -> Vec<Group> {
    let mut expanded = Vec::with_capacity(written.len());
    for (index, group) in written.iter().enumerate() {
        let mut lists = |needs: &Needs, kind| -> Needs {
            let list = |(name, streams): (&ModuleName, &Vec<StreamName>)| {
                let expanded = list(collection, settings, name, streams);
                problem::check_list(index, kind, name, streams, &expanded, collection)
                    .into_iter()
                    .for_each(|problem| problems.push(problem));
                (name.clone(), expanded.unwrap_or_default())
            };
            needs.iter().map(list).collect()
        };
        let buildrequires = lists(&group.buildrequires, Kind::Build);
        let requires = lists(&group.requires, Kind::Runtime);
        expanded.push(Group { buildrequires, requires });
    }
    expanded
}

fn list(
    collection: &Collection,
    settings: &Settings,
    name: &ModuleName,
    streams: &[StreamName],
) -> Result<Vec<StreamName>, AmbiguousStream> {
    let base = settings.platforms.is_base(name);
    let context = StreamContext {
        available: &collection.streams_of(name),
        defaults: &settings.default_streams,
        exclusions: if base { &settings.base_stream_exclusions } else { &[] },
        refuse_ambiguous: settings.refuse_ambiguous,
    };
    expand_streams(name, streams, &context)
}
