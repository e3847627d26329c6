//! What the threads of the service share.

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, RwLock};

use super::auth::Gatekeeper;
use super::limits::Pace;
use super::reader::Reader;
use crate::koji::Secret;
use crate::live::final_repo::FinalRepos;
use crate::live::hub::{Login, Options};
use crate::load::Snapshot;
use crate::name::Selector;
use crate::serve::api::Rules;
use crate::serve::{Book, Known, Requests};
use crate::site::Site;
use crate::store::{Store, StoreError};
use crate::time::Millis;

/// All that a service needs.
pub struct Serving {
    /// What the site decides.
    pub site: Site,
    /// The builds to expand against, besides those of the service.
    pub snapshot: Snapshot,
    /// The address of the store.
    pub store: Secret,
    /// The hub's address, without a user.
    pub hub: String,
    /// How the hub is reached.
    pub options: Options,
    /// Where koji's own pages are.
    pub weburl: String,
    /// How to log in there.
    pub login: Login,
    /// Modules that are in the tags of platforms although no build shows them.
    pub given: Vec<Selector>,
    /// Where final repositories are made.
    pub final_repos: Option<FinalRepos>,
    /// Where mails are written.
    pub spool: Option<PathBuf>,
    /// How often koji is asked.
    pub poll: Millis,
    /// How long a process that gives no sign of life keeps a run, in milliseconds.
    pub lease_ms: i64,
    /// An empty directory.
    pub directory: PathBuf,
    /// The secret of the service at its identity provider.
    pub secret: Option<Secret>,
    /// Set where the service is to stop.
    pub stop: &'static AtomicBool,
}

/// Why there is no service.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The address is unavailable.
    #[error("cannot listen on {address}: {source}")]
    Address {
        /// The address.
        address: String,
        /// The error of the system.
        source: std::io::Error,
    },
    /// The socket broke.
    #[error("the socket of the service broke: {0}")]
    Socket(std::io::Error),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What the answering thread works with.
pub(super) struct Service {
    pub(super) serving: Arc<Serving>,
    pub(super) store: Store,
    pub(super) rules: Rules,
    pub(super) gatekeeper: Gatekeeper,
    /// Reads one after another, so that nothing older replaces what is newer.
    pub(super) reader: tokio::sync::Mutex<Reader>,
    pub(super) book: Arc<RwLock<Book>>,
    pub(super) known: Mutex<Known>,
    pub(super) slots: tokio::sync::Semaphore,
    pub(super) pace: Mutex<Pace>,
    pub(super) requests: Mutex<Requests>,
    /// Wakes whoever looks for submissions.
    pub(super) wake: std::sync::mpsc::Sender<()>,
}

impl Serving {
    /// Returns the lowest number that a build may get.
    pub(super) fn first_id(&self) -> u64 {
        self.site.serve.first_id.map_or(1, u64::from)
    }
}

impl Service {
    /// Reads what this or another process has changed.
    pub(super) async fn refresh(&self) -> Result<(), StoreError> {
        self.reader.lock().await.read(&self.store).await
    }

    /// Returns the builds as they were read last.
    pub(super) fn book(&self) -> std::sync::RwLockReadGuard<'_, Book> {
        self.book.read().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
