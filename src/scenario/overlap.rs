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

/// Returns the line of a fault that hides another: it breaks the same and covers all of its time.
pub(super) fn hidden_by(faults: &[Fault], at: usize) -> Option<u32> {
    let fault = &faults[at];
    let hides = |&(other_at, other): &(usize, &Fault)| {
        let is_same = (other.at, other.end()) == (fault.at, fault.end());
        other_at != at
            && other.is_one_with(fault)
            && other.at <= fault.at
            && other.end() >= fault.end()
            && (!is_same || other_at < at)
    };
    faults.iter().enumerate().find(hides).map(|(_, other)| other.line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(kind: FaultKind, at: u64, lasts: Option<u64>, line: u32) -> Fault {
        Fault {
            at: Millis::from_secs(at),
            after: None,
            kind,
            builders: None,
            count: None,
            module: None,
            lasts: lasts.map(Millis::from_secs),
            line,
        }
    }

    fn hidden(faults: &[Fault]) -> Vec<Option<u32>> {
        (0..faults.len()).map(|at| hidden_by(faults, at)).collect()
    }

    #[test]
    fn a_fault_is_hidden_by_one_of_its_kind_that_lasts_all_its_time() {
        use FaultKind::{BusOutage, HubOffline};
        let (early, late) = (fault(BusOutage, 10, Some(10), 2), fault(BusOutage, 15, None, 3));
        // Those that overlap, of another kind, one after the other.
        assert_eq!(hidden(&[early.clone(), late.clone()]), [None, None]);
        assert_eq!(hidden(&[early.clone(), fault(HubOffline, 11, Some(1), 3)]), [None, None]);
        assert_eq!(hidden(&[early.clone(), fault(BusOutage, 20, None, 3)]), [None, None]);
        // Twice the same is once too often; one inside another; and one with the same beginning.
        assert_eq!(hidden(&[late.clone(), late.clone()]), [None, Some(3)]);
        assert_eq!(hidden(&[late, fault(BusOutage, 16, Some(1), 4)]), [None, Some(3)]);
        assert_eq!(hidden(&[early, fault(BusOutage, 10, None, 3)]), [Some(3), None]);
    }

    #[test]
    fn sources_are_missing_by_module_and_builders_add_up() {
        let missing = |module: &str, at| Fault {
            module: Some(module.to_owned()),
            ..fault(FaultKind::SourceMissing, at, Some(10), 2)
        };
        assert_eq!(hidden(&[missing("a:1", 0), missing("a:1", 0)]), [None, Some(2)]);
        assert_eq!(hidden(&[missing("a:1", 0), missing("b:1", 0)]), [None, None]);
        let down = || fault(FaultKind::BuildersDown, 0, Some(10), 2);
        assert_eq!(hidden(&[down(), down()]), [None, None]);
    }
}
