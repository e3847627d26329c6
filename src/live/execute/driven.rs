//! A run as a process is given it, and how that process leaves it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::figures::Figures;
use super::halt::Halt;
use super::work::Work;
use crate::drive::{Entry, journal};
use crate::live::hub::Hub;
use crate::orchestrate::TaskId;
use crate::status::{ComponentState, ModuleState, ModuleStatus};

/// A run as it stands when a process begins to drive it.
#[derive(Clone, Debug)]
pub struct Run {
    /// What the run is.
    pub heading: journal::Heading,
    /// The rows that are kept already.
    pub entries: Vec<Entry>,
    /// When the run began, in milliseconds since 1970: rows count from there.
    pub started_ms: i64,
    /// What it builds.
    pub work: Work,
}

/// A hub with the session of a user.
#[derive(Debug)]
pub struct Session {
    /// The hub.
    pub hub: Hub,
    /// koji's number of the user.
    pub user: i64,
}

/// Who looks on while a run is driven.
pub struct Watch<'w> {
    /// Set where the process is to stop.
    pub stop: &'w AtomicBool,
    /// Gets what is new.
    pub tell: &'w mut dyn FnMut(News<'_>),
}

/// What is new in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News<'n> {
    /// This process drives the run of this name from now on.
    Drives(&'n str),
    /// What people wait for, in words.
    Line(&'n str),
}

/// How a process stopped driving a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Driven {
    /// Whether the run is over; else somebody interrupted it, and it can be resumed.
    pub is_over: bool,
    /// Whether somebody wanted the run to pause.
    pub is_paused: bool,
    /// Why the run stopped by itself and waits for people; `None`: it did not.
    pub halt: Option<Halt>,
    /// What kept a process that came back from driving the run at all, in words.
    pub refused: Option<String>,
    /// How every module stands, in the order of their ids.
    pub modules: Vec<ModuleStatus>,
    /// What the run came to so far, by all its processes.
    pub figures: Figures,
    /// The build of each task that completed, where koji said it.
    pub nvrs: BTreeMap<TaskId, String>,
    /// How many requests this process made of the hub.
    pub requests: u64,
}

impl Driven {
    /// Returns how every module stands, by `name:stream:context`.
    #[must_use]
    pub fn states(&self) -> BTreeMap<Arc<str>, ModuleState> {
        self.modules.iter().map(|module| (Arc::clone(&module.id), module.state)).collect()
    }

    /// Returns the tasks that koji has not ended for all that is known, each with what it builds.
    #[must_use]
    pub fn running(&self) -> Vec<(TaskId, String)> {
        let parts = self.modules.iter().flat_map(|module| {
            module.components.iter().map(move |part| (Arc::clone(&module.id), part))
        });
        let open = parts.filter(|(_, part)| part.state == ComponentState::Building);
        let named = |(id, part): (Arc<str>, &crate::status::ComponentStatus)| {
            Some((part.task_id?, format!("{} of {id}", part.component)))
        };
        open.filter_map(named).collect()
    }
}
