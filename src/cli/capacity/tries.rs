//! Which farms a sweep tries, each under one variant.

use modplan::farm::Farm;
use modplan::name::Arch;
use modplan::report::capacity::{Amount, Point};
use modplan::sim::Runs;

use crate::cli::subject::Subject;
use crate::cli::variant::VariantArg;
use crate::cli::vary::Varied;

/// A farm to try, and what was varied in it.
#[derive(Clone)]
pub(super) struct Try {
    pub(super) farm: Farm,
    pub(super) builders: Varied,
    pub(super) variant: VariantArg,
}

impl Try {
    /// Returns the point of the sweep that it is, with its runs.
    pub(super) fn point(&self, subject: &Subject, runs: Runs) -> Point {
        let mut arches = subject.arches();
        let lacks = |arch: &&Arch| self.farm.builders_of(arch) == 0;
        let without_builder = arches.iter().filter(lacks).cloned().collect();
        // What is built for it is built on builders of the others, of any arch.
        if arches.remove(&Arch::from("noarch")) {
            arches.extend(self.farm.arches());
        }
        Point {
            builders: self.builders.clone(),
            approach: self.variant.name(),
            cost: cost(&self.farm),
            is_priced: self.farm.builders.iter().all(|group| group.price_per_hour.is_some()),
            builders_of: arches
                .into_iter()
                .map(|arch| (arch.clone(), self.farm.builders_of(&arch)))
                .collect(),
            without_builder,
            runs,
        }
    }

    /// Returns the farms with one builder more, each named by the group that has it.
    pub(super) fn neighbours(&self) -> impl Iterator<Item = Self> {
        (0..self.farm.builders.len()).map(|at| {
            let mut farm = self.farm.clone();
            let group = &mut farm.builders[at];
            group.count = group.count.saturating_add(1);
            let builders = [(group.name.clone(), Amount::from(group.count))].into();
            Self { farm, builders, variant: self.variant }
        })
    }
}

/// Returns what an hour of a farm costs; its number of builders unless all have a price.
fn cost(farm: &Farm) -> f64 {
    let prices: Option<Vec<f64>> = farm
        .builders
        .iter()
        .map(|group| Some(group.price_per_hour? * f64::from(group.count)))
        .collect();
    let counts = || farm.builders.iter().map(|group| f64::from(group.count)).sum();
    prices.map_or_else(counts, |prices| prices.iter().sum())
}
