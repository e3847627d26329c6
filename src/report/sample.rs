//! A small comparison and a small run, made up, for the tests of every renderer.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::capacity::{Capacity, Neighbour, Point};
use super::chain::Part;
use super::compare::Comparison;
use super::farm_load::GroupLoad;
use super::pilot::{GroupTime, Pilot};
use super::svg::GanttModule;
use super::variant::Variant;
use crate::sim::{Bar, BarEnd, Busy, Outcome, Ready, RunFigures};
use crate::time::{Millis, Timestamp};

pub(super) fn run(seconds: u64, builds: u64, outcome: Outcome) -> RunFigures {
    RunFigures {
        outcome,
        makespan: Millis::from_secs(seconds),
        module_builds: builds / 5,
        component_builds: builds,
        tasks: 2 * builds,
        hub_calls: builds / 2,
        repo_regenerations: 0,
        messages: 3,
        mails: 0,
        reused: 0,
        rebuilds_per_module_max: 2,
        wasted: Millis(1500),
        defects_escaped: 0,
        waivers: 0,
        fixes: 0,
        messages_lost: 0,
        events: 4 * builds,
        ready: ready(seconds, outcome),
        changes: Vec::new(),
        busy: Busy::of_tasks(vec![
            ("aarch64".into(), Millis(90_500)),
            ("x86_64".into(), Millis(60_000)),
        ]),
    }
}

/// Two modules: the first is ready half way, the second at the end of a run that is done.
fn ready(seconds: u64, outcome: Outcome) -> Ready {
    let both = [Millis::from_secs(seconds / 2), Millis::from_secs(seconds)];
    let count = if outcome == Outcome::Done { 2 } else { 1 };
    Ready { modules: 2, times: both[..count].to_vec() }
}

/// Five kinds of tasks, one of them known by its pool alone.
pub(super) fn durations() -> super::Durations {
    use crate::trace::EstimateFrom::{All, PackageArch};
    let from = [(PackageArch, 4), (All, 1)].into();
    super::Durations { mode: "resample".to_owned(), kinds: 5, from, methods: [].into(), fits: None }
}

/// Two variants of four replications; one failed under the first.
pub(super) fn comparison() -> Comparison {
    use Outcome::{Done, Failed};
    let variant = |name: &str, runs: Vec<RunFigures>| Variant {
        name: name.to_owned(),
        runs: runs.into_iter().collect(),
    };
    let literal =
        vec![run(200, 20, Done), run(100, 20, Done), run(300, 30, Failed), run(400, 30, Done)];
    let planned =
        vec![run(150, 10, Done), run(60, 10, Done), run(250, 10, Done), run(340, 10, Done)];
    Comparison {
        seed: 7,
        variants: vec![
            variant("koji-owned/literal", literal),
            variant("koji-owned/planned", planned),
        ],
        model: super::compare::ModelUsed::Ideal,
        durations: durations(),
        is_drawn: true,
        confounders: Vec::new(),
        pilots: Vec::new(),
        probes: Vec::new(),
        is_sensitivity_told: false,
        is_ablation_told: false,
        command: "modplan compare modules.yaml --changed perl:5.30".to_owned(),
        interrupted_of: None,
        are_settings_untried: false,
        assumed: vec![super::Assumed::new("builders", "10 for each needed arch", "no --farm")],
    }
}

/// Makes a point of four runs; 2 of 4 miss a deadline of 250 s with fewer than 3 builders.
pub(super) fn point(x86: u32, approach: &str) -> Point {
    let divided = |seconds| run(seconds / u64::from(x86), 10, Outcome::Done);
    Point {
        builders: [("x86".to_owned(), x86.into())].into(),
        approach: approach.to_owned(),
        cost: f64::from(x86) + 2.0,
        is_priced: false,
        builders_of: [("x86_64".into(), x86), ("aarch64".into(), 2)].into(),
        without_builder: [].into(),
        runs: [400, 500, 600, 700].map(divided).into_iter().collect(),
    }
}

/// A sweep over one to four builders, done within 240 s from three on.
pub(super) fn capacity() -> Capacity {
    let neighbour = |group: &str, seconds: u64| Neighbour {
        point: 2,
        group: group.to_owned(),
        runs: [400, 500, 600, 700]
            .map(|whole| run(whole / 3 - seconds, 10, Outcome::Done))
            .into_iter()
            .collect(),
    };
    Capacity {
        seed: 7,
        deadline: Millis::from_secs(240),
        confidence: 0.9,
        points: (1..=4).map(|x86| point(x86, "orchestrator-owned/planned")).collect(),
        neighbours: vec![neighbour("x86", 5), neighbour("arm", 30)],
        model: super::compare::ModelUsed::Koji,
        durations: durations(),
        is_drawn: true,
        confounders: Vec::new(),
        pilots: Vec::new(),
        probes: [].into(),
        is_sensitivity_told: true,
        command: "modplan capacity modules.yaml --vary x86=1..4".to_owned(),
        interrupted_of: None,
        are_settings_untried: false,
        assumed: vec![super::Assumed::new(
            "trace",
            "every buildArch task takes 600 s",
            "no --trace",
        )],
    }
}

fn bar(lane: &str, module: &str, build: u32, seconds: Range<u64>, outcome: BarEnd) -> Bar {
    Bar {
        lane: lane.into(),
        module: module.into(),
        build,
        method: "buildArch".into(),
        created: None,
        package: "perl".into(),
        arch: "x86_64".into(),
        start: Timestamp(seconds.start * 1000),
        end: Timestamp(seconds.end * 1000),
        outcome,
    }
}

pub(super) fn bars() -> Vec<Bar> {
    vec![
        bar("x86/1", "perl:5.30:466ea64f", 1, 0..1500, BarEnd::Closed),
        bar("x86/2", "perl:5.30:466ea64f", 1, 0..400, BarEnd::Closed),
        bar("x86/2", "perl:5.30:466ea64f", 1, 400..900, BarEnd::Failed),
        bar("x86/2", "perl-DBI:1.641:03d935ed", 2, 1500..1830, BarEnd::Closed),
        bar("arm/10", "perl-FCGI:0.78:03d935ed", 1, 1500..1600, BarEnd::Canceled),
        bar("arm/9", "perl-FCGI:0.78:03d935ed", 1, 1500..1900, BarEnd::Closed),
    ]
}

/// For how many seconds builders of groups work and do not.
pub(super) fn used(groups: &[(&str, u64, u64)]) -> BTreeMap<Arc<str>, GroupTime> {
    let of = |&(group, busy, idle): &(&str, u64, u64)| {
        let time = GroupTime { busy: Millis::from_secs(busy), idle: Millis::from_secs(idle) };
        (group.into(), time)
    };
    groups.iter().map(of).collect()
}

/// A pilot of two runs of 950 s on average; the second is drawn.
pub(super) fn pilot() -> Pilot {
    let parts = [(Part::Building, 1200), (Part::WaitingForBuilder, 600), (Part::Tests, 100)];
    Pilot {
        name: "koji-owned/literal".to_owned(),
        runs: 2,
        done: 1,
        typical: 2,
        outcome: Outcome::Done,
        makespan: Millis::from_secs(950),
        parts: parts.map(|(part, seconds)| (part, Millis::from_secs(seconds))).into(),
        load: vec![GroupLoad {
            group: "x86".into(),
            builders: 2,
            busy: Millis::from_secs(900),
            idle: Millis::from_secs(1000),
            working: vec![500; 60],
            waiting: [("default".into(), vec![1000; 60])].into(),
        }],
        used: used(&[("x86", 1800, 2000)]),
        bars: bars(),
        modules: modules(),
    }
}

pub(super) fn modules() -> Vec<GanttModule> {
    let module = |id: &str, wave| GanttModule { id: id.into(), wave };
    vec![
        module("perl:5.30:466ea64f", 1),
        module("perl-DBI:1.641:03d935ed", 2),
        module("perl-FCGI:0.78:03d935ed", 2),
    ]
}

/// A module of a plan, of stream `1-0`, without components.
pub(super) fn plan_module(wave: u32, name: &str, context: &str) -> crate::plan::model::PlanModule {
    crate::plan::model::PlanModule {
        id: format!("{name}:1-0:{context}"),
        name: name.to_owned(),
        stream: "1-0".to_owned(),
        context: context.to_owned(),
        wave,
        ..Default::default()
    }
}
