//! A build to choose, for the resolver.

use std::collections::BTreeMap;

use super::Needs;
use crate::name::{ModuleName, Nsvc, StreamName};

/// A build that may be in a buildroot.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    /// Its identity.
    pub nsvc: Nsvc,
    /// Its dependencies at run time: groups, one of which must be met; no group or an empty one
    /// needs nothing.
    pub requires: Vec<Needs>,
    /// The streams of the base modules that it was built against.
    pub built_against: BTreeMap<ModuleName, StreamName>,
    /// Streams that a base module also answers to.
    pub virtual_streams: Vec<StreamName>,
    /// Its order among builds of one version, if known: its build id.
    pub added: Option<u64>,
}
