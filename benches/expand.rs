//! How fast documents are expanded, on the shapes for which the Module Build Service was timed; its
//! times are listed beside these in README.md.
//!
//! The whole of Fedora 29 is measured if the shared data tree is available.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use modplan::expand::resolve::{Limits, Needs, Universe, resolve};
use modplan::expand::{
    Build, Collection, Document, Expansion, Group, Loaded, Settings, StaticContext, expand,
};
use modplan::load::{self, Options};
use modplan::name::{ModuleName, NameStream, Nsvc, Version};
use modplan::plan::platform::Platforms;

#[path = "../tests/support/universe.rs"]
#[expect(dead_code, reason = "the tests use the rest of it")]
mod universe;

use universe::Case;

/// Registers the builds of a case as builds on their platform.
fn collection(case: &Case) -> Collection {
    let is_base = |name: &ModuleName| name.as_str() == "platform";
    let bases: BTreeMap<NameStream, Nsvc> = case
        .candidates
        .iter()
        .filter(|candidate| is_base(&candidate.nsvc.name))
        .map(|candidate| {
            let Nsvc { name, stream, .. } = candidate.nsvc.clone();
            (NameStream { name, stream }, candidate.nsvc.clone())
        })
        .collect();
    let build = |candidate: &modplan::expand::resolve::Candidate| {
        let base = candidate.built_against.iter().next().and_then(|(name, stream)| {
            bases.get(&NameStream { name: name.clone(), stream: stream.clone() }).cloned()
        });
        Build { candidate: candidate.clone(), base, is_garbage: false, is_assumed: false }
    };
    case.candidates.iter().map(build).collect()
}

fn document(groups: &[Needs]) -> Document {
    let group = |needs: &Needs| Group { buildrequires: needs.clone(), requires: Needs::new() };
    Document {
        name: "app".into(),
        stream: "1".into(),
        version: Version(1),
        groups: groups.iter().map(group).collect(),
        static_contexts: Vec::<StaticContext>::new(),
        changes: Vec::new(),
    }
}

/// Everything from builds to documents with their contexts.
fn expand_case(case: &Case) -> Expansion {
    expand(&document(&case.groups), &collection(case), &Settings::default())
}

/// Everything from candidates to answers: the work of the service's resolver.
fn resolve_case(case: &Case) -> usize {
    let universe = Universe::new(case.candidates.iter().cloned(), Platforms::default());
    resolve(&universe, &case.groups, Limits::default()).answers.len()
}

fn any_stream(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("any stream of 200 modules");
    group.sample_size(10);
    for (open, contexts) in
        [(0, 1), (1, 1), (2, 1), (3, 1), (4, 1), (5, 1), (6, 1), (6, 4), (6, 8), (6, 16)]
    {
        let case = universe::independent(200, open, contexts);
        let id = |what: &str| BenchmarkId::new(what, format!("{open} open, {contexts} contexts"));
        let documents = 2 * 3_usize.pow(u32::try_from(open).expect("a small number"));
        assert_eq!(expand_case(&case).documents.len(), documents);
        assert_eq!(resolve_case(&case), documents);
        group.bench_function(id("resolve"), |b| b.iter(|| resolve_case(black_box(&case))));
        group.bench_function(id("expand"), |b| b.iter(|| expand_case(black_box(&case))));
    }
    group.finish();
}

fn runtime(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("runtime requires");
    for depth in [5, 6, 20, 100] {
        let case = universe::diamond(depth);
        assert_eq!(expand_case(&case).documents.len(), 1);
        group.bench_function(BenchmarkId::new("diamond", depth), |b| {
            b.iter(|| expand_case(black_box(&case)));
        });
    }
    let cycle = universe::cycle();
    assert_eq!(expand_case(&cycle).documents.len(), 1);
    group.bench_function("cycle", |b| b.iter(|| expand_case(black_box(&cycle))));
    // One conflict beside eight modules whose streams are open: 6561 combinations.
    let pigeons = universe::pigeonholes(9, 8, 8);
    assert!(expand_case(&pigeons).documents.is_empty());
    group.sample_size(10);
    group.bench_function("one conflict beside 6561 combinations", |b| {
        b.iter(|| expand_case(black_box(&pigeons)));
    });
    // More keys than anybody can build: reported, not listed.
    let explosion = universe::independent(200, 20, 1);
    assert!(expand_case(&explosion).has_errors());
    group.sample_size(10);
    group.bench_function("too many keys", |b| b.iter(|| expand_case(black_box(&explosion))));
    group.finish();
}

#[expect(clippy::disallowed_methods, reason = "benches find the shared tree by this variable")]
fn shared(sub: &str) -> Option<PathBuf> {
    let root = std::env::var("MODPLAN_SHARED").unwrap_or_else(|_| "../shared".to_owned());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(root).join(sub);
    path.exists().then_some(path)
}

fn fedora(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("every stream of Fedora 29 against all");
    group.sample_size(20).measurement_time(Duration::from_secs(5));
    for file in ["f29.yaml", "f29-updates.yaml"] {
        let Some(path) = shared(&format!("data/modulemd/libmodulemd-f29/{file}")) else { continue };
        let snapshot = load::load(&[path], &Options::default()).expect("the file can be read");
        let settings = Settings::default();
        let all = || {
            let loaded = Loaded::new(&snapshot, &settings.platforms);
            let documents = snapshot.streams.iter().filter_map(|stream| Document::of(stream).ok());
            let expand = |document: Document| {
                expand(&document, &loaded.collection, &settings).documents.len()
            };
            documents.map(expand).sum::<usize>()
        };
        assert!(all() >= 40, "nearly every stream of {file} can be built again");
        group.bench_function(BenchmarkId::new("expand", file), |b| b.iter(|| black_box(all())));
    }
    group.finish();
}

criterion_group!(benches, any_stream, runtime, fedora);
criterion_main!(benches);
