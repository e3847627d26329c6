//! Slack and drag against brute force: a task that ends later by its slack keeps the end of all, by a
//! millisecond more moves it; without the task all ends earlier by its drag.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use modplan::graph::{GraphOptions, ModuleGraph};
use modplan::load::Snapshot;
use modplan::plan::model::{ComponentOrder, PlanModule, PlanTask};
use modplan::plan::{self, Given, Plan, Selection};
use modplan::trace::History;

use crate::support::proof::Proofs;
use crate::support::{generate, real_snapshots};

/// The planned schedule as a graph: edges between tasks, and along each builder.
#[derive(Default)]
struct Line<'a> {
    ms: Vec<u64>,
    follows: Vec<Vec<usize>>,
    tasks: Vec<(usize, &'a PlanTask)>,
    modules: Vec<(usize, &'a PlanModule)>,
    order: Vec<usize>,
}

impl<'a> Line<'a> {
    fn new(plan: &'a Plan) -> Self {
        let mut line = Self::default();
        let mut borders: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        for module in &plan.modules {
            borders.insert(&module.id, line.add_module(module));
        }
        let cut: Vec<_> = plan.cycles.iter().flat_map(|cycle| &cycle.cut).collect();
        for edge in plan.edges.iter().filter(|edge| !cut.contains(edge)) {
            let (_, end) = borders[edge.from.as_str()];
            // Modules submitted together wait together.
            let submitted = plan.submissions.iter().find(|row| row.modules.contains(&edge.to));
            let submitted = &submitted.expect("every module is submitted").modules;
            submitted.iter().for_each(|to| line.wait(end, borders[to.as_str()].0));
        }
        let mut on_builder: BTreeMap<&str, Vec<(u64, u64, usize)>> = BTreeMap::new();
        for &(node, task) in &line.tasks {
            let start = task.start.expect("it is scheduled").0;
            let builder = task.builder.as_deref().expect("it is scheduled");
            on_builder.entry(builder).or_default().push((start, start + line.ms[node], node));
        }
        for tasks in on_builder.values_mut() {
            tasks.sort_unstable();
            for pair in tasks.windows(2) {
                assert!(pair[1].0 >= pair[0].1, "a builder runs one task at a time");
                line.wait(pair[0].2, pair[1].2);
            }
        }
        line.order = line.ordered();
        line
    }

    fn node(&mut self, ms: u64) -> usize {
        self.ms.push(ms);
        self.follows.push(Vec::new());
        self.ms.len() - 1
    }

    fn wait(&mut self, first: usize, then: usize) {
        self.follows[first].push(then);
    }

    fn add_module(&mut self, module: &'a PlanModule) -> (usize, usize) {
        let (start, end) = (self.node(0), self.node(0));
        self.modules.push((end, module));
        self.wait(start, end);
        let mut ends = BTreeMap::new();
        let mut last = vec![start];
        for batch in &module.batches {
            let mut own = Vec::new();
            for component in &batch.components {
                let (from, to) = (self.node(0), self.node(0));
                self.wait(from, to);
                for task in &component.tasks {
                    let node = self.node(task.estimate.0);
                    self.tasks.push((node, task));
                    self.wait(from, node);
                    self.wait(node, to);
                }
                let before = match module.order {
                    ComponentOrder::Batches => last.clone(),
                    ComponentOrder::Graph => component.after.iter().map(|key| ends[key]).collect(),
                };
                before.iter().chain([&start]).for_each(|&first| self.wait(first, from));
                self.wait(to, end);
                ends.insert(&component.component, to);
                own.push(to);
            }
            last = own;
        }
        (start, end)
    }

    fn ordered(&self) -> Vec<usize> {
        let mut waits = vec![0; self.ms.len()];
        self.follows.iter().flatten().for_each(|&next| waits[next] += 1);
        let mut order: Vec<usize> = (0..self.ms.len()).filter(|&node| waits[node] == 0).collect();
        let mut at = 0;
        while let Some(&node) = order.get(at) {
            at += 1;
            for &next in &self.follows[node] {
                waits[next] -= 1;
                if waits[next] == 0 {
                    order.push(next);
                }
            }
        }
        assert_eq!(order.len(), self.ms.len(), "a schedule has no cycle");
        order
    }

    /// Returns the end of each node if one takes a different time.
    fn ends(&self, other: Option<(usize, u64)>) -> Vec<u64> {
        let mut ends = vec![0; self.ms.len()];
        for &node in &self.order {
            ends[node] += match other {
                Some((changed, ms)) if changed == node => ms,
                _ => self.ms[node],
            };
            for &next in &self.follows[node] {
                ends[next] = ends[next].max(ends[node]);
            }
        }
        ends
    }

    fn end_with(&self, node: usize, ms: u64) -> u64 {
        self.ends(Some((node, ms))).into_iter().max().unwrap_or(0)
    }
}

fn check(plan: &Plan) {
    let line = Line::new(plan);
    let ends = line.ends(None);
    let end = ends.iter().copied().max().unwrap_or(0);
    assert_eq!(Some(end), plan.bounds.schedule.map(|end| end.0), "the schedule ends as it says");
    for &(node, task) in &line.tasks {
        let start = task.start.expect("it is scheduled").0;
        assert_eq!(start, ends[node] - line.ms[node], "nothing waits without a reason");
    }
    for &(node, task) in &line.tasks {
        let run = line.ms[node];
        let slack = task.slack.expect("it is scheduled").0;
        let drag = task.drag.expect("it is scheduled").0;
        assert_eq!(line.end_with(node, run + slack), end, "within its slack");
        assert_eq!(line.end_with(node, run + slack + 1), end + 1, "beyond its slack");
        assert_eq!(line.end_with(node, 0), end - drag, "without it");
    }
    for &(node, module) in &line.modules {
        assert_eq!(module.finish.map(|end| end.0), Some(ends[node]), "{}", module.id);
        let slack = module.slack.0;
        assert_eq!(line.end_with(node, slack), end, "{} within its slack", module.id);
        assert_eq!(line.end_with(node, slack + 1), end + 1, "{} beyond its slack", module.id);
    }
}

fn check_snapshot(snapshot: &Snapshot, options: &GraphOptions, proofs: &mut Proofs) {
    let csv = trace(snapshot);
    let history = History::read(&[("trace.csv", csv.as_bytes())]);
    let graph = ModuleGraph::new(snapshot, options);
    let all = Selection { all: true, ..Selection::default() };
    // A file with only defaults has nothing to plan.
    if let Ok(planning) = plan::plan(Given::new(snapshot, &graph, &history), &all) {
        check(&planning.plan);
        proofs.add_made(&planning.plan, Some(&csv));
    }
}

/// Times that differ from package to package.
fn trace(snapshot: &Snapshot) -> String {
    let mut csv = "package,method,arch,run_seconds,outcome\n".to_owned();
    let packages = snapshot.streams.iter().flat_map(|stream| stream.components.values());
    for (at, component) in packages.enumerate() {
        let seconds = 60 + at * 7919 % 1709;
        let package = &component.package;
        writeln!(csv, "{package},buildArch,x86_64,{seconds}.{:03},closed", at % 1000)
            .expect("memory");
    }
    csv
}

#[test]
fn slack_and_drag_are_what_delays_show() {
    let mut proofs = Proofs::new();
    for seed in 0..6 {
        let snapshot = generate::snapshot(40, seed);
        check_snapshot(&snapshot, &GraphOptions::default(), &mut proofs);
    }
    proofs.verify();
}

#[test]
fn slack_and_drag_of_real_repositories_are_what_delays_show() {
    let Some(snapshots) = real_snapshots() else { return };
    let per_context = modplan::graph::Versions::NewestPerContext;
    let mut proofs = Proofs::new();
    for snapshot in snapshots {
        for versions in [GraphOptions::default().versions, per_context] {
            let options = GraphOptions { versions, ..GraphOptions::default() };
            check_snapshot(&snapshot, &options, &mut proofs);
        }
    }
    proofs.verify();
}
