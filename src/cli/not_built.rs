//! Commands of a feature that this binary was built without.

use std::ffi::OsString;

use clap::Args;

use super::status::{Answer, Refusal};

/// All arguments after the command.
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub(crate) struct NotBuilt {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    rest: Vec<OsString>,
}

impl NotBuilt {
    /// Refuses the command, and says how to get a binary that has it.
    pub(crate) fn run(self, command: &str) -> anyhow::Result<Answer> {
        drop(self.rest);
        Err(refusal(command).into())
    }
}

/// Returns why something is refused that this binary lacks.
pub(crate) fn refusal(what: &str) -> Refusal {
    let message =
        format!("this modplan was built without the feature `live`, which `{what}` needs");
    Refusal::usage(message).hint("build one with `cargo install --path . --features live`")
}
