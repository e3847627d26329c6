//! Every lower bound against the small program `certificate.py`, which knows the plan and the trace alone.

use std::path::{Path, PathBuf};
use std::process::Command;

use modplan::graph::{GraphOptions, ModuleGraph};
use modplan::load;
use modplan::plan::{self, Given, Selection};
use modplan::trace::History;

use crate::support::program::modplan;
use crate::support::{left_out, shared, yaml_files};

const EL8: &str = "fixtures/el8-perl/modules.yaml";
const CYCLE: &str = "fixtures/cycle/modules.yaml";

/// Plans that were written, each with its trace.
struct Written {
    directory: tempfile::TempDir,
    plans: Vec<[PathBuf; 2]>,
}

impl Written {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().expect("a directory"), plans: Vec::new() }
    }

    fn next(&mut self, trace: &str) -> PathBuf {
        let path = self.directory.path().join(format!("{}.json", self.plans.len()));
        self.plans.push([path.clone(), trace.into()]);
        path
    }

    fn by_command(&mut self, input: &str, trace: Option<&str>, more: &[&str]) {
        let path = self.next(trace.unwrap_or("-"));
        let path = path.to_str().expect("UTF-8");
        let trace = trace.map(|trace| ["--trace", trace]);
        let trace = trace.as_ref().map(<[&str; 2]>::as_slice).unwrap_or_default();
        let said =
            modplan(&[&["plan", input, "--format", "json", "-o", path], trace, more].concat());
        assert_eq!(said.code, 0, "{more:?}: {}", said.err);
    }

    fn of_repository(&mut self, file: &Path) {
        let loaded =
            load::load(&[file.to_path_buf()], &load::Options::default()).expect("it is there");
        let graph = ModuleGraph::new(&loaded, &GraphOptions::default());
        let all = Selection { all: true, ..Selection::default() };
        // A file of defaults alone has nothing to plan.
        let history = History::default();
        if let Ok(planning) = plan::plan(Given::new(&loaded, &graph, &history), &all) {
            std::fs::write(self.next("-"), planning.plan.to_json()).expect("writable");
        }
    }

    /// Fails where a certificate does not prove its bound.
    fn verify(&self) {
        let verifier = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/certificate.py");
        let arguments = self.plans.iter().flatten();
        let run = Command::new("python3").arg(verifier).args(arguments).output();
        let Ok(run) = run else { return left_out("no python3 to verify certificates with") };
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    }
}

#[test]
fn the_bounds_of_the_fixtures_are_proven_by_their_certificates() {
    let mut written = Written::new();
    let all = ["--arches", "x86_64,aarch64"];
    for (input, directory) in [(EL8, "fixtures/el8-perl"), (CYCLE, "fixtures/cycle")] {
        let trace = format!("{directory}/trace.csv");
        let farm = format!("{directory}/farm.yaml");
        let on_farm = ["--all", "--farm", &farm];
        written.by_command(input, Some(&trace), &[&on_farm[..], &all].concat());
        written.by_command(input, Some(&trace), &on_farm);
        written.by_command(input, None, &["--all", "--unit", "context", "--effort", "0ms"]);
    }
    for root in ["perl:5.30", "perl-DBI:1.641"] {
        written.by_command(EL8, None, &["--changed", root]);
    }
    let koji = ["--all", "--farm", "fixtures/el8-perl/farm-koji.yaml"];
    written.by_command(EL8, Some("fixtures/el8-perl/trace.csv"), &[&koji[..], &all].concat());
    written.verify();
}

#[test]
fn the_bounds_of_real_repositories_are_proven_by_their_certificates() {
    let Some(root) = shared("data/modulemd") else { return };
    let mut written = Written::new();
    yaml_files(&root).iter().for_each(|file| written.of_repository(file));
    written.verify();
}

#[test]
fn a_bound_that_is_not_proven_is_found() {
    let mut written = Written::new();
    written.by_command(EL8, None, &["--changed", "perl:5.30"]);
    let path = &written.plans[0][0];
    let plan = std::fs::read_to_string(path).expect("it was written");
    let mut plan: serde_json::Value = serde_json::from_str(&plan).expect("JSON");
    let bounds = &mut plan["bounds"];
    let bound = bounds["lower_bound_seconds"].as_f64().expect("a number");
    let whole = bounds["certificate"]["granularity_seconds"].as_f64().expect("a number");
    bounds["lower_bound_seconds"] = (bound + whole).into();
    std::fs::write(path, plan.to_string()).expect("writable");
    let verifier = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/certificate.py");
    let run = Command::new("python3").arg(verifier).args(&written.plans[0]).output();
    let Ok(run) = run else { return left_out("no python3 to verify certificates with") };
    assert!(!run.status.success());
}
