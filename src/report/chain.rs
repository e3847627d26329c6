//! Where the time of a run goes: a walk back from its last event along what each build waited for,
//! so that the parts sum to the makespan.
//!
//! The walk begins with the module that changed last. A build is looked at from its beginning to the
//! moment the walk has reached; then the walk continues with the build whose pass began it, or with the
//! earlier build of the same module that it repeats, which is rework. Within a build every moment
//! counts once, as the first of: a builder works, a test runs, people are at it, a task waits for a
//! builder, a repo is not there, the orchestrator or the hub is at it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::orchestrate::{BuildId, Cascade, Catalog, ComponentEnd, ComponentIx, ModuleIx};
use crate::sim::{Bar, BarEnd, Fact, Log, ModuleBuild, Run};
use crate::time::{Millis, Timestamp};

/// Where time goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Builders build: `buildArch` tasks, or whole builds where nothing finer is known.
    Building,
    /// Builders make source packages and tag builds.
    SrpmAndTagging,
    /// Work that was done over: builds that failed, were canceled, or are made again.
    Rework,
    /// Tests run.
    Tests,
    /// What failed waits for people.
    People,
    /// A task waits for a builder.
    WaitingForBuilder,
    /// A repo is made, or waited for.
    Repo,
    /// Nothing of it is at koji: messages, polling, the hub, the orchestrator.
    Polling,
}

impl Part {
    /// Every part, in the order to show them in.
    pub const ALL: [Self; 8] = [
        Self::WaitingForBuilder,
        Self::Building,
        Self::SrpmAndTagging,
        Self::Repo,
        Self::Tests,
        Self::People,
        Self::Polling,
        Self::Rework,
    ];

    /// Returns its name for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Building => "building",
            Self::SrpmAndTagging => "SRPM and tagging",
            Self::Rework => "rework",
            Self::Tests => "tests",
            Self::People => "people",
            Self::WaitingForBuilder => "waiting for a builder",
            Self::Repo => "repo",
            Self::Polling => "polling and messages",
        }
    }
}

/// How long each part took; those that took none are left out.
pub type Parts = BTreeMap<Part, Millis>;

type Span = (Timestamp, Timestamp);

/// Returns where the time of a run went; the parts sum to its makespan.
#[must_use]
pub fn parts(run: &Run, catalog: &Catalog, cascade: Cascade) -> Parts {
    let book = Book::read(run, catalog);
    let mut parts = Parts::new();
    let mut until = Timestamp(run.figures.makespan.0);
    let mut next = book.last(until).map(|build| (build, false));
    while let Some((id, is_rework)) = next {
        let build = &book.builds[&id];
        let from = build.began.min(until);
        build.add_parts((from, until), is_rework, &mut parts);
        until = from;
        next = book.before(id, cascade);
    }
    add(&mut parts, Part::Polling, (Timestamp::START, until));
    parts
}

fn add(parts: &mut Parts, part: Part, (from, to): Span) {
    if to > from {
        *parts.entry(part).or_default() += to - from;
    }
}

/// What is known of a module build.
#[derive(Debug)]
struct Build {
    module: ModuleIx,
    cause: Option<BuildId>,
    began: Timestamp,
    /// When what was in which part; spans may overlap.
    spans: Vec<(Span, Part)>,
    /// When its last task ended, or that of a component.
    built: Timestamp,
    has_hub: bool,
}

impl Build {
    /// Counts every moment of a span once.
    fn add_parts(&self, (from, to): Span, is_rework: bool, parts: &mut Parts) {
        let mut turns = vec![from, to];
        for ((start, end), _) in &self.spans {
            turns.extend([*start, *end].into_iter().filter(|at| *at > from && *at < to));
        }
        // Where its last task ends the reason of a gap changes.
        turns.extend([self.built].into_iter().filter(|at| *at > from && *at < to));
        turns.sort_unstable();
        turns.dedup();
        for pair in turns.windows(2) {
            let (start, end) = (pair[0], pair[1]);
            let covers = |((a, b), _): &&(Span, Part)| *a <= start && end <= *b;
            let part = self.spans.iter().filter(covers).map(|(_, part)| *part).min();
            let part = part.unwrap_or_else(|| self.gap(start));
            let is_over = is_rework && !matches!(part, Part::Tests | Part::People);
            add(parts, if is_over { Part::Rework } else { part }, (start, end));
        }
    }

    /// Returns what a build waits for while nothing of it is at koji.
    fn gap(&self, at: Timestamp) -> Part {
        match (at < self.built, self.has_hub) {
            (true, true) => Part::Repo,
            // The ideal model has no queue of tasks to look into, and nothing else to wait for.
            (true, false) => Part::WaitingForBuilder,
            (false, _) => Part::Polling,
        }
    }
}

/// What a run says of its builds.
#[derive(Debug)]
struct Book {
    builds: BTreeMap<BuildId, Build>,
    by_module: BTreeMap<ModuleIx, Vec<BuildId>>,
}

impl Book {
    fn read(run: &Run, catalog: &Catalog) -> Self {
        let mut book = Self { builds: BTreeMap::new(), by_module: BTreeMap::new() };
        for (&ModuleBuild { module, cause, began, .. }, id) in
            run.builds.iter().zip((0..).map(BuildId))
        {
            let (spans, has_hub) = (Vec::new(), false);
            book.builds.insert(id, Build { module, cause, began, spans, built: began, has_hub });
            book.by_module.entry(module).or_default().push(id);
        }
        book.add_tests(run);
        book.add_tasks(&run.bars, catalog);
        book
    }

    /// Notes when builders worked, and when tasks waited for one.
    fn add_tasks(&mut self, bars: &[Bar], catalog: &Catalog) {
        let numbers: BTreeMap<&str, ModuleIx> =
            (0..).zip(&catalog.modules).map(|(at, module)| (&*module.id, ModuleIx(at))).collect();
        for bar in bars {
            let Some(module) = numbers.get(&*bar.module) else { continue };
            let nth = usize::try_from(bar.build).unwrap_or(0).saturating_sub(1);
            let id = self.by_module.get(module).and_then(|ids| ids.get(nth));
            let Some(build) = id.and_then(|id| self.builds.get_mut(id)) else { continue };
            build.has_hub |= bar.created.is_some();
            build.built = build.built.max(bar.end);
            let works = match (bar.outcome, &*bar.method) {
                (BarEnd::Failed | BarEnd::Canceled, _) => Part::Rework,
                (BarEnd::Closed, "buildSRPMFromSCM" | "tagBuild") => Part::SrpmAndTagging,
                (BarEnd::Closed, "createrepo" | "createdistrepo" | "newRepo") => Part::Repo,
                (BarEnd::Closed, _) => Part::Building,
            };
            build.spans.push(((bar.start, bar.end), works));
            if let Some(created) = bar.created {
                build.spans.push(((created, bar.start), Part::WaitingForBuilder));
            }
        }
    }

    /// Notes when tests ran and when people were at it.
    fn add_tests(&mut self, run: &Run) {
        let mut built: BTreeMap<(BuildId, Option<ComponentIx>), Timestamp> = BTreeMap::new();
        let mut failed: BTreeMap<BuildId, Timestamp> = BTreeMap::new();
        for row in &run.log {
            let Log::Fact(fact) = row.what else { continue };
            match fact {
                Fact::ComponentEnded { build, component, end } => {
                    built.insert((build, Some(component)), row.at);
                    built.insert((build, None), row.at);
                    self.end(build, row.at);
                    if end != ComponentEnd::Complete {
                        failed.entry(build).or_insert(row.at);
                    }
                }
                Fact::ModuleEnded { build, end } => {
                    built.insert((build, None), row.at);
                    self.end(build, row.at);
                    if end != ComponentEnd::Complete {
                        failed.entry(build).or_insert(row.at);
                    }
                }
                Fact::Tested { build, component, passed, .. } => {
                    let since = built.get(&(build, component)).copied();
                    self.add(build, (since.unwrap_or(row.at), row.at), Part::Tests);
                    if passed == Some(false) {
                        failed.entry(build).or_insert(row.at);
                    }
                }
                Fact::Fixed { build } | Fact::Waived { build, .. } => {
                    if let Some(since) = failed.remove(&build) {
                        self.add(build, (since, row.at), Part::People);
                    }
                }
                Fact::ModuleBegan { .. }
                | Fact::Submitted { .. }
                | Fact::MessageLost { .. }
                | Fact::NotFetched { .. }
                | Fact::CallFailed { .. }
                | Fact::Mailed { .. }
                | Fact::FaultBegan { .. }
                | Fact::FaultEnded { .. }
                | Fact::Capped
                | Fact::Crashed
                | Fact::Restarted => {}
            }
        }
    }

    fn add(&mut self, id: BuildId, span: Span, part: Part) {
        if let Some(build) = self.builds.get_mut(&id) {
            build.spans.push((span, part));
        }
    }

    fn end(&mut self, id: BuildId, at: Timestamp) {
        if let Some(build) = self.builds.get_mut(&id) {
            build.built = build.built.max(at);
        }
    }

    /// Returns the build that something happened to last, up to the end of the run.
    fn last(&self, end: Timestamp) -> Option<BuildId> {
        let last = |build: &Build| {
            let ends = build.spans.iter().map(|((_, to), _)| *to).chain([build.built]);
            ends.filter(|at| *at <= end).max().unwrap_or(build.began)
        };
        let began = self.builds.iter().filter(|(_, build)| build.began <= end);
        began.max_by_key(|(id, build)| (last(build), **id)).map(|(id, _)| *id)
    }

    /// Returns what a build waited for before it began, and whether that is the same module once
    /// more: under the planned cascade every earlier build of it is repeated, under the others those
    /// with the same cause.
    fn before(&self, id: BuildId, cascade: Cascade) -> Option<(BuildId, bool)> {
        let build = &self.builds[&id];
        let earlier = self.by_module[&build.module].iter().take_while(|other| **other != id).last();
        let repeats = |other: &BuildId| {
            cascade == Cascade::Planned || self.builds[other].cause == build.cause
        };
        let repeated = earlier.copied().filter(repeats).map(|earlier| (earlier, true));
        // A build is made before those it causes; a cause that is later is none.
        let cause = build.cause.filter(|cause| {
            self.builds.get(cause).is_some_and(|of| of.began <= build.began && *cause < id)
        });
        repeated.or(cause.map(|cause| (cause, false)))
    }
}
