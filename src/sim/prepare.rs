//! What a run works on: the catalog of what can be rebuilt, and what each task may take.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::name::{Arch, PackageName};
use crate::orchestrate::{
    Catalog, ComponentDefinition, Definition, DefinitionError, Reach, TaskDefinition, define,
};
use crate::trace::{History, Samples};

/// A catalog, and a row of samples for each [`Task::durations`](crate::orchestrate::Task).
#[derive(Clone, Debug, Default)]
pub struct Prepared {
    /// How each module is defined.
    pub definitions: Arc<Vec<Definition>>,
    /// What can be rebuilt.
    pub catalog: Arc<Catalog>,
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
    definitions: Vec<Definition>,
    history: &History,
) -> Result<Prepared, DefinitionError> {
    let mut rows = Rows { history, numbers: BTreeMap::new(), samples: Vec::new() };
    let catalog = Catalog::of(&definitions, |component, task| rows.of(component, task))?;
    let samples = Arc::new(rows.samples);
    Ok(Prepared { definitions: Arc::new(definitions), catalog: Arc::new(catalog), samples })
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
