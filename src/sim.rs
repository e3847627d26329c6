//! The simulated world: virtual time, builders, and what one run of it comes to.

mod figures;

pub use figures::{Bar, BarEnd, Outcome, RunFigures};
