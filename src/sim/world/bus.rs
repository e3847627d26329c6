//! The bus: messages are late, lost, doubled, and overtake each other.

use std::collections::VecDeque;

use super::{Happening, World};
use crate::orchestrate::{Approach, Event};
use crate::sim::draw::{self, Purpose};
use crate::sim::log::Fact;
use crate::sim::world::testing::Subject;
use crate::time::Millis;

/// What a message is about, for its draws: (draw key, which of its kind).
pub(super) type About = (u64, u32);

/// What reaches the orchestrator.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    /// Answers and messages that are here.
    pub(super) events: VecDeque<Event>,
    /// Messages that koji-owned has not acknowledged: they are delivered again after a crash.
    pub(super) unacknowledged: Vec<Event>,
}

impl Inbox {
    pub(super) fn reset(&mut self) {
        self.events.clear();
        self.unacknowledged.clear();
    }
}

impl World<'_> {
    /// Publishes a message to the orchestrator.
    pub(super) fn publish(&mut self, event: Event, about: About) {
        self.counts.messages += 1;
        self.carry(|| event, || about);
    }

    /// Carries a message that was counted already to the orchestrator.
    pub(super) fn carry(&mut self, event: impl FnOnce() -> Event, about: impl FnOnce() -> About) {
        if self.is_bus_plain() {
            if !self.process.is_down {
                // What `receive` does then, for nearly every message of a large run: made in its
                // place, as a copy would wait for the writes of its parts (benches/README.md).
                self.inbox.events.extend(std::iter::once_with(event));
            } else {
                self.receive(event());
            }
            return;
        }
        let event = event();
        let Some((delay, second)) = self.transit(about()) else {
            self.note_lost(&event);
            return;
        };
        if let Some(second) = second {
            self.counts.messages += 1;
            self.schedule(self.now + second, Happening::Message(event.clone()));
        }
        self.schedule(self.now + delay, Happening::Message(event));
    }

    /// Carries a message that was counted already to the tests.
    pub(super) fn carry_to_tests(&mut self, subject: Subject, about: About) {
        if self.is_bus_plain() {
            self.ask_for_test(subject);
            return;
        }
        // The tests are another subscriber: their copy has its own luck.
        let Some((delay, second)) = self.transit((!about.0, about.1)) else {
            let Subject { build, component, .. } = subject;
            self.note(Fact::MessageLost { build, component, to_tests: true });
            return;
        };
        if let Some(second) = second {
            self.counts.messages += 1;
            self.schedule(self.now + second, Happening::Built(subject));
        }
        self.schedule(self.now + delay, Happening::Built(subject));
    }

    fn is_bus_plain(&self) -> bool {
        let bus = &self.setup.conditions.bus;
        !self.troubles.is_bus_out()
            && bus.delay == Millis::ZERO
            && bus.jitter == Millis::ZERO
            && bus.loss <= 0.0
            && bus.duplicate <= 0.0
    }

    /// Returns how late a message is and its duplicate, if there is one; none when it is lost.
    fn transit(&mut self, about: About) -> Option<(Millis, Option<Millis>)> {
        let bus = &self.setup.conditions.bus;
        let key = self.key(about.0, about.1);
        if self.troubles.is_bus_out() || draw::uniform(key, Purpose::Loss) < bus.loss {
            self.counts.tally.messages_lost += 1;
            return None;
        }
        let late = |purpose| {
            let share = draw::uniform(key, purpose) * bus.jitter.as_secs_f64();
            bus.delay + Millis::from_secs_f64(share).expect("a share of a time is a time")
        };
        let has_second = draw::uniform(key, Purpose::Duplicate) < bus.duplicate;
        Some((late(Purpose::Delay), has_second.then(|| late(Purpose::DuplicateDelay))))
    }

    /// A message arrives; while the orchestrator is down nobody hears it.
    pub(super) fn receive(&mut self, event: Event) {
        if self.process.is_down && self.setup.approach == Approach::KojiOwned {
            // Its queue is durable: what comes meanwhile waits.
            self.inbox.unacknowledged.push(event);
        } else if self.process.is_down {
            self.counts.tally.messages_lost += 1;
            self.note_lost(&event);
        } else {
            self.inbox.events.push_back(event);
        }
    }

    /// Notes what the orchestrator did not hear.
    fn note_lost(&mut self, event: &Event) {
        #[expect(clippy::wildcard_enum_match_arm, reason = "the bus carries these only")]
        let about = match *event {
            Event::ComponentEnded { build, component, .. }
            | Event::ComponentTested { build, component, .. } => Some((build, Some(component))),
            Event::RepoEnded { build, .. } | Event::Tested { build, .. } => Some((build, None)),
            Event::Waived { build, component, .. } => Some((build, component)),
            _ => None,
        };
        if let Some((build, component)) = about {
            self.note(Fact::MessageLost { build, component, to_tests: false });
        }
    }
}
