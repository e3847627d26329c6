//! Repos of build tags.

use super::*;

#[test]
fn a_hub_without_requests_is_asked_for_tasks() {
    let mut case = Case::start(0, &[]);
    case.work.has_repo_requests = false;
    let driven = case.drive(None).expect("it lives");
    case.is_done_once(&driven);
    let tasks = case.tasks("newRepo");
    let own = tasks.iter().filter(|task| task.owner_name.as_deref() == Some(USER));
    assert_eq!(own.count(), 2, "one for the macros package, one for the second batch");
    assert!(tasks.iter().all(|task| task.state == TaskState::Closed), "{tasks:?}");
}
