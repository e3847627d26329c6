//! Runs computed by hand.

use super::*;

#[test]
fn a_task_is_assigned_in_a_run_opened_in_a_poll_and_ends_after_its_work() {
    // Builders poll at 0, 15, 30…; the scheduler may run at once, then each 60 s.
    let mut hub = hub(&farm(1));
    advance(&mut hub, at(1));
    let task = hub.submit(work(10), 0);
    run(&mut hub);
    let info = hub.task(task);
    assert_eq!(info.created, at(1));
    // The scheduler ran at 0, and found nothing.
    assert_eq!((info.assigned, info.opened), (Some(at(60)), Some(at(60))));
    assert_eq!((info.ended, info.state), (Some(at(70)), TaskState::Closed));
}

#[test]
fn a_build_pays_for_every_hop_of_its_tree() {
    let mut hub = hub(&farm(1));
    advance(&mut hub, at(1));
    let tag = hub.add_tag(ArchSet::default().with(0), RepoWork::growing(secs(60), Millis::ZERO));
    let build = hub.submit(Request::Build(Arc::new(spec(tag))), 0);
    run(&mut hub);
    let moments: Vec<_> = hub
        .tasks()
        .map(|task| {
            let seconds = |time: Option<Timestamp>| time.unwrap().0.div_ceil(1000);
            (
                task.method.as_str(),
                seconds(Some(task.created)),
                seconds(task.opened),
                seconds(task.ended),
            )
        })
        .collect();
    // The build opens at 60 in the run, and its turn ends 1 ms later: polls are at 60.001, 75.001…;
    // runs follow at 120.001, 180.001. The SRPM ends at 130.001; the poll at 135.002 wakes the
    // build, whose next task waits for the run at 180. Every later number follows alike.
    assert_eq!(
        moments,
        [
            ("build", 1, 60, 316),
            ("buildSRPMFromSCM", 60, 121, 131),
            ("buildArch", 136, 181, 281),
            ("tagBuild", 286, 301, 302),
        ]
    );
    assert_eq!(hub.task(build).state, TaskState::Closed);
    assert!(hub.tagged_at(build).is_some());
}
