//! `--yes CHECKSUM`: repeats the preflight of a dry run as it was asked for, and begins the run where nothing
//! differs.

use std::path::{Path, PathBuf};

use modplan::drive::journal::{Began, Heading};
use modplan::koji_plan::{KeptPlan, PlannedBuild, Request, WorkedOut, checksum};
use modplan::live;
use modplan::live::execute::{Decided, GateCommand, Limits};
use modplan::live::runs::{self, Beginning};
use modplan::load::sha256;
use modplan::name::Selector;
use modplan::orchestrate::{
    Approach, BuildNames, Cascade, Dispatch, Gates, Reach, RepoMaker, define,
};
use modplan::plan::Plan;
use modplan::site::{Gate, Mail, Site};
use modplan::time::Millis;

use super::super::case::sources;
use super::super::console::Console;
use super::super::status::{Answer, Refusal};
use super::asked::Asked;
use super::drive::{Ending, drive};
use super::place::Place;
use super::trouble::{of_hub, of_store};

/// So many differences are listed.
const LISTED_MAX: usize = 20;
/// So many characters of a difference are listed, and so many stand in the message.
const CHARACTERS: [usize; 2] = [1000, 120];
/// How long a test may give no result.
const TEST_TIMEOUT_MS: u64 = 86_400_000;

/// Carries out what a dry run showed.
pub(super) fn run(
    asked: Asked<'_>,
    place: &Place,
    sum: &str,
    console: &Console,
) -> anyhow::Result<Answer> {
    refuse_what_is_to_come(&place.site, console)?;
    let kept = kept(place, sum)?;
    refuse_another_request(asked, place, &kept, console)?;
    let built = kept.plan.modules.iter().filter(|module| !module.pass_through);
    let streams = built.map(|module| format!("{}:{}", module.name, module.stream)).collect();
    runs::check_free(place.store.reveal(), &place.hub, &streams).map_err(|e| of_store(&e))?;
    let given: Vec<Selector> = kept.given.iter().filter_map(|id| id.parse().ok()).collect();
    let earlier = runs::earlier(place.store.reveal(), &place.hub).map_err(|e| of_store(&e))?;
    let request = Request {
        plan: &kept.plan,
        site: &place.site,
        sources: kept.sources.as_ref(),
        given: &given,
        submitted: kept.submitted,
        earlier: &earlier,
    };
    console.note(&format!("repeats the preflight of the dry run of {}", kept.submitted));
    let out = live::dry_run(place.options(), place.login.clone(), request);
    let out = out.map_err(|error| of_hub(&error))?;
    refuse_differences(place, &kept, &out, sum, console)?;
    let poll = asked.carry_out.poll.unwrap_or(place.site.limits.poll);
    let beginning = Beginning {
        checksum: sum.to_owned(),
        heading: heading(&kept.plan, &out.builds, &place.site, poll),
        decided: Decided { canary: asked.carry_out.canary, ..decided(place, &kept, out, poll)? },
    };
    let lease = asked.carry_out.lease.lease;
    let ending = Ending { is_json: asked.is_json, output: asked.output, lease };
    drive(place, ending, console, |driving| runs::begin(driving, beginning))
}

/// Refuses what a configuration asks for and runs do not do yet: nothing is published without it.
fn refuse_what_is_to_come(site: &Site, console: &Console) -> Result<(), Refusal> {
    let refused = |what: &str| {
        let message = format!("{what} of the configuration is not heeded by runs yet");
        Err(Refusal::usage(message).hint("leave it out, or wait for a modplan that heeds it"))
    };
    if let Some(Mail::Smtp { .. }) = &site.mail {
        let hint = "name a folder with `mail.spool`";
        console.warn("`mail.smtp` is not heeded yet: mails are only logged", Some(hint));
    }
    match &site.gate {
        Gate::ResultsDb { .. } | Gate::Greenwave { .. } => refused("`gate`"),
        Gate::None | Gate::Script { .. } if site.signing.is_none() => Ok(()),
        Gate::None | Gate::Script { .. } if site.final_repo.is_some() => Ok(()),
        Gate::None | Gate::Script { .. } => {
            let message = "`signing` is about final repositories, and the site has none made";
            Err(Refusal::usage(message).hint("name a folder with `final_repo.directory`"))
        }
    }
}

/// Finds what the dry run kept.
fn kept(place: &Place, sum: &str) -> Result<KeptPlan, Refusal> {
    let text = runs::kept_plan(place.store.reveal(), sum).map_err(|error| of_store(&error))?;
    let text = text.ok_or_else(|| {
        Refusal::no(format!("no dry run of the last 24 hours has the checksum {sum}"))
            .hint("run the same command without --yes, read what it shows, and give its checksum")
    })?;
    serde_json::from_str(&text).map_err(|error| {
        Refusal::no(format!("the dry run cannot be read: {error}"))
            .hint("make it again with this modplan: the same command without --yes")
    })
}

/// Refuses another plan, configuration or hub than those of the dry run; sources and given modules may be left
/// out, and else must be the same.
fn refuse_another_request(
    asked: Asked<'_>,
    place: &Place,
    kept: &KeptPlan,
    console: &Console,
) -> anyhow::Result<()> {
    let other_sources = match asked.sources {
        Some(path) => Some(sources(path, console)?) != kept.sources,
        None => false,
    };
    let given: Vec<String> = asked.given.iter().map(ToString::to_string).collect();
    let differences = [
        (*asked.plan != kept.plan, "the plan"),
        (place.hub != kept.hub, "the hub"),
        (sha256(&place.bytes) != kept.configuration, "the configuration"),
        (other_sources, "the file of --sources"),
        (!given.is_empty() && given != kept.given, "--given"),
    ];
    let differing: Vec<&str> =
        differences.into_iter().filter_map(|(differs, what)| differs.then_some(what)).collect();
    if differing.is_empty() {
        return Ok(());
    }
    let verb = if differing.len() == 1 { "is" } else { "are" };
    let message = format!("{} {verb} not what the dry run was made with", differing.join(" and "));
    Err(Refusal::no(message).hint("make the dry run again: the same command without --yes").into())
}

/// Refuses a preflight that does not hold, or that is another than the one that was shown.
fn refuse_differences(
    place: &Place,
    kept: &KeptPlan,
    out: &WorkedOut,
    sum: &str,
    console: &Console,
) -> Result<(), Refusal> {
    let hint = "mend it, make the dry run again without --yes, and give its checksum";
    let failed: Vec<String> = (out.checks.iter().filter(|check| !check.ok))
        .map(|check| format!("{}: {}", check.check, check.detail))
        .collect();
    let differences = kept.differences(out);
    let is_same = checksum(out, &place.hub, &place.bytes) == sum;
    if failed.is_empty() && differences.is_empty() && is_same {
        return Ok(());
    }
    for line in differences.iter().take(LISTED_MAX) {
        console.note(&shortened(line, CHARACTERS[0]));
    }
    if differences.len() > LISTED_MAX {
        console.note(&format!("and {} more", differences.len() - LISTED_MAX));
    }
    if let Some(first) = failed.first() {
        let more = match failed.len() - 1 {
            0 => String::new(),
            more => format!(", and {more} more"),
        };
        return Err(Refusal::no(format!("the preflight fails: {first}{more}")).hint(hint));
    }
    let message = match differences.first() {
        Some(first) => format!(
            "the hub is not as the dry run found it: {} differences, the first is `{}`",
            differences.len(),
            shortened(first, CHARACTERS[1])
        ),
        None => "the sources are not those of the dry run".to_owned(),
    };
    Err(Refusal::no(message).hint(hint))
}

fn shortened(line: &str, characters: usize) -> String {
    match line.char_indices().nth(characters) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line.to_owned(),
    }
}

/// Heads the journal of the run.
fn heading(plan: &Plan, builds: &[PlannedBuild], site: &Site, poll: Millis) -> Heading {
    let has_gate = GateCommand::of(site).is_some();
    let began = Began {
        approach: Approach::OrchestratorOwned,
        cascade: Cascade::Planned,
        dispatch: Dispatch::Graph,
        submit_limit: Some(site.limits.tasks_in_flight),
        max_builds: site.limits.max_builds,
        builds_before: 0,
        retries: 0,
        gates: Gates { component: has_gate, module: has_gate },
        repo: RepoMaker::Orchestrator,
        poll_ms: poll.0,
        test_timeout_ms: TEST_TIMEOUT_MS,
        seed: 0,
        durations: "koji".to_owned(),
    };
    let reach = Reach { plan, all: plan, superseded: &[], by_source: false };
    let mut definitions = define(reach);
    for definition in &mut definitions {
        let build = builds.iter().find(|build| build.id == definition.id);
        definition.build = build.and_then(build_names);
    }
    Heading::new(began, Vec::new(), definitions)
}

/// Returns what koji calls a module build.
fn build_names(build: &PlannedBuild) -> Option<BuildNames> {
    Some(BuildNames {
        version: build.stored()?.version.0,
        tag: build.tags.tag.clone(),
        target: build.names.target.clone(),
        dist_tag: build.names.dist_tag.clone(),
    })
}

fn decided(
    place: &Place,
    kept: &KeptPlan,
    out: WorkedOut,
    poll: Millis,
) -> anyhow::Result<Decided> {
    let site = &place.site;
    let spool: Option<PathBuf> = match &site.mail {
        Some(Mail::Spool { directory }) => Some(std::path::absolute(Path::new(directory))?),
        Some(Mail::Smtp { .. }) | None => None,
    };
    Ok(Decided {
        builds: out.builds,
        submitted_seconds: kept.submitted.as_second(),
        priority: site.limits.priority.into(),
        poll_ms: poll.0,
        spool,
        takes_over: out.takes_over,
        final_repos: place.final_repos()?,
        limits: Limits::of(site),
        gate: GateCommand::of(site),
        canary: None,
    })
}
