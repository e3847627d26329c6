//! Tasks and the calls that create them.

use super::{Map, calls};
use crate::koji::shapes::Task;
use crate::koji::{OneOrMany, Ref, RowsOrCount, Value};

calls! {
    /// Has a package built; the task.
    BuildCall "build" (src: String, target: Option<Ref>; opts: Map, priority: i64, channel: Ref) -> i64,
    /// Builds packages, level by level; returns the task.
    ChainBuild "chainBuild" (srcs: Vec<Vec<String>>, target: Ref; opts: Map, priority: i64, channel: Ref) -> i64,
    /// Has a module built by the plug-in; the task.
    ModuleBuild "moduleBuild" (plan: Map; opts: Map, priority: i64, channel: Ref) -> i64,
    /// Creates a task of any method, as an admin.
    MakeTask "makeTask" (method: String, arglist: Vec<Value>; ..settings) -> i64,
    /// One task, or several.
    GetTaskInfo "getTaskInfo" (task_id: OneOrMany<i64>; request: bool, strict: bool) -> OneOrMany<Option<Task>>,
    /// The request of a task.
    GetTaskRequest "getTaskRequest" (task_id "taskId": i64) -> Vec<Value>,
    /// The tasks that a task made.
    GetTaskChildren "getTaskChildren" (task_id: i64; request: bool, strict: bool) -> Vec<Task>,
    /// For every task of a tree, by its number as text, its children.
    GetTaskDescendents "getTaskDescendents" (task_id: i64; request: bool) -> std::collections::BTreeMap<String, Vec<Task>>,
    /// Tasks, or how many there are.
    ListTasks "listTasks" (; opts: Map, query_opts "queryOpts": Map) -> RowsOrCount<Task>,
    /// The result of a task.
    GetTaskResult "getTaskResult" (task_id "taskId": i64; raise_fault: bool) -> Value,
    /// Whether a task is over.
    TaskFinished "taskFinished" (task_id "taskId": i64) -> bool,
    /// Cancels a task and those that it made.
    CancelTask "cancelTask" (task_id: i64; recurse: bool) -> (),
    /// Cancels a task with its whole tree.
    CancelTaskFull "cancelTaskFull" (task_id: i64; strict: bool) -> (),
    /// Cancels the tasks that a task made.
    CancelTaskChildren "cancelTaskChildren" (task_id: i64) -> (),
    /// Resubmits a failed or canceled task; returns the new task.
    ResubmitTask "resubmitTask" (task_id "taskID": i64) -> i64,
    /// Changes how urgent a task is.
    SetTaskPriority "setTaskPriority" (task_id: i64, priority: i64; recurse: bool) -> (),
    /// Frees a task from its builder.
    FreeTask "freeTask" (task_id: i64) -> (),
    /// The files that a task wrote.
    ListTaskOutput "listTaskOutput" (task_id "taskID": i64; stat: bool, all_volumes: bool, strict: bool) -> Value,
    /// A piece of a file that a task wrote, in base64.
    DownloadTaskOutput "downloadTaskOutput" (task_id "taskID": i64, file "fileName": String; offset: i64, size: i64, volume: String) -> String,
    /// Buildroots, all or some.
    ListBuildroots "listBuildroots" (; host_id "hostID": Ref, tag_id "tagID": Ref, state: Value, rpm_id "rpmID": i64, archive_id "archiveID": i64, task_id "taskID": i64, buildroot_id "buildrootID": i64, repo_id "repoID": i64, query_opts "queryOpts": Map) -> Value,
}
