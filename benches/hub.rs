//! Measures the simulated hub: events of a busy farm, and the gain from skipping idle polls.

use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use modplan::farm::{BuilderGroup, Farm};
use modplan::hub::{
    ArchSet, BuildRepo, BuildSpec, Hub, Notice, Phases, Polling, RepoWork, Request, Settings,
    Tagging, TaskArch, Work,
};
use modplan::time::Millis;

const ARCHES: [&str; 4] = ["aarch64", "ppc64le", "s390x", "x86_64"];

fn settings(builders: u32, polling: Polling) -> Arc<Settings> {
    let group = |arch: &&str| BuilderGroup {
        capacity: 4.0,
        ..BuilderGroup::new(*arch, builders / 4, vec![(*arch).into()])
    };
    let farm = Farm { builders: ARCHES.iter().map(group).collect(), ..Farm::default() };
    Arc::new(Settings { polling, ..Settings::of(&farm, []) })
}

/// Runs so many builds for four arches, submitted at once; returns the number of events.
fn run(settings: &Arc<Settings>, builds: u64) -> u64 {
    let phases = Phases {
        builders: (0..settings.builders.len() as u64)
            .map(|at| Millis(at * 7919 % 15_000))
            .collect(),
        ..Phases::default()
    };
    let mut hub = Hub::new(Arc::clone(settings), &phases);
    let all = (0..4).fold(ArchSet::default(), ArchSet::with);
    let tag = hub.add_tag(all, RepoWork::growing(Millis::from_secs(60), Millis::ZERO));
    for build in 0..builds {
        let run = |step: u64| Work::ok(Millis(60_000 + (build * 7 + step) * 104_729 % 900_000));
        let spec = BuildSpec {
            tag,
            srpm: Some(run(0)),
            arches: (0..4).map(|arch| (TaskArch::Arch(arch), run(1 + u64::from(arch)))).collect(),
            tagging: Tagging::Task(Work::ok(Millis::from_secs(2))),
            mean_build: Millis::from_secs(600),
            repo: BuildRepo::Given,
            subject: None,
        };
        hub.submit(Request::Build(Arc::new(spec)), 0);
    }
    let mut notices: Vec<Notice> = Vec::new();
    // Literal polls never end by themselves.
    while hub.live_tasks() > 0 {
        let Some(time) = hub.next_time() else { break };
        hub.advance(time, &mut notices);
        notices.clear();
    }
    assert_eq!(hub.live_tasks(), 0, "every build ended");
    hub.events()
}

fn hub(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("hub");
    group.sample_size(10);
    for (builders, builds) in [(8, 300), (200, 300), (200, 3000)] {
        let name = format!("{builders} builders, {builds} builds");
        let skipped = settings(builders, Polling::Skipped);
        group.throughput(Throughput::Elements(run(&skipped, builds)));
        group.bench_with_input(BenchmarkId::new("skipped", &name), &builds, |bencher, &builds| {
            bencher.iter(|| run(&skipped, builds));
        });
        let literal = settings(builders, Polling::Literal);
        group.bench_with_input(BenchmarkId::new("literal", &name), &builds, |bencher, &builds| {
            bencher.iter(|| run(&literal, builds));
        });
    }
    group.finish();
}

criterion_group!(benches, hub);
criterion_main!(benches);
