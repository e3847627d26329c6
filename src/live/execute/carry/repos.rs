//! Which repo components may be built in: one that has everything that they wait for.

use std::collections::{BTreeMap, BTreeSet};

use super::{Inner, Stop};
use crate::live::execute::work::ModuleWork;
use crate::orchestrate::{BuildId, Catalog, ComponentIx};

/// What is known of the repos of a module build.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Repos {
    /// Counts the taggings.
    taggings: u64,
    /// By which of them each component came into the build tag last.
    places: BTreeMap<ComponentIx, u64>,
    /// Up to which of them the newest repo has everything; `None`: none is known, as in a new process.
    newest: Option<u64>,
}

impl Repos {
    /// Takes note that components were tagged.
    pub(super) fn tagged(&mut self, components: impl IntoIterator<Item = ComponentIx>) {
        self.taggings += 1;
        let place = self.taggings;
        self.places.extend(components.into_iter().map(|component| (component, place)));
    }

    /// Takes note of a repo that has everything up to a tagging.
    pub(super) fn made(&mut self, place: u64) {
        self.newest = Some(self.newest.unwrap_or(0).max(place));
    }

    /// Returns whether the newest repo has everything that some components wait for. What is tagged of their
    /// own batch meanwhile needs no repo.
    fn serves(&self, catalog: &Catalog, components: &[ComponentIx]) -> bool {
        let Some(newest) = self.newest else { return false };
        let missing: Vec<ComponentIx> = (self.places.iter())
            .filter(|(_, place)| **place > newest)
            .map(|(component, _)| *component)
            .collect();
        !missing.iter().any(|&early| waits(catalog, early, components))
    }
}

/// Returns whether one of some components of a module is built after another one.
fn waits(catalog: &Catalog, early: ComponentIx, components: &[ComponentIx]) -> bool {
    let of = catalog.component(early);
    if !catalog.module(of.module).is_graph {
        return components.iter().any(|&late| catalog.component(late).batch > of.batch);
    }
    let (mut seen, mut todo) = (BTreeSet::new(), vec![early]);
    while let Some(at) = todo.pop() {
        todo.extend(catalog.followers(at).iter().filter(|next| seen.insert(**next)));
    }
    components.iter().any(|late| seen.contains(late))
}

impl Inner {
    /// Waits for a repo with everything that some components wait for, unless there is one.
    pub(super) async fn repo_for(
        &self,
        build: BuildId,
        module: &ModuleWork,
        components: &[ComponentIx],
    ) -> Result<(), Stop> {
        let known = self.repos.borrow().get(&build).cloned().unwrap_or_default();
        if !known.serves(&self.catalog.borrow(), components) {
            self.hub.wait_repo(module).await?;
            self.repo_made(build, known.taggings);
        }
        Ok(())
    }

    /// Takes note of a repo that has everything up to a tagging.
    pub(super) fn repo_made(&self, build: BuildId, place: u64) {
        self.repos.borrow_mut().entry(build).or_default().made(place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::orchestrate::{CatalogBuilder, ComponentParts, ModuleParts};

    /// Returns the catalog of a module of components with their batches and what they wait for, and the
    /// number of each: components that many wait for have low ones.
    fn catalog(is_graph: bool, rows: &[(&str, u32, &[u32])]) -> (Catalog, Vec<ComponentIx>) {
        let part = |&(name, batch, after): &(&str, u32, &[u32])| {
            ComponentParts::new(name, batch, after.to_vec(), Vec::new())
        };
        let components = rows.iter().map(part).collect();
        let id = "perl:5:c0".to_owned();
        let module = ModuleParts { id, is_graph, components, ..ModuleParts::default() };
        let mut builder = CatalogBuilder::default();
        builder.push(&module);
        let catalog = builder.finish();
        let find = |name: &str| catalog.components().find(|&at| catalog.key(at).as_str() == name);
        let numbers = rows.iter().map(|(name, ..)| find(name).expect("it is there")).collect();
        (catalog, numbers)
    }

    #[test]
    fn a_batch_needs_one_repo_with_the_batches_before_it() {
        let (catalog, at) = catalog(false, &[("a", 0, &[]), ("b", 1, &[]), ("c", 1, &[])]);
        let mut repos = Repos::default();
        assert!(!repos.serves(&catalog, &at[..1]), "a new process knows of none");
        repos.made(0);
        assert!(repos.serves(&catalog, &at[..1]));
        repos.tagged([at[0]]);
        assert!(!repos.serves(&catalog, &at[1..2]));
        repos.made(1);
        repos.tagged([at[1]]);
        assert!(repos.serves(&catalog, &at[2..]), "it does not wait for its own batch");
        repos.tagged([at[0]]);
        assert!(!repos.serves(&catalog, &at[2..]), "an earlier batch was repaired");
    }

    #[test]
    fn a_graph_needs_a_repo_with_what_leads_to_a_component() {
        let rows: [(&str, u32, &[u32]); 4] =
            [("a", 0, &[]), ("b", 1, &[0]), ("c", 2, &[1]), ("d", 1, &[])];
        let (catalog, at) = catalog(true, &rows);
        let mut repos = Repos::default();
        repos.made(0);
        repos.tagged([at[0]]);
        assert!(!repos.serves(&catalog, &at[1..2]));
        assert!(repos.serves(&catalog, &at[3..]));
        repos.made(1);
        assert!(repos.serves(&catalog, &at[2..3]));
        repos.tagged([at[0]]);
        assert!(!repos.serves(&catalog, &at[2..3]), "through another one");
    }
}
