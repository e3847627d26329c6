//! The plainest world: the ideal model, orchestrator-owned, and nothing goes wrong.

use std::sync::Arc;

use modplan::orchestrate::{Approach, Cascade, CatalogBuilder, Dispatch};
use modplan::sim::{Conditions, DurationMode, Outcomes, Setup, Slots, SlotsGroup, Subjects};
use modplan::trace::{Family, Samples};

/// Returns how modules are run on so many builders of each arch. `rows` says for each task which law
/// it follows, as [`Subjects::new`] takes them.
pub(crate) fn plain(
    (builder, rows): (CatalogBuilder, impl IntoIterator<Item = u32>),
    laws: impl IntoIterator<Item = Family>,
    builders: &[(&str, u32)],
) -> Setup {
    let group = |&(arch, count): &(&str, u32)| SlotsGroup {
        name: arch.to_owned(),
        count,
        arches: vec![arch.into()],
    };
    let catalog = builder.finish();
    Setup {
        subjects: Arc::new(Subjects::new(&catalog, rows)),
        catalog: Arc::new(catalog),
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
