//! What draws are for: the key of every module, component and task, and the row of samples that each
//! task draws from. Orchestrators know none of it.

use crate::orchestrate::{Catalog, ComponentIx, ModuleIx};

/// What identifies everything of a catalog in random draws.
#[derive(Clone, Debug, Default)]
pub struct Subjects {
    modules: Vec<u64>,
    components: Vec<u64>,
    tasks: Vec<u64>,
    rows: Vec<u32>,
}

impl Subjects {
    /// Identifies everything of a catalog by its names. `rows` says for each task which row of
    /// samples it draws from: module by module, in each its components in key order, in each its
    /// tasks in the order of the catalog.
    ///
    /// # Panics
    /// When there are fewer rows than tasks.
    #[must_use]
    pub fn new(catalog: &Catalog, rows: impl IntoIterator<Item = u32>) -> Self {
        let mut subjects = Self {
            modules: catalog.modules.iter().map(|module| text_key(&module.id)).collect(),
            components: vec![0; catalog.components.len()],
            tasks: vec![0; catalog.tasks.len()],
            rows: vec![0; catalog.tasks.len()],
        };
        let mut rows = rows.into_iter();
        for module in &catalog.modules {
            let mut by_key: Vec<ComponentIx> = module.components.clone().map(ComponentIx).collect();
            by_key.sort_unstable_by_key(|&at| catalog.component(at).place_by_key);
            for component in by_key {
                let name = format!("{}\n{}", module.id, catalog.package(component));
                subjects.components[component.index()] = text_key(&name);
                for task in catalog.tasks_of(component) {
                    let at = task as usize;
                    let arch = catalog.arch(&catalog.tasks[at]);
                    subjects.tasks[at] = text_key(&format!("{name}\n{arch}"));
                    subjects.rows[at] = rows.next().expect("a row of samples for every task");
                }
            }
        }
        subjects
    }

    /// Returns what identifies a module.
    #[must_use]
    pub fn module(&self, module: ModuleIx) -> u64 {
        self.modules[module.index()]
    }

    /// Returns what identifies (module, component).
    #[must_use]
    pub fn component(&self, component: ComponentIx) -> u64 {
        self.components[component.index()]
    }

    /// Returns what identifies (module, component, arch), given the position of the task.
    #[must_use]
    pub fn task(&self, task: u32) -> u64 {
        self.tasks[task as usize]
    }

    /// Returns the row of samples that a task draws from, given its position.
    #[must_use]
    pub fn row(&self, task: u32) -> usize {
        self.rows[task as usize] as usize
    }
}

/// Hashes a text to 64 bits, the same on every platform and in every release (FNV-1a).
fn text_key(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
