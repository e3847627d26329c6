//! Overlapping faults that are active or not: two of one kind at one time have the effect of one.

use super::{Fault, FaultKind};
use crate::time::Millis;

impl Fault {
    /// Returns when it ends; the end of time if it lasts for ever.
    #[must_use]
    pub fn end(&self) -> Millis {
        self.lasts.map_or(Millis(u64::MAX), |lasts| self.at + lasts)
    }

    /// Returns whether another breaks the same, so that both together have the effect of one.
    #[must_use]
    pub fn is_one_with(&self, other: &Self) -> bool {
        let is_state = match self.kind {
            FaultKind::HubOffline
            | FaultKind::HubRefusing
            | FaultKind::BusOutage
            | FaultKind::RepoFailure
            | FaultKind::BasePackageBroken
            | FaultKind::PdcDown
            | FaultKind::PdcStale
            | FaultKind::SourcesDown => true,
            FaultKind::SourceMissing => self.module == other.module,
            FaultKind::BuildersDown | FaultKind::OrchestratorCrash | FaultKind::ModuleCanceled => {
                false
            }
        };
        is_state && self.kind == other.kind
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(kind: FaultKind, module: Option<&str>) -> Fault {
        let module = module.map(str::to_owned);
        let (at, line) = (Millis::ZERO, 2);
        Fault { at, after: None, kind, builders: None, count: None, module, lasts: None, line }
    }

    #[test]
    fn sources_are_missing_by_module_and_builders_add_up() {
        use FaultKind::{BuildersDown, BusOutage, HubOffline, SourceMissing};
        let are_one = |one: &Fault, other: &Fault| one.is_one_with(other);
        let (outage, missing) = (fault(BusOutage, None), fault(SourceMissing, Some("a:1")));
        assert!(are_one(&outage, &outage) && are_one(&missing, &missing));
        assert!(!are_one(&outage, &fault(HubOffline, None)));
        assert!(!are_one(&missing, &fault(SourceMissing, Some("b:1"))));
        let down = fault(BuildersDown, None);
        assert!(!are_one(&down, &down));
    }
}
