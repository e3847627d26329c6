//! What a mail is about.

use serde::{Deserialize, Serialize};

use super::{BuildId, ComponentIx, ModuleIx};

/// How the rebuild of a module stands, as a mail says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// A test did not pass: the rebuild is stuck.
    NotPassed,
    /// A test gave no result in time, however often it was asked for.
    NoResult,
    /// A build failed, and no retry is left.
    BuildFailed,
    /// It is not in the plan, and its definition could not be fetched.
    NotDefined,
    /// Nobody answered a call, however often it was made.
    NoAnswer,
    /// It continues: what a mail said before is over.
    Recovered,
}

/// One thing that a mail is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Concern {
    /// The module build; where a build of the module could not be asked for, the one whose pass was
    /// the reason to ask.
    pub build: BuildId,
    /// The module.
    pub module: ModuleIx,
    /// The component, where it is about one.
    pub component: Option<ComponentIx>,
    /// How it stands.
    pub standing: Standing,
}
