//! A run at a koji, at its end or where it was interrupted: as the JSON of `execute`, and for people. What a
//! hub alone knows, such as the time of builders, is null.

use std::collections::BTreeMap;

use serde::Serialize;

use super::layout::{Indent, Layout, wrapped};
use crate::live::execute::{Driven, ModuleFigures};
use crate::live::runs::Ended;
use crate::orchestrate::{Approach, Cascade};
use crate::status::{ComponentState, ComponentStatus, ModuleState, ModuleStatus};
use crate::time::{Millis, Timestamp};

#[derive(Serialize)]
struct Document<'a> {
    format: u32,
    approach: Approach,
    cascade: Cascade,
    on: &'static str,
    run: &'a str,
    hub_calls: u64,
    seed: u64,
    outcome: &'static str,
    makespan_seconds: f64,
    modules: BTreeMap<&'a str, Module<'a>>,
    counts: Counts,
    builder_seconds: BuilderSeconds,
    tally: Option<()>,
    arches_without_builder: [&'a str; 0],
    went_round: [&'a str; 0],
    changes: [&'a str; 0],
}

#[derive(Serialize)]
struct Module<'a> {
    state: &'static str,
    module_builds: u32,
    component_builds: u32,
    ready_seconds: Option<f64>,
    reason: Option<&'a str>,
    components: Vec<Component<'a>>,
    spent_seconds: Spent,
}

#[derive(Serialize)]
struct Component<'a> {
    #[serde(flatten)]
    status: &'a ComponentStatus,
    nvr: Option<&'a str>,
}

#[derive(Serialize)]
struct Spent {
    waiting: f64,
    queued: Option<f64>,
    building: f64,
    testing: Option<f64>,
    stuck: Option<f64>,
}

#[derive(Serialize)]
struct Counts {
    module_builds: u64,
    component_builds: u64,
    tasks: Option<u64>,
    hub_calls: u64,
    repo_regenerations: Option<u64>,
    messages: u64,
    mails: u64,
    reused: u64,
}

#[derive(Serialize)]
struct BuilderSeconds {
    busy: BTreeMap<String, f64>,
    wasted: Option<f64>,
}

/// Renders a run as the JSON of `execute`, times in seconds.
///
/// # Panics
/// Never: numbers and texts are JSON always.
#[must_use]
pub fn json(ended: &Ended) -> String {
    let Ended { run, began, driven, .. } = ended;
    let figures = &driven.figures;
    let reused = parts(driven).filter(|part| part.state == ComponentState::Reused).count() as u64;
    let document = Document {
        format: 1,
        approach: began.approach,
        cascade: began.cascade,
        on: "koji",
        run,
        hub_calls: driven.requests,
        seed: began.seed,
        outcome: ended.state.as_str(),
        makespan_seconds: figures.last_change.as_secs_f64(),
        modules: driven.modules.iter().map(|row| (&*row.id, module(row, driven))).collect(),
        counts: Counts {
            module_builds: figures.module_builds(),
            component_builds: figures.component_builds(),
            tasks: None,
            hub_calls: driven.requests,
            repo_regenerations: None,
            messages: 0,
            mails: figures.mails(),
            reused,
        },
        builder_seconds: BuilderSeconds { busy: BTreeMap::new(), wasted: None },
        tally: None,
        arches_without_builder: [],
        went_round: [],
        changes: [],
    };
    let mut text = serde_json::to_string_pretty(&document).expect("numbers and texts are JSON");
    text.push('\n');
    text
}

fn parts(driven: &Driven) -> impl Iterator<Item = &ComponentStatus> {
    driven.modules.iter().flat_map(|module| &module.components)
}

fn module<'a>(row: &'a ModuleStatus, driven: &'a Driven) -> Module<'a> {
    let none = ModuleFigures::default();
    let figures = driven.figures.modules.get(&row.id).unwrap_or(&none);
    let nvr = |part: &ComponentStatus| part.task_id.and_then(|task| driven.nvrs.get(&task));
    let component = |status| Component { status, nvr: nvr(status).map(String::as_str) };
    let end = figures.ready.unwrap_or(driven.figures.last_change);
    let is_opened = figures.module_builds > 0;
    let waiting = if is_opened { figures.opened } else { end };
    let building = if is_opened { end - figures.opened } else { Millis::ZERO };
    Module {
        state: state(row, driven),
        module_builds: figures.module_builds,
        component_builds: figures.component_builds,
        ready_seconds: figures.ready.map(Timestamp::as_secs_f64),
        reason: (row.state != ModuleState::Ready).then_some(row.because.as_str()),
        components: row.components.iter().map(component).collect(),
        spent_seconds: Spent {
            waiting: waiting.as_secs_f64(),
            queued: None,
            building: building.as_secs_f64(),
            testing: None,
            stuck: None,
        },
    }
}

/// Returns the word of a module's state. In a run that is over, a module that was not begun is blocked by one
/// before it.
fn state(row: &ModuleStatus, driven: &Driven) -> &'static str {
    match row.state {
        ModuleState::Waiting if driven.is_over => "blocked",
        ModuleState::Waiting => "waiting",
        ModuleState::Preparing => "preparing",
        ModuleState::Building => "building",
        ModuleState::Repo => "repo",
        ModuleState::Testing => "testing",
        ModuleState::Ready => "ready",
        ModuleState::Failed => "failed",
        ModuleState::Stuck => "stuck",
        ModuleState::Canceled => "canceled",
    }
}

/// Renders a run for people in lines of at most `width` characters: a row a module, why those are not ready that
/// are not, and what it came to.
#[must_use]
pub fn table(ended: &Ended, width: usize) -> String {
    let Ended { run, began, driven, .. } = ended;
    let mut table = Layout::new(&["MODULE", "STATE", "READY AFTER", "COMPONENTS"], &[2, 3]);
    let mut reasons = String::new();
    for row in &driven.modules {
        let shape = module(row, driven);
        let ready = driven.figures.modules.get(&row.id).and_then(|figures| figures.ready);
        let ready = ready.map_or_else(|| "-".to_owned(), |at| Millis(at.0).to_string());
        let state = state(row, driven).to_owned();
        table.add(vec![row.id.to_string(), state, ready, shape.component_builds.to_string()]);
        if let Some(reason) = shape.reason {
            reasons.push_str(&wrapped(&format!("{}: {reason}", row.id), width, Indent::hanging(2)));
        }
    }
    let mut text = table.render_in_parts(width, 1) + "\n";
    if !reasons.is_empty() {
        text.push_str(&reasons);
        text.push('\n');
    }
    let figures = &driven.figures;
    let span = Millis(figures.last_change.0);
    let word = ended.state;
    let summary = format!(
        "run {run}, {}: {word} after {span}; {} module builds, {} component builds, {} requests to the hub, \
         {} mails",
        began.approach.as_str(),
        figures.module_builds(),
        figures.component_builds(),
        driven.requests,
        figures.mails(),
    );
    text.push_str(&wrapped(&summary, width, Indent::NONE));
    text
}
