//! What is asked for on the command line.

use std::path::Path;

use modplan::name::Selector;
use modplan::plan::Plan;

use super::super::output::OutputArgs;
use super::{CarryOutArgs, KojiArgs};

/// A plan that is worked out at a koji, or carried out there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) koji: &'a KojiArgs,
    pub(crate) carry_out: &'a CarryOutArgs,
    pub(crate) plan: &'a Plan,
    pub(crate) sources: Option<&'a Path>,
    pub(crate) given: &'a [Selector],
    pub(crate) is_json: bool,
    pub(crate) output: &'a OutputArgs,
}
