//! Durable runs: the list of a store, and one run with where everything of it stands.

use serde::Serialize;

use super::cells::{finished, table};
use crate::koji_plan::PlannedBuild;
use crate::orchestrate::Party;
use crate::status::{CallStatus, ComponentState, ComponentStatus, ModuleState, ModuleStatus};
use crate::store::{Folded, RunRow, UnixMillis};
use crate::time::Timestamp;

const FORMAT: u32 = 1;

#[derive(Serialize)]
struct List<'r> {
    format: u32,
    runs: Vec<ListRow<'r>>,
}

#[derive(Serialize)]
struct ListRow<'r> {
    run: &'r str,
    approach: &'r str,
    state: &'static str,
    holder: Option<String>,
    started: String,
    ended: Option<String>,
}

impl<'r> From<&'r RunRow> for ListRow<'r> {
    fn from(row: &'r RunRow) -> Self {
        Self {
            run: &row.run,
            approach: &row.approach,
            state: row.state.as_str(),
            holder: row.holder.as_ref().map(ToString::to_string),
            started: moment(row.started),
            ended: row.ended.map(moment),
        }
    }
}

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
    modules: Vec<Module<'r>>,
    calls_outstanding: Vec<Call>,
}

#[derive(Serialize)]
struct Module<'r> {
    id: &'r str,
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
    nvr: Option<String>,
}

#[derive(Serialize)]
struct Call {
    call: &'static str,
    party: Party,
    tries: u32,
    next_at: Option<String>,
    since: String,
}

/// Writes the list of runs as JSON.
///
/// # Panics
/// Never: the list is JSON.
#[must_use]
pub fn list_json(rows: &[RunRow]) -> String {
    json(&List { format: FORMAT, runs: rows.iter().map(ListRow::from).collect() })
}

/// Writes the list of runs for people.
#[must_use]
pub fn list(rows: &[RunRow]) -> String {
    if rows.is_empty() {
        return "no runs\n".to_owned();
    }
    let mut runs = table(&["RUN", "APPROACH", "STATE", "HOLDER", "STARTED", "ENDED"]);
    for row in rows.iter().map(ListRow::from) {
        let or_none = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        let (holder, ended) = (or_none(row.holder), or_none(row.ended));
        runs.add_row([row.run, row.approach, row.state, &holder, &row.started, &ended]);
    }
    finished(runs, &[])
}

/// Writes a run as JSON, with the names of the module builds that were decided before it began. What is not
/// known is null: tasks of modules, NVRs, and the forecast.
///
/// # Panics
/// Never: a run is JSON.
#[must_use]
pub fn show_json(row: &RunRow, folded: &Folded, builds: &[PlannedBuild]) -> String {
    let modules = folded.status.modules();
    let at = |time: Timestamp| moment(of_run(row, time));
    let call = |call: CallStatus| Call {
        call: call.call,
        party: call.party,
        tries: call.tries,
        next_at: call.next_at.map(at),
        since: at(call.since),
    };
    let ListRow { run, approach, state, holder, started, ended: _ } = row.into();
    json(&Show {
        format: FORMAT,
        run,
        approach,
        state,
        holder,
        started,
        forecast_seconds_p50: None,
        forecast_seconds_p90: None,
        modules: modules.iter().map(|module| Module::of(module, builds)).collect(),
        calls_outstanding: folded.status.calls_outstanding().into_iter().map(call).collect(),
    })
}

impl<'r> Module<'r> {
    fn of(module: &'r ModuleStatus, builds: &'r [PlannedBuild]) -> Self {
        let build = builds.iter().find(|build| build.id == *module.id);
        let component = |status| Component { status, nvr: None };
        Self {
            id: &module.id,
            state: module.state,
            because: &module.because,
            tag: build.map(|build| build.tags.tag.as_str()),
            target: build.map(|build| build.names.target.as_str()),
            task_id: None,
            components: module.components.iter().map(component).collect(),
        }
    }
}

/// Writes a run for people: its modules, the components that are not done, and what was not answered.
#[must_use]
pub fn show(row: &RunRow, folded: &Folded) -> String {
    let ListRow { run, approach, state, holder, started, ended } = row.into();
    let holder = holder.map_or_else(String::new, |holder| format!(", driven by {holder}"));
    let ended = ended.map_or_else(String::new, |ended| format!(", ended {ended}"));
    let mut text = format!("{run}: {approach}, {state}{holder}, started {started}{ended}\n\n");
    let mut rows = table(&["MODULE", "COMPONENT", "STATE", "BECAUSE"]);
    for module in folded.status.modules() {
        rows.add_row([&*module.id, "", &word(&module.state), &module.because]);
        let open = |part: &&ComponentStatus| {
            !matches!(part.state, ComponentState::Done | ComponentState::Reused)
        };
        for part in module.components.iter().filter(open) {
            rows.add_row(["", &*part.component, &word(&part.state), &part.because]);
        }
    }
    text.push_str(&finished(rows, &[]));
    let calls = folded.status.calls_outstanding();
    if !calls.is_empty() {
        let mut rows = table(&["CALL WITHOUT ANSWER", "PARTY", "TRIES", "SINCE"]);
        for call in &calls {
            let since = moment(of_run(row, call.since));
            rows.add_row([call.call, &word(&call.party), &call.tries.to_string(), &since]);
        }
        text.push('\n');
        text.push_str(&finished(rows, &[2]));
    }
    text
}

/// Returns the word of a state or party, as JSON has it.
pub(super) fn word(of: &impl Serialize) -> String {
    serde_json::to_value(of)
        .ok()
        .and_then(|word| Some(word.as_str()?.to_owned()))
        .unwrap_or_default()
}

/// Returns a moment of a run.
pub(super) fn of_run(row: &RunRow, at: Timestamp) -> UnixMillis {
    UnixMillis(row.started.0.saturating_add_unsigned(at.0))
}

/// Writes a moment as RFC 3339 has it; empty for one that no calendar has.
pub(super) fn moment(at: UnixMillis) -> String {
    jiff::Timestamp::from_millisecond(at.0).map(|at| at.to_string()).unwrap_or_default()
}

pub(super) fn json(of: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(of).expect("it is JSON");
    text.push('\n');
    text
}
