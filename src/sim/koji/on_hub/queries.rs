//! What the world asks of koji's model: counts, busy time, and why nothing more happens.

use super::*;
use crate::hub::Why;

impl OnHub<'_> {
    pub(in crate::sim::koji) fn tasks(&self) -> u64 {
        self.hub.task_count()
    }

    pub(in crate::sim::koji) fn repo_regenerations(&self) -> u64 {
        self.hub.regenerations()
    }

    pub(in crate::sim::koji) fn component_builds(&self) -> u64 {
        self.built().count() as u64
    }

    pub(in crate::sim::koji) fn component_builds_of(&self, module: ModuleIx) -> u32 {
        let is_its =
            |component: &ComponentIx| self.setup.catalog.component(*component).module == module;
        small(self.built().filter(is_its).count())
    }

    /// Returns the component of every `build` task that had a builder: what was canceled before a builder
    /// took it was not built.
    fn built(&self) -> impl Iterator<Item = ComponentIx> + '_ {
        self.hub.tasks().filter(|task| task.method == Method::Build).filter_map(|task| {
            let Owner::Component(run) = self.components.owner(task.subject?) else { return None };
            let entry = self.components.run(run);
            (task.opened.is_some() || entry.had_builder).then_some(entry.component)
        })
    }

    pub(in crate::sim::koji) fn busy(&self) -> Busy {
        self.accounts.busy(&self.farm.settings)
    }

    pub(in crate::sim::koji) fn cost(&self, build: BuildId) -> Cost {
        self.accounts.cost(build)
    }

    pub(in crate::sim::koji) fn take_bars(&mut self) -> Vec<TaskBar> {
        self.accounts.take_bars()
    }

    /// Returns why what is left cannot continue, once nothing more happens.
    pub(in crate::sim::koji) fn stuck(&self) -> Vec<(String, &'static str)> {
        let mut all = self.hub.stuck();
        // Who waits for a repo has no task that could say so.
        if self.hub.is_offline() && self.jobs.has_live() {
            all.push(Why::Offline);
        }
        let mut all: Vec<_> = all.iter().map(|why| (why.to_string(), why.hint())).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Returns what a module build waited for too long, and what would help.
    pub(in crate::sim::koji) fn late(&self, build: BuildId) -> Option<(String, &'static str)> {
        let late = self.hub.late(*self.late.get(&build)?)?;
        Some((late.to_string(), late.why.hint()))
    }

    pub(in crate::sim::koji) fn arches_without_builder(&self) -> Vec<Arch> {
        let arches =
            |why| if let Why::NoBuilder { arches, .. } = why { arches } else { Vec::new() };
        let mut arches: Vec<Arch> = self.hub.stuck().into_iter().flat_map(arches).collect();
        arches.sort_unstable();
        arches.dedup();
        arches
    }
}
