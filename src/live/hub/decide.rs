//! Decides the next step after one try of a call. Pure: times and outcomes come in, the next step
//! goes out.
//!
//! ```text
//!   network trouble, HTML, 5xx ─▶ again, same number, same body      up to `tries_max`
//!   ServerOffline ─────────────▶ again after a while                 up to `offline_max`
//!   AuthExpired ───────────────▶ renew the session, then again       once
//!   session gone ──────────────▶ log in anew, then again             once, and never a write that may be done
//!   Retry (1009) ──────────────▶ done before: the answer is unknown
//!                                a read changed something after all: again with the next number
//!   Sequence (1008) ───────────▶ a read: log in anew; a write: unknown
//!   database trouble ──────────▶ rolled back: again with the next number    up to `rollbacks_max`
//!   any other fault ───────────▶ the answer
//! ```

use std::time::Duration;

use super::error::{HubError, Outcome};
use crate::koji::{Fault, FaultKind, Value};

/// How patient the client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// How often a call is made in all when no valid answer comes; at least once.
    pub tries_max: u32,
    /// The delay between tries after the first repetition, which is immediate.
    pub retry_interval: Duration,
    /// The delay between tries while the hub is offline.
    pub offline_interval: Duration,
    /// How long in all.
    pub offline_max: Duration,
    /// The number of repetitions of a call that the database rolled back.
    pub rollbacks_max: u32,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            tries_max: 31,
            retry_interval: Duration::from_secs(20),
            offline_interval: Duration::from_secs(20),
            offline_max: Duration::from_secs(2 * 3600),
            rollbacks_max: 5,
        }
    }
}

/// The kind of call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kind<'a> {
    pub(super) method: &'a str,
    /// Whether it changes something at the hub.
    pub(super) is_write: bool,
    /// Whether it is made in a session, which makes a repetition harmless.
    pub(super) has_session: bool,
}

/// The next step.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Next {
    /// It is over.
    Done(Result<Value, HubError>),
    /// Make the same call with the same number.
    Again(Duration),
    /// Make the same call with the next number.
    Afresh(Duration),
    /// Renew the session, then repeat the call with the next number.
    Renew,
    /// Log in anew, then make the call in the new session.
    Reopen,
}

/// The history of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct History {
    tries: u32,
    rollbacks: u32,
    offline: Duration,
    has_renewed: bool,
    has_reopened: bool,
    /// A try had no answer: the hub may have carried it out.
    may_be_done: bool,
}

impl History {
    /// Takes the outcome of a try, and returns the next step.
    pub(super) fn next(&mut self, patience: &Patience, kind: Kind<'_>, outcome: Outcome) -> Next {
        match outcome {
            Outcome::Answered(Ok(value)) => Next::Done(Ok(value)),
            Outcome::Answered(Err(fault)) => self.after_fault(patience, kind, fault),
            Outcome::Broken(reason) => self.after_break(patience, kind, reason),
            // A redirect, an answer that is too long: the hub may have carried out the call.
            Outcome::Final(error) if kind.is_write && !matches!(error, HubError::Setup(_)) => {
                Next::Done(Err(unknown(kind, error.to_string())))
            }
            Outcome::Final(error) => Next::Done(Err(error)),
        }
    }

    fn after_break(&mut self, patience: &Patience, kind: Kind<'_>, reason: String) -> Next {
        self.tries += 1;
        self.may_be_done = true;
        // Without a session nothing keeps a write from being done twice.
        let may_repeat = kind.has_session || !kind.is_write;
        if may_repeat && self.tries < patience.tries_max.max(1) {
            let is_first = self.tries == 1;
            return Next::Again(if is_first { Duration::ZERO } else { patience.retry_interval });
        }
        if kind.is_write {
            return Next::Done(Err(unknown(kind, reason)));
        }
        let (method, tries) = (kind.method.to_owned(), self.tries);
        Next::Done(Err(HubError::GaveUp { method, tries, reason }))
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "all other kinds are answers")]
    fn after_fault(&mut self, patience: &Patience, kind: Kind<'_>, fault: Fault) -> Next {
        let method = kind.method.to_owned();
        match fault.kind {
            FaultKind::Retry if kind.is_write => Next::Done(Err(unknown(kind, fault.text))),
            // A repeatable call keeps its number at some hubs, such as `host.taskWaitResults`.
            FaultKind::Retry if self.rollbacks < patience.rollbacks_max => {
                self.rollbacks += 1;
                Next::Afresh(Duration::ZERO)
            }
            FaultKind::Retry | FaultKind::Sequence => self.reopen(kind, fault),
            FaultKind::AuthExpired if kind.has_session && !self.has_renewed => {
                self.has_renewed = true;
                Next::Renew
            }
            FaultKind::Auth if kind.has_session && is_session_gone(&fault) => {
                self.reopen(kind, fault)
            }
            FaultKind::AuthLock => Next::Done(Err(HubError::Locked { method, text: fault.text })),
            FaultKind::Offline => self.wait_offline(patience, kind, fault),
            _ if fault.is_database_trouble() && self.rollbacks < patience.rollbacks_max => {
                self.rollbacks += 1;
                Next::Afresh(patience.retry_interval)
            }
            _ => Next::Done(Err(HubError::Fault { method, fault })),
        }
    }

    /// A new session has new numbers: a call that may be done already must not be repeated in it.
    fn reopen(&mut self, kind: Kind<'_>, fault: Fault) -> Next {
        let is_sequence = matches!(fault.kind, FaultKind::Sequence | FaultKind::Retry);
        if kind.is_write && (self.may_be_done || is_sequence) {
            return Next::Done(Err(unknown(kind, fault.text)));
        }
        if self.has_reopened || !kind.has_session {
            let method = kind.method.to_owned();
            return Next::Done(Err(HubError::Fault { method, fault }));
        }
        self.has_reopened = true;
        Next::Reopen
    }

    fn wait_offline(&mut self, patience: &Patience, kind: Kind<'_>, fault: Fault) -> Next {
        if self.offline < patience.offline_max {
            self.offline += patience.offline_interval.max(Duration::from_millis(1));
            return Next::Again(patience.offline_interval);
        }
        if kind.is_write && self.may_be_done {
            return Next::Done(Err(unknown(kind, fault.text)));
        }
        let (method, waited_seconds) = (kind.method.to_owned(), self.offline.as_secs());
        Next::Done(Err(HubError::Offline { method, waited_seconds, text: fault.text }))
    }
}

fn unknown(kind: Kind<'_>, reason: String) -> HubError {
    HubError::Unknown { method: kind.method.to_owned(), reason }
}

/// Distinguishes an unknown session from a call that requires another kind of session: koji has one
/// number for both.
fn is_session_gone(fault: &Fault) -> bool {
    fault.text.starts_with("Invalid session")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience = Patience {
        tries_max: 3,
        retry_interval: Duration::from_secs(20),
        offline_interval: Duration::from_secs(60),
        offline_max: Duration::from_secs(120),
        rollbacks_max: 1,
    };
    const READ: Kind<'_> = Kind { method: "getTag", is_write: false, has_session: true };
    const WRITE: Kind<'_> = Kind { method: "createTag", is_write: true, has_session: true };

    fn fault(code: i64, text: &str) -> Outcome {
        Outcome::Answered(Err(Fault::new(code, text)))
    }

    fn broken() -> Outcome {
        Outcome::Broken("connection reset".to_owned())
    }

    /// Returns the next step after each outcome in turn.
    fn steps(kind: Kind<'_>, outcomes: Vec<Outcome>) -> Vec<Next> {
        let mut history = History::default();
        outcomes.into_iter().map(|outcome| history.next(&PATIENCE, kind, outcome)).collect()
    }

    fn is_unknown(next: Option<&Next>) -> bool {
        matches!(next, Some(Next::Done(Err(HubError::Unknown { .. }))))
    }

    #[test]
    fn a_broken_call_is_repeated_at_once_then_at_intervals_then_given_up() {
        let again = [Next::Again(Duration::ZERO), Next::Again(Duration::from_secs(20))];
        let read = steps(READ, vec![broken(), broken(), broken()]);
        assert_eq!(read[..2], again);
        assert!(matches!(&read[2], Next::Done(Err(HubError::GaveUp { tries: 3, .. }))));
        let write = steps(WRITE, vec![broken(), broken(), broken()]);
        assert_eq!(write[..2], again);
        assert!(is_unknown(write.last()));
    }

    #[test]
    fn a_write_without_a_session_is_never_repeated() {
        let kind = Kind { has_session: false, ..WRITE };
        assert!(is_unknown(steps(kind, vec![broken()]).last()));
    }

    #[test]
    fn a_write_whose_number_was_used_is_unknown() {
        let text = "unable to retry call 269 (method createTag) for session 66";
        assert!(is_unknown(steps(WRITE, vec![broken(), fault(1009, text)]).last()));
        assert!(is_unknown(steps(WRITE, vec![fault(1008, "269 > 265 (session 66)")]).last()));
        assert_eq!(steps(READ, vec![fault(1008, "269 > 265 (session 66)")]), [Next::Reopen]);
    }

    #[test]
    fn a_read_whose_number_was_used_is_made_again_with_the_next() {
        let used = || fault(1009, "unable to retry call 7 (method host.taskWaitResults)");
        let next = steps(READ, vec![broken(), used(), used()]);
        assert_eq!(next[1], Next::Afresh(Duration::ZERO));
        assert_eq!(next[2], Next::Reopen, "not for ever");
    }

    #[test]
    fn an_expired_session_is_renewed_once() {
        let expired = || fault(1007, "session \"524\" has expired");
        let next = steps(WRITE, vec![expired(), expired()]);
        assert_eq!(next[0], Next::Renew);
        assert!(matches!(&next[1], Next::Done(Err(HubError::Fault { .. }))));
    }

    #[test]
    fn a_session_that_is_gone_is_replaced_unless_the_write_may_be_done() {
        let gone = || fault(1002, "Invalid session or bad credentials");
        assert_eq!(steps(WRITE, vec![gone()]), [Next::Reopen]);
        assert!(is_unknown(steps(WRITE, vec![broken(), gone()]).last()));
        assert_eq!(steps(READ, vec![broken(), gone()])[1], Next::Reopen);
        let exclusive =
            steps(WRITE, vec![fault(1002, "This method requires an exclusive session")]);
        assert!(matches!(&exclusive[0], Next::Done(Err(HubError::Fault { .. }))));
    }

    #[test]
    fn an_offline_hub_is_waited_for_up_to_the_bound() {
        let offline = || fault(1014, "hub is offline");
        let next = steps(READ, vec![offline(), offline(), offline()]);
        let again = Next::Again(Duration::from_secs(60));
        assert_eq!(next[..2], [again.clone(), again]);
        assert!(matches!(&next[2], Next::Done(Err(HubError::Offline { waited_seconds: 120, .. }))));
    }

    #[test]
    fn what_the_database_rolled_back_is_made_again_with_the_next_number() {
        let deadlock = || fault(1, "<class 'psycopg2.errors.DeadlockDetected'>: deadlock detected");
        let next = steps(WRITE, vec![deadlock(), deadlock()]);
        assert_eq!(next[0], Next::Afresh(Duration::from_secs(20)));
        assert!(matches!(&next[1], Next::Done(Err(HubError::Fault { .. }))));
    }

    #[test]
    fn other_faults_are_answers() {
        let next = steps(WRITE, vec![fault(1004, "tag permission required (logged in as bob)")]);
        assert!(matches!(&next[0], Next::Done(Err(HubError::Fault { .. }))));
        let locked = steps(WRITE, vec![fault(1006, "User locked by another session")]);
        assert!(matches!(&locked[0], Next::Done(Err(HubError::Locked { .. }))));
    }
}
