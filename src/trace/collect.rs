//! Records of tasks, builds and repos, combined over all inputs: the same object may be described
//! many times, in pieces, and in any order.
//!
//! A task or a build is identified by its instance and number. Of two states the final one counts,
//! and of two openings the later, because the first builder died. Whole builds are used only if
//! none of their tasks are known.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use crate::koji::TaskState;
use crate::load::Place;

/// The default instance.
pub(super) const PRIMARY: &str = "primary";

/// The built package, as far as a request names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Source {
    pub(super) package: Arc<str>,
    /// Name, version and release, if a source package is named.
    pub(super) nvr: Option<Arc<str>>,
}

/// Everything known about one koji task.
#[derive(Clone, Debug)]
pub(super) struct Task {
    pub(super) place: Place,
    pub(super) id: i64,
    pub(super) parent: Option<i64>,
    pub(super) method: Arc<str>,
    pub(super) arch: Arc<str>,
    pub(super) source: Option<Source>,
    pub(super) created: Option<Timestamp>,
    pub(super) started: Option<Timestamp>,
    pub(super) ended: Option<Timestamp>,
    pub(super) state: TaskState,
}

/// Everything known about one build.
#[derive(Clone, Debug)]
pub(super) struct Build {
    pub(super) place: Place,
    pub(super) package: Arc<str>,
    pub(super) nvr: Option<Arc<str>>,
    pub(super) task: Option<i64>,
    pub(super) started: Option<Timestamp>,
    pub(super) ended: Option<Timestamp>,
    pub(super) state: BuildState,
}

/// The state of a build, numbered as the hub numbers them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BuildState {
    Building,
    Complete,
    Deleted,
    Failed,
    Canceled,
}

impl BuildState {
    pub(super) fn from_number(number: i64) -> Option<Self> {
        let all = [Self::Building, Self::Complete, Self::Deleted, Self::Failed, Self::Canceled];
        usize::try_from(number).ok().and_then(|at| all.get(at)).copied()
    }

    fn is_final(self) -> bool {
        self != Self::Building
    }
}

/// Everything known about one repo.
#[derive(Clone, Debug)]
pub(super) struct Repo {
    pub(super) place: Place,
    pub(super) tag: Arc<str>,
    pub(super) began: Option<Timestamp>,
    pub(super) done: Option<Timestamp>,
}

/// The instance and the number within it.
pub(super) type Id = (Arc<str>, i64);

/// All records, and the number of ignored ones.
#[derive(Clone, Debug, Default)]
pub(super) struct Collection {
    pub(super) tasks: BTreeMap<Id, Task>,
    pub(super) builds: BTreeMap<Id, Build>,
    pub(super) repos: BTreeMap<Id, Repo>,
    /// Times of tagging, by instance and tag.
    pub(super) tagged: BTreeMap<(Arc<str>, Arc<str>), BTreeSet<Timestamp>>,
    /// Identities of messages.
    messages: BTreeSet<Arc<str>>,
    /// Records that repeated a final state.
    pub(super) repeated: usize,
    /// Final states that contradict an earlier one: the later place, the earlier one.
    pub(super) contradictions: Vec<(Place, Place, String)>,
}

impl Collection {
    /// Records a message by its identity; returns whether it is new.
    pub(super) fn is_new_message(&mut self, id: Option<String>) -> bool {
        id.is_none_or(|id| self.messages.insert(id.into()))
    }

    pub(super) fn task(&mut self, instance: &Arc<str>, task: Task) {
        let key = (instance.clone(), task.id);
        let Some(known) = self.tasks.get_mut(&key) else {
            self.tasks.insert(key, task);
            return;
        };
        if known.state.is_final() && task.state.is_final() {
            self.repeated += 1;
            let differs = |a: Option<Timestamp>, b: Option<Timestamp>| match (a, b) {
                (Some(a), Some(b)) => a.duration_since(b).abs().as_millis() >= 1000,
                _ => false,
            };
            if known.state != task.state || differs(known.ended, task.ended) {
                let what = format!("task {} ended twice and differently", task.id);
                self.contradictions.push((task.place, known.place, what));
                return;
            }
        }
        known.learn(task);
    }

    pub(super) fn build(&mut self, key: Id, build: Build) {
        let Some(known) = self.builds.get_mut(&key) else {
            self.builds.insert(key, build);
            return;
        };
        if known.state.is_final() && build.state.is_final() {
            self.repeated += 1;
        }
        known.started = known.started.or(build.started);
        known.task = known.task.or(build.task);
        if build.state.is_final() && !known.state.is_final() {
            known.state = build.state;
            known.ended = build.ended;
        }
    }

    pub(super) fn repo(&mut self, key: Id, repo: Repo) {
        let known = self.repos.entry(key).or_insert_with(|| repo.clone());
        known.began = known.began.or(repo.began);
        known.done = known.done.or(repo.done);
    }
}

impl Task {
    /// Adds the data of another record of the same task.
    fn learn(&mut self, other: Self) {
        self.parent = self.parent.or(other.parent);
        self.source = self.source.take().or(other.source);
        self.created = earlier(self.created, other.created);
        // If it was opened again, the builder that opened it first died.
        self.started = self.started.max(other.started);
        if self.arch.is_empty() {
            self.arch = other.arch;
        }
        if self.method.is_empty() {
            self.method = other.method;
        }
        if !self.state.is_final() {
            self.state = if other.state.is_final() { other.state } else { self.state };
            self.ended = other.ended;
        } else if self.ended.is_none() {
            self.ended = other.ended;
        }
    }
}

fn earlier(a: Option<Timestamp>, b: Option<Timestamp>) -> Option<Timestamp> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
