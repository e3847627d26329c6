//! What a dry run keeps, so that exactly what it showed can be carried out: the whole request, and what
//! came of it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Check, PlannedCall, WorkedOut};
use crate::load::SourceUrls;
use crate::plan::Plan;

/// The format of what is kept.
const FORMAT: u32 = 1;

/// A dry run, as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptPlan {
    format: u32,
    /// The hub's address.
    pub hub: String,
    /// The SHA-256 of the configuration, as its file held it.
    pub configuration: String,
    /// The time of submission.
    pub submitted: Timestamp,
    /// The plan.
    pub plan: Plan,
    /// Source URLs that come before those of the plan.
    pub sources: Option<SourceUrls>,
    /// Modules that were said to be there.
    pub given: Vec<String>,
    /// Who was logged in.
    pub user: Option<String>,
    /// What had to hold.
    pub checks: Vec<Check>,
    /// The calls, in order.
    pub calls: Vec<KeptCall>,
}

/// A call, as a dry run shows it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptCall {
    /// The part of the run and the method.
    pub what: String,
    /// The module that it is for.
    pub module: Option<String>,
    /// The parameters and the permission, as JSON.
    pub params: String,
}

impl From<&PlannedCall> for KeptCall {
    fn from(call: &PlannedCall) -> Self {
        let params = serde_json::to_string(&call.params).expect("parameters are JSON");
        Self {
            what: format!("{} {}", call.phase.as_str(), call.method),
            module: call.module.clone(),
            params: format!("{params} ({})", call.permission),
        }
    }
}

impl KeptPlan {
    /// Keeps a request and what came of it.
    #[must_use]
    pub fn new(
        request: super::Request<'_>,
        out: &WorkedOut,
        hub: &str,
        configuration: &[u8],
    ) -> Self {
        Self {
            format: FORMAT,
            hub: hub.to_owned(),
            configuration: crate::load::sha256(configuration),
            submitted: request.submitted,
            plan: request.plan.clone(),
            sources: request.sources.cloned(),
            given: request.given.iter().map(ToString::to_string).collect(),
            user: out.user.clone(),
            checks: out.checks.clone(),
            calls: out.calls.iter().map(KeptCall::from).collect(),
        }
    }

    /// Returns how what is worked out now differs from what was kept, as lines of a unified list: `-` what was
    /// shown, `+` what would be done. Checks are compared by whether they hold: their details count what others
    /// do at the hub, too.
    #[must_use]
    pub fn differences(&self, now: &WorkedOut) -> Vec<String> {
        let mut lines = Vec::new();
        if self.user != now.user {
            let name = |user: &Option<String>| user.clone().unwrap_or_else(|| "nobody".to_owned());
            lines.push(format!("- user {}", name(&self.user)));
            lines.push(format!("+ user {}", name(&now.user)));
        }
        let check = |check: &Check| match check.ok {
            true => format!("check {} holds", check.check),
            false => format!("check {} fails: {}", check.check, check.detail),
        };
        let before: Vec<String> = self.checks.iter().map(check).collect();
        let after: Vec<String> = now.checks.iter().map(check).collect();
        lines.extend(unified(&before, &after));
        let call = |call: &KeptCall| {
            let module = call.module.as_deref().unwrap_or_default();
            format!("{} {module} {}", call.what, call.params)
        };
        let before: Vec<String> = self.calls.iter().map(call).collect();
        let after: Vec<String> = now.calls.iter().map(|planned| call(&planned.into())).collect();
        lines.extend(unified(&before, &after));
        lines
    }
}

/// Returns the lines that only one of two lists has, each list in its order; where both have the same lines
/// in another order, the first that is elsewhere.
fn unified(before: &[String], after: &[String]) -> Vec<String> {
    let mut counts: BTreeMap<&str, i64> = BTreeMap::new();
    before.iter().for_each(|line| *counts.entry(line).or_default() += 1);
    after.iter().for_each(|line| *counts.entry(line).or_default() -= 1);
    let mut only = |lines: &[String], sign: char, step: i64| -> Vec<String> {
        let mut own = Vec::new();
        for line in lines.iter().rev() {
            if let Some(count) = counts.get_mut(line.as_str())
                && *count * step > 0
            {
                *count -= step;
                own.push(format!("{sign} {line}"));
            }
        }
        own.reverse();
        own
    };
    let mut lines = only(before, '-', 1);
    lines.extend(only(after, '+', -1));
    if lines.is_empty()
        && let Some((was, is)) = before.iter().zip(after).find(|(was, is)| was != is)
    {
        return vec![format!("- {was}"), format!("+ {is}"), "  in another order".to_owned()];
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(before: &[&str], after: &[&str]) -> Vec<String> {
        let own = |lines: &[&str]| lines.iter().map(|&line| line.to_owned()).collect::<Vec<_>>();
        unified(&own(before), &own(after))
    }

    #[test]
    fn what_only_one_list_has_is_listed_with_its_sign() {
        assert_eq!(of(&["a", "b", "b", "c"], &["a", "b", "d", "c"]), ["- b", "+ d"]);
        assert_eq!(of(&["a"], &["a"]), [""; 0]);
        assert_eq!(of(&[], &["x", "y"]), ["+ x", "+ y"]);
        assert_eq!(of(&["a", "b"], &["b", "a"]), ["- a", "+ b", "  in another order"]);
    }
}
