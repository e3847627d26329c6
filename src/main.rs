//! Parses the command line, sets up logging, calls the command, and maps its answer to an exit code.

use std::process::ExitCode;

use clap::Parser;

mod cli;

fn main() -> ExitCode {
    // clap answers `--help` and `--version` with 0 and what it cannot parse with 2.
    let cli = cli::Cli::parse();
    let console = cli.console();
    console.start_logging();
    match cli.run(&console) {
        Ok(answer) => answer.into(),
        Err(error) => console.report(&error).into(),
    }
}
