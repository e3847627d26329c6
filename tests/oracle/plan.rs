//! Plans against the oracle: what a selection rebuilds, its edges, waves, cycles and what is
//! missing, recomputed from the loaded documents for every real repository that is at hand.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use modplan::graph::{GraphOptions, ModuleGraph};
use modplan::load::{self, Snapshot};
use modplan::plan::model::BecauseKind;
use modplan::plan::{self, Given, Plan, Selection, Unit};
use modplan::trace::History;

use crate::support::oracle::{Oracle, is_acyclic};
use crate::support::{generate, shared, yaml_files};

/// How many streams of each repository are changed one after the other.
const CHANGED_STREAMS: usize = 6;

/// One snapshot with everything that plans need.
struct Case {
    snapshot: Snapshot,
    graph: ModuleGraph,
    oracle: Oracle,
    history: History,
}

impl Case {
    fn new(snapshot: Snapshot) -> Self {
        let graph = ModuleGraph::new(&snapshot, &GraphOptions::default());
        let oracle = Oracle::new(&snapshot);
        Self { snapshot, graph, oracle, history: History::default() }
    }

    fn plan(&self, asked: &Selection) -> Plan {
        let given = Given::new(&self.snapshot, &self.graph, &self.history);
        plan::plan(given, asked).expect("what is asked for is loaded").plan
    }

    /// Returns what can be rebuilt at all: neither base modules nor outputs of other builds.
    fn buildable(&self) -> BTreeSet<String> {
        let nodes = self.oracle.nodes.iter();
        nodes
            .filter(|(id, node)| !node.is_base() && !self.oracle.is_by_product(id))
            .map(|(id, _)| id.clone())
            .collect()
    }

    /// Returns the contexts of the same streams as `members`.
    fn with_siblings(&self, members: &BTreeSet<String>) -> BTreeSet<String> {
        let streams: BTreeSet<_> =
            members.iter().map(|id| self.oracle.nodes[id].name_stream()).collect();
        let of = |id: &String| streams.contains(&self.oracle.nodes[id].name_stream());
        self.buildable().into_iter().filter(of).collect()
    }

    /// Returns `start` and all that needs it, over one edge or more.
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

    /// Fails where plan and oracle disagree for one selection that should rebuild `members`.
    fn agree(&self, asked: &Selection, members: &BTreeSet<String>) {
        let plan = self.plan(asked);
        let ids: Vec<&String> = plan.modules.iter().map(|module| &module.id).collect();
        assert_eq!(ids.iter().copied().cloned().collect::<BTreeSet<_>>(), *members);
        assert_eq!(ids.len(), members.len(), "no module stands twice");

        let shape = self.oracle.shape(members);
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
        assert!(is_acyclic(&rest), "the cuts leave no cycle");
        self.agree_on_missing(&plan, members);
        agree_on_reasons(&plan);
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
        // What is rebuilt only as a sibling forces nothing, although an edge runs from it.
        assert!(on.is_subset(&before), "{}: {on:?} {before:?}", module.id);
        let siblings = before.difference(&on).all(|id| {
            let of = plan.modules.iter().find(|other| other.id == **id).expect("it is rebuilt");
            of.because.iter().all(|reason| reason.kind == BecauseKind::Sibling)
        });
        assert!(siblings, "{}: {on:?} {before:?}", module.id);
    }
}

fn check(snapshot: Snapshot) {
    let case = Case::new(snapshot);
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
}

fn loaded(files: &[PathBuf]) -> Snapshot {
    load::load(files, &load::Options::default()).expect("the files are there")
}

#[test]
fn plans_of_every_real_repository_are_what_its_documents_describe() {
    let Some(root) = shared("data/modulemd") else { return };
    for file in yaml_files(&root) {
        check(loaded(&[file]));
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
        check(loaded(&files));
    }
}

#[test]
fn plans_of_a_generated_snapshot_are_what_its_documents_describe() {
    check(generate::snapshot(120, 11));
}
