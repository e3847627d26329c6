//! What must hold before a run, and whether it does.

use serde::{Deserialize, Serialize};

/// One thing that must hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// What is checked, and of what.
    pub check: String,
    /// Whether it holds.
    pub ok: bool,
    /// What was found, in words.
    pub detail: String,
}

/// The checks so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Checks(Vec<Check>);

impl Checks {
    /// Notes that something holds.
    pub(super) fn good(&mut self, check: impl Into<String>, detail: impl Into<String>) {
        self.add(check, true, detail);
    }

    /// Notes that something does not hold.
    pub(super) fn bad(&mut self, check: impl Into<String>, detail: impl Into<String>) {
        self.add(check, false, detail);
    }

    /// Notes one row for each problem, or that there is none.
    pub(super) fn all(&mut self, check: &str, problems: Vec<String>, good: impl Into<String>) {
        if problems.is_empty() {
            self.good(check, good);
        }
        problems.into_iter().for_each(|problem| self.bad(check, problem));
    }

    fn add(&mut self, check: impl Into<String>, ok: bool, detail: impl Into<String>) {
        self.0.push(Check { check: check.into(), ok, detail: detail.into() });
    }

    pub(super) fn into_rows(self) -> Vec<Check> {
        self.0
    }
}

/// Writes a number with its noun: `1 module`, `2 modules`.
pub(super) fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}
