//! The state of a hub: plain data, changed by the other files of this room.

use std::collections::{BTreeMap, BTreeSet};

use crate::hub::{RequestId, TagId, TaskId};
use crate::koji::calls::Map;
use crate::koji::shapes::{Archive, Rpm, Secret};
use crate::koji::{BuildState, Fault, RepoState, TaskState, Value};

/// A moment, in milliseconds since 1970.
pub(super) type Moment = i64;

/// A user; builders have one each.
#[derive(Clone, Debug)]
pub(super) struct User {
    pub(super) name: String,
    pub(super) password: Option<Secret>,
    pub(super) permissions: BTreeSet<String>,
    pub(super) is_host: bool,
}

/// A session.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub(super) user: i64,
    pub(super) key: String,
    pub(super) master: Option<i64>,
    /// The number of the last call that changed something.
    pub(super) number: Option<u64>,
    pub(super) is_exclusive: bool,
    pub(super) is_expired: bool,
    pub(super) began: Moment,
    pub(super) used: Moment,
}

/// A tag.
#[derive(Clone, Debug)]
pub(super) struct Tag {
    pub(super) name: String,
    pub(super) arches: Option<String>,
    pub(super) is_locked: bool,
    pub(super) permission: Option<String>,
    pub(super) extra: Map,
    /// In the order of their priority.
    pub(super) parents: Vec<Parent>,
    pub(super) packages: BTreeMap<String, Listed>,
    pub(super) groups: BTreeMap<String, Vec<String>>,
    pub(super) external: Vec<External>,
    /// In the order of tagging.
    pub(super) builds: Vec<Tagged>,
    pub(super) is_deleted: bool,
    /// The same tag at the simulated hub.
    pub(super) sim: TagId,
}

/// A parent of a tag.
#[derive(Clone, Debug)]
pub(super) struct Parent {
    pub(super) tag: i64,
    pub(super) priority: i64,
    pub(super) depth_max: Option<i64>,
    pub(super) is_intransitive: bool,
    pub(super) has_no_config: bool,
    pub(super) filter: String,
}

/// A package on the list of a tag.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    pub(super) owner: i64,
    pub(super) extra_arches: Option<String>,
    pub(super) is_blocked: bool,
    /// The event after which it was put there.
    pub(super) since: i64,
}

/// An external repository of a tag.
#[derive(Clone, Debug)]
pub(super) struct External {
    pub(super) repo: i64,
    pub(super) priority: i64,
    pub(super) merge_mode: String,
    pub(super) arches: Option<String>,
}

/// A build in a tag.
#[derive(Clone, Debug)]
pub(super) struct Tagged {
    pub(super) build: i64,
    pub(super) event: i64,
}

/// The tagging of a build, and perhaps its untagging.
#[derive(Clone, Debug)]
pub(super) struct Listing {
    pub(super) tag: i64,
    pub(super) build: i64,
    pub(super) event: i64,
    pub(super) user: i64,
    /// The event and user of its untagging.
    pub(super) revoked: Option<(i64, i64)>,
}

/// A target.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) id: i64,
    pub(super) build_tag: i64,
    pub(super) dest_tag: i64,
}

/// A build.
#[derive(Clone, Debug)]
pub(super) struct Build {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) release: String,
    pub(super) epoch: Option<i64>,
    pub(super) state: BuildState,
    pub(super) owner: i64,
    pub(super) task: Option<i64>,
    pub(super) source: Option<String>,
    pub(super) extra: Option<Map>,
    pub(super) generator: Option<i64>,
    /// The secret of an unused reservation.
    pub(super) token: Option<Secret>,
    pub(super) event: i64,
    pub(super) created: Moment,
    pub(super) started: Option<Moment>,
    pub(super) completed: Option<Moment>,
    pub(super) rpms: Vec<Rpm>,
    pub(super) archives: Vec<Archive>,
}

impl Build {
    pub(super) fn nvr(&self) -> String {
        format!("{}-{}-{}", self.name, self.version, self.release)
    }
}

/// Who runs a task.
#[derive(Clone, Debug)]
pub(super) enum Carrier {
    /// The simulated hub.
    Simulated(TaskId),
    /// A builder that logged in, or none yet; also past tasks.
    Own(Own),
}

/// The state of a task unknown to the simulated hub.
#[derive(Clone, Debug)]
pub(super) struct Own {
    pub(super) state: TaskState,
    pub(super) host: Option<i64>,
    pub(super) weight: f64,
    pub(super) waiting: Option<bool>,
    pub(super) created: Moment,
    pub(super) assigned: Option<Moment>,
    pub(super) started: Option<Moment>,
    pub(super) ended: Option<Moment>,
    /// Builders that refused it, and until when.
    pub(super) refusals: BTreeMap<i64, Option<Moment>>,
}

/// A task.
#[derive(Clone, Debug)]
pub(super) struct Task {
    pub(super) method: String,
    pub(super) arch: String,
    pub(super) channel: i64,
    pub(super) owner: i64,
    pub(super) parent: Option<i64>,
    pub(super) label: Option<String>,
    pub(super) priority: i64,
    pub(super) request: Vec<Value>,
    pub(super) result: Option<Result<Value, Fault>>,
    pub(super) awaited: Option<bool>,
    pub(super) carrier: Carrier,
}

/// The subject of a `build` task; its number at the simulated hub is the subject of its tasks.
#[derive(Clone, Debug)]
pub(super) struct BuildPlan {
    pub(super) task: Option<i64>,
    pub(super) source: String,
    pub(super) name: String,
    pub(super) version: String,
    pub(super) release: String,
    pub(super) build_tag: i64,
    /// Its destination tag, if any.
    pub(super) dest_tag: Option<i64>,
    pub(super) is_scratch: bool,
    pub(super) opts: Map,
    pub(super) owner: i64,
    pub(super) repo: i64,
    pub(super) build: Option<i64>,
    pub(super) arches: Vec<String>,
}

/// A repo.
#[derive(Clone, Debug)]
pub(super) struct Repo {
    pub(super) tag: i64,
    pub(super) task: Option<i64>,
    pub(super) state: RepoState,
    pub(super) event: i64,
    pub(super) created: Moment,
    pub(super) changed: Moment,
    pub(super) is_dist: bool,
}

/// A buildroot of a builder that logged in.
#[derive(Clone, Debug)]
pub(super) struct Buildroot {
    pub(super) repo: i64,
    pub(super) arch: String,
    pub(super) host: i64,
    pub(super) task: Option<i64>,
    /// In koji's numbers: 0 is being made, 3 gone.
    pub(super) state: i64,
}

/// A request for a repo.
#[derive(Clone, Debug)]
pub(super) struct RepoWish {
    pub(super) tag: i64,
    pub(super) owner: i64,
    pub(super) event: i64,
    pub(super) sim: RequestId,
    pub(super) task: Option<i64>,
    pub(super) repo: Option<i64>,
    pub(super) is_active: bool,
    pub(super) created: Moment,
    pub(super) updated: Moment,
}

/// A builder.
#[derive(Clone, Debug)]
pub(super) struct Host {
    pub(super) name: String,
    pub(super) user: i64,
    pub(super) arches: Vec<String>,
    pub(super) capacity: f64,
    pub(super) is_enabled: bool,
    pub(super) description: Option<String>,
    pub(super) comment: Option<String>,
    /// Numbers of its channels.
    pub(super) channels: BTreeSet<i64>,
    /// Its index among the simulated builders; `None`: it logs in.
    pub(super) sim: Option<u32>,
    pub(super) is_ready: bool,
    pub(super) load: f64,
    pub(super) data: Value,
    pub(super) updated: Moment,
}

/// A channel.
#[derive(Clone, Debug)]
pub(super) struct Channel {
    pub(super) name: String,
    pub(super) is_enabled: bool,
}

/// A content generator and its permitted users.
#[derive(Clone, Debug, Default)]
pub(super) struct Generator {
    pub(super) name: String,
    pub(super) users: BTreeSet<i64>,
}

/// A file that was uploaded.
#[derive(Clone, Debug)]
pub(super) struct File {
    pub(super) bytes: Vec<u8>,
    pub(super) changed: Moment,
}

/// The caller.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Caller {
    pub(super) user: Option<i64>,
    pub(super) session: Option<i64>,
}
