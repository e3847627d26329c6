//! A handler of tasks of modules: batches one after the other, each on a repo with all before it, then the
//! repo of the module. It begins at the top each time, and makes what is not there.

use std::collections::BTreeMap;

use super::*;

/// What a task builds.
#[derive(Clone)]
pub(super) struct Module {
    pub(super) tag: TagId,
    pub(super) batches: Arc<[Vec<Arc<BuildSpec>>]>,
    pub(super) createrepo: Work,
}

pub(super) type Modules = BTreeMap<TaskId, Module>;

impl Module {
    fn steps(&self) -> Vec<Vec<(Label, Request)>> {
        let mut steps = Vec::new();
        for (at, batch) in (0..).zip(&*self.batches) {
            steps.push(vec![(Label::Wait(at), Request::WaitRepo { tag: self.tag })]);
            let build = |(place, spec): (u32, &Arc<BuildSpec>)| {
                (Label::Build(at, place), Request::Build(Arc::clone(spec)))
            };
            steps.push((0..).zip(batch).map(build).collect());
        }
        let (method, work) = (Method::Createrepo, self.createrepo);
        let repo = Request::Task { method, arch: TaskArch::Noarch, work };
        steps.push(vec![(Label::Repo, repo)]);
        steps
    }

    /// Does what is to be done when its task was opened or woken.
    fn act(&self, hub: &mut Hub, task: TaskId) {
        for step in self.steps() {
            let mut state = |(label, request): (Label, Request)| {
                let known = hub.tasks[task.0].children.iter().find(|(known, _)| *known == label);
                let known = known.map(|&(_, child)| child);
                let child = known.unwrap_or_else(|| hub.subtask(task, label, request).0);
                hub.tasks[child].state
            };
            let states: Vec<TaskState> = step.into_iter().map(&mut state).collect();
            if states.iter().any(|state| matches!(state, TaskState::Failed | TaskState::Canceled)) {
                hub.fail(task);
                return;
            }
            if states.iter().any(|state| *state != TaskState::Closed) {
                return;
            }
        }
        hub.close(task);
    }
}

/// Lets everything up to a moment happen, tasks of modules with it.
pub(super) fn advance_with(hub: &mut Hub, to: Timestamp, modules: &Modules) -> Vec<Notice> {
    let mut notices = Vec::new();
    loop {
        let first = notices.len();
        hub.advance(to, &mut notices);
        for notice in &notices[first..] {
            if let Happened::Opened { task } | Happened::Woken { task } = notice.what {
                modules[&task].act(hub, task);
            }
        }
        if !hub.is_stopped() {
            return notices;
        }
    }
}

/// Lets everything happen, tasks of modules with it.
pub(super) fn run_with(hub: &mut Hub, modules: &Modules) -> Vec<Notice> {
    let mut notices = Vec::new();
    for _ in 0..100_000 {
        let Some(time) = hub.next_time() else { return notices };
        notices.extend(advance_with(hub, time, modules));
    }
    panic!("the run does not end");
}

/// A module of one component per batch.
fn module(hub: &mut Hub, batches: usize) -> Module {
    let tag = tag(hub);
    let batches = (0..batches).map(|_| vec![Arc::new(spec(tag))]).collect();
    Module { tag, batches, createrepo: Work::ok(secs(1)) }
}

#[test]
fn what_a_handler_makes_is_there_for_the_run_of_the_scheduler_of_the_same_turn() {
    let mut hub = changed(no);
    let module = module(&mut hub, 1);
    let task = hub.submit(Request::ModuleBuild, 0);
    let notices = advance(&mut hub, at(60));
    assert_eq!(notices.last().unwrap().what, Happened::Opened { task });
    // Nothing else happens before the handler has acted.
    assert_eq!((hub.is_stopped(), hub.next_time()), (true, Some(at(60))));
    let wait = hub.subtask(task, Label::Wait(0), Request::WaitRepo { tag: module.tag });
    assert_eq!(hub.task(wait).priority, hub.task(task).priority - 1);
    advance(&mut hub, at(61));
    assert_eq!((hub.is_stopped(), hub.is_waiting(task)), (false, true));
    // Its builder polls each 15 s, and wakes it after the wait ended; of the polls of that moment the
    // scheduler runs in this one.
    let woken = loop {
        let next = hub.next_time().unwrap();
        let last = advance(&mut hub, next).last().copied();
        if let Some(Notice { what: Happened::Woken { .. }, time }) = last {
            break time;
        }
    };
    assert!(hub.task(wait).ended.unwrap() < woken && hub.is_stopped());
    assert!(!hub.is_waiting(task), "it waits for nothing while its handler acts");
    hub.close(task);
    advance(&mut hub, woken);
    assert_eq!((hub.is_stopped(), hub.task(task).ended), (false, Some(woken)));
}

#[test]
fn a_task_that_lost_its_builder_is_opened_again_and_finds_its_subtasks_by_label() {
    let mut farm = farm(2);
    farm.hub.host_timeout = secs(100);
    let mut hub = hub(&farm);
    let module = module(&mut hub, 2);
    let task = hub.submit(Request::ModuleBuild, 0);
    let modules: Modules = [(task, module)].into();
    advance_with(&mut hub, at(400), &modules);
    let before = hub.tasks[task.0].children.clone();
    assert!(!before.is_empty() && hub.is_running(task));
    let builder = hub.task(task).builder.unwrap();
    hub.lose(builder);
    assert!(!hub.is_running(task), "its process is gone before the hub notices");
    let notices = run_with(&mut hub, &modules);
    let opened = |notice: &&Notice| notice.what == Happened::Opened { task };
    assert_eq!(notices.iter().filter(opened).count(), 1);
    let labels: Vec<Label> = hub.tasks[task.0].children.iter().map(|&(label, _)| label).collect();
    let (wait, build) = (Label::Wait, Label::Build);
    assert_eq!(labels, [wait(0), build(0, 0), wait(1), build(1, 0), Label::Repo]);
    assert_eq!(hub.tasks[task.0].children[..before.len()], before);
    assert_eq!(hub.task(task).state, TaskState::Closed);
    // The same label is the same subtask, even if another build is asked for.
    let again = hub.subtask(task, wait(0), work(1));
    assert_eq!(again, TaskId(before[0].1));
}
