//! What each build finds in its buildroot: planned modules, shipped ones, and what is given.
//!
//! A module's build requirements bring the run-time requirements of what answers them along. A planned
//! module answers first; where the plan left an edge out to cut a cycle, an earlier build does. What is
//! neither planned nor shipped must be said to be given: then it is expected in the platform's own tag.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::Request;
use super::builds::ModuleBuild;
use super::check::{Checks, counted};
use super::knowledge::Knowledge;
use super::shipped::{ShippedModule, shipped};
use crate::graph::{is_usable, matches};
use crate::load::{Dependencies, Profile, Requirement, Stream};
use crate::module_build::tag_plan::Required;
use crate::name::{ModuleName, NameStream, PackageName, Selector, StreamName};
use crate::plan::model::PlanModule;
use crate::plan::names::{Kind, Names};
use crate::plan::platform::Platforms;

/// A module of a buildroot.
#[derive(Clone, Debug)]
pub(super) struct RequiredModule {
    name: ModuleName,
    /// The tag that its components are in; `None`: it has no tag of its own.
    tag: Option<String>,
    is_base: bool,
    profiles: BTreeMap<Box<str>, Profile>,
    /// RPMs that it does not ship, by name.
    filter: BTreeSet<PackageName>,
    /// Its id in the plan, where the same run builds it.
    planned: Option<String>,
}

impl RequiredModule {
    /// Returns it as the plan of tags takes it.
    pub(super) fn for_tags(&self) -> Required<'_> {
        let Self { name, tag, is_base, profiles, .. } = self;
        Required { name, tag: tag.as_deref(), is_base: *is_base, profiles }
    }

    pub(super) fn name(&self) -> &ModuleName {
        &self.name
    }

    pub(super) fn filter(&self) -> &BTreeSet<PackageName> {
        &self.filter
    }

    /// Returns its id in the plan, where the same run builds it.
    pub(super) fn planned(&self) -> Option<&str> {
        self.planned.as_deref()
    }

    /// Returns the tag of its components, unless it is the base or the same run builds it.
    pub(super) fn shipped_tag(&self) -> Option<&str> {
        let is_shipped = !self.is_base && self.planned.is_none();
        self.tag.as_deref().filter(|_| is_shipped)
    }
}

/// Returns the modules in the buildroot of each build, by the id of its row.
pub(super) fn requirements(
    request: Request<'_>,
    builds: &[ModuleBuild<'_>],
    known: &mut Knowledge,
    checks: &mut Checks,
) -> BTreeMap<String, Vec<RequiredModule>> {
    let of_plan = request.plan.selection.given.iter().filter_map(|text| text.parse().ok());
    let given: Vec<Selector> = request.given.iter().cloned().chain(of_plan).collect();
    let cut: BTreeSet<(&str, &str)> = (request.plan.cycles.iter())
        .flat_map(|cycle| &cycle.cut)
        .map(|edge| (edge.from.as_str(), edge.to.as_str()))
        .collect();
    let prefix = &request.site.names.tag_prefix;
    let mut search = Search { request, builds, given, cut, prefix, problems: Vec::new(), found: 0 };
    let mut all = BTreeMap::new();
    for build in builds {
        all.insert(build.row.id.clone(), search.buildroot(build, known));
    }
    let good = format!(
        "{} answered by planned, shipped or given modules",
        counted(search.found, "requirement")
    );
    checks.all("requirements", search.problems, good);
    all
}

struct Search<'a, 'b> {
    request: Request<'a>,
    builds: &'b [ModuleBuild<'a>],
    given: Vec<Selector>,
    /// Edges of the plan that cut its cycles, from what is built first.
    cut: BTreeSet<(&'a str, &'a str)>,
    prefix: &'a str,
    problems: Vec<String>,
    found: usize,
}

/// A requirement that is to be answered.
struct Want {
    name: ModuleName,
    requirement: Requirement,
    /// What brings it along; `None`: the build itself.
    through: Option<ModuleName>,
}

/// What answers a requirement.
enum Answer {
    Module {
        module: RequiredModule,
        document: Option<Box<Stream>>,
    },
    /// It is in the platform's tag, or nothing is to be built of it.
    Given,
    /// The hub has not said yet.
    NotYet,
    Missing,
}

impl<'a> Search<'a, '_> {
    fn buildroot(&mut self, build: &ModuleBuild<'a>, known: &mut Knowledge) -> Vec<RequiredModule> {
        let platforms = Platforms::default();
        let mut seen: BTreeSet<ModuleName> = BTreeSet::new();
        let mut modules = Vec::new();
        let mut wants: VecDeque<Want> = VecDeque::new();
        for group in build.stored.dependencies.iter() {
            wants.extend(all_of(&group.buildrequires, None));
        }
        while let Some(want) = wants.pop_front() {
            if platforms.is_base(&want.name) || !seen.insert(want.name.clone()) {
                continue;
            }
            match self.answer(build, &want, known) {
                Answer::Module { module, document } => {
                    self.found += 1;
                    modules.push(module);
                    for group in document.iter().flat_map(|document| document.dependencies.iter()) {
                        wants.extend(all_of(&group.requires, Some(&want.name)));
                    }
                }
                Answer::Given => self.found += 1,
                Answer::NotYet => {}
                Answer::Missing => self.miss(build, &want),
            }
        }
        modules.push(RequiredModule {
            name: "platform".into(),
            tag: Some(build.platform.tag.clone()),
            is_base: true,
            profiles: BTreeMap::new(),
            filter: BTreeSet::new(),
            planned: None,
        });
        modules
    }

    fn answer(&self, build: &ModuleBuild<'a>, want: &Want, known: &mut Knowledge) -> Answer {
        if let Some(row) = self.planned(build, want) {
            let planned = self.builds.iter().find(|other| other.row.id == row.id);
            // Nothing is built of a module that is passed through.
            let Some(planned) = planned else { return Answer::Given };
            let names = Names::prefixed(&planned.nsvc, Kind::Module, self.prefix, None);
            let id = Some(row.id.clone());
            return module(&want.name, names.koji_tag, id, Some(&planned.stored));
        }
        let Some(all) = shipped(known, &build.platform.publish_to, &want.name) else {
            return Answer::NotYet;
        };
        let fits = |module: &&ShippedModule| {
            let document = module.document.as_ref();
            matches(&want.requirement.streams, &module.stream)
                && document.is_none_or(|document| is_usable_by(build, &document.dependencies))
        };
        let newest = all.iter().filter(fits).max_by_key(|module| module.version);
        if let Some(newest) = newest {
            return module(&want.name, newest.tag.clone(), None, newest.document.as_ref());
        }
        if self.is_given(want) { Answer::Given } else { Answer::Missing }
    }

    /// Returns the planned module that answers: for a requirement of the build itself along an edge of the
    /// plan, else one that is built in an earlier wave.
    fn planned(&self, build: &ModuleBuild<'a>, want: &Want) -> Option<&'a PlanModule> {
        let plan = self.request.plan;
        let id = build.row.id.as_str();
        let is_edge = |row: &PlanModule| {
            let is_it = |edge: &crate::plan::model::Edge| edge.from == row.id && edge.to == id;
            plan.edges.iter().any(is_it) && !self.cut.contains(&(row.id.as_str(), id))
        };
        let is_before = |row: &PlanModule| {
            let document = self.builds.iter().find(|other| other.row.id == row.id);
            let fits = |other: &ModuleBuild<'_>| is_usable_by(build, &other.stored.dependencies);
            row.wave < build.row.wave && document.is_none_or(fits)
        };
        let fits = |row: &&PlanModule| {
            row.name == want.name.as_str()
                && row.name != build.row.name
                && matches(&want.requirement.streams, &row.stream.as_str().into())
                && if want.through.is_none() { is_edge(row) } else { is_before(row) }
        };
        plan.modules.iter().filter(fits).max_by_key(|row| row.version.parse::<u64>().unwrap_or(0))
    }

    fn is_given(&self, want: &Want) -> bool {
        let streams = &want.requirement.streams;
        let denied: Vec<&str> = streams.iter().filter_map(StreamName::negated).collect();
        let mut named = streams.iter().filter(|stream| stream.negated().is_none()).peekable();
        let answers = |stream: &StreamName| {
            let requires = NameStream::new(want.name.clone(), stream.clone());
            self.given.iter().any(|given| given.answers(&requires, &denied))
        };
        if named.peek().is_none() { answers(&"*".into()) } else { named.any(answers) }
    }

    fn miss(&mut self, build: &ModuleBuild<'_>, want: &Want) {
        let streams = &want.requirement.streams;
        let stream = streams.first().map_or("*", StreamName::as_str);
        let (id, name) = (&build.row.id, &want.name);
        let through =
            want.through.as_ref().map(|name| format!(" through {name}")).unwrap_or_default();
        let (tag, base) = (&build.platform.publish_to, &build.platform.tag);
        self.problems.push(format!(
            "{id} needs {name}:{stream}{through}, which is neither planned nor in {tag}; if {base} has what \
             it brings, say --given {name}:{stream}"
        ));
    }
}

fn all_of<'r>(
    requirements: &'r BTreeMap<ModuleName, Requirement>,
    through: Option<&'r ModuleName>,
) -> impl Iterator<Item = Want> + 'r {
    requirements.iter().map(move |(name, requirement)| Want {
        name: name.clone(),
        requirement: requirement.clone(),
        through: through.cloned(),
    })
}

/// Returns a module with its tag and, where the same run builds it, its id.
fn module(
    name: &ModuleName,
    tag: String,
    planned: Option<String>,
    document: Option<&Stream>,
) -> Answer {
    let about = document.map(|document| document.about.clone()).unwrap_or_default();
    let module = RequiredModule {
        name: name.clone(),
        tag: Some(tag),
        is_base: false,
        profiles: about.profiles.clone(),
        filter: about.filter.clone(),
        planned,
    };
    Answer::Module { module, document: document.cloned().map(Box::new) }
}

/// Returns whether what needs `provided` at run time can be in the buildroot of a build.
fn is_usable_by(build: &ModuleBuild<'_>, provided: &[Dependencies]) -> bool {
    let platforms = Platforms::default();
    let groups = &build.stored.dependencies;
    groups.iter().any(|group| is_usable(provided, group, |name| platforms.is_base(name)))
}
