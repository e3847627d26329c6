//! What a poll sees, as events.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::Inner;
use super::gates::Tested;
use super::tagging::ToTag;
use crate::live::execute::memory::Part;
use crate::live::execute::observe::Observed;
use crate::live::execute::stop::Stop;
use crate::orchestrate::{Answer, BuildId, ComponentEnd, Outstanding, Reply, TaskId};

/// So many components are tagged together while others of their batch are still built. Each tag takes a task,
/// and farms have few builders for as many tasks as a large batch has at its end.
const TOGETHER: usize = 30;

impl Inner {
    /// Polls, unless a poll is under way: two would tag the same builds, and the next one sees what is new.
    pub(super) async fn poll(self: &Rc<Self>, about: &[Outstanding]) -> Result<Answer, Stop> {
        if self.is_polling.replace(true) {
            return Ok(Answer::Done(Reply::Nothing));
        }
        let polled = self.poll_alone(about).await;
        self.is_polling.set(false);
        polled
    }

    /// Asks how tasks stand, tells those that are over, and has judged what waits for a verdict. What was
    /// judged and did not pass waits for people.
    async fn poll_alone(self: &Rc<Self>, about: &[Outstanding]) -> Result<Answer, Stop> {
        for outstanding in about {
            if let &Outstanding::Test { build, component, attempt, is_closed: false } = outstanding
            {
                self.test(Tested { build, component, attempt }, false);
            }
        }
        let before = self.tagging.borrow().clone();
        let Observed { ends, tagging } = self.hub.observe(about, &before.tasks()).await?;
        self.tagging_stands(&tagging).await;
        let is_new = |part: &Part| !before.has(*part);
        let part_of = |&(task, end): &(TaskId, ComponentEnd)| {
            let part = self.memory.borrow().part(task).filter(is_new);
            part.map(|part| (task, part, end))
        };
        let ends: Vec<_> = ends.iter().filter_map(part_of).collect();
        self.say(&ends).await;
        let mut built: BTreeMap<BuildId, Vec<ToTag>> = BTreeMap::new();
        for &(_, part, end) in &ends {
            match end {
                ComponentEnd::Complete if !self.gates.component => {
                    self.breaker.borrow_mut().ended(part, true);
                    built.entry(part.build).or_default().push(ToTag { part, call: None });
                }
                ComponentEnd::Complete | ComponentEnd::Failed | ComponentEnd::Canceled => {
                    self.ended(part, end);
                }
            }
        }
        let held = self.held(about, &ends);
        built.retain(|build, parts| parts.len() >= TOGETHER || !held.contains(build));
        for (build, parts) in built {
            self.tag(build, parts).await;
        }
        Ok(Answer::Done(Reply::Nothing))
    }

    /// Returns the module builds that wait with what is built until there is more to tag: components of the
    /// same batch still run, and the next batch waits for all of them. What a graph orders may start earlier, and
    /// so may others where the limit is reached.
    fn held(
        &self,
        about: &[Outstanding],
        ends: &[(TaskId, Part, ComponentEnd)],
    ) -> BTreeSet<BuildId> {
        let ended: BTreeSet<TaskId> = ends.iter().map(|(task, ..)| *task).collect();
        let task_of = |outstanding: &Outstanding| match outstanding {
            Outstanding::Task { task } => Some(*task),
            Outstanding::Test { .. } => None,
        };
        let tasks: Vec<TaskId> = about.iter().filter_map(task_of).collect();
        if tasks.len() >= self.under_way_max {
            return BTreeSet::new();
        }
        let (memory, catalog) = (self.memory.borrow(), self.catalog.borrow());
        let running = tasks.iter().filter(|task| !ended.contains(task));
        let parts = running.filter_map(|task| memory.part(*task));
        let builds = parts.filter(|part| !self.tagging.borrow().has(*part)).map(|part| part.build);
        let is_by_batch = |build: &BuildId| {
            memory.module(*build).is_some_and(|module| !catalog.module(module).is_graph)
        };
        builds.filter(is_by_batch).collect()
    }

    /// Says of the tasks that did not end well what koji says.
    async fn say(&self, ends: &[(TaskId, Part, ComponentEnd)]) {
        let of = |end| ends.iter().filter(move |(_, _, found)| *found == end);
        let name = |part: &Part| self.catalog.borrow().key(part.component).clone();
        for (task, part, _) in of(ComponentEnd::Canceled) {
            tracing::warn!("task {} ({}) was canceled, by somebody else", task.0, name(part));
        }
        let failed: Vec<TaskId> = of(ComponentEnd::Failed).map(|(task, ..)| *task).collect();
        let reasons = self.hub.reasons(&failed).await;
        for ((task, part, _), reason) in of(ComponentEnd::Failed).zip(reasons) {
            tracing::warn!("task {} ({}) failed: {}", task.0, name(part), reason.trim());
        }
    }
}
