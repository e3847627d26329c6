//! Drives the run of one submission: from its plan to its end, or on from where another process left it.

use std::path::PathBuf;
use std::sync::mpsc::Sender;

use jiff::Timestamp;

use super::recorder::Note;
use super::state::Serving;
use crate::koji_plan::{BuildOwner, Request, WorkedOut};
use crate::live;
use crate::live::clock;
use crate::live::execute::{News, Watch};
use crate::live::runs::{self, Beginning, Deciding, Driving, Ended, RunError, RunName, WhyNot};
use crate::live::scm;
use crate::plan::Plan;
use crate::serve::{ModuleBuild, State, pin, plan, unpinned};
use crate::status::ModuleStatus;
use crate::store::{Store, StoreError};

/// What is to be done about a run; each with the numbers of its builds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Errand {
    /// It is to begin.
    Begin(Vec<u64>),
    /// Nobody drives it.
    Resume(Vec<u64>),
    /// It has ended, and not everybody knows.
    Read(Vec<u64>),
}

/// Why a submission does not go on.
enum Trouble {
    /// It will never do: the builds fail.
    Fails(String),
    /// It waits for something.
    Waits(String),
    /// Somebody else does it.
    Others,
}

/// Does an errand. Returns whether there may be more to do at once.
pub(super) fn run(serving: &Serving, name: &str, errand: Errand, notes: &Sender<Note>) -> bool {
    let tell = |note: Note| {
        // Nobody writes any more where the service stops.
        drop(notes.send(note));
    };
    let (ids, done) = match errand {
        Errand::Begin(ids) => {
            let done = begin(serving, name, &ids, notes);
            (ids, done)
        }
        Errand::Resume(ids) => {
            tell(Note::Begun { ids: ids.clone(), run: name.to_owned() });
            let done = watched(serving, name, notes, |driving| runs::resume(driving, name));
            (ids, done)
        }
        Errand::Read(ids) => {
            let done = read(serving, name, notes);
            (ids, done)
        }
    };
    match done {
        Ok(()) => true,
        Err(Trouble::Fails(reason)) => {
            tell(Note::Failed { ids, reason });
            true
        }
        Err(Trouble::Waits(reason)) => {
            tracing::info!("{name}: {reason}");
            tell(Note::Waits { ids, reason });
            false
        }
        Err(Trouble::Others) => false,
    }
}

/// Begins a run: plans it, asks the hub what there is, and drives it.
fn begin(serving: &Serving, name: &str, ids: &[u64], notes: &Sender<Note>) -> Result<(), Trouble> {
    let submitted = clock::now_ms() / 1000;
    let builds = block_on(builds(serving, ids)).map_err(|error| store_trouble(&error))?;
    let still: Vec<&ModuleBuild> =
        builds.iter().filter(|build| build.state == State::Init && build.run.is_none()).collect();
    if still.is_empty() {
        return Err(Trouble::Others);
    }
    let mut plan = plan(&still, &serving.site).map_err(Trouble::Fails)?;
    resolve(serving, &mut plan)?;
    let earlier = runs::earlier(serving.store.reveal(), &serving.hub);
    let earlier = earlier.map_err(|error| store_trouble(&error))?;
    let scratch = still.iter().filter(|build| build.scratch);
    let scratch = scratch.map(|build| (build.plan_id(), build.id)).collect();
    let request = Request {
        plan: &plan,
        site: &serving.site,
        sources: None,
        given: &serving.given,
        submitted: Timestamp::from_second(submitted).unwrap_or_default(),
        earlier: &earlier,
        scratch: &scratch,
        owner: BuildOwner::Orchestrator,
    };
    let out = live::dry_run(serving.options.clone(), serving.login.clone(), request);
    let out = out.map_err(|error| Trouble::Waits(format!("waits for the hub: {error}")))?;
    check(&out)?;
    let deciding = Deciding {
        site: &serving.site,
        submitted_seconds: submitted,
        poll: serving.poll,
        final_repos: serving.final_repos.clone(),
        spool: serving.spool.clone(),
    };
    let beginning = Beginning {
        name: RunName::Given(name.to_owned()),
        heading: runs::heading(&plan, &out.builds, &serving.site, serving.poll),
        decided: deciding.of(out),
    };
    let ids: Vec<u64> = still.iter().map(|build| build.id).collect();
    let begun = || {
        drop(notes.send(Note::Begun { ids: ids.clone(), run: name.to_owned() }));
    };
    watched_from(serving, name, (notes, &begun), |driving| runs::begin(driving, beginning))
}

/// Refuses a run whose preflight does not hold.
fn check(out: &WorkedOut) -> Result<(), Trouble> {
    let failed: Vec<String> = (out.checks.iter().filter(|check| !check.ok))
        .map(|check| format!("{}: {}", check.check, check.detail))
        .collect();
    match failed.as_slice() {
        [] => Ok(()),
        failed => Err(Trouble::Fails(format!("the preflight fails: {}", failed.join("; ")))),
    }
}

/// Finds the commits of branches.
fn resolve(serving: &Serving, plan: &mut Plan) -> Result<(), Trouble> {
    let mut commits = std::collections::BTreeMap::new();
    for (package, reference) in unpinned(plan) {
        let Some(repository) = scm::repository(&serving.site.scm, &package) else {
            return Err(Trouble::Fails(format!("nothing says where {package} comes from")));
        };
        let found = block_on(scm::resolve(&serving.site.scm, &repository, reference.as_deref()));
        match found {
            Ok(commit) => commits.insert((package, reference), commit),
            Err(error) if error.is_transient() => return Err(Trouble::Waits(error.to_string())),
            Err(error) => return Err(Trouble::Fails(error.to_string())),
        };
    }
    pin(plan, &commits);
    Ok(())
}

fn watched(
    serving: &Serving,
    name: &str,
    notes: &Sender<Note>,
    act: impl FnOnce(Driving<'_>) -> Result<Ended, RunError>,
) -> Result<(), Trouble> {
    watched_from(serving, name, (notes, &|| {}), act)
}

/// Drives a run, and has written what it comes to.
fn watched_from(
    serving: &Serving,
    name: &str,
    (notes, begun): (&Sender<Note>, &dyn Fn()),
    act: impl FnOnce(Driving<'_>) -> Result<Ended, RunError>,
) -> Result<(), Trouble> {
    let directory = Directory::below(&serving.directory, name)
        .map_err(|error| Trouble::Waits(format!("waits for room on the disk: {error}")))?;
    let mut last: Vec<ModuleStatus> = Vec::new();
    let mut tell = |news: News<'_>| match news {
        News::Drives(_) => begun(),
        News::Line(line) => tracing::info!("{name}: {line}"),
        News::Stands(status) => {
            let modules = status.modules();
            if modules != last {
                last.clone_from(&modules);
                let run = name.to_owned();
                drop(notes.send(Note::Stands { run, modules, nvrs: Default::default() }));
            }
        }
    };
    let driving = Driving {
        store: serving.store.reveal(),
        hub: &serving.hub,
        options: serving.options.clone(),
        login: serving.login.clone(),
        lease_ms: serving.lease_ms,
        directory: directory.0.clone(),
        watch: Watch { stop: serving.stop, tell: &mut tell },
    };
    match act(driving) {
        Ok(ended) => {
            let Ended { driven, .. } = ended;
            let run = name.to_owned();
            let halt = driven.halt.map(|halt| halt.words(name));
            drop(notes.send(Note::Stands { run, modules: driven.modules, nvrs: driven.nvrs }));
            halt.map_or(Ok(()), |why| Err(Trouble::Fails(why)))
        }
        Err(error) => Err(trouble(&error)),
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the library's errors may grow")]
fn trouble(error: &RunError) -> Trouble {
    match &error.why {
        WhyNot::Store(error) => store_trouble(error),
        WhyNot::Hub(error) => Trouble::Waits(format!("waits for the hub: {error}")),
        WhyNot::Locked(why) => Trouble::Waits(why.clone()),
        other if error.run.is_some() => Trouble::Waits(other.to_string()),
        other => Trouble::Fails(other.to_string()),
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the library's errors may grow")]
fn store_trouble(error: &StoreError) -> Trouble {
    match error {
        StoreError::Held { .. } | StoreError::Fenced { .. } | StoreError::RunExists { .. } => {
            Trouble::Others
        }
        StoreError::Claimed { .. } | StoreError::IndexUsed { .. } | StoreError::Away { .. } => {
            Trouble::Waits(error.to_string())
        }
        _ => Trouble::Fails(error.to_string()),
    }
}

/// Writes what a run came to that has ended.
fn read(serving: &Serving, name: &str, notes: &Sender<Note>) -> Result<(), Trouble> {
    let run = live::stored_run(serving.store.reveal(), name).map_err(|e| store_trouble(&e))?;
    let modules = run.folded.status.modules();
    let run = name.to_owned();
    drop(notes.send(Note::Stands { run, modules, nvrs: Default::default() }));
    // There is nothing more to do, so that the next look comes later.
    Err(Trouble::Others)
}

async fn builds(serving: &Serving, ids: &[u64]) -> Result<Vec<ModuleBuild>, StoreError> {
    let store = Store::open(serving.store.reveal()).await?;
    let mut reader = super::reader::Reader::default();
    reader.read(&store).await?;
    store.close().await;
    let book = reader.book();
    let book = book.read().unwrap_or_else(std::sync::PoisonError::into_inner);
    Ok(ids.iter().filter_map(|id| book.get(*id)).map(|build| (**build).clone()).collect())
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime of this one thread starts").block_on(work)
}

/// The directory of a run, which goes with its driver.
struct Directory(PathBuf);

impl Directory {
    fn below(base: &std::path::Path, name: &str) -> std::io::Result<Self> {
        let path = base.join(name);
        if path.exists() {
            std::fs::remove_dir_all(&path)?;
        }
        std::fs::create_dir(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // What is left of it is in nobody's way.
        drop(std::fs::remove_dir_all(&self.0));
    }
}
