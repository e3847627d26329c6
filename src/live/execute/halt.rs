//! Why a process stops driving a run that is not over, without being asked to.

use super::breaker::Failures;
use super::canary::Outcome;
use crate::koji_plan::package_of;

/// Why a run stops and waits for people. It can be resumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Halt {
    /// More builds failed than `limits.failures_share` allows.
    Failures {
        /// How many failed, were canceled or were refused, since the process started.
        failed: u32,
        /// How many ended.
        ended: u32,
    },
    /// The builds of the canary are over.
    Canary {
        /// How many are built and tagged.
        done: usize,
        /// How many failed, or did not pass their gate.
        failed: usize,
    },
    /// A program of this machine is missing that the run needs.
    Program {
        /// Its name.
        program: &'static str,
    },
    /// Nothing is left to do but for people: what they must look at did not pass its gate.
    People {
        /// How many components and modules wait for them.
        waiting: usize,
    },
}

impl Halt {
    /// Says what happened, and the command that continues the run.
    #[must_use]
    pub fn words(&self, run: &str) -> String {
        let resume = format!("`modplan runs resume {run}`");
        match *self {
            Self::Failures { failed, ended } => format!(
                "paused by the circuit breaker: {failed} of {ended} builds failed; look, then {resume}"
            ),
            Self::People { waiting } => format!(
                "paused at the gate: {waiting} did not pass or have no verdict, and nothing else is left to do; \
                 look, then `modplan runs retry {run} MODULE/COMPONENT`"
            ),
            Self::Program { program } => format!(
                "paused: {program} cannot be started; install {}, then {resume}",
                package_of(program)
            ),
            Self::Canary { done, failed: 0 } => format!(
                "paused after the canary: {done} of {done} builds are done and tagged; {resume} builds the rest"
            ),
            Self::Canary { done, failed } => {
                let all = done + failed;
                format!(
                    "paused after the canary: {failed} of {all} builds failed; look, then {resume} builds the rest"
                )
            }
        }
    }
}

impl From<Failures> for Halt {
    fn from(Failures { failed, ended }: Failures) -> Self {
        Self::Failures { failed, ended }
    }
}

impl From<Outcome> for Halt {
    fn from(Outcome { done, failed }: Outcome) -> Self {
        Self::Canary { done, failed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_what_happened_and_what_continues_the_run() {
        let words = |halt: Halt| halt.words("r1");
        assert_eq!(
            words(Failures { failed: 5, ended: 12 }.into()),
            "paused by the circuit breaker: 5 of 12 builds failed; look, then `modplan runs resume r1`"
        );
        assert_eq!(
            words(Halt::People { waiting: 2 }),
            "paused at the gate: 2 did not pass or have no verdict, and nothing else is left to do; look, then \
             `modplan runs retry r1 MODULE/COMPONENT`"
        );
        assert_eq!(
            words(Halt::Program { program: "rpmbuild" }),
            "paused: rpmbuild cannot be started; install the package `rpm` on Debian, `rpm-build` on Fedora, then \
             `modplan runs resume r1`"
        );
        assert_eq!(
            words(Outcome { done: 2, failed: 0 }.into()),
            "paused after the canary: 2 of 2 builds are done and tagged; `modplan runs resume r1` builds the rest"
        );
        assert_eq!(
            words(Outcome { done: 1, failed: 1 }.into()),
            "paused after the canary: 1 of 2 builds failed; look, then `modplan runs resume r1` builds the rest"
        );
    }
}
