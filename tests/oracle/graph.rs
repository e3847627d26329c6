//! The graph against an oracle: every real repository that is at hand, and snapshots made at random.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use modplan::graph::{GraphOptions, Kind, ModuleGraph, Versions, csr, cycle};
use modplan::load::{self, Snapshot};
use proptest::prelude::*;

use crate::support::oracle::{Newest, Oracle, Submitted, is_acyclic};
use crate::support::{generate, mini, shared, yaml_files};

/// Every version is looked at in snapshots of so many documents.
const EVERY_VERSION_MAX: usize = 150;

/// Fails with the differences between graph and oracle, if any.
fn agree(snapshot: &Snapshot) {
    agree_on(snapshot, Versions::Newest, Newest::OfStream);
    agree_on(snapshot, Versions::NewestPerContext, Newest::OfContext);
    // The oracle is slow on many nodes.
    if snapshot.streams.len() <= EVERY_VERSION_MAX {
        agree_on(snapshot, Versions::All, Newest::Every);
    }
}

fn agree_on(snapshot: &Snapshot, versions: Versions, newest: Newest) {
    let options = GraphOptions { versions, ..GraphOptions::default() };
    let graph = ModuleGraph::new(snapshot, &options);
    let oracle = Oracle::new(snapshot, newest);
    let id = |module| graph[module].id.to_string();

    let nodes: Vec<String> = graph.indices().map(id).collect();
    assert_eq!(nodes.iter().cloned().collect::<BTreeSet<_>>().len(), nodes.len());
    let mut sorted = nodes.clone();
    sorted.sort();
    assert_eq!(sorted, oracle.nodes.keys().cloned().collect::<Vec<_>>());
    for (index, module) in graph.modules() {
        let expected = &oracle.nodes[&id(index)];
        let text = |texts: Vec<&str>| texts.into_iter().map(str::to_owned).collect();
        let keys: BTreeSet<String> = text(module.components.keys().map(|k| k.as_str()).collect());
        let arches: BTreeSet<String> = text(module.arches.iter().map(|a| a.as_str()).collect());
        assert_eq!((&keys, &arches), (&expected.components, &expected.arches), "{}", module.id);
        assert_eq!(module.kind == Kind::Base, expected.is_base(), "{}", module.id);
        assert_eq!(module.kind == Kind::ByProduct, oracle.is_by_product(&id(index)));
    }

    let edges: Vec<(String, String)> = graph.edges().map(|(a, b)| (id(a), id(b))).collect();
    assert_eq!(edges.iter().cloned().collect::<BTreeSet<_>>(), oracle.edges);
    assert_eq!(edges.len(), oracle.edges.len(), "no edge stands twice");
    let dangling: BTreeSet<_> = graph
        .dangling()
        .iter()
        .map(|d| (id(d.module), d.requires.to_string(), d.missing.as_str()))
        .collect();
    assert_eq!(dangling, oracle.dangling);
    let self_requires: BTreeSet<_> =
        graph.self_requires().iter().map(|s| (id(s.module), s.requires.to_string())).collect();
    assert_eq!(self_requires, oracle.self_requires);
    agree_on_shape(&graph, &oracle);
}

/// Compares cycles, their cuts and the waves over the whole graph.
fn agree_on_shape(graph: &ModuleGraph, oracle: &Oracle) {
    let id = |module: u32| graph[modplan::graph::NodeIx(module)].id.to_string();
    let shape = oracle.shape(&oracle.nodes.keys().cloned().collect(), Submitted::Contexts);
    let adjacency = graph.adjacency();
    let components = csr::components(&adjacency.forward);
    let waves: BTreeMap<String, u32> = (0_u32..)
        .zip(csr::waves(&adjacency.forward, &components))
        .map(|(m, w)| (id(m), w))
        .collect();
    assert_eq!(waves, shape.waves);

    let cycles: Vec<Vec<u32>> = (0..components.len())
        .map(|component| components.members(component).to_vec())
        .filter(|members| members.len() > 1)
        .collect();
    let named: BTreeSet<BTreeSet<String>> =
        cycles.iter().map(|members| members.iter().map(|&m| id(m)).collect()).collect();
    assert_eq!(named, shape.cycles);

    let mut rest = shape.edges.clone();
    for members in &cycles {
        let position = |module: u32| members.iter().position(|&member| member == module);
        let inside: Vec<(u32, u32)> = graph
            .edges()
            .filter_map(|(from, to)| Some((position(from.0)?, position(to.0)?)))
            .map(|(from, to)| (u32::try_from(from).unwrap(), u32::try_from(to).unwrap()))
            .collect();
        for (from, to) in cycle::cut(members.len(), &inside).edges {
            rest.remove(&(id(members[from as usize]), id(members[to as usize])));
        }
    }
    assert!(is_acyclic(&rest), "the cuts leave no cycle");
}

fn loaded(files: &[PathBuf]) -> Snapshot {
    load::load(files, &load::Options::default()).unwrap()
}

#[test]
fn every_real_repository_has_the_graph_its_documents_describe() {
    let Some(root) = shared("data/modulemd") else { return };
    let files = yaml_files(&root);
    let mut with_modules = 0;
    for file in &files {
        let snapshot = loaded(std::slice::from_ref(file));
        with_modules += usize::from(!snapshot.streams.is_empty());
        agree(&snapshot);
    }
    assert!(with_modules >= 50, "{with_modules} of {} files hold modules", files.len());
}

#[test]
fn all_arches_of_one_repository_together_have_the_graph_their_documents_describe() {
    let Some(root) = shared("data/modulemd/eurolinux8") else { return };
    for repository in ["appstream", "beta-appstream", "powertools", "batteries"] {
        let ending = format!("-{repository}.modules.yaml");
        let arch_of = |file: &PathBuf| {
            let name = file.file_name().unwrap().to_str().unwrap();
            name.strip_suffix(&ending).is_some_and(|arch| !arch.contains('-'))
        };
        let files: Vec<PathBuf> = yaml_files(&root).into_iter().filter(arch_of).collect();
        assert!(files.len() >= 2, "{repository}: {files:?}");
        agree(&loaded(&files));
    }
    agree(&loaded(&[root]));
}

#[test]
fn the_current_modules_of_a_real_repository_are_counted_right() {
    let Some(file) = shared("data/modulemd/eurolinux8/x86_64-appstream.modules.yaml") else {
        return;
    };
    let snapshot = loaded(&[file]);
    let count = |versions| {
        let options = GraphOptions { versions, ..GraphOptions::default() };
        ModuleGraph::new(&snapshot, &options).len()
    };
    assert_eq!(count(Versions::Newest), 109);
    assert_eq!(count(Versions::NewestPerContext), 269);
    assert_eq!(count(Versions::All), 298);
}

#[test]
fn a_generated_snapshot_has_the_graph_its_documents_describe() {
    agree(&generate::snapshot(150, 7));
}

/// One line of the mini-language about few modules, so that they meet often.
fn line() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec!["a", "b", "c", "a-devel", "platform"]);
    let streams = prop::sample::select(vec!["1", "2", "1|2", "", "-1", "-1|-2", "3"]);
    let required = (prop::sample::select(vec!["a", "b", "c", "a-devel", "platform"]), streams)
        .prop_map(|(name, streams)| format!("{name}:{streams}"));
    let part = prop::collection::vec(required, 0..3).prop_map(|words| words.join(" "));
    let group = (part.clone(), part).prop_map(|(build, run)| format!("-> {build} => {run}"));
    let groups = prop::collection::vec(group, 1..3).prop_map(|groups| groups.join(" ; "));
    let components = prop::sample::select(vec!["{ }", "{ x }", "{ x y }", "{ y z }"]);
    let identity = (
        name,
        prop::sample::select(vec!["1", "2"]),
        prop::sample::select(vec!["1", "2"]),
        prop::sample::select(vec!["k", "l", ""]),
        prop::sample::select(vec!["x86_64", "aarch64"]),
    )
        .prop_map(|(n, s, v, c, a)| format!("{n}:{s}:{v}:{c}@{a}"));
    (identity, groups, components).prop_map(|(i, g, c)| format!("{i} {g} {c}"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_snapshot_has_the_graph_its_documents_describe(
        lines in prop::collection::vec(line(), 1..14)
    ) {
        agree(&mini::snapshot(&lines.join("\n")));
    }
}
