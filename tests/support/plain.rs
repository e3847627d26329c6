//! The plainest world: the ideal model, orchestrator-owned, and nothing goes wrong.

use std::sync::Arc;

use modplan::orchestrate::{Approach, Cascade, CatalogBuilder, Dispatch};
use modplan::sim::{Conditions, DurationMode, Outcomes, Setup, Slots, SlotsGroup};
use modplan::trace::{Family, Samples};

/// Returns how modules are run on so many builders of each arch; row n of the durations table is
/// law n.
pub(crate) fn plain(
    builder: CatalogBuilder,
    laws: impl IntoIterator<Item = Family>,
    builders: &[(&str, u32)],
) -> Setup {
    let group = |&(arch, count): &(&str, u32)| SlotsGroup {
        name: arch.to_owned(),
        count,
        arches: vec![arch.into()],
    };
    Setup {
        catalog: Arc::new(builder.finish()),
        samples: Arc::new(laws.into_iter().map(Samples::of_family).collect()),
        slots: Slots { groups: builders.iter().map(group).collect() },
        hub: None,
        approach: Approach::OrchestratorOwned,
        cascade: Cascade::Planned,
        dispatch: Dispatch::Graph,
        submit_limit: u32::MAX,
        builds_max: 1_000_000,
        durations: DurationMode::Fit,
        outcomes: Outcomes::AlwaysPass,
        conditions: Conditions::default(),
        seed: 1,
    }
}
