//! What an operator asks and wants of a run: why something waits, and to try again, to pause or to cancel.

use clap::Args;
use modplan::live::execute::Wish;
use modplan::live::{StoredRun, stored_run, stored_wish};
use modplan::report;
use modplan::store::Folded;

use super::super::console::Console;
use super::super::output::{OutputArgs, quoted};
use super::super::status::Refusal;
use super::{RunsFormat, Stored, explained};

/// Which run.
#[derive(Debug, Args)]
struct OfRun {
    /// The run, as `runs list` names it
    #[arg(value_name = "RUN")]
    run: String,
    #[command(flatten)]
    store: Stored,
}

/// Say what a module or a component waits for, link by link
#[derive(Debug, Args)]
pub(super) struct Why {
    #[command(flatten)]
    of: OfRun,
    /// The module, as `runs show` names it or as far as that is clear, and one of its components
    #[arg(value_name = "MODULE[/COMPONENT]")]
    subject: String,
    /// How it is written
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: RunsFormat,
    #[command(flatten)]
    output: OutputArgs,
}

/// Try a module build again that failed, without building again what is done
///
/// Its failed components are submitted once more, from the same sources. A component that is named is built
/// again even where its build was fine and its test was not.
#[derive(Debug, Args)]
pub(super) struct Retry {
    #[command(flatten)]
    of: OfRun,
    /// The module, as `runs show` names it or as far as that is clear, and one of its components
    #[arg(value_name = "MODULE[/COMPONENT]")]
    subject: String,
}

/// Have the process that drives a run stop; koji finishes the tasks that it has
#[derive(Debug, Args)]
pub(super) struct Pause {
    #[command(flatten)]
    of: OfRun,
}

/// Have the process that drives a run begin nothing new, and stop when what is under way has ended
///
/// Unlike after `runs pause`, koji has nothing of the run any more when the process ends, and what came of it is
/// kept. The run can be resumed.
#[derive(Debug, Args)]
pub(super) struct Drain {
    #[command(flatten)]
    of: OfRun,
}

/// Cancel a run, or one module of it: its tasks at koji are canceled, and nothing more begins
#[derive(Debug, Args)]
pub(super) struct Cancel {
    #[command(flatten)]
    of: OfRun,
    /// The only module to cancel; those that need it then wait
    #[arg(value_name = "MODULE")]
    module: Option<String>,
}

impl Why {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let StoredRun { row, folded, .. } = self.of.stored()?;
        let (module, component) = subject(&folded, &self.subject)?;
        let Some(links) = folded.status.chain(&module, component.as_deref()) else {
            return Err(no_component(&module, component.as_deref()));
        };
        self.output.write(match self.format {
            RunsFormat::Table => report::why::why(&row, &links),
            RunsFormat::Json => report::why::why_json(&row, &links),
        })
    }
}

impl Retry {
    pub(super) fn run(self, console: &Console) -> anyhow::Result<()> {
        let folded = self.of.stored()?.folded;
        let (module, component) = subject(&folded, &self.subject)?;
        if folded.status.chain(&module, component.as_deref()).is_none() {
            return Err(no_component(&module, component.as_deref()));
        }
        self.of.wish(&Wish::Retry { module, component }, console)
    }
}

impl Pause {
    pub(super) fn run(self, console: &Console) -> anyhow::Result<()> {
        self.of.wish(&Wish::Pause, console)
    }
}

impl Drain {
    pub(super) fn run(self, console: &Console) -> anyhow::Result<()> {
        self.of.wish(&Wish::Drain, console)
    }
}

impl Cancel {
    pub(super) fn run(self, console: &Console) -> anyhow::Result<()> {
        let folded = self.of.stored()?.folded;
        let module = match &self.module {
            Some(module) => Some(find_module(&folded, module)?),
            None => None,
        };
        self.of.wish(&Wish::Cancel { module }, console)
    }
}

impl OfRun {
    fn stored(&self) -> anyhow::Result<StoredRun> {
        stored_run(self.store.url().reveal(), &self.run).map_err(explained)
    }

    /// Keeps a wish, and says who hears it.
    fn wish(&self, wish: &Wish, console: &Console) -> anyhow::Result<()> {
        let row = stored_wish(self.store.url().reveal(), &self.run, wish).map_err(explained)?;
        match row.holder {
            Some(holder) => {
                console.note(&format!("noted: {holder} drives the run and hears it soon"));
            }
            None => {
                let command = format!("modplan runs resume {}", quoted(self.run.clone()));
                console.warn(
                    &format!("noted, but nobody drives the run: it is {}", row.state.as_str()),
                    Some(&format!("have it heard with `{command}`")),
                );
            }
        }
        Ok(())
    }
}

/// Takes `MODULE[/COMPONENT]` apart; the module is one of the run.
fn subject(folded: &Folded, text: &str) -> anyhow::Result<(String, Option<String>)> {
    match text.split_once('/') {
        Some((module, component)) => Ok((find_module(folded, module)?, Some(component.to_owned()))),
        None => Ok((find_module(folded, text)?, None)),
    }
}

/// Finds a module of the run by its id, or by what the id begins with, as far as that is clear.
fn find_module(folded: &Folded, text: &str) -> anyhow::Result<String> {
    let modules = folded.status.modules();
    let is_it =
        |id: &str| id == text || id.strip_prefix(text).is_some_and(|rest| rest.starts_with(':'));
    let found: Vec<&str> =
        modules.iter().map(|module| &*module.id).filter(|id| is_it(id)).collect();
    match found.as_slice() {
        [id] => Ok((*id).to_owned()),
        [] => Err(Refusal::usage(format!("`{text}` is not part of this run"))
            .hint("`modplan runs show` lists its modules")
            .into()),
        many => Err(Refusal::usage(format!("`{text}` may be {}", many.join(" or "))).into()),
    }
}

fn no_component(module: &str, component: Option<&str>) -> anyhow::Error {
    let component = component.unwrap_or_default();
    Refusal::usage(format!("{module} has no component `{component}`")).into()
}
