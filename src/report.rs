//! Numbers first, then one renderer a format.
//!
//! [`Comparison`] holds the runs; [`Comparison::summary`] works out the figures, and the rest turns
//! them into text: [`csv`], [`table`] for a terminal, [`svg`] for pictures. Renderers return text, a
//! long one in pieces; whoever calls writes it. The same figures give the same bytes.

pub mod advice;
pub mod capacity;
mod changes;
mod compare;
pub mod csv;
mod durations;
pub mod expand;
mod figures;
mod layout;
pub mod outside;
pub mod plan;
pub mod replatform;
pub mod reuse;
pub mod run;
#[cfg(test)]
mod sample;
pub mod shard;
pub mod snapshot;
mod spark;
pub mod story;
pub mod svg;
pub mod table;
pub mod trace;

pub use changes::ChangeSummary;
pub use compare::{Comparison, Summary, Variant, VariantSummary};
pub use durations::{Durations, FitQuality};
pub use figures::{Distribution, Interval, Paired};
pub use spark::{histogram, sparkline};
