//! The rules of the graph, a few lines of the mini-language each.

use super::*;
use crate::load::{Code, Unreadable};
use crate::mini::snapshot;
use crate::name::Selector;

fn graph_with(text: &str, options: &GraphOptions) -> ModuleGraph {
    ModuleGraph::new(&snapshot(text), options)
}

fn graph(text: &str) -> ModuleGraph {
    graph_with(text, &GraphOptions::default())
}

fn ids(graph: &ModuleGraph) -> Vec<String> {
    graph.modules().map(|(_, module)| module.id.to_string()).collect()
}

/// Returns the edges as `from > to`.
fn edges(graph: &ModuleGraph) -> Vec<String> {
    graph.edges().map(|(from, to)| format!("{} > {}", graph[from].id, graph[to].id)).collect()
}

fn dangling(graph: &ModuleGraph) -> Vec<String> {
    let row =
        |d: &Dangling| format!("{} {} {}", graph[d.module].id, d.requires, d.missing.as_str());
    graph.dangling().iter().map(row).collect()
}

fn self_requires(graph: &ModuleGraph) -> Vec<String> {
    let row = |s: &SelfRequire| format!("{} {}", graph[s.module].id, s.requires);
    graph.self_requires().iter().map(row).collect()
}

fn codes(graph: &ModuleGraph) -> Vec<Code> {
    graph.findings().iter().map(|finding| finding.code).collect()
}

#[test]
fn all_contexts_of_the_newest_version_are_nodes_and_no_older_one_is() {
    let text = "
        perl:5.30:9:old
        perl:5.30:10:a
        perl:5.30:10:b
        perl:5.26:8:old";
    assert_eq!(ids(&graph(text)), ["perl:5.26:old", "perl:5.30:a", "perl:5.30:b"]);

    let per_context =
        GraphOptions { versions: Versions::NewestPerContext, ..GraphOptions::default() };
    assert_eq!(
        ids(&graph_with(text, &per_context)),
        ["perl:5.26:old", "perl:5.30:old", "perl:5.30:a", "perl:5.30:b"]
    );

    let all = GraphOptions { versions: Versions::All, ..GraphOptions::default() };
    assert_eq!(
        ids(&graph_with(text, &all)),
        ["perl:5.26:8:old", "perl:5.30:9:old", "perl:5.30:10:a", "perl:5.30:10:b"]
    );
}

#[test]
fn a_newest_document_that_cannot_be_read_leaves_no_older_node_in_its_place() {
    let mut inputs = snapshot("perl:5.30:9\nhttpd:2.4:3");
    let place = Place { input: 0, line: 7, column: 1 };
    let lost = |version| Unreadable {
        module: NameStream::new("perl", "5.30"),
        version: Version(version),
        place,
    };
    inputs.unreadable = vec![lost(10)];
    let newer = ModuleGraph::new(&inputs, &GraphOptions::default());
    assert_eq!(ids(&newer), ["httpd:2.4:c0"]);
    assert_eq!(codes(&newer), [Code::NewestUnreadable]);
    assert_eq!(newer.findings()[0].place, place);

    inputs.unreadable = vec![lost(9)];
    let equal = ModuleGraph::new(&inputs, &GraphOptions::default());
    assert_eq!(ids(&equal), ["httpd:2.4:c0", "perl:5.30:c0"]);
    assert_eq!(codes(&equal), [Code::NewestUnreadable]);

    inputs.unreadable = vec![lost(8)];
    let older = ModuleGraph::new(&inputs, &GraphOptions::default());
    assert_eq!(ids(&older), ["httpd:2.4:c0", "perl:5.30:c0"]);
    assert!(older.findings().is_empty());
}

#[test]
fn documents_of_one_build_for_several_arches_are_one_module() {
    let text = "
        virt:rhel:8:c@x86_64 -> platform:el8 { qemu }
        virt:rhel:8:c@aarch64 -> platform:el8 { qemu libguestfs }
        httpd:2.4:1:d@x86_64 -> platform:el8
        httpd:2.4:1:d@aarch64 -> platform:el8";
    let graph = graph(text);
    assert_eq!(ids(&graph), ["httpd:2.4:d", "virt:rhel:c"]);
    let virt = &graph[graph.find("virt:rhel:c").unwrap()];
    assert_eq!(virt.arches, BTreeSet::from(["aarch64".into(), "x86_64".into()]));
    assert_eq!(
        virt.components.keys().map(ComponentKey::as_str).collect::<Vec<_>>(),
        ["libguestfs", "qemu"]
    );
    assert_eq!(virt.platform, Some("el8".into()));

    assert_eq!(codes(&graph), [Code::ArchDrift]);
    let drift = &graph.findings()[0];
    assert_eq!(drift.place.line, 2);
    assert_eq!(
        drift.message,
        "virt:rhel:8:c: components of only one: none here, libguestfs for aarch64 at mini:3:1"
    );
}

#[test]
fn dependencies_that_differ_between_arches_all_count() {
    let graph = graph(
        "
        scala:2.10:1:c@aarch64 -> maven:3.5
        scala:2.10:1:c@x86_64 -> maven:3.6
        maven:3.5
        maven:3.6",
    );
    assert_eq!(edges(&graph), ["maven:3.5:c0 > scala:2.10:c", "maven:3.6:c0 > scala:2.10:c"]);
    assert_eq!(codes(&graph), [Code::ArchDrift]);
}

#[test]
fn edges_run_from_what_is_built_first_and_remember_why() {
    let graph = graph(
        "
        perl:5.30
        perl-DBI:1.6 -> perl:5.30 platform:el8",
    );
    assert_eq!(edges(&graph), ["perl:5.30:c0 > perl-DBI:1.6:c0"]);
    let dbi = graph.find("perl-DBI:1.6:c0").unwrap();
    let (perl, link) = graph.dependencies(dbi).next().unwrap();
    assert_eq!(graph[perl].id, "perl:5.30:c0".into());
    assert_eq!(link.kind, LinkKind::Buildrequires);
    assert_eq!(link.requires, NameStream::new("perl", "5.30"));
    assert_eq!(link.place.line, 3);
    assert_eq!(graph.dependants(perl).map(|(to, _)| to).collect::<Vec<_>>(), [dbi]);
    assert!(graph.dangling().is_empty());
}

#[test]
fn lists_of_streams_mean_each_any_or_all_but() {
    let loaded = "x:1\nx:2\nx:3\n";
    let needs = |list: &str| edges(&graph(&format!("{loaded}app:1 -> x:{list}")));
    assert_eq!(needs("1|3"), ["x:1:c0 > app:1:c0", "x:3:c0 > app:1:c0"]);
    assert_eq!(needs(""), ["x:1:c0 > app:1:c0", "x:2:c0 > app:1:c0", "x:3:c0 > app:1:c0"]);
    assert_eq!(needs("-2"), ["x:1:c0 > app:1:c0", "x:3:c0 > app:1:c0"]);
}

#[test]
fn groups_are_united_and_runtime_requirements_followed_when_asked() {
    let text = "
        a:1
        b:1
        c:1
        app:1 -> a:1 => c:1 ; -> b:1";
    assert_eq!(edges(&graph(text)), ["a:1:c0 > app:1:c0", "b:1:c0 > app:1:c0"]);
    let follow = |follow| {
        let options = GraphOptions { follow, ..GraphOptions::default() };
        edges(&graph_with(text, &options))
    };
    assert_eq!(follow(Follow::Runtime), ["c:1:c0 > app:1:c0"]);
    assert_eq!(follow(Follow::Both).len(), 3);
}

#[test]
fn a_context_that_needs_another_stream_than_the_requirer_builds_on_does_not_fit() {
    let dbi = "
        perl:5.26
        perl:5.30
        DBI:1:1:for26 -> perl:5.26 => perl:5.26
        DBI:1:1:for30 -> perl:5.30 => perl:5.30
        DBI:1:1:any => perl:
        DBI:1:1:none
    ";
    let fits = |app: &str| -> Vec<String> {
        let graph = graph(&format!("{dbi}\n{app}"));
        let app = graph.find("app:1:c0").unwrap();
        graph
            .dependencies(app)
            .filter(|(from, _)| graph[*from].name.as_str() == "DBI")
            .map(|(from, _)| graph[from].context.clone().unwrap().to_string())
            .collect()
    };
    assert_eq!(fits("app:1 -> perl:5.26 DBI:1"), ["any", "for26", "none"]);
    assert_eq!(fits("app:1 -> perl:5.26|5.30 DBI:1"), ["any", "for26", "for30", "none"]);
    assert_eq!(fits("app:1 -> perl:-5.26 DBI:1"), ["any", "for30", "none"]);
    assert_eq!(fits("app:1 -> perl: DBI:1"), ["any", "for26", "for30", "none"]);
    assert_eq!(fits("app:1 -> DBI:1"), ["any", "for26", "for30", "none"]);
}

#[test]
fn what_base_modules_a_context_runs_on_does_not_matter() {
    let graph = graph(
        "
        lib:1 -> platform:el8.1 => platform:el8.1
        app:1 -> platform:el8.2 lib:1",
    );
    assert_eq!(edges(&graph), ["lib:1:c0 > app:1:c0"]);
}

#[test]
fn what_no_loaded_stream_answers_dangles_with_its_reason() {
    let graph = graph(
        "
        perl:5.30
        DBI:1 -> perl:5.26 => perl:5.26
        gone:2
        app:1 -> perl:5.30 DBI:1 mongodb:3.6 swig: gone:-2 platform:el9",
    );
    assert_eq!(edges(&graph), ["perl:5.30:c0 > app:1:c0"]);
    assert_eq!(
        dangling(&graph),
        [
            "DBI:1:c0 perl:5.26 not loaded",
            "app:1:c0 DBI:1 no compatible context",
            "app:1:c0 gone:* not loaded",
            "app:1:c0 mongodb:3.6 not loaded",
            "app:1:c0 swig:* not loaded",
        ]
    );
}

#[test]
fn a_requirement_on_the_own_name_is_listed_and_makes_no_edge() {
    let graph = graph(
        "
        go:1 -> go:1
        go:2 -> go:1 go:9
        rust:1 -> rust:
        rust:2 -> rust:-2|-1",
    );
    assert!(edges(&graph).is_empty());
    assert!(graph.dangling().is_empty());
    assert_eq!(
        self_requires(&graph),
        [
            "go:1:c0 go:1",
            "go:2:c0 go:9",
            "rust:1:c0 rust:1",
            "rust:1:c0 rust:2",
            "rust:2:c0 rust:*"
        ]
    );
}

#[test]
fn base_modules_are_given_and_no_node_unless_loaded() {
    let text = "app:1 -> platform:el8 core:1";
    let options = GraphOptions {
        base_modules: BTreeSet::from(["platform".into(), "core".into()]),
        ..GraphOptions::default()
    };
    let without = graph_with(text, &options);
    assert_eq!(ids(&without), ["app:1:c0"]);
    assert!(without.dangling().is_empty());

    let with = graph_with(&format!("{text}\nplatform:el8"), &options);
    let platform = with.find("platform:el8:c0").unwrap();
    assert_eq!(with[platform].kind, Kind::Base);
    assert_eq!(edges(&with), ["platform:el8:c0 > app:1:c0"]);
}

#[test]
fn a_module_without_components_is_passed_through() {
    let graph = graph("perl:5.26 { }\nDBI:1 -> perl:5.26");
    let perl = graph.find("perl:5.26:c0").unwrap();
    assert!(graph.is_pass_through(perl));
    assert_eq!(graph.dependants(perl).count(), 1);
}

#[test]
fn a_devel_module_that_repeats_components_is_an_output_of_the_other() {
    let graph = graph(
        "
        virt:rhel:2:new { qemu libvirt extra }
        virt-devel:rhel:1:old { qemu libvirt }
        app:1 -> virt-devel:rhel
        other-devel:1 { own }
        other:1 { something }
        user:1 -> other-devel:1",
    );
    let devel = graph.find("virt-devel:rhel:old").unwrap();
    assert_eq!(graph[devel].kind, Kind::ByProduct);
    assert_eq!(edges(&graph), ["other-devel:1:c0 > user:1:c0", "virt:rhel:new > app:1:c0"]);
    assert_eq!(
        graph.made_by(&NameStream::new("virt-devel", "rhel")),
        &NameStream::new("virt", "rhel")
    );
}

#[test]
fn a_third_part_is_a_version_where_one_is_loaded_else_a_context() {
    let graph = graph(
        "
        perl:5.30:12:a@x86_64
        perl:5.30:12:12
        perl:5.26:9:a",
    );
    let selected = |text: &str| -> Vec<String> {
        let id: Selector = text.parse().unwrap();
        graph.select(&id).into_iter().map(|module| graph[module].id.to_string()).collect()
    };
    assert_eq!(selected("perl"), ["perl:5.26:a", "perl:5.30:12", "perl:5.30:a"]);
    assert_eq!(selected("perl:5.30"), ["perl:5.30:12", "perl:5.30:a"]);
    assert_eq!(selected("perl:5.30:12"), ["perl:5.30:12", "perl:5.30:a"]);
    assert_eq!(selected("perl:5.30:a"), ["perl:5.30:a"]);
    assert_eq!(selected("perl:5.30:12:a:x86_64"), ["perl:5.30:a"]);
    assert!(selected("perl:5.30:12:a:s390x").is_empty());
    assert!(selected("perl:5.3").is_empty());
    assert!(selected("per").is_empty());
}

#[test]
fn the_order_of_inputs_changes_nothing() {
    let lines = [
        "perl:5.30:1:c@x86_64 { perl }",
        "perl:5.30:1:c@aarch64 { perl extra }",
        "DBI:1:1:a@x86_64 -> perl:5.30 => perl:5.30",
        "DBI:1:1:b@x86_64 -> perl:5.26 => perl:5.26",
        "app:1 -> DBI:1 perl:5.30",
    ];
    let forward = graph(&lines.join("\n"));
    let mut reversed = lines;
    reversed.reverse();
    let backward = graph(&reversed.join("\n"));
    assert_eq!(ids(&forward), ids(&backward));
    assert_eq!(edges(&forward), edges(&backward));
    assert_eq!(dangling(&forward), dangling(&backward));
}

#[test]
fn a_drawing_is_quoted_and_keeps_its_order() {
    let node = |id: &str, is_dashed| export::DrawnNode {
        id: id.to_owned(),
        label: vec![id.to_owned(), "a \"b\" \\".to_owned()],
        is_dashed,
    };
    let edge = |between, is_cut| export::DrawnEdge {
        from: "x:1".into(),
        to: "y:1".into(),
        between,
        is_cut,
    };
    let title = vec!["x".to_owned(), "wave 1".to_owned()];
    let drawing = export::Drawing {
        clusters: vec![export::Cluster { title, nodes: vec![node("x:1", true)] }],
        edges: vec![edge(None, false), edge(Some((0, 1)), false), edge(None, true)],
    };
    let text = export::dot(&drawing);
    assert!(text.contains(r#"label="x\nwave 1";"#), "{text}");
    assert!(text.contains(r#""x:1" [label="x:1\na \"b\" \\", style=dashed];"#), "{text}");
    assert!(text.contains("\"x:1\" -> \"y:1\";\n"), "{text}");
    assert!(text.contains("[ltail=cluster_1, lhead=cluster_2];\n"), "{text}");
    let cut = "[style=dashed, color=red, label=cut, constraint=false];\n";
    assert!(text.contains(cut), "{text}");
}

#[test]
fn superseded_versions_tell_what_a_service_that_is_behind_answers() {
    // c was built with a, then with b; d always with a.
    let text = "
        a:1:1:k -> platform:el8
        b:1:1:k -> platform:el8
        c:1:1:k -> a:1 platform:el8
        c:1:2:k -> b:1 platform:el8
        d:1:1:k -> a:1 platform:el8
        d:1:2:k -> a:1 platform:el8";
    let snapshot = snapshot(text);
    let options = GraphOptions::default();
    let edges = ModuleGraph::new(&snapshot, &options).superseded_edges(&snapshot, &options);
    assert_eq!(edges, [("a:1:k".to_owned(), "c:1:k".to_owned())]);
}

#[test]
fn a_stream_that_lost_its_last_zero_is_told_once_with_the_one_meant() {
    let text = "
        perl:5.30:1:c -> platform:el8
        a:1:1:d -> perl:5.3 platform:el8
        b:1:1:e -> perl:5.3 platform:el8
        d:1:1:f -> perl:5 platform:el8";
    let graph = graph(text);
    assert_eq!(codes(&graph), [Code::LostZero]);
    let told = &graph.findings()[0];
    assert_eq!(told.place.line, 3);
    assert_eq!(
        told.message,
        "perl:5.3 is required, and by one more module; it is not loaded, but perl:5.30 is: a zero \
         was lost"
    );
}
