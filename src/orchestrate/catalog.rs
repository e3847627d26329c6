//! What can be rebuilt, as plain arrays: modules, their components, the tasks of those, and who
//! follows whom. Made once and shared by every replication; an orchestrator that hears of a module
//! which is not in it continues with [a copy that grows](Catalog::learn).

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::{Cascade, ComponentIx, ModuleIx, Owner};
use crate::name::{Arch, ComponentKey, PackageName};

mod grow;
mod parts;
pub use grow::Learned;
pub use parts::{CatalogBuilder, ComponentParts, ModuleParts, TaskParts};

/// What a run works on. What every step of a run reads stands close together; what only reports
/// read is in arrays of its own.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    /// Modules: those known when it was made in id order, then later ones in the order in which they
    /// were named.
    pub modules: Vec<Module>,
    /// Components, module by module, the longest path behind them first, equal ones in key order:
    /// about as they are built, so that what is read together is stored together.
    pub components: Vec<Component>,
    /// koji tasks, component by component, in arch order.
    pub tasks: Vec<Task>,
    /// What tasks need of a builder: those known when it was made in name order, then later ones.
    pub arches: Vec<Arch>,
    /// Where each component stands, and one more behind the last.
    places: Vec<Place>,
    /// How many components of the same module each waits for.
    pub waits_for: Vec<u32>,
    /// Components whose earlier build is taken over, in order.
    reused: Vec<ComponentIx>,
    /// The key of each component in its document.
    keys: Vec<ComponentKey>,
    /// koji's name for each component.
    packages: Vec<PackageName>,
    /// Modules in id order.
    by_id: Vec<ModuleIx>,
    /// Names, streams and contexts by their numbers.
    texts: Vec<Arc<str>>,
    /// The numbers of names, streams and contexts.
    numbers: BTreeMap<Arc<str>, u32>,
    /// The lengths of all paths when it was made, each once, in order: their positions are places.
    paths_ms: Vec<u64>,
    /// The same of estimates.
    estimates_ms: Vec<u64>,
    /// Who is built after each component, component by component.
    followers: Vec<ComponentIx>,
}

/// The name, stream and context of a module as numbers of the catalog.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    /// The number of the module name.
    pub name: u32,
    /// The number of the stream.
    pub stream: u32,
    /// The number of the context.
    pub context: u32,
}

/// One context of one stream.
#[derive(Clone, Debug)]
pub struct Module {
    /// `name:stream:context`, as plans print it.
    pub id: Arc<str>,
    /// Its name, stream and context as numbers.
    pub identity: Identity,
    /// Whether it is known what it is made of; else only its name is.
    pub is_defined: bool,
    /// Its components; none means that it is passed through without a build, if it is defined.
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
    /// Modules that had a superseded version built with it, and whose newest is not.
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
    /// Its batch, from 0.
    pub batch: u32,
    /// The longest estimate over its arches, in milliseconds.
    pub estimate_ms: u64,
    /// Its place among the components of its module in key order, from 0.
    pub place_by_key: u32,
    /// Its place among all components by its estimate, from 0; equal ones share it.
    pub place_by_estimate: u32,
}

/// What every step of a run reads of a component. A large run waits for memory, so it is small:
/// tasks and followers reach up to where those of the next component begin.
#[derive(Clone, Copy, Debug)]
struct Place {
    by_path: u32,
    first_task: u32,
    first_follower: u32,
}

/// One koji task: a component on an arch.
#[derive(Clone, Debug)]
pub struct Task {
    /// The position in [`Catalog::arches`] of the arch that a builder must have.
    pub arch: u32,
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

    /// Returns the number of every component, in order.
    pub fn components(&self) -> impl Iterator<Item = ComponentIx> + use<> {
        (0..small(self.components.len())).map(ComponentIx)
    }

    /// Returns the key of a component in its document.
    #[must_use]
    pub fn key(&self, component: ComponentIx) -> &ComponentKey {
        &self.keys[component.index()]
    }

    /// Returns whether the earlier build of a component is taken over and nothing is built.
    #[must_use]
    pub fn is_reused(&self, component: ComponentIx) -> bool {
        self.reused.binary_search(&component).is_ok()
    }

    /// Returns `name:stream:context` of an identity; none if it is of another catalog.
    #[must_use]
    pub fn id_of(&self, identity: Identity) -> Option<String> {
        let text = |number: u32| self.texts.get(number as usize);
        let Identity { name, stream, context } = identity;
        Some(format!("{}:{}:{}", text(name)?, text(stream)?, text(context)?))
    }

    /// Returns the name of the modules that some people look after.
    #[must_use]
    pub fn owned(&self, owner: Owner) -> &Arc<str> {
        &self.texts[owner.0 as usize]
    }

    /// Returns koji's name for a component.
    #[must_use]
    pub fn package(&self, component: ComponentIx) -> &PackageName {
        &self.packages[component.index()]
    }

    /// Returns the place of a component among all by the longest estimated path from its start to
    /// the end of the plan, from 0; components with equally long paths share it.
    #[must_use]
    pub fn place_by_path(&self, component: ComponentIx) -> u32 {
        self.places[component.index()].by_path
    }

    /// Returns the positions of the tasks of a component.
    #[must_use]
    pub fn tasks_of(&self, component: ComponentIx) -> Range<u32> {
        self.places[component.index()].first_task..self.places[component.index() + 1].first_task
    }

    /// Returns the components of the same module that wait for one.
    #[must_use]
    pub fn followers(&self, component: ComponentIx) -> &[ComponentIx] {
        let [place, next] = [0, 1].map(|step| self.places[component.index() + step]);
        &self.followers[place.first_follower as usize..next.first_follower as usize]
    }

    /// Returns the arch that a task needs of its builder.
    #[must_use]
    pub fn arch(&self, task: &Task) -> &Arch {
        &self.arches[task.arch as usize]
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

fn small(number: usize) -> u32 {
    u32::try_from(number).expect("fewer than 2^32 modules, components and tasks")
}
