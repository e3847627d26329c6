//! One durable run: where every module, component and call of it stands, and when its end is expected.

use serde::Serialize;

use super::super::layout::{Layout, wrapped};
use super::{FORMAT, ListRow, json, moment, of_run, word};
use crate::live::StoredRun;
use crate::orchestrate::Party;
use crate::sim::{Expected, Progress};
use crate::status::{CallStatus, ComponentState, ComponentStatus, ModuleState, ModuleStatus};
use crate::store::RunState;
use crate::time::{Millis, Timestamp};

#[derive(Serialize)]
struct Show<'r> {
    format: u32,
    run: &'r str,
    approach: &'r str,
    state: &'static str,
    holder: Option<String>,
    started: String,
    forecast_seconds_p50: Option<f64>,
    forecast_seconds_p90: Option<f64>,
    eta_p50: Option<String>,
    eta_p90: Option<String>,
    components_built: u64,
    components: u64,
    modules: Vec<Module<'r>>,
    calls_outstanding: Vec<Call>,
}

#[derive(Serialize)]
struct Module<'r> {
    id: &'r str,
    wave: Option<u32>,
    state: ModuleState,
    because: &'r str,
    tag: Option<&'r str>,
    target: Option<&'r str>,
    task_id: Option<u64>,
    components: Vec<Component<'r>>,
}

#[derive(Serialize)]
struct Component<'r> {
    #[serde(flatten)]
    status: &'r ComponentStatus,
    nvr: Option<&'r str>,
}

#[derive(Serialize)]
struct Call {
    call: &'static str,
    party: Party,
    tries: u32,
    next_at: Option<String>,
    since: String,
}

/// Writes a run as JSON. What is not known is null: tasks of modules, the forecast, what is not built.
///
/// # Panics
/// Never: a run is JSON.
#[must_use]
pub fn show_json(stored: &StoredRun) -> String {
    let modules = stored.folded.status.modules();
    let at = |time: Timestamp| moment(of_run(&stored.row, time));
    let call = |call: CallStatus| Call {
        call: call.call,
        party: call.party,
        tries: call.tries,
        next_at: call.next_at.map(at),
        since: at(call.since),
    };
    let ListRow { run, approach, state, holder, started, ended: _ } = (&stored.row).into();
    let total = stored.forecast.as_ref().map(|forecast| forecast.total);
    let end = end(stored);
    let Progress { built, of, .. } = progress(stored);
    let moment_of = |at: Millis| moment(of_run(&stored.row, Timestamp(at.0)));
    json(&Show {
        format: FORMAT,
        run,
        approach,
        state,
        holder,
        started,
        forecast_seconds_p50: total.map(|total| total.p50.as_secs_f64()),
        forecast_seconds_p90: total.map(|total| total.p90.as_secs_f64()),
        eta_p50: end.map(|end| moment_of(end.p50)),
        eta_p90: end.map(|end| moment_of(end.p90)),
        components_built: built,
        components: of,
        modules: modules.iter().map(|module| Module::of(module, stored)).collect(),
        calls_outstanding: stored.folded.status.calls_outstanding().into_iter().map(call).collect(),
    })
}

impl<'r> Module<'r> {
    fn of(module: &'r ModuleStatus, stored: &'r StoredRun) -> Self {
        let build = stored.builds.iter().find(|build| build.id == *module.id);
        let nvr = |part: &ComponentStatus| stored.nvrs.get(&part.task_id?).map(String::as_str);
        let component = |status| Component { status, nvr: nvr(status) };
        Self {
            id: &module.id,
            wave: wave(stored, &module.id),
            state: module.state,
            because: &module.because,
            tag: build.map(|build| build.tags.tag.as_str()),
            target: build.map(|build| build.names.target.as_str()),
            task_id: None,
            components: module.components.iter().map(component).collect(),
        }
    }
}

fn progress(stored: &StoredRun) -> Progress {
    stored.figures.progress(stored.folded.orchestrator.catalog())
}

/// Returns when the end of a run is expected that is driven, since its beginning.
fn end(stored: &StoredRun) -> Option<Expected> {
    let is_under_way = match stored.row.state {
        RunState::Running | RunState::Draining => true,
        RunState::Paused
        | RunState::Interrupted
        | RunState::Done
        | RunState::Failed
        | RunState::Stuck
        | RunState::Canceled => false,
    };
    let now = stored.seen.0.saturating_sub(stored.row.started.0);
    let now = Timestamp(u64::try_from(now).unwrap_or(0));
    let forecast = stored.forecast.as_ref().filter(|_| is_under_way)?;
    Some(forecast.end(progress(stored), now))
}

/// Returns the wave of a module in the plan.
fn wave(stored: &StoredRun, id: &str) -> Option<u32> {
    let catalog = stored.folded.orchestrator.catalog();
    let module = catalog.module(catalog.find(id)?);
    module.is_planned.then_some(module.wave)
}

/// Writes a run for people in lines of at most `width` characters: how far it is, its modules by their waves with
/// what runs and what waits, and what was not answered.
#[must_use]
pub fn show(stored: &StoredRun, width: usize) -> String {
    let parts = [opening(stored, width), modules(stored, width), calls(stored, width)];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
}

fn opening(stored: &StoredRun, width: usize) -> String {
    let ListRow { run, approach, state, holder, started, ended } = (&stored.row).into();
    let holder = holder.map_or_else(String::new, |holder| format!(", driven by {holder}"));
    let ended = ended.map_or_else(String::new, |ended| format!(", ended {ended}"));
    let line = format!("{run}: {approach}, {state}{holder}, started {started}{ended}");
    let mut text = wrapped(&line, width, (0, 2));
    let Progress { built, of, .. } = progress(stored);
    let mut far = format!("{built} of {of} components are built");
    if let Some(forecast) = &stored.forecast {
        let Expected { p50, p90 } = forecast.total;
        far.push_str(&format!("; forecast: {p50}, in nine of ten cases {p90} at most"));
    }
    if let Some(Expected { p50, p90 }) = end(stored) {
        let at = |end: Millis| moment(of_run(&stored.row, Timestamp(end.0 / 1000 * 1000)));
        let end = format!("; now the end is expected at {}, or by {}", at(p50), at(p90));
        far.push_str(&end);
    }
    text.push_str(&wrapped(&far, width, (0, 2)));
    text
}

/// Lists modules by their waves, and of each the components that are not done.
fn modules(stored: &StoredRun, width: usize) -> String {
    let mut modules = stored.folded.status.modules();
    modules.sort_by_key(|module| wave(stored, &module.id).unwrap_or(u32::MAX));
    let mut table = Layout::new(&["WAVE", "MODULE", "STATE", "BUILT", "BECAUSE"], &[0, 3]);
    for module in &modules {
        let parts = &module.components;
        let done = parts.iter().filter(|part| part.state.is_done()).count();
        let built = if parts.is_empty() { String::new() } else { format!("{done}/{}", parts.len()) };
        table.add(vec![
            wave(stored, &module.id).map_or_else(String::new, |wave| wave.to_string()),
            module.id.to_string(),
            word(&module.state),
            built,
            module.because.clone(),
        ]);
        for (part, because) in open(parts) {
            let name = format!("  {part}");
            table.add(vec![String::new(), name, because.0, String::new(), because.1]);
        }
    }
    table.render(width)
}

/// So many components in one state that wait for the same are named.
const NAMED_MAX: usize = 3;

/// Returns the components that are not done, with their state and what they wait for: those that are alike
/// together.
fn open(parts: &[ComponentStatus]) -> Vec<(String, (String, String))> {
    let is_open =
        |part: &&ComponentStatus| !matches!(part.state, ComponentState::Done | ComponentState::Reused);
    let mut alike: Vec<((ComponentState, &str), Vec<&ComponentStatus>)> = Vec::new();
    for part in parts.iter().filter(is_open) {
        let key = (part.state, part.because.as_str());
        match alike.iter_mut().find(|(known, _)| *known == key) {
            Some((_, parts)) => parts.push(part),
            None => alike.push((key, vec![part])),
        }
    }
    let mut rows = Vec::new();
    for ((state, because), parts) in alike {
        let row = |name: String| (name, (word(&state), because.to_owned()));
        let named = if parts.len() > NAMED_MAX { NAMED_MAX - 1 } else { parts.len() };
        rows.extend(parts[..named].iter().map(|part| row(part.component.to_string())));
        if parts.len() > named {
            rows.push(row(format!("and {} more", parts.len() - named)));
        }
    }
    rows
}

fn calls(stored: &StoredRun, width: usize) -> String {
    let calls = stored.folded.status.calls_outstanding();
    if calls.is_empty() {
        return String::new();
    }
    let mut table = Layout::new(&["CALL WITHOUT ANSWER", "PARTY", "TRIES", "SINCE"], &[2]);
    for call in &calls {
        let since = moment(of_run(&stored.row, call.since));
        table.add(vec![call.call.to_owned(), word(&call.party), call.tries.to_string(), since]);
    }
    table.render(width)
}
