//! `modplan plan`: what is rebuilt, why, in which order, how long: the dry run.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use modplan::load::Code;
use modplan::name::{NameStream, Selector, nearest};
use modplan::plan::model::Why;
use modplan::plan::reuse::Strategy;
use modplan::plan::schedule::Effort;
use modplan::plan::why::why;
use modplan::plan::{Plan, against};
use modplan::report;
use modplan::sim::DurationMode;
use modplan::time::Millis;

use super::args::{InputArgs, SelectionArgs, Unit, WorldArgs, identity, moment, name_stream};
use super::case::{Case, refuse_storm};
use super::console::Console;
use super::estimate;
use super::look::{Look, look};
use super::output::OutputArgs;
use super::status::{Answer, Refusal};
use super::width::width;
use super::world::World;

/// Show what is rebuilt, why, in which order, and how long it takes; changes nothing
///
/// `csv` has one row a component, `dot` draws modules and batches (pipe it to `dot -Tsvg`), `json` is
/// the whole plan, which `modplan execute` takes.
#[derive(Debug, Args)]
pub(crate) struct PlanCommand {
    #[command(flatten)]
    inputs: InputArgs,
    #[command(flatten)]
    selection: SelectionArgs,
    /// Tell what the rebuilt modules become on this platform: their contexts, and what is missing
    #[arg(long, value_name = "NAME:STREAM", value_parser = name_stream)]
    platform: Option<NameStream>,
    /// The time of submission, such as 2026-11-24T00:00:00Z: show the version that each rebuild gets
    #[arg(long, value_name = "TIME", value_parser = moment)]
    at: Option<Timestamp>,
    #[command(flatten)]
    world: WorldArgs,
    /// How long to improve the schedule, unless it is proven optimal before; the same effort gives the
    /// same schedule on every machine
    #[arg(long, value_name = "DURATION", default_value = "100ms")]
    effort: Millis,
    /// List what came, went and moved against an earlier plan, and by how much the end moved
    #[arg(long, value_name = "FILE")]
    against_plan: Option<PathBuf>,
    /// How the plan is written
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,
    /// Tell why ID is rebuilt: every path to it from what was asked for
    #[arg(long, value_name = "ID")]
    why: Vec<Selector>,
    /// Answer no when there are cycles, dangling requirements or findings
    #[arg(long)]
    strict: bool,
    /// Let --strict pass with findings of this code, such as arch-drift
    #[arg(long, value_name = "CODE", value_parser = code, value_delimiter = ',')]
    allow: Vec<Code>,
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
    /// A drawing for Graphviz: a box for each module, its batches in it
    Dot,
    /// A Mermaid flowchart: a box for each wave
    Mermaid,
    /// A picture of the waves
    Svg,
    /// A picture of the planned schedule: a lane for each builder
    Gantt,
    /// A script that submits wave after wave; read it before you run it
    Sh,
}

impl PlanCommand {
    pub(crate) fn run(self, console: &Console) -> anyhow::Result<Answer> {
        let is_in_full = matches!(self.format, Format::Table | Format::Json);
        if let Some(what) = self.shown_in_full().filter(|_| !is_in_full) {
            return Err(Refusal::usage(format!("only a table and JSON show {what}"))
                .hint("take --format table or json")
                .into());
        }
        if matches!(self.format, Format::Sh) && self.selection.unit == Unit::Context {
            return Err(Refusal::usage("a script submits sources, each with all its contexts")
                .hint("leave --unit context out, or take another format")
                .into());
        }
        let earlier = self.against_plan.as_deref().map(earlier).transpose()?;
        let case = Case::read(&self.inputs.inputs, &self.selection, console)?;
        let case = case.for_platform(self.platform.clone());
        let case = case.with_effort(Effort::of_ms(self.effort.0));
        let world = World::read(&self.world, DurationMode::Resample, console)?;
        let mut planning = case.plan(&world, console)?;
        refuse_storm(&planning.plan, &self.selection)?;
        let plan = &mut planning.plan;
        let mut is_odd = false;
        if let Some(target) = &self.platform {
            is_odd = case.move_to(target, plan, console)?;
        }
        if matches!(self.format, Format::Table | Format::Json) {
            let (farm, seed) = (&planning.farm, self.world.seed);
            plan.estimate = Some(estimate::estimate(plan, farm, &world, seed, console)?);
            let assumed = estimate::assumed(plan, farm, &world);
            plan.assumed.extend(assumed);
        }
        if let Some(at) = self.at {
            case.give_versions(at, plan);
        }
        plan.why = self.paths(&case, plan)?;
        world.record(plan)?;
        if let (Some(path), Some(earlier)) = (&self.against_plan, &earlier) {
            plan.against = Some(against(path.display().to_string(), earlier, plan));
        }
        let remarks = report::plan::remarks(plan);
        remarks.iter().for_each(|remark| console.remark(remark));
        if self.format == Format::Json {
            add_documents(&case, plan);
        }
        self.write(plan)?;
        let planned = planning.findings.iter().map(|finding| finding.code);
        let codes = case.codes().chain(planned).chain(remarks.iter().map(|remark| remark.code));
        is_odd |= codes.into_iter().any(|code| !self.allow.contains(&code));
        Ok(Answer::yes_if(!(self.strict && is_odd)))
    }
}

/// Writes into the plan what a build of each module needs: its document and its macros.
fn add_documents(case: &Case, plan: &mut Plan) {
    let documents = case.documents();
    for module in &mut plan.modules {
        if let Some(document) = documents.of(&module.id) {
            module.macros = document.macros.clone();
            module.modulemd = report::snapshot::source_yaml(document);
        }
    }
}

/// Reads the code of a finding.
fn code(text: &str) -> Result<Code, String> {
    let known = || Code::ALL.iter().copied();
    known().find(|code| code.as_str() == text).ok_or_else(|| {
        match nearest(text, known().map(Code::as_str)) {
            Some(near) => format!("no finding has this code; did you mean `{near}`?"),
            None => "no finding has this code; they are printed in brackets: warning[arch-drift]"
                .to_owned(),
        }
    })
}

impl PlanCommand {
    fn width(&self) -> usize {
        width(&self.output.output)
    }

    /// Returns what was asked for that only a table and JSON have a place for.
    fn shown_in_full(&self) -> Option<&'static str> {
        let asked = [
            (self.platform.is_some(), "what --platform changes"),
            (!self.why.is_empty(), "the paths of --why"),
            (self.against_plan.is_some(), "what differs from --against-plan"),
        ];
        asked.into_iter().find_map(|(is_asked, what)| is_asked.then_some(what))
    }

    /// Renders the paths of `--why`, and what differs from an earlier plan where that is asked for too.
    fn why_table(&self, plan: &Plan) -> String {
        let mut text = report::plan::why(plan, self.width());
        if let Some(against) = &plan.against {
            text.push('\n');
            text += &report::plan::against(against, self.width());
        }
        text
    }

    /// Returns the paths to what `--why` names.
    fn paths(&self, case: &Case, plan: &Plan) -> Result<Vec<Why>, Refusal> {
        let mut all = Vec::new();
        for id in &self.why {
            let ids = case.ids(id);
            if ids.is_empty() {
                return Err(Refusal::usage(format!("no loaded module is `{id}`"))
                    .hint("`modplan show` lists what the inputs hold"));
            }
            let found: Vec<Why> = ids.iter().filter_map(|id| why(plan, id)).collect();
            if found.is_empty() {
                return Err(Refusal::no(format!("`{id}` is not rebuilt by this plan")).hint(
                    format!("`modplan show INPUT --dependencies {id}` lists what it builds on"),
                ));
            }
            all.extend(found);
        }
        Ok(all)
    }

    fn write(&self, plan: &Plan) -> anyhow::Result<()> {
        let text = match self.format {
            Format::Json => return self.output.write_with(|out| plan.write_json(out)),
            Format::Table if !self.why.is_empty() => self.why_table(plan),
            Format::Table => self.table(plan),
            Format::Csv => report::plan::csv(plan),
            Format::Dot => report::plan::dot(plan),
            Format::Mermaid => report::plan::mermaid(plan),
            Format::Svg => report::plan::svg(plan),
            Format::Gantt => report::plan::gantt(plan),
            Format::Sh => report::plan::sh(plan),
        };
        self.output.write(text)
    }

    /// Renders the plan for people, with what is reused where anything may be.
    fn table(&self, plan: &Plan) -> String {
        let mut text = report::plan::table(plan, self.width());
        if self.selection.reuse.rebuild_strategy != Strategy::All {
            text.push('\n');
            text += &report::reuse::table(plan, self.width());
        }
        if let Some(against) = &plan.against {
            text.push('\n');
            text += &report::plan::against(against, self.width());
        }
        if let Some(on) = &plan.on_platform {
            text.push('\n');
            text += &report::replatform::table(on, self.width());
        }
        text
    }
}

/// Reads the plan that another is compared with.
fn earlier(path: &Path) -> anyhow::Result<Plan> {
    let paths = [path.to_path_buf()];
    let takes = "--against-plan takes what `modplan plan --format json` wrote";
    match look(&paths)? {
        Look::Plan(plan) => Ok(*plan),
        Look::Inputs(_) if identity(&paths).is_some() => {
            Err(Refusal::usage(format!("`{}` is an identity, not a plan", path.display()))
                .hint(takes)
                .into())
        }
        Look::Inputs(_) if !path.exists() => {
            Err(anyhow::anyhow!("cannot find `{}`", path.display()))
        }
        Look::Inputs(_) => {
            Err(Refusal::no(format!("{} is not a plan", path.display())).hint(takes).into())
        }
    }
}
