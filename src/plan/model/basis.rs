//! The basis of a plan: inputs, selection, farm, trace, and assumed values.

use crate::name::Arch;
use serde::{Deserialize, Serialize};

/// One input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanInput {
    /// Its path.
    pub path: String,
    /// The kind of content.
    pub kind: String,
    /// How many documents or rows.
    pub documents: usize,
    /// SHA-256 of its bytes as stored.
    pub sha256: String,
}

/// The selection flags.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanSelection {
    /// `--changed`.
    pub changed: Vec<String>,
    /// `--built`.
    pub built: Vec<String>,
    /// `--changed-package`.
    pub changed_package: Vec<String>,
    /// `--since`.
    pub since: Vec<String>,
    /// `--all`.
    pub all: bool,
    /// `--only`.
    pub only: Vec<String>,
    /// `--exclude`.
    pub exclude: Vec<String>,
    /// `--given`.
    pub given: Vec<String>,
    /// `--skip-eol`.
    pub skip_eol: bool,
    /// `--follow`.
    pub follow: String,
    /// `--unit`.
    pub unit: String,
    /// `--versions`.
    pub versions: String,
}

/// A requirement that was repaired.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanAlias {
    /// As files spell it.
    pub written: String,
    /// Its meaning.
    pub meant: String,
}

/// A file that a plan rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanFile {
    /// Its path.
    pub path: String,
    /// SHA-256 of its bytes as stored.
    pub sha256: String,
}

/// The farm that the times are for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PlanFarm {
    /// The path of its file, if given.
    pub path: Option<String>,
    /// SHA-256 of the file.
    pub sha256: Option<String>,
    /// `ideal` or `koji`.
    pub model: String,
    /// The builders.
    pub builders: Vec<PlanBuilders>,
}

/// Builders that are alike.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanBuilders {
    /// Their name.
    pub name: String,
    /// How many there are.
    pub count: u32,
    /// The arches that they build.
    pub arches: Vec<Arch>,
    /// The task weight that one takes at a time.
    pub capacity: f64,
}

/// An assumed value behind a plan or a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assumed {
    /// Its key in a file: `hub.run_interval`, `builders`.
    pub key: String,
    /// The value, in words.
    pub value: String,
    /// The reason of the assumption: `no --farm`, `koji's default`.
    pub because: String,
}

impl Assumed {
    /// Makes one.
    #[must_use]
    pub fn new(key: &str, value: impl Into<String>, because: &str) -> Self {
        Self { key: key.to_owned(), value: value.into(), because: because.to_owned() }
    }
}
