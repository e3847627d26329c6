//! Commands as their users run them: what they print where, in which format, and how they end.

mod assumptions;
mod bad_ends;
mod browser;
mod check_show;
mod codes;
mod commands;
mod dry_run;
mod expand;
pub(crate) mod formats;
mod history;
mod paper;
mod planning;
mod platforms;
mod reports;
mod reuse_plan;
mod slips;
mod submissions;
mod sweeps;
mod tables;
mod troubles;
