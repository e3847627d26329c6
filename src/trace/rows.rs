//! Turns records of tasks, builds and repos into rows, or into counts of records that are not rows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::collect::{Build, BuildState, Collection, Id, Repo, Source, Task};
use super::{BUILD, BUILD_ARCH, BUILD_SRPM, NEW_REPO, RUN_MAX, Row, RowOutcome, Tally, Unfinished};
use crate::koji::TaskState;
use crate::load::{Code, Finding, Place};
use crate::name::Arch;
use crate::time::Millis;

/// Unsorted rows, with the moment by which they are ordered.
struct Maker<'a> {
    collection: &'a Collection,
    /// Tasks that are represented by their children.
    parents: BTreeSet<Id>,
    rows: Vec<(Timestamp, i64, Row)>,
    tally: &'a mut Tally,
    unfinished: &'a mut Vec<Unfinished>,
    findings: &'a mut Vec<Finding>,
    /// By file, the first task without a package, and their number.
    nameless: BTreeMap<u32, (Place, usize)>,
}

/// Makes rows, in the order in which the tasks started; equal moments by number.
pub(super) fn rows(
    collection: &Collection,
    tally: &mut Tally,
    unfinished: &mut Vec<Unfinished>,
    findings: &mut Vec<Finding>,
) -> Vec<Row> {
    let above = |(id, task): (&Id, &Task)| task.parent.map(|parent| (id.0.clone(), parent));
    let parents = collection.tasks.iter().filter_map(above).collect();
    tally.repeated += collection.repeated;
    let (rows, nameless) = (Vec::new(), BTreeMap::new());
    let mut maker = Maker { collection, parents, rows, tally, unfinished, findings, nameless };
    for (id, task) in &collection.tasks {
        maker.task(id, task);
    }
    for (id, build) in &collection.builds {
        maker.build(id, build);
    }
    for (id, repo) in &collection.repos {
        maker.repo(id, repo);
    }
    maker.report_nameless();
    let mut rows = maker.rows;
    rows.sort_by_key(|(start, number, _)| (*start, *number));
    rows.into_iter().map(|(_, _, row)| row).collect()
}

impl Maker<'_> {
    fn task(&mut self, id: &Id, task: &Task) {
        if task.method.is_empty() {
            self.tally.unmatched += 1;
            return;
        }
        let source = self.source(id, task);
        let outcome = match task.state {
            TaskState::Closed => RowOutcome::Closed,
            TaskState::Failed => RowOutcome::Failed,
            TaskState::Canceled => RowOutcome::Canceled,
            TaskState::Free | TaskState::Open | TaskState::Assigned => {
                self.unfinished.push(Unfinished {
                    package: source
                        .map_or_else(Arc::default, |source| source.package)
                        .as_ref()
                        .into(),
                    method: task.method.clone(),
                    arch: arch_of(task),
                });
                return;
            }
        };
        if self.parents.contains(id) {
            self.tally.told_by_children += 1;
            return;
        }
        let run = match (task.started, task.ended) {
            (Some(start), Some(end)) => self.span(task.place, start, end, &task.method),
            // Stopped before a builder took it: it has no run time, which is irrelevant anyway.
            (None, _) if outcome == RowOutcome::Canceled => Some(Millis::ZERO),
            _ => {
                self.tally.unmatched += 1;
                None
            }
        };
        let (Some(run), Some(at)) = (run, task.started.or(task.ended).or(task.created)) else {
            return;
        };
        let queued = match (task.created, task.started) {
            (Some(created), Some(start)) => self.wait(task, created, start),
            _ => None,
        };
        if source.is_none() && builds_a_package(&task.method) {
            let (first, count) = self.nameless.entry(task.place.input).or_insert((task.place, 0));
            *first = task.place.min(*first);
            *count += 1;
        }
        let row = Row {
            package: source
                .as_ref()
                .map_or_else(Arc::default, |s| s.package.clone())
                .as_ref()
                .into(),
            method: task.method.clone(),
            arch: arch_of(task),
            run,
            outcome,
            queued,
            started_at: task.started,
            module: None,
            nvr: source.and_then(|source| source.nvr),
            source: Some(format!("task {}", task.id).into()),
        };
        self.rows.push((at, task.id, row));
    }

    /// Returns the package of a task: its own, or that of its ancestors.
    fn source(&self, id: &Id, task: &Task) -> Option<Source> {
        const DEPTH_MAX: usize = 8;
        let mut found = task.source.clone();
        let mut above = task.parent;
        for _ in 0..DEPTH_MAX {
            if found.is_some() || is_without_package(&task.method) {
                break;
            }
            let Some(parent) = above.and_then(|at| self.collection.tasks.get(&(id.0.clone(), at)))
            else {
                break;
            };
            found = parent.source.clone();
            above = parent.parent;
        }
        found.filter(|_| !is_without_package(&task.method))
    }

    /// Reports tasks without a package, once per file.
    fn report_nameless(&mut self) {
        for (first, count) in self.nameless.values() {
            let tasks = match count {
                1 => "a task does not say which package it builds, and counts".to_owned(),
                _ => format!("{count} tasks do not say which package they build, and count"),
            };
            let message = format!("{tasks} for method and arch only; the first is here");
            let hint = "record them with their requests: `koji call --json-output listTasks` with the \
                        option decode, or getTaskInfo with request=True";
            self.findings.push(Finding::new(Code::TracePackage, *first, message).hint(hint));
        }
    }

    /// Makes a row of a whole build if none of its tasks are known.
    fn build(&mut self, id: &Id, build: &Build) {
        let task = build.task.map(|task| (id.0.clone(), task));
        if task.is_some_and(|task| self.collection.tasks.contains_key(&task)) {
            return;
        }
        let outcome = match build.state {
            BuildState::Complete => RowOutcome::Closed,
            BuildState::Failed => RowOutcome::Failed,
            BuildState::Canceled => RowOutcome::Canceled,
            BuildState::Building => {
                self.unfinished.push(Unfinished {
                    package: build.package.as_ref().into(),
                    method: BUILD.into(),
                    arch: "noarch".into(),
                });
                return;
            }
            // It was deleted later; nothing is known about its build.
            BuildState::Deleted => return,
        };
        let (Some(start), Some(end)) = (build.started, build.ended) else {
            self.tally.unmatched += 1;
            return;
        };
        let Some(run) = self.span(build.place, start, end, BUILD) else { return };
        self.tally.whole_builds += 1;
        let row = Row {
            package: build.package.as_ref().into(),
            method: BUILD.into(),
            arch: "noarch".into(),
            run,
            outcome,
            queued: None,
            started_at: Some(start),
            module: None,
            nvr: build.nvr.clone(),
            source: Some(format!("build {}", id.1).into()),
        };
        self.rows.push((start, id.1, row));
    }

    /// Makes a row of a regeneration: from `repo.init` to `repo.done`, and as its wait the time
    /// since the first tagged build that the previous repo could not contain.
    fn repo(&mut self, id: &Id, repo: &Repo) {
        let (Some(began), Some(done)) = (repo.began, repo.done) else {
            if repo.done.is_none() {
                self.unfinished.push(Unfinished {
                    package: "".into(),
                    method: NEW_REPO.into(),
                    arch: "noarch".into(),
                });
            } else {
                self.tally.unmatched += 1;
            }
            return;
        };
        let Some(run) = self.span(repo.place, began, done, NEW_REPO) else { return };
        let of_tag = |other: &&Repo| other.tag == repo.tag;
        let before = self.collection.repos.values().filter(of_tag);
        let since = before.filter_map(|other| other.began).filter(|other| *other < began).max();
        let tagged = self.collection.tagged.get(&(id.0.clone(), repo.tag.clone()));
        let mut waiting = tagged.into_iter().flatten().filter(|at| since.is_none_or(|s| **at > s));
        let queued = waiting.find(|at| **at <= began).and_then(|at| span(*at, began));
        let row = Row {
            package: "".into(),
            method: NEW_REPO.into(),
            arch: "noarch".into(),
            run,
            outcome: RowOutcome::Closed,
            queued,
            started_at: Some(began),
            module: None,
            nvr: None,
            source: Some(format!("repo {}", id.1).into()),
        };
        self.rows.push((began, id.1, row));
    }

    /// Returns a run time; an impossible time is reported, and the row left out.
    fn span(
        &mut self,
        place: Place,
        start: Timestamp,
        end: Timestamp,
        method: &str,
    ) -> Option<Millis> {
        let Some(run) = span(start, end) else {
            let message = format!(
                "a {method} ends {} before it starts: a clock was set back",
                gap(end, start)
            );
            self.findings.push(Finding::new(Code::TraceClock, place, message));
            return None;
        };
        if run > RUN_MAX {
            let message = format!("a {method} runs for {run}, longer than a year");
            self.findings.push(Finding::new(Code::TraceTime, place, message));
            return None;
        }
        Some(run)
    }

    fn wait(&mut self, task: &Task, created: Timestamp, start: Timestamp) -> Option<Millis> {
        let waited = span(created, start);
        if waited.is_none() {
            let message = format!(
                "a {} starts {} before it was created: a clock was set back",
                task.method,
                gap(start, created)
            );
            self.findings.push(Finding::new(Code::TraceClock, task.place, message));
        }
        waited
    }
}

/// Returns the arch of a task; a task without one runs anywhere.
fn arch_of(task: &Task) -> Arch {
    if task.arch.is_empty() { "noarch".into() } else { (&*task.arch).into() }
}

/// Tasks whose times are kept by package.
fn builds_a_package(method: &str) -> bool {
    [BUILD, BUILD_ARCH, BUILD_SRPM].contains(&method)
}

/// Tasks that build no package, regardless of their request.
fn is_without_package(method: &str) -> bool {
    matches!(
        method,
        "newRepo"
            | "createrepo"
            | "distRepo"
            | "createdistrepo"
            | "waitrepo"
            | "chainbuild"
            | "sleep"
            | "moduleBuild"
    )
}

fn span(start: Timestamp, end: Timestamp) -> Option<Millis> {
    u64::try_from(end.duration_since(start).as_millis()).ok().map(Millis)
}

fn gap(earlier: Timestamp, later: Timestamp) -> Millis {
    span(earlier, later).unwrap_or_default()
}
