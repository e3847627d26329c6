//! What a run did with one module, and why it is not ready where it is not.

use std::sync::Arc;

use super::module_state::ModuleState;
use super::reason::Reason;
use super::spent::Spent;
use crate::orchestrate::ModuleIx;
use crate::status::ComponentStatus;
use crate::time::Timestamp;

/// What a run did with one module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleRun {
    /// Its number in the catalog.
    pub module: ModuleIx,
    /// `name:stream:context`.
    pub id: Arc<str>,
    /// How it stands.
    pub state: ModuleState,
    /// How often it was built.
    pub module_builds: u32,
    /// How many components were built for it, over all its builds.
    pub component_builds: u32,
    /// When its last build passed.
    pub ready: Option<Timestamp>,
    /// Where its time went.
    pub spent: Spent,
    /// Why it is not ready; none where it is.
    pub reason: Option<Reason>,
    /// Where it is not ready: how the components of the build stand that its state is about, as far as
    /// the orchestrator knows.
    pub components: Vec<ComponentStatus>,
    /// Whether people took care of it as often as they do.
    pub is_given_up: bool,
}
