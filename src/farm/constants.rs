//! The constants of the hub, of repos and of tasks, each with koji's own default.

use crate::koji;
use crate::time::Millis;

/// Constants of the hub, its builders and its client.
#[derive(Clone, Debug, PartialEq)]
pub struct Hub {
    /// Minimum time between scheduler runs (`RunInterval`).
    pub run_interval: Millis,
    /// A builder's pause after a turn in which it took nothing (`sleeptime`).
    pub builder_sleep: Millis,
    /// The duration of one turn of a builder, without the pause. Not from koji: measured.
    pub builder_turn: Millis,
    /// Pause before a builder calls an unreachable hub again (`retry_interval`).
    pub retry_interval: Millis,
    /// Pause before a client calls an unreachable hub again (`retry_interval`).
    pub client_retry: Millis,
    /// Time between two submissions of one client.
    pub submit_interval: Millis,
    /// Maximum number of jobs of a builder that reports no limit (`MaxJobs`).
    pub max_jobs: u32,
    /// Weight by which a task may exceed the free capacity (`CapacityOvercommit`).
    pub capacity_overcommit: f64,
    /// Silence after which a builder counts as not ready (`ReadyTimeout`).
    pub ready_timeout: Millis,
    /// Time after which a task that was assigned and not opened is freed (`AssignTimeout`).
    pub assign_timeout: Millis,
    /// Silence of a builder after which its open tasks are freed (`HostTimeout`).
    pub host_timeout: Millis,
    /// Duration of a soft refusal (`SoftRefusalTimeout`).
    pub soft_refusal_timeout: Millis,
    /// Priority of a task that was requested without one.
    pub priority: i32,
    /// Added to the priority of a task for its children.
    pub child_priority: i32,
    /// Priority of a `tagBuild` task without a parent.
    pub tag_priority: i32,
    /// Weight of a task for the hub until a builder has opened it.
    pub unit_weight: f64,
    /// Number of free tasks that one run of the scheduler considers.
    pub free_tasks_max: u32,
    /// Run time of `buildArch` for a module's macros package, if the trace does not have it.
    pub macros_build: Millis,
    /// Number of tries of the macros package before its module fails.
    pub macros_tries: u32,
}

/// Constants of repos and their regeneration.
#[derive(Clone, Debug, PartialEq)]
pub struct Repo {
    /// How long one `createrepo` task runs.
    pub createrepo: Createrepo,
    /// Interval at which the repo manager checks its queue.
    pub check_interval: Millis,
    /// Priority of a `newRepo` task; its `createrepo` tasks are more urgent by one.
    pub priority: i32,
    /// How many regenerations run at once.
    pub tasks_max: u32,
    /// Number of retries of a failed regeneration (`RepoRetries`).
    pub retries: u32,
    /// How koji's task of a module waits for the repo of a batch.
    pub wait: RepoWait,
    /// Interval at which a `waitrepo` task checks.
    pub wait_poll: Millis,
    /// When a `waitrepo` task gives up.
    pub wait_timeout: Millis,
    /// Maximum age of a repo for a plain build (`RepoLag`).
    pub lag: Millis,
    /// The step in which that age and `auto_lag` are rounded (`RepoLagWindow`).
    pub lag_window: Millis,
    /// Whether repos are regenerated without a request (`repo.auto` of a tag).
    pub auto: bool,
    /// Age of a repo at which it is regenerated (`RepoAutoLag`).
    pub auto_lag: Millis,
    /// Interval at which the repo manager looks for such repos.
    pub auto_interval: Millis,
    /// Added to the priority of their requests, so that others go first.
    pub auto_priority: i32,
}

/// How koji's task of a module waits for the repo of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RepoWait {
    /// By a `waitrepo` task below it, which a builder has to take first.
    #[default]
    Subtask,
    /// It asks the hub for the repo (`repo.request`), and sees by itself when it is there.
    Request,
}

/// What a module build costs beyond its steps, where koji owns it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ModuleTask {
    /// How its task gets to a builder.
    pub open: Opening,
}

/// How a task gets to a builder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Opening {
    /// The scheduler assigns it, as it does every other task.
    #[default]
    Assigned,
    /// A builder that has nothing assigned opens it in its next turn, while it is free still.
    Free,
}

/// How long a `createrepo` task runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Createrepo {
    /// From the trace, otherwise from the fallback.
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

/// Weights of open tasks by method, and the growth of `buildArch` with the history of its package.
/// A parent waits from the moment it is opened and takes no load, so its weight is not listed.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// `buildArch` of a package without history.
    pub build_arch: f64,
    /// `buildSRPMFromSCM`.
    pub build_srpm: f64,
    /// `createrepo`.
    pub createrepo: f64,
    /// `createdistrepo`.
    pub createdistrepo: f64,
    /// `tagBuild`.
    pub tag_build: f64,
    /// `waitrepo`, which checks repeatedly and so takes load all the time.
    pub waitrepo: f64,
    /// Mean duration of a package's builds for which `buildArch` weighs 1 more.
    pub history_per: Millis,
    /// By how much it weighs more at most.
    pub history_max: f64,
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
            child_priority: -1,
            tag_priority: 10,
            unit_weight: 1.0,
            free_tasks_max: 1000,
            macros_build: Millis::from_secs(60),
            macros_tries: 3,
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
            retries: 3,
            wait: RepoWait::default(),
            wait_poll: Millis::from_secs(60),
            wait_timeout: Millis::from_secs(7200),
            lag: Millis::from_secs(3600),
            lag_window: Millis::from_secs(600),
            auto: false,
            auto_lag: Millis::from_secs(7200),
            auto_interval: Millis::from_secs(15),
            auto_priority: 5,
        }
    }
}

impl Default for Weights {
    fn default() -> Self {
        let of = |method| koji::weight(method).expect("koji has these methods");
        Self {
            build_arch: of("buildArch"),
            build_srpm: of("buildSRPMFromSCM"),
            createrepo: of("createrepo"),
            createdistrepo: of("createdistrepo"),
            tag_build: of("tagBuild"),
            waitrepo: of("waitrepo"),
            history_per: Millis::from_secs(4800),
            history_max: 18.0,
        }
    }
}

impl Hub {
    /// Returns the free capacity that a builder must exceed to be assigned a task.
    #[must_use]
    pub fn least_room(&self) -> f64 {
        (self.unit_weight - self.capacity_overcommit).max(0.0)
    }
}

impl Weights {
    /// Returns the weight added to `buildArch` for a mean duration of builds.
    #[must_use]
    pub fn of_history(&self, mean_build: Millis) -> f64 {
        (mean_build.as_secs_f64() / self.history_per.as_secs_f64()).min(self.history_max)
    }
}
