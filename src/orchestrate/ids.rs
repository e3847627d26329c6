//! The numbers of module builds, modules and components, and of those who look after modules.

use serde::{Deserialize, Serialize};

/// One build of one module in one run, numbered from 0 in the order of submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BuildId(pub u32);

/// A module of the catalog.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ModuleIx(pub u32);

/// A component of the catalog, numbered over all modules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ComponentIx(pub u32);

impl ModuleIx {
    /// Returns the position in [`Catalog::modules`](super::Catalog::modules).
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl ComponentIx {
    /// Returns the position in [`Catalog::components`](super::Catalog::components).
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Who looks after a module, by the number of its name: all its streams are theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Owner(pub u32);
