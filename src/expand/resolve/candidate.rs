//! One build to choose, as the resolver sees it.

use std::collections::BTreeMap;

use super::Needs;
use crate::name::{ModuleName, Nsvc, StreamName};

/// One build that may stand in a buildroot.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    /// Its identity.
    pub nsvc: Nsvc,
    /// What it needs at run time: groups, of which one has to be met; none or an empty one needs nothing.
    pub requires: Vec<Needs>,
    /// The streams of the base modules that it was built against.
    pub built_against: BTreeMap<ModuleName, StreamName>,
    /// Streams that a base module also answers to.
    pub virtual_streams: Vec<StreamName>,
    /// When it was built, among builds of one version, where that is known: its build id.
    pub added: Option<u64>,
}
