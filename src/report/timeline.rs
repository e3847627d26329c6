//! `timeline.json`: a typical run of every variant as Chrome trace events, which Perfetto and
//! `chrome://tracing` open. A variant is a process, a builder a thread; times are microseconds.

use std::collections::BTreeMap;

use serde::Serialize;

use super::pilot::Pilot;
use super::svg::packed;
use crate::sim::{Bar, BarEnd};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Trace {
    display_time_unit: &'static str,
    trace_events: Vec<Event>,
}

#[derive(Serialize)]
struct Event {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    cat: Option<String>,
    ph: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ts: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dur: Option<u64>,
    pid: usize,
    tid: usize,
    args: BTreeMap<&'static str, serde_json::Value>,
}

/// Writes the tasks of the typical run of every variant.
#[must_use]
pub fn timeline(pilots: &[Pilot]) -> String {
    let mut events = Vec::new();
    for (pid, pilot) in (1..).zip(pilots) {
        events.push(named("process_name", pilot.title(), pid, 0));
        let (rows, depths) = packed(&pilot.bars);
        let mut threads = BTreeMap::new();
        let mut next = 1;
        for (builder, depth) in depths {
            for lane in 0..depth {
                let (group, number) = &builder;
                let name = match lane {
                    0 => format!("{group}/{number}"),
                    _ => format!("{group}/{number} ({})", lane + 1),
                };
                events.push(named("thread_name", name, pid, next));
                threads.insert((builder.clone(), lane), next);
                next += 1;
            }
        }
        for (bar, row) in pilot.bars.iter().zip(rows) {
            let tid = threads[&(super::svg::builder(&bar.lane), row)];
            events.push(task(bar, pid, tid));
        }
    }
    let trace = Trace { display_time_unit: "ms", trace_events: events };
    let mut json = serde_json::to_string(&trace).expect("keys are texts");
    json.push('\n');
    json
}

fn named(what: &str, name: String, pid: usize, tid: usize) -> Event {
    let args = [("name", name.into())].into();
    Event { name: what.to_owned(), cat: None, ph: "M", ts: None, dur: None, pid, tid, args }
}

fn task(bar: &Bar, pid: usize, tid: usize) -> Event {
    let end = match bar.outcome {
        BarEnd::Closed => "closed",
        BarEnd::Failed => "failed",
        BarEnd::Canceled => "canceled",
    };
    let mut args: BTreeMap<&'static str, serde_json::Value> = [
        ("module", bar.module.as_ref().into()),
        ("build", bar.build.into()),
        ("arch", bar.arch.as_str().into()),
        ("outcome", end.into()),
    ]
    .into();
    if let Some(created) = bar.created {
        let waited = bar.start.0.saturating_sub(created.0);
        args.insert("waited_ms", waited.into());
    }
    Event {
        name: format!("{} {}", bar.method, bar.package),
        cat: Some(bar.method.to_string()),
        ph: "X",
        ts: Some(bar.start.0 * 1000),
        dur: Some((bar.end.0 - bar.start.0) * 1000),
        pid,
        tid,
        args,
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn a_variant_is_a_process_and_a_builder_a_thread() {
        let json: serde_json::Value = serde_json::from_str(&timeline(&[sample::pilot()])).unwrap();
        let events = json["traceEvents"].as_array().unwrap();
        let of = |phase: &str| events.iter().filter(|event| event["ph"] == phase).count();
        // One process and four builders are named; six tasks.
        assert_eq!((of("M"), of("X")), (5, 6));
        let first = events.iter().find(|event| event["ph"] == "X").unwrap();
        assert_eq!((first["ts"].as_u64(), first["dur"].as_u64()), (Some(0), Some(1_500_000_000)));
        assert_eq!(first["args"]["module"], "perl:5.30:466ea64f");
    }
}
