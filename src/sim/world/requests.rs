//! Counts the requests that an orchestrator makes of the hub.
//!
//! A driver hands over every event that is here before it asks the hub for what they led to: all of that is
//! one multicall, of a hundred calls at most. What the answers lead to is the next one.

use super::World;
use crate::orchestrate::{Asked, Call, Outstanding, Party};

/// So many calls fit into one multicall, and a poll asks for so many tasks in one request.
const CALLS_A_REQUEST: u64 = 100;

/// Requests to the hub.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Requests {
    made: u64,
    /// Events of this round that are still to be handed over.
    events_left: usize,
    /// Calls of this round.
    calls: u64,
}

impl Requests {
    /// Notes that the first of `here` events is handed over.
    pub(super) fn hand_over(&mut self, here: usize) {
        if self.events_left == 0 || self.events_left > here {
            (self.events_left, self.calls) = (here, 0);
        }
        self.events_left -= 1;
    }

    fn call(&mut self) {
        self.made += u64::from(self.calls.is_multiple_of(CALLS_A_REQUEST));
        self.calls += 1;
    }

    fn poll(&mut self, tasks: u64) {
        self.made += tasks.div_ceil(CALLS_A_REQUEST);
    }

    /// Returns how many were made.
    pub(super) fn made(self) -> u64 {
        self.made
    }
}

impl World<'_> {
    /// Counts a call, or a look for one, if the hub is asked for it.
    pub(super) fn count_request(&mut self, call: &Call) {
        if let Call::Poll { about } = call {
            let is_task = |asked: &&Outstanding| matches!(asked, Outstanding::Task { .. });
            self.calls.to_hub.poll(match about {
                Asked::Everything { tasks } => u64::from(*tasks),
                Asked::These(about) => about.iter().filter(is_task).count() as u64,
            });
        } else if call.party() == Party::Hub {
            self.calls.to_hub.call();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_events_of_one_moment_lead_to_is_one_request_a_hundred_calls_at_most() {
        let mut requests = Requests::default();
        // Two events wait, each leads to a call: one request. The answers of both wait then: another.
        for here in [2, 1, 2, 1] {
            requests.hand_over(here);
            requests.call();
        }
        assert_eq!(requests.made(), 2);
        requests.hand_over(1);
        (0..201).for_each(|_| requests.call());
        assert_eq!(requests.made(), 5);
        [0, 100, 101].into_iter().for_each(|tasks| requests.poll(tasks));
        assert_eq!(requests.made(), 8);
    }

    #[test]
    fn events_that_a_crash_took_end_their_round() {
        let mut requests = Requests::default();
        requests.hand_over(5);
        requests.call();
        requests.hand_over(1);
        requests.call();
        assert_eq!(requests.made(), 2);
    }
}
