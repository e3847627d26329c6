//! Writes into the store what runs come to.

use std::collections::BTreeMap;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use super::reader::Reader;
use super::state::Serving;
use crate::live::clock;
use crate::live::execute::Wish;
use crate::orchestrate::TaskId;
use crate::serve::{ModuleBuild, State, is_canceled, seen};
use crate::status::ModuleStatus;
use crate::store::{Store, StoreError, UnixMillis};

/// While the store is away, it is tried again after this time.
const PAUSE: Duration = Duration::from_secs(1);

/// What is to be written.
#[derive(Debug)]
pub(super) enum Note {
    /// A run builds these builds.
    Begun {
        /// Their numbers.
        ids: Vec<u64>,
        /// The run.
        run: String,
    },
    /// How the modules of a run stand.
    Stands {
        /// The run.
        run: String,
        /// Its modules.
        modules: Vec<ModuleStatus>,
        /// What tasks have built, where the hub said it.
        nvrs: BTreeMap<TaskId, String>,
    },
    /// Builds will never be ready.
    Failed {
        /// Their numbers.
        ids: Vec<u64>,
        /// Why.
        reason: String,
    },
    /// Builds wait.
    Waits {
        /// Their numbers.
        ids: Vec<u64>,
        /// For what.
        reason: String,
    },
}

/// Writes notes until nobody sends any more.
pub(super) fn run(serving: &Serving, notes: &Receiver<Note>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime can be made");
    let mut store: Option<Store> = None;
    let mut reader = Reader::default();
    while let Ok(note) = notes.recv() {
        loop {
            let written = runtime.block_on(async {
                let open = match &store {
                    Some(open) => open,
                    None => store.insert(Store::open(serving.store.reveal()).await?),
                };
                write(open, &mut reader, &note).await
            });
            match written {
                Err(error) if error.is_transient() => {
                    tracing::warn!("progress waits for the store: {error}");
                    std::thread::sleep(PAUSE);
                }
                Err(error) => {
                    tracing::error!("progress is not written: {error}");
                    break;
                }
                Ok(()) => break,
            }
        }
    }
}

async fn write(store: &Store, reader: &mut Reader, note: &Note) -> Result<(), StoreError> {
    let now = clock::now_ms() / 1000;
    match note {
        Note::Begun { ids, run } => {
            for &id in ids {
                begun(store, id, run, now).await?;
            }
        }
        Note::Stands { run, modules, nvrs } => {
            reader.read(store).await?;
            for (id, module) in of_run(reader, run, modules) {
                change(store, id, |build| seen(build, module, nvrs, now)).await?;
            }
        }
        Note::Failed { ids, reason } => {
            for &id in ids {
                let failed = |build: &mut ModuleBuild| {
                    let is_new = !build.is_over();
                    if is_new {
                        build.enter(State::Failed, Some(reason.clone()), now);
                    }
                    is_new
                };
                change(store, id, failed).await?;
            }
        }
        Note::Waits { ids, reason } => {
            for &id in ids {
                let waits = |build: &mut ModuleBuild| {
                    let is_new = !build.is_over() && build.state_reason.as_ref() != Some(reason);
                    if is_new {
                        let state = build.state;
                        build.enter(state, Some(reason.clone()), now);
                    }
                    is_new
                };
                change(store, id, waits).await?;
            }
        }
    }
    Ok(())
}

/// Notes the run of a build. One that was canceled meanwhile is canceled there.
async fn begun(store: &Store, id: u64, run: &str, now: i64) -> Result<(), StoreError> {
    let mut canceled = None;
    let changed = change(store, id, |build| {
        let is_new = build.run.as_deref() != Some(run);
        if is_new {
            build.run = Some(run.to_owned());
            if is_canceled(build) {
                canceled = Some(build.plan_id());
            } else if build.state == State::Init {
                build.enter(State::Wait, None, now);
            }
        }
        is_new
    });
    changed.await?;
    if let Some(module) = canceled {
        let wish = Wish::Cancel { module: Some(module) };
        let wished = store.wish(run, &wish.text(), UnixMillis(clock::now_ms())).await;
        if let Err(error) = wished
            && !matches!(error, StoreError::Ended { .. })
        {
            return Err(error);
        }
    }
    Ok(())
}

/// Returns the modules of a run, each with the number of its build.
fn of_run<'m>(
    reader: &Reader,
    run: &str,
    modules: &'m [ModuleStatus],
) -> Vec<(u64, &'m ModuleStatus)> {
    let book = reader.book();
    let book = book.read().unwrap_or_else(std::sync::PoisonError::into_inner);
    let of_it = book.all().filter(|build| build.run.as_deref() == Some(run));
    let found = of_it.filter_map(|build| {
        let module = modules.iter().find(|module| *module.id == *build.plan_id())?;
        Some((build.id, module))
    });
    found.collect()
}

async fn change(
    store: &Store,
    id: u64,
    change: impl FnOnce(&mut ModuleBuild) -> bool,
) -> Result<bool, StoreError> {
    let mut unreadable = None;
    let changed = store.change_build(id, |text| match ModuleBuild::of_text(text) {
        Ok(mut build) => change(&mut build).then(|| build.text()),
        Err(reason) => {
            unreadable = Some(reason);
            None
        }
    });
    let changed = changed.await?;
    match unreadable {
        Some(reason) => Err(StoreError::Corrupt { reason }),
        None => Ok(changed),
    }
}
