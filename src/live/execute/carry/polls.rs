//! What a poll sees, as events.

use std::collections::BTreeMap;

use super::Inner;
use crate::live::execute::memory::Part;
use crate::live::execute::stop::Stop;
use crate::orchestrate::{Answer, BuildId, ComponentEnd, Event, Outstanding, Reply};

impl Inner {
    pub(super) async fn poll(&self, about: &[Outstanding]) -> Result<Answer, Stop> {
        let mut built: BTreeMap<BuildId, Vec<Part>> = BTreeMap::new();
        for (task, end) in self.hub.observe(about).await? {
            match (self.memory.borrow().part(task), end) {
                (Some(part), ComponentEnd::Complete) if !self.has_gate => {
                    built.entry(part.build).or_default().push(part);
                }
                (Some(part), end) => self.ended(part, end),
                (None, _) => {}
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
