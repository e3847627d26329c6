//! `modplan plan`: what is rebuilt, why, in which order, how long: the dry run.

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use modplan::name::NameStream;
use modplan::plan::Plan;
use modplan::plan::reuse::Strategy;
use modplan::report;
use modplan::sim::DurationMode;

use super::args::{InputArgs, SelectionArgs, WorldArgs, name_stream};
use super::case::{Case, refuse_storm};
use super::console::Console;
use super::estimate;
use super::output::OutputArgs;
use super::status::{Answer, Refusal};
use super::world::World;

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
    /// Tell what the rebuilt modules become on this platform: their contexts, and what is missing
    #[arg(long, value_name = "NAME:STREAM", value_parser = name_stream)]
    platform: Option<NameStream>,
    /// The time of submission, such as 2026-11-24T00:00:00Z: tell the version that each rebuild gets
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
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
        if self.platform.is_some() && matches!(self.format, Format::Csv | Format::Dot) {
            return Err(Refusal::usage("csv and dot have no place for what --platform tells")
                .hint("take --format table or json")
                .into());
        }
        let case = Case::read(&self.inputs.inputs, &self.selection, console)?;
        let case = case.for_platform(self.platform.clone());
        let world = World::read((&self.world, DurationMode::Resample), console)?;
        let mut planning = case.plan(&world, console)?;
        refuse_storm(&planning.plan, &self.selection)?;
        let mut is_odd = false;
        if let Some(target) = &self.platform {
            is_odd = case.move_to(target, &mut planning.plan, console)?;
        }
        if matches!(self.format, Format::Table | Format::Json) {
            let on = (&planning.farm, &world);
            planning.plan.estimate =
                Some(estimate::estimate(&planning.plan, on, self.world.seed, console)?);
        }
        if let Some(at) = self.at {
            case.give_versions(at, &mut planning.plan);
        }
        let remarks = report::plan::remarks(&planning.plan);
        for (remark, hint) in &remarks {
            console.warn(remark, Some(hint));
        }
        let plan = &planning.plan;
        self.output.write(match self.format {
            Format::Table => self.table(plan),
            Format::Json => plan.to_json(),
            Format::Csv => report::plan::csv(plan),
            Format::Dot => report::plan::dot(plan),
        })?;
        let is_odd =
            is_odd || case.has_findings() || !planning.findings.is_empty() || !remarks.is_empty();
        Ok(Answer::yes_if(!(self.strict && is_odd)))
    }
}

impl PlanCommand {
    /// Renders the plan for people, with what is reused where anything may be.
    fn table(&self, plan: &Plan) -> String {
        let mut text = report::plan::table(plan);
        if self.selection.reuse.rebuild_strategy != Strategy::All {
            text.push('\n');
            text += &report::reuse::table(plan);
        }
        if let Some(on) = &plan.on_platform {
            text.push('\n');
            text += &report::replatform::table(on);
        }
        text
    }
}
