//! Looks for submissions that nobody drives, and has them driven.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::driver::{self, Errand};
use super::reader::Reader;
use super::recorder::{self, Note};
use super::state::Serving;
use crate::live::clock;
use crate::serve::{Book, ModuleBuild, State, is_canceled};
use crate::store::{RunState, Store, StoreError, UnixMillis};

/// How often the store is looked at where nobody submits anything here.
const LOOK: Duration = Duration::from_secs(1);
/// So many runs are driven by one process.
const RUNS_MAX: usize = 16;
/// After a submission could not be begun, others come first for this time, in milliseconds.
const PAUSE_MS: i64 = 5000;
/// Canceled builds that ended before this time have nothing at the hub, in seconds.
const CANCELED_SECONDS: i64 = 86_400;

/// Names of runs that this process drives, and of those that wait for a while.
#[derive(Debug, Default)]
pub(super) struct Driving {
    runs: BTreeSet<String>,
    not_before: BTreeMap<String, i64>,
}

/// Drives submissions until the service stops.
pub(super) fn run(serving: &Arc<Serving>, woken: &Receiver<()>) {
    let (notes, noted) = channel();
    let recorder = {
        let serving = Arc::clone(serving);
        std::thread::spawn(move || recorder::run(&serving, &noted))
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime can be made");
    let mut runner = Runner {
        serving: Arc::clone(serving),
        reader: Reader::default(),
        driving: Arc::default(),
        threads: Vec::new(),
        notes,
    };
    let mut store = None;
    while !serving.stop.load(Ordering::Relaxed) {
        let scanned = runtime.block_on(async {
            let open = match &store {
                Some(open) => open,
                None => store.insert(Store::open(serving.store.reveal()).await?),
            };
            runner.scan(open).await
        });
        if let Err(error) = scanned {
            tracing::warn!("submissions wait: {error}");
        }
        match woken.recv_timeout(LOOK) {
            Ok(()) | Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => std::thread::sleep(LOOK),
        }
        runner.threads.retain(|thread| !thread.is_finished());
    }
    let Runner { threads, notes, .. } = runner;
    for thread in threads {
        if thread.join().is_err() {
            tracing::error!("a thread that drove a run broke");
        }
    }
    drop(notes);
    if recorder.join().is_err() {
        tracing::error!("the thread that writes progress broke");
    }
}

struct Runner {
    serving: Arc<Serving>,
    reader: Reader,
    driving: Arc<Mutex<Driving>>,
    threads: Vec<JoinHandle<()>>,
    notes: Sender<Note>,
}

impl Runner {
    async fn scan(&mut self, store: &Store) -> Result<(), StoreError> {
        self.reader.read(store).await?;
        let wanted = {
            let book = self.reader.book();
            let book = book.read().unwrap_or_else(PoisonError::into_inner);
            wanted(&book, clock::now_ms() / 1000)
        };
        for (name, ids) in wanted {
            if self.threads.len() >= RUNS_MAX {
                break;
            }
            let is_busy = {
                let driving = lock(&self.driving);
                let pause = driving.not_before.get(&name);
                driving.runs.contains(&name) || pause.is_some_and(|at| *at > clock::now_ms())
            };
            if is_busy {
                continue;
            }
            if let Some(errand) = self.errand(store, &name, ids).await? {
                self.start(name, errand);
            }
        }
        Ok(())
    }

    /// Returns what is to be done about a run; nothing where somebody does it.
    async fn errand(
        &self,
        store: &Store,
        name: &str,
        ids: Vec<u64>,
    ) -> Result<Option<Errand>, StoreError> {
        let row = match store.run(name).await {
            Ok(row) => row,
            Err(StoreError::NoSuchRun { .. }) => return Ok(Some(Errand::Begin(ids))),
            Err(error) => return Err(error),
        };
        match row.state {
            RunState::Done | RunState::Canceled => Ok(Some(Errand::Read(ids))),
            RunState::Paused | RunState::Draining => Ok(None),
            RunState::Running | RunState::Interrupted | RunState::Failed | RunState::Stuck => {
                let is_driven = store.is_driven(name, UnixMillis(clock::now_ms())).await?;
                Ok((!is_driven).then_some(Errand::Resume(ids)))
            }
        }
    }

    fn start(&mut self, name: String, errand: Errand) {
        lock(&self.driving).runs.insert(name.clone());
        let (serving, driving) = (Arc::clone(&self.serving), Arc::clone(&self.driving));
        let notes = self.notes.clone();
        let thread = std::thread::spawn(move || {
            let goes_on = driver::run(&serving, &name, errand, &notes);
            let mut driving = lock(&driving);
            driving.runs.remove(&name);
            if goes_on {
                driving.not_before.remove(&name);
            } else {
                driving.not_before.insert(name, clock::now_ms() + PAUSE_MS);
            }
        });
        self.threads.push(thread);
    }
}

fn lock(driving: &Mutex<Driving>) -> std::sync::MutexGuard<'_, Driving> {
    driving.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the runs that there are or are to be, by name, each with its builds.
fn wanted(book: &Book, now: i64) -> BTreeMap<String, Vec<u64>> {
    let mut wanted: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    let mut fresh: BTreeMap<u64, Vec<&Arc<ModuleBuild>>> = BTreeMap::new();
    for build in book.all() {
        let is_late = is_canceled(build) && now - build.modified < CANCELED_SECONDS;
        match &build.run {
            Some(run) if !build.is_over() || is_late => {
                wanted.entry(run.clone()).or_default().push(build.id);
            }
            None if build.state == State::Init => {
                fresh.entry(build.submission).or_default().push(build);
            }
            Some(_) | None => {}
        }
    }
    for builds in fresh.into_values() {
        let Some(first) = builds.first() else { continue };
        let tries = first.trace.iter().filter(|step| step.state == State::Init).count();
        let name = match tries {
            0 | 1 => format!("build-{}", first.id),
            tries => format!("build-{}-{tries}", first.id),
        };
        wanted.entry(name).or_default().extend(builds.iter().map(|build| build.id));
    }
    wanted
}
