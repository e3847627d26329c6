//! Commands of a feature that this binary was built without.

use std::ffi::OsString;

use clap::Args;

use super::status::{Answer, Refusal};

/// Whatever is typed after the command.
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
        let message =
            format!("this modplan was built without the feature `live`, which `{command}` needs");
        let hint = "build one with `cargo install --path . --features live`";
        Err(Refusal::usage(message).hint(hint).into())
    }
}
