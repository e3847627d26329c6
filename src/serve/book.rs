//! All module builds that the service knows, as one process has read them from the store.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{ComponentBuild, ModuleBuild};

/// Module builds by number.
#[derive(Clone, Debug, Default)]
pub struct Book {
    builds: BTreeMap<u64, Arc<ModuleBuild>>,
    by_nsvc: BTreeMap<String, u64>,
    /// The module build of each component, by number.
    of_component: BTreeMap<u64, u64>,
}

impl Book {
    /// Adds a build, or puts it in the place of what was known of it.
    pub fn put(&mut self, build: ModuleBuild) {
        self.by_nsvc.insert(build.nsvc(), build.id);
        self.of_component.extend(build.components.iter().map(|one| (one.id, build.id)));
        self.builds.insert(build.id, Arc::new(build));
    }

    /// Returns a build by its number.
    #[must_use]
    pub fn get(&self, id: u64) -> Option<&Arc<ModuleBuild>> {
        self.builds.get(&id)
    }

    /// Returns a build by `name:stream:version:context`.
    #[must_use]
    pub fn find(&self, nsvc: &str) -> Option<&Arc<ModuleBuild>> {
        self.builds.get(self.by_nsvc.get(nsvc)?)
    }

    /// Returns every build, by number.
    pub fn all(&self) -> impl DoubleEndedIterator<Item = &Arc<ModuleBuild>> {
        self.builds.values()
    }

    /// Returns a component with its module build.
    #[must_use]
    pub fn component(&self, id: u64) -> Option<(&Arc<ModuleBuild>, &ComponentBuild)> {
        let build = self.get(*self.of_component.get(&id)?)?;
        let component = build.components.iter().find(|component| component.id == id)?;
        Some((build, component))
    }

    /// Returns the builds of a submission, by number.
    pub fn submission(&self, id: u64) -> impl Iterator<Item = &Arc<ModuleBuild>> {
        self.builds.range(id..).map(|(_, build)| build).filter(move |one| one.submission == id)
    }

    /// Returns the numbers of the other contexts of a build.
    #[must_use]
    pub fn siblings(&self, build: &ModuleBuild) -> Vec<u64> {
        // Names are compared bytewise, so that `name:stream:version:` is where all contexts are.
        let prefix = format!("{}:{}:{}:", build.name, build.stream, build.version);
        let range = self.by_nsvc.range(prefix.clone()..);
        let contexts = range.take_while(|(nsvc, _)| nsvc.starts_with(&prefix)).map(|(_, id)| *id);
        let mut siblings: Vec<u64> = contexts
            .filter(|id| *id != build.id && self.builds[id].scratch == build.scratch)
            .collect();
        siblings.sort_unstable();
        siblings
    }
}
