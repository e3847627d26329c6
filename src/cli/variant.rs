//! Which variants a sweep runs: an approach under a cascade, and perhaps an order of submission.

use clap::ValueEnum;
use modplan::orchestrate::{Approach, Cascade, Dispatch};

/// An approach under a cascade, in the order of reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum VariantArg {
    /// koji owns the build, and every pass has all dependants rebuilt
    #[value(name = "koji-owned/literal")]
    KojiLiteral,
    /// koji owns the build, and a dependant that waits already is not queued twice
    #[value(name = "koji-owned/coalesced")]
    KojiCoalesced,
    /// koji owns the build, and each module is rebuilt once
    #[value(name = "koji-owned/planned")]
    KojiPlanned,
    /// The orchestrator owns the build, and every pass has all dependants rebuilt
    #[value(name = "orchestrator-owned/literal")]
    OwnerLiteral,
    /// The orchestrator owns the build, and a dependant that waits already is not queued twice
    #[value(name = "orchestrator-owned/coalesced")]
    OwnerCoalesced,
    /// The orchestrator owns the build, and each module is rebuilt once
    #[value(name = "orchestrator-owned/planned")]
    OwnerPlanned,
    /// As orchestrator-owned/literal, submitted batch by batch even if the scenario says otherwise
    #[value(name = "orchestrator-owned/literal/batch")]
    OwnerLiteralBatch,
    /// As orchestrator-owned/coalesced, submitted batch by batch
    #[value(name = "orchestrator-owned/coalesced/batch")]
    OwnerCoalescedBatch,
    /// As orchestrator-owned/planned, submitted batch by batch
    #[value(name = "orchestrator-owned/planned/batch")]
    OwnerPlannedBatch,
    /// As orchestrator-owned/planned, a wave of modules only after the wave before it
    #[value(name = "orchestrator-owned/planned/wave")]
    OwnerPlannedWave,
}

impl VariantArg {
    /// Returns the approach and the cascade.
    pub(crate) fn parts(self) -> (Approach, Cascade) {
        match self {
            Self::KojiLiteral => (Approach::KojiOwned, Cascade::Literal),
            Self::KojiCoalesced => (Approach::KojiOwned, Cascade::Coalesced),
            Self::KojiPlanned => (Approach::KojiOwned, Cascade::Planned),
            Self::OwnerLiteral | Self::OwnerLiteralBatch => {
                (Approach::OrchestratorOwned, Cascade::Literal)
            }
            Self::OwnerCoalesced | Self::OwnerCoalescedBatch => {
                (Approach::OrchestratorOwned, Cascade::Coalesced)
            }
            Self::OwnerPlanned | Self::OwnerPlannedBatch | Self::OwnerPlannedWave => {
                (Approach::OrchestratorOwned, Cascade::Planned)
            }
        }
    }

    /// Returns the order of submission, where the variant names one; else the scenario does.
    pub(crate) fn dispatch(self) -> Option<Dispatch> {
        match self {
            Self::OwnerLiteralBatch | Self::OwnerCoalescedBatch | Self::OwnerPlannedBatch => {
                Some(Dispatch::Batch)
            }
            Self::OwnerPlannedWave => Some(Dispatch::Wave),
            Self::KojiLiteral
            | Self::KojiCoalesced
            | Self::KojiPlanned
            | Self::OwnerLiteral
            | Self::OwnerCoalesced
            | Self::OwnerPlanned => None,
        }
    }

    /// Returns its name in reports.
    pub(crate) fn name(self) -> String {
        let (approach, cascade) = self.parts();
        let name = format!("{}/{}", approach.as_str(), cascade.as_str());
        match self.dispatch() {
            Some(dispatch) => format!("{name}/{}", dispatch.as_str()),
            None => name,
        }
    }
}
