//! Why a module is rebuilt: every path of reasons from a root to it.

use std::collections::BTreeMap;

use super::Plan;
use super::model::{Because, BecauseKind, PlanModule, Why, WhyStep};

/// More paths than anybody reads: their number doubles with every diamond.
pub const PATHS_MAX: usize = 1000;

/// Returns the paths from roots to a module of the plan, shortest first; none if the plan does not
/// contain it.
#[must_use]
pub fn why(plan: &Plan, module: &str) -> Option<Why> {
    let modules: BTreeMap<&str, &PlanModule> =
        plan.modules.iter().map(|module| (module.id.as_str(), module)).collect();
    let start = modules.get(module)?;
    let mut search = Search { modules: &modules, open: Vec::new(), paths: Vec::new() };
    search.walk(start);
    let is_complete = search.paths.len() <= PATHS_MAX;
    let mut paths = search.paths;
    paths.truncate(PATHS_MAX);
    paths.sort_by_key(Vec::len);
    Some(Why { module: module.to_owned(), paths, complete: is_complete })
}

struct Search<'a> {
    modules: &'a BTreeMap<&'a str, &'a PlanModule>,
    /// The steps from the module back to the current position of the search.
    open: Vec<(&'a PlanModule, &'a Because)>,
    paths: Vec<Vec<WhyStep>>,
}

impl<'a> Search<'a> {
    fn walk(&mut self, at: &'a PlanModule) {
        for because in &at.because {
            if self.paths.len() > PATHS_MAX {
                return;
            }
            self.open.push((at, because));
            match self.modules.get(because.on.as_str()).filter(|_| leads_on(because.kind)) {
                // A module met again on the way back is part of a cycle, not a root.
                Some(next) if self.open.iter().all(|(met, _)| met.id != next.id) => self.walk(next),
                Some(_) => {}
                None => self.paths.push(self.path()),
            }
            self.open.pop();
        }
    }

    fn path(&self) -> Vec<WhyStep> {
        let step = |(module, because): &(&PlanModule, &Because)| WhyStep {
            module: module.id.clone(),
            because: (*because).clone(),
        };
        self.open.iter().rev().map(step).collect()
    }
}

fn leads_on(kind: BecauseKind) -> bool {
    matches!(kind, BecauseKind::Buildrequires | BecauseKind::Requires | BecauseKind::Sibling)
}
