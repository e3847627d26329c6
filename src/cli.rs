//! The command line: what is typed, what it means, and the manners every command shares.
//!
//! One file a subcommand holds its arguments and a `run` that reads inputs, calls the library and
//! writes what comes back. The library prints nothing and reads no environment; all of that is
//! here. Data goes to standard output or `-o FILE`, everything else to standard error.

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

pub(crate) mod args;
mod capacity;
mod case;
mod check;
mod compare;
pub(crate) mod console;
mod documents;
mod estimate;
mod execute;
mod expand;
mod generate;
pub(crate) mod journal;
mod loading;
mod look;
mod merge;
#[cfg(feature = "live")]
mod mock_koji;
#[cfg(not(feature = "live"))]
mod not_built;
mod on_koji;
pub(crate) mod output;
mod plan;
pub(crate) mod probing;
mod profile;
pub(crate) mod progress;
#[cfg(feature = "live")]
mod record;
#[cfg(feature = "live")]
mod record_koji;
#[cfg(feature = "live")]
mod runs;
mod selecting;
mod show;
pub(crate) mod stale;
mod status;
mod subject;
mod sweeping;
mod trace;
mod variant;
mod vary;
mod width;
mod world;

use console::Console;
use status::Answer;

const EXIT_CODES: &str = "\
Exit codes:
  0    done, or the reader of a pipe went away
  1    the answer is no: errors found, nothing to plan, a wrong trace, farm or scenario file,
       a run that did not end well
  2    usage: an unknown flag or id, nothing selected
  3    outside trouble: a file missing or unreadable, network, database
  130  interrupted (Ctrl-C)

Data goes to standard output or -o FILE; messages, findings and progress go to standard error.";

/// Plans, simulates and orchestrates the rebuild of distribution modules
#[derive(Debug, Parser)]
#[command(version, after_help = EXIT_CODES, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    manners: Manners,
    #[command(subcommand)]
    command: Command,
}

/// What every command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Messages")]
struct Manners {
    /// Say more on standard error; twice for every detail
    #[arg(short, long, global = true, action = ArgAction::Count)]
    verbose: u8,
    /// Say less: no warnings, no progress
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// When to use colour; `auto` also respects `NO_COLOR`
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: Color,
    /// How messages are written: lines for people, or one JSON object a line
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text")]
    log_format: LogFormat,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Color {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    /// Always, also into a pipe
    Always,
    /// Never
    Never,
}

/// How messages on standard error are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// Lines for people
    Text,
    /// One JSON object a line
    Json,
}

#[derive(Debug, Subcommand)]
enum Command {
    Check(check::Check),
    Show(show::Show),
    Expand(expand::Expand),
    Plan(plan::PlanCommand),
    Execute(execute::Execute),
    Compare(compare::Compare),
    Capacity(capacity::Capacity),
    Merge(merge::Merge),
    Trace(trace::Trace),
    #[cfg(feature = "live")]
    Record(record::Record),
    /// Record a live system (needs the feature `live`)
    #[cfg(not(feature = "live"))]
    Record(not_built::NotBuilt),
    #[cfg(feature = "live")]
    MockKoji(mock_koji::MockKoji),
    /// Serve a simulated koji hub over XML-RPC (needs the feature `live`)
    #[cfg(not(feature = "live"))]
    MockKoji(not_built::NotBuilt),
    #[cfg(feature = "live")]
    Runs(runs::Runs),
    /// List, show and resume durable runs (needs the feature `live`)
    #[cfg(not(feature = "live"))]
    Runs(not_built::NotBuilt),
    Generate(generate::Generate),
}

impl Cli {
    /// Returns how this run speaks to the person who started it.
    pub(crate) fn console(&self) -> Console {
        Console::new(&self.manners)
    }

    /// Runs the command that was typed.
    pub(crate) fn run(self, console: &Console) -> anyhow::Result<Answer> {
        match self.command {
            Command::Check(command) => command.run(console),
            Command::Show(command) => command.run(console),
            Command::Expand(command) => command.run(console),
            Command::Plan(command) => command.run(console),
            Command::Execute(command) => command.run(console),
            Command::Compare(command) => command.run(console),
            Command::Capacity(command) => command.run(console),
            Command::Merge(command) => command.run(console),
            Command::Trace(command) => command.run(console),
            #[cfg(feature = "live")]
            Command::Record(command) => command.run(console),
            #[cfg(feature = "live")]
            Command::MockKoji(command) => command.run(console),
            #[cfg(feature = "live")]
            Command::Runs(command) => command.run(console),
            #[cfg(not(feature = "live"))]
            Command::Record(command) => command.run("record"),
            #[cfg(not(feature = "live"))]
            Command::MockKoji(command) => command.run("mock-koji"),
            #[cfg(not(feature = "live"))]
            Command::Runs(command) => command.run("runs"),
            Command::Generate(command) => command.run(console),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }

    #[test]
    fn help_lists_every_exit_code() {
        use clap::CommandFactory;
        let help = Cli::command().render_help().to_string();
        for code in ["  0 ", "  1 ", "  2 ", "  3 ", "  130 "] {
            assert!(help.contains(code), "{code} is missing from:\n{help}");
        }
    }
}
