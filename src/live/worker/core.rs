//! What all jobs of a worker share: the session, the host, what the site decides, and where events go.

use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
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
    sender: UnboundedSender<(i64, Event)>,
    receiver: Mutex<Option<UnboundedReceiver<(i64, Event)>>>,
}

impl Core {
    pub(super) fn new(hub: Hub, host: i64, settings: Settings) -> Self {
        let (sender, receiver) = unbounded_channel();
        let repos = settings.site.limits.repos_in_flight.max(1);
        Self {
            hub: Rc::new(Mutex::new(hub)),
            host,
            repos: Semaphore::new(usize::try_from(repos).unwrap_or(Semaphore::MAX_PERMITS)),
            settings,
            sender,
            receiver: Mutex::new(Some(receiver)),
        }
    }

    /// Returns the events of the jobs, for the one who listens.
    pub(super) async fn listen(&self) -> UnboundedReceiver<(i64, Event)> {
        self.receiver.lock().await.take().expect("one listens")
    }

    /// Says what happened to a job. Nobody hears it after the end of the worker.
    pub(super) fn say(&self, task: i64, event: Event) {
        drop(self.sender.send((task, event)));
    }

    /// Waits for a turn at the hub.
    pub(super) async fn hub(&self) -> MutexGuard<'_, Hub> {
        self.hub.lock().await
    }
}
