//! A plan for people: its modules by wave, what to submit, and what it comes to.

use super::cycles::cycles;
use super::since::since;
use super::summary::summary;
use super::{NAMED_MAX, Remark, reason, remarks};
use crate::load::Code;
use crate::plan::Plan;
use crate::plan::model::{Because, BecauseKind, Estimate, PlanModule, SubmissionRow};
use crate::report::assumed;
use crate::report::layout::{Indent, Layout, wrapped};

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
    text += &since(plan, width);
    text.push('\n');
    text += &summary(plan, width);
    // Cycles and what is needed first stand above.
    let is_new = |remark: &&Remark| !matches!(remark.code, Code::Cycle | Code::Dangling);
    for remark in remarks(plan).iter().filter(is_new) {
        text += &wrapped(
            &format!("note: {}; {}", remark.message, remark.hint),
            width,
            Indent::hanging(6),
        );
    }
    text += &assumed::lines(&plan.assumed, width);
    if let Some(Estimate { no_spread: true, replications, .. }) = plan.estimate {
        let why = match replications {
            1 => "nothing is built, so one run was simulated".to_owned(),
            runs => format!("all {runs} simulated runs took equally long"),
        };
        text += &wrapped(&format!("no spread: {why}"), width, Indent::hanging(11));
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
            module.path().to_string(),
            module.slack.to_string(),
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
