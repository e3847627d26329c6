//! Tagging what is built: asked for in few requests, and over when a poll sees the end of the tasks that do it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Inner, unknown};
use crate::koji::TaskState;
use crate::live::execute::memory::Part;
use crate::live::execute::stop::Stop;
use crate::live::execute::submit::Each;
use crate::live::execute::tag::Place;
use crate::orchestrate::{Answer, BuildId, CallId, ComponentEnd, Event, Fault, Reply};

/// A try of a component that is to be tagged.
#[derive(Clone, Copy, Debug)]
pub(super) struct ToTag {
    pub(super) part: Part,
    /// The call that asks for it; none: it has no gate, and is tagged because it is built.
    pub(super) call: Option<CallId>,
}

/// The tasks of koji that tag what is built, as far as this process asked for them.
#[derive(Clone, Debug, Default)]
pub(super) struct Tagging(BTreeMap<Part, Tasks>);

#[derive(Clone, Debug)]
struct Tasks {
    call: Option<CallId>,
    places: BTreeMap<i64, Place>,
}

impl Tagging {
    /// Returns whether a try is being tagged.
    pub(super) fn has(&self, part: Part) -> bool {
        self.0.contains_key(&part)
    }

    /// Returns koji's numbers of all tasks.
    pub(super) fn tasks(&self) -> Vec<i64> {
        self.0.values().flat_map(|tasks| tasks.places.keys().copied()).collect()
    }

    /// Takes what is over: of each try the places that a task did not tag it into.
    fn take_over(
        &mut self,
        state: impl Fn(i64) -> TaskState,
    ) -> Vec<(ToTag, BTreeMap<i64, Place>)> {
        let is_over = |tasks: &Tasks| tasks.places.keys().all(|&task| state(task).is_final());
        let over: Vec<Part> =
            self.0.iter().filter(|(_, tasks)| is_over(tasks)).map(|(part, _)| *part).collect();
        let mut taken = Vec::with_capacity(over.len());
        for part in over {
            if let Some(Tasks { call, mut places }) = self.0.remove(&part) {
                places.retain(|&task, _| state(task) != TaskState::Closed);
                taken.push((ToTag { part, call }, places));
            }
        }
        taken
    }
}

impl Inner {
    /// Has components of one module build tagged, together; one that cannot be tagged does not keep the others
    /// out.
    pub(super) async fn tag(&self, build: BuildId, parts: Vec<ToTag>) {
        let begun = self.begin_tagging(build, &parts).await;
        let begun = begun.unwrap_or_else(|stop| vec![Err(stop); parts.len()]);
        for (to_tag, begun) in parts.into_iter().zip(begun) {
            match begun {
                Ok(places) if places.is_empty() => self.tagged(to_tag),
                Ok(places) => {
                    let ToTag { part, call } = to_tag;
                    self.tagging.borrow_mut().0.insert(part, Tasks { call, places });
                }
                Err(stop) => self.not_tagged(to_tag, &stop),
            }
        }
    }

    async fn begin_tagging(
        &self,
        build: BuildId,
        parts: &[ToTag],
    ) -> Result<Each<BTreeMap<i64, Place>>, Stop> {
        let module = self.module_of(build)?;
        let mut tasks = Vec::with_capacity(parts.len());
        for (ToTag { part, .. }, one) in
            parts.iter().zip(self.tries(parts.iter().map(|to_tag| &to_tag.part)))
        {
            let task = self.memory.borrow().task(*part);
            let task = task.ok_or_else(|| unknown(&format!("the task of {}", one.component)))?;
            tasks.push((one.component, task));
        }
        self.hub.begin_tagging(module, &tasks).await
    }

    /// Takes how tasks stand that tag something: a try is in its tags when all of its tasks ended well, or when
    /// it is there all the same, as where a call was made twice.
    pub(super) async fn tagging_stands(&self, states: &BTreeMap<i64, TaskState>) {
        // A task that the hub does not know any more was lost.
        let state = |task| states.get(&task).copied().unwrap_or(TaskState::Canceled);
        let over = self.tagging.borrow_mut().take_over(state);
        let failed: BTreeSet<&Place> =
            over.iter().flat_map(|(_, places)| places.values()).collect();
        let there = match self.hub.tagged(failed).await {
            Ok(there) => there,
            Err(stop) => {
                // A component is found again by the next poll, and what was asked for is asked for again.
                tracing::warn!("it is not known what is tagged: {}", stop.why);
                let asked = over.iter().filter_map(|(to_tag, _)| to_tag.call);
                asked.for_each(|call| self.answer(call, stop.answer.clone()));
                return;
            }
        };
        for (to_tag, places) in over {
            match places.iter().find(|(_, place)| !there.contains(place)) {
                None => self.tagged(to_tag),
                Some((task, place)) => {
                    let why = format!("task {task}, which tags {place}, is {}", state(*task));
                    self.not_tagged(to_tag, &Stop::failed(Fault::Denied, why));
                }
            }
        }
    }

    fn tagged(&self, ToTag { part, call }: ToTag) {
        self.needs_repo(part.build);
        match call {
            Some(call) => self.answer(call, Answer::Done(Reply::Nothing)),
            None => self.ended(part, ComponentEnd::Complete),
        }
    }

    /// A component without a gate is not done before it is tagged. If another try may tag it, the next
    /// poll finds it again.
    fn not_tagged(&self, ToTag { part, call }: ToTag, stop: &Stop) {
        tracing::warn!(call = "tag-component", "{}", stop.why);
        match call {
            Some(call) => self.answer(call, stop.answer.clone()),
            None if matches!(stop.answer, Answer::Failed(_)) => {
                self.ended(part, ComponentEnd::Failed);
            }
            None => {}
        }
    }

    pub(super) fn ended(&self, part: Part, end: ComponentEnd) {
        let Part { build, component, attempt } = part;
        drop(self.events.send(Event::ComponentEnded { build, component, attempt, end }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::orchestrate::ComponentIx;

    fn part(component: u32) -> Part {
        Part { build: BuildId(0), component: ComponentIx(component), attempt: 1 }
    }

    #[test]
    fn a_try_is_over_when_all_of_its_tasks_are() {
        let place = |tag: &str| Place::new(tag, "a-1-1");
        let tasks = |numbers: [i64; 2]| Tasks {
            call: None,
            places: numbers.into_iter().zip([place("build"), place("ship")]).collect(),
        };
        let mut tagging =
            Tagging(BTreeMap::from([(part(1), tasks([1, 2])), (part(2), tasks([3, 4]))]));
        assert_eq!(tagging.tasks(), [1, 2, 3, 4]);
        let state = |task: i64| match task {
            1 | 3 => TaskState::Closed,
            2 => TaskState::Open,
            _ => TaskState::Failed,
        };
        let over = tagging.take_over(state);
        let [(to_tag, failed)] = &over[..] else { panic!("{over:?}") };
        assert_eq!((to_tag.part, failed), (part(2), &BTreeMap::from([(4, place("ship"))])));
        assert!(tagging.has(part(1)) && !tagging.has(part(2)));
        assert_eq!(tagging.take_over(|_| TaskState::Closed).len(), 1);
        assert_eq!(tagging.tasks(), [0_i64; 0]);
    }
}
