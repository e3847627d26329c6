//! What is known so far, and what is still to be asked: of the hub, of this machine, and of the servers that
//! sources come from.

use std::collections::BTreeMap;

use super::git_refs::GitRef;
use crate::koji::{Call, Fault, Value};
use crate::module_build::hub_call::HubCall;

/// Answers, by question.
#[derive(Clone, Debug, Default)]
pub struct Knowledge {
    answers: BTreeMap<String, Result<Value, Fault>>,
    open: BTreeMap<String, HubCall>,
    programs: BTreeMap<&'static str, Option<Found>>,
    commits: BTreeMap<GitRef, Option<Found>>,
}

/// What was found of a program or a ref: its version or its commit; else why there is none, in words.
pub type Found = Result<String, String>;

impl Knowledge {
    /// Begins with the commits that an earlier preflight found: the same refs are not looked up again.
    #[must_use]
    pub fn with_commits(commits: impl IntoIterator<Item = (GitRef, String)>) -> Self {
        let commits = commits.into_iter().map(|(of, commit)| (of, Some(Ok(commit)))).collect();
        Self { commits, ..Self::default() }
    }

    /// Returns the answer to a question; `None` where it is not known yet, and then it is on the list.
    pub(super) fn ask<C: Call>(&mut self, call: &C) -> Option<Result<C::Answer, Fault>> {
        let answer = self.ask_plain(HubCall::look(call))?;
        Some(answer.and_then(|value| {
            value.read().map_err(|mismatch| {
                Fault::generic(format!("an answer of an unknown shape: {mismatch}"))
            })
        }))
    }

    /// Returns the answer to a question; `None` also where the hub says that there is no such thing.
    pub(super) fn find<C: Call>(&mut self, call: &C) -> Option<C::Answer> {
        self.ask(call)?.ok()
    }

    /// Returns the answer to a question without a type of its own.
    ///
    /// # Panics
    /// When the question would change something.
    pub(super) fn ask_plain(&mut self, call: HubCall) -> Option<Result<Value, Fault>> {
        assert!(!call.is_write(), "{} is not a question", call.method);
        let key = key(&call);
        if let Some(answer) = self.answers.get(&key) {
            return Some(answer.clone());
        }
        self.open.insert(key, call);
        None
    }

    /// Returns the version of a program of this machine, or why it cannot be run.
    pub(super) fn program(&mut self, name: &'static str) -> Option<Found> {
        self.programs.entry(name).or_default().clone()
    }

    /// Returns the commit of a branch or tag, or why there is none.
    pub(super) fn commit(&mut self, of: &GitRef) -> Option<Found> {
        self.commits.entry(of.clone()).or_default().clone()
    }

    /// Returns whether every question has an answer.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.open.is_empty() && self.open_programs().is_empty() && self.open_refs().is_empty()
    }

    /// Returns the questions to the hub that came up and have no answer.
    #[must_use]
    pub fn open(&self) -> Vec<HubCall> {
        self.open.values().cloned().collect()
    }

    /// Returns the programs that came up and were not looked for.
    #[must_use]
    pub fn open_programs(&self) -> Vec<&'static str> {
        self.programs.iter().filter(|(_, found)| found.is_none()).map(|(name, _)| *name).collect()
    }

    /// Returns the refs that came up and were not looked up.
    #[must_use]
    pub fn open_refs(&self) -> Vec<GitRef> {
        self.commits.iter().filter(|(_, found)| found.is_none()).map(|(of, _)| of.clone()).collect()
    }

    /// Takes the answers to [`open`](Self::open), in its order.
    ///
    /// # Panics
    /// When there are fewer or more answers than questions.
    pub fn learn(&mut self, answers: Vec<Result<Value, Fault>>) {
        assert_eq!(answers.len(), self.open.len(), "every question has an answer");
        self.answers.extend(std::mem::take(&mut self.open).into_keys().zip(answers));
    }

    /// Takes what was found of a program.
    pub fn learn_program(&mut self, name: &'static str, found: Found) {
        self.programs.insert(name, Some(found));
    }

    /// Takes what was found of a ref.
    pub fn learn_commit(&mut self, of: GitRef, found: Found) {
        self.commits.insert(of, Some(found));
    }
}

fn key(call: &HubCall) -> String {
    let params = serde_json::Value::from(Value::List(call.params()));
    format!("{} {params}", call.method)
}
