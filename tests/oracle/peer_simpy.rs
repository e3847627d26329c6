//! The ideal model against SimPy: the same graphs, times and rules give the same makespans.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use modplan::orchestrate::{Approach, CatalogBuilder, ComponentParts, ModuleParts, TaskParts};
use modplan::sim::{Outcome, Setup, World};
use modplan::time::Millis;
use modplan::trace::Family;
use rand::{Rng as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;
use serde_json::json;

use crate::support::plain::plain;

const ARCHES: [&str; 3] = ["aarch64", "s390x", "x86_64"];
const INSTANCES: u64 = 50;

/// A graph of jobs: a module of one component of one task each.
struct Instance {
    /// Milliseconds and arch.
    jobs: Vec<(u64, usize)>,
    /// The jobs that wait for each.
    before: Vec<Vec<u32>>,
    builders: [u32; 3],
}

fn below(random: &mut Pcg64Mcg, limit: u64) -> u64 {
    random.next_u64() % limit
}

fn index(number: u64) -> usize {
    usize::try_from(number).expect("small")
}

/// Makes a graph of 20 to 300 jobs; job n waits for up to three of the twenty before it.
fn instance(seed: u64) -> Instance {
    let mut random = Pcg64Mcg::seed_from_u64(seed);
    let jobs = 20 + index(below(&mut random, 281));
    let mut before = vec![Vec::new(); jobs];
    for job in 1..jobs {
        for _ in 0..below(&mut random, 4) {
            let back = 1 + index(below(&mut random, 20)).min(job - 1);
            let follower = u32::try_from(job).expect("small");
            if !before[job - back].contains(&follower) {
                before[job - back].push(follower);
            }
        }
    }
    let time = |random: &mut Pcg64Mcg| 1 + below(random, 1_000_000);
    Instance {
        jobs: (0..jobs).map(|_| (time(&mut random), index(below(&mut random, 3)))).collect(),
        before,
        builders: [1, 2, 5].map(|most| 1 + u32::try_from(below(&mut random, most)).expect("small")),
    }
}

impl Instance {
    fn setup(&self, approach: Approach) -> Setup {
        let mut has_predecessor = vec![false; self.jobs.len()];
        self.before.iter().flatten().for_each(|&job| has_predecessor[job as usize] = true);
        let mut builder = CatalogBuilder::default();
        for (at, &(run, arch)) in self.jobs.iter().enumerate() {
            let task = TaskParts { arch: ARCHES[arch].into(), estimate_ms: run };
            builder.push(&ModuleParts {
                id: format!("m{at:05}:1:00000000"),
                wave: Some(1),
                is_start: !has_predecessor[at],
                dependants: self.before[at].clone(),
                planned_dependants: self.before[at].clone(),
                components: vec![ComponentParts::new("p", 0, Vec::new(), vec![task])],
                ..ModuleParts::default()
            });
        }
        let constant = |&(run, _): &(u64, usize)| Family::Constant { run: Millis(run) };
        let builders: Vec<_> = ARCHES.into_iter().zip(self.builders).collect();
        let laws = self.jobs.iter().map(constant);
        Setup { approach, ..plain((builder, 0..), laws, &builders) }
    }

    fn to_json(&self, rule: &str) -> serde_json::Value {
        let (jobs, arch): (Vec<u64>, Vec<usize>) = self.jobs.iter().copied().unzip();
        json!({"jobs": jobs, "arch": arch, "before": self.before, "builders": self.builders, "rule": rule})
    }
}

/// Returns the Python into which `tests/run --setup` installs SimPy, or reports the test as
/// skipped.
fn python() -> Option<PathBuf> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let python = root.join("target/venv/bin/python");
    let has_simpy = || {
        let checked = Command::new(&python).args(["-c", "import simpy"]).output();
        checked.is_ok_and(|output| output.status.success())
    };
    if python.exists() && has_simpy() {
        return Some(python);
    }
    crate::support::left_out("no SimPy in target/venv (run tests/run --setup)");
    None
}

/// Runs all instances in SimPy and returns their makespans in milliseconds.
fn simpy(python: &PathBuf, instances: &[serde_json::Value]) -> Vec<f64> {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/peers/simpy_makespans.py");
    let mut peer = Command::new(python)
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python starts");
    let input = serde_json::to_vec(instances).expect("numbers");
    peer.stdin.take().expect("piped").write_all(&input).expect("SimPy reads its input");
    let output = peer.wait_with_output().expect("SimPy ends");
    assert!(output.status.success(), "SimPy failed");
    serde_json::from_slice(&output.stdout).expect("a list of numbers")
}

#[test]
fn makespans_of_random_graphs_equal_those_of_simpy() {
    let Some(python) = python() else { return };
    let instances: Vec<Instance> = (0..INSTANCES).map(instance).collect();
    let rules =
        [("first-come", Approach::KojiOwned), ("critical-path", Approach::OrchestratorOwned)];
    let mut makespans = Vec::new();
    for (rule, approach) in rules {
        let asked: Vec<_> = instances.iter().map(|instance| instance.to_json(rule)).collect();
        let theirs = simpy(&python, &asked);
        assert_eq!(theirs.len(), instances.len());
        for ((seed, instance), theirs) in instances.iter().enumerate().zip(theirs) {
            let figures = World::new(&instance.setup(approach)).run(0);
            assert_eq!(figures.outcome, Outcome::Done);
            let ours = figures.makespan.as_secs_f64() * 1000.0;
            let difference = (ours - theirs).abs() / theirs;
            assert!(difference <= 1e-9, "{rule}, seed {seed}: {ours} against {theirs}");
            makespans.push(figures.makespan);
        }
    }
    // The instances distinguish the two rules; otherwise the test would prove only half of its
    // claim.
    let (first_come, by_path) = makespans.split_at(instances.len());
    assert!(first_come.iter().zip(by_path).filter(|(a, b)| a != b).count() > 10);
}
