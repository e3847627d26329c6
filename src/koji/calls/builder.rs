//! The calls of builders.

use super::{Map, calls};
use crate::koji::shapes::{Build, Host, HostTask, Task};
use crate::koji::{Ref, Value};

calls! {
    /// The number of the caller's builder.
    HostGetId "host.getID" () -> i64,
    /// The caller's builder.
    HostGetHost "host.getHost" () -> Host,
    /// The tasks that the builder has open.
    HostGetHostTasks "host.getHostTasks" () -> Vec<HostTask>,
    /// The tasks that are given to the builder.
    HostGetTasks "host.getTasks" () -> Vec<Map>,
    /// Reports the builder's load and whether it is ready for tasks.
    HostUpdateHost "host.updateHost" (task_load: f64, ready: bool; data: Map) -> (),
    /// Opens a task; nil if another builder has it.
    HostOpenTask "host.openTask" (task_id: i64) -> Option<Task>,
    /// Refuses a task, softly or until it is over.
    HostRefuseTask "host.refuseTask" (task_id: i64; soft: bool, msg: String) -> (),
    /// Gives tasks back.
    HostFreeTasks "host.freeTasks" (tasks: Vec<i64>) -> (),
    /// Sets the weight of an open task.
    HostSetTaskWeight "host.setTaskWeight" (task_id: i64, weight: f64) -> (),
    /// Makes a task below an open one.
    HostSubtask "host.subtask" (method: String, arglist: Vec<Value>, parent: i64; ..settings) -> i64,
    /// Has a task wait for others.
    HostTaskSetWait "host.taskSetWait" (parent: i64, tasks: Option<Vec<i64>>) -> (),
    /// Which of the awaited tasks are over, and which are not.
    HostTaskWait "host.taskWait" (parent: i64) -> (Vec<i64>, Vec<i64>),
    /// The results of the tasks waited for.
    HostTaskWaitResults "host.taskWaitResults" (parent: i64, tasks: Option<Vec<i64>>; canfail: Vec<i64>) -> Vec<(i64, Value)>,
    /// Ends a task with its answer as XML.
    HostCloseTask "host.closeTask" (task_id: i64, response: String) -> (),
    /// Ends a task with its fault as XML.
    HostFailTask "host.failTask" (task_id: i64, response: String) -> (),
    /// Reserves a build.
    HostInitBuild "host.initBuild" (data: Map) -> i64,
    /// Ends a build well.
    HostCompleteBuild "host.completeBuild" (task_id: i64, build_id: i64, srpm: String, rpms: Vec<String>; brmap: Map, logs: Map) -> Build,
    /// Ends a build otherwise.
    HostFailBuild "host.failBuild" (task_id: i64, build_id: i64) -> (),
    /// Checks a policy; a denial is a fault.
    HostAssertPolicy "host.assertPolicy" (name: String, data: Map; default: String) -> (),
    /// Makes a buildroot.
    HostNewBuildRoot "host.newBuildRoot" (repo: i64, arch: String; task_id: i64) -> i64,
    /// Sets the state of a buildroot.
    HostSetBuildRootState "host.setBuildRootState" (buildroot_id "brootid": i64, state: Value; task_id: i64) -> (),
    /// Begins a repo: its number and its event.
    HostRepoInit "host.repoInit" (tag: Ref; task_id: i64, event: i64, opts: Map) -> (i64, i64),
    /// Ends a repo.
    HostRepoDone "host.repoDone" (repo_id: i64, data: Map; expire: bool, repo_json_updates: Map) -> (),
    /// Moves the files of a repo for users.
    HostDistRepoMove "host.distRepoMove" (repo_id: i64, path "uploadpath": String, arch: String) -> (),
    /// Tags a build for a task.
    HostTagBuild "host.tagBuild" (task_id: i64, tag: Ref, build: Ref; force: bool, from_tag "fromtag": Ref) -> (),
    /// Has people notified of tagging.
    HostTagNotification "host.tagNotification" (is_successful: bool, tag_id: Option<Ref>, from_id: Option<Ref>, build_id: Ref, user_id: Ref; ignore_success: bool, failure_msg: String) -> (),
}
