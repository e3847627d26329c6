//! `modplan execute --on koji`: what a run would need of a hub and do there. Nothing is changed.

#[cfg(feature = "live")]
mod dry_run;
#[cfg(feature = "live")]
mod login;

use std::path::PathBuf;

use clap::Args;

use super::profile::ProfileArgs;

#[cfg(feature = "live")]
pub(crate) use dry_run::{Asked, run};

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
