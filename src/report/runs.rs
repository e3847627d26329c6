//! Durable runs: the list of a store.

use serde::Serialize;

use super::cells::{finished, table};
use crate::store::{RunRow, UnixMillis};
use crate::time::Timestamp;

mod show;
pub use show::{show, show_json};

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
