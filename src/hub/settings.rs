//! What a hub is made from: the farm file, resolved to numbers, and the phases of all that polls.

use std::collections::BTreeMap;

use super::method::Method;
use crate::farm::{
    ARCHES_MAX, Createrepo, Farm, Hub as HubFarm, ModuleTask, Repo as RepoFarm, Weights,
};
use crate::name::Arch;
use crate::time::Millis;

/// The channel that every task goes to unless it is a repo task.
pub const CHANNEL_DEFAULT: &str = "default";
/// The channel of repo tasks.
pub const CHANNEL_CREATEREPO: &str = "createrepo";
/// The channel of tasks of modules, where a builder serves it; else they go to [`CHANNEL_DEFAULT`].
pub const CHANNEL_MODULE: &str = "module";

/// Whether polls in which nothing can happen are left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Polling {
    /// Left out: the result is the same, which a test proves.
    #[default]
    Skipped,
    /// Carried out one by one.
    Literal,
}

/// One builder.
#[derive(Clone, Debug, PartialEq)]
pub struct BuilderSettings {
    /// Its group, by position in the farm file.
    pub group: u32,
    /// The arches it has.
    pub arches: ArchSet,
    /// The channels it serves, by position in [`Settings::channels`].
    pub channels: Vec<u32>,
    /// How much weight it takes.
    pub capacity: f64,
    /// The limit it reports; `None`: none.
    pub max_jobs: Option<u32>,
    /// The methods that it refuses.
    pub refuses: MethodSet,
    /// Up to when it refuses them, by handlers that cannot work; `None`: it has no handler.
    pub refuses_until: Option<Millis>,
    /// Where given, its tasks slow down by load over this.
    pub cpus: Option<u32>,
    /// Run times are divided by it.
    pub speed: f64,
    /// The weight that others put on it.
    pub background: f64,
}

/// A set of arches, by position in [`Settings::arches`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ArchSet(pub u64);

/// A set of methods.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MethodSet(u16);

/// The arch of a task, by position in [`Settings::arches`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TaskArch {
    /// Any builder.
    Noarch,
    /// A builder of this arch.
    Arch(u32),
}

/// A hub and its builders.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The hub's constants.
    pub hub: HubFarm,
    /// Those of repos.
    pub repo: RepoFarm,
    /// Those of koji's tasks of modules.
    pub module_task: ModuleTask,
    /// What tasks weigh.
    pub weights: Weights,
    /// How long `createrepo` runs when neither the farm nor the trace says it.
    pub createrepo_fallback: Millis,
    /// The builders, one by one.
    pub builders: Vec<BuilderSettings>,
    /// Names of groups, for people.
    pub groups: Vec<String>,
    /// Arches known, sorted: those of builders and those asked for.
    pub arches: Vec<Arch>,
    /// Channels known.
    pub channels: Vec<String>,
    /// How polls are carried out.
    pub polling: Polling,
}

/// When those that poll do so first, counted from the start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Phases {
    /// Each builder; one that is missing polls at once.
    pub builders: Vec<Millis>,
    /// The repo manager, at its queue.
    pub manager: Millis,
    /// The repo manager, whether repos are too old.
    pub autoregen: Millis,
    /// How long before the start the scheduler ran last.
    pub run_age: Millis,
}

impl BuilderSettings {
    /// Returns whether builds run on it, and not repo tasks alone.
    #[must_use]
    pub fn takes_builds(&self) -> bool {
        // The channel `default` is the first.
        self.channels.contains(&0)
    }
}

impl MethodSet {
    /// Takes methods by koji's words; others are left out.
    #[must_use]
    pub fn of(words: &[String]) -> Self {
        let is_named = |method: &&Method| words.iter().any(|word| word == method.as_str());
        let named = Method::ALL.iter().filter(is_named);
        Self(named.fold(0, |set, &method| set | 1 << method as u16))
    }

    /// Returns whether a method is in it.
    #[must_use]
    pub fn has(self, method: Method) -> bool {
        self.0 >> method as u16 & 1 == 1
    }
}

impl ArchSet {
    /// Returns the set with one arch more.
    #[must_use]
    pub fn with(self, arch: u32) -> Self {
        Self(self.0 | 1 << arch)
    }

    /// Returns the arches of both.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns whether an arch is in it.
    #[must_use]
    pub fn has(self, arch: u32) -> bool {
        self.0 >> arch & 1 == 1
    }

    /// Returns the arches in it, in order.
    pub fn iter(self) -> impl Iterator<Item = u32> {
        (0..64).filter(move |&arch| self.has(arch))
    }
}

impl Settings {
    /// Resolves a farm; `asked` are arches that tasks may have besides those of the builders.
    ///
    /// # Panics
    /// When farm and tasks name more than [`ARCHES_MAX`] arches; [`Farm::arches_beyond`] checks before.
    #[must_use]
    pub fn of(farm: &Farm, asked: impl IntoIterator<Item = Arch>) -> Self {
        let mut arches: Vec<Arch> =
            farm.builders.iter().flat_map(|group| group.arches.iter().cloned()).collect();
        arches.extend(asked.into_iter().filter(|arch| arch.as_str() != "noarch"));
        arches.sort_unstable();
        arches.dedup();
        assert!(arches.len() <= ARCHES_MAX, "a farm has at most {ARCHES_MAX} arches");
        let number: BTreeMap<&Arch, u32> = arches.iter().zip(0..).collect();
        let mut channels = vec![CHANNEL_DEFAULT.to_owned(), CHANNEL_CREATEREPO.to_owned()];
        let mut builders = Vec::new();
        for (group, at) in farm.builders.iter().zip(0..) {
            let serves = group.channels.iter().map(|channel| intern(&mut channels, channel));
            let builder = BuilderSettings {
                group: at,
                arches: group.arches.iter().fold(ArchSet::default(), |s, a| s.with(number[a])),
                channels: serves.collect(),
                capacity: group.capacity,
                max_jobs: group.max_jobs,
                refuses: MethodSet::of(&group.refuses),
                refuses_until: group.refuses_until,
                cpus: group.cpus,
                speed: group.speed,
                background: group.capacity * farm.background_of(group),
            };
            builders.extend((0..group.count).map(|_| builder.clone()));
        }
        Self {
            hub: farm.hub.clone(),
            repo: farm.repo.clone(),
            module_task: farm.module_task,
            weights: farm.weights.clone(),
            createrepo_fallback: farm.fallback.createrepo,
            builders,
            groups: farm.builders.iter().map(|group| group.name.clone()).collect(),
            arches,
            channels,
            polling: Polling::default(),
        }
    }

    /// Returns the channel of a method's tasks, by position in [`channels`](Self::channels).
    #[must_use]
    pub fn channel(&self, method: Method) -> u32 {
        let name = match method {
            Method::NewRepo | Method::Createrepo | Method::DistRepo | Method::CreateDistRepo => {
                CHANNEL_CREATEREPO
            }
            Method::ModuleBuild => CHANNEL_MODULE,
            Method::Build
            | Method::BuildArch
            | Method::BuildSrpm
            | Method::ChainBuild
            | Method::Other
            | Method::TagBuild
            | Method::WaitRepo => CHANNEL_DEFAULT,
        };
        // `default` is the first.
        (0..).zip(&self.channels).find_map(|(at, known)| (known == name).then_some(at)).unwrap_or(0)
    }

    /// Returns the arch as tasks name it; `None` where neither the farm nor the tasks have it.
    #[must_use]
    pub fn arch(&self, arch: &Arch) -> Option<TaskArch> {
        if arch.as_str() == "noarch" {
            return Some(TaskArch::Noarch);
        }
        let at = self.arches.binary_search(arch).ok()?;
        Some(TaskArch::Arch(u32::try_from(at).expect("64 arches at most")))
    }

    /// Returns the time between two idle polls of a builder.
    #[must_use]
    pub fn period(&self) -> Millis {
        self.hub.builder_sleep + self.hub.builder_turn
    }

    /// Returns what an open task of a method weighs, its history left out.
    #[must_use]
    pub fn weight(&self, method: Method) -> f64 {
        let weights = &self.weights;
        match method {
            Method::BuildArch => weights.build_arch,
            Method::BuildSrpm => weights.build_srpm,
            Method::CreateDistRepo => weights.createdistrepo,
            Method::Createrepo => weights.createrepo,
            Method::TagBuild => weights.tag_build,
            Method::WaitRepo => weights.waitrepo,
            Method::Build
            | Method::ChainBuild
            | Method::DistRepo
            | Method::ModuleBuild
            | Method::NewRepo
            | Method::Other => method.weight(),
        }
    }

    /// Returns how long `createrepo` runs for a tag of so many builds; `trace` is what the trace says.
    #[must_use]
    pub fn createrepo(&self, builds: u64, trace: Option<Millis>) -> Millis {
        match self.repo.createrepo {
            Createrepo::Trace => trace.unwrap_or(self.createrepo_fallback),
            Createrepo::Fixed(run) => run,
            Createrepo::BySize { base, per_build } => {
                base + Millis(per_build.0.saturating_mul(builds))
            }
        }
    }
}

fn intern(names: &mut Vec<String>, name: &str) -> u32 {
    let at = names.iter().position(|known| known == name).unwrap_or_else(|| {
        names.push(name.to_owned());
        names.len() - 1
    });
    u32::try_from(at).expect("a farm has few channels")
}
