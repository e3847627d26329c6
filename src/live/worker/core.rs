//! What all jobs of a worker share: the session, the host, what the site decides, and where events go.

use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{Mutex, MutexGuard, Semaphore};

use super::job::Job;
use crate::koji::Fault;
use crate::live::final_repo::FinalRepos;
use crate::live::hub::Hub;
use crate::orchestrate::Event;
use crate::site::Site;

/// What a worker hears of its jobs.
#[derive(Debug)]
pub(super) enum Heard {
    /// Something happened to a job.
    Event(Event),
    /// A job can begin.
    Opened(Box<Job>),
    /// A task cannot be built: it fails so.
    Refused(Fault),
    /// The hub did not answer: the task is opened again with the next turn.
    Later,
}

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
    sender: UnboundedSender<(i64, Heard)>,
    receiver: Mutex<Option<UnboundedReceiver<(i64, Heard)>>>,
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

    /// Returns what the jobs say, for the one who listens.
    pub(super) async fn listen(&self) -> UnboundedReceiver<(i64, Heard)> {
        self.receiver.lock().await.take().expect("one listens")
    }

    /// Says something about a task. Nobody hears it after the end of the worker.
    pub(super) fn say(&self, task: i64, heard: Heard) {
        drop(self.sender.send((task, heard)));
    }

    /// Waits for a turn at the hub.
    pub(super) async fn hub(&self) -> MutexGuard<'_, Hub> {
        self.hub.lock().await
    }
}
