//! `--on koji`: which flags it takes, and the plan that it carries out or shows.

use super::super::args::WorldArgs;
use super::super::case::refuse_storm;
use super::super::console::Console;
use super::super::look::{Look, look};
use super::super::on_koji;
use super::super::stale::refuse_stale;
use super::super::status::{Answer, Refusal};
use super::{ApproachArg, DurationsArg, Execute, Format, Story};

impl Execute {
    /// Works out what a koji would be asked.
    pub(super) fn on_koji(&self, console: &Console) -> anyhow::Result<Answer> {
        if let Some(flag) = self.only_on_replay() {
            return Err(Refusal::usage(format!("{flag} is for --on replay")).into());
        }
        if self.approach == Some(ApproachArg::KojiOwned) {
            let message = "--on koji carries out orchestrator-owned rebuilds alone: koji-owned needs a hub \
                           with the method `moduleBuild`, and modplan does not ask for it yet";
            return Err(Refusal::usage(message).hint("give --approach orchestrator-owned").into());
        }
        let mut others = self.selection.clone();
        let given = std::mem::take(&mut others.given);
        let sources = others.reuse.sources.take();
        let Look::Plan(plan) = look(&self.inputs)? else {
            return Err(Refusal::usage("--on koji takes a plan")
                .hint("write one with `modplan plan --format json -o plan.json`")
                .into());
        };
        if others.selects_something() {
            return Err(Refusal::usage("a plan is selected already")
                .hint("leave the selection flags out; --given and --sources may stay")
                .into());
        }
        refuse_storm(&plan, &others)?;
        refuse_stale(&plan, self.stale, console)?;
        let asked = on_koji::Asked {
            koji: &self.koji,
            carry_out: &self.carry_out,
            plan: &plan,
            sources: sources.as_deref(),
            given: &given,
            is_json: self.format == Format::Json,
            output: &self.output,
        };
        on_koji::run(asked, console)
    }

    /// Returns the first flag that means something on a simulated farm alone, if one was given.
    fn only_on_replay(&self) -> Option<&'static str> {
        let WorldArgs { trace, farm, scenario, seed } = &self.world;
        let flags = [
            (self.resume.is_some(), "--resume"),
            (self.journal.is_some(), "--journal"),
            (self.explain.is_some(), "--explain"),
            (self.cascade.is_some(), "--cascade"),
            (!trace.is_empty(), "--trace"),
            (farm.is_some(), "--farm"),
            (scenario.is_some(), "--scenario"),
            (*seed != 1, "--seed"),
            (self.durations != DurationsArg::Replay, "--durations"),
            (self.story != Story::Short, "--story"),
        ];
        flags.into_iter().find_map(|(is_given, flag)| is_given.then_some(flag))
    }
}
