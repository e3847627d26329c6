//! What is to happen at a moment to come, ordered by (time, sequence).

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::calls::Caller;
use super::testing::Subject;
use super::{Driven, World};
use crate::orchestrate::{Answer, BuildId, CallId, Concern, Event, Timer};
use crate::time::Timestamp;

/// Something to come.
#[derive(Clone, Debug)]
pub(super) enum Happening {
    /// The bus brings the orchestrator a message.
    Message(Event),
    /// The tests hear from the bus that something is built.
    Built(Subject),
    /// A test ends.
    TestEnds(Subject),
    /// A timer of one life of the orchestrator.
    Timer {
        life: u32,
        timer: Timer,
    },
    /// A timer of one life of koji's own task of a module.
    TaskTimer {
        build: BuildId,
        life: u32,
        timer: Timer,
    },
    /// An answer reaches the process that called.
    Answer {
        life: u32,
        caller: Caller,
        call: CallId,
        answer: Answer,
    },
    /// People are done with what a mail asked of them.
    People(Concern),
    /// A change of a kind comes in, the nth of it, from 1.
    Change {
        arrivals: usize,
        nth: u32,
    },
    FaultBegins(usize),
    FaultEnds(usize),
}

/// A happening and its time; the earliest is the greatest, as a heap wants it.
#[derive(Debug)]
struct Due {
    at: Timestamp,
    sequence: u32,
    what: Happening,
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.sequence) == (other.at, other.sequence)
    }
}

impl Eq for Due {}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Due {
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.sequence).cmp(&(self.at, self.sequence))
    }
}

fn is_poll(what: &Happening) -> bool {
    matches!(what, Happening::Timer { timer: Timer::Poll | Timer::Party { is_away: true, .. }, .. })
}

/// What is to happen, but for what koji does by itself.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    heap: BinaryHeap<Due>,
    /// How many entries are no polls.
    pending: u32,
    sequence: u32,
}

impl Agenda {
    pub(super) fn reset(&mut self) {
        self.heap.clear();
        (self.pending, self.sequence) = (0, 0);
    }

    fn add(&mut self, at: Timestamp, what: Happening) {
        self.pending += u32::from(!is_poll(&what));
        let sequence = self.sequence;
        self.sequence += 1;
        self.heap.push(Due { at, sequence, what });
    }

    /// Returns when the next happening is due.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.heap.peek().map(|due| due.at)
    }

    /// Returns whether nothing but polls is to come.
    pub(super) fn has_only_polls(&self) -> bool {
        self.pending == 0
    }

    fn pop_due(&mut self, now: Timestamp) -> Option<Happening> {
        if self.heap.peek().is_none_or(|due| due.at > now) {
            return None;
        }
        let Due { what, .. } = self.heap.pop()?;
        self.pending -= u32::from(!is_poll(&what));
        Some(what)
    }
}

impl World<'_> {
    pub(super) fn schedule(&mut self, at: Timestamp, what: Happening) {
        self.agenda.add(at, what);
    }

    /// Takes the next happening that is due now.
    pub(super) fn pop_due(&mut self) -> Option<Happening> {
        self.agenda.pop_due(self.now)
    }

    pub(super) fn happen(&mut self, what: Happening, driven: &mut Driven<'_>) {
        if !is_poll(&what) {
            self.counts.activity += 1;
        }
        match what {
            Happening::Message(event) => self.receive(event),
            Happening::Built(subject) => self.ask_for_test(subject),
            Happening::TestEnds(subject) => self.test_ends(subject),
            Happening::Timer { life, timer } => {
                if life == self.process.life && !self.process.is_down {
                    self.inbox.events.push_back(Event::Timer { timer });
                }
            }
            Happening::TaskTimer { build, life, timer } => {
                self.reach_module_task(build, life, Event::Timer { timer });
            }
            Happening::Answer { life, caller: Caller::ModuleTask(build), call, answer } => {
                self.reach_module_task(build, life, Event::Answered { call, answer });
            }
            Happening::Answer { life, caller: Caller::Orchestrator, call, answer } => {
                if life == self.process.life && !self.process.is_down {
                    self.give(call, answer);
                }
            }
            Happening::People(concern) => self.people_act(&concern),
            Happening::Change { arrivals, nth } => self.change_comes(arrivals, nth),
            Happening::FaultBegins(fault) => self.fault_begins(fault),
            Happening::FaultEnds(fault) => self.fault_ends(fault, driven),
        }
    }
}
