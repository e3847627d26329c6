//! Plans against the oracle: rebuilt modules, edges, waves, cycles and missing streams, recomputed
//! from the loaded documents for every available real repository.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use modplan::graph::{GraphOptions, ModuleGraph, Versions};
use modplan::load::{self, Snapshot};
use modplan::plan::model::{BecauseKind, Edge, PlanCycle, PlanModule, SubmissionRow};
use modplan::plan::{self, Given, Plan, Selection, Unit};
use modplan::time::Millis;
use modplan::trace::History;

use crate::support::oracle::{Newest, Oracle, Submitted, is_acyclic};
use crate::support::proof::Proofs;
use crate::support::{generate, real_snapshots, shared, yaml_files};

/// How many streams of each repository are changed one after the other.
const CHANGED_STREAMS: usize = 6;

/// Every version is looked at in snapshots of so many documents.
const EVERY_VERSION_MAX: usize = 150;

/// One snapshot with everything that plans need.
struct Case {
    snapshot: Snapshot,
    graph: ModuleGraph,
    oracle: Oracle,
    history: History,
    proofs: RefCell<Proofs>,
}

impl Case {
    fn new(snapshot: Snapshot, versions: Versions) -> Self {
        let options = GraphOptions { versions, ..GraphOptions::default() };
        let graph = ModuleGraph::new(&snapshot, &options);
        let newest = match versions {
            Versions::NewestPerContext => Newest::OfContext,
            Versions::Newest => Newest::OfStream,
            Versions::All => Newest::Every,
        };
        let oracle = Oracle::new(&snapshot, newest);
        let proofs = RefCell::new(Proofs::new());
        Self { snapshot, graph, oracle, history: History::default(), proofs }
    }

    fn plan(&self, asked: &Selection) -> Plan {
        let given = Given::new(&self.snapshot, &self.graph, &self.history);
        let plan = plan::plan(given, asked).expect("what is asked for is loaded").plan;
        self.proofs.borrow_mut().add_made(&plan, None);
        plan
    }

    /// Returns the modules that can be rebuilt: neither base modules nor outputs of other builds.
    fn buildable(&self) -> BTreeSet<String> {
        let nodes = self.oracle.nodes.iter();
        nodes
            .filter(|(id, node)| !node.is_base() && !self.oracle.is_by_product(id))
            .map(|(id, _)| id.clone())
            .collect()
    }

    /// Returns the contexts of the same sources as `members`.
    fn with_siblings(&self, members: &BTreeSet<String>) -> BTreeSet<String> {
        let source = |id: &String| self.oracle.submission(id, Submitted::Sources);
        let sources: BTreeSet<_> = members.iter().map(source).collect();
        self.buildable().into_iter().filter(|id| sources.contains(&source(id))).collect()
    }

    /// Returns `start` and its direct and indirect dependants.
    fn with_dependants(&self, start: BTreeSet<String>) -> BTreeSet<String> {
        let mut members = start;
        loop {
            let next: Vec<String> = self
                .oracle
                .edges
                .iter()
                .filter(|(from, to)| members.contains(from) && !members.contains(to))
                .map(|(_, to)| to.clone())
                .collect();
            if next.is_empty() {
                return members;
            }
            members.extend(next);
        }
    }

    /// Fails if plan and oracle disagree for one selection that should rebuild `members`.
    fn agree(&self, asked: &Selection, members: &BTreeSet<String>) {
        let plan = self.plan(asked);
        let ids: Vec<&String> = plan.modules.iter().map(|module| &module.id).collect();
        assert_eq!(ids.iter().copied().cloned().collect::<BTreeSet<_>>(), *members);
        assert_eq!(ids.len(), members.len(), "no module stands twice");

        let submitted = match asked.unit {
            Unit::Source => Submitted::Sources,
            Unit::Context => Submitted::Contexts,
        };
        let shape = self.oracle.shape(members, submitted);
        let edges: BTreeSet<(String, String)> =
            plan.edges.iter().map(|edge| (edge.from.clone(), edge.to.clone())).collect();
        assert_eq!((&edges, plan.edges.len()), (&shape.edges, shape.edges.len()));
        for module in &plan.modules {
            assert_eq!(module.wave, shape.waves[&module.id], "{}", module.id);
            assert!(plan.waves[module.wave as usize - 1].contains(&module.id));
        }
        assert_eq!(plan.waves.iter().map(Vec::len).sum::<usize>(), members.len());

        let cycles: BTreeSet<BTreeSet<String>> =
            plan.cycles.iter().map(|cycle| cycle.members.iter().cloned().collect()).collect();
        assert_eq!(cycles, shape.cycles);
        let mut rest = shape.edges.clone();
        for edge in plan.cycles.iter().flat_map(|cycle| &cycle.cut) {
            assert!(rest.remove(&(edge.from.clone(), edge.to.clone())), "a cut is of the edges");
        }
        let submission = |id: &String| self.oracle.submission(id, submitted);
        let rest = rest.iter().map(|(from, to)| (submission(from), submission(to))).collect();
        assert!(is_acyclic(&rest), "the cuts leave no cycle");
        for cycle in &plan.cycles {
            let members = cycle.members.iter().cloned().collect();
            if let Some(fewest) = self.oracle.smallest_cut(&members, submitted) {
                assert_eq!((cycle.cut.len(), cycle.cut_proven), (fewest, true), "{cycle:?}");
            }
            self.agree_on_order(cycle, submitted);
        }
        self.agree_on_submissions(&plan, submitted);
        self.agree_on_missing(&plan, members);
        agree_on_reasons(&plan);
        self.derive_reasons(&plan);
    }

    /// In the bootstrap order every edge of the cycle leads forward but those of the cut.
    fn agree_on_order(&self, cycle: &PlanCycle, submitted: Submitted) {
        let place = |id: &String| cycle.order.iter().position(|other| other == id).unwrap();
        let mut members = cycle.order.clone();
        members.sort();
        let mut listed = cycle.members.clone();
        listed.sort();
        assert_eq!(members, listed);
        for edge in &cycle.edges {
            let is_cut = cycle.cut.iter().any(|cut| cut.from == edge.from && cut.to == edge.to);
            assert_eq!(place(&edge.from) > place(&edge.to), is_cut, "{edge:?}");
        }
        let shape =
            self.oracle.shape(&cycle.members.iter().cloned().collect(), Submitted::Contexts);
        let is_among_contexts = !shape.cycles.is_empty();
        assert_eq!(cycle.by_submission, !is_among_contexts);
        assert!(is_among_contexts || submitted == Submitted::Sources);
    }

    /// Every module is in one submission, whose contexts share their source and their wave.
    fn agree_on_submissions(&self, plan: &Plan, submitted: Submitted) {
        let submission = |id: &String| self.oracle.submission(id, submitted);
        let mut expected: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for module in &plan.modules {
            expected.entry(submission(&module.id)).or_default().insert(module.id.clone());
        }
        let of = |row: &SubmissionRow| row.modules.iter().cloned().collect::<BTreeSet<String>>();
        let rows: BTreeSet<BTreeSet<String>> = plan.submissions.iter().map(of).collect();
        assert_eq!(rows, expected.into_values().collect());
        assert_eq!(rows.len(), plan.submissions.len());
        let finishes: BTreeMap<&String, Millis> =
            plan.modules.iter().map(|module| (&module.id, module.earliest_finish)).collect();
        let finish = |id: &String| finishes[id];
        let is_cut = |edge: &Edge| {
            let cuts = plan.cycles.iter().flat_map(|cycle| &cycle.cut);
            cuts.into_iter().any(|cut| (&cut.from, &cut.to) == (&edge.from, &edge.to))
        };
        let ids: BTreeSet<&String> = plan.submissions.iter().map(|row| &row.id).collect();
        assert_eq!(ids.len(), plan.submissions.len(), "ids tell submissions apart");
        for row in &plan.submissions {
            let modules: Vec<_> =
                plan.modules.iter().filter(|module| row.modules.contains(&module.id)).collect();
            assert!(modules.iter().all(|module| module.wave == row.wave), "{row:?}");
            let comes_along = |module: &&&PlanModule| {
                module.because.iter().all(|reason| reason.kind == BecauseKind::Sibling)
            };
            let ready = modules.iter().flat_map(|module| {
                plan.edges.iter().filter(|edge| edge.to == module.id && !is_cut(edge))
            });
            let ready = ready.map(|edge| finish(&edge.from)).max().unwrap_or_default();
            let mut starts = modules.iter().map(|module| module.earliest_start);
            assert!(starts.all(|start| start >= ready), "{row:?} is submitted at {ready}");
            let siblings = modules.iter().filter(comes_along).count();
            assert_eq!((row.siblings, row.forced), (siblings, modules.len() - siblings));
        }
    }

    /// The line named by a reason has the requirement: the document of the module has it there.
    fn derive_reasons(&self, plan: &Plan) {
        for module in &plan.modules {
            let documents: Vec<_> = self
                .snapshot
                .streams
                .iter()
                .filter(|d| d.name.as_str() == module.name && d.stream.as_str() == module.stream)
                .filter(|d| d.version.to_string() == module.version)
                .collect();
            for reason in &module.because {
                let names: Vec<&str> = documents
                    .iter()
                    .flat_map(|document| document.dependencies.iter())
                    .flat_map(|group| &group.buildrequires)
                    .filter(|(_, requirement)| requirement.place.line == reason.line)
                    .map(|(name, _)| name.as_str())
                    .collect();
                let on = reason.on.split(':').next().unwrap();
                let is_there =
                    names.iter().any(|name| name.strip_suffix("-devel").unwrap_or(name) == on)
                        || names.contains(&on);
                assert!(is_there || reason.kind != BecauseKind::Buildrequires, "{module:?}");
            }
        }
    }

    fn agree_on_missing(&self, plan: &Plan, members: &BTreeSet<String>) {
        let dangling: BTreeSet<(String, String, String)> = plan
            .dangling
            .iter()
            .map(|row| (row.module.clone(), row.requires.clone(), row.reason.clone()))
            .collect();
        let expected = self.oracle.dangling.iter().filter(|row| members.contains(&row.0));
        let expected: BTreeSet<(String, String, String)> = expected
            .map(|(module, requires, why)| (module.clone(), requires.clone(), (*why).to_owned()))
            .collect();
        assert_eq!((&dangling, plan.dangling.len()), (&expected, expected.len()));
        let own: BTreeSet<(String, String)> = plan
            .self_requires
            .iter()
            .map(|row| (row.module.clone(), row.requires.clone()))
            .collect();
        let expected = self.oracle.self_requires.iter().filter(|row| members.contains(&row.0));
        assert_eq!(own, expected.cloned().collect());
        let needed: BTreeSet<&String> =
            dangling.iter().map(|row| &row.1).chain(own.iter().map(|row| &row.1)).collect();
        assert_eq!(
            plan.prerequisites.iter().collect::<Vec<_>>(),
            needed.into_iter().collect::<Vec<_>>()
        );
    }
}

/// Every module has a reason, and its dependencies among the rebuilt are exactly the reasons that
/// speak of a dependency; a sibling has no other reason.
fn agree_on_reasons(plan: &Plan) {
    for module in &plan.modules {
        assert!(!module.because.is_empty(), "{} is rebuilt for a reason", module.id);
        let on: BTreeSet<&String> = module
            .because
            .iter()
            .filter(|reason| reason.kind == BecauseKind::Buildrequires)
            .map(|reason| &reason.on)
            .collect();
        if module.because.iter().any(|reason| reason.kind == BecauseKind::Sibling) {
            continue;
        }
        let before: BTreeSet<&String> =
            plan.edges.iter().filter(|edge| edge.to == module.id).map(|edge| &edge.from).collect();
        // A module rebuilt only as a sibling forces nothing, although an edge runs from it.
        assert!(on.is_subset(&before), "{}: {on:?} {before:?}", module.id);
        let siblings = before.difference(&on).all(|id| {
            let of = plan.modules.iter().find(|other| other.id == **id).expect("it is rebuilt");
            of.because.iter().all(|reason| reason.kind == BecauseKind::Sibling)
        });
        assert!(siblings, "{}: {on:?} {before:?}", module.id);
    }
}

fn check(snapshot: &Snapshot) {
    check_versions(snapshot, Versions::Newest);
    check_versions(snapshot, Versions::NewestPerContext);
    // The oracle is slow on many nodes.
    if snapshot.streams.len() <= EVERY_VERSION_MAX {
        check_versions(snapshot, Versions::All);
    }
}

fn check_versions(snapshot: &Snapshot, versions: Versions) {
    let case = Case::new(snapshot.clone(), versions);
    let buildable = case.buildable();
    if buildable.is_empty() {
        return;
    }
    let all = Selection { all: true, ..Selection::default() };
    case.agree(&all, &buildable);
    let streams: BTreeSet<(String, String)> =
        buildable.iter().map(|id| case.oracle.nodes[id].name_stream()).collect();
    let step = streams.len().div_ceil(CHANGED_STREAMS);
    for (name, stream) in streams.iter().step_by(step) {
        let of =
            |id: &&String| case.oracle.nodes[*id].name_stream() == (name.clone(), stream.clone());
        let start: BTreeSet<String> = buildable.iter().filter(of).cloned().collect();
        let context = case.with_dependants(start);
        let source = case.with_siblings(&context);
        let id = format!("{name}:{stream}").parse().expect("a name and a stream select");
        let changed = Selection { changed: vec![id], unit: Unit::Context, ..Selection::default() };
        case.agree(&changed, &context);
        case.agree(&Selection { unit: Unit::Source, ..changed }, &source);
    }
    case.proofs.borrow_mut().verify();
}

fn loaded(files: &[PathBuf]) -> Snapshot {
    load::load(files, &load::Options::default()).expect("the files are there")
}

#[test]
fn plans_of_every_real_repository_are_what_its_documents_describe() {
    let Some(snapshots) = real_snapshots() else { return };
    for snapshot in snapshots {
        check(&snapshot);
    }
}

#[test]
fn plans_over_all_arches_of_one_repository_are_what_its_documents_describe() {
    let Some(root) = shared("data/modulemd/eurolinux8") else { return };
    let is_of = |repository: &str, file: &Path| {
        let name = file.file_name().expect("a file").to_string_lossy().into_owned();
        let arch = name.strip_suffix(&format!("-{repository}.modules.yaml"));
        arch.is_some_and(|arch| !arch.contains('-'))
    };
    for repository in ["appstream", "beta-appstream", "powertools", "batteries"] {
        let files: Vec<PathBuf> =
            yaml_files(&root).into_iter().filter(|file| is_of(repository, file)).collect();
        assert!(files.len() >= 2, "{repository}: {files:?}");
        check(&loaded(&files));
    }
}

#[test]
fn plans_of_a_generated_snapshot_are_what_its_documents_describe() {
    check(&generate::snapshot(120, 11));
}
