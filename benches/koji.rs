//! koji's wire: a response of 20 MB, and the mock hub with ten thousand tasks in it.
//!
//! Targets: the response parsed in less than a second, with memory of five times its size; 500
//! calls a second on one core. `cargo bench --features live --bench koji` prints both, and the
//! memory if the system reports it.

use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use modplan::farm::Farm;
use modplan::koji::calls::ListTasks;
use modplan::koji::shapes::Secret;
use modplan::koji::{Call, Value, codec};
use modplan::mock_koji::{Asked, Credentials, Mock, MockSetup};
use modplan::scenario::Scenario;
use modplan::time::{Millis, Timestamp};
use modplan::trace::History;

/// An answer of `listTasks` of some 20 MB.
fn response() -> String {
    let row = |id: i64| {
        Value::of(&serde_json::json!({
            "arch": "x86_64", "awaited": false, "channel_id": 1,
            "completion_time": "2026-11-22 12:02:44.303519+00:00", "completion_ts": 1_795_348_964.303_519,
            "create_time": "2026-11-22 12:02:35.976299+00:00", "create_ts": 1_795_348_955.976_299,
            "host_id": 1, "id": id, "label": "x86_64", "method": "buildArch", "owner": 1,
            "owner_name": "alice", "owner_type": 0, "parent": id - 1, "priority": 19,
            "start_time": "2026-11-22 12:02:36.711534+00:00", "start_ts": 1_795_348_956.711_534,
            "state": 2, "waiting": false, "weight": 1.5, "result": null,
            "request": ["tasks/1/1/bash-5.2-1.f99.src.rpm", 2, "x86_64", true, {"repo_id": 7}],
        }))
    };
    // Put together as text: values of the whole would take the memory that is measured.
    let one = codec::write_answer(Ok(Value::List(vec![row(1)])));
    let (start, end) = (one.find("<data>"), one.rfind("</data>"));
    let (start, end) = (start.expect("a list") + "<data>".len(), end.expect("a list"));
    let rows = 20_000_000 / (end - start) + 1;
    [&one[..start], &one[start..end].repeat(rows), &one[end..]].concat()
}

/// Returns the peak memory of this process, in KiB, if the system reports it.
fn peak_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[expect(clippy::print_stderr, reason = "memory is no measure of criterion's")]
fn parse(criterion: &mut Criterion) {
    let text = response();
    let before = peak_kib();
    drop(codec::read_answer(&text));
    if let (Some(before), Some(after)) = (before, peak_kib()) {
        let megabytes = text.len() / 1_000_000;
        eprintln!("response of {megabytes} MB: peak memory {before} KiB before, {after} KiB after");
    }
    let mut group = criterion.benchmark_group("koji");
    group.sample_size(10).measurement_time(Duration::from_secs(10));
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("response of 20 MB, values", |bencher| {
        bencher.iter(|| codec::read_answer(&text).expect("an answer").expect("no fault"));
    });
    group.bench_function("response of 20 MB, typed", |bencher| {
        bencher.iter(|| {
            let value = codec::read_answer(&text).expect("an answer").expect("no fault");
            value.read::<<ListTasks as Call>::Answer>().expect("tasks")
        });
    });
    group.finish();
}

/// A mock hub with ten thousand tasks and somebody logged in.
fn hub() -> (Mock, Credentials) {
    let setup = MockSetup {
        epoch: 1_795_348_800_000,
        farm: Farm::ideal(["x86_64".into(), "aarch64".into()]),
        history: History::default(),
        scenario: Scenario::default(),
        platforms: Vec::new(),
        users: vec![("alice".to_owned(), Secret::new("secret"))],
    };
    let mut mock = Mock::new(setup);
    let mut credentials = Credentials::default();
    let login = codec::write_call("login", vec!["alice".into(), "secret".into()]);
    let (session, _) = mock.answer(Timestamp::START, &credentials, &Asked::Call(login));
    let session = session.expect("it is right");
    credentials.id = session.get("session-id").and_then(Value::as_int);
    credentials.key = session.get("session-key").and_then(Value::as_str).map(str::to_owned);
    for _ in 0..10_000 {
        let params = vec!["sleep".into(), Value::List(vec![Value::Int(3600)])];
        let call = Asked::Call(codec::write_call("makeTask", params));
        mock.answer(Timestamp::START, &credentials, &call).0.expect("a task");
    }
    (mock, credentials)
}

fn serve(criterion: &mut Criterion) {
    let (mut mock, credentials) = hub();
    // The calls of a client that follows a build, with one write among ten reads.
    let ids = Value::List((1..=100).map(Value::Int).collect());
    let calls = [
        codec::write_call("getTaskInfo", vec![Value::Int(5000), Value::Bool(true)]),
        codec::write_call("getTaskInfo", vec![ids]),
        codec::write_call("getTaskChildren", vec![Value::Int(5000)]),
        codec::write_call("getAPIVersion", Vec::new()),
        codec::write_call("getTag", vec!["nosuch".into()]),
        codec::write_call("getTaskInfo", vec![Value::Int(9999)]),
        codec::write_call("getHost", vec![Value::Int(1)]),
        codec::write_call("getUser", vec!["alice".into()]),
        codec::write_call("getTaskRequest", vec![Value::Int(77)]),
        codec::write_call("makeTask", vec!["sleep".into(), Value::List(vec![Value::Int(1)])]),
    ];
    let mut at = 0_u64;
    let mut group = criterion.benchmark_group("koji");
    group.throughput(Throughput::Elements(10));
    group.bench_function("mock hub with 10 000 tasks, ten calls", |bencher| {
        bencher.iter_batched(
            || calls.clone().map(Asked::Call),
            |calls| {
                for call in &calls {
                    at += 20;
                    let time = Timestamp::START + Millis(at);
                    drop(codec::write_answer(mock.answer(time, &credentials, call).0));
                }
            },
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

criterion_group!(benches, parse, serve);
criterion_main!(benches);
