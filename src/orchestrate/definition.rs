//! How a module is defined, by names alone: what a plan delivers when a run begins, and what stands at
//! the head of its journal; of a module outside the plan it comes with an event. Numbers never leave
//! the catalog that is made of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::BuildNames;
use super::catalog::{Catalog, CatalogBuilder, ComponentParts, ModuleParts, TaskParts};
use crate::name::{Arch, ComponentKey, PackageName};

/// One context of one stream.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// `name:stream:context`.
    pub id: String,
    /// What koji calls its build, where that is decided before it begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build: Option<BuildNames>,
    /// Its wave, from 1, where the plan rebuilds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wave: Option<u32>,
    /// Whether people start it under the literal rule.
    #[serde(default, skip_serializing_if = "is_false")]
    pub is_start: bool,
    /// Who is rebuilt when it passes under the literal rule.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dependants: Vec<String>,
    /// Of whom a superseded version was built with it and the newest is not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub superseded_dependants: Vec<String>,
    /// Who waits for it in the plan; edges of a cut are left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub planned_dependants: Vec<String>,
    /// Whether `buildafter` orders its components; else batches do.
    #[serde(default, skip_serializing_if = "is_false")]
    pub is_graph: bool,
    /// Its components; none means that it is passed through without a build.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<ComponentDefinition>,
}

/// One component of a module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComponentDefinition {
    /// Its key in the document.
    pub component: ComponentKey,
    /// koji's name for it.
    pub package: PackageName,
    /// The URL of its source, where one is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The commit, tag or branch of its source, where one is given.
    #[serde(default, rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Its batch as the Module Build Service counts: 1 is the macros package.
    pub batch: u32,
    /// The components that it waits for, where a graph orders them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<ComponentKey>,
    /// Whether its earlier build is taken over and nothing is built.
    #[serde(default, skip_serializing_if = "is_false")]
    pub reused: bool,
    /// What koji has to do for it, as far as that is known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<TaskDefinition>,
}

/// One koji task of a component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskDefinition {
    /// koji's method: `buildArch`, or `build` where only whole builds are known.
    pub method: String,
    /// Its arch; `noarch` runs on any builder.
    pub arch: Arch,
    /// How long it is expected to take, in milliseconds.
    pub estimate_ms: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde calls")]
fn is_false(value: &bool) -> bool {
    !*value
}

/// What is wrong with a list of definitions that was read from a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DefinitionError {
    /// A module stands twice among them.
    #[error("{0} is defined twice")]
    Twice(String),
    /// A dependant is not among them.
    #[error("{module} names {dependant}, which is not defined")]
    NoModule {
        /// The module.
        module: String,
        /// What it names.
        dependant: String,
    },
    /// What a component waits for is not among the components of its module.
    #[error("{module} has no component {component} to build after")]
    NoComponent {
        /// The module.
        module: String,
        /// What is named.
        component: ComponentKey,
    },
    /// A component has the batch of the macros package or none.
    #[error("batch {batch} of {module} is below 2")]
    Batch {
        /// The module.
        module: String,
        /// The number.
        batch: u32,
    },
}

impl Catalog {
    /// Makes the catalog of some definitions, in any order.
    ///
    /// # Errors
    /// The first contradiction among them.
    pub fn of(definitions: &[Definition]) -> Result<Self, DefinitionError> {
        let mut sorted: Vec<&Definition> = definitions.iter().collect();
        sorted.sort_by(|a, b| a.id.cmp(&b.id));
        if let Some(pair) = sorted.windows(2).find(|pair| pair[0].id == pair[1].id) {
            return Err(DefinitionError::Twice(pair[0].id.clone()));
        }
        let numbers: BTreeMap<&str, u32> = sorted.iter().map(|d| d.id.as_str()).zip(0..).collect();
        let mut catalog = CatalogBuilder::default();
        for definition in sorted {
            catalog.push(&parts(definition, &numbers)?);
        }
        Ok(catalog.finish())
    }
}

fn parts(
    definition: &Definition,
    numbers: &BTreeMap<&str, u32>,
) -> Result<ModuleParts, DefinitionError> {
    let module = || definition.id.clone();
    let positions = |ids: &[String]| {
        let position = |id: &String| {
            let missing = || DefinitionError::NoModule { module: module(), dependant: id.clone() };
            numbers.get(id.as_str()).copied().ok_or_else(missing)
        };
        ids.iter().map(position).collect::<Result<Vec<u32>, _>>()
    };
    Ok(ModuleParts {
        id: module(),
        wave: definition.wave,
        is_start: definition.is_start,
        dependants: positions(&definition.dependants)?,
        superseded_dependants: positions(&definition.superseded_dependants)?,
        planned_dependants: positions(&definition.planned_dependants)?,
        is_graph: definition.is_graph,
        components: components(definition)?,
    })
}

/// Returns the components of a definition.
pub(super) fn components(definition: &Definition) -> Result<Vec<ComponentParts>, DefinitionError> {
    let module = || definition.id.clone();
    let keys: BTreeMap<&ComponentKey, u32> =
        definition.components.iter().map(|entry| &entry.component).zip(0..).collect();
    let component = |entry: &ComponentDefinition| {
        let after = |key: &ComponentKey| {
            let component = key.clone();
            let missing = || DefinitionError::NoComponent { module: module(), component };
            keys.get(key).copied().ok_or_else(missing)
        };
        let below = || DefinitionError::Batch { module: module(), batch: entry.batch };
        let task = |task: &TaskDefinition| TaskParts {
            arch: task.arch.clone(),
            estimate_ms: task.estimate_ms,
        };
        Ok(ComponentParts {
            key: entry.component.clone(),
            package: entry.package.clone(),
            batch: entry.batch.checked_sub(2).ok_or_else(below)?,
            after: entry.after.iter().map(after).collect::<Result<_, _>>()?,
            is_reused: entry.reused,
            tasks: entry.tasks.iter().map(task).collect(),
        })
    };
    definition.components.iter().map(component).collect()
}
