//! A hub that nobody reaches, and tasks that fail when they begin.

use super::method::Method;
use super::stamp::{Kind, Stamp};
use crate::time::Timestamp;

/// What is wrong at the hub now.
#[derive(Clone, Debug, Default)]
pub(super) struct Outage {
    is_offline: bool,
    /// What could not reach the hub: when, and who.
    held: Vec<Stamp>,
    /// Methods whose tasks fail when they begin.
    broken: Vec<Method>,
}

impl Outage {
    pub(super) fn is_offline(&self) -> bool {
        self.is_offline
    }

    pub(super) fn begin(&mut self) {
        self.is_offline = true;
    }

    /// Ends it; returns what could not reach the hub, `None` if everybody could.
    pub(super) fn end(&mut self) -> Option<Vec<Stamp>> {
        std::mem::take(&mut self.is_offline).then(|| std::mem::take(&mut self.held))
    }

    /// Keeps what could not reach the hub.
    pub(super) fn hold(&mut self, now: Timestamp, kind: Kind, index: u32) {
        self.held.push(Stamp { time: now, kind, index });
    }

    /// Forgets that a builder tries to reach the hub.
    pub(super) fn forget_polls(&mut self, builder: u32) {
        self.held.retain(|held| held.kind != Kind::Poll || held.index != builder);
    }

    pub(super) fn set_broken(&mut self, method: Method, is_broken: bool) {
        self.broken.retain(|&known| known != method);
        if is_broken {
            self.broken.push(method);
        }
    }

    pub(super) fn is_broken(&self, method: Method) -> bool {
        self.broken.contains(&method)
    }
}
