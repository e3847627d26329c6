//! What koji's model reports to an orchestrator of what ended while it was down, and who makes the
//! repo of a module. Moments are counted from those of a run without trouble.

use super::on_hub::{TWO, farm, on_hub};
use super::*;
use crate::orchestrate::{Answer, Call, RepoMaker};
use crate::scenario::{Fault, FaultKind};

/// Two components, one after the other, on three builders of koji's model.
pub(super) fn two() -> Setup {
    on_hub(super::setup(&[("m", &[], TWO)], &[]), &farm(&[("x86_64", 3)]))
}

/// Returns when each row of a kind was logged.
pub(super) fn times(run: &Run, is_it: fn(&Log) -> bool) -> Vec<Timestamp> {
    run.log.iter().filter(|row| is_it(&row.what)).map(|row| row.at).collect()
}

/// The orchestrator is down from a moment on, for so many seconds.
pub(super) fn down(at: Timestamp, seconds: u64) -> Fault {
    Fault {
        at: Millis(at.0),
        after: None,
        kind: FaultKind::OrchestratorCrash,
        builders: None,
        count: None,
        module: None,
        lasts: Some(Millis::from_secs(seconds)),
        line: 0,
    }
}

pub(super) fn secs(seconds: u64) -> Millis {
    Millis::from_secs(seconds)
}

fn is_target(row: &Log) -> bool {
    matches!(row, Log::Answered { call: Call::CreateTarget { .. }, answer: Answer::Done(_), .. })
}

#[test]
fn a_target_made_while_the_orchestrator_is_down_is_found_when_it_is_back() {
    let setup = two();
    let made = times(&run(&setup), is_target)[0];
    // Down from 10 s before until 20 s after: reported then, and not before.
    let mut late = setup.clone();
    late.conditions.faults = vec![down(Timestamp(made.0 - 10_000), 30)];
    let late = run(&late);
    assert_eq!(times(&late, is_target), [made + secs(20)]);
    assert_eq!(late.figures.outcome, Outcome::Done);
}

#[test]
fn a_target_that_is_being_made_is_told_when_it_is_there() {
    let setup = two();
    let whole = run(&setup);
    let made = times(&whole, is_target)[0];
    // Back 70 s before it is made, the orchestrator waits for the rest.
    let mut early = setup.clone();
    early.conditions.faults = vec![down(Timestamp(made.0 - 100_000), 30)];
    let early = run(&early);
    assert_eq!(times(&early, is_target), [made]);
    assert_eq!(early.figures.makespan, whole.figures.makespan);
}

fn is_built(row: &Log) -> bool {
    matches!(row, Log::Event(Event::ComponentEnded { .. }))
}

fn is_repo(row: &Log) -> bool {
    matches!(
        row,
        Log::Event(Event::RepoEnded { .. })
            | Log::Answered {
                call: Call::MakeRepo { by: RepoMaker::Orchestrator, .. },
                answer: Answer::Done(_) | Answer::Failed(_),
                ..
            }
    )
}

fn made_by(repo: RepoMaker, faults: Vec<Fault>) -> Run {
    let mut setup = two();
    setup.conditions.repo = repo;
    setup.conditions.faults = faults;
    run(&setup)
}

/// Returns when the last component was built: then the repo is asked for.
fn built(run: &Run) -> Timestamp {
    times(run, is_built)[1]
}

#[test]
fn a_repo_of_the_orchestrator_takes_a_createrepo_and_one_of_koji_a_task_and_its_queue() {
    let own = made_by(RepoMaker::Orchestrator, Vec::new());
    // A createrepo takes 60 s where nobody says otherwise.
    assert_eq!(times(&own, is_repo), [built(&own) + secs(60)]);
    let koji = made_by(RepoMaker::Koji, Vec::new());
    assert_eq!(built(&koji), built(&own));
    // The task waits for a poll that assigns it and for one that takes it.
    assert!(times(&koji, is_repo)[0] > built(&koji) + secs(60));
    assert_eq!(koji.figures.tasks, own.figures.tasks + 1);
    assert_eq!(koji.figures.repo_regenerations, own.figures.repo_regenerations);
}

#[test]
fn a_crash_loses_a_repo_that_the_orchestrator_makes_and_leaves_koji_at_work() {
    // Down from 10 s after it was asked for, for 20 s: begun anew, it takes all of its 60 s.
    let own = made_by(RepoMaker::Orchestrator, Vec::new());
    let crash = down(built(&own) + secs(10), 20);
    let lost = made_by(RepoMaker::Orchestrator, vec![crash]);
    assert_eq!(times(&lost, is_repo), [built(&own) + secs(10 + 20 + 60)]);
    let whole = made_by(RepoMaker::Koji, Vec::new());
    let kept = made_by(RepoMaker::Koji, vec![down(built(&whole) + secs(10), 20)]);
    assert_eq!(times(&kept, is_repo), times(&whole, is_repo));
    // What ended while it was down is there when it is back, and is not made again.
    let ends = times(&whole, is_repo)[0];
    let late = made_by(RepoMaker::Koji, vec![down(Timestamp(ends.0 - 5000), 20)]);
    assert_eq!(times(&late, is_repo), [ends + secs(15)]);
    assert_eq!(late.figures.tasks, whole.figures.tasks);
}

#[test]
fn a_crash_after_a_repo_was_made_makes_it_no_second_time() {
    // The orchestrator dies right after it heard that its own repo is made, and right before.
    let whole = made_by(RepoMaker::Orchestrator, Vec::new());
    let is_event = |row: &&LogRow| matches!(row.what, Log::Event(_) | Log::Answered { .. });
    let events = whole.log.iter().filter(is_event).count() as u64;
    for after in 1..=events {
        let mut setup = two();
        setup.conditions.repo = RepoMaker::Orchestrator;
        setup.conditions.crash_after = vec![after];
        let run = run(&setup);
        assert_eq!(run.figures.outcome, Outcome::Done, "{after}");
        assert_eq!(run.figures.makespan, whole.figures.makespan, "{after}");
    }
}

#[test]
fn a_fault_of_repos_hits_both_and_a_hub_that_refuses_koji_alone() {
    let own = made_by(RepoMaker::Orchestrator, Vec::new());
    let fault = |kind, seconds| Fault {
        after: None,
        kind,
        at: Millis(built(&own).0 - 1000),
        lasts: Some(secs(seconds)),
        ..down(built(&own), 1)
    };
    // Fails after its 60 s; again a minute later, when repos can be made, it takes 60 s more.
    let failed = made_by(RepoMaker::Orchestrator, vec![fault(FaultKind::RepoFailure, 90)]);
    let ends = [60, 180].map(|after| built(&own) + secs(after));
    assert_eq!(times(&failed, is_repo), ends);
    let koji = made_by(RepoMaker::Koji, vec![fault(FaultKind::RepoFailure, 90)]);
    assert_eq!(times(&koji, is_repo).len(), 2);
    // Nobody need ask a hub that refuses for what is made without it.
    let refusing = |repo| made_by(repo, vec![fault(FaultKind::HubRefusing, 50)]);
    let alone = refusing(RepoMaker::Orchestrator);
    assert_eq!((times(&alone, is_repo)[0], alone.tally.calls_refused), (built(&own) + secs(60), 0));
    // koji is asked again after a minute.
    let asked = refusing(RepoMaker::Koji);
    assert!(times(&asked, is_repo)[0] > built(&own) + secs(120));
    assert_eq!(asked.tally.calls_refused, 1);
}

#[test]
fn in_the_ideal_model_a_repo_takes_no_time_whoever_makes_it() {
    let ends = [RepoMaker::Koji, RepoMaker::Orchestrator].map(|repo| {
        let mut setup = super::setup(&[("m", &[], TWO)], &[("x86_64", 3)]);
        setup.conditions.repo = repo;
        run(&setup).figures
    });
    assert_eq!(ends[0].makespan, secs(200));
    // But koji is asked, says that it has the task, and by a message that it is done.
    let RunFigures { messages, events, hub_calls, .. } = ends[1];
    let (messages, events, hub_calls) = (messages + 1, events + 1, hub_calls + 1);
    assert_eq!(ends[0], RunFigures { messages, events, hub_calls, ..ends[1].clone() });
}
