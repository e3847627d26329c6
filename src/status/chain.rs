//! Why a module or a component is not done: the chain of what waits for what, down to what is under way.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::build::Progress;
use super::{CallStatus, ComponentStatus, ModuleState, ModuleStatus, Status};
use crate::orchestrate::{BuildId, Call, CallKind, ComponentIx, ModuleIx};

/// One link of a chain: it waits for the next one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    /// A module.
    Module(ModuleStatus),
    /// A component.
    Component {
        /// Its module, `name:stream:context`.
        module: Arc<str>,
        /// How it stands.
        component: ComponentStatus,
    },
    /// A call without an answer: the end of a chain.
    Call(CallStatus),
    /// A call that failed for good: the end of a chain.
    Refused {
        /// Its kind.
        call: CallKind,
        /// Why, in koji's terms.
        fault: crate::orchestrate::Fault,
    },
}

impl Status {
    /// Returns the chain from a module, or from one of its components, to what is under way or went wrong.
    /// Of several things that are waited for, the one that most is left behind is followed.
    ///
    /// Returns `None` where the run has no such module, or the module no such component.
    #[must_use]
    pub fn chain(&self, module: &str, component: Option<&str>) -> Option<Vec<Link>> {
        let at = self.catalog.find(module)?;
        let build = self.newest.get(&at).copied();
        let mut links = Vec::new();
        match component {
            None => self.follow_module(at, &mut links),
            Some(key) => {
                let components = self.catalog.module(at).components.clone();
                let found = components.map(ComponentIx);
                let found = found.into_iter().find(|&it| self.catalog.key(it).as_str() == key)?;
                match build {
                    Some(build) => self.follow_component(build, found, &mut links),
                    // No build of its module is opened yet.
                    None => self.follow_module(at, &mut links),
                }
            }
        }
        Some(links)
    }

    fn follow_module(&self, module: ModuleIx, links: &mut Vec<Link>) {
        let before = self.planned_before();
        let mut seen = BTreeSet::new();
        let mut at = module;
        // Modules can wait for each other in a circle.
        while seen.insert(at) {
            let waits = |at: ModuleIx| self.waits_for(&before[at.index()]);
            let status = self.module(at, &waits);
            let (state, build) = (status.state, status.build);
            links.push(Link::Module(status));
            match (state, build) {
                (ModuleState::Waiting, _) => {
                    let Some(next) = self.first_open(&before[at.index()]) else { return };
                    at = next;
                }
                (ModuleState::Ready | ModuleState::Canceled | ModuleState::Stuck, _)
                | (_, None) => return,
                (
                    ModuleState::Preparing
                    | ModuleState::Building
                    | ModuleState::Repo
                    | ModuleState::Testing
                    | ModuleState::Failed,
                    Some(build),
                ) => return self.follow_build(build, links),
            }
        }
    }

    /// Returns of some modules one that is under way or went wrong, else one that waits.
    fn first_open(&self, before: &[ModuleIx]) -> Option<ModuleIx> {
        let open = || before.iter().copied().filter(|at| !self.is_ready(*at));
        open().find(|at| self.newest.contains_key(at)).or_else(|| open().next())
    }

    /// Follows a module build: what failed, else the component with the most behind it that is under way,
    /// else the call that the build itself waits for.
    fn follow_build(&self, build: BuildId, links: &mut Vec<Link>) {
        let Some(entry) = self.builds.get(&build) else { return };
        let of = |is_it: &dyn Fn(Progress) -> bool| {
            let parts = entry.parts.iter().filter(|(_, part)| is_it(part.progress));
            parts.map(|(&at, _)| at).max_by_key(|&at| self.catalog.place_by_path(at))
        };
        let is_wrong = |progress| matches!(progress, Progress::Failed | Progress::Refused);
        let is_open = |progress| {
            matches!(
                progress,
                Progress::Submitted | Progress::Building | Progress::Testing | Progress::Tagging
            )
        };
        let next = of(&is_wrong).or_else(|| of(&is_open));
        match next.filter(|_| matches!(entry.state, ModuleState::Building | ModuleState::Failed)) {
            Some(component) => self.follow_component(build, component, links),
            None => self.last_link(build, None, links),
        }
    }

    /// Follows a component to the first that waits for no other one.
    fn follow_component(&self, build: BuildId, component: ComponentIx, links: &mut Vec<Link>) {
        let Some(entry) = self.builds.get(&build) else { return };
        let module = Arc::clone(&self.catalog.module(entry.module).id);
        let awaited = self.awaited(entry);
        let mut at = component;
        let mut seen = BTreeSet::new();
        while seen.insert(at)
            && let Some(part) = entry.parts.get(&at)
        {
            let status = self.component(entry, at, *part, awaited.get(&at));
            links.push(Link::Component { module: Arc::clone(&module), component: status });
            match awaited.get(&at).and_then(|awaited| awaited.first.first()) {
                Some(&next) if part.progress == Progress::Waiting => at = next,
                _ => break,
            }
        }
        self.last_link(build, Some(at), links);
    }

    /// Ends a chain with the call that is waited for, or with the one that failed for good.
    fn last_link(&self, build: BuildId, component: Option<ComponentIx>, links: &mut Vec<Link>) {
        let is_of_it = |call: &Call| call.build() == Some(build) && call.component() == component;
        if let Some(asked) = self.calls.values().find(|asked| is_of_it(&asked.call)) {
            links.push(Link::Call(self.call_status(asked)));
        }
        let refused = self.builds.get(&build).and_then(|entry| entry.refused);
        if let Some(refused) = refused.filter(|refused| refused.component == component) {
            links.push(Link::Refused { call: refused.call, fault: refused.fault });
        }
    }
}
