//! modplan plans, simulates and orchestrates the rebuild of distribution modules.
//!
//! It answers three questions, and then does the work: *what* must be rebuilt and in which order,
//! *how long* that takes on a given farm under each of two orchestrator designs, and *how many*
//! builders a deadline needs.
//!
//! Bytes become a [`load::Snapshot`], that a [`graph::ModuleGraph`], that a [`plan::Plan`]. A plan
//! becomes a catalog ([`sim::prepare`]), on which the two orchestrators of [`orchestrate`] run in the
//! simulated world of [`sim`]; [`report`] tells what came of it. History comes from [`trace`], builders
//! from [`farm`], and all else that happens from [`scenario`].
//!
//! ```
//! use modplan::graph::{GraphOptions, ModuleGraph};
//! use modplan::plan::{self, Given, Selection};
//! use modplan::trace::History;
//!
//! let text = r#"
//! ---
//! document: modulemd
//! version: 2
//! data:
//!   {name: perl, stream: "5.30", version: 1, context: c0ffee00, summary: s, description: d,
//!    license: {module: [MIT]}, components: {rpms: {perl: {rationale: r}}}}
//! ---
//! document: modulemd
//! version: 2
//! data:
//!   {name: perl-DBI, stream: "1.641", version: 1, context: c0ffee01, summary: s, description: d,
//!    license: {module: [MIT]}, dependencies: [{buildrequires: {perl: ["5.30"]}}],
//!    components: {rpms: {perl-DBI: {rationale: r}}}}
//! "#;
//! let snapshot = modplan::load::parse_text("modules.yaml", text);
//! assert!(snapshot.findings.is_empty());
//! let graph = ModuleGraph::new(&snapshot, &GraphOptions::default());
//! let changed = vec!["perl:5.30".parse().expect("an identity")];
//! let asked = Selection { changed, ..Selection::default() };
//! let history = History::default();
//! let plan = plan::plan(Given::new(&snapshot, &graph, &history), &asked).expect("perl is loaded").plan;
//! assert_eq!(plan.waves, [["perl:5.30:c0ffee00"], ["perl-DBI:1.641:c0ffee01"]]);
//! ```

pub mod drive;
pub mod expand;
pub mod farm;
pub mod graph;
pub mod hub;
pub mod koji;
#[cfg(feature = "live")]
pub mod koji_plan;
#[cfg(feature = "live")]
pub mod live;
pub mod load;
#[cfg(feature = "live")]
pub mod mock_koji;
#[cfg(feature = "live")]
pub mod module_build;
pub mod name;
pub mod orchestrate;
pub mod plan;
pub mod report;
pub mod scenario;
mod settings;
pub mod sim;
pub mod site;
pub mod status;
#[cfg(feature = "live")]
pub mod store;
pub mod time;
pub mod trace;
mod yaml;

#[cfg(test)]
extern crate self as modplan;

#[cfg(test)]
#[path = "../tests/support/mini.rs"]
mod mini;

#[cfg(test)]
#[path = "../tests/support/shared.rs"]
mod shared;
