//! Why a module is not ready at the end of a run, read off the log of the run: the verdict of a run
//! says what became of it, this says why.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use super::Setup;
use super::ledger::{ModuleRun, ModuleState, started_by};
use super::log::{Fact, Log, LogRow};
use crate::name::PackageName;
use crate::orchestrate::{
    Approach, BuildId, Cascade, Catalog, Command, ComponentEnd, ComponentIx, Dispatch, Event,
    Module, ModuleIx, Standing,
};

#[cfg(test)]
mod tests;

/// Why a module is not ready.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// The cap on module builds stopped the run.
    Capped,
    /// What it waits for is not ready: the ids. In the plan that is every dependency; under the other
    /// cascades all whose pass would have it rebuilt.
    DependsOn(Vec<Arc<str>>),
    /// These packages failed, and no retry was left.
    BuildFailed(Vec<PackageName>),
    /// Its modulemd could not be fetched.
    NotFetched,
    /// Its components are built, its repo could not be made.
    RepoFailed,
    /// Somebody canceled it.
    Canceled,
    /// A test did not pass and nobody repaired or waived it: of a package, or of the module itself.
    TestNotPassed(Option<PackageName>),
    /// A test gave no result.
    NoResult(Option<PackageName>),
    /// The hub or the dependency service did not answer, however often it was asked.
    NoAnswer,
    /// A message that it hangs on was lost, or came while the orchestrator was down.
    Unheard,
    /// Nobody asked for it: the dependency service did not name it, or the orchestrator forgot it
    /// when it died.
    NotAsked,
    /// It waits at koji: for what.
    AtKoji(String),
    /// koji gave up waiting for a repo that it needs.
    RepoLate {
        /// What the repo waited for then.
        what: String,
        /// What would have it there in time.
        hint: &'static str,
    },
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |package: &Option<PackageName>| {
            package.as_ref().map_or_else(String::new, |package| format!(" of {package}"))
        };
        match self {
            Self::Capped => write!(f, "the cap on module builds stopped the run"),
            Self::DependsOn(ids) => write!(f, "{} not ready", listed(ids)),
            Self::BuildFailed(packages) => write!(f, "{} failed", listed(packages)),
            Self::NotFetched => write!(f, "its modulemd could not be fetched"),
            Self::RepoFailed => write!(f, "its repo could not be made"),
            Self::Canceled => write!(f, "it was canceled"),
            Self::TestNotPassed(package) => write!(f, "the test{} did not pass", of(package)),
            Self::NoResult(package) => write!(f, "the test{} gave no result", of(package)),
            Self::NoAnswer => write!(f, "nobody answers the orchestrator"),
            Self::Unheard => write!(f, "a message it hangs on was never heard"),
            Self::NotAsked => write!(f, "nobody asked for it"),
            Self::AtKoji(what) => write!(f, "{what}"),
            Self::RepoLate { what, .. } => write!(f, "its repo was not there in time: {what}"),
        }
    }
}

/// Names the first few of some things, with the verb that fits what follows where they are not.
fn listed<T: fmt::Display>(things: &[T]) -> String {
    const NAMED_MAX: usize = 3;
    let mut names: Vec<String> = things.iter().take(NAMED_MAX).map(T::to_string).collect();
    if things.len() > NAMED_MAX {
        names.push(format!("{} more", things.len() - NAMED_MAX));
    }
    names.join(", ")
}

/// What the log says of one module build.
#[derive(Default)]
struct Build {
    is_canceled: bool,
    is_fetch_failed: bool,
    failed: BTreeSet<ComponentIx>,
    running: BTreeSet<ComponentIx>,
    /// The last attempt of each component.
    attempts: BTreeMap<ComponentIx, u32>,
    /// Which test of the module counts, where the orchestrator says so; 0: none, it is being built.
    round: Option<u32>,
    /// The result of each test that counts and that nobody waived; of the module itself under none.
    tests: BTreeMap<Option<ComponentIx>, Option<bool>>,
    /// Whether the orchestrator heard that the module passed.
    is_pass_heard: bool,
    is_ended: bool,
}

impl Build {
    /// A component is built, perhaps anew, and with it the module is tested anew.
    fn submitted(&mut self, component: ComponentIx, attempt: u32) {
        self.failed.remove(&component);
        self.running.insert(component);
        self.attempts.insert(component, attempt);
        self.tests.remove(&Some(component));
        self.is_ended = false;
        self.await_test(0);
    }

    fn await_test(&mut self, round: u32) {
        if self.round != Some(round) {
            self.tests.remove(&None);
        }
        self.round = Some(round);
    }

    /// Returns whether a result is one of what is built, and not of what it took the place of.
    fn counts(&self, component: Option<ComponentIx>, attempt: u32) -> bool {
        let awaited = match component {
            Some(component) => self.attempts.get(&component).copied(),
            None => self.round,
        };
        awaited.is_none_or(|awaited| awaited == attempt)
    }
}

/// What the log of a run says.
struct Book<'a> {
    setup: &'a Setup,
    catalog: &'a Catalog,
    newest: BTreeMap<ModuleIx, BuildId>,
    builds: BTreeMap<BuildId, Build>,
    /// Modules that nobody answered about, by the build that waits for the answer.
    unanswered: BTreeSet<(ModuleIx, BuildId)>,
    is_capped: bool,
}

impl<'a> Book<'a> {
    fn read(setup: &'a Setup, log: &[LogRow]) -> Self {
        let (newest, builds) = (BTreeMap::new(), BTreeMap::new());
        let unanswered = BTreeSet::new();
        let catalog = &*setup.catalog;
        let mut book = Self { setup, catalog, newest, builds, unanswered, is_capped: false };
        for row in log {
            match &row.what {
                Log::Fact(fact) => book.fact(*fact),
                Log::Command(command) => book.command(command),
                Log::Event(event) => book.event(event),
            }
        }
        book
    }

    fn build(&mut self, build: BuildId) -> &mut Build {
        self.builds.entry(build).or_default()
    }

    fn fact(&mut self, fact: Fact) {
        match fact {
            Fact::ModuleBegan { build, module, .. } => {
                self.newest.insert(module, build);
            }
            Fact::ModuleEnded { build, end } => {
                self.build(build).is_ended = true;
                self.build(build).is_canceled |= end == ComponentEnd::Canceled;
            }
            Fact::Submitted { build, component, attempt } => {
                self.build(build).submitted(component, attempt);
            }
            Fact::ComponentEnded { build, component, end } => {
                let entry = self.build(build);
                entry.running.remove(&component);
                if end == ComponentEnd::Failed {
                    entry.failed.insert(component);
                }
            }
            Fact::Tested { build, component, attempt, passed } => {
                if self.build(build).counts(component, attempt) {
                    self.build(build).tests.insert(component, passed);
                }
            }
            Fact::Waived { build, component } => {
                self.build(build).tests.insert(component, Some(true));
            }
            Fact::NotFetched { build } => self.build(build).is_fetch_failed = true,
            Fact::Capped => self.is_capped = true,
            Fact::MessageLost { .. }
            | Fact::Fixed { .. }
            | Fact::Mailed { .. }
            | Fact::FaultBegan { .. }
            | Fact::FaultEnded { .. }
            | Fact::Crashed
            | Fact::Restarted => {}
        }
    }

    fn command(&mut self, command: &Command) {
        #[expect(clippy::wildcard_enum_match_arm, reason = "only these say how a module stands")]
        match command {
            Command::OpenModule { build, module, .. } => {
                self.newest.insert(*module, *build);
            }
            Command::Fetch { build, .. } => self.build(*build).is_fetch_failed = false,
            Command::Publish { build, attempt, .. } => {
                self.build(*build).is_ended = true;
                self.build(*build).await_test(*attempt);
            }
            Command::RequestTest { build, component: None, attempt } => {
                self.build(*build).await_test(*attempt);
            }
            Command::ResumeModule { build, .. } => self.build(*build).is_canceled = false,
            Command::Ready { build, .. } => self.build(*build).is_pass_heard = true,
            Command::Mail { about, .. } => {
                for concern in about {
                    let of = (concern.module, concern.build);
                    if concern.standing == Standing::NoAnswer {
                        self.unanswered.insert(of);
                    } else {
                        self.unanswered.remove(&of);
                    }
                }
            }
            _ => {}
        }
    }

    fn event(&mut self, event: &Event) {
        #[expect(clippy::wildcard_enum_match_arm, reason = "only these say how a module stands")]
        match *event {
            Event::Tested { build, attempt, passed: true, .. } => {
                let entry = self.build(build);
                entry.is_pass_heard |= entry.counts(None, attempt);
            }
            Event::Waived { build, component: None, .. } => self.build(build).is_pass_heard = true,
            Event::Canceled { build, .. } => self.build(build).is_canceled = true,
            _ => {}
        }
    }

    fn is_unanswered(&self, module: ModuleIx) -> bool {
        self.unanswered.iter().any(|&(of, _)| of == module)
    }

    fn package(&self, component: ComponentIx) -> PackageName {
        self.catalog.package(component).clone()
    }

    fn why_failed(&self, build: Option<BuildId>) -> Reason {
        let Some(build) = build.and_then(|build| self.builds.get(&build)) else {
            return Reason::RepoFailed;
        };
        if build.is_canceled {
            return Reason::Canceled;
        }
        if build.is_fetch_failed {
            return Reason::NotFetched;
        }
        match build.failed.is_empty() {
            true => Reason::RepoFailed,
            false => Reason::BuildFailed(build.failed.iter().map(|&c| self.package(c)).collect()),
        }
    }

    /// Why a build that neither passed nor failed does not go on.
    fn why_stuck(&self, module: ModuleIx, build: BuildId, at_koji: &str) -> Reason {
        // What people were told last of it, whatever else is wrong with it.
        if self.unanswered.contains(&(module, build)) {
            return Reason::NoAnswer;
        }
        let unknown = Build::default();
        let build = self.builds.get(&build).unwrap_or(&unknown);
        match build.tests.get(&None) {
            Some(Some(false)) => return Reason::TestNotPassed(None),
            Some(None) => return Reason::NoResult(None),
            Some(Some(true)) => return Reason::Unheard,
            None => {}
        }
        let red = build.tests.iter().find(|(_, passed)| **passed != Some(true));
        if let Some((component, passed)) = red {
            let package = component.map(|component| self.package(component));
            return match passed {
                Some(_) => Reason::TestNotPassed(package),
                None => Reason::NoResult(package),
            };
        }
        if self.is_unanswered(module) {
            return Reason::NoAnswer;
        }
        if build.is_ended || (build.running.is_empty() && at_koji.is_empty()) {
            return Reason::Unheard;
        }
        let what = if at_koji.is_empty() { "koji does not go on with it" } else { at_koji };
        Reason::AtKoji(what.to_owned())
    }

    /// Returns what is not ready of the waves before that of a module, where waves are a barrier.
    fn earlier_waves(&self, module: ModuleIx, states: &States<'_>) -> Vec<Arc<str>> {
        let Setup { dispatch, cascade, approach, .. } = *self.setup;
        let has_barrier = dispatch == Dispatch::Wave
            && cascade == Cascade::Planned
            && approach == Approach::OrchestratorOwned;
        let wave = self.catalog.module(module).wave;
        let is_before = |entry: &&Module| has_barrier && entry.is_planned && entry.wave < wave;
        let earlier = self.catalog.modules.iter().filter(is_before);
        let left = earlier.filter(|entry| states.get(&*entry.id) != Some(&ModuleState::Ready));
        left.map(|entry| Arc::clone(&entry.id)).collect()
    }

    /// Why a module was never built.
    fn why_not_begun(&self, module: ModuleIx, left: &Left<'_>, states: &States<'_>) -> Reason {
        let mut missing = Vec::new();
        let mut is_unheard = false;
        let mut is_unanswered = self.is_unanswered(module);
        for (entry, at) in self.catalog.modules.iter().zip(0..) {
            // What is not of this run was not to be built.
            let is_of_run = entry.is_planned || states.contains_key(&*entry.id);
            let is_itself = ModuleIx(at) == module;
            if is_itself || !is_of_run || !started_by(entry, self.setup.cascade).contains(&module) {
                continue;
            }
            if states.get(&*entry.id) != Some(&ModuleState::Ready) {
                missing.push(Arc::clone(&entry.id));
            }
            let build = left.ended[at as usize].and_then(|build| self.builds.get(&build));
            is_unanswered |= self.is_unanswered(ModuleIx(at));
            is_unheard |= build.is_some_and(|build| build.is_ended && !build.is_pass_heard);
        }
        if missing.is_empty() {
            missing = self.earlier_waves(module, states);
        }
        if self.is_capped {
            Reason::Capped
        } else if !missing.is_empty() {
            Reason::DependsOn(missing)
        } else if is_unanswered {
            Reason::NoAnswer
        } else if left.held.contains(&module) {
            Reason::AtKoji(left.at_koji.to_owned())
        } else if is_unheard {
            Reason::Unheard
        } else {
            Reason::NotAsked
        }
    }
}

/// What is left of a run.
pub(super) struct Left<'a> {
    pub(super) log: &'a [LogRow],
    /// What is left at koji, in words.
    pub(super) at_koji: &'a str,
    /// The newest build of each module that neither passed nor failed.
    pub(super) live: &'a [Option<BuildId>],
    /// The build of each module that ended last: not always the newest.
    pub(super) ended: &'a [Option<BuildId>],
    /// The modules that people will ask koji for when its hub is back.
    pub(super) held: &'a [ModuleIx],
}

/// How each module stands, by its id.
type States<'a> = BTreeMap<&'a str, ModuleState>;

/// Writes into each module that is not ready why it is not.
pub(super) fn give_reasons(setup: &Setup, left: Left<'_>, modules: &mut [ModuleRun]) {
    let (book, catalog) = (Book::read(setup, left.log), &setup.catalog);
    let states: BTreeMap<String, ModuleState> =
        modules.iter().map(|module| (module.id.to_string(), module.state)).collect();
    let states = states.iter().map(|(id, state)| (id.as_str(), *state)).collect();
    let numbers: BTreeMap<Arc<str>, ModuleIx> =
        catalog.modules.iter().map(|m| Arc::clone(&m.id)).zip((0..).map(ModuleIx)).collect();
    for module in modules {
        let index = numbers[&module.id];
        let newest = book.newest.get(&index).copied();
        module.reason = match (module.state, newest) {
            (ModuleState::Ready, _) => None,
            (ModuleState::Failed, _) => Some(book.why_failed(left.ended[index.index()])),
            (_, None) | (ModuleState::Blocked, _) => {
                Some(book.why_not_begun(index, &left, &states))
            }
            (ModuleState::Waiting, Some(_)) if book.is_capped => Some(Reason::Capped),
            (ModuleState::Stuck | ModuleState::Waiting, Some(build)) => {
                let live = left.live[index.index()].unwrap_or(build);
                Some(book.why_stuck(index, live, left.at_koji))
            }
        };
    }
}
