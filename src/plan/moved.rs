//! The modules of a plan on another platform, as stored in the plan; computed by `expand`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::name::{Context, ModuleName, StreamName};

/// A plan's modules on another platform.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnPlatform {
    /// The platform, `name:stream`.
    pub target: String,
    /// Streams that must exist there but are in no input, `name:stream`.
    pub assumed: Vec<String>,
    /// The modules, in the order of the plan.
    pub modules: Vec<MovedModule>,
}

/// One module there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovedModule {
    /// Its id in the plan.
    pub id: String,
    /// The platform it is built on now.
    pub platform: Option<String>,
    /// Its contexts there; empty if it cannot be built there.
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
