//! Requests that change something: documents are fetched and expanded, and builds are kept or canceled.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;

use super::state::Service;
use crate::live::clock;
use crate::live::execute::Wish;
use crate::live::scm::{self, ScmError};
use crate::serve::api::{self, Level, Refusal, Status, Version, module_json};
use crate::serve::{
    Basis, Chosen, ModuleBuild, Source, State, Submission, User, Written, choose, exists, expand,
    imported,
};
use crate::store::{NewModuleBuild, RunState, StoreError, UnixMillis};

/// So long a submission waits until others are expanded.
const SLOT_TIME: Duration = Duration::from_secs(10);

/// Says that the store is away.
pub(super) fn away(error: &StoreError) -> Refusal {
    tracing::warn!("{error}");
    if matches!(error, StoreError::NoSuchBuild { .. }) {
        Refusal::no_module()
    } else if error.is_transient() {
        Refusal::new(Status::Unavailable, "The store is away; try again")
    } else {
        Refusal::new(Status::Internal, "The store is damaged or full")
    }
}

/// Submits a module build, and returns what there is of it.
pub(super) async fn submit(
    service: &Arc<Service>,
    bytes: &[u8],
    user: &User,
    version: Version,
) -> Result<Value, Refusal> {
    let submission = api::submission(bytes, user, &service.rules)?;
    let slot = tokio::time::timeout(SLOT_TIME, service.slots.acquire()).await;
    let _slot =
        slot.map_err(|_| Refusal::new(Status::Unavailable, "Too many submissions; try again"))?;
    let fetched = fetch(service, &submission.source).await?;
    service.refresh().await.map_err(|error| away(&error))?;
    let chosen = expanded(service, &submission, fetched).await?;
    let mut ids = keep(service, chosen.fresh).await?;
    for id in chosen.again {
        again(service, id, user).await?;
        ids.push(id);
    }
    service.refresh().await.map_err(|error| away(&error))?;
    if service.wake.send(()).is_err() {
        tracing::debug!("the service stops: the submission is driven by the next process");
    }
    let book = service.book();
    let builds = ids.iter().filter_map(|id| book.get(*id));
    let mut shown: Vec<Value> =
        builds.map(|build| module_json(build, &book, Level::Extended, version)).collect();
    match version {
        Version::One if !shown.is_empty() => Ok(shown.swap_remove(0)),
        Version::One | Version::Two => Ok(Value::Array(shown)),
    }
}

/// A document with what is known of its origin.
struct Fetched {
    text: String,
    seconds: i64,
    commit: Option<String>,
}

fn not_fetched(error: &ScmError) -> Refusal {
    if matches!(error, ScmError::NotAllowed(_)) {
        Refusal::forbidden(error.to_string())
    } else if error.is_transient() {
        Refusal::new(Status::Unavailable, error.to_string())
    } else {
        Refusal::unprocessable(error.to_string())
    }
}

async fn fetch(service: &Service, source: &Source) -> Result<Fetched, Refusal> {
    let (repository, revision) = match source {
        Source::Text { document, .. } => {
            let seconds = clock::now_ms() / 1000;
            return Ok(Fetched { text: document.clone(), seconds, commit: None });
        }
        Source::Scm { repository, revision, .. } => (repository.as_str(), revision.as_str()),
    };
    let file = format!("{}.yaml", source.repository_name().unwrap_or_default());
    let directory = Scratch::below(&service.serving.directory)
        .map_err(|_| Refusal::new(Status::Unavailable, "There is no room for the repository"))?;
    let scm = &service.serving.site.scm;
    let fetched = scm::document(scm, (repository, revision), &file, &directory.0).await;
    let fetched = fetched.map_err(|error| not_fetched(&error))?;
    let scm::Fetched { text, commit, committed } = fetched;
    Ok(Fetched { text, seconds: committed, commit: Some(commit) })
}

async fn expanded(
    service: &Arc<Service>,
    submission: &Submission,
    fetched: Fetched,
) -> Result<Chosen, Refusal> {
    let (service, submission) = (Arc::clone(service), submission.clone());
    let now = clock::now_ms() / 1000;
    let work = move || {
        let book = service.book();
        let mut known = lock(&service.known);
        known.learn(&book);
        let written = Written {
            text: &fetched.text,
            seconds: fetched.seconds,
            commit: fetched.commit.as_deref(),
        };
        let site = &service.serving.site;
        let builds = expand(&submission, written, Basis { known: &known, book: &book, site, now })?;
        choose(builds, &book)
    };
    let broken = |_| Refusal::new(Status::Internal, "The expansion broke");
    tokio::task::spawn_blocking(work).await.map_err(broken)?
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps new builds; returns their numbers.
async fn keep(service: &Service, fresh: Vec<ModuleBuild>) -> Result<Vec<u64>, Refusal> {
    if fresh.is_empty() {
        return Ok(Vec::new());
    }
    let new = |build: &ModuleBuild| NewModuleBuild {
        nsvc: build.nsvc(),
        components: build.components.len() as u64,
    };
    let new: Vec<NewModuleBuild> = fresh.iter().map(new).collect();
    let record = |at: usize, numbers| fresh[at].numbered(numbers).text();
    let added = service.store.add_builds(&new, service.serving.first_id(), record).await;
    match added {
        Ok(numbers) => Ok(numbers.iter().map(|numbers| numbers.build).collect()),
        // Somebody else was faster, at this process or another one.
        Err(StoreError::BuildExists { .. }) => Err(exists(State::Init)),
        Err(error) => Err(away(&error)),
    }
}

/// Builds a failed one again: by its run, where that can be resumed, else by a new one.
async fn again(service: &Service, id: u64, user: &User) -> Result<(), Refusal> {
    let build = service.book().get(id).map(Arc::clone).ok_or_else(Refusal::no_module)?;
    let run = match &build.run {
        None => None,
        Some(run) => match service.store.run(run).await {
            Ok(row) if matches!(row.state, RunState::Done | RunState::Canceled) => None,
            Ok(_) => Some(run.clone()),
            Err(StoreError::NoSuchRun { .. }) => None,
            Err(error) => return Err(away(&error)),
        },
    };
    if let Some(run) = &run {
        let wish = Wish::Retry { module: build.plan_id(), component: None };
        wish_of(service, run, &wish).await?;
    }
    let now = clock::now_ms() / 1000;
    let reason = format!("Resubmitted by {}", user.name);
    change(service, id, |build| build.again(run.is_some(), &reason, now)).await.map(drop)
}

async fn wish_of(service: &Service, run: &str, wish: &Wish) -> Result<(), Refusal> {
    let wished = service.store.wish(run, &wish.text(), UnixMillis(clock::now_ms())).await;
    match wished {
        // There is nothing to cancel or to retry any more.
        Ok(_) | Err(StoreError::Ended { .. }) => Ok(()),
        Err(error) => Err(away(&error)),
    }
}

/// Changes a build; `change` returns whether it did.
async fn change(
    service: &Service,
    id: u64,
    change: impl FnOnce(&mut ModuleBuild) -> bool,
) -> Result<bool, Refusal> {
    let changed = service.store.change_build(id, |text| {
        let mut build = ModuleBuild::of_text(text).ok()?;
        change(&mut build).then(|| build.text())
    });
    changed.await.map_err(|error| away(&error))
}

/// Cancels a build.
pub(super) async fn cancel(
    service: &Service,
    id: u64,
    bytes: &[u8],
    user: &User,
    version: Version,
) -> Result<Value, Refusal> {
    service.refresh().await.map_err(|error| away(&error))?;
    let build = service.book().get(id).map(Arc::clone).ok_or_else(Refusal::no_module)?;
    api::cancel(bytes, &build, user, &service.rules)?;
    let now = clock::now_ms() / 1000;
    let mut run = None;
    let canceled = change(service, id, |build| {
        run.clone_from(&build.run);
        build.cancel(&user.name, now)
    });
    if canceled.await?
        && let Some(run) = run
    {
        wish_of(service, &run, &Wish::Cancel { module: Some(build.plan_id()) }).await?;
    }
    service.refresh().await.map_err(|error| away(&error))?;
    let book = service.book();
    let build = book.get(id).ok_or_else(Refusal::no_module)?;
    Ok(module_json(build, &book, Level::Extended, version))
}

/// Imports a module that was built elsewhere: others may build on it from then on.
pub(super) async fn import(
    service: &Arc<Service>,
    bytes: &[u8],
    user: &User,
    version: Version,
) -> Result<Value, Refusal> {
    let source = api::import(bytes, user, &service.rules)?;
    let fetched = fetch(service, &source).await?;
    let now = clock::now_ms() / 1000;
    let site = &service.serving.site;
    let build = imported(&fetched.text, source.scmurl(), (&user.name, now), site)?;
    service.refresh().await.map_err(|error| away(&error))?;
    let nsvc = build.nsvc();
    if service.book().find(&nsvc).is_none() {
        keep(service, vec![build]).await?;
        service.refresh().await.map_err(|error| away(&error))?;
    }
    let book = service.book();
    let build = book.find(&nsvc).ok_or_else(Refusal::no_module)?;
    let messages = vec![Value::from(format!("Module {nsvc} imported"))];
    let module = module_json(build, &book, Level::Extended, version);
    Ok(serde_json::json!({"module": module, "messages": messages}))
}

/// A directory that goes with its user.
struct Scratch(std::path::PathBuf);

impl Scratch {
    fn below(base: &std::path::Path) -> std::io::Result<Self> {
        static COUNT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
        let number = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let path = base.join(format!("git-{number}"));
        std::fs::create_dir(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left of it is in nobody's way.
        drop(std::fs::remove_dir_all(&self.0));
    }
}
