//! The order of all that happens: by time, kind and number, so that a poll that changes nothing can be
//! left out without a trace.

use crate::time::{Millis, Timestamp};

/// What happens at one moment happens in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Time is up for something that the scheduler checks.
    Wake,
    /// A leaf task ends.
    End,
    /// A client's task arrives.
    Arrive,
    /// The repo manager looks whether the repo of a tag is too old.
    AutoRegen,
    /// The repo manager looks at its queue.
    Manager,
    /// A `waitrepo` task looks.
    Look,
    /// A builder polls.
    Poll,
}

/// A place in the order of all that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stamp {
    pub(super) time: Timestamp,
    pub(super) kind: Kind,
    pub(super) index: u32,
}

impl Stamp {
    /// Returns the first poll that may follow, as time and builder.
    pub(super) fn next_poll(self) -> (Timestamp, u32) {
        match (self.kind, self.index) {
            (Kind::Poll, u32::MAX) => (self.time + Millis(1), 0),
            (Kind::Poll, at) => (self.time, at + 1),
            (
                Kind::Wake
                | Kind::End
                | Kind::Arrive
                | Kind::AutoRegen
                | Kind::Manager
                | Kind::Look,
                _,
            ) => (self.time, 0),
        }
    }
}

/// Returns the first moment of a lattice, from `from` on, that is not past.
pub(super) fn next_of(
    anchor: Timestamp,
    every: Millis,
    is_past: impl Fn(Timestamp) -> bool,
    from: Timestamp,
) -> Timestamp {
    let steps = (from - anchor).0.div_ceil(every.0);
    let time = anchor + Millis(steps * every.0);
    if is_past(time) { time + every } else { time }
}
