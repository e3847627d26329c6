//! A koji host that builds modules: it runs koji's `moduleBuild` tasks by the very state machine that the
//! simulator has measured.
//!
//! ```text
//!   turn ──▶ getHostTasks · updateHost · getTasks ──▶ jobs come and go
//!                                                       │
//!            machine ──commands──▶ steps ──▶ hub        │  one job a task
//!              ▲                     │                  │
//!              └────── events ◀──────┘ ◀── what ended ◀─┘
//! ```
//!
//! koji has the whole state: the task's request, the labels of its subtasks, tags and builds. A worker keeps
//! nothing. One that comes back finds the tasks that it had open, begins each again from the top, and looks for
//! every step before it makes it. So a worker may die anywhere.
//!
//! One session serves all jobs, its calls one after another. It is exclusive: a second worker of the same host
//! takes it away, and then the first one ends and does not log in again. A lock file keeps two workers of one
//! machine from doing that to each other.

mod adopt;
mod carry;
mod children;
mod core;
mod end;
mod job;
mod labels;
mod lock;
mod macros;
mod open;
mod prepare;
mod priority;
mod repos;
mod steps;
mod turn;

use std::path::PathBuf;
use std::rc::Rc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use tokio::sync::mpsc::unbounded_channel;
use tokio::task::LocalSet;

use self::core::Core;
use self::lock::Lock;
use self::turn::Turns;
use super::final_repo::FinalRepos;
use super::hub::{Hub, HubError, Login, Options};
use crate::site::Site;

/// What a worker works with.
pub struct Working<'w> {
    /// How the hub is reached.
    pub options: Options,
    /// How the host's user logs in there.
    pub login: Login,
    /// What the site decides.
    pub site: &'w Site,
    /// Where final repositories are made; none: nowhere.
    pub final_repos: Option<FinalRepos>,
    /// The time between two looks at the hub.
    pub poll: Duration,
    /// The file that keeps a second worker of the same host away.
    pub lock: PathBuf,
    /// An empty directory for macros packages.
    pub directory: PathBuf,
    /// Whether the worker is to stop: it takes no more tasks, and leaves those that it has to the next.
    pub stop: &'w AtomicBool,
    /// Hears what is new, for people.
    pub tell: &'w mut dyn FnMut(&str),
}

/// Why a worker ended, other than by being asked to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorkerError {
    /// Another worker of this machine is the same host.
    #[error("another worker holds {path}")]
    Held {
        /// The lock file.
        path: PathBuf,
    },
    /// The lock file cannot be made.
    #[error("cannot make the lock file {path}: {source}")]
    Lock {
        /// The lock file.
        path: PathBuf,
        /// The error of the system.
        source: std::io::Error,
    },
    /// The hub did not let the worker in.
    #[error(transparent)]
    Hub(HubError),
    /// The user is not a builder at the hub.
    #[error("{user} is not a builder of the hub: an admin adds it (`koji add-host {user} ARCH`)")]
    NotAHost {
        /// The user.
        user: String,
    },
    /// Somebody else has taken the session of the host.
    #[error("another worker has taken the host over: {0}")]
    Robbed(HubError),
}

/// Runs module tasks until the worker is to stop; returns how many ended.
///
/// # Errors
/// The worker cannot begin, or its host was taken over by another one.
///
/// # Panics
/// When no runtime can be made.
pub fn work(working: Working<'_>) -> Result<u64, WorkerError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime of this one thread starts");
    let local = LocalSet::new();
    runtime.block_on(local.run_until(async {
        let Working { options, login, site, final_repos, poll, lock, directory, stop, tell } =
            working;
        let _lock = Lock::take(&lock)?;
        let user = login.who();
        let mut hub = Hub::connect(options, login).await.map_err(WorkerError::Hub)?;
        let host = hub.be_exclusive().await.map_err(|error| match error.fault() {
            Some(fault) if fault.text.contains("is not a host") => WorkerError::NotAHost { user },
            _ => WorkerError::Hub(error),
        })?;
        tell(&format!("serves the channel {} as host {host}", site.worker.channel));
        let settings = core::Settings { site: site.clone(), final_repos, poll, directory };
        let (sender, events) = unbounded_channel();
        let core = Core::new(hub, host, settings, sender);
        Turns::new(Rc::new(core), events, stop, tell).run().await
    }))
}
