//! What the hub answered so far, and what is still to be asked.

use std::collections::BTreeMap;

use crate::koji::{Call, Fault, Value};
use crate::module_build::hub_call::HubCall;

/// Answers of a hub, by question.
#[derive(Clone, Debug, Default)]
pub struct Knowledge {
    answers: BTreeMap<String, Result<Value, Fault>>,
    open: BTreeMap<String, HubCall>,
}

impl Knowledge {
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

    /// Returns the questions that came up and have no answer.
    #[must_use]
    pub fn open(&self) -> Vec<HubCall> {
        self.open.values().cloned().collect()
    }

    /// Takes the answers to [`open`](Self::open), in its order.
    ///
    /// # Panics
    /// When there are fewer or more answers than questions.
    pub fn learn(&mut self, answers: Vec<Result<Value, Fault>>) {
        assert_eq!(answers.len(), self.open.len(), "every question has an answer");
        self.answers.extend(std::mem::take(&mut self.open).into_keys().zip(answers));
    }
}

fn key(call: &HubCall) -> String {
    let params = serde_json::Value::from(Value::List(call.params()));
    format!("{} {params}", call.method)
}
