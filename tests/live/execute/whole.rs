//! A plan of the fixture, from its dry run to its end at the mock hub.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use modplan::koji_plan::{Earlier, Request};
use modplan::live::dry_run;
use modplan::live::execute::{Decided, GateCommand, Limits};
use modplan::load::SourceUrls;
use modplan::orchestrate::{Reach, define};
use modplan::plan::Plan;
use modplan::site::Site;

use super::*;
use crate::live::dry_run::{Case as DryCase, GIVEN, SOURCES, TIME};

/// Starts the mock hub of the dry run's tests, and works the plan out against it.
pub(super) fn decided(case: &DryCase) -> (Plan, Decided) {
    let plan = fs::read_to_string(case.path("plan.json")).expect("it is there");
    let plan: Plan = serde_json::from_str(&plan).expect("it is a plan");
    let site = fs::read(case.path("config.yaml")).expect("it is there");
    let site = Site::read(&site, 0).expect("it is valid");
    let (sources, _) = SourceUrls::read(&fs::read(SOURCES).expect("it is there"), 0);
    let given: Vec<_> = GIVEN.split(',').map(|id| id.parse().expect("a selector")).collect();
    let submitted: jiff::Timestamp = TIME.parse().expect("a time");
    let request = Request {
        plan: &plan,
        site: &site,
        sources: Some(&sources),
        given: &given,
        submitted,
        earlier: &Earlier::default(),
    };
    let out = dry_run(options(&case.mock.server), alice(), request).expect("it answers");
    assert!(out.checks.iter().all(|check| check.ok), "{:?}", out.checks);
    assert_eq!(out.builds.len(), out.modules);
    let decided = Decided {
        builds: out.builds,
        submitted_seconds: submitted.as_second(),
        priority: 5,
        poll_ms: 10,
        spool: None,
        takes_over: out.takes_over,
        final_repos: None,
        // The run's own builds fill the small farm of the fixture.
        limits: Limits { farm_load_max: None, ..Limits::of(&site) },
        gate: GateCommand::of(&site),
        canary: None,
    };
    // What a store keeps is what a process reads.
    let text = serde_json::to_string(&decided).expect("it is JSON");
    assert_eq!(serde_json::from_str::<Decided>(&text).expect("it is read back"), decided);
    (plan, decided)
}

/// Prepares the run of a plan; macros packages are made below a directory.
pub(super) fn case(plan: &Plan, decided: &Decided, directory: &Path, mock: Mock) -> Case {
    show_logs();
    let reach = Reach { plan, all: plan, superseded: &[], by_source: false };
    let heading = Heading::new(began(0), Vec::new(), define(reach));
    let work = decided.work("r1", directory).expect("macros packages are made");
    let started_ms = decided.submitted_seconds * 1000;
    Case { mock, heading, started_ms, work, rows: RefCell::default() }
}

#[test]
fn a_whole_plan_is_built_in_order_and_leaves_no_lock() {
    if std::process::Command::new("rpmbuild").arg("--version").output().is_err() {
        crate::support::left_out("no rpmbuild (Debian's rpm)");
        return;
    }
    let dry = DryCase::new(&["--speed", "20000"]);
    let (plan, decided) = decided(&dry);
    let case = case(&plan, &decided, dry.directory.path(), dry.mock);
    let driven = case.drive(None).expect("it lives");
    assert!(driven.is_over);
    let ready: BTreeMap<Arc<str>, ModuleState> =
        case.work.modules.keys().map(|id| (id.as_str().into(), ModuleState::Ready)).collect();
    assert_eq!(driven.states(), ready);
    let parts: usize = case.work.modules.values().map(|module| module.parts.len()).sum();
    let builds = case.builds();
    assert_eq!(builds.len(), parts + ready.len(), "one macros package for each module");
    assert!(builds.iter().all(|(_, state)| *state == TaskState::Closed), "{builds:?}");
    for module in case.work.modules.values() {
        let call = GetTag { tag: module.lock.as_str().into(), ..GetTag::default() };
        let lock = block_on(async { case.hub().await.call(&call).await.expect("it answers") });
        assert_eq!(lock, None, "{}", module.lock);
    }
}
