//! The dry run: reads everything, asks the hub, shows what a run would need and do, and keeps it for `--yes`.

use modplan::koji_plan::{Check, KeptPlan, Request, WorkedOut, checksum};
use modplan::live;
use modplan::live::hub::HubError;
use modplan::live::runs;
use modplan::load::SourceUrls;
use modplan::report::dry_run::{self, DryRun};

use super::super::case::sources;
use super::super::console::Console;
use super::super::status::Answer;
use super::super::width::width;
use super::asked::Asked;
use super::carry_out;
use super::place::Place;
use super::trouble::{of_hub, of_store};

/// Works the plan out against the hub and shows what came of it, or carries out what was shown. The answer is
/// no where a check fails.
pub(crate) fn run(asked: Asked<'_>, console: &Console) -> anyhow::Result<Answer> {
    let place = Place::of(asked.koji, &asked.carry_out.store, console)?;
    match &asked.carry_out.yes {
        Some(sum) => carry_out::run(asked, &place, sum, console),
        None => show(asked, &place, console),
    }
}

#[expect(clippy::disallowed_methods, reason = "versions are of the time of submission")]
fn show(asked: Asked<'_>, place: &Place, console: &Console) -> anyhow::Result<Answer> {
    let sources: Option<SourceUrls> =
        asked.sources.map(|path| sources(path, console)).transpose()?;
    place.final_repos()?;
    let earlier = runs::earlier(place.store.reveal(), &place.hub).map_err(|e| of_store(&e))?;
    let request = Request {
        plan: asked.plan,
        site: &place.site,
        sources: sources.as_ref(),
        given: asked.given,
        submitted: jiff::Timestamp::now(),
        earlier: &earlier,
    };
    let worked_out = live::dry_run(place.options(), place.login.clone(), request);
    let run = worked_out.as_ref().map_or_else(failed, Clone::clone);
    let sum = worked_out.is_ok().then(|| checksum(&run, &place.hub, &place.bytes));
    if let Some(sum) = &sum {
        keep(request, &run, sum, place, console);
    }
    let shown = DryRun { run: &run, plan: asked.plan, hub: &place.hub, checksum: sum.as_deref() };
    let text = match asked.is_json {
        true => dry_run::json(shown),
        false => dry_run::table(shown, width(&asked.output.output)),
    };
    asked.output.write(text)?;
    match worked_out {
        Ok(_) => Ok(Answer::yes_if(shown.is_fine())),
        Err(error) => Err(of_hub(&error).into()),
    }
}

/// Keeps the dry run for 24 hours. It is shown all the same where it cannot be kept.
fn keep(request: Request<'_>, run: &WorkedOut, sum: &str, place: &Place, console: &Console) {
    let kept = KeptPlan::new(request, run, &place.hub, &place.bytes);
    let text = serde_json::to_string(&kept).expect("what is kept is JSON");
    if let Err(error) = runs::keep_plan(place.store.reveal(), sum, &text) {
        let what = format!("the dry run is not kept, so that --yes will not find it: {error}");
        console.warn(&what, Some("name a store that can be written with --store"));
    }
}

/// Returns a run of which nothing is known but that the hub was not reached.
fn failed(error: &HubError) -> WorkedOut {
    let check = if matches!(error, HubError::Login { .. }) { "login" } else { "hub" };
    let row = Check { check: check.to_owned(), ok: false, detail: error.to_string() };
    WorkedOut { checks: vec![row], ..WorkedOut::default() }
}
