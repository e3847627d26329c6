//! `modplan generate`: completions for shells and man pages, from the one description of the flags.

use std::io;
use std::path::PathBuf;

use clap::{Args, CommandFactory, Subcommand};
use clap_complete::Shell;
use clap_mangen::Man;
use modplan::load::Code;

use super::Cli;
use super::console::Console;
use super::output::{OutputArgs, Pieces, whole, write_directory};
use super::status::{Answer, Refusal};

/// Write completions for a shell, or man pages
#[derive(Debug, Args)]
pub(crate) struct Generate {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Completions, to be read by the shell when it starts
    Completions {
        /// The shell that will read them
        shell: Shell,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// The table of all codes that a finding may have, in Markdown
    Findings {
        #[command(flatten)]
        output: OutputArgs,
    },
    /// One man page, or all of them
    Man {
        /// The command the page is about; modplan itself when left out
        command: Option<String>,
        #[command(flatten)]
        output: OutputArgs,
        /// Write a page for every command into DIR
        #[arg(long, value_name = "DIR", conflicts_with_all = ["command", "output"])]
        all: Option<PathBuf>,
    },
}

impl Generate {
    pub(crate) fn run(self, _console: &Console) -> anyhow::Result<Answer> {
        match self.what {
            What::Completions { shell, output } => {
                let mut script = Vec::new();
                clap_complete::generate(shell, &mut Cli::command(), "modplan", &mut script);
                output.write(script)?;
            }
            What::Findings { output } => output.write(findings())?,
            What::Man { all: Some(directory), .. } => write_all_pages(&directory)?,
            What::Man { command, output, .. } => output.write(page(find(command.as_deref())?)?)?,
        }
        Ok(Answer::Yes)
    }
}

/// Returns the table of codes as the documentation has it.
fn findings() -> String {
    let mut text = "# Findings\n\nWritten by `modplan generate findings -o docs/findings.md`.\n\n\
        | code | level | meaning |\n|---|---|---|\n"
        .to_owned();
    for code in Code::ALL {
        let row = format!("| `{code}` | {} | {} |\n", code.severity(), code.summary());
        text.push_str(&row);
    }
    text
}

fn write_all_pages(directory: &std::path::Path) -> anyhow::Result<()> {
    let text = |command| -> anyhow::Result<Pieces<'_>> {
        let text = String::from_utf8(page(command)?)?;
        Ok(whole(|| text))
    };
    let mut pages = vec![("modplan.1".to_owned(), text(find(None)?)?)];
    for command in Cli::command().get_subcommands() {
        let name = command.get_name();
        pages.push((format!("modplan-{name}.1"), text(find(Some(name))?)?));
    }
    write_directory(directory, pages)
}

/// Returns the description of one command under the name its page carries, `modplan-plan`.
fn find(name: Option<&str>) -> Result<clap::Command, Refusal> {
    let mut cli = Cli::command();
    cli.build();
    let Some(name) = name else {
        return Ok(cli);
    };
    let found = cli.find_subcommand(name).cloned().ok_or_else(|| {
        Refusal::usage(format!("unknown command `{name}`"))
            .hint("`modplan --help` lists the commands")
    })?;
    Ok(found.disable_help_subcommand(true))
}

fn page(command: clap::Command) -> io::Result<Vec<u8>> {
    let mut page = Vec::new();
    Man::new(command).render(&mut page)?;
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_codes_are_those_of_the_code() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/findings.md");
        let documented = std::fs::read_to_string(path).unwrap();
        assert!(
            documented == findings(),
            "docs/findings.md is old: run `modplan generate findings -o docs/findings.md`"
        );
    }

    #[test]
    fn every_command_has_a_page_that_names_it() {
        let directory = tempfile::tempdir().unwrap();
        write_all_pages(directory.path()).unwrap();
        let page = std::fs::read_to_string(directory.path().join("modplan-generate.1")).unwrap();
        assert!(page.contains(".TH modplan-generate 1"), "{page}");
        let main = std::fs::read_to_string(directory.path().join("modplan.1")).unwrap();
        assert!(main.contains("Exit codes"), "{main}");
    }
}
