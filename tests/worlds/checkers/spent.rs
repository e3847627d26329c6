//! Where the time of modules went.

use modplan::time::{Millis, Timestamp};

use super::*;

/// Which builds are open, and for how long each module had one.
struct Book {
    end: Timestamp,
    now: Timestamp,
    module_of: BTreeMap<BuildId, ModuleIx>,
    first: BTreeMap<ModuleIx, Timestamp>,
    open: BTreeSet<BuildId>,
    /// Those that failed or are red.
    down: BTreeSet<BuildId>,
    given_up: BTreeSet<BuildId>,
    /// Red results, which are given again without a test.
    red: BTreeSet<(BuildId, u32)>,
    passed: BTreeSet<BuildId>,
    /// What was published: said again after a restart, it begins no other round of tests.
    published: BTreeSet<(BuildId, u32)>,
    /// Modules of which a build took the place of one that was down: builders may still work for that.
    replaced: BTreeSet<ModuleIx>,
    had: BTreeMap<ModuleIx, Millis>,
}

impl Book {
    fn pass_time(&mut self, to: Timestamp) {
        let span = to.min(self.end) - self.now.min(self.end);
        self.now = to;
        let modules: BTreeSet<ModuleIx> =
            self.open.iter().map(|build| self.module_of[build]).collect();
        for module in modules {
            *self.had.entry(module).or_default() += span;
        }
    }

    fn begin(&mut self, build: BuildId, module: ModuleIx) {
        if self.module_of.insert(build, module).is_some() {
            return;
        }
        self.first.entry(module).or_insert(self.now);
        self.take_places(module);
        self.open.insert(build);
    }

    fn take_places(&mut self, module: ModuleIx) {
        let is_down = |build: &BuildId| self.down.contains(build);
        let earlier: Vec<BuildId> = self.open.iter().copied().filter(is_down).collect();
        for build in earlier.into_iter().filter(|build| self.module_of[build] == module) {
            self.open.remove(&build);
            self.replaced.insert(module);
        }
    }

    fn pass(&mut self, build: BuildId) {
        self.open.remove(&build);
        self.passed.insert(build);
        self.take_places(self.module_of[&build]);
    }

    fn fail(&mut self, build: BuildId) {
        if !self.passed.contains(&build) {
            self.down.insert(build);
            self.open.insert(build);
        }
    }

    fn go_on(&mut self, build: BuildId) {
        if !self.passed.contains(&build) {
            self.down.remove(&build);
            self.given_up.remove(&build);
            self.open.insert(build);
        }
    }

    fn row(&mut self, setup: &Setup, row: &LogRow) {
        let is_koji_owned = setup.approach == Approach::KojiOwned;
        match row.what {
            Log::Fact(Fact::ModuleBegan { build, module, .. })
            | Log::Command(Command::Tell(Tell::Opened { build, module, .. })) => {
                self.begin(build, module);
            }
            Log::Fact(Fact::ModuleEnded { build, end: ComponentEnd::Complete })
                if !setup.conditions.gates.module =>
            {
                self.pass(build);
            }
            Log::Fact(
                Fact::Tested { build, component: None, passed: Some(true), .. }
                | Fact::Waived { build, component: None },
            ) if is_koji_owned => self.pass(build),
            Log::Command(Command::Tell(Tell::Ready { build, .. })) => self.pass(build),
            Log::Fact(Fact::Tested { build, component: None, passed: Some(false), attempt }) => {
                self.red.insert((build, attempt));
                self.fail(build);
            }
            Log::Fact(Fact::ModuleEnded {
                build,
                end: ComponentEnd::Failed | ComponentEnd::Canceled,
            }) => self.fail(build),
            // What is red is at its test again; what another took the place of stays so.
            // After a restart either may be said once more.
            Log::Command(Command::Call {
                call: Call::RequestTest { build, component: None, attempt },
                ..
            }) => {
                let is_new = !self.red.contains(&(build, attempt));
                if is_new && !self.given_up.contains(&build) && self.open.contains(&build) {
                    self.down.remove(&build);
                }
            }
            Log::Command(Command::Tell(Tell::Failed { build, .. }))
                if self.given_up.insert(build) =>
            {
                self.fail(build);
            }
            Log::Command(Command::Call { call: Call::Publish { build, attempt, .. }, .. })
                if self.published.insert((build, attempt)) =>
            {
                self.go_on(build);
            }
            Log::Fact(Fact::Submitted { build, .. })
            | Log::Command(Command::Tell(Tell::Resumed { build, .. })) => self.go_on(build),
            _ => {}
        }
    }
}

/// Each moment of a module counts once: before its first build, and then until each of its builds
/// passed, or another that began or passed took the place of one that failed or was red, or up to the
/// end of the run. What builders still do for one whose place was taken counts besides.
pub(super) fn every_moment_counts_once(setup: &Setup, run: &Run) -> Option<String> {
    let end = Timestamp(run.figures.makespan.0);
    let mut book = Book {
        end,
        now: Timestamp::START,
        module_of: BTreeMap::new(),
        first: BTreeMap::new(),
        open: BTreeSet::new(),
        down: BTreeSet::new(),
        given_up: BTreeSet::new(),
        red: BTreeSet::new(),
        passed: BTreeSet::new(),
        published: BTreeSet::new(),
        replaced: BTreeSet::new(),
        had: BTreeMap::new(),
    };
    for row in &run.log {
        book.pass_time(row.at);
        book.row(setup, row);
    }
    book.pass_time(end.max(book.now));
    for (module, at) in setup.catalog.modules.iter().zip(0..) {
        let Some(entry) = run.modules.iter().find(|entry| entry.id == module.id) else { continue };
        let spent = entry.spent;
        let waiting = book.first.get(&ModuleIx(at)).map_or(end, |first| *first) - Timestamp::START;
        let had = book.had.get(&ModuleIx(at)).copied().unwrap_or_default();
        let in_builds = spent.queued + spent.building + spent.testing + spent.stuck;
        let most =
            if book.replaced.contains(&ModuleIx(at)) { spent.building } else { Millis::ZERO };
        if spent.waiting != waiting || in_builds < had || in_builds > had + most {
            return Some(format!("{}: {spent:?}, not {waiting:?} and {had:?}", entry.id));
        }
        let bars = work_in_bars(run, &entry.id, end);
        let is_whole = run.figures.outcome == Outcome::Done && !is_under_way(run);
        if spent.building < bars || (is_whole && spent.building != bars) {
            return Some(format!("{}: {spent:?}, and builders worked for {bars:?}", entry.id));
        }
    }
    None
}

/// Returns whether something is at koji when the run ends: its hub never told how that ended.
fn is_under_way(run: &Run) -> bool {
    let mut submitted = BTreeSet::new();
    for fact in facts(run) {
        match fact {
            Fact::ModuleBegan { build, .. } => drop(submitted.insert((build, None))),
            Fact::ModuleEnded { build, .. } => drop(submitted.remove(&(build, None))),
            Fact::Submitted { build, component, .. } => {
                submitted.insert((build, Some(component)));
            }
            Fact::ComponentEnded { build, component, .. } => {
                submitted.remove(&(build, Some(component)));
            }
            _ => {}
        }
    }
    !submitted.is_empty()
}

/// Returns how long at least one builder worked for a module, by what ended.
fn work_in_bars(run: &Run, module: &str, end: Timestamp) -> Millis {
    let mut bars: Vec<_> = run.bars.iter().filter(|bar| &*bar.module == module).collect();
    bars.sort_by_key(|bar| bar.start);
    let (mut total, mut until) = (Millis::ZERO, Timestamp::START);
    for bar in bars {
        let to = bar.end.min(end);
        total += to - bar.start.max(until).min(to);
        until = until.max(to);
    }
    total
}
