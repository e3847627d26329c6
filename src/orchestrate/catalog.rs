//! What can be rebuilt, as plain arrays: modules, their components, the tasks of those, and who
//! follows whom. Made once, shared by every replication.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Cascade, Requirement};
use crate::name::{Arch, PackageName};

/// A module of the catalog.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ModuleIx(pub u32);

/// A component of the catalog, numbered over all modules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ComponentIx(pub u32);

impl ModuleIx {
    /// Returns the position in [`Catalog::modules`].
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl ComponentIx {
    /// Returns the position in [`Catalog::components`].
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// What a run works on.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    /// Modules, in id order.
    pub modules: Vec<Module>,
    /// Components, module by module, in key order.
    pub components: Vec<Component>,
    /// koji tasks, component by component, in arch order.
    pub tasks: Vec<Task>,
}

/// One context of one stream.
#[derive(Clone, Debug)]
pub struct Module {
    /// `name:stream:context`, as plans print it.
    pub id: Arc<str>,
    /// Its name, stream and context as numbers: what a dependant's requirement must equal.
    pub identity: Requirement,
    /// Identifies it in random draws.
    pub draw_key: u64,
    /// Its components; none means that it is passed through without a build.
    pub components: Range<u32>,
    /// How many batches its components form; the macros package is not counted.
    pub batches: u32,
    /// Whether `buildafter` orders its components; else batches do.
    pub is_graph: bool,
    /// Whether the plan rebuilds it.
    pub is_planned: bool,
    /// Whether people start it under the literal rule.
    pub is_start: bool,
    /// Its wave in the plan, from 1; 0 when the plan leaves it out.
    pub wave: u32,
    /// Who is rebuilt when it passes under the literal rule.
    pub dependants: Arc<[ModuleIx]>,
    /// Modules of which a superseded version was built with it and the newest is not.
    pub superseded_dependants: Vec<ModuleIx>,
    /// Who waits for it in the plan; edges of a cut are left out.
    pub planned_dependants: Vec<ModuleIx>,
    /// How many modules it waits for in the plan.
    pub planned_dependencies: u32,
}

/// One component of one module.
#[derive(Clone, Debug)]
pub struct Component {
    /// The module it belongs to.
    pub module: ModuleIx,
    /// koji's name for it.
    pub package: PackageName,
    /// Identifies (module, component) in random draws.
    pub draw_key: u64,
    /// Its batch, from 0.
    pub batch: u32,
    /// Components of the same module that are built after it.
    pub blocks: Vec<ComponentIx>,
    /// How many components it waits for.
    pub waits_for: u32,
    /// Its tasks.
    pub tasks: Range<u32>,
    /// The longest estimate over its arches, in milliseconds.
    pub estimate_ms: u64,
    /// The longest estimated path from its start to the end of the plan, in milliseconds.
    pub rank_ms: u64,
}

/// One koji task: a component on an arch.
#[derive(Clone, Debug)]
pub struct Task {
    /// The arch that a builder must have.
    pub arch: Arch,
    /// Identifies (module, component, arch) in every random draw.
    pub draw_key: u64,
    /// The row of the durations table its times are drawn from.
    pub durations: u32,
}

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
    /// Its components: package, batch from 0, positions (within the module) of what it waits for,
    /// its tasks.
    pub components: Vec<(PackageName, u32, Vec<u32>, Vec<TaskParts>)>,
}

/// A task on its way into a catalog.
#[derive(Clone, Debug)]
pub struct TaskParts {
    /// The arch that a builder must have.
    pub arch: Arch,
    /// Estimated milliseconds.
    pub estimate_ms: u64,
    /// The row of the durations table.
    pub durations: u32,
}

/// Collects modules, then makes the catalog.
#[derive(Debug, Default)]
pub struct CatalogBuilder {
    catalog: Catalog,
    numbers: BTreeMap<Box<str>, u32>,
}

impl CatalogBuilder {
    /// Adds one module; modules come in id order, and positions are those of this order.
    ///
    /// # Panics
    /// When a catalog holds 2³² things: a bug, since no input is that large.
    pub fn push(&mut self, parts: &ModuleParts) {
        let module = ModuleIx(small(self.catalog.modules.len()));
        let first = small(self.catalog.components.len());
        for (package, batch, after, tasks) in &parts.components {
            let estimate_ms = tasks.iter().map(|task| task.estimate_ms).max().unwrap_or(0);
            let tasks = self.push_tasks(&parts.id, package, tasks);
            self.catalog.components.push(Component {
                module,
                package: package.clone(),
                draw_key: text_key(&format!("{}\n{package}", parts.id)),
                batch: *batch,
                blocks: Vec::new(),
                waits_for: small(after.len()),
                tasks,
                estimate_ms,
                rank_ms: 0,
            });
        }
        for (position, (_, _, after, _)) in parts.components.iter().enumerate() {
            for before in after {
                let component = ComponentIx(first + small(position));
                self.catalog.components[(first + before) as usize].blocks.push(component);
            }
        }
        let identity = self.identity(&parts.id);
        let positions = |list: &[u32]| list.iter().map(|&at| ModuleIx(at)).collect();
        self.catalog.modules.push(Module {
            id: parts.id.as_str().into(),
            identity,
            draw_key: text_key(&parts.id),
            components: first..small(self.catalog.components.len()),
            batches: parts.components.iter().map(|part| part.1 + 1).max().unwrap_or(0),
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

    /// Numbers the parts of `name:stream:context`.
    fn identity(&mut self, id: &str) -> Requirement {
        let mut parts = id.splitn(3, ':');
        let mut number = || {
            let next = small(self.numbers.len());
            *self.numbers.entry(parts.next().unwrap_or_default().into()).or_insert(next)
        };
        Requirement { name: number(), stream: number(), context: number() }
    }

    fn push_tasks(&mut self, id: &str, package: &PackageName, tasks: &[TaskParts]) -> Range<u32> {
        let first = small(self.catalog.tasks.len());
        for task in tasks {
            let name = format!("{id}\n{package}\n{}", task.arch);
            self.catalog.tasks.push(Task {
                arch: task.arch.clone(),
                draw_key: text_key(&name),
                durations: task.durations,
            });
        }
        first..small(self.catalog.tasks.len())
    }

    /// Makes the catalog: counts what each module waits for, and ranks components by the longest
    /// path that waits for them.
    #[must_use]
    pub fn finish(mut self) -> Catalog {
        let edges: Vec<ModuleIx> =
            self.catalog.modules.iter().flat_map(|m| m.planned_dependants.clone()).collect();
        for dependant in edges {
            self.catalog.modules[dependant.index()].planned_dependencies += 1;
        }
        let order = self.catalog.planned_order();
        let mut path_ms = vec![0; self.catalog.modules.len()];
        for module in order.into_iter().rev() {
            let tail = self.catalog.modules[module.index()]
                .planned_dependants
                .iter()
                .map(|dependant| path_ms[dependant.index()])
                .max()
                .unwrap_or(0);
            path_ms[module.index()] = self.rank_components(module, tail);
        }
        self.catalog
    }

    /// Ranks the components of one module, given the path that waits for the whole module, and
    /// returns the longest path through it.
    fn rank_components(&mut self, module: ModuleIx, tail_ms: u64) -> u64 {
        let Module { components, batches, is_graph, .. } =
            self.catalog.modules[module.index()].clone();
        let mut after_batch_ms = vec![tail_ms; batches as usize + 1];
        let mut order: Vec<u32> = components.collect();
        order.sort_by_key(|&at| std::cmp::Reverse(self.catalog.components[at as usize].batch));
        let mut longest_ms = tail_ms;
        for at in order {
            let component = &self.catalog.components[at as usize];
            let batch = component.batch as usize;
            let behind_ms = if is_graph {
                let blocked = component.blocks.iter();
                blocked.map(|next| self.catalog.components[next.index()].rank_ms).max()
            } else {
                Some(after_batch_ms[batch + 1])
            };
            let rank_ms = component.estimate_ms + behind_ms.unwrap_or(0).max(tail_ms);
            self.catalog.components[at as usize].rank_ms = rank_ms;
            // An empty batch must hand on what waits behind it.
            for earlier in &mut after_batch_ms[..=batch] {
                *earlier = rank_ms.max(*earlier);
            }
            longest_ms = longest_ms.max(rank_ms);
        }
        longest_ms
    }
}

impl Catalog {
    /// Returns the modules so that each comes after those it waits for in the plan.
    ///
    /// # Panics
    /// When the planned edges form a cycle: the plan leaves out the edges of the cut.
    fn planned_order(&self) -> Vec<ModuleIx> {
        let mut unmet: Vec<u32> = self.modules.iter().map(|m| m.planned_dependencies).collect();
        let mut order: Vec<ModuleIx> =
            (0..small(unmet.len())).filter(|&at| unmet[at as usize] == 0).map(ModuleIx).collect();
        let mut next = 0;
        while let Some(&module) = order.get(next) {
            next += 1;
            for dependant in &self.modules[module.index()].planned_dependants {
                unmet[dependant.index()] -= 1;
                if unmet[dependant.index()] == 0 {
                    order.push(*dependant);
                }
            }
        }
        assert_eq!(order.len(), unmet.len(), "the edges of a plan without its cut form no cycle");
        order
    }

    /// Returns the module.
    #[must_use]
    pub fn module(&self, module: ModuleIx) -> &Module {
        &self.modules[module.index()]
    }

    /// Returns the component.
    #[must_use]
    pub fn component(&self, component: ComponentIx) -> &Component {
        &self.components[component.index()]
    }

    /// Returns the modules that people start, in catalog order: in a planned cascade those that
    /// wait for nothing, under the literal rule those marked.
    pub fn starts(&self, cascade: Cascade) -> impl Iterator<Item = ModuleIx> + '_ {
        (0..small(self.modules.len())).map(ModuleIx).filter(move |&module| {
            let module = self.module(module);
            match cascade {
                Cascade::Literal | Cascade::Coalesced => module.is_start,
                Cascade::Planned => module.is_planned && module.planned_dependencies == 0,
            }
        })
    }
}

/// Hashes a text to 64 bits, the same on every platform and in every release (FNV-1a).
fn text_key(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn small(number: usize) -> u32 {
    u32::try_from(number).expect("fewer than 2^32 modules, components and tasks")
}
