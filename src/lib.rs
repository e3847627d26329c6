//! modplan plans, simulates and orchestrates the rebuild of distribution modules.
//!
//! It answers three questions, and then does the work: *what* must be rebuilt and in which order,
//! *how long* that takes on a given farm under each of two orchestrator designs, and *how many*
//! builders a deadline needs.

pub mod farm;
pub mod graph;
pub mod koji;
#[cfg(feature = "live")]
pub mod live;
pub mod load;
pub mod name;
pub mod orchestrate;
pub mod plan;
pub mod report;
pub mod scenario;
mod settings;
pub mod sim;
pub mod time;
pub mod trace;

#[cfg(test)]
extern crate self as modplan;

#[cfg(test)]
#[path = "../tests/support/mini.rs"]
mod mini;

#[cfg(test)]
#[path = "../tests/support/shared.rs"]
mod shared;
