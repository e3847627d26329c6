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

/// Describes how other faults overlap one of several: another covers all of its time, or is still
/// active when it begins.
pub(super) fn describe(faults: &[Fault], at: usize) -> Option<String> {
    let fault = &faults[at];
    let others = || {
        let others = faults.iter().enumerate().filter(move |(other_at, _)| *other_at != at);
        others.filter(|(_, other)| other.is_one_with(fault))
    };
    let hides = |&(other_at, other): &(usize, &Fault)| {
        let is_same = (other.at, other.end()) == (fault.at, fault.end());
        other.at <= fault.at && other.end() >= fault.end() && (!is_same || other_at < at)
    };
    let kind = fault.kind.as_str();
    if let Some((_, other)) = others().find(hides) {
        let line = other.line;
        return Some(format!(
            "this `{kind}` has no effect: the one in line {line} covers all of its time"
        ));
    }
    // Reported only for the later one, because nothing is active when the earlier begins.
    let goes_on = |(_, other): &(usize, &Fault)| other.at < fault.at && fault.at < other.end();
    let (_, other) = others().find(goes_on)?;
    let line = other.line;
    Some(format!(
        "this `{kind}` overlaps the one in line {line}: they count as one, which ends with the \
         later"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(kind: FaultKind, (at, lasts): (u64, Option<u64>), line: u32) -> Fault {
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

    fn all(faults: &[Fault]) -> Vec<Option<&'static str>> {
        let short = |told: String| if told.contains("no effect") { "nothing" } else { "one" };
        (0..faults.len()).map(|at| describe(faults, at).map(short)).collect()
    }

    #[test]
    fn faults_that_overlap_are_told_once_of_the_later_in_any_order_of_the_file() {
        use FaultKind::{BusOutage, HubOffline};
        let (early, late) = (fault(BusOutage, (10, Some(10)), 2), fault(BusOutage, (15, None), 3));
        assert_eq!(all(&[early.clone(), late.clone()]), [None, Some("one")]);
        assert_eq!(all(&[late.clone(), early.clone()]), [Some("one"), None]);
        let told = describe(&[early.clone(), late.clone()], 1).unwrap();
        assert!(told.starts_with("this `bus-outage` overlaps the one in line 2"));
        // Another kind, one after the other, one inside the other, and a common beginning.
        assert_eq!(all(&[early.clone(), fault(HubOffline, (15, None), 3)]), [None, None]);
        assert_eq!(all(&[early.clone(), fault(BusOutage, (20, None), 3)]), [None, None]);
        // The same fault twice is one too many.
        assert_eq!(all(&[late.clone(), late.clone()]), [None, Some("nothing")]);
        assert_eq!(all(&[late, fault(BusOutage, (16, Some(1)), 3)]), [None, Some("nothing")]);
        assert_eq!(all(&[early, fault(BusOutage, (10, None), 3)]), [Some("nothing"), None]);
    }

    #[test]
    fn sources_are_missing_by_module_and_builders_add_up() {
        let missing = |module: &str, at| Fault {
            module: Some(module.to_owned()),
            ..fault(FaultKind::SourceMissing, (at, Some(10)), 2)
        };
        assert_eq!(all(&[missing("a:1", 0), missing("a:1", 5)]), [None, Some("one")]);
        assert_eq!(all(&[missing("a:1", 0), missing("b:1", 5)]), [None, None]);
        let down = |at| fault(FaultKind::BuildersDown, (at, Some(10)), 2);
        assert_eq!(all(&[down(0), down(5)]), [None, None]);
    }
}
