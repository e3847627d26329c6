//! Modules that nobody knew when the catalog was made: events name and define them. Numbers are given
//! in the order of the events, so that whoever reads the same events gives the same numbers.

use std::sync::Arc;

use super::{Catalog, CatalogBuilder, Identity, Module, ModuleIx, ModuleParts, small};
use crate::orchestrate::call::{Answer, Reply};
use crate::orchestrate::definition::{DefinitionError, components};
use crate::orchestrate::{Definition, Event};

/// What a catalog learned from an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Learned {
    /// Nothing: it knew every module and definition in it.
    Nothing,
    /// Modules by name alone.
    Names,
    /// What a module is made of, perhaps with its name.
    Definition(ModuleIx),
}

impl Catalog {
    /// Learns the modules that an event names and the definition in it. The catalog is copied first
    /// if others share it. The first definition of a module holds; one that contradicts itself
    /// defines nothing.
    pub fn learn(this: &mut Arc<Self>, event: &Event) -> Learned {
        match event {
            Event::Requested { module, .. } => Self::learn_names(this, [module]),
            Event::Answered { answer: Answer::Done(Reply::Rows(rows)), .. } => {
                Self::learn_names(this, rows.iter().map(|row| &row.module))
            }
            Event::Defined { definition }
            | Event::Answered { answer: Answer::Done(Reply::Definition(definition)), .. } => {
                Self::learn_definition(this, definition)
            }
            Event::Answered { .. }
            | Event::Resumed { .. }
            | Event::Canceled { .. }
            | Event::Restarted
            | Event::ComponentEnded { .. }
            | Event::ComponentTested { .. }
            | Event::RepoEnded { .. }
            | Event::Tested { .. }
            | Event::Waived { .. }
            | Event::Timer { .. } => Learned::Nothing,
        }
    }

    fn learn_names<'e>(
        this: &mut Arc<Self>,
        ids: impl IntoIterator<Item = &'e Arc<str>>,
    ) -> Learned {
        let mut learned = Learned::Nothing;
        for id in ids {
            if this.find(id).is_none() {
                Arc::make_mut(this).name(id);
                learned = Learned::Names;
            }
        }
        learned
    }

    fn learn_definition(this: &mut Arc<Self>, definition: &Definition) -> Learned {
        let id = Arc::from(definition.id.as_str());
        let learned = Self::learn_names(this, [&id]);
        let module = this.find(&id).expect("it is named");
        if this.module(module).is_defined {
            return learned;
        }
        match Arc::make_mut(this).define(module, definition) {
            Ok(()) => Learned::Definition(module),
            Err(_) => learned,
        }
    }

    /// Returns the module of an id, `name:stream:context`.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<ModuleIx> {
        self.place_of(id).ok().map(|place| self.by_id[place])
    }

    /// Returns where an id stands among all in order, or would.
    fn place_of(&self, id: &str) -> Result<usize, usize> {
        self.by_id.binary_search_by(|&module| (*self.module(module).id).cmp(id))
    }

    /// Puts the ids of all modules in order.
    pub(super) fn sort_ids(&mut self) {
        self.by_id = (0..small(self.modules.len())).map(ModuleIx).collect();
        let modules = &self.modules;
        self.by_id.sort_by(|a, b| modules[a.index()].id.cmp(&modules[b.index()].id));
    }

    /// Adds a module known only by its id.
    fn name(&mut self, id: &Arc<str>) {
        let Err(place) = self.place_of(id) else { return };
        let components = small(self.components.len());
        let identity = self.identity(id);
        self.by_id.insert(place, ModuleIx(small(self.modules.len())));
        self.modules.push(Module {
            id: Arc::clone(id),
            identity,
            is_defined: false,
            components: components..components,
            batches: 0,
            is_graph: false,
            is_planned: false,
            is_start: false,
            wave: 0,
            dependants: [].into(),
            superseded_dependants: Vec::new(),
            planned_dependants: Vec::new(),
            planned_dependencies: 0,
        });
    }

    /// Adds the components of a module. Neither its wave nor its dependants are read: the plan is
    /// what it was when the run began.
    fn define(&mut self, module: ModuleIx, definition: &Definition) -> Result<(), DefinitionError> {
        let components = components(definition)?;
        let parts =
            ModuleParts { is_graph: definition.is_graph, components, ..ModuleParts::default() };
        let first = self.components.len();
        let mut making =
            CatalogBuilder { catalog: std::mem::take(self), ..CatalogBuilder::default() };
        making.catalog.places.pop();
        let components = making.push_components(module, &parts);
        making.close_places();
        *self = making.catalog;
        self.rank(first, &making.chains_ms);
        let entry = &mut self.modules[module.index()];
        entry.is_defined = true;
        entry.is_graph = parts.is_graph;
        entry.batches = parts.batches();
        entry.components = components;
        Ok(())
    }

    /// Gives the components from `first` on their places by path and by estimate. One that comes later
    /// than the plan shares the place of the next longer path or estimate of the plan.
    pub(super) fn rank(&mut self, first: usize, paths_ms: &[u64]) {
        let place = |steps: &[u64], value| small(steps.partition_point(|step| *step < value));
        let components = self.components[first..].iter_mut().zip(&mut self.places[first..]);
        for ((component, entry), path_ms) in components.zip(paths_ms) {
            entry.by_path = place(&self.paths_ms, *path_ms);
            component.place_by_estimate = place(&self.estimates_ms, component.estimate_ms);
        }
    }

    /// Numbers the parts of `name:stream:context`.
    pub(super) fn identity(&mut self, id: &str) -> Identity {
        let mut parts = id.splitn(3, ':');
        let mut number = || {
            let text = parts.next().unwrap_or_default();
            if let Some(&number) = self.numbers.get(text) {
                return number;
            }
            let (text, number) = (Arc::<str>::from(text), small(self.texts.len()));
            self.texts.push(Arc::clone(&text));
            self.numbers.insert(text, number);
            number
        };
        Identity { name: number(), stream: number(), context: number() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::orchestrate::{
        ComponentDefinition, ComponentIx, ComponentParts, TaskDefinition, TaskParts,
    };

    fn catalog() -> Catalog {
        let task = |estimate_ms| vec![TaskParts { arch: "x86_64".into(), estimate_ms }];
        let mut builder = CatalogBuilder::default();
        for (id, estimates) in [("b:1:c", [100, 300]), ("d:1:c", [200, 200])] {
            let component = |(key, ms)| ComponentParts::new(key, 0, Vec::new(), task(ms));
            let components = ["p", "q"].into_iter().zip(estimates).map(component).collect();
            builder.push(&ModuleParts { id: id.to_owned(), components, ..ModuleParts::default() });
        }
        builder.finish()
    }

    fn requested(id: &str) -> Event {
        Event::Requested { request: 0, module: id.into() }
    }

    #[test]
    fn a_catalog_that_others_share_is_copied_before_it_grows() {
        let shared = Arc::new(catalog());
        let mut own = Arc::clone(&shared);
        assert_eq!(Catalog::learn(&mut own, &requested("d:1:c")), Learned::Nothing);
        assert!(Arc::ptr_eq(&shared, &own), "nothing is copied where all is known");
        for (id, number) in [("e:1:c", 2), ("a:1:c", 3), ("c:1:c", 4)] {
            assert_eq!(Catalog::learn(&mut own, &requested(id)), Learned::Names);
            assert_eq!(own.find(id), Some(ModuleIx(number)));
            assert_eq!(
                own.module(ModuleIx(number)).identity.stream,
                own.modules[0].identity.stream
            );
        }
        assert_eq!(own.find("b:1:c"), Some(ModuleIx(0)));
        assert_eq!((shared.modules.len(), shared.find("e:1:c")), (2, None));
    }

    #[test]
    fn a_definition_adds_components_behind_all_others_and_ranks_them_among_those_of_the_plan() {
        let mut own = Arc::new(catalog());
        let before = own.components().map(|at| (own.place_by_path(at), own.tasks_of(at)));
        let before: Vec<_> = before.collect();
        let component = |key: &str, estimate_ms, after: &[&str]| ComponentDefinition {
            component: key.into(),
            package: key.into(),
            source: None,
            reference: None,
            batch: 2,
            after: after.iter().map(|&key| key.into()).collect(),
            reused: false,
            tasks: vec![TaskDefinition {
                method: "buildArch".to_owned(),
                arch: "s390x".into(),
                estimate_ms,
            }],
        };
        let components = vec![component("last", 150, &["first"]), component("first", 100, &[])];
        let id = "c:1:c".to_owned();
        let definition = Definition { id, is_graph: true, components, ..Definition::default() };
        let event = Event::Defined { definition: Arc::new(definition) };
        let module = ModuleIx(2);
        assert_eq!(Catalog::learn(&mut own, &event), Learned::Definition(module));
        assert_eq!(Catalog::learn(&mut own, &event), Learned::Nothing, "the first one holds");
        let entry = own.module(module);
        assert_eq!((entry.is_defined, entry.components.clone(), entry.batches), (true, 4..6, 1));
        let [first, last] = [4, 5].map(ComponentIx);
        assert_eq!((own.key(first).as_str(), own.followers(first)), ("first", &[last][..]));
        assert_eq!((own.tasks_of(first), own.tasks_of(last)), (4..5, 5..6));
        // Paths of 250 and 150 ms among 100, 200 and 300; estimates of 100 and 150.
        assert_eq!([first, last].map(|at| own.place_by_path(at)), [2, 1]);
        assert_eq!([first, last].map(|at| own.component(at).place_by_estimate), [0, 1]);
        let after: Vec<_> =
            (0..4).map(ComponentIx).map(|at| (own.place_by_path(at), own.tasks_of(at))).collect();
        assert_eq!(after, before);
    }
}
