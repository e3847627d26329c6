//! The order in which components are submitted.

use super::{BuildId, ComponentIx};

/// A component that may start, as one number: the highest priority is the greatest, of equals the
/// first module build and component.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Due(u128);

impl Due {
    pub(super) fn new(priority: u32, build: BuildId, component: ComponentIx) -> Self {
        let after = u64::from(build.0) << 32 | u64::from(component.0);
        Self(u128::from(priority) << 64 | u128::from(!after))
    }

    #[expect(clippy::cast_possible_truncation, reason = "the parts that were put in")]
    pub(super) fn parts(self) -> (u32, BuildId, ComponentIx) {
        let after = !(self.0 as u64);
        ((self.0 >> 64) as u32, BuildId((after >> 32) as u32), ComponentIx(after as u32))
    }
}
