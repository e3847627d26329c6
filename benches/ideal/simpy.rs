//! SimPy on the same graph: in another process, timed by itself.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use super::graph::Graph;

/// Returns how many seconds a program for SimPy took for a graph of one arch, and its makespan in
/// milliseconds; none where SimPy is not installed.
pub(crate) fn run(program: &str, rule: &str, graph: &Graph) -> Option<(f64, u64)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut before = vec![Vec::new(); graph.components];
    for (at, after) in graph.after.iter().enumerate() {
        after.iter().for_each(|&first| before[first as usize].push(at));
    }
    let jobs: Vec<u64> = (0..graph.components).map(|at| graph.time(at, 0)).collect();
    let instance = serde_json::json!([{"jobs": jobs, "arch": vec![0; graph.components],
        "before": before, "builders": [graph.builders], "rule": rule}]);
    let mut peer = Command::new(root.join("target/venv/bin/python"))
        .arg(root.join("tests/peers").join(program))
        .arg("--time")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    peer.stdin.take()?.write_all(instance.to_string().as_bytes()).ok()?;
    let output = String::from_utf8(peer.wait_with_output().ok()?.stdout).ok()?;
    let mut lines = output.lines();
    let makespans: Vec<f64> = serde_json::from_str(lines.next()?).ok()?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole milliseconds"
    )]
    let makespan = *makespans.first()? as u64;
    Some((lines.next()?.parse().ok()?, makespan))
}
