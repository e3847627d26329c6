//! Following a tree of tasks to its end, told as koji's own client tells it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::koji::calls::{GetHost, GetTaskChildren, GetTaskInfo, GetTaskResult};
use crate::koji::shapes::Task;
use crate::koji::{OneOrMany, TaskState, task_label};
use crate::live::clock;
use crate::live::hub::{Hub, HubError, TASKS_PER_REQUEST};

/// How tasks are followed.
pub struct Watching<'a> {
    /// The time between two looks.
    pub poll: Duration,
    /// Whether to stop looking: the tasks continue.
    pub stop: &'a AtomicBool,
    /// Hears each line.
    pub tell: &'a mut dyn FnMut(&str),
}

/// A task that is followed.
struct Followed {
    level: usize,
    task: Task,
    /// Where it runs, or why it failed, in words.
    state: String,
}

/// The tasks that are followed.
struct Tree<'a> {
    tasks: BTreeMap<i64, Followed>,
    hosts: BTreeMap<i64, String>,
    tell: &'a mut dyn FnMut(&str),
}

/// Follows tasks and all that is below them until they are over; returns how each ended. Those that are not
/// over when the look-out stops are left out.
///
/// # Errors
/// The hub does not answer.
pub async fn watch(
    hub: &mut Hub,
    tasks: &[i64],
    watching: Watching<'_>,
) -> Result<BTreeMap<i64, TaskState>, HubError> {
    let Watching { poll, stop, tell } = watching;
    tell("Watching tasks (this may be safely interrupted)...");
    let mut tree = Tree { tasks: BTreeMap::new(), hosts: BTreeMap::new(), tell };
    let mut new: Vec<(i64, usize)> = tasks.iter().map(|task| (*task, 0)).collect();
    while !stop.load(Ordering::Relaxed) {
        tree.update(hub).await?;
        // What was found may have children itself.
        while !new.is_empty() {
            tree.add(hub, &new).await?;
            new = tree.new_children(hub).await?;
        }
        if tree.is_over() {
            tree.tell_results(tasks);
            break;
        }
        clock::wait(u64::try_from(poll.as_millis()).unwrap_or(u64::MAX)).await;
        new = tree.new_children(hub).await?;
    }
    let ended = tree.tasks.into_iter().filter(|(_, one)| one.task.state.is_final());
    let own: BTreeSet<i64> = tasks.iter().copied().collect();
    Ok(ended.filter(|(id, _)| own.contains(id)).map(|(id, one)| (id, one.task.state)).collect())
}

impl Tree<'_> {
    /// Looks at the tasks that are not over.
    async fn update(&mut self, hub: &mut Hub) -> Result<(), HubError> {
        let open: Vec<i64> = (self.tasks.iter())
            .filter(|(_, one)| !one.task.state.is_final())
            .map(|(id, _)| *id)
            .collect();
        for info in infos(hub, &open).await? {
            let state = self.state_of(hub, &info).await?;
            let Some(known) = self.tasks.get_mut(&info.id) else { continue };
            let is_over = info.state.is_final() && !known.task.state.is_final();
            let before = std::mem::replace(&mut known.state, state);
            known.task = info;
            if before != known.state {
                let line = format!("{}: {before} -> {}", label(known), known.state);
                (self.tell)(&line);
            }
            if is_over {
                self.tell_counts();
            }
        }
        Ok(())
    }

    async fn add(&mut self, hub: &mut Hub, new: &[(i64, usize)]) -> Result<(), HubError> {
        let ids: Vec<i64> = new.iter().map(|(id, _)| *id).collect();
        let levels: BTreeMap<i64, usize> = new.iter().copied().collect();
        for task in infos(hub, &ids).await? {
            let state = self.state_of(hub, &task).await?;
            let level = levels.get(&task.id).copied().unwrap_or_default();
            let followed = Followed { level, task, state };
            let line = format!("{}: {}", label(&followed), followed.state);
            (self.tell)(&line);
            self.tasks.insert(followed.task.id, followed);
        }
        Ok(())
    }

    /// Returns the children of followed tasks that are not followed yet, each with its level.
    async fn new_children(&self, hub: &mut Hub) -> Result<Vec<(i64, usize)>, HubError> {
        let parents: Vec<(i64, usize)> =
            self.tasks.iter().map(|(id, one)| (*id, one.level + 1)).collect();
        let calls: Vec<GetTaskChildren> = (parents.iter())
            .map(|(id, _)| GetTaskChildren { task_id: *id, ..GetTaskChildren::default() })
            .collect();
        let mut new = Vec::new();
        for ((_, level), answer) in parents.iter().zip(hub.call_all(&calls).await?) {
            let children = answer.unwrap_or_default().into_iter().map(|child| child.id);
            new.extend(children.filter(|id| !self.tasks.contains_key(id)).map(|id| (id, *level)));
        }
        Ok(new)
    }

    /// Says how a task stands, as koji's client does.
    async fn state_of(&mut self, hub: &mut Hub, task: &Task) -> Result<String, HubError> {
        Ok(match (task.state, task.host_id) {
            (TaskState::Open, Some(host)) => format!("open ({})", self.host(hub, host).await?),
            (TaskState::Failed, _) => {
                let call = GetTaskResult { task_id: task.id, raise_fault: None };
                match hub.call(&call).await {
                    Err(HubError::Fault { fault, .. }) => format!("FAILED: {fault}"),
                    Err(error) => return Err(error),
                    Ok(_) => "FAILED".to_owned(),
                }
            }
            (state, _) => state.as_str().to_lowercase(),
        })
    }

    async fn host(&mut self, hub: &mut Hub, host: i64) -> Result<String, HubError> {
        if let Some(name) = self.hosts.get(&host) {
            return Ok(name.clone());
        }
        let found = hub.call(&GetHost { host: host.into(), ..GetHost::default() }).await?;
        let name = found.map_or_else(|| host.to_string(), |host| host.name);
        self.hosts.insert(host, name.clone());
        Ok(name)
    }

    fn is_over(&self) -> bool {
        self.tasks.values().all(|one| one.task.state.is_final())
    }

    fn tell_counts(&mut self) {
        let count = |states: &[TaskState]| {
            self.tasks.values().filter(|one| states.contains(&one.task.state)).count()
        };
        let free = count(&[TaskState::Free, TaskState::Assigned]);
        let (open, done) = (count(&[TaskState::Open]), count(&[TaskState::Closed]));
        let failed = count(&[TaskState::Failed, TaskState::Canceled]);
        (self.tell)(&format!("  {free} free  {open} open  {done} done  {failed} failed"));
    }

    fn tell_results(&mut self, tasks: &[i64]) {
        (self.tell)("");
        for one in tasks.iter().filter_map(|task| self.tasks.get(task)) {
            let outcome = match one.task.state {
                TaskState::Closed => "completed successfully",
                TaskState::Failed => "failed",
                TaskState::Canceled => "was canceled",
                TaskState::Free | TaskState::Assigned | TaskState::Open => "has not completed",
            };
            (self.tell)(&format!("{} {outcome}", label(one)));
        }
    }
}

fn label(followed: &Followed) -> String {
    let Followed { level, task, .. } = followed;
    format!("{:indent$}{} {}", "", task.id, task_label(task), indent = 2 * level)
}

/// Returns tasks with their requests; those that the hub does not know are left out.
async fn infos(hub: &mut Hub, tasks: &[i64]) -> Result<Vec<Task>, HubError> {
    let mut all = Vec::with_capacity(tasks.len());
    for some in tasks.chunks(TASKS_PER_REQUEST) {
        let task_id = OneOrMany::Many(some.to_vec());
        let call = GetTaskInfo { task_id, request: Some(true), strict: None };
        match hub.call(&call).await? {
            OneOrMany::Many(rows) => all.extend(rows.into_iter().flatten()),
            OneOrMany::One(row) => all.extend(row),
        }
    }
    Ok(all)
}
