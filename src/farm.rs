//! The build farm: groups of builders, and the constants of the hub that gives them work.
//!
//! A farm comes from a YAML file or, without one, is the ideal farm with ten builders for each
//! arch needed. Every constant has koji's own default.

mod check;
mod read;

use std::collections::BTreeSet;

use crate::name::Arch;
use crate::time::Millis;

pub use crate::settings::Remark;

/// How many builders each needed arch has when no farm is given.
pub const DEFAULT_BUILDERS: u32 = 10;

/// What a task weighs for the hub until a builder has opened it.
pub const UNIT_WEIGHT: f64 = 1.0;

/// Returns what a builder must have free, and more, to be given a task: what exceeds `overcommit`.
#[must_use]
pub fn least_room(overcommit: f64) -> f64 {
    (UNIT_WEIGHT - overcommit).max(0.0)
}

/// Which simulation a farm asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Model {
    /// A component is one task per arch, taken at once by a free builder; no hub, no repos.
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
    /// What they build; `noarch` goes anywhere and is not listed.
    pub arches: Vec<Arch>,
    /// How much task weight one takes at a time.
    pub capacity: f64,
    /// How many tasks one takes at a time; `None` where it reports no limit of its own and the
    /// hub's `max_jobs` holds.
    pub max_jobs: Option<u32>,
    /// The channels they serve.
    pub channels: Vec<String>,
    /// Where given, tasks that share a builder slow down by load over this.
    pub cpus: Option<u32>,
    /// How fast, against the builders of the trace: run times are divided by it.
    pub speed: f64,
    /// What one costs.
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

/// Constants of the hub, its builders and its client.
#[derive(Clone, Debug, PartialEq)]
pub struct Hub {
    /// Least time between scheduler runs (`RunInterval`).
    pub run_interval: Millis,
    /// A builder's pause after a turn in which it took nothing (`sleeptime`).
    pub builder_sleep: Millis,
    /// What one turn of a builder takes, besides the pause. Not koji's: measured.
    pub builder_turn: Millis,
    /// When a builder asks again that could not reach the hub (`retry_interval`).
    pub retry_interval: Millis,
    /// When a client asks again that could not reach the hub (`retry_interval`).
    pub client_retry: Millis,
    /// Time between two submissions of one client.
    pub submit_interval: Millis,
    /// Jobs a builder takes that reported no limit of its own (`MaxJobs`).
    pub max_jobs: u32,
    /// Weight by which a task may exceed what is free (`CapacityOvercommit`).
    pub capacity_overcommit: f64,
    /// Silence after which a builder counts as not ready (`ReadyTimeout`).
    pub ready_timeout: Millis,
    /// Time after which a task that was assigned and not opened is freed (`AssignTimeout`).
    pub assign_timeout: Millis,
    /// Silence after which the open tasks of a builder are freed (`HostTimeout`).
    pub host_timeout: Millis,
    /// How long a soft refusal holds (`SoftRefusalTimeout`).
    pub soft_refusal_timeout: Millis,
    /// Priority of a task that was asked for with none.
    pub priority: i32,
    /// Priority of a `tagBuild` task that nobody waits for.
    pub tag_priority: i32,
    /// The `buildArch` run of a module's macros package, where the trace does not know it.
    pub macros_build: Millis,
}

/// Constants of repos and their regeneration.
#[derive(Clone, Debug, PartialEq)]
pub struct Repo {
    /// How long one `createrepo` task runs.
    pub createrepo: Createrepo,
    /// How often the repo manager looks at its queue.
    pub check_interval: Millis,
    /// Priority of a `newRepo` task; its `createrepo` tasks go one before it.
    pub priority: i32,
    /// How many regenerations run at once.
    pub tasks_max: u32,
    /// How often a regeneration is tried.
    pub tries: u32,
    /// How often a `waitrepo` task looks.
    pub wait_poll: Millis,
    /// When a `waitrepo` task gives up.
    pub wait_timeout: Millis,
    /// How old a repo a plain build accepts (`RepoLag`).
    pub lag: Millis,
    /// The step in which that age is rounded (`RepoLagWindow`).
    pub lag_window: Millis,
}

/// How long a `createrepo` task runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Createrepo {
    /// As the trace says, else 60 s.
    Trace,
    /// Always as long.
    Fixed(Millis),
    /// Longer for a larger tag.
    BySize {
        /// For an empty tag.
        base: Millis,
        /// More for each build in the tag.
        per_build: Millis,
    },
}

/// A build farm.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Farm {
    /// Which simulation it asks for.
    pub model: Model,
    /// The builders, in the order written.
    pub builders: Vec<BuilderGroup>,
    /// What others take.
    pub background: Vec<Background>,
    /// The hub.
    pub hub: Hub,
    /// Repos.
    pub repo: Repo,
    /// What its file sets to no effect, or oddly, in the order of the file.
    pub remarks: Vec<Remark>,
}

impl Default for Hub {
    fn default() -> Self {
        Self {
            run_interval: Millis::from_secs(60),
            builder_sleep: Millis::from_secs(15),
            builder_turn: Millis(50),
            retry_interval: Millis::from_secs(60),
            client_retry: Millis::from_secs(20),
            submit_interval: Millis::ZERO,
            max_jobs: 15,
            capacity_overcommit: 5.0,
            ready_timeout: Millis::from_secs(180),
            assign_timeout: Millis::from_secs(300),
            host_timeout: Millis::from_secs(900),
            soft_refusal_timeout: Millis::from_secs(900),
            priority: 20,
            tag_priority: 10,
            macros_build: Millis::from_secs(60),
        }
    }
}

impl Default for Repo {
    fn default() -> Self {
        Self {
            createrepo: Createrepo::Trace,
            check_interval: Millis::from_secs(15),
            priority: 15,
            tasks_max: 10,
            tries: 3,
            wait_poll: Millis::from_secs(60),
            wait_timeout: Millis::from_secs(7200),
            lag: Millis::from_secs(3600),
            lag_window: Millis::from_secs(600),
        }
    }
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
            cpus: None,
            speed: 1.0,
            price_per_hour: None,
        }
    }
}

impl Farm {
    /// Makes the farm that is taken when none is given: ideal, ten builders for each arch but
    /// `noarch`, which goes anywhere.
    #[must_use]
    pub fn ideal(arches: impl IntoIterator<Item = Arch>) -> Self {
        let arches: BTreeSet<Arch> = arches.into_iter().collect();
        let arches = arches.into_iter().filter(|arch| arch.as_str() != "noarch");
        let group = |arch: Arch| BuilderGroup::new(arch.to_string(), DEFAULT_BUILDERS, vec![arch]);
        Self { builders: arches.map(group).collect(), ..Self::default() }
    }

    /// Returns which share of a builder's capacity others take, all of it at most.
    #[must_use]
    pub fn background_of(&self, group: &BuilderGroup) -> f64 {
        let concerns = |other: &&Background| {
            group.arches.contains(&other.arch) && group.channels.contains(&other.channel)
        };
        self.background.iter().filter(concerns).map(|other| other.load).sum::<f64>().min(1.0)
    }

    /// Returns whether builds run on a group, and not repo tasks alone; the ideal model has no
    /// channels.
    #[must_use]
    pub fn takes_builds(&self, group: &BuilderGroup) -> bool {
        self.model == Model::Ideal || group.channels.iter().any(|channel| channel == "default")
    }

    /// Returns every arch that some builder builds, sorted.
    #[must_use]
    pub fn arches(&self) -> BTreeSet<Arch> {
        let staffed =
            self.builders.iter().filter(|group| group.count > 0 && self.takes_builds(group));
        staffed.flat_map(|group| group.arches.iter().cloned()).collect()
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
