//! Every lower bound against the small program `certificate.py`, which only knows the plan and the
//! trace.

use modplan::graph::{GraphOptions, ModuleGraph};
use modplan::load;
use modplan::plan::{self, Given, Selection};
use modplan::trace::History;

use crate::support::program::modplan;
use crate::support::proof::{Proofs, verdict};
use crate::support::{left_out, shared, yaml_files};

const EL8: &str = "fixtures/el8-perl/modules.yaml";
const CYCLE: &str = "fixtures/cycle/modules.yaml";

fn by_command(input: &str, trace: Option<&str>, more: &[&str]) {
    let trace = trace.map(|trace| ["--trace", trace]);
    let trace = trace.as_ref().map(<[&str; 2]>::as_slice).unwrap_or_default();
    // Whoever runs `plan` in a test has its bound proven.
    let said = modplan(&[&["plan", input], trace, more].concat());
    assert_eq!(said.code, 0, "{more:?}: {}", said.err);
}

#[test]
fn the_bounds_of_the_fixtures_are_proven_by_their_certificates() {
    let all = ["--arches", "x86_64,aarch64"];
    for (input, directory) in [(EL8, "fixtures/el8-perl"), (CYCLE, "fixtures/cycle")] {
        let trace = format!("{directory}/trace.csv");
        let farm = format!("{directory}/farm.yaml");
        let on_farm = ["--all", "--farm", &farm];
        by_command(input, Some(&trace), &[&on_farm[..], &all].concat());
        by_command(input, Some(&trace), &on_farm);
        by_command(input, None, &["--all", "--unit", "context", "--effort", "0ms"]);
    }
    for root in ["perl:5.30", "perl-DBI:1.641"] {
        by_command(EL8, None, &["--changed", root]);
    }
    let koji = ["--all", "--farm", "fixtures/el8-perl/farm-koji.yaml"];
    by_command(EL8, Some("fixtures/el8-perl/trace.csv"), &[&koji[..], &all].concat());
}

#[test]
fn the_bounds_of_real_repositories_are_proven_by_their_certificates() {
    let Some(root) = shared("data/modulemd") else { return };
    let mut proofs = Proofs::new();
    for file in yaml_files(&root) {
        let loaded = load::load(&[file], &load::Options::default()).expect("it is there");
        let graph = ModuleGraph::new(&loaded, &GraphOptions::default());
        let all = Selection { all: true, ..Selection::default() };
        let history = History::default();
        // A file with only defaults has nothing to plan.
        if let Ok(planning) = plan::plan(Given::new(&loaded, &graph, &history), &all) {
            proofs.add_made(&planning.plan, None);
        }
    }
    if !proofs.verify() {
        left_out("no python3 to verify certificates with");
    }
}

#[test]
fn a_bound_that_is_not_proven_is_found() {
    let plan = modplan(&["plan", EL8, "--changed", "perl:5.30", "--format", "json"]).out;
    let mut plan: serde_json::Value = serde_json::from_str(&plan).expect("JSON");
    let bounds = &mut plan["bounds"];
    let bound = bounds["lower_bound_seconds"].as_f64().expect("a number");
    let whole = bounds["certificate"]["granularity_seconds"].as_f64().expect("a number");
    bounds["lower_bound_seconds"] = (bound + whole).into();
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(&file, plan.to_string()).expect("writable");
    let Some(run) = verdict([file.path(), "-".as_ref()]) else {
        return left_out("no python3 to verify certificates with");
    };
    assert!(!run.status.success());
}
