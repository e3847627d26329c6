//! SimPy on the same graph, in another process that times itself.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::graph::Graph;

/// Returns how many seconds SimPy takes with its own Resource, first come first served; `None` if
/// it is not installed.
pub(crate) fn with_resource(graph: &Graph) -> Option<f64> {
    let of = |at| (0..graph.arches.len()).map(|arch| graph.time(at, arch)).collect();
    let times: Vec<Vec<u64>> = (0..graph.components).map(of).collect();
    let input = serde_json::json!({"times": times, "after": graph.after,
        "builders": graph.builders});
    run(&["simpy_resource.py"], &input).map(|(_, seconds)| seconds)
}

/// Returns how many seconds SimPy takes for a graph of one arch with hand-written heaps, in the
/// order of modplan, and the makespan in milliseconds.
pub(crate) fn with_heaps(graph: &Graph) -> Option<(f64, u64)> {
    let mut before = vec![Vec::new(); graph.components];
    for (at, after) in graph.after.iter().enumerate() {
        after.iter().for_each(|&first| before[first as usize].push(at));
    }
    let jobs: Vec<u64> = (0..graph.components).map(|at| graph.time(at, 0)).collect();
    let input = serde_json::json!([{"jobs": jobs, "arch": vec![0; graph.components],
        "before": before, "builders": [graph.builders], "rule": "critical-path"}]);
    let (makespans, seconds) = run(&["simpy_makespans.py", "--time"], &input)?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole milliseconds"
    )]
    let makespan = makespans.get(0)?.as_f64()? as u64;
    Some((seconds, makespan))
}

/// Runs a program of `tests/peers`, and returns its first line and how many seconds it took.
fn run(program: &[&str], input: &Value) -> Option<(Value, f64)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut peer = Command::new(root.join("target/venv/bin/python"))
        .current_dir(root.join("tests/peers"))
        .args(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    peer.stdin.take()?.write_all(input.to_string().as_bytes()).ok()?;
    let output = String::from_utf8(peer.wait_with_output().ok()?.stdout).ok()?;
    let mut lines = output.lines();
    Some((serde_json::from_str(lines.next()?).ok()?, lines.next()?.parse().ok()?))
}
