//! The build farm: groups of builders, and the constants of the hub that assigns their tasks.
//!
//! A farm comes from a YAML file or, without one, is the ideal farm with ten builders for each
//! arch needed. Every constant has koji's own default.

mod check;
mod constants;
mod dials;
mod keys;
mod read;

use std::collections::BTreeSet;

use crate::load::Finding;
use crate::name::Arch;
use crate::time::Millis;
use crate::trace::{BUILD_ARCH, Fallback};

pub use constants::{Createrepo, Hub, ModuleTask, Opening, Repo, RepoWait, Weights};
pub use dials::Dial;
pub use keys::keys;

/// The number of builders for each required arch if no farm is given.
pub const DEFAULT_BUILDERS: u32 = 10;

/// The maximum number of builders in a group: more than any farm has, and few enough that a run
/// takes seconds.
pub const BUILDERS_MAX: u32 = 100_000;

/// The maximum number of arches of farm and tasks: koji has about ten, and the hub keeps them as
/// bits of one word.
pub const ARCHES_MAX: usize = 64;

/// Which simulation a farm asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Model {
    /// A component is one task per arch, taken immediately by a free builder; no hub, no repos.
    #[default]
    Ideal,
    /// koji's scheduler, polling builders and repo regeneration.
    Koji,
}

/// Builders that are alike.
#[derive(Clone, Debug, PartialEq)]
pub struct BuilderGroup {
    /// The name that `--vary` and faults use.
    pub name: String,
    /// How many there are.
    pub count: u32,
    /// The arches that they build; `noarch` runs anywhere and is not listed.
    pub arches: Vec<Arch>,
    /// The task weight that one takes at a time.
    pub capacity: f64,
    /// The number of tasks that one takes at a time; `None` if it reports no limit and the hub's
    /// `max_jobs` applies.
    pub max_jobs: Option<u32>,
    /// The channels they serve.
    pub channels: Vec<String>,
    /// Methods that they refuse, by koji's names: until the task is over, like builders without a
    /// handler.
    pub refuses: Vec<String>,
    /// If given, their handlers refuse softly, until this time after the start.
    pub refuses_until: Option<Millis>,
    /// If given, tasks that share a builder slow down by load over this.
    pub cpus: Option<u32>,
    /// Their speed relative to the builders of the trace: run times are divided by it.
    pub speed: f64,
    /// The price of one.
    pub price_per_hour: Option<f64>,
}

/// A share of capacity that others take.
#[derive(Clone, Debug, PartialEq)]
pub struct Background {
    /// Builders of this arch.
    pub arch: Arch,
    /// In this channel.
    pub channel: String,
    /// The share, from 0 to 1.
    pub load: f64,
}

/// A build farm.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Farm {
    /// Which simulation it asks for.
    pub model: Model,
    /// The builders, in the order written.
    pub builders: Vec<BuilderGroup>,
    /// The load of other work.
    pub background: Vec<Background>,
    /// The hub.
    pub hub: Hub,
    /// Repos.
    pub repo: Repo,
    /// koji's tasks of modules.
    pub module_task: ModuleTask,
    /// The weights of tasks.
    pub weights: Weights,
    /// Run times of tasks without a record.
    pub fallback: Fallback,
    /// The keys that its file gives, as [`Farm::dials`] names them.
    pub given: BTreeSet<String>,
    /// Settings of its file that have no effect or are odd, in the order of the file: warnings.
    pub remarks: Vec<Finding>,
    /// What its file sets for builds that belong to no module: warnings where only modules are built.
    pub unused_by_modules: Vec<Finding>,
}

impl BuilderGroup {
    /// Makes a group with koji's defaults for everything but its name, number and arches.
    #[must_use]
    pub fn new(name: impl Into<String>, count: u32, arches: Vec<Arch>) -> Self {
        Self {
            name: name.into(),
            count,
            arches,
            capacity: 2.0,
            max_jobs: Some(10),
            channels: vec!["default".to_owned(), "createrepo".to_owned()],
            refuses: Vec::new(),
            refuses_until: None,
            cpus: None,
            speed: 1.0,
            price_per_hour: None,
        }
    }
}

impl Farm {
    /// Makes the default farm: ideal, with ten builders for each arch except `noarch`, which runs
    /// anywhere.
    #[must_use]
    pub fn ideal(arches: impl IntoIterator<Item = Arch>) -> Self {
        let arches: BTreeSet<Arch> = arches.into_iter().collect();
        let arches = arches.into_iter().filter(|arch| arch.as_str() != "noarch");
        let group = |arch: Arch| BuilderGroup::new(arch.to_string(), DEFAULT_BUILDERS, vec![arch]);
        Self { builders: arches.map(group).collect(), ..Self::default() }
    }

    /// Returns the share of a builder's capacity that other work takes, at most all of it.
    #[must_use]
    pub fn background_of(&self, group: &BuilderGroup) -> f64 {
        let concerns = |other: &&Background| {
            group.arches.contains(&other.arch) && group.channels.contains(&other.channel)
        };
        self.background.iter().filter(concerns).map(|other| other.load).sum::<f64>().min(1.0)
    }

    /// Returns whether builds run on a group, not only repo tasks; the ideal model has no channels.
    #[must_use]
    pub fn takes_builds(&self, group: &BuilderGroup) -> bool {
        self.model == Model::Ideal || group.channels.iter().any(|channel| channel == "default")
    }

    /// Returns the maximum number of simultaneous build tasks on one builder of a group: one in the
    /// ideal model; in koji's, as many as the hub assigns before capacity or job limit are used up.
    #[must_use]
    pub fn tasks_held(&self, group: &BuilderGroup) -> u32 {
        if self.model == Model::Ideal {
            return 1;
        }
        let refuses =
            group.refuses_until.is_none() && group.refuses.iter().any(|m| m == BUILD_ARCH);
        if refuses || !self.takes_builds(group) {
            return 0;
        }
        let jobs = group.max_jobs.unwrap_or(self.hub.max_jobs);
        let room = group.capacity * (1.0 - self.background_of(group)) - self.hub.least_room();
        // An assigned task that is not yet open weighs the unit; among open tasks, one of a package
        // without history weighs least.
        let lightest = self.hub.unit_weight.min(self.weights.build_arch);
        if room <= 0.0 || lightest <= 0.0 {
            return if room <= 0.0 { 0 } else { jobs };
        }
        #[expect(clippy::cast_possible_truncation, reason = "no more than the job limit")]
        #[expect(clippy::cast_sign_loss, reason = "positive by the check above")]
        let fit = (room / lightest).ceil().min(f64::from(jobs)) as u32;
        fit
    }

    /// Returns the speed of the builders of a group; in the ideal model all are equal.
    #[must_use]
    pub fn speed_of(&self, group: &BuilderGroup) -> f64 {
        if self.model == Model::Ideal { 1.0 } else { group.speed }
    }

    /// Returns the arches of all builders, sorted.
    #[must_use]
    pub fn arches(&self) -> BTreeSet<Arch> {
        let staffed =
            self.builders.iter().filter(|group| group.count > 0 && self.takes_builds(group));
        staffed.flat_map(|group| group.arches.iter().cloned()).collect()
    }

    /// Returns the number of arches of the farm and its tasks, without `noarch`, if a hub cannot
    /// distinguish so many.
    #[must_use]
    pub fn arches_beyond(&self, asked: impl IntoIterator<Item = Arch>) -> Option<usize> {
        let mut arches: BTreeSet<Arch> =
            self.builders.iter().flat_map(|group| group.arches.iter().cloned()).collect();
        arches.extend(asked.into_iter().filter(|arch| arch.as_str() != "noarch"));
        Some(arches.len()).filter(|&count| count > ARCHES_MAX)
    }

    /// Returns how many builders take tasks of `arch`; all of them take `noarch`.
    #[must_use]
    pub fn builders_of(&self, arch: &Arch) -> u32 {
        let takes = |group: &&BuilderGroup| {
            let has = arch.as_str() == "noarch" || group.arches.contains(arch);
            has && self.takes_builds(group)
        };
        self.builders.iter().filter(takes).map(|group| group.count).sum()
    }
}

#[cfg(test)]
mod tests;
