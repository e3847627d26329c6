//! The lists of a plan besides its modules: edges, cycles, submissions, missing streams.

use super::super::since::{ChangeKind, SourceChange};
use serde::{Deserialize, Serialize};

/// An edge of the plan.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Edge {
    /// The module built first.
    pub from: String,
    /// The module that needs it.
    pub to: String,
}

/// Modules that wait for each other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanCycle {
    /// Their ids, sorted.
    pub members: Vec<String>,
    /// The edges left out to break the cycle.
    pub cut: Vec<Edge>,
    /// Whether no smaller cut exists.
    pub cut_proven: bool,
    /// The requirements among the members, with places.
    pub edges: Vec<CycleEdge>,
    /// The members in an order in which each is built after its requirements, except the cut ones.
    pub order: Vec<String>,
    /// Whether only submissions wait for each other, not single contexts: then `--unit context`
    /// avoids the cycle.
    pub by_submission: bool,
}

/// An edge of a cycle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CycleEdge {
    /// The required module.
    pub from: String,
    /// The requiring module.
    pub to: String,
    /// The requirement as written, `name:stream`.
    pub requires: String,
    /// The file with the statement.
    pub path: String,
    /// The line in it.
    pub line: u32,
}

/// One submission: a source with its contexts, or one context.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubmissionRow {
    /// `name:stream`, with the version if that is ambiguous; for a single context, the id of the
    /// module.
    pub id: String,
    /// Its wave, from 1.
    pub wave: u32,
    /// The ids of its modules, sorted.
    pub modules: Vec<String>,
    /// How many of them have a reason of their own.
    pub forced: usize,
    /// How many are rebuilt only because they share the source.
    pub siblings: usize,
}

/// A module that is left out because a file misspells its requirement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOutRow {
    /// The module.
    pub module: String,
    /// The requirement, as written.
    pub requires: String,
    /// A similar loaded stream.
    pub perhaps: String,
    /// The file with the statement.
    pub path: String,
    /// The line in it.
    pub line: u32,
    /// The column in the line.
    pub column: u32,
}

/// A rebuilt stream that reaches the end of its life.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetiredRow {
    /// The stream.
    pub stream: String,
    /// The first day; `None`: at once.
    pub eol_date: Option<String>,
    /// The replacement.
    pub obsoleted_by: Option<String>,
}

/// One module that differs from the snapshot of `--since`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SinceRow {
    /// Its id.
    pub module: String,
    /// Its earlier id, if its context differs.
    pub was: Option<String>,
    /// How it differs.
    pub change: ChangeKind,
    /// Its version before.
    pub from_version: Option<String>,
    /// Its version now.
    pub to_version: Option<String>,
    /// The components whose sources differ or are unknown.
    pub sources: Vec<SourceChange>,
    /// Whether its dependencies differ.
    pub dependencies: bool,
}

/// A stream that must exist before the plan can start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prerequisite {
    /// `name:stream`.
    pub requires: String,
    /// Why the plan does not make it.
    pub kind: PrerequisiteKind,
    /// Whether the plan rebuilds that stream: then an earlier build of it is needed.
    pub rebuilt_here: bool,
    /// The modules that need it.
    pub modules: Vec<String>,
}

/// Why a plan does not build a stream that it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PrerequisiteKind {
    /// No input holds it.
    NotLoaded,
    /// It is loaded, but has no compatible context.
    NoCompatibleContext,
    /// A module builds on an earlier build of itself.
    EarlierBuild,
}

/// A requirement that nothing loaded answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DanglingRow {
    /// The requiring module.
    pub module: String,
    /// The required stream, as `name:stream`.
    pub requires: String,
    /// `not loaded` or `no compatible context`.
    pub reason: String,
    /// A similar loaded stream, if a zero was lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub perhaps: Option<String>,
    /// The file with the statement.
    pub path: String,
    /// The line in it.
    pub line: u32,
    /// The column in the line.
    pub column: u32,
}

/// A requirement of a module on a stream of its own name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SelfRequireRow {
    /// The module.
    pub module: String,
    /// The required stream, as `name:stream`.
    pub requires: String,
}
