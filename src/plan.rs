//! The plan of a rebuild: modules, order, reuse of builds, and times.
//!
//! [`plan()`](plan()) takes the loaded modules and a selection, and returns a [`Plan`]: the rebuilt
//! modules with a reason for each, minimal waves, cycles with the edges that cut them, components
//! in batches with estimates, and bounds on the whole. Waves only *present* a plan; dispatch
//! follows the graph, and the bounds show what a barrier after each wave would cost.

mod against;
mod arches;
mod assemble;
pub mod batch;
mod components;
pub mod difference;
mod duration;
mod given;
mod left_out;
pub(crate) mod made_on;
mod missing;
pub mod model;
pub mod moved;
pub mod names;
mod noarch;
mod order;
pub mod platform;
mod record;
pub mod retired;
pub mod reuse;
pub mod schedule;
mod select;
mod selection;
pub mod since;
mod submission;
pub mod version;
pub mod why;

pub use against::against;
pub use assemble::{Planning, plan};
pub use given::Given;
pub use model::Plan;
pub use select::check_selection;
pub use selection::{SelectError, Selection, Since, Unit};
pub use submission::{Submission, give_versions};
