//! `--approach koji-owned`: koji builds each module of a plan by a task of its own.

use std::collections::BTreeMap;
use std::time::Duration;

use modplan::drive::journal::{Began, Heading};
use modplan::koji_plan::WorkedOut;
use modplan::live::execute::{News, Watch};
use modplan::live::koji_owned::{KojiOwnedError, KojiOwnedRun, drive};
use modplan::live::runs::{Ended, state};
use modplan::module_build::task_request::TaskRequest;
use modplan::orchestrate::{Approach, Cascade, Dispatch, Gates, Reach, RepoMaker, define};
use modplan::plan::Plan;
use modplan::report::koji_run;
use modplan::site::{Gate, Site};
use modplan::store::RunState;
use modplan::time::Millis;

use super::super::console::Console;
use super::super::status::{Answer, Refusal};
use super::super::width::width;
use super::asked::Asked;
use super::drive::{listen, stop};
use super::place::Place;
use super::trouble::of_hub;

/// So many digits of a checksum name a run.
const DIGITS: usize = 12;

/// What is carried out: a plan, and the requests that a dry run showed.
pub(super) struct Shown<'a> {
    pub(super) plan: &'a Plan,
    pub(super) out: &'a WorkedOut,
    pub(super) checksum: &'a str,
    pub(super) poll: Millis,
}

/// Refuses what this approach has no use for.
pub(super) fn refuse(asked: Asked<'_>, site: &Site) -> Result<(), Refusal> {
    if asked.carry_out.canary.is_some() {
        return Err(Refusal::usage("--canary is for --approach orchestrator-owned")
            .hint("koji builds whole modules: plan a smaller change first"));
    }
    match site.gate {
        Gate::None => Ok(()),
        Gate::Script { .. } | Gate::ResultsDb { .. } | Gate::Greenwave { .. } => {
            let message = "`gate` of the configuration is not heeded where koji owns the builds";
            Err(Refusal::usage(message)
                .hint("leave it out: tests are asked by who listens to them"))
        }
    }
}

/// Has koji build the modules that a dry run showed, and tells how it went.
pub(super) fn run(
    asked: Asked<'_>,
    place: &Place,
    shown: &Shown<'_>,
    console: &Console,
) -> anyhow::Result<Answer> {
    let run = name(shown.checksum);
    let heading = heading(asked.cascade, shown, &place.site);
    listen(console);
    let mut tell = |news: News<'_>| match news {
        News::Drives(run) => console.note(&format!(
            "run {run}; if it is interrupted, the same command takes it up: koji has its tasks"
        )),
        News::Line(line) => console.note(line),
        News::Stands(_) => {}
    };
    let driven = drive(KojiOwnedRun {
        options: place.patient_options(),
        login: place.login.clone(),
        run: &run,
        heading: &heading,
        requests: requests(shown.out)?,
        priority: place.site.limits.priority.into(),
        poll: Duration::from_millis(shown.poll.0),
        watch: Watch { stop: stop(), tell: &mut tell },
    });
    let driven = driven.map_err(|error| explained(&error))?;
    let state = state(&driven);
    let ended = Ended { run, began: heading.began, state, driven };
    asked.output.write(match asked.is_json {
        true => koji_run::json(&ended),
        false => koji_run::table(&ended, width(&asked.output.output)),
    })?;
    if state == RunState::Interrupted {
        console.warn("the tasks continue at koji", Some("the same command follows them again"));
        return Ok(Answer::Interrupted);
    }
    Ok(Answer::yes_if(state == RunState::Done))
}

/// Returns what a run is called: the same checksum is the same run, so that it can be taken up.
fn name(checksum: &str) -> String {
    let digits = checksum.rsplit(':').next().unwrap_or_default();
    format!("koji-{}", digits.get(..DIGITS).unwrap_or(digits))
}

fn heading(cascade: Cascade, shown: &Shown<'_>, site: &Site) -> Heading {
    let plan = shown.plan;
    let reach = Reach { plan, all: plan, superseded: &[], by_source: false };
    let modules = define(reach);
    let is_started = |module: &&modplan::orchestrate::Definition| module.is_start;
    let starts = modules.iter().filter(is_started).count();
    let began = Began {
        approach: Approach::KojiOwned,
        cascade,
        dispatch: Dispatch::Graph,
        submit_limit: None,
        max_builds: site.limits.max_builds,
        builds_before: u32::try_from(starts).unwrap_or(u32::MAX),
        retries: 0,
        gates: Gates { component: false, module: false },
        repo: RepoMaker::Koji,
        poll_ms: shown.poll.0,
        test_timeout_ms: 0,
        seed: 0,
        durations: "koji".to_owned(),
    };
    Heading::new(began, Vec::new(), modules)
}

/// Returns the request for each module, as the dry run showed it.
fn requests(out: &WorkedOut) -> anyhow::Result<BTreeMap<String, TaskRequest>> {
    let mut requests = BTreeMap::new();
    for call in &out.calls {
        if let (Some(module), Some(plan)) = (&call.module, call.params.first()) {
            requests.insert(module.clone(), TaskRequest::read(plan)?);
        }
    }
    Ok(requests)
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the library's errors may grow")]
fn explained(error: &KojiOwnedError) -> Refusal {
    match error {
        KojiOwnedError::Hub(error) => {
            let hint = "what koji has already continues: the same command takes it up";
            of_hub(error).hint(hint)
        }
        _ => Refusal::no(error.to_string()),
    }
}
