//! Hand-computed runs, and random worlds in which skipped polls must change nothing.

use std::sync::Arc;

use rand::{Rng as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;

use super::*;
use crate::farm::{Background, BuilderGroup, Farm, Model};
use crate::koji::TaskState;
use crate::time::Millis;

mod autoregen;
mod cases;
mod identities;
mod keys;
mod late;
mod modules;
mod refusals;
mod repo_keys;
mod verdicts;
mod worlds;

const MINUTE: u64 = 60_000;

fn secs(seconds: u64) -> Millis {
    Millis::from_secs(seconds)
}

fn at(seconds: u64) -> Timestamp {
    Timestamp(seconds * 1000)
}

/// Returns a farm of `count` builders of one arch, all constants koji's, turns of no length to speak
/// of, so that moments are round.
fn farm(count: u32) -> Farm {
    let mut farm = Farm { model: Model::Koji, ..Farm::default() };
    farm.builders = vec![BuilderGroup::new("x86", count, vec!["x86_64".into()])];
    farm.hub.builder_turn = Millis(1);
    farm.hub.builder_sleep = Millis(14_999);
    farm
}

fn hub(farm: &Farm) -> Hub {
    Hub::new(Arc::new(Settings::of(farm, [])), &Phases { run_age: secs(60), ..Phases::default() })
}

fn work(seconds: u64) -> Request {
    let work = Work::ok(secs(seconds));
    Request::Task { method: Method::Other, arch: TaskArch::Noarch, work }
}

fn spec(tag: TagId) -> BuildSpec {
    BuildSpec {
        tag,
        srpm: Some(Work::ok(secs(10))),
        arches: vec![(TaskArch::Arch(0), Work::ok(secs(100)))],
        tagging: Tagging::Task(Work::ok(secs(1))),
        mean_build: Millis::ZERO,
        repo: BuildRepo::Given,
        subject: Some(7),
    }
}

/// Lets everything happen, and returns the notices.
fn run(hub: &mut Hub) -> Vec<Notice> {
    let mut notices = Vec::new();
    for _ in 0..100_000 {
        let Some(time) = hub.next_time() else { return notices };
        hub.advance(time, &mut notices);
    }
    panic!("the run does not end");
}

fn advance(hub: &mut Hub, to: Timestamp) -> Vec<Notice> {
    let mut notices = Vec::new();
    hub.advance(to, &mut notices);
    notices
}

/// Makes a hub on a farm of one builder with something changed, and lets a second pass.
fn changed(change: impl FnOnce(&mut Farm)) -> Hub {
    let mut farm = farm(1);
    change(&mut farm);
    let mut hub = hub(&farm);
    advance(&mut hub, at(1));
    hub
}

fn no(_: &mut Farm) {}

fn whole(time: Option<Timestamp>) -> u64 {
    time.expect("it came to that").0 / 1000
}

/// Submits so many tasks of 1000 s, and returns when each was assigned.
fn assigned(hub: &mut Hub, count: usize) -> Vec<u64> {
    let tasks: Vec<TaskId> = (0..count).map(|_| hub.submit(work(1000), 0)).collect();
    run(hub);
    tasks.into_iter().map(|task| whole(hub.task(task).assigned)).collect()
}

/// Returns when the tasks of a method were created.
fn created(hub: &Hub, method: Method) -> Vec<u64> {
    hub.tasks().filter(|task| task.method == method).map(|task| task.created.0 / 1000).collect()
}

fn x86() -> ArchSet {
    ArchSet::default().with(0)
}

fn tag(hub: &mut Hub) -> TagId {
    hub.add_tag(x86(), RepoWork::growing(secs(60), Millis::ZERO))
}
