//! `modplan runs why`: the chain of what waits for what, for people and as JSON.

use serde::Serialize;

use super::runs::{json, moment, of_run, word};
use crate::orchestrate::{Party, TaskId};
use crate::status::{CallStatus, ComponentState, ComponentStatus, Link, ModuleState, ModuleStatus};
use crate::store::RunRow;

const FORMAT: u32 = 1;

#[derive(Serialize)]
struct Why<'l> {
    format: u32,
    run: &'l str,
    chain: Vec<Row<'l>>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Row<'l> {
    Module {
        module: &'l str,
        state: ModuleState,
        because: &'l str,
    },
    Component {
        module: &'l str,
        component: &'l str,
        state: ComponentState,
        because: &'l str,
        task_id: Option<TaskId>,
    },
    Call {
        call: &'static str,
        party: Party,
        tries: u32,
        since: String,
        next_at: Option<String>,
    },
    Refused {
        call: &'static str,
        fault: String,
    },
}

/// Writes a chain as JSON, one row a link.
///
/// # Panics
/// Never: a chain is JSON.
#[must_use]
pub fn why_json(row: &RunRow, links: &[Link]) -> String {
    let at = |time| moment(of_run(row, time));
    let link = |link| match link {
        &Link::Module(ModuleStatus { ref id, state, ref because, .. }) => {
            Row::Module { module: id, state, because }
        }
        Link::Component { module, component } => Row::Component {
            module,
            component: &component.component,
            state: component.state,
            because: &component.because,
            task_id: component.task_id,
        },
        Link::Call(call) => Row::Call {
            call: call.call,
            party: call.party,
            tries: call.tries,
            since: at(call.since),
            next_at: call.next_at.map(at),
        },
        Link::Refused { call, fault } => Row::Refused { call: call.as_str(), fault: word(fault) },
    };
    json(&Why { format: FORMAT, run: &row.run, chain: links.iter().map(link).collect() })
}

/// Writes a chain for people: each link is indented below the one that waits for it, and the last line
/// says what can be done.
#[must_use]
pub fn why(row: &RunRow, links: &[Link]) -> String {
    let mut text = String::new();
    for (depth, link) in links.iter().enumerate() {
        text.push_str(&"  ".repeat(depth));
        text.push_str(&sentence(row, link));
        text.push('\n');
    }
    if let Some(next) = links.iter().rev().find_map(|link| next(row, link)) {
        text.push('\n');
        text.push_str(&next);
        text.push('\n');
    }
    text
}

fn sentence(row: &RunRow, link: &Link) -> String {
    match link {
        Link::Module(ModuleStatus { id, state, because, .. }) => {
            state_of(id, &word(state), because)
        }
        Link::Component { component, .. } => {
            let ComponentStatus { component, state, because, task_id, attempt, .. } = component;
            let state = state_of(component, &word(state), because);
            let again = if *attempt > 1 { format!(", attempt {attempt}") } else { String::new() };
            let task = task_id.map_or_else(String::new, |task| format!(", task {}", task.0));
            format!("{state}{again}{task}")
        }
        Link::Call(CallStatus { call, party, tries, since, next_at }) => {
            let times = if *tries == 1 { "once".to_owned() } else { format!("{tries} times") };
            let party = word(party);
            let since = moment(of_run(row, *since));
            let next = next_at.map_or_else(String::new, |at| {
                format!("; it is asked again at {}", moment(of_run(row, at)))
            });
            format!(
                "the call {call} to the party {party} has no answer: sent {times} since {since}{next}"
            )
        }
        Link::Refused { call, fault } => {
            format!("the call {} failed for good: {}", call.as_str(), word(fault))
        }
    }
}

fn state_of(name: &str, state: &str, because: &str) -> String {
    match because {
        "" => format!("{name} is {state}"),
        because => format!("{name} is {state}: {because}"),
    }
}

/// Returns what somebody can do about a link.
fn next(row: &RunRow, link: &Link) -> Option<String> {
    let run = &row.run;
    match link {
        Link::Component { module, component } if component.state == ComponentState::Failed => {
            let part = &component.component;
            Some(format!("Once its source is repaired: modplan runs retry {run} {module}/{part}"))
        }
        Link::Module(ModuleStatus {
            id, state: ModuleState::Failed | ModuleState::Stuck, ..
        }) => Some(format!("Once it is repaired: modplan runs retry {run} {id}")),
        Link::Module(_) | Link::Component { .. } | Link::Call(_) | Link::Refused { .. } => None,
    }
}
