//! `modplan execute --on koji`: what a run would need of a hub and do there, and with `--yes` the run.

#[cfg(feature = "live")]
mod asked;
#[cfg(feature = "live")]
mod carry_out;
#[cfg(feature = "live")]
mod drive;
#[cfg(feature = "live")]
mod dry_run;
#[cfg(feature = "live")]
mod login;
#[cfg(feature = "live")]
mod place;
#[cfg(feature = "live")]
mod trouble;

use std::path::PathBuf;

use clap::Args;
use modplan::koji::Secret;
use modplan::time::Millis;

use super::profile::ProfileArgs;

#[cfg(feature = "live")]
pub(crate) use asked::Asked;
#[cfg(feature = "live")]
pub(crate) use drive::{Ending, drive};
#[cfg(feature = "live")]
pub(crate) use dry_run::run;
#[cfg(feature = "live")]
pub(crate) use place::{Place, usual_store};
#[cfg(feature = "live")]
pub(crate) use trouble::{of_run, of_store};

/// Which site and which hub.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "On koji")]
pub(crate) struct KojiArgs {
    /// What the site decides, as YAML; else ~/.config/modplan/config.yaml, else
    /// /etc/modplan/config.yaml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    profile: ProfileArgs,
}

impl KojiArgs {
    /// Returns the first flag that was given, if one was.
    pub(crate) fn given(&self) -> Option<&'static str> {
        if self.config.is_some() { Some("--config") } else { self.profile.given() }
    }
}

/// Where runs are kept.
#[derive(Clone, Debug, Args)]
pub(crate) struct StoreArgs {
    /// The store of runs: sqlite:FILE or `postgres://user@host/database`; else `store` of the
    /// configuration, else sqlite:modplan.db
    #[arg(long, value_name = "URL", value_parser = hidden)]
    pub(crate) store: Option<Secret>,
}

/// Takes every text: clap would print one that it refuses, password and all.
fn hidden(text: &str) -> Result<Secret, std::convert::Infallible> {
    Ok(Secret::new(text))
}

/// How a plan is carried out.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "On koji")]
pub(crate) struct CarryOutArgs {
    /// Carry out what the dry run with this checksum showed. The preflight is repeated, and the run
    /// begins only if nothing differs
    #[arg(long, value_name = "CHECKSUM")]
    pub(crate) yes: Option<String>,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    /// How often koji is asked; `limits.poll` of the configuration when left out
    #[arg(long, value_name = "D", requires = "yes", value_parser = interval)]
    pub(crate) poll: Option<Millis>,
    /// Build so many components first, then stop until the run is resumed
    #[arg(long, value_name = "N", requires = "yes", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) canary: Option<u32>,
    #[cfg(feature = "live")]
    #[command(flatten)]
    pub(crate) lease: LeaseArgs,
}

/// How long others wait.
#[cfg(feature = "live")]
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct LeaseArgs {
    /// How long a process that gives no sign of life keeps its run
    #[arg(long, value_name = "D", default_value = "5m", hide = true, value_parser = interval)]
    pub(crate) lease: Millis,
}

/// Reads a duration above zero.
fn interval(text: &str) -> Result<Millis, String> {
    let span: Millis = text.parse().map_err(|error| format!("{error}"))?;
    if span == Millis::ZERO { Err("must be above zero".to_owned()) } else { Ok(span) }
}

impl CarryOutArgs {
    /// Returns the first flag that was given, if one was.
    pub(crate) fn given(&self) -> Option<&'static str> {
        let flags = [
            (self.yes.is_some(), "--yes"),
            (self.store.store.is_some(), "--store"),
            (self.poll.is_some(), "--poll"),
            (self.canary.is_some(), "--canary"),
        ];
        flags.into_iter().find_map(|(is_given, flag)| is_given.then_some(flag))
    }
}
