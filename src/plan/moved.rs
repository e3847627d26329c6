//! What the modules of a plan become on another platform, as a plan keeps it; `expand` works it out.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::name::{Context, ModuleName, StreamName};

/// A plan's modules on another platform.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnPlatform {
    /// The platform, `name:stream`.
    pub target: String,
    /// What no input holds and has to exist there all the same, `name:stream`.
    pub assumed: Vec<String>,
    /// The modules, in the order of the plan.
    pub modules: Vec<MovedModule>,
}

/// What one module becomes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovedModule {
    /// Its id in the plan.
    pub id: String,
    /// The platform it is built on now.
    pub platform: Option<String>,
    /// What it becomes; empty where it cannot be built there.
    pub contexts: Vec<MovedContext>,
}

/// One build to come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovedContext {
    /// Its context.
    pub context: Context,
    /// The streams it builds with.
    pub buildrequires: BTreeMap<ModuleName, StreamName>,
    /// The streams it needs at run time.
    pub requires: BTreeMap<ModuleName, Vec<StreamName>>,
}
