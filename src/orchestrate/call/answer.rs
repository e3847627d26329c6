//! What parties say to calls.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::TaskId;
use crate::orchestrate::{Definition, Row};

/// What a party said to a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Answer {
    /// It is done, or begun and can be observed.
    Done(Reply),
    /// It will never work as asked.
    Failed(Fault),
    /// Nothing of it was done: it is worth another try.
    Refused,
    /// The request or its answer was lost: it is unknown whether it was done.
    Unknown,
    /// To a look: nothing of the call is there.
    Absent,
}

/// What comes with `Done`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Reply {
    /// Nothing more to say.
    Nothing,
    /// koji's task.
    Task(TaskId),
    /// The dependants found, each row to be checked again.
    Rows(Arc<[Row]>),
    /// What the module is made of.
    Definition(Arc<Definition>),
}

/// Why a call will never work as asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// What it names is not there.
    Missing,
    /// What it makes is there already, and somebody else made it: a build of the same NVR, a tag of
    /// the same name.
    Exists,
    /// The party's policy forbids it: a locked tag, a blocked package, a permission that is not held.
    Denied,
    /// The party tried and could not: no repo, no macros package.
    Broken,
}
