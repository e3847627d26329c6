//! Numbers first, then one renderer a format.
//!
//! [`Comparison`] holds the runs; [`Comparison::summary`] works out the figures, and the rest turns
//! them into text: [`csv`], [`table`] for a terminal, [`svg`] for pictures. Renderers return text, a
//! long one in pieces; whoever calls writes it. The same figures give the same bytes.

pub mod advice;
mod assumed;
pub mod capacity;
mod cells;
mod chain;
mod changes;
#[cfg(feature = "live")]
pub mod cleanup;
mod compare;
mod completion;
mod conclusion;
pub mod csv;
#[cfg(feature = "live")]
pub mod dry_run;
mod durations;
pub mod expand;
mod farm_load;
mod figures;
mod hinge;
#[cfg(feature = "live")]
pub mod koji_run;
mod layout;
pub mod outside;
pub mod page;
mod pilot;
pub mod plan;
mod probe;
pub mod replatform;
pub mod reuse;
pub mod run;
#[cfg(feature = "live")]
pub mod runs;
#[cfg(test)]
mod sample;
pub mod shard;
pub mod snapshot;
mod spark;
pub mod story;
pub mod svg;
pub mod table;
pub mod timeline;
pub mod trace;
mod variant;
#[cfg(feature = "live")]
pub mod why;

pub use assumed::Assumed;
pub use chain::{Part, Parts, parts};
pub use changes::ChangeSummary;
pub use compare::{Comparison, ModelUsed, Summary, VariantSummary};
pub use completion::Within;
pub use conclusion::{
    About, ChangeFigures, Conclusion, Confounder, DoneFigures, EndFigures, Figures,
};
pub use durations::{Durations, FitQuality};
pub use farm_load::{GroupLoad, load};
pub use figures::{Distribution, Earlier, Interval, Paired, Share, time_within};
pub use hinge::Hinge;
pub use pilot::{Pilot, modules};
pub use probe::{Effect, Probe, ProbeKind, Trial};
pub use spark::{curve, histogram};
pub use variant::Variant;
