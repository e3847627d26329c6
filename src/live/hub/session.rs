//! A session: its identity, and the number of the next call.

use std::fmt;

use crate::koji::shapes::{LoggedIn, Secret};

/// A session at the hub. Its key never shows.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Session {
    id: i64,
    key: Secret,
    /// The number of the next call; a repetition uses the number of the original call.
    next: u64,
    is_exclusive: bool,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("id", &self.id).field("next", &self.next).finish()
    }
}

/// A header of a request.
pub(super) type Header = (&'static str, String);

impl Session {
    pub(super) fn new(answer: LoggedIn) -> Self {
        Self { id: answer.id, key: answer.key, next: 0, is_exclusive: false }
    }

    /// Sets the key of a renewed session. The hub continues to count, and so must the client,
    /// unlike the official one.
    pub(super) fn renew(&mut self, answer: LoggedIn) {
        self.id = answer.id;
        self.key = answer.key;
    }

    /// Returns the number of the next call, and counts it.
    pub(super) fn take_number(&mut self) -> u64 {
        let number = self.next;
        self.next += 1;
        number
    }

    /// Returns the headers of the call with a number. Hubs up to 1.35 read the number from `Koji-Callnum`,
    /// which no client of koji sends: they would carry out a write twice whose answer is lost
    /// (koji's commit 255eadcf, "fix callnum lookup on hub").
    pub(super) fn headers(&self, number: u64) -> Vec<Header> {
        vec![
            ("Koji-Session-Id", self.id.to_string()),
            ("Koji-Session-Key", self.key.reveal().to_owned()),
            ("Koji-Session-Callnum", number.to_string()),
            ("Koji-Callnum", number.to_string()),
        ]
    }

    pub(super) fn set_exclusive(&mut self) {
        self.is_exclusive = true;
    }

    pub(super) fn is_exclusive(&self) -> bool {
        self.is_exclusive
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logged_in(id: i64, key: &str) -> LoggedIn {
        LoggedIn { id, key: Secret::new(key), header_auth: Some(true) }
    }

    #[test]
    fn a_renewed_session_has_a_new_key_and_keeps_counting() {
        let mut session = Session::new(logged_in(66, "1-first"));
        let numbers = [session.take_number(), session.take_number()];
        assert_eq!(numbers, [0, 1]);
        session.renew(logged_in(66, "1-second"));
        let number = session.take_number();
        let headers = session.headers(number);
        assert_eq!(headers[1].1, "1-second");
        assert_eq!((&*headers[2].1, &*headers[3].1), ("2", "2"));
    }

    #[test]
    fn the_key_does_not_show() {
        let session = Session::new(logged_in(66, "1-hidden"));
        assert!(!format!("{session:?}").contains("hidden"));
    }
}
