//! The components of a module to rebuild: batches, arches, tasks, estimates.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::batch::{self, Contents};
use super::model::{ComponentOrder, PlanBatch, PlanComponent, PlanTask};
use super::noarch::{Artifacts, noarch_only};
use super::reuse::{Decision, commit_of};
use crate::graph::{Module, ModuleGraph};
use crate::load::{Code, Component, Finding, SourceUrls, Wanted};
use crate::name::{Arch, ComponentKey, NameStream};
use crate::time::Millis;
use crate::trace::{BUILD, BUILD_ARCH, BuildShape, EstimateFrom, History};

/// The inputs of planning components.
pub(super) struct Sources<'a> {
    pub(super) graph: &'a ModuleGraph,
    pub(super) history: &'a History,
    /// The arches asked for.
    pub(super) arches: &'a BTreeSet<Arch>,
    /// The artifacts of the documents, by module.
    pub(super) artifacts: &'a Artifacts<'a>,
}

/// The components of one module, by batch.
#[derive(Debug, Default)]
pub(super) struct Planned {
    pub(super) order: ComponentOrder,
    pub(super) batches: Vec<PlanBatch>,
}

impl Planned {
    /// Returns the components of all batches.
    pub(super) fn components(&mut self) -> impl Iterator<Item = &mut PlanComponent> {
        self.batches.iter_mut().flat_map(|batch| &mut batch.components)
    }
}

impl Sources<'_> {
    /// Plans the components of a module; problems are findings.
    pub(super) fn plan(&self, module: &Module, findings: &mut Vec<Finding>) -> Planned {
        // As in expansion and reuse, the newest loaded version and its first context count.
        let find = |wanted: &NameStream| {
            let modules = self.graph.contexts(wanted).map(|ix| &self.graph[ix]);
            let newest = modules.min_by_key(|each| (Reverse(each.version), each.context.clone()));
            newest.map(contents)
        };
        let ordered = match batch::order(contents(module), &find) {
            Ok(ordered) => ordered,
            Err(error) => {
                let message = format!("{}: {error}", module.id);
                findings.push(Finding::new(Code::ComponentOrder, module.place, message));
                return Planned::default();
            }
        };
        findings.extend(ordered.missing.iter().map(|missing| {
            let message = format!("{}: {missing}", module.id);
            Finding::new(Code::IncludedModule, missing.place, message)
                .hint("load it: its components are part of the module")
        }));
        let packages = ordered.components.values().map(|component| component.package.as_str());
        let noarch = noarch_only(packages, self.artifacts.of(module));
        let mut batches: BTreeMap<u32, Vec<PlanComponent>> = BTreeMap::new();
        for (&key, &component) in &ordered.components {
            let index = ordered.batches.of[key.as_str()];
            let is_noarch = noarch.contains(component.package.as_str());
            if let Some(mut planned) = self.component(module, key, component, is_noarch, findings) {
                if let Some(graph) = &ordered.graph {
                    planned.after =
                        graph[key.as_str()].iter().map(|key| key.as_str().into()).collect();
                }
                batches.entry(index).or_default().push(planned);
            }
        }
        let order =
            if ordered.graph.is_some() { ComponentOrder::Graph } else { ComponentOrder::Batches };
        let batch = |(index, mut components): (u32, Vec<PlanComponent>)| {
            // Most batches are small and numerous; spare capacity would dominate the memory of a
            // plan.
            components.shrink_to_fit();
            PlanBatch { index, components }
        };
        Planned { order, batches: batches.into_iter().map(batch).collect() }
    }

    /// Plans one component, or reports that it is built for no requested arch.
    fn component(
        &self,
        module: &Module,
        key: &ComponentKey,
        component: &Component,
        is_noarch: bool,
        findings: &mut Vec<Finding>,
    ) -> Option<PlanComponent> {
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
                "{key} of {} is built only for {}, and is left out",
                module.id,
                only.join(", ")
            );
            findings.push(Finding::new(Code::NoArchLeft, component.place, message));
            return None;
        }
        let recorded = self.history.build_shape(&component.package);
        let is_noarch = is_noarch && recorded == BuildShape::Unknown;
        let shape = if is_noarch { BuildShape::Noarch } else { recorded };
        let arches = if shape == BuildShape::Noarch { vec!["noarch".into()] } else { arches };
        let tasks = self.tasks(component, shape, &arches);
        let (longest, from) = tasks.iter().fold(
            (Millis::ZERO, EstimateFrom::PackageArch),
            |(longest, coarsest), task| {
                (longest.max(task.estimate), coarsest.max(task.estimate_from))
            },
        );
        Some(PlanComponent {
            component: key.clone(),
            package: component.package.clone(),
            reference: component.reference.clone(),
            arches,
            after: component.buildafter.iter().cloned().collect(),
            estimate: longest,
            estimate_from: from,
            tasks,
            source: None,
            reused: false,
            why: String::new(),
        })
    }

    fn tasks(&self, component: &Component, shape: BuildShape, arches: &[Arch]) -> Vec<PlanTask> {
        let task = |method: &str, arch: &Arch| {
            let (estimate, estimate_from) = self.history.estimate(method, &component.package, arch);
            PlanTask {
                method: method.to_owned(),
                arch: arch.clone(),
                estimate,
                estimate_from,
                builder: None,
                start: None,
                slack: None,
                drag: None,
            }
        };
        match shape {
            BuildShape::PerArch | BuildShape::Noarch | BuildShape::Unknown => {
                arches.iter().map(|arch| task(BUILD_ARCH, arch)).collect()
            }
            BuildShape::Whole(arch) => vec![task(BUILD, &arch)],
        }
    }
}

fn contents(module: &Module) -> Contents<'_> {
    Contents { components: &module.components, included: &module.included }
}

impl PlanComponent {
    /// Applies a decision on reuse; a reused component has no task and takes no time.
    pub(super) fn decide(&mut self, decision: &Decision) {
        self.why = decision.words();
        if decision.is_reused() {
            self.reused = true;
            self.tasks.clear();
            self.estimate = Millis::ZERO;
        }
    }

    /// Sets the source URL; a commit in the URL becomes the ref.
    pub(super) fn locate(&mut self, sources: &SourceUrls, module: &Module) {
        let wanted = Wanted {
            package: &self.package,
            stream: &module.stream,
            name: &module.name,
            reference: self.reference.as_deref(),
        };
        let Some(url) = sources.url(wanted) else { return };
        if let Some(commit) = commit_of(&url) {
            self.reference = Some(commit.to_owned());
        }
        self.source = Some(url);
    }
}
