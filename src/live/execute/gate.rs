//! The gate of a site: a command that says whether a component or a module passed.
//!
//! It is run without a shell, with what it judges behind its own arguments:
//!
//! ```text
//! COMMAND… component NAME:STREAM:VERSION:CONTEXT COMPONENT NAME-VERSION-RELEASE
//! COMMAND… module NAME:STREAM:VERSION:CONTEXT
//! ```
//!
//! Exit code 0 is passed, 1 is not passed. Everything else is not a verdict: a signal, another code, a
//! command that cannot be started or takes too long. A process that comes back runs it again for what has no
//! verdict yet, so it must bear that.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::process::Command;

use crate::site::{Gate, Site};

/// So much of the end of its output is logged, in bytes.
const OUTPUT_MAX: usize = 2000;

/// The command that judges.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GateCommand {
    /// The program and its own arguments.
    pub command: Vec<String>,
    /// How long it may take, in milliseconds.
    pub timeout_ms: u64,
}

impl GateCommand {
    /// Returns the command of a site; `None` where nothing judges. A preflight refuses the gates that are
    /// not commands.
    #[must_use]
    pub fn of(site: &Site) -> Option<Self> {
        match &site.gate {
            Gate::Script { command, timeout } => {
                Some(Self { command: command.clone(), timeout_ms: timeout.0 })
            }
            Gate::None | Gate::ResultsDb { .. } | Gate::Greenwave { .. } => None,
        }
    }

    /// Runs it about something; returns whether that passed. It is killed where this is dropped.
    ///
    /// # Errors
    /// Why there is no verdict.
    pub(super) async fn judge(&self, about: &[&str]) -> Result<bool, String> {
        let (program, own) = self.command.split_first().ok_or("the gate names no program")?;
        let mut command = Command::new(program);
        command.args(own).args(about).stdin(Stdio::null()).kill_on_drop(true);
        let what = about.join(" ");
        let timeout = Duration::from_millis(self.timeout_ms);
        let output = match tokio::time::timeout(timeout, command.output()).await {
            Ok(Ok(output)) => output,
            Ok(Err(error)) => return Err(format!("cannot run {program}: {error}")),
            Err(_) => {
                let seconds = timeout.as_secs_f64();
                return Err(format!("{program} took longer than {seconds} s for {what}"));
            }
        };
        let text = tail(&[output.stdout, output.stderr].concat());
        let verdict = verdict(output.status);
        tracing::info!(gate = what, output = text, "{program}: {}", output.status);
        verdict.ok_or_else(|| format!("{program} gave no verdict on {what}: {}", output.status))
    }
}

fn verdict(status: ExitStatus) -> Option<bool> {
    match status.code() {
        Some(0) => Some(true),
        Some(1) => Some(false),
        Some(_) | None => None,
    }
}

/// Returns the end of what a command wrote.
fn tail(bytes: &[u8]) -> String {
    let from = bytes.len().saturating_sub(OUTPUT_MAX);
    String::from_utf8_lossy(&bytes[from..]).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(script: &str, timeout_ms: u64) -> Result<bool, String> {
        let command = ["/bin/sh", "-c", script, "gate"].map(str::to_owned).into();
        let gate = GateCommand { command, timeout_ms };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let about = ["component", "perl:5.30:1:c1", "perl", "perl-5.30-1"];
        runtime.expect("a runtime").block_on(gate.judge(&about))
    }

    #[test]
    fn the_exit_code_is_the_verdict_and_every_other_is_none() {
        assert_eq!(judge("exit 0", 60_000), Ok(true));
        assert_eq!(judge("exit 1", 60_000), Ok(false));
        let why = judge("exit 2", 60_000).expect_err("it is not a verdict");
        assert!(why.contains("exit status: 2") && why.contains("component perl:5.30"), "{why}");
        let why = judge("kill -9 $$", 60_000).expect_err("it is not a verdict");
        assert!(why.contains("signal: 9"), "{why}");
        let gate = GateCommand { command: vec!["/nowhere/gate".to_owned()], timeout_ms: 1000 };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let why = runtime.expect("a runtime").block_on(gate.judge(&["module", "m"]));
        assert!(why.expect_err("it is not there").starts_with("cannot run /nowhere/gate: "));
    }

    #[test]
    fn it_is_told_what_it_judges_behind_its_own_arguments() {
        let told = "test \"$*\" = 'component perl:5.30:1:c1 perl perl-5.30-1'";
        assert_eq!(judge(told, 60_000), Ok(true));
    }

    #[test]
    fn one_that_takes_too_long_has_no_verdict() {
        let why = judge("exec sleep 600", 1).expect_err("it waits");
        assert!(why.contains("took longer than 0.001 s"), "{why}");
    }

    #[test]
    fn it_is_killed_with_what_waits_for_it() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("pid");
        let script = format!("echo $$ > {0}.new; mv {0}.new {0}; exec sleep 600", file.display());
        let command = ["/bin/sh", "-c", &script].map(str::to_owned).into();
        let gate = GateCommand { command, timeout_ms: 600_000 };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let pid = runtime.expect("a runtime").block_on(async {
            let mut judged = std::pin::pin!(gate.judge(&["module", "m"]));
            loop {
                let look = Duration::from_millis(5);
                assert!(tokio::time::timeout(look, &mut judged).await.is_err(), "it waits");
                if let Ok(pid) = std::fs::read_to_string(&file) {
                    break pid;
                }
            }
        });
        // It may be there still until somebody asks how it ended, but not alive. A busy machine needs a moment.
        let state = || {
            let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).ok()?;
            stat.split(") ").nth(1)?.chars().next()
        };
        let is_dead = || {
            std::thread::yield_now();
            matches!(state(), None | Some('Z' | 'X'))
        };
        assert!((0..100_000).any(|_| is_dead()), "{:?}", state());
    }

    #[test]
    fn only_the_end_of_long_output_is_kept() {
        let long = [vec![b'a'; OUTPUT_MAX], b"bcd\n".to_vec()].concat();
        let kept = tail(&long);
        assert!(kept.len() < OUTPUT_MAX && kept.ends_with("abcd"), "{}", kept.len());
    }
}
