//! Puts a catalog together, module by module.

use std::cmp::Reverse;
use std::ops::Range;

use super::{Catalog, Component, ComponentIx, Module, ModuleIx, Place, Task, small};
use crate::name::{Arch, ComponentKey, PackageName};

/// A module on its way into a catalog.
#[derive(Clone, Debug, Default)]
pub struct ModuleParts {
    /// `name:stream:context`.
    pub id: String,
    /// Whether the plan rebuilds it, and in which wave (from 1).
    pub wave: Option<u32>,
    /// Whether people start it.
    pub is_start: bool,
    /// Who is rebuilt when it passes under the literal rule, as positions.
    pub dependants: Vec<u32>,
    /// Of whom a superseded version was built with it and the newest is not, as positions.
    pub superseded_dependants: Vec<u32>,
    /// Who waits for it in the plan, as positions.
    pub planned_dependants: Vec<u32>,
    /// Whether `buildafter` orders its components.
    pub is_graph: bool,
    /// Its components.
    pub components: Vec<ComponentParts>,
}

impl ModuleParts {
    /// Returns how many batches its components form.
    pub(super) fn batches(&self) -> u32 {
        self.components.iter().map(|part| part.batch + 1).max().unwrap_or(0)
    }
}

/// A component on its way into a catalog.
#[derive(Clone, Debug)]
pub struct ComponentParts {
    /// Its key in the document.
    pub key: ComponentKey,
    /// koji's name for it.
    pub package: PackageName,
    /// Its batch, from 0; the macros package is not counted.
    pub batch: u32,
    /// What it waits for, as positions within the module.
    pub after: Vec<u32>,
    /// Whether its earlier build is taken over.
    pub is_reused: bool,
    /// Its koji tasks.
    pub tasks: Vec<TaskParts>,
}

impl ComponentParts {
    /// Makes the parts of a component that is built and whose key is the name of its package.
    #[must_use]
    pub fn new(package: &str, batch: u32, after: Vec<u32>, tasks: Vec<TaskParts>) -> Self {
        let (key, package) = (package.into(), package.into());
        Self { key, package, batch, after, is_reused: false, tasks }
    }
}

/// A task on its way into a catalog.
#[derive(Clone, Debug)]
pub struct TaskParts {
    /// The arch that a builder must have.
    pub arch: Arch,
    /// Estimated milliseconds.
    pub estimate_ms: u64,
}

/// Collects modules, then makes the catalog.
#[derive(Clone, Debug, Default)]
pub struct CatalogBuilder {
    pub(super) catalog: Catalog,
    /// The longest path through its module behind each component that was added.
    pub(super) chains_ms: Vec<u64>,
}

impl CatalogBuilder {
    /// Adds one module; modules come in id order, and positions are those of this order.
    ///
    /// # Panics
    /// When a catalog holds 2³² things: a bug, since no input is that large.
    pub fn push(&mut self, parts: &ModuleParts) {
        let module = ModuleIx(small(self.catalog.modules.len()));
        let components = self.push_components(module, parts);
        let identity = self.catalog.identity(&parts.id);
        let positions = |list: &[u32]| list.iter().map(|&at| ModuleIx(at)).collect();
        self.catalog.modules.push(Module {
            id: parts.id.as_str().into(),
            identity,
            is_defined: true,
            components,
            batches: parts.batches(),
            is_graph: parts.is_graph,
            is_planned: parts.wave.is_some(),
            is_start: parts.is_start,
            wave: parts.wave.unwrap_or(0),
            dependants: parts.dependants.iter().map(|&at| ModuleIx(at)).collect(),
            superseded_dependants: positions(&parts.superseded_dependants),
            planned_dependants: positions(&parts.planned_dependants),
            planned_dependencies: 0,
        });
    }

    /// Adds the components of a module: the longest path behind them first. Returns their numbers.
    pub(super) fn push_components(&mut self, module: ModuleIx, parts: &ModuleParts) -> Range<u32> {
        let first = small(self.catalog.components.len());
        let followers = followers(parts);
        let chains_ms = chains(parts, &followers);
        let mut order: Vec<usize> = (0..parts.components.len()).collect();
        order.sort_by_key(|&at| Reverse(chains_ms[at]));
        let mut numbers = vec![ComponentIx(0); order.len()];
        for (number, &at) in (first..).zip(&order) {
            numbers[at] = ComponentIx(number);
        }
        for at in order {
            let part = &parts.components[at];
            let ComponentParts { key, package, batch, after, is_reused, tasks } = part;
            let estimate_ms = estimate(tasks);
            let first_task = self.push_tasks(tasks);
            let catalog = &mut self.catalog;
            let first_follower = small(catalog.followers.len());
            catalog.places.push(Place { by_path: 0, first_task, first_follower });
            catalog.followers.extend(followers[at].iter().map(|&next| numbers[next]));
            catalog.waits_for.push(small(after.len()));
            catalog.reused.extend(is_reused.then_some(numbers[at]));
            catalog.keys.push(key.clone());
            catalog.packages.push(package.clone());
            let (batch, place_by_key) = (*batch, small(at));
            let place_by_estimate = 0;
            catalog.components.push(Component {
                module,
                batch,
                estimate_ms,
                place_by_key,
                place_by_estimate,
            });
            self.chains_ms.push(chains_ms[at]);
        }
        first..small(self.catalog.components.len())
    }

    fn push_tasks(&mut self, tasks: &[TaskParts]) -> u32 {
        let first = small(self.catalog.tasks.len());
        for task in tasks {
            let arch = self.arch(&task.arch);
            self.catalog.tasks.push(Task { arch });
        }
        first
    }

    /// Numbers an arch, in the order of coming.
    fn arch(&mut self, arch: &Arch) -> u32 {
        let arches = &mut self.catalog.arches;
        let known = arches.iter().position(|known| known == arch);
        small(known.unwrap_or_else(|| {
            arches.push(arch.clone());
            arches.len() - 1
        }))
    }

    /// Numbers arches in name order.
    fn sort_arches(&mut self) {
        let mut sorted = self.catalog.arches.clone();
        sorted.sort_unstable();
        let places: Vec<u32> = self
            .catalog
            .arches
            .iter()
            .map(|arch| small(sorted.binary_search(arch).expect("the same arches")))
            .collect();
        for task in &mut self.catalog.tasks {
            task.arch = places[task.arch as usize];
        }
        self.catalog.arches = sorted;
    }

    /// Makes the catalog: numbers arches, counts what each module waits for, and orders components
    /// by the longest path that waits for them.
    #[must_use]
    pub fn finish(mut self) -> Catalog {
        self.sort_arches();
        self.close_places();
        self.catalog.sort_ids();
        let edges: Vec<ModuleIx> =
            self.catalog.modules.iter().flat_map(|m| m.planned_dependants.clone()).collect();
        for dependant in edges {
            self.catalog.modules[dependant.index()].planned_dependencies += 1;
        }
        let paths_ms = self.longest_paths();
        self.catalog.paths_ms = steps(&paths_ms);
        let estimates_ms: Vec<u64> =
            self.catalog.components.iter().map(|entry| entry.estimate_ms).collect();
        self.catalog.estimates_ms = steps(&estimates_ms);
        self.catalog.rank(0, &paths_ms);
        self.catalog
    }

    /// Notes where tasks and followers behind the last component would begin.
    pub(super) fn close_places(&mut self) {
        let (tasks, followers) = (self.catalog.tasks.len(), self.catalog.followers.len());
        let (first_task, first_follower) = (small(tasks), small(followers));
        self.catalog.places.push(Place { by_path: 0, first_task, first_follower });
    }

    /// Returns the longest path from the start of each component to the end of the plan, in
    /// milliseconds.
    fn longest_paths(&self) -> Vec<u64> {
        let modules = &self.catalog.modules;
        let mut module_ms = vec![0; modules.len()];
        let mut paths_ms = self.chains_ms.clone();
        for module in self.catalog.planned_order().into_iter().rev() {
            let Module { planned_dependants, components, .. } = &modules[module.index()];
            let behind_ms = planned_dependants.iter().map(|next| module_ms[next.index()]).max();
            let tail_ms = behind_ms.unwrap_or(0);
            let paths_ms = &mut paths_ms[components.start as usize..components.end as usize];
            paths_ms.iter_mut().for_each(|path_ms| *path_ms += tail_ms);
            module_ms[module.index()] = paths_ms.iter().copied().max().unwrap_or(tail_ms);
        }
        paths_ms
    }
}

/// Returns for each component of a module who waits for it, in key order.
fn followers(parts: &ModuleParts) -> Vec<Vec<usize>> {
    let mut lists = vec![Vec::new(); parts.components.len()];
    for (position, component) in parts.components.iter().enumerate() {
        for &before in &component.after {
            lists[before as usize].push(position);
        }
    }
    lists
}

/// Returns the longest path from the start of each component of a module to its end, in
/// milliseconds.
fn chains(parts: &ModuleParts, followers: &[Vec<usize>]) -> Vec<u64> {
    let batch = |at: usize| parts.components[at].batch as usize;
    let mut order: Vec<usize> = (0..parts.components.len()).collect();
    order.sort_by_key(|&at| Reverse(batch(at)));
    let mut chains_ms = vec![0; order.len()];
    let batches = order.first().map_or(0, |&last| batch(last) + 1);
    let mut after_batch_ms = vec![0; batches + 1];
    for at in order {
        let behind_ms = if parts.is_graph {
            followers[at].iter().map(|&next| chains_ms[next]).max().unwrap_or(0)
        } else {
            after_batch_ms[batch(at) + 1]
        };
        chains_ms[at] = estimate(&parts.components[at].tasks) + behind_ms;
        // An empty batch must hand on what waits behind it.
        for earlier in &mut after_batch_ms[..=batch(at)] {
            *earlier = chains_ms[at].max(*earlier);
        }
    }
    chains_ms
}

/// Returns the longest estimate over the arches of a component, in milliseconds.
fn estimate(tasks: &[TaskParts]) -> u64 {
    tasks.iter().map(|task| task.estimate_ms).max().unwrap_or(0)
}

/// Returns each value once, in order.
fn steps(values: &[u64]) -> Vec<u64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    sorted
}
