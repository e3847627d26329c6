//! Recorded output and answers of other programs, real repositories, and fixtures against their
//! READMEs.

mod field_reports;
mod fixtures;
mod histories;
mod hub;
mod journals;
#[cfg(feature = "live")]
mod koji_wire;
pub(crate) mod mbs;
#[cfg(feature = "live")]
mod module_build;
mod modulemd;
mod real_files;
