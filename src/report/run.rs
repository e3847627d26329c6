//! One run: as JSON for programs, and as a story for people.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use super::changes::{self, ChangeSummary};
use super::layout::{Layout, wrapped_story};
use super::story::{Scene, state_word};
use crate::orchestrate::{Approach, Cascade};
use crate::sim::{ModuleRun, ModuleState, Outcome, Run};
use crate::status::ComponentStatus;
use crate::time::{Millis, Timestamp};

/// What was run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunLabel {
    /// Who owned the build.
    pub approach: Approach,
    /// How the rebuild spread.
    pub cascade: Cascade,
    /// The seed.
    pub seed: u64,
}

#[derive(Serialize)]
struct Document<'a> {
    format: u32,
    approach: Approach,
    cascade: Cascade,
    on: &'static str,
    seed: u64,
    outcome: Outcome,
    makespan_seconds: f64,
    modules: BTreeMap<&'a str, ModuleRow<'a>>,
    counts: Counts,
    builder_seconds: BuilderSeconds<'a>,
    tally: crate::sim::Tally,
    arches_without_builder: Vec<&'a str>,
    went_round: Vec<&'a str>,
    changes: Vec<ChangeRow<'a>>,
}

#[derive(Serialize)]
struct ChangeRow<'a> {
    class: &'a str,
    came_seconds: f64,
    module_builds: u64,
    response_seconds: Option<f64>,
    is_in_time: Option<bool>,
}

#[derive(Serialize)]
struct ModuleRow<'a> {
    state: ModuleState,
    module_builds: u32,
    component_builds: u32,
    ready_seconds: Option<f64>,
    /// Why it is not ready.
    reason: Option<String>,
    /// How its components stand where it is not ready.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    components: &'a [ComponentStatus],
    /// Where its time went.
    spent_seconds: Spent,
}

#[derive(Serialize)]
struct Spent {
    waiting: f64,
    queued: f64,
    building: f64,
    testing: f64,
    stuck: f64,
}

#[derive(Serialize)]
struct Counts {
    module_builds: u64,
    component_builds: u64,
    tasks: u64,
    hub_calls: u64,
    repo_regenerations: u64,
    messages: u64,
    mails: u64,
    reused: u64,
}

#[derive(Serialize)]
struct BuilderSeconds<'a> {
    busy: BTreeMap<&'a str, f64>,
    wasted: f64,
}

/// Renders a run as the JSON of `execute`, times in seconds.
///
/// # Panics
/// Never: numbers and texts are JSON always.
#[must_use]
pub fn json(run: &Run, label: RunLabel) -> String {
    let figures = &run.figures;
    let busy = figures.busy.iter().map(|(arch, time)| (arch.as_str(), time.as_secs_f64()));
    let document = Document {
        format: 1,
        approach: label.approach,
        cascade: label.cascade,
        on: "replay",
        seed: label.seed,
        outcome: figures.outcome,
        makespan_seconds: figures.makespan.as_secs_f64(),
        modules: run.modules.iter().map(|module| (&*module.id, module_row(module))).collect(),
        counts: Counts {
            module_builds: figures.module_builds,
            component_builds: figures.component_builds,
            tasks: figures.tasks,
            hub_calls: figures.hub_calls,
            repo_regenerations: figures.repo_regenerations,
            messages: figures.messages,
            mails: figures.mails,
            reused: figures.reused,
        },
        builder_seconds: BuilderSeconds {
            busy: busy.collect(),
            wasted: figures.wasted.as_secs_f64(),
        },
        tally: run.tally,
        arches_without_builder: run.arches_without_builder.iter().map(|a| a.as_str()).collect(),
        went_round: run.went_round.iter().map(|id| &**id).collect(),
        changes: figures.changes.iter().map(change_row).collect(),
    };
    let mut text = serde_json::to_string_pretty(&document).expect("numbers and texts are JSON");
    text.push('\n');
    text
}

fn module_row(module: &ModuleRun) -> ModuleRow<'_> {
    ModuleRow {
        state: module.state,
        module_builds: module.module_builds,
        component_builds: module.component_builds,
        ready_seconds: module.ready.map(Timestamp::as_secs_f64),
        reason: module.reason.as_ref().map(ToString::to_string),
        components: &module.components,
        spent_seconds: Spent {
            waiting: module.spent.waiting.as_secs_f64(),
            queued: module.spent.queued.as_secs_f64(),
            building: module.spent.building.as_secs_f64(),
            testing: module.spent.testing.as_secs_f64(),
            stuck: module.spent.stuck.as_secs_f64(),
        },
    }
}

fn change_row(change: &crate::sim::ChangeFigures) -> ChangeRow<'_> {
    ChangeRow {
        class: &change.class,
        came_seconds: change.came.as_secs_f64(),
        module_builds: change.module_builds,
        response_seconds: change.response.map(Millis::as_secs_f64),
        is_in_time: change.is_in_time,
    }
}

/// A column of the table that is shown where it is not empty.
type Span = (&'static str, fn(&ModuleRun) -> Millis);

const SPANS: &[Span] = &[
    ("WAITING", |module| module.spent.waiting),
    ("QUEUED", |module| module.spent.queued),
    ("BUILDING", |module| module.spent.building),
    ("TESTING", |module| module.spent.testing),
    ("STUCK", |module| module.spent.stuck),
];

/// Renders a run for people: one row a module in the order in which they became ready, with where
/// its time went; then what went wrong and what was done about it, and what it cost. The table has
/// lines of at most `width` characters.
#[must_use]
pub fn table(run: &Run, label: RunLabel, scene: Scene<'_>, width: usize) -> String {
    let mut rows: Vec<_> = run.modules.iter().collect();
    rows.sort_by_key(|module| (module.ready.is_none(), module.ready, &module.id));
    let spans = SPANS.iter().filter(|(_, span)| run.modules.iter().any(|m| span(m) > Millis(0)));
    let spans: Vec<_> = spans.collect();
    let mut header = vec!["MODULE", "STATE", "READY AFTER", "BUILDS", "COMPONENTS"];
    header.extend(spans.iter().map(|(name, _)| name));
    let mut table = Layout::new(&header, &(2..header.len()).collect::<Vec<_>>());
    for module in rows {
        let ready = module.ready.map_or("-".to_owned(), |at| Millis(at.0).to_string());
        let builds = module.module_builds.to_string();
        let components = module.component_builds.to_string();
        let mut row = vec![module.id.to_string(), state_word(module.state).to_owned(), ready];
        row.extend([builds, components]);
        row.extend(spans.iter().map(|(_, span)| span(module).to_string()));
        table.add(row);
    }
    let mut text = table.render_in_parts(width, 1) + "\n";
    let story = super::story::story(run, scene);
    if !story.is_empty() {
        text.push_str(&wrapped_story(&story, width));
        text.push('\n');
    }
    add_summary(&mut text, run, label);
    text
}

fn add_summary(text: &mut String, run: &Run, label: RunLabel) {
    let figures = &run.figures;
    let outcome = figures.outcome.as_str();
    let busy: Millis = figures.busy.iter().map(|(_, time)| *time).sum();
    let lines = [
        format!(
            "{}, {} cascade: {outcome} after {}",
            label.approach.as_str(),
            label.cascade.as_str(),
            figures.makespan
        ),
        format!(
            "{} module builds, {} component builds, {} tasks, {} messages, {} mails",
            figures.module_builds,
            figures.component_builds,
            figures.tasks,
            figures.messages,
            figures.mails
        ),
        format!("{busy} of builder time, {} of it wasted", figures.wasted),
    ];
    let changes = changes::by_class(figures.changes.iter().cloned());
    let changes = changes.iter().map(|(class, changes)| change_line(class, changes));
    for line in lines.into_iter().chain(changes) {
        writeln!(text, "{line}").expect("a string takes all that is written to it");
    }
}

/// Writes what became of the changes of one class.
fn change_line(class: &str, changes: &ChangeSummary) -> String {
    let span = |seconds: Option<f64>| seconds.and_then(Millis::from_secs_f64).unwrap_or_default();
    let in_time = match changes.in_time_share {
        Some(share) => format!(", {:.0} % in time", share * 100.0),
        None => String::new(),
    };
    format!(
        "{class}: {} changes, {:.0} % settled, half within {}{in_time}",
        changes.changes,
        changes.settled_share * 100.0,
        span(changes.response_seconds.p50)
    )
}
