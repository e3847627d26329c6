//! What a run works on: the catalog of what can be rebuilt, and what each task may take.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::subjects::Subjects;
use crate::name::{Arch, PackageName};
use crate::orchestrate::{
    Catalog, ComponentDefinition, Definition, DefinitionError, Reach, TaskDefinition, define,
};
use crate::trace::{History, Samples};

/// A catalog, and what is drawn for all that is in it.
#[derive(Clone, Debug, Default)]
pub struct Prepared {
    /// How each module is defined.
    pub definitions: Arc<Vec<Definition>>,
    /// What can be rebuilt.
    pub catalog: Arc<Catalog>,
    /// What identifies all of it in draws, and the row of samples of each task.
    pub subjects: Arc<Subjects>,
    /// What tasks may take.
    pub samples: Arc<Vec<Samples>>,
}

/// Prepares a run of a plan.
///
/// # Panics
/// When a plan that was read back contradicts itself: see [`check`](crate::orchestrate::check_plan).
#[must_use]
pub fn prepare(reach: Reach<'_>, history: &History) -> Prepared {
    prepare_defined(define(reach), history).expect("a plan that was checked defines its modules")
}

/// Prepares a run of modules that are defined.
///
/// # Errors
/// The first contradiction among the definitions.
pub fn prepare_defined(
    mut definitions: Vec<Definition>,
    history: &History,
) -> Result<Prepared, DefinitionError> {
    definitions.sort_by(|a, b| a.id.cmp(&b.id));
    let catalog = Catalog::of(&definitions)?;
    let mut rows = Rows { history, numbers: BTreeMap::new(), samples: Vec::new() };
    let components = definitions.iter().flat_map(|definition| &definition.components);
    let tasks = components.flat_map(|entry| entry.tasks.iter().map(move |task| (entry, task)));
    let subjects = Subjects::new(&catalog, tasks.map(|(entry, task)| rows.of(entry, task)));
    Ok(Prepared {
        definitions: Arc::new(definitions),
        catalog: Arc::new(catalog),
        subjects: Arc::new(subjects),
        samples: Arc::new(rows.samples),
    })
}

/// Samples, one row for each method, package and arch.
struct Rows<'a> {
    history: &'a History,
    numbers: BTreeMap<(String, PackageName, Arch), u32>,
    samples: Vec<Samples>,
}

impl Rows<'_> {
    fn of(&mut self, component: &ComponentDefinition, task: &TaskDefinition) -> u32 {
        let package = &component.package;
        let key = (task.method.clone(), package.clone(), task.arch.clone());
        let next = u32::try_from(self.samples.len()).expect("fewer than 2^32 kinds of tasks");
        let row = *self.numbers.entry(key).or_insert(next);
        if row == next {
            self.samples.push(self.history.samples(&task.method, package, &task.arch));
        }
        row
    }
}
