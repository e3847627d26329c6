//! What a plan comes to: how much is built, what is needed first, how long it takes and what decides that.

use std::collections::BTreeMap;

use super::{NAMED_MAX, counted, first_few};
use crate::plan::Plan;
use crate::plan::model::{Bounds, Estimate, Prerequisite, PrerequisiteKind};
use crate::report::durations::sources;
use crate::report::layout::{Indent, wrapped};
use crate::time::Millis;

/// Where the text of the summary starts.
const TEXT: usize = 15;

/// Returns the modules that the longest path runs through, each once.
fn through(plan: &Plan) -> String {
    let mut names: Vec<&str> = plan.critical_path.iter().map(|step| step.module.as_str()).collect();
    names.dedup();
    if names.is_empty() { String::new() } else { format!(" through {}", first_few(&names, 6)) }
}

/// Writes what a plan comes to, one fact a paragraph.
pub(super) fn summary(plan: &Plan, width: usize) -> String {
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
        Indent::hanging(2),
    );
    let mut line = |title: &str, what: &str| {
        let paragraph = wrapped(what, width, Indent::all(TEXT));
        text += title;
        text += &" ".repeat(TEXT - title.len());
        text += paragraph.trim_start();
    };
    for (number, need) in plan.prerequisite_details.iter().enumerate() {
        line(if number == 0 { "needs first" } else { "" }, &needed(need));
    }
    let bounds = &plan.bounds;
    line("critical path", &format!("{}{}", bounds.critical_path, through(plan)));
    line("lower bound", &format!("{}{}", bounds.lower_bound, proof(bounds)));
    line("schedule", &schedule(bounds));
    let barriers =
        [("wave barriers", bounds.wave_barrier), ("batch barriers", bounds.batch_barrier)];
    for (title, end) in barriers {
        if let Some((schedule, end)) = bounds.schedule.zip(end) {
            line(title, &price(schedule, end));
        }
    }
    if let Some(costly) = costly(plan) {
        line("costs most", &costly);
    }
    if let Some(estimate) = &plan.estimate {
        line("on koji", &estimated(estimate));
    }
    if let Some(durations) = durations(plan) {
        line("durations", &durations);
    }
    text
}

/// Says what proves the lower bound.
fn proof(bounds: &Bounds) -> String {
    let Some(proof) = &bounds.certificate else { return String::new() };
    let Some(arch) = &proof.arch else { return ": the critical path".to_owned() };
    let work = proof.work;
    let tasks = counted(proof.tasks.len(), "component");
    let places = proof.capacity.unwrap_or(0);
    // Every builder takes noarch tasks: the places are those of all.
    let whose = if arch.as_str() == "noarch" { "places of all builders" } else { arch.as_str() };
    format!(": {work} of {tasks} on {places} {whose}")
}

/// Says how long the schedule is, and how good.
fn schedule(bounds: &Bounds) -> String {
    let Some(schedule) = bounds.schedule else {
        let unserved = bounds.capacity.iter().filter(|(_, end)| end.is_none());
        let arches: Vec<&str> = unserved.map(|(arch, _)| arch.as_str()).collect();
        return format!("none: no builder for {}", arches.join(", "));
    };
    let above = percent_more(schedule, bounds.lower_bound);
    let how_good = match above {
        _ if bounds.is_optimal => ", proven the shortest".to_owned(),
        above if above < 0.01 => ", less than 0.01 % above the bound".to_owned(),
        above => format!(", {above:.2} % above the bound; more --effort may shorten it"),
    };
    format!("{schedule}{how_good}")
}

/// Says what barriers add to a schedule.
fn price(schedule: Millis, with_barriers: Millis) -> String {
    if with_barriers <= schedule {
        return "cost nothing".to_owned();
    }
    let more = Millis(with_barriers.0 - schedule.0);
    format!("{more} more (+{:.0} %)", percent_more(with_barriers, schedule))
}

/// Returns by how many per cent a span is longer than another.
fn percent_more(longer: Millis, shorter: Millis) -> f64 {
    let (longer, shorter) = (longer.as_secs_f64(), shorter.as_secs_f64());
    (longer - shorter) / shorter * 100.0
}

/// Returns the tasks with the most drag: what the end would gain without each.
fn costly(plan: &Plan) -> Option<String> {
    let tasks = plan.components().flat_map(|component| {
        component.tasks.iter().map(move |task| (task.drag.unwrap_or_default(), component, task))
    });
    let mut tasks: Vec<_> = tasks.filter(|(drag, ..)| *drag > Millis::ZERO).collect();
    tasks.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.component.cmp(&b.1.component)));
    let named = tasks
        .iter()
        .take(NAMED_MAX)
        .map(|(drag, component, task)| format!("{} on {} ({drag})", component.package, task.arch));
    let named: Vec<String> = named.collect();
    (!named.is_empty()).then(|| named.join(", "))
}

/// Says how long it takes on koji, and how many runs say so.
fn estimated(estimate: &Estimate) -> String {
    let Some(half) = estimate.p50 else {
        return "never: no simulated run was done".to_owned();
    };
    let runs = usize::try_from(estimate.replications).unwrap_or(usize::MAX);
    let runs = counted(runs, "simulated run");
    let often = match estimate.p90 {
        _ if estimate.no_spread => format!("{half} ({runs})"),
        Some(most) => format!("{half}, nine in ten within {most} ({runs})"),
        None => format!("{half} ({runs}: too few for nine in ten)"),
    };
    format!("{often}; unlike the lines above with SRPMs, tags, repos, polls and the macros package")
}

/// Says how finely the trace has the times of what is built; nothing without a trace.
fn durations(plan: &Plan) -> Option<String> {
    use crate::trace::EstimateFrom::{All, Arch, Default, Package, PackageArch};
    let of = |from: crate::trace::EstimateFrom| {
        let count = plan.sources_of_durations.get(&from.to_string()).copied().unwrap_or(0);
        (count > 0).then_some((from, count))
    };
    let counts: BTreeMap<_, _> =
        [PackageArch, Package, Arch, All, Default].into_iter().filter_map(of).collect();
    let is_told = counts.keys().any(|from| *from != Default);
    let tasks = counted(counts.values().sum(), "task");
    is_told.then(|| format!("{tasks}{}", sources(&counts)))
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
