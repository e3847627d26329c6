//! What a poll sees, as events.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::Inner;
use super::gates::Tested;
use crate::live::execute::memory::Part;
use crate::live::execute::stop::Stop;
use crate::orchestrate::{Answer, BuildId, ComponentEnd, Event, Outstanding, Reply, TaskId};

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
        for outstanding in about.iter().filter(|_| !self.drain.is_on()) {
            if let &Outstanding::Test { build, component, attempt, is_closed: false } = outstanding
            {
                self.test(Tested { build, component, attempt }, false);
            }
        }
        let ends = self.hub.observe(about).await?;
        let part_of = |&(task, end): &(TaskId, ComponentEnd)| {
            self.memory.borrow().part(task).map(|part| (task, part, end))
        };
        let ends: Vec<_> = ends.iter().filter_map(part_of).collect();
        self.say(&ends).await;
        let mut built: BTreeMap<BuildId, Vec<Part>> = BTreeMap::new();
        for &(_, part, end) in &ends {
            match end {
                ComponentEnd::Complete if !self.gates.component => {
                    built.entry(part.build).or_default().push(part);
                }
                ComponentEnd::Complete | ComponentEnd::Failed | ComponentEnd::Canceled => {
                    self.ended(part, end);
                }
            }
        }
        for (build, parts) in built {
            for (part, tagged) in parts.iter().zip(self.tag_each(build, &parts).await) {
                match tagged {
                    Ok(()) => self.ended(*part, ComponentEnd::Complete),
                    Err(stop) => self.not_tagged(*part, &stop),
                }
            }
        }
        Ok(Answer::Done(Reply::Nothing))
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

    fn ended(&self, part: Part, end: ComponentEnd) {
        let Part { build, component, attempt } = part;
        drop(self.events.send(Event::ComponentEnded { build, component, attempt, end }));
    }

    /// A component without a gate is not done before it is tagged. If another try may tag it, the next
    /// poll finds it again.
    fn not_tagged(&self, part: Part, stop: &Stop) {
        tracing::warn!(call = "tag-component", "{}", stop.why);
        if matches!(stop.answer, Answer::Failed(_)) {
            self.ended(part, ComponentEnd::Failed);
        }
    }
}
