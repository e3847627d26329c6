//! The times of a plan: a schedule on a given farm, a certified lower bound, slack and drag.
//!
//! Everything is in the ideal model: a job is one task per arch, a task takes one place of a
//! builder, a place takes one task at a time, and nothing else takes time. Jobs without tasks are
//! junctions: they cost nothing and keep the number of edges of a barrier linear.
//!
//! ```text
//! jobs, builders ─▶ Problem ─┬─▶ times     earliest and latest, any number of builders
//!                            ├─▶ bound     no schedule is shorter; with a certificate
//!                            ├─▶ improve   list schedule, justified and searched until it meets the bound
//!                            └─▶ slack     what each task of that schedule may lose, and what it costs
//! ```
//!
//! More builders can lengthen a list schedule, as Graham showed; bounds never grow with them.

mod balance;
mod bound;
mod improve;
mod place;
mod problem;
mod slack;

pub use bound::{Certificate, CertificateKind, bound, capacity_ms, confined, granularity_ms};
pub use improve::{Effort, improve};
pub use place::Schedule;
pub use problem::{Builders, Job, Problem, Times};
pub use slack::{Margin, Margins, margins};

#[cfg(test)]
mod tests;
