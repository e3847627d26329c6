//! Hand-computed runs, and random worlds in which skipped polls must show nowhere.

use std::sync::Arc;

use rand::{Rng as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;

use super::*;
use crate::farm::{Background, BuilderGroup, Farm, Model};
use crate::koji::TaskState;

mod cases;
mod identities;
mod keys;
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

/// Lets everything happen, and returns what was told.
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
