//! The components of a module to rebuild: batches, arches, tasks, estimates.

use std::collections::{BTreeMap, BTreeSet};

use super::batch::{self, BatchError, Batches, Item};
use super::model::{ComponentOrder, PlanBatch, PlanComponent, PlanTask};
use crate::graph::{Module, ModuleGraph};
use crate::load::{Code, Component, Finding, IncludedModule};
use crate::name::{Arch, ComponentKey, NameStream};
use crate::time::Millis;
use crate::trace::{BUILD, BUILD_ARCH, BuildShape, EstimateFrom, History};

/// How deep modules may include modules: more is a mistake, or a way round.
const INCLUDED_DEPTH_MAX: usize = 8;

/// What components are planned from.
pub(super) struct Sources<'a> {
    pub(super) graph: &'a ModuleGraph,
    pub(super) history: &'a History,
    /// The arches asked for.
    pub(super) arches: &'a BTreeSet<Arch>,
}

/// The components of one module, by batch.
#[derive(Debug, Default)]
pub(super) struct Planned {
    pub(super) order: ComponentOrder,
    pub(super) batches: Vec<PlanBatch>,
}

impl Sources<'_> {
    /// Plans the components of a module; what cannot be built as written is a finding.
    pub(super) fn plan(&self, module: &Module, findings: &mut Vec<Finding>) -> Planned {
        let mut components = module.components.clone();
        let items = self.items(module, &mut components, 0);
        let order = order_of(module);
        let numbers = match number(module, order, &items) {
            Ok(numbers) => numbers,
            Err(error) => {
                let message = format!("{}: {error}", module.id);
                findings.push(Finding::new(Code::ComponentOrder, module.place, message));
                return Planned::default();
            }
        };
        let mut batches: BTreeMap<u32, Vec<PlanComponent>> = BTreeMap::new();
        for (key, component) in &components {
            let index = numbers.of[key.as_str()];
            if let Some(planned) = self.component(module, (key, component), findings) {
                batches.entry(index).or_default().push(planned);
            }
        }
        let batches = batches.into_iter();
        Planned {
            order,
            batches: batches.map(|(index, components)| PlanBatch { index, components }).collect(),
        }
    }

    /// Returns what batches are counted over, and adds the components of included modules.
    fn items(
        &self,
        module: &Module,
        components: &mut BTreeMap<ComponentKey, Component>,
        depth: usize,
    ) -> Vec<Item> {
        let own = module.components.iter().map(|(key, component)| Item::Component {
            key: key.as_str().to_owned(),
            buildorder: component.buildorder,
        });
        let mut items: Vec<Item> = own.collect();
        if depth < INCLUDED_DEPTH_MAX {
            for (key, included) in &module.included {
                items.push(self.included_item(key, included, (components, depth)));
            }
        }
        items
    }

    fn included_item(
        &self,
        key: &ComponentKey,
        included: &IncludedModule,
        into: (&mut BTreeMap<ComponentKey, Component>, usize),
    ) -> Item {
        let (components, depth) = into;
        let stream = included.reference.as_deref().unwrap_or_default();
        let found = self.graph.contexts(&NameStream::new(key.as_str(), stream)).next();
        let items = found.map_or_else(Vec::new, |module| {
            let module = &self.graph[module];
            for (key, component) in &module.components {
                components.entry(key.clone()).or_insert_with(|| component.clone());
            }
            self.items(module, components, depth + 1)
        });
        Item::Included { buildorder: included.buildorder, items }
    }

    /// Plans one component, or tells that no arch asked for is left for it.
    fn component(
        &self,
        module: &Module,
        of: (&ComponentKey, &Component),
        findings: &mut Vec<Finding>,
    ) -> Option<PlanComponent> {
        let (key, component) = of;
        let allows =
            |arches: &BTreeSet<Arch>, arch: &Arch| arches.is_empty() || arches.contains(arch);
        let arches: Vec<Arch> = self
            .arches
            .iter()
            .filter(|arch| allows(&component.arches, arch) && allows(&module.build_arches, arch))
            .cloned()
            .collect();
        if arches.is_empty() {
            let only =
                if component.arches.is_empty() { &module.build_arches } else { &component.arches };
            let only: Vec<&str> = only.iter().map(Arch::as_str).collect();
            let message = format!(
                "{key} of {} is built for {} only, and is left out",
                module.id,
                only.join(", ")
            );
            findings.push(Finding::new(Code::NoArchLeft, component.place, message));
            return None;
        }
        let tasks = self.tasks(component, &arches);
        let (longest, from) = tasks
            .iter()
            .fold((Millis::ZERO, EstimateFrom::PackageArch), |(longest, coarsest), task| {
                (longest.max(task.1), coarsest.max(task.2))
            });
        Some(PlanComponent {
            component: key.clone(),
            package: component.package.clone(),
            reference: component.reference.clone(),
            arches,
            after: component.buildafter.iter().cloned().collect(),
            estimate_seconds: longest.as_secs_f64(),
            estimate_from: from,
            tasks: tasks.into_iter().map(|(task, ..)| task).collect(),
        })
    }

    fn tasks(
        &self,
        component: &Component,
        arches: &[Arch],
    ) -> Vec<(PlanTask, Millis, EstimateFrom)> {
        let task = |method: &str, arch: &Arch| {
            let (run, from) = self.history.estimate(method, &component.package, arch);
            let estimate_seconds = run.as_secs_f64();
            (
                PlanTask { method: method.to_owned(), arch: arch.clone(), estimate_seconds },
                run,
                from,
            )
        };
        match self.history.build_shape(&component.package) {
            BuildShape::PerArch => arches.iter().map(|arch| task(BUILD_ARCH, arch)).collect(),
            BuildShape::Noarch => vec![task(BUILD_ARCH, &"noarch".into())],
            BuildShape::Whole(arch) => vec![task(BUILD, &arch)],
        }
    }
}

fn order_of(module: &Module) -> ComponentOrder {
    let has_graph = module.components.values().any(|component| !component.buildafter.is_empty());
    if has_graph { ComponentOrder::Graph } else { ComponentOrder::Batches }
}

fn number(module: &Module, order: ComponentOrder, items: &[Item]) -> Result<Batches, BatchError> {
    match order {
        ComponentOrder::Batches => batch::batches(items),
        ComponentOrder::Graph => {
            let after = module.components.iter().map(|(key, component)| {
                let before = component.buildafter.iter().map(|key| key.as_str().to_owned());
                (key.as_str().to_owned(), before.collect())
            });
            batch::levels(&after.collect())
        }
    }
}
