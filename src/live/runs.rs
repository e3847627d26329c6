//! Durable runs as commands begin and resume them: a store, a hub, and the engine between the two, driven
//! without `async` around.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use super::clock;
use super::execute::{
    BeginError, Decided, Driven, News, Run, Session, StoreRows, Taken, Watch, drive, take,
};
use super::hub::{Hub, HubError, Login, Options};
use crate::drive::journal::{Began, Heading};
use crate::koji::calls::GetLoggedInUser;
use crate::koji_plan::Earlier;
use crate::status::ModuleState;
use crate::store::{Holder, NewRun, Opening, RunState, Store, StoreError, UnixMillis, slow_disk};

/// Where and how a run is driven.
pub struct Driving<'d> {
    /// The address of the store.
    pub store: &'d str,
    /// The hub's address, without a user.
    pub hub: &'d str,
    /// How the hub is reached.
    pub options: Options,
    /// How to log in there.
    pub login: Login,
    /// How long others wait for a sign of life of this process before they take the run over, in milliseconds.
    pub lease_ms: i64,
    /// An empty directory for macros packages.
    pub directory: PathBuf,
    /// Who looks on.
    pub watch: Watch<'d>,
}

/// A run that is to begin.
#[derive(Clone, Debug)]
pub struct Beginning {
    /// The checksum of its dry run: a part of it is in the name of the run.
    pub checksum: String,
    /// The first line of its journal.
    pub heading: Heading,
    /// What it builds.
    pub decided: Decided,
}

/// How a process ended that drove a run.
#[derive(Clone, Debug)]
pub struct Ended {
    /// The run.
    pub run: String,
    /// The settings of the run.
    pub began: Began,
    /// How the run stands.
    pub state: RunState,
    /// How everything in it stands.
    pub driven: Driven,
}

/// Why a run was not driven to its end.
#[derive(Debug)]
pub struct RunError {
    /// The run, where it has begun: then it can be resumed.
    pub run: Option<String>,
    /// What is in the way.
    pub why: WhyNot,
}

/// What is in the way of a run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WhyNot {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The hub, before anything was done.
    #[error(transparent)]
    Hub(#[from] HubError),
    /// The run is at another hub.
    #[error("run `{run}` is at the hub {of}")]
    OtherHub {
        /// The run.
        run: String,
        /// Its hub.
        of: String,
    },
    /// The locks of the run are not free.
    #[error("the locks of the run cannot be taken again: {0}")]
    Locked(String),
    /// Nobody is logged in.
    #[error("nobody is logged in at the hub")]
    Anonymous,
    /// What the run needs cannot be made.
    #[error(transparent)]
    Begin(#[from] BeginError),
    /// What the run left is not what somebody agreed to delete.
    #[error("what run `{run}` left at the hub is not what was listed under that checksum")]
    OtherLeftovers {
        /// The run.
        run: String,
    },
}

impl<E: Into<WhyNot>> From<E> for RunError {
    fn from(error: E) -> Self {
        Self { run: None, why: error.into() }
    }
}

/// Keeps what a dry run showed, by its checksum, for 24 hours.
///
/// # Errors
/// The store is away, full, damaged or of a newer format.
///
/// # Panics
/// When no runtime can be made.
pub fn keep_plan(url: &str, checksum: &str, plan: &str) -> Result<(), StoreError> {
    block_on(async {
        let store = Store::open(url).await?;
        store.keep_plan(checksum, plan, now()).await?;
        store.close().await;
        Ok(())
    })
}

/// Returns what a dry run of the last 24 hours showed, by its checksum.
///
/// # Errors
/// The store is away, damaged or of a newer format. One that does not exist has nothing.
///
/// # Panics
/// When no runtime can be made.
pub fn kept_plan(url: &str, checksum: &str) -> Result<Option<String>, StoreError> {
    block_on(async {
        match open(url).await {
            Ok(store) => store.kept_plan(checksum, now()).await,
            Err(StoreError::Missing) => Ok(None),
            Err(error) => Err(error),
        }
    })
}

/// Returns what earlier runs of a store left behind at a hub.
///
/// # Errors
/// As [`kept_plan`].
///
/// # Panics
/// When no runtime can be made.
pub fn earlier(url: &str, hub: &str) -> Result<Earlier, StoreError> {
    block_on(async {
        let store = match open(url).await {
            Ok(store) => store,
            Err(StoreError::Missing) => return Ok(Earlier::default()),
            Err(error) => return Err(error),
        };
        let undriven = store.undriven(hub, now()).await?;
        Ok(Earlier { indexes: store.indexes_used(hub).await?, undriven })
    })
}

/// Checks that no run of a store that somebody drives builds one of some streams at a hub.
///
/// # Errors
/// [`StoreError::Claimed`] with the name of who drives it; else as [`kept_plan`].
///
/// # Panics
/// When no runtime can be made.
pub fn check_free(url: &str, hub: &str, streams: &BTreeSet<String>) -> Result<(), StoreError> {
    block_on(async { open(url).await?.check_free(hub, streams, now()).await })
}

/// Begins a run, and drives it until it is over or is to stop.
///
/// # Errors
/// The hub or the store is away, another run builds one of the streams, or rpmbuild is missing: then nothing
/// was begun. Or the store was lost on the way: then the error names the run.
///
/// # Panics
/// When no runtime can be made.
pub fn begin(driving: Driving<'_>, beginning: Beginning) -> Result<Ended, RunError> {
    block_on(async {
        let Driving { store, hub, options, login, lease_ms, directory, watch } = driving;
        let store = opened(store).await?;
        let session = connect(options, login).await?;
        let started = now();
        let run = free_name(&store, &beginning.checksum, started).await?;
        let work = beginning.decided.work(&run, &directory)?;
        let Beginning { heading, decided, .. } = beginning;
        let new = new_run(run, hub, &heading, &decided);
        let lease = store.begin(&new, &Holder::this_process(), started, lease_ms).await?;
        let run = Run { heading, entries: Vec::new(), started_ms: started.0, work };
        to_the_end(&store, lease, run, session, watch).await
    })
}

/// Takes a run over, and drives it until it is over or is to stop.
///
/// # Errors
/// As [`begin`]; somebody drives the run, or it has ended.
///
/// # Panics
/// When no runtime can be made.
pub fn resume(driving: Driving<'_>, run: &str) -> Result<Ended, RunError> {
    block_on(async {
        let Driving { store, hub, options, login, lease_ms, directory, watch } = driving;
        let store = open(store).await?;
        let of = store.run(run).await?.hub;
        if of != hub {
            return Err(WhyNot::OtherHub { run: run.to_owned(), of }.into());
        }
        let session = connect(options, login).await?;
        let taken = take(&store, run, &Holder::this_process(), now(), lease_ms).await?;
        let Taken { driven: lease, heading, entries, started_ms, decided } = taken;
        let named = |error: RunError| RunError { run: Some(run.to_owned()), ..error };
        let work = decided.work(run, &directory).map_err(|error| named(error.into()))?;
        let run = Run { heading, entries, started_ms, work };
        to_the_end(&store, lease, run, session, watch).await
    })
}

async fn to_the_end(
    store: &Store,
    lease: crate::store::Driven,
    run: Run,
    session: Session,
    watch: Watch<'_>,
) -> Result<Ended, RunError> {
    let name = lease.run().to_owned();
    (watch.tell)(News::Drives(&name));
    let lost = |error: StoreError| RunError { run: Some(name.clone()), why: error.into() };
    let began = run.heading.began.clone();
    let mut rows = StoreRows::new(store, lease);
    let driven = drive(run, session, &mut rows, watch).await.map_err(lost)?;
    let state = state(&driven);
    store.release(rows.driven(), state, now()).await.map_err(lost)?;
    if let Some(why) = driven.refused {
        return Err(RunError { run: Some(name), why: WhyNot::Locked(why) });
    }
    Ok(Ended { run: name, began, state, driven })
}

/// Returns how a run stands when its process stops.
fn state(driven: &Driven) -> RunState {
    let is = |wanted: ModuleState| driven.modules.iter().any(|module| module.state == wanted);
    match () {
        () if driven.is_paused => RunState::Paused,
        () if !driven.is_over => RunState::Interrupted,
        () if is(ModuleState::Failed) => RunState::Failed,
        () if is(ModuleState::Canceled) => RunState::Canceled,
        () if driven.modules.iter().all(|module| module.state == ModuleState::Ready) => {
            RunState::Done
        }
        () => RunState::Stuck,
    }
}

fn new_run(run: String, hub: &str, heading: &Heading, decided: &Decided) -> NewRun {
    let mut indexes: BTreeMap<String, u64> = BTreeMap::new();
    for build in &decided.builds {
        let index = indexes.entry(build.stream.clone()).or_default();
        *index = build.index.max(*index);
    }
    NewRun {
        run,
        hub: hub.to_owned(),
        approach: heading.began.approach.as_str().to_owned(),
        heading: heading.line(),
        work: serde_json::to_string(decided).expect("what is decided is JSON"),
        streams: indexes.keys().cloned().collect(),
        indexes: indexes.into_iter().collect(),
    }
}

/// Returns a name that no run of the store has: when it begins, and a part of its checksum, so that names sort
/// by time and are known from the dry run.
async fn free_name(store: &Store, checksum: &str, at: UnixMillis) -> Result<String, StoreError> {
    let time = jiff::Timestamp::from_millisecond(at.0).unwrap_or_default();
    let time = time.strftime("%Y%m%d-%H%M%S");
    let digits = checksum.rsplit(':').next().unwrap_or_default();
    let first = format!("{time}-{}", digits.get(..6).unwrap_or(digits));
    let (mut name, mut count) = (first.clone(), 1);
    loop {
        match store.run(&name).await {
            Err(StoreError::NoSuchRun { .. }) => return Ok(name),
            Err(error) => return Err(error),
            Ok(_) => {
                count += 1;
                name = format!("{first}-{count}");
            }
        }
    }
}

/// Opens a store that is to keep a run; a slow disk is said.
async fn opened(url: &str) -> Result<Store, StoreError> {
    let store = Store::open(url).await?;
    if let Some(slow) = slow_disk(commit_time(&store).await?) {
        tracing::warn!("{slow}");
    }
    Ok(store)
}

/// Measures how long one synced commit of a store takes: the median of five.
///
/// # Errors
/// The database does not take them.
pub async fn commit_time(store: &Store) -> Result<Duration, StoreError> {
    let mut times = [Duration::ZERO; 5];
    for time in &mut times {
        let (took, done) = clock::timed(store.probe()).await;
        done?;
        *time = took;
    }
    times.sort_unstable();
    Ok(times[times.len() / 2])
}

async fn connect(options: Options, login: Login) -> Result<Session, WhyNot> {
    let mut hub = Hub::connect(options, login).await?;
    let user = hub.call(&GetLoggedInUser {}).await?.ok_or(WhyNot::Anonymous)?;
    Ok(Session { hub, user: user.id })
}

pub(super) async fn open(url: &str) -> Result<Store, StoreError> {
    Store::open_with(url, Opening { makes: false, ..Opening::default() }).await
}

pub(super) fn now() -> UnixMillis {
    UnixMillis(clock::now_ms())
}

pub(super) fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime of this one thread starts").block_on(work)
}
