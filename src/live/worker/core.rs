//! What all jobs of a worker share: the session, the host, what the site decides, and where events go.

use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{Mutex, MutexGuard, Semaphore};

use crate::live::final_repo::FinalRepos;
use crate::live::hub::Hub;
use crate::orchestrate::Event;
use crate::site::Site;

/// What the site and the machine decide.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) site: Site,
    pub(super) final_repos: Option<FinalRepos>,
    pub(super) poll: Duration,
    /// Where macros packages are made.
    pub(super) directory: PathBuf,
}

/// What all jobs share.
#[derive(Debug)]
pub(super) struct Core {
    pub(super) hub: Rc<Mutex<Hub>>,
    /// koji's number of the host.
    pub(super) host: i64,
    pub(super) settings: Settings,
    /// A permit for each repo that may be waited for.
    pub(super) repos: Semaphore,
    /// Where events of tasks go.
    events: UnboundedSender<(i64, Event)>,
}

impl Core {
    pub(super) fn new(
        hub: Hub,
        host: i64,
        settings: Settings,
        events: UnboundedSender<(i64, Event)>,
    ) -> Self {
        let repos = settings.site.limits.repos_in_flight.max(1);
        Self {
            hub: Rc::new(Mutex::new(hub)),
            host,
            repos: Semaphore::new(usize::try_from(repos).unwrap_or(Semaphore::MAX_PERMITS)),
            settings,
            events,
        }
    }

    /// Says what happened to a task. Nobody hears it after the end of the worker.
    pub(super) fn say(&self, task: i64, event: Event) {
        drop(self.events.send((task, event)));
    }

    /// Waits for a turn at the hub.
    pub(super) async fn hub(&self) -> MutexGuard<'_, Hub> {
        self.hub.lock().await
    }
}
