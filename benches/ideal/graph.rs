//! The graph that all programs run: components in an order in which each comes after all its
//! predecessors, each with one task for every arch.

use modplan::orchestrate::{CatalogBuilder, ComponentParts, ModuleParts, TaskParts};
use modplan::sim::Setup;
use modplan::time::Millis;
use modplan::trace::Family;
use rand::{Rng as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;

use super::plain::plain;

/// Different times; tasks share them.
const LAWS: u32 = 1000;

pub(crate) struct Graph {
    pub(crate) components: usize,
    /// Each with as many builders.
    pub(crate) arches: Vec<&'static str>,
    /// Of each arch.
    pub(crate) builders: u32,
    pub(crate) after: Vec<Vec<u32>>,
    law: Vec<u32>,
    times: Vec<u64>,
    level: Vec<u32>,
}

impl Graph {
    pub(crate) fn new(components: usize, arches: &[&'static str], builders: u32) -> Self {
        let mut random = Pcg64Mcg::seed_from_u64(5);
        let mut below = |limit: u64| usize::try_from(random.next_u64() % limit).expect("small");
        let mut level = vec![0; components];
        let mut after = vec![Vec::new(); components];
        for at in 1..components {
            for _ in 0..below(6) {
                let before = at - 1 - below(at.min(4000) as u64);
                if !after[at].contains(&small(before)) {
                    after[at].push(small(before));
                    level[at] = level[at].max(level[before] + 1);
                }
            }
        }
        let law = (0..components).map(|_| small(below(u64::from(LAWS)))).collect();
        let times = (0..LAWS).map(|_| 1000 + below(1_000_000) as u64).collect();
        Self { components, arches: arches.to_vec(), builders, after, law, times, level }
    }

    pub(crate) fn tasks(&self) -> usize {
        self.components * self.arches.len()
    }

    fn law(&self, component: usize, arch: usize) -> u32 {
        (self.law[component] + 17 * small(arch)) % LAWS
    }

    /// Returns how long a component takes on an arch, in milliseconds.
    pub(crate) fn time(&self, component: usize, arch: usize) -> u64 {
        self.times[self.law(component, arch) as usize]
    }

    pub(crate) fn setup(&self) -> Setup {
        let component = |at: usize| {
            let task = |(arch, name): (usize, &&str)| TaskParts {
                arch: (**name).into(),
                estimate_ms: self.time(at, arch),
            };
            let tasks = self.arches.iter().enumerate().map(task).collect();
            ComponentParts::new(&format!("j{at:06}"), self.level[at], self.after[at].clone(), tasks)
        };
        let mut builder = CatalogBuilder::default();
        builder.push(&ModuleParts {
            id: "m:1:00000000".to_owned(),
            wave: Some(1),
            is_start: true,
            is_graph: true,
            components: (0..self.components).map(component).collect(),
            ..ModuleParts::default()
        });
        let constant = |&run| Family::Constant { run: Millis(run) };
        let builders: Vec<_> = self.arches.iter().map(|&arch| (arch, self.builders)).collect();
        let arches = 0..self.arches.len();
        let rows =
            (0..self.components).flat_map(|at| arches.clone().map(move |arch| self.law(at, arch)));
        plain((builder, rows), self.times.iter().map(constant), &builders)
    }
}

pub(crate) fn small(number: usize) -> u32 {
    u32::try_from(number).expect("small")
}
