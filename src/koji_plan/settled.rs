//! Everything that was decided about the builds of a run, of which its calls follow.

use std::collections::BTreeMap;

use super::Request;
use super::hub_checks::HubUser;
use super::reused::Reused;
use super::sources::Sources;
use super::tags::TagWork;
use crate::module_build::conflicts::KeptOut;

/// What was decided.
#[derive(Clone, Copy)]
pub(super) struct Settled<'s, 'b, 'a> {
    pub(super) request: Request<'s>,
    pub(super) hub: &'s HubUser,
    /// The builds with their tags, in the order of the plan.
    pub(super) works: &'s [TagWork<'b, 'a>],
    /// The index of each dist tag, by the id of the build's row.
    pub(super) indexes: &'s BTreeMap<String, u64>,
    pub(super) sources: &'s Sources,
    pub(super) reused: &'s Reused,
    /// What is kept out of each buildroot, by the id of the build's row.
    pub(super) kept_out: &'s BTreeMap<String, KeptOut>,
}
