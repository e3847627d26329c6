use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::load::{self, Lock};
use crate::name::Version;

/// Makes a recipe from `key@source>after,after` words; batches follow the graph.
fn recipe(text: &str) -> Recipe {
    let mut parts: BTreeMap<crate::name::ComponentKey, Part> = BTreeMap::new();
    for word in text.split_whitespace() {
        let (head, after) = word.split_once('>').unwrap_or((word, ""));
        let (key, source) = head.split_once('@').unwrap();
        let after: BTreeSet<_> =
            after.split(',').filter(|key| !key.is_empty()).map(Into::into).collect();
        let batch = after.iter().map(|key| parts[key].batch).max().unwrap_or(1) + 1;
        let source =
            if source == "branch" { Source::Unpinned } else { Source::Pinned(source.to_owned()) };
        let part = Part { package: key.into(), source, arches: BTreeSet::new(), batch, after };
        parts.insert(key.into(), part);
    }
    Recipe { parts, ..Recipe::default() }
}

fn rebuilt(strategy: Strategy, now: &Recipe, earlier: &Recipe) -> Vec<String> {
    let decisions = decide(strategy, now, Some((earlier, Strategy::All)));
    let reason = |(key, decision)| match decision {
        Decision::Reused => None,
        Decision::Rebuilt(reason) => Some(format!("{key}: {reason}")),
    };
    decisions.into_iter().filter_map(reason).collect()
}

#[test]
fn a_change_reaches_only_what_waits_for_it() {
    let earlier = recipe("a@1 b@1 c@1>a d@1>b e@1>c");
    let now = recipe("a@2 b@1 c@1>a d@1>b e@1>c");
    assert_eq!(
        rebuilt(Strategy::Dependencies, &now, &earlier),
        [
            "a: its source changed from 1 to 2",
            "c: a before it is rebuilt",
            "e: c before it is rebuilt"
        ]
    );
    assert_eq!(
        rebuilt(Strategy::ChangedAndAfter, &now, &earlier),
        [
            "a: its source changed from 1 to 2",
            "c: batch 2 before it changed: a was added, removed or rebuilt",
            "d: batch 2 before it changed: a was added, removed or rebuilt",
            "e: batch 2 before it changed: a was added, removed or rebuilt",
        ]
    );
    assert_eq!(
        rebuilt(Strategy::OnlyChanged, &now, &earlier),
        ["a: its source changed from 1 to 2"]
    );
}

#[test]
fn an_unpinned_source_is_never_reused_by_any_strategy() {
    let same = recipe("a@branch b@1>a");
    for strategy in Strategy::ALL {
        let decisions = decide(strategy, &same, Some((&same, Strategy::All)));
        assert!(!decisions["a"].is_reused(), "{strategy}");
    }
    assert_eq!(rebuilt(Strategy::OnlyChanged, &same, &same).len(), 1);
    assert_eq!(rebuilt(Strategy::ChangedAndAfter, &same, &same).len(), 2);
    assert_eq!(rebuilt(Strategy::Dependencies, &same, &same).len(), 2);
}

#[test]
fn another_version_of_a_buildrequired_module_counts_for_dependencies_alone() {
    let with = |version| {
        let lock = Lock { stream: "5.30".into(), version: Version(version), context: "c".into() };
        Recipe { buildroot: [("perl".into(), lock)].into(), ..recipe("a@1") }
    };
    let (now, earlier) = (with(2), with(1));
    assert_eq!(
        rebuilt(Strategy::Dependencies, &now, &earlier),
        ["a: perl changed from 5.30:1:c to 5.30:2:c"]
    );
    assert!(rebuilt(Strategy::OnlyChanged, &now, &earlier).is_empty());
    assert!(rebuilt(Strategy::ChangedAndAfter, &now, &earlier).is_empty());
}

#[test]
fn a_removed_component_rebuilds_what_waited_for_it() {
    let earlier = recipe("a@1 b@1 c@1>a,b d@1>b");
    let now = recipe("b@1 c@1>b d@1>b");
    assert_eq!(
        rebuilt(Strategy::Dependencies, &now, &earlier),
        ["c: it waits for different components than before"]
    );
}

#[test]
fn without_an_earlier_build_everything_is_built() {
    let decisions = decide(Strategy::OnlyChanged, &recipe("a@1"), None);
    assert_eq!(decisions["a"], Decision::Rebuilt(Reason::NoEarlierBuild));
}

fn document(text: &str) -> load::Stream {
    let head = "document: modulemd\nversion: 2\ndata:\n  name: m\n  stream: s\n  version: 1\n";
    let rest = "  summary: s\n  description: d\n  license: {module: [MIT]}\n";
    let snapshot = load::parse_text("m.yaml", &format!("{head}{rest}{text}"));
    assert!(snapshot.findings.is_empty(), "{:?}", snapshot.findings);
    snapshot.streams.into_iter().next().unwrap()
}

#[test]
fn a_source_is_pinned_by_a_commit_or_by_what_was_built() {
    let commit = "a".repeat(40);
    let stream = document(&format!(
        "  components:
    rpms:
      by-commit: {{rationale: r, ref: {commit}}}
      by-package: {{rationale: r, ref: master}}
      perl-by-branch: {{rationale: r, ref: stream-1.0}}
  artifacts:
    rpms: ['by-package-0:1.0-2.fc29.src', 'perl-by-branch-libs-0:1-1.x86_64']
"
    ));
    let sources = Recipe::of(&stream, &|_| None).unwrap().parts;
    let source = |key: &str| sources[key].source.to_string();
    assert_eq!(source("by-commit"), commit);
    assert_eq!(source("by-package"), "by-package-0:1.0-2.fc29.src");
    assert_eq!(source("perl-by-branch"), "an unpinned source");
}

#[test]
fn buildafter_makes_the_graph_and_buildorder_makes_barriers() {
    let graph = document(
        "  components:
    rpms:
      a: {rationale: r}
      b: {rationale: r}
      c: {rationale: r, buildafter: [a]}
",
    );
    let parts = Recipe::of(&graph, &|_| None).unwrap().parts;
    assert_eq!(parts["c"].after, ["a".into()].into());
    let barriers = document(
        "  components:
    rpms:
      a: {rationale: r}
      b: {rationale: r}
      c: {rationale: r, buildorder: 1}
",
    );
    let parts = Recipe::of(&barriers, &|_| None).unwrap().parts;
    assert_eq!(parts["c"].after, ["a".into(), "b".into()].into());
    assert_eq!((parts["a"].batch, parts["c"].batch), (2, 3));
}
