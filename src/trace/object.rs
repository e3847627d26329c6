//! One JSON object, split into fields with their places.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::value::RawValue;

use super::moment;
use super::place::Lines;
use crate::load::{Code, Finding, Place};

/// The fields of an object; a null counts as a missing field.
#[derive(Clone, Debug)]
pub(super) struct Object<'t> {
    fields: BTreeMap<String, &'t RawValue>,
    pub(super) place: Place,
}

impl<'t> Object<'t> {
    /// Splits an object into its fields; `None` for any other value.
    pub(super) fn of(value: &'t RawValue, lines: &Lines<'t>) -> Option<Self> {
        if !value.get().starts_with('{') {
            return None;
        }
        let fields = serde_json::from_str(value.get()).ok()?;
        Some(Self { fields, place: lines.of(value) })
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    pub(super) fn get(&self, key: &str) -> Option<&'t RawValue> {
        self.fields.get(key).copied().filter(|value| value.get() != "null")
    }

    pub(super) fn object(&self, key: &str, lines: &Lines<'t>) -> Option<Self> {
        Object::of(self.get(key)?, lines)
    }

    pub(super) fn list(&self, key: &str) -> Option<Vec<&'t RawValue>> {
        serde_json::from_str(self.get(key)?.get()).ok()
    }

    pub(super) fn text(&self, key: &str) -> Option<String> {
        serde_json::from_str(self.get(key)?.get()).ok()
    }

    pub(super) fn number(&self, key: &str) -> Option<i64> {
        serde_json::from_str(self.get(key)?.get()).ok()
    }

    /// Reads a moment from the first key that is present; an unreadable one is reported.
    pub(super) fn moment(
        &self,
        keys: &[&str],
        lines: &Lines<'t>,
        findings: &mut Vec<Finding>,
    ) -> Option<Timestamp> {
        let (key, value) = keys.iter().find_map(|key| Some((key, self.get(key)?)))?;
        let told = |why| {
            let message = format!("{key} `{}` {why}", value.get().trim_matches('"'));
            findings.push(Finding::new(Code::TraceTime, lines.of(value), message));
        };
        moment::read(value.get()).map_err(told).ok()
    }

    /// Returns whether every key is a whole number, as in an answer of `getTaskDescendents`.
    pub(super) fn is_keyed_by_number(&self) -> bool {
        !self.fields.is_empty() && self.fields.keys().all(|key| key.parse::<i64>().is_ok())
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &'t RawValue> {
        self.fields.values().copied()
    }
}
