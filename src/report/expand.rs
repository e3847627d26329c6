//! A stream expansion as it is printed: what comes out of one document, what cannot, and why.

mod explain;
mod findings;
mod table;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::expand::resolve::{Conflict, Refusal, Side, Who};
use crate::expand::{
    Document, Expanded, Expansion, Explanation, Group, Kind, Loaded, Problem, Settings,
};
use crate::load::{Dependencies, Input, Place, Stream};
use crate::name::{Context, ModuleName, Nsvc, StreamName, Version};
use crate::plan::batch::{BatchError, Ordered};
use crate::plan::names::{self, Names};

pub use explain::ExplainedRow;
pub use findings::findings;
pub use table::table;

/// The number of the JSON format; it rises when a field changes its meaning.
pub const FORMAT: u32 = 1;

/// Everything a report is made from.
#[derive(Clone, Copy, Debug)]
pub struct ReportInput<'a> {
    /// The path of the expanded document.
    pub path: &'a str,
    /// What was read from it: one stream, or one for each configuration.
    pub streams: &'a [Stream],
    /// The document as it was expanded.
    pub document: &'a Document,
    /// What came out.
    pub expansion: &'a Expansion,
    /// The builds it was expanded against.
    pub loaded: &'a Loaded<'a>,
    /// The inputs they were read from.
    pub inputs: &'a [Input],
    /// How it was expanded.
    pub settings: &'a Settings,
    /// Its components in order, or why they have none.
    pub ordered: Result<&'a Ordered<'a>, &'a BatchError>,
    /// The id of the first module build, where known: it is part of dist tags.
    pub build_id: Option<u64>,
    /// Whether these are scratch builds, thrown away after tests.
    pub is_scratch: bool,
    /// Why each build was chosen or left out; empty where it was not asked for.
    pub explanations: &'a [Explanation],
}

/// A whole expansion.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    format: u32,
    /// The file that was expanded.
    path: String,
    name: ModuleName,
    stream: StreamName,
    /// Whether this is the whole answer; false where a problem is an error.
    complete: bool,
    documents: Vec<DocumentRow>,
    refused: Vec<RefusedRow>,
    problems: Vec<ProblemRow>,
    batches: Vec<BatchRow>,
    /// Base modules that no input describes, taken from what was built on them.
    assumed_base_modules: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    explained: Vec<ExplainedRow>,
}

#[derive(Clone, Debug, Serialize)]
struct DocumentRow {
    /// `name:stream:version:context`, the version left out where it is not known.
    id: String,
    name: ModuleName,
    stream: StreamName,
    version: Option<Version>,
    context: Context,
    static_context: bool,
    /// The dependency group or configuration it answers, counted from 1.
    group: usize,
    line: u32,
    platform: Option<String>,
    /// The pinned group.
    buildrequires: BTreeMap<ModuleName, StreamName>,
    requires: BTreeMap<ModuleName, Vec<StreamName>>,
    /// All groups as the built document has them.
    dependencies: Vec<Group>,
    /// `xmd.mbs.buildrequires`: every build in the buildroot, transitively.
    buildroot: BTreeMap<ModuleName, String>,
    build_context: String,
    build_context_no_bms: String,
    runtime_context: String,
    #[serde(flatten)]
    names: Option<Names>,
}

#[derive(Clone, Debug, Serialize)]
struct RefusedRow {
    group: usize,
    streams: Vec<String>,
    /// In words.
    conflict: String,
    /// The module that is unavailable.
    module: ModuleName,
    requirements: Vec<RequirementRow>,
    /// How many other choices of builds failed as well.
    other_choices: usize,
    /// Whether the search ended without an answer either way.
    undecided: bool,
}

#[derive(Clone, Debug, Serialize)]
struct RequirementRow {
    /// Who requires it; null for the document.
    by: Option<String>,
    /// Who needs that build, up to what the document requires.
    needed_by: Vec<String>,
    streams: Vec<StreamName>,
    /// The builds that would do.
    builds: Vec<String>,
    path: Option<String>,
    line: Option<u32>,
    column: Option<u32>,
}

#[derive(Clone, Debug, Serialize)]
struct ProblemRow {
    code: String,
    severity: String,
    message: String,
    line: u32,
    column: u32,
}

#[derive(Clone, Debug, Serialize)]
struct BatchRow {
    index: u32,
    components: Vec<ComponentRow>,
}

#[derive(Clone, Debug, Serialize)]
struct ComponentRow {
    component: String,
    /// What it waits for where `buildafter` says so; else it waits for all earlier batches.
    after: Vec<String>,
}

impl Report {
    /// Puts together what came out.
    #[must_use]
    pub fn new(given: ReportInput<'_>) -> Self {
        let ReportInput { document, expansion, .. } = given;
        let refusals = expansion.problems.iter().filter_map(Problem::refusal);
        let refusals = refusals.map(|refusal| given.refused_row(refusal));
        let problem = |finding: crate::load::Finding| ProblemRow {
            code: finding.code.to_string(),
            severity: finding.severity().to_string(),
            message: finding.message,
            line: finding.place.line,
            column: finding.place.column,
        };
        Self {
            format: FORMAT,
            path: given.path.to_owned(),
            name: document.name.clone(),
            stream: document.stream.clone(),
            complete: !expansion.has_errors()
                && given.ordered.is_ok_and(|ordered| ordered.missing.is_empty()),
            documents: expansion.documents.iter().map(|each| given.document_row(each)).collect(),
            refused: refusals.collect(),
            problems: findings(given).into_iter().map(problem).collect(),
            batches: given.ordered.map(batch_rows).unwrap_or_default(),
            assumed_base_modules: given.loaded.assumed.iter().map(ToString::to_string).collect(),
            explained: given
                .explanations
                .iter()
                .map(|each| ExplainedRow::new(given, each))
                .collect(),
        }
    }

    /// Returns whether this is the whole answer.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// Renders it as JSON.
    ///
    /// # Panics
    /// Never: numbers and texts are JSON always.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("numbers and texts are JSON");
        text.push('\n');
        text
    }
}

impl<'a> ReportInput<'a> {
    fn document_row(&self, expanded: &Expanded) -> DocumentRow {
        let mut nsvc = expanded.nsvc(self.document);
        if self.is_scratch {
            // The service counts the scratch builds of one name, stream and version; this is the first.
            nsvc.context = format!("{}_1", nsvc.context).as_str().into();
        }
        let has_version = self.document.version != Version(0);
        let is_known = has_version && !self.document.stream.as_str().is_empty();
        let Nsvc { name, stream, version, context } = nsvc.clone();
        let id = if has_version { nsvc.to_string() } else { format!("{name}:{stream}:{context}") };
        let pinned = expanded.pinned();
        let platform = expanded.platform(&self.settings.platforms);
        let pin = |(name, streams): (&ModuleName, &Vec<StreamName>)| {
            (name.clone(), streams.first().cloned().unwrap_or_default())
        };
        let buildroot = expanded.buildroot.iter();
        let contexts = &expanded.contexts;
        DocumentRow {
            id,
            name,
            stream,
            version: has_version.then_some(version),
            context,
            static_context: expanded.is_static,
            group: expanded.group + 1,
            line: self.group_place(expanded.group).line,
            platform: platform.map(|base| format!("{}:{}", base.name, base.stream)),
            buildrequires: pinned.buildrequires.iter().map(pin).collect(),
            requires: pinned.requires.clone(),
            dependencies: expanded.dependencies.clone(),
            buildroot: buildroot.map(|(name, nsvc)| (name.clone(), nsvc.to_string())).collect(),
            build_context: contexts.build_context.clone(),
            build_context_no_bms: contexts.build_context_no_bms.clone(),
            runtime_context: contexts.runtime_context.clone(),
            names: is_known.then(|| self.names(&nsvc, platform)),
        }
    }

    fn names(&self, nsvc: &Nsvc, platform: Option<&Nsvc>) -> Names {
        let marking = platform.map(|base| {
            let document = self.loaded.document(base);
            let written = document.and_then(|document| document.about.xmd.as_ref());
            let marking = written.and_then(|xmd| xmd.get("mbs")?.get("disttag_marking")?.text());
            marking.unwrap_or(base.stream.as_str()).to_owned()
        });
        let tag = marking.map(|marking| (marking, self.build_id));
        let kind = match self.build_id {
            Some(id) if self.is_scratch => names::Kind::Scratch { id },
            _ => names::Kind::Module,
        };
        Names::new(nsvc, kind, tag)
    }

    fn refused_row(&self, Refusal { group, key, conflict }: &Refusal) -> RefusedRow {
        let group = *group;
        let requirement = |side: &Side| {
            let at = self.place(group, &side.who, &conflict.name);
            RequirementRow {
                by: match &side.who {
                    Who::Document => None,
                    Who::Build(nsvc) => Some(nsvc.to_string()),
                },
                needed_by: side.via.iter().map(ToString::to_string).collect(),
                streams: side.streams.clone(),
                builds: side.builds.iter().map(ToString::to_string).collect(),
                path: at.map(|(path, _)| path.to_owned()),
                line: at.map(|(_, place)| place.line),
                column: at.map(|(_, place)| place.column),
            }
        };
        RefusedRow {
            group: group + 1,
            streams: key.iter().map(ToString::to_string).collect(),
            conflict: self.conflict_text(group, conflict),
            module: conflict.name.clone(),
            requirements: conflict.sides.iter().map(requirement).collect(),
            other_choices: conflict.others,
            undecided: conflict.undecided,
        }
    }

    fn conflict_text(&self, group: usize, conflict: &Conflict) -> String {
        conflict.told(&|who, name| self.printed_place(group, who, name))
    }

    /// Returns where somebody writes that a module is needed, as `path:line:column`.
    fn printed_place(&self, group: usize, who: &Who, name: &ModuleName) -> Option<String> {
        let (path, place) = self.place(group, who, name)?;
        Some(format!("{path}:{}:{}", place.line, place.column))
    }

    /// Returns what a group is called: by its static context, where it is written for one.
    fn group_name(&self, group: usize) -> String {
        match self.document.static_contexts.get(group) {
            Some(configuration) => format!("context {}", configuration.context),
            None => format!("group {}", group + 1),
        }
    }

    /// Returns the dependency group that a group of the expansion was made of; static contexts of
    /// `xmd.mbs_options` have none, and their places are not known.
    fn written_group(&self, group: usize) -> Option<&'a Dependencies> {
        let from_options = self.streams.iter().any(|stream| {
            let options = stream.about.xmd.as_ref().and_then(|xmd| xmd.get("mbs_options"));
            !stream.static_context && options.is_some_and(|all| all.get("contexts").is_some())
        });
        let mut groups = self.streams.iter().flat_map(|stream| stream.dependencies.iter());
        groups.nth(group).filter(|_| !from_options)
    }

    /// Returns where somebody writes that a module is needed.
    fn place(&self, group: usize, who: &Who, name: &ModuleName) -> Option<(&'a str, Place)> {
        if *who == Who::Document {
            return Some((self.path, self.requirement_place(group, Kind::Build, name)));
        }
        let place = self.loaded.place_of(who, name)?;
        let input = self.inputs.get(place.input as usize)?;
        Some((input.path.as_str(), place))
    }

    /// Returns where the document writes a requirement of a group, else where the document starts.
    fn requirement_place(&self, group: usize, kind: Kind, name: &ModuleName) -> Place {
        let needs = self.written_group(group).map(|group| match kind {
            Kind::Build => &group.buildrequires,
            Kind::Runtime => &group.requires,
        });
        let place = needs.and_then(|needs| needs.get(name)).map(|needed| needed.place);
        place.unwrap_or_else(|| self.start())
    }

    /// Returns where the first requirement of a group stands, else where the document starts.
    fn group_place(&self, group: usize) -> Place {
        let first = self.written_group(group).and_then(|group| {
            let needs = group.buildrequires.values().chain(group.requires.values());
            needs.map(|needed| needed.place).min()
        });
        first.unwrap_or_else(|| self.start())
    }

    fn start(&self) -> Place {
        self.streams.first().map(|stream| stream.place).unwrap_or_default()
    }
}

fn batch_rows(ordered: &Ordered<'_>) -> Vec<BatchRow> {
    let mut rows: BTreeMap<u32, Vec<ComponentRow>> = BTreeMap::new();
    for (key, batch) in &ordered.batches.of {
        let after = ordered.graph.as_ref().map(|graph| graph[key].iter().cloned().collect());
        let row = ComponentRow { component: key.clone(), after: after.unwrap_or_default() };
        rows.entry(*batch).or_default().push(row);
    }
    rows.into_iter().map(|(index, components)| BatchRow { index, components }).collect()
}
