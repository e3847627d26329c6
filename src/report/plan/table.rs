//! A plan for people: its modules by wave, what to submit, and what it comes to.

use super::cycles::cycles;
use super::{Remark, counted, first_few, reason, remarks};
use crate::load::Code;
use crate::plan::Plan;
use crate::plan::model::{
    self, Because, BecauseKind, PlanModule, Prerequisite, PrerequisiteKind, SubmissionRow,
};
use crate::report::layout::{Layout, wrapped};
use crate::time::Millis;

/// How many modules of a reason or list are named before the rest is counted.
const NAMED_MAX: usize = 3;

/// Where the text of the summary starts.
const TEXT: usize = 15;

/// Renders a plan in lines of at most `width` characters: modules by wave, what to submit, what it
/// comes to, what to know before it is started, and what it rests on.
#[must_use]
pub fn table(plan: &Plan, width: usize) -> String {
    let mut text = modules(plan, width);
    if plan.submissions.iter().any(|submission| submission.modules.len() > 1) {
        text.push('\n');
        text += &submissions(plan, width);
    }
    text += &cycles(plan, width);
    text.push('\n');
    text += &summary(plan, width);
    // Cycles and what is needed first stand above.
    let is_new = |remark: &&Remark| !matches!(remark.code, Code::Cycle | Code::Dangling);
    for remark in remarks(plan).iter().filter(is_new) {
        text += &wrapped(&format!("note: {}; {}", remark.message, remark.hint), width, (0, 6));
    }
    let assumed: Vec<String> = plan
        .assumed
        .iter()
        .map(|one| format!("{} {} ({})", one.key, one.value, one.because))
        .collect();
    if !assumed.is_empty() {
        text += &wrapped(&format!("assumed: {}", assumed.join("; ")), width, (0, 9));
    }
    text
}

fn modules(plan: &Plan, width: usize) -> String {
    let has_versions = plan.modules.iter().any(|module| module.new_version.is_some());
    let mut header = vec!["WAVE", "MODULE", "COMPONENTS", "BATCHES", "PATH", "SLACK"];
    header.extend(has_versions.then_some("NEW VERSION"));
    header.push("BECAUSE");
    let mut table = Layout::new(&header, &[0, 2, 3, 4, 5]);
    for module in &plan.modules {
        let mut row = vec![
            module.wave.to_string(),
            module.id.clone(),
            components(module),
            module.batches.len().to_string(),
            span(module.earliest_finish_seconds - module.earliest_start_seconds),
            span(module.slack_seconds),
        ];
        if has_versions {
            row.push(module.new_version.clone().unwrap_or_else(|| "-".to_owned()));
        }
        row.push(reasons(plan, &module.because));
        table.add(row);
    }
    table.render(width)
}

fn submissions(plan: &Plan, width: usize) -> String {
    let mut table = Layout::new(&["WAVE", "SUBMIT", "FORCED", "ALONG", "CONTEXTS"], &[0, 2, 3]);
    for SubmissionRow { id, wave, modules, forced, siblings } in &plan.submissions {
        let contexts: Vec<&str> =
            modules.iter().map(|id| id.rsplit(':').next().unwrap_or(id)).collect();
        table.add(vec![
            wave.to_string(),
            id.clone(),
            forced.to_string(),
            siblings.to_string(),
            contexts.join(" "),
        ]);
    }
    table.render(width)
}

fn components(module: &PlanModule) -> String {
    if module.pass_through {
        return "none".to_owned();
    }
    let components = || module.batches.iter().flat_map(|batch| &batch.components);
    let (all, built) = (components().count(), components().filter(|each| !each.reused).count());
    if built == all { all.to_string() } else { format!("{built} of {all}") }
}

/// Writes seconds for people; a half-way plan has no negative ones.
fn span(seconds: f64) -> String {
    Millis::from_secs_f64(seconds.max(0.0)).map_or_else(|| "?".to_owned(), |ms| ms.to_string())
}

fn reasons(plan: &Plan, because: &[Because]) -> String {
    // Where all is rebuilt, what orders it says more.
    let is_told = |because: &&Because| because.kind != BecauseKind::All;
    let told: Vec<&Because> = because.iter().filter(is_told).collect();
    let because = if told.is_empty() { because.iter().collect() } else { told };
    let mut named: Vec<String> =
        because.iter().take(NAMED_MAX).map(|because| reason(plan, because)).collect();
    if because.len() > NAMED_MAX {
        named.push(format!("{} more", because.len() - NAMED_MAX));
    }
    named.join(", ")
}

/// Returns the modules that the longest path runs through, each once.
fn through(plan: &Plan) -> String {
    let mut names: Vec<&str> = plan.critical_path.iter().map(|step| step.module.as_str()).collect();
    names.dedup();
    if names.is_empty() { String::new() } else { format!(" through {}", first_few(&names, 6)) }
}

/// Writes what a plan comes to, one fact a paragraph.
fn summary(plan: &Plan, width: usize) -> String {
    let built = plan.modules.iter().filter(|module| !module.pass_through).count();
    let siblings: usize = plan.submissions.iter().map(|submission| submission.siblings).sum();
    let along = match siblings {
        0 => String::new(),
        _ => {
            let come = if siblings == 1 { "comes" } else { "come" };
            format!(": {} forced, {siblings} {come} along", plan.modules.len() - siblings)
        }
    };
    let roots: Vec<&str> = plan.roots.iter().map(String::as_str).collect();
    let mut text = wrapped(
        &format!(
            "{} of {} in {}{along}; roots: {}",
            counted(built, "module build"),
            counted(plan.components().count(), "component"),
            counted(plan.waves.len(), "wave"),
            first_few(&roots, 12),
        ),
        width,
        (0, 2),
    );
    let mut line = |title: &str, what: &str| {
        let paragraph = wrapped(what, width, (TEXT, TEXT));
        text += title;
        text += &" ".repeat(TEXT - title.len());
        text += paragraph.trim_start();
    };
    for (number, need) in plan.prerequisite_details.iter().enumerate() {
        line(if number == 0 { "needs first" } else { "" }, &needed(need));
    }
    let bounds = &plan.bounds;
    line("critical path", &format!("{}{}", span(bounds.critical_path_seconds), through(plan)));
    line("lower bound", &span(bounds.lower_bound_seconds));
    match (bounds.schedule_seconds, bounds.wave_barrier_seconds) {
        (Some(schedule), Some(barrier)) => {
            line("schedule", &span(schedule));
            let dearer = if schedule > 0.0 { (barrier / schedule - 1.0) * 100.0 } else { 0.0 };
            line("with barriers", &format!("{} (+{dearer:.0} %)", span(barrier)));
        }
        _ => {
            let unserved = bounds.capacity_seconds.iter().filter(|(_, seconds)| seconds.is_none());
            let arches: Vec<&str> = unserved.map(|(arch, _)| arch.as_str()).collect();
            line("schedule", &format!("none: no builder for {}", arches.join(", ")));
        }
    }
    if let Some(model::Estimate { seconds_p50: Some(half), seconds_p90: Some(most), .. }) =
        plan.estimate
    {
        line("on koji", &format!("{}, nine in ten within {}", span(half), span(most)));
    }
    text
}

/// Says what must exist before a plan is started, and why the plan does not make it.
fn needed(need: &Prerequisite) -> String {
    let modules: Vec<&str> = need.modules.iter().map(String::as_str).collect();
    let Prerequisite { requires, rebuilt_here, .. } = need;
    let who = first_few(&modules, NAMED_MAX);
    match need.kind {
        PrerequisiteKind::EarlierBuild => {
            format!("an earlier build of {requires}, on which {who} builds itself")
        }
        PrerequisiteKind::NotLoaded => format!("{requires} for {who}: not loaded"),
        PrerequisiteKind::NoCompatibleContext if *rebuilt_here => format!(
            "an earlier build of {requires} for {who}: the contexts rebuilt here do not fit"
        ),
        PrerequisiteKind::NoCompatibleContext => {
            format!("{requires} for {who}: no context that is loaded fits")
        }
    }
}
