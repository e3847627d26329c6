//! Holds the lower bounds of plans against the small program `oracle/certificate.py`, which knows the plan
//! and the trace alone. Every plan that a test has the program make, or makes itself, comes here.

use std::path::{Path, PathBuf};
use std::process::Command;

use modplan::plan::Plan;

/// So many plans wait before they are verified together: starting Python takes longer than most proofs.
const TOGETHER: usize = 32;

/// Plans that wait to be verified, each with its trace.
pub(crate) struct Proofs {
    directory: tempfile::TempDir,
    plans: Vec<[PathBuf; 2]>,
}

impl Proofs {
    pub(crate) fn new() -> Self {
        Self { directory: tempfile::tempdir().expect("a directory"), plans: Vec::new() }
    }

    /// Takes a plan, with the path of its trace; `-`: there is none, `?`: it is not a file of CSV.
    pub(crate) fn add(&mut self, plan: &str, trace: &str) {
        let path = self.directory.path().join(format!("{}.json", self.plans.len()));
        std::fs::write(&path, plan).expect("writable");
        self.plans.push([path, trace.into()]);
        if self.plans.len() == TOGETHER {
            self.verify();
        }
    }

    /// Takes a plan that was made here, with the trace that it was made with.
    pub(crate) fn add_made(&mut self, plan: &Plan, trace: Option<&str>) {
        let at = self.directory.path().join(format!("{}.csv", self.plans.len()));
        if let Some(trace) = trace {
            std::fs::write(&at, trace).expect("writable");
        }
        let path = at.to_str().expect("UTF-8");
        self.add(&plan.to_json(), if trace.is_some() { path } else { "-" });
    }

    /// Fails where a certificate does not prove its bound. Returns whether there is a Python to ask.
    pub(crate) fn verify(&mut self) -> bool {
        let plans = std::mem::take(&mut self.plans);
        let Some(run) = verdict(plans.iter().flatten()) else { return false };
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        true
    }
}

/// Runs the verifier on paths; `None` without Python.
pub(crate) fn verdict<P: AsRef<Path>>(
    paths: impl IntoIterator<Item = P>,
) -> Option<std::process::Output> {
    let verifier = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/certificate.py");
    let paths = paths.into_iter().map(|path| path.as_ref().to_owned());
    Command::new("python3").arg(verifier).args(paths).output().ok()
}

/// The arguments that make the JSON form of a plan, and its trace, where a command makes a plan.
pub(crate) fn of_command(arguments: &[String]) -> Option<(Vec<String>, String)> {
    if arguments.first().map(String::as_str) != Some("plan") {
        return None;
    }
    let mut kept = Vec::new();
    let mut traces = Vec::new();
    let mut rest = arguments.iter().peekable();
    while let Some(argument) = rest.next() {
        match argument.split_once('=').unwrap_or((argument, "")) {
            ("--format" | "-o", "") => drop(rest.next()),
            ("--format" | "-o", _) => {}
            ("--trace", "") => {
                let is_value = |next: &&String| !next.starts_with('-');
                while let Some(trace) = rest.next_if(is_value) {
                    traces.push(trace.clone());
                }
            }
            ("--trace", trace) => traces.push(trace.to_owned()),
            _ => kept.push(argument.clone()),
        }
    }
    for trace in &traces {
        kept.extend(["--trace".to_owned(), trace.clone()]);
    }
    kept.extend(["--format", "json", "-q"].map(str::to_owned));
    let trace = match &*traces {
        [] => "-",
        [one] if Path::new(one).extension().is_some_and(|of| of == "csv") => one,
        _ => "?",
    };
    Some((kept, trace.to_owned()))
}
