//! `modplan record`: a live server's modules into one snapshot file.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use modplan::live::{self, LiveError, Request, Retry, Service, Step};

use super::console::Console;
use super::output::OutputArgs;
use super::progress::Progress;
use super::record_koji::KojiArgs;
use super::status::{Answer, Refusal};

/// Record the modules of a live server into one file that loads like any other
#[derive(Debug, Args)]
pub(crate) struct Record {
    #[command(subcommand)]
    service: From,
}

#[derive(Debug, Subcommand)]
enum From {
    /// From a Product Definition Center of either generation
    Pdc(RecordArgs),
    /// From a Module Build Service: its builds in the state `ready`
    Mbs(RecordArgs),
    /// From a koji hub: tasks into trace.csv, builders into farm.yaml, module builds into modules.yaml
    Koji(KojiArgs),
}

#[derive(Debug, Args)]
struct RecordArgs {
    /// The server: its host, such as <https://pdc.example.org>, or its API
    #[arg(value_name = "URL")]
    url: String,
    /// Write to FILE, replaced whole once all is there; until then FILE.partial keeps what was
    /// read, and the same command continues from there
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Only rows with these, in the server's own words, such as `active=true`; may be repeated
    #[arg(long, value_name = "KEY=VALUE", value_parser = filter)]
    filter: Vec<(String, String)>,
    /// Ask for N rows at once
    #[arg(long, value_name = "N", default_value = "100", value_parser = clap::value_parser!(u32).range(1..))]
    page_size: u32,
    /// Ask N times at most where no proper answer comes, each time after a longer delay
    #[arg(long, value_name = "N", default_value = "6", value_parser = clap::value_parser!(u32).range(1..))]
    attempts: u32,
}

fn filter(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("a filter is KEY=VALUE".to_owned()),
    }
}

impl Record {
    pub(crate) fn run(self, console: &Console) -> anyhow::Result<Answer> {
        let (service, arguments) = match self.service {
            From::Pdc(arguments) => (Service::Pdc, arguments),
            From::Mbs(arguments) => (Service::Mbs, arguments),
            From::Koji(arguments) => return arguments.run(console),
        };
        arguments.run(service, console)
    }
}

impl RecordArgs {
    fn run(self, service: Service, console: &Console) -> anyhow::Result<Answer> {
        let Some(name) = self.output.file_name().filter(|name| *name != "-") else {
            let refusal = Refusal::usage("`-o` must name a file");
            return Err(refusal.hint("what was read is kept beside it until all is there").into());
        };
        let mut partial_name = name.to_owned();
        partial_name.push(".partial");
        let request = Request {
            service,
            partial: self.output.with_file_name(partial_name),
            url: self.url,
            page_size: self.page_size,
            filters: self.filter,
            retry: Retry { attempts_max: self.attempts, ..Retry::default() },
        };
        let mut progress: Option<Progress> = None;
        let recorded = live::record(&request, &mut |step| match step {
            Step::Note(note) => console.note(&note),
            Step::Rows { rows, rows_all } => {
                let start = || Progress::start(console, "rows", rows_all);
                progress.get_or_insert_with(start).set(rows);
            }
        });
        drop(progress);
        let recording = recorded.map_err(|error| explained(error, &request))?;
        OutputArgs { output: self.output.clone() }.write(&recording.text)?;
        console.note(&format!("{} rows in {}", recording.rows, self.output.display()));
        recording.finish()?;
        Ok(Answer::Yes)
    }
}

/// Returns an error with what to do about it.
fn explained(error: LiveError, request: &Request) -> anyhow::Error {
    let partial = request.partial.display();
    if let LiveError::BadUrl { .. } = error {
        return Refusal::usage(error.to_string()).into();
    }
    let hint = if let LiveError::OtherPartial { .. } = error {
        format!("remove {partial} to start over")
    } else if request.partial.exists() {
        format!("the same command continues from {partial}")
    } else {
        return error.into();
    };
    Refusal::outside(error.to_string()).hint(hint).into()
}
