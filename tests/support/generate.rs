//! Snapshots of any size from a seed: what benches measure and tests check at scale.

use std::sync::Arc;

use modplan::load::{Component, Dependencies, Input, Place, Requirement, Snapshot, Stream};
use modplan::name::{ModuleName, Version};
use rand::{Rng as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;

/// How many streams before it a stream may build on.
const REACH: u64 = 2_000;

/// Makes `streams` modules of one context each. A module builds on `platform` and on up to ten
/// others (five on average) of those before it, and has one to eight components in up to three
/// batches. The same numbers give the same snapshot on any machine.
pub(crate) fn snapshot(streams: u32, seed: u64) -> Snapshot {
    let mut random = Pcg64Mcg::seed_from_u64(seed);
    let documents = (0..streams).map(|at| document(at, &mut random)).collect();
    let input = Input {
        path: "generated.yaml".to_owned(),
        kind: "modulemd",
        documents: streams as usize,
        sha256: "0".repeat(64),
    };
    Snapshot { inputs: vec![input], streams: documents, ..Snapshot::default() }
}

fn document(at: u32, random: &mut Pcg64Mcg) -> Stream {
    let place = Place { input: 0, line: at + 1, column: 1 };
    let mut needs = Dependencies::default();
    let requirement = |stream: &str| Requirement { streams: [stream.into()].into(), place };
    needs.buildrequires.insert("platform".into(), requirement("el9"));
    for _ in 0..below(11, random) {
        if at > 0 {
            let back = 1 + below(REACH.min(u64::from(at)), random);
            needs.buildrequires.insert(name(u64::from(at) - back), requirement("1"));
        }
    }
    let components = (0..=below(8, random)).map(|index| {
        let key = format!("package-{at:06}-{index}");
        let buildorder = i64::from(u8::try_from(below(3, random)).expect("below three"));
        let package = key.as_str().into();
        (key.as_str().into(), Component { package, buildorder, place, ..Component::default() })
    });
    Stream {
        name: name(u64::from(at)),
        stream: "1".into(),
        version: Version(1),
        context: Some("00000000".into()),
        arch: Some("x86_64".into()),
        components: Arc::new(components.collect()),
        dependencies: Arc::new(vec![needs]),
        place,
        ..Stream::default()
    }
}

fn name(at: u64) -> ModuleName {
    format!("module-{at:06}").as_str().into()
}

fn below(bound: u64, random: &mut Pcg64Mcg) -> u64 {
    random.next_u64() % bound
}
