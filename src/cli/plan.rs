//! `modplan plan`: what is rebuilt, why, in which order, how long: the dry run.

use clap::{Args, ValueEnum};
use modplan::plan::Plan;
use modplan::report;
use modplan::sim::DurationMode;

use super::args::{InputArgs, SelectionArgs, WorldArgs};
use super::case::{Case, World};
use super::console::Console;
use super::output::OutputArgs;
use super::status::{Answer, Refusal};

/// Show what is rebuilt, why, in which order, and how long it takes; changes nothing
///
/// `csv` has one row a component, `dot` draws the modules by wave (pipe it to `dot -Tsvg`), `json`
/// is the whole plan, which `modplan execute` takes.
#[derive(Debug, Args)]
pub(crate) struct PlanCommand {
    #[command(flatten)]
    inputs: InputArgs,
    #[command(flatten)]
    selection: SelectionArgs,
    #[command(flatten)]
    world: WorldArgs,
    /// How the plan is written
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,
    /// Answer no when there are cycles, dangling requirements or findings
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A table by waves
    Table,
    /// The whole plan
    Json,
    /// One row a component
    Csv,
    /// A drawing for Graphviz
    Dot,
}

impl PlanCommand {
    pub(crate) fn run(self, console: &Console) -> anyhow::Result<Answer> {
        let case = Case::read(&self.inputs.inputs, &self.selection, console)?;
        let world = World::read((&self.world, DurationMode::Resample), console)?;
        let planning = case.plan(&world, console)?;
        refuse_storm(&planning.plan, &self.selection)?;
        let remarks = report::plan::remarks(&planning.plan);
        for (remark, hint) in &remarks {
            console.warn(remark, Some(hint));
        }
        let plan = &planning.plan;
        self.output.write(match self.format {
            Format::Table => report::plan::table(plan),
            Format::Json => plan.to_json(),
            Format::Csv => report::plan::csv(plan),
            Format::Dot => report::plan::dot(plan),
        })?;
        let is_odd = case.has_findings() || !planning.findings.is_empty() || !remarks.is_empty();
        Ok(Answer::yes_if(!(self.strict && is_odd)))
    }
}

/// Refuses a plan of more modules than were allowed.
pub(crate) fn refuse_storm(plan: &Plan, args: &SelectionArgs) -> Result<(), Refusal> {
    let builds = plan.modules.iter().filter(|module| !module.pass_through).count();
    match args.max_builds {
        Some(max) if builds > max.get() => Err(Refusal::no(format!(
            "the plan builds {builds} modules, more than --max-builds {max} allows"
        ))
        .hint("raise --max-builds, or select less with --only or --exclude")),
        _ => Ok(()),
    }
}
