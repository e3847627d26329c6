//! What must hold in every run, judged from its log and the scenario alone. Nothing here asks the
//! orchestrators; each rule is written from its sentence.

#![expect(clippy::wildcard_enum_match_arm, reason = "a rule names what it is about, and no more")]

use std::collections::{BTreeMap, BTreeSet};

use modplan::orchestrate::{
    Approach, BuildId, Cascade, Command, ComponentEnd, ComponentIx, Dispatch, Event, ModuleIx,
    Owner, Standing, Timer,
};
use modplan::scenario::FaultKind;
use modplan::sim::{Fact, Log, LogRow, ModuleState, Outcome, Run, Setup};

use super::generate::World;

/// Says where a run breaks a sentence.
type Rule = fn(&Setup, &Run) -> Option<String>;

/// Returns every sentence that a run breaks.
pub(super) fn check(world: &World, run: &Run) -> Vec<String> {
    let setup = &world.setup;
    let rules: [(&str, Rule); 13] = [
        ("dependencies first, and only what is green counts", green_first),
        ("inside a module what is waited for comes first", inside_first),
        ("no component twice at once within one module build", never_twice),
        ("no builder does two things at once", one_task_a_builder),
        ("at most one live build of a module", one_live_build),
        ("nothing is submitted after what stops it", nothing_after_a_stop),
        ("no more is under way than the limit allows", within_the_limit),
        ("every mail has one cause", mails_have_a_cause),
        ("every call has one cause, and every pass has its consequences", calls_have_a_cause),
        ("what is said and asked is said and asked once", said_once),
        ("every request is served by a build that begins after it", requests_are_served),
        ("what may be retried is retried, and no more", retries_are_made),
        ("every run ends with a verdict and a reason", ends_with_a_reason),
    ];
    let broken = rules
        .iter()
        .filter_map(|(rule, check)| check(setup, run).map(|what| format!("{rule}: {what}")));
    broken.collect()
}

fn events(run: &Run) -> impl Iterator<Item = &Event> {
    run.log.iter().filter_map(|row| match &row.what {
        Log::Event(event) => Some(event),
        Log::Command(_) | Log::Fact(_) => None,
    })
}

fn facts(run: &Run) -> impl Iterator<Item = Fact> + '_ {
    run.log.iter().filter_map(|row| match row.what {
        Log::Fact(fact) => Some(fact),
        Log::Command(_) | Log::Event(_) => None,
    })
}

fn commands(run: &Run) -> impl Iterator<Item = &Command> {
    run.log.iter().filter_map(|row| match &row.what {
        Log::Command(command) => Some(command),
        Log::Event(_) | Log::Fact(_) => None,
    })
}

/// What is known to be green at a point of the log.
#[derive(Default)]
struct Green {
    module_of: BTreeMap<BuildId, ModuleIx>,
    /// Module builds whose gate is open.
    builds: BTreeSet<BuildId>,
    /// Components of module builds whose gate is open.
    components: BTreeSet<(BuildId, ComponentIx)>,
    complete: BTreeSet<(BuildId, ComponentIx)>,
    modules: BTreeSet<ModuleIx>,
}

impl Green {
    /// Notes a row of the log.
    fn note(&mut self, setup: &Setup, row: &LogRow) {
        let gates = setup.conditions.gates;
        match &row.what {
            Log::Fact(Fact::Tested { build, component: None, passed: Some(true), .. })
            | Log::Fact(Fact::Waived { build, component: None }) => self.open(*build),
            Log::Fact(
                Fact::Tested { build, component: Some(c), passed: Some(true), .. }
                | Fact::Waived { build, component: Some(c) },
            ) => {
                self.components.insert((*build, *c));
            }
            Log::Fact(Fact::ComponentEnded { build, component, end: ComponentEnd::Complete }) => {
                self.complete.insert((*build, *component));
                if !gates.component {
                    self.components.insert((*build, *component));
                }
            }
            Log::Fact(Fact::Submitted { build, component, .. }) => {
                self.complete.remove(&(*build, *component));
                self.components.remove(&(*build, *component));
            }
            Log::Fact(Fact::ModuleBegan { build, module, .. }) => {
                self.module_of.insert(*build, *module);
            }
            Log::Fact(Fact::ModuleEnded { build, end: ComponentEnd::Complete })
                if !gates.module =>
            {
                self.open(*build);
            }
            Log::Command(Command::OpenModule { build, module, .. }) => {
                self.module_of.insert(*build, *module);
                if setup.catalog.module(*module).components.is_empty() {
                    self.open(*build);
                }
            }
            Log::Command(Command::Publish { build, .. }) if !gates.module => self.open(*build),
            Log::Fact(_) | Log::Command(_) | Log::Event(_) => {}
        }
    }

    fn open(&mut self, build: BuildId) {
        self.builds.insert(build);
        self.modules.insert(self.module_of[&build]);
    }
}

fn green_first(setup: &Setup, run: &Run) -> Option<String> {
    let mut green = Green::default();
    for row in &run.log {
        let begun = match row.what {
            Log::Fact(Fact::ModuleBegan { module, cause, .. })
            | Log::Command(Command::OpenModule { module, cause, .. }) => Some((module, cause)),
            _ => None,
        };
        if let Some((module, Some(cause))) = begun
            && !green.builds.contains(&cause)
        {
            return Some(format!("{module:?} begins because of {cause:?}, whose gate is red"));
        }
        if let Some((module, Some(_))) = begun
            && setup.cascade == Cascade::Planned
        {
            for (before, at) in setup.catalog.modules.iter().zip(0..) {
                if before.planned_dependants.contains(&module)
                    && !green.modules.contains(&ModuleIx(at))
                {
                    return Some(format!("{module:?} begins before module {at} is green"));
                }
            }
        }
        if let Log::Command(Command::Ready { build, module }) = row.what {
            if !green.builds.contains(&build) {
                return Some(format!("{build:?} counts as ready, and its gate is red"));
            }
            for at in setup.catalog.module(module).components.clone() {
                if !green.components.contains(&(build, ComponentIx(at))) {
                    return Some(format!("{build:?} is ready without component {at}"));
                }
            }
        }
        if let Log::Command(Command::AskDependants { build, .. }) = row.what
            && !green.builds.contains(&build)
        {
            return Some(format!("dependants of {build:?} are asked for, and its gate is red"));
        }
        green.note(setup, row);
    }
    let is_red = |module: &&modplan::sim::ModuleRun| {
        let at = setup.catalog.modules.iter().position(|entry| entry.id == module.id).unwrap();
        module.state == ModuleState::Ready
            && !green.modules.contains(&ModuleIx(u32::try_from(at).unwrap()))
    };
    let red = run.modules.iter().find(is_red)?;
    Some(format!("{} is told to be ready, and its gate is red", red.id))
}

fn never_twice(_: &Setup, run: &Run) -> Option<String> {
    let mut live = BTreeSet::new();
    let mut attempts: BTreeMap<(BuildId, ComponentIx), u32> = BTreeMap::new();
    for fact in facts(run) {
        match fact {
            Fact::Submitted { build, component, attempt } => {
                if !live.insert((build, component)) {
                    return Some(format!("{component:?} of {build:?} is submitted while it runs"));
                }
                let last = attempts.insert((build, component), attempt).unwrap_or_default();
                if attempt <= last {
                    return Some(format!("{component:?} of {build:?} repeats attempt {attempt}"));
                }
            }
            Fact::ComponentEnded { build, component, .. } => {
                live.remove(&(build, component));
            }
            _ => {}
        }
    }
    // koji's own module builds show in what builders did.
    let mut by_task: BTreeMap<_, Vec<(u64, u64)>> = BTreeMap::new();
    for bar in &run.bars {
        let of = (&bar.module, bar.build, bar.package.as_str(), bar.arch.as_str());
        by_task.entry(of).or_default().push((bar.start.0, bar.end.0));
    }
    overlap(by_task)
}

fn one_task_a_builder(_: &Setup, run: &Run) -> Option<String> {
    let mut by_lane: BTreeMap<_, Vec<(u64, u64)>> = BTreeMap::new();
    for bar in &run.bars {
        by_lane.entry(&bar.lane).or_default().push((bar.start.0, bar.end.0));
    }
    overlap(by_lane)
}

/// Returns what two spans of one kind overlap.
fn overlap<K: std::fmt::Debug>(spans: BTreeMap<K, Vec<(u64, u64)>>) -> Option<String> {
    for (of, mut spans) in spans {
        spans.sort_unstable();
        if spans.windows(2).any(|pair| pair[0].1 > pair[1].0) {
            return Some(format!("{of:?}: {spans:?}"));
        }
    }
    None
}

fn one_live_build(setup: &Setup, run: &Run) -> Option<String> {
    if setup.approach == Approach::KojiOwned || setup.cascade == Cascade::Literal {
        return None;
    }
    let mut module_of = BTreeMap::new();
    let mut live: BTreeSet<BuildId> = BTreeSet::new();
    let mut asked: BTreeMap<BuildId, u32> = BTreeMap::new();
    let mut published: BTreeMap<BuildId, u32> = BTreeMap::new();
    let mut is_open = BTreeSet::new();
    for row in &run.log {
        match &row.what {
            Log::Command(Command::OpenModule { build, module, .. }) => {
                module_of.insert(*build, *module);
                // A restart may say again what was said.
                if is_open.insert(*build) {
                    live.insert(*build);
                }
            }
            Log::Command(Command::Ready { build, .. } | Command::FailModule { build, .. })
            | Log::Event(Event::Tested { build, passed: false, .. }) => {
                live.remove(build);
            }
            Log::Command(Command::RequestTest { build, component: None, .. }) => {
                *asked.entry(*build).or_default() += 1;
                live.insert(*build);
            }
            Log::Command(Command::Publish { build, attempt, .. }) => {
                // Said again after a restart, it begins no other round of tests.
                if published.insert(*build, *attempt) != Some(*attempt) {
                    asked.remove(build);
                }
                if setup.conditions.gates.module {
                    live.insert(*build);
                }
            }
            // A result that was asked for three times and is overdue again: it waits for people.
            Log::Event(Event::Timer { timer: Timer::TestsDue { build } })
                if asked.get(build).is_some_and(|times| *times >= 3) =>
            {
                live.remove(build);
            }
            Log::Fact(Fact::Submitted { build, .. }) => {
                live.insert(*build);
            }
            Log::Command(_) | Log::Event(_) | Log::Fact(_) => {}
        }
        let mut modules = BTreeSet::new();
        for build in &live {
            if !modules.insert(module_of[build]) {
                return Some(format!("two of {:?} at {:?}: {live:?}", module_of[build], row.at));
            }
        }
    }
    None
}

fn nothing_after_a_stop(setup: &Setup, run: &Run) -> Option<String> {
    let (mut is_stopped, mut says_stop) = (false, false);
    let mut given_up = BTreeSet::new();
    let mut ended: BTreeMap<(&str, u32), u64> = BTreeMap::new();
    let mut builds: BTreeMap<BuildId, (&str, u32)> = BTreeMap::new();
    let mut counts: BTreeMap<ModuleIx, u32> = BTreeMap::new();
    for row in &run.log {
        match &row.what {
            Log::Fact(Fact::Capped) => is_stopped = true,
            // What an orchestrator asks for after its own word counts, carried out or not.
            Log::Command(
                Command::BuildModule { .. }
                | Command::OpenModule { .. }
                | Command::CreateTarget { .. }
                | Command::BuildComponent { .. }
                | Command::MakeRepo { .. },
            ) if says_stop => return Some(format!("{:?} at {:?}", row.what, row.at)),
            Log::Command(Command::Stop { .. }) => says_stop = true,
            Log::Fact(Fact::ModuleEnded { build, .. }) => {
                ended.insert(builds[build], row.at.0);
            }
            Log::Command(Command::FailModule { build, .. }) => {
                given_up.insert(*build);
            }
            Log::Event(Event::Resumed { build, .. }) => {
                given_up.remove(build);
            }
            Log::Fact(Fact::Submitted { build, .. }) if is_stopped || given_up.contains(build) => {
                return Some(format!("a component of {build:?} at {:?}", row.at));
            }
            Log::Fact(Fact::ModuleBegan { build, .. }) if is_stopped => {
                return Some(format!("{build:?} at {:?}", row.at));
            }
            Log::Fact(Fact::ModuleBegan { build, module, .. }) => {
                let count = counts.entry(*module).or_default();
                *count += 1;
                builds.insert(*build, (&setup.catalog.module(*module).id, *count));
            }
            Log::Command(_) | Log::Event(_) | Log::Fact(_) => {}
        }
    }
    let begins_late = |bar: &&modplan::sim::Bar| {
        ended.get(&(&*bar.module, bar.build)).is_some_and(|ended| bar.start.0 > *ended)
    };
    let late = run.bars.iter().find(begins_late)?;
    Some(format!("a task of {} begins after its build ended", late.module))
}

/// Inside one module build a component is submitted only when the gates of all that it waits for
/// were open once; and koji's own build walks batch by batch.
fn inside_first(setup: &Setup, run: &Run) -> Option<String> {
    let mut green = Green::default();
    let mut ever: BTreeSet<(BuildId, ComponentIx)> = BTreeSet::new();
    for row in &run.log {
        if let Log::Fact(Fact::Submitted { build, component, .. }) = row.what {
            let module = setup.catalog.module(green.module_of[&build]);
            let by_graph = module.is_graph && setup.dispatch != Dispatch::Batch;
            let entry = setup.catalog.component(component);
            for at in module.components.clone() {
                let other = setup.catalog.component(ComponentIx(at));
                let is_before = if by_graph {
                    other.blocks.contains(&component)
                } else {
                    other.batch < entry.batch
                };
                if is_before && !ever.contains(&(build, ComponentIx(at))) {
                    return Some(format!("{component:?} of {build:?} before component {at}"));
                }
            }
        }
        green.note(setup, row);
        ever.extend(&green.components);
    }
    if setup.approach == Approach::OrchestratorOwned {
        return None;
    }
    let batch_of = |bar: &modplan::sim::Bar| {
        let module = setup.catalog.modules.iter().find(|module| module.id == bar.module)?;
        let mut components =
            module.components.clone().map(|at| &setup.catalog.components[at as usize]);
        components.find(|component| component.package == bar.package).map(|found| found.batch)
    };
    for bar in &run.bars {
        for other in run.bars.iter().filter(|o| (&o.module, o.build) == (&bar.module, bar.build)) {
            if batch_of(other) < batch_of(bar) && batch_of(other).is_some() && other.end > bar.start
            {
                return Some(format!("{} of {} before its batch", bar.package, bar.module));
            }
        }
    }
    None
}

/// Without a crash or a refusal each thing is said, and each question asked, once.
fn said_once(setup: &Setup, run: &Run) -> Option<String> {
    if run.tally.crashes > 0 {
        return None;
    }
    let by = setup.conditions.repo;
    let mut left: BTreeMap<String, i64> = BTreeMap::new();
    let mut attempts: BTreeSet<(BuildId, ComponentIx, u32)> = BTreeSet::new();
    for row in &run.log {
        let (of, more) = match &row.what {
            Log::Command(
                command @ (Command::CreateTarget { .. }
                | Command::MakeRepo { .. }
                | Command::TagComponent { .. }
                | Command::Publish { .. }
                | Command::FailModule { .. }
                | Command::AskDependants { .. }),
            ) => (format!("{command:?}"), -1),
            Log::Event(Event::Refused { command }) => (format!("{command:?}"), 1),
            // Each of these is a reason to say a thing once more.
            Log::Event(Event::RepoEnded { build, is_ok: false }) => {
                let module = module_of(run, *build);
                (format!("{:?}", Command::MakeRepo { build: *build, module, by }), 1)
            }
            Log::Event(Event::Resumed { build, .. }) => {
                let module = module_of(run, *build);
                *left
                    .entry(format!("{:?}", Command::MakeRepo { build: *build, module, by }))
                    .or_insert(1) += 1;
                (format!("{:?}", Command::FailModule { build: *build, module }), 1)
            }
            Log::Fact(Fact::Submitted { build, component, attempt }) if *attempt > 1 => {
                if !attempts.insert((*build, *component, *attempt)) {
                    continue;
                }
                let command = Command::TagComponent { build: *build, component: *component };
                (format!("{command:?}"), 1)
            }
            Log::Command(_) | Log::Event(_) | Log::Fact(_) => continue,
        };
        let left = left.entry(of.clone()).or_insert(1);
        *left += more;
        if *left < 0 {
            return Some(format!("{of} at {:?}", row.at));
        }
    }
    None
}

fn module_of(run: &Run, build: BuildId) -> ModuleIx {
    let opened = commands(run).find_map(|command| match command {
        Command::OpenModule { build: opened, module, .. } if *opened == build => Some(*module),
        _ => None,
    });
    opened.unwrap_or(ModuleIx(u32::MAX))
}

/// What people ask the orchestrator for is built, by a build that has submitted nothing when they
/// ask.
fn requests_are_served(setup: &Setup, run: &Run) -> Option<String> {
    if setup.cascade == Cascade::Planned || run.figures.outcome == Outcome::Capped {
        return None;
    }
    let mut waiting: BTreeMap<ModuleIx, BTreeSet<u32>> = BTreeMap::new();
    let mut heard = BTreeSet::new();
    let mut module_of: BTreeMap<BuildId, ModuleIx> = BTreeMap::new();
    let mut begun = BTreeSet::new();
    for row in &run.log {
        match &row.what {
            Log::Event(Event::Requested { request, module }) if heard.insert(*request) => {
                waiting.entry(*module).or_default().insert(*request);
                if setup.catalog.module(*module).components.is_empty() {
                    waiting.remove(module);
                }
            }
            Log::Command(Command::OpenModule { build, module, .. }) => {
                module_of.insert(*build, *module);
            }
            Log::Fact(Fact::Submitted { build, .. }) if begun.insert(*build) => {
                waiting.remove(&module_of[build]);
            }
            // A build that is given up before it submits anything took the requests with it.
            Log::Command(Command::FailModule { build, module }) if !begun.contains(build) => {
                waiting.remove(module);
            }
            Log::Command(_) | Log::Event(_) | Log::Fact(_) => {}
        }
    }
    let is_kept = |module: &ModuleIx| {
        let mut builds = module_of.iter().filter(|(_, of)| *of == module).map(|(build, _)| build);
        // One that waits for its first submission, or for one before it that is not over, serves it.
        builds.next_back().is_some_and(|last| !begun.contains(last)) || is_live(setup, run, *module)
    };
    let lost = waiting.iter().find(|(module, _)| !is_kept(module))?;
    Some(format!("{lost:?} were asked for and never built"))
}

/// A build that is under way at the end, though the hub may not let it go on after a repair, keeps
/// the next one waiting.
fn is_live(setup: &Setup, run: &Run, module: ModuleIx) -> bool {
    let id = &setup.catalog.module(module).id;
    let is_resumed = events(run).any(
        |event| matches!(event, Event::Resumed { build, .. } if module_of(run, *build) == module),
    );
    run.modules.iter().any(|entry| {
        entry.id == *id
            && (entry.state == ModuleState::Stuck
                || (entry.state == ModuleState::Failed && is_resumed))
    })
}

fn within_the_limit(setup: &Setup, run: &Run) -> Option<String> {
    let mut live = 0_u32;
    let mut builds = 0_u32;
    let opened: BTreeSet<BuildId> = commands(run)
        .filter_map(|command| match command {
            Command::OpenModule { build, .. } => Some(*build),
            _ => None,
        })
        .collect();
    if opened.len() > setup.builds_max as usize {
        return Some(format!("{} module builds are opened", opened.len()));
    }
    for fact in facts(run) {
        match fact {
            Fact::Submitted { .. } => live += 1,
            Fact::ComponentEnded { .. } if setup.approach == Approach::OrchestratorOwned => {
                live -= 1;
            }
            Fact::ModuleBegan { .. } => builds += 1,
            _ => {}
        }
        if live > setup.submit_limit || builds > setup.builds_max {
            return Some(format!("{live} components, {builds} module builds"));
        }
    }
    None
}

/// What a mail may say, and why: (build, module, component, how it stands).
type Told = (BuildId, ModuleIx, Option<ComponentIx>, Standing);

/// Returns what a row of the log gives people to know.
fn cause_of_mail(
    setup: &Setup,
    row: &LogRow,
    module_of: &BTreeMap<BuildId, ModuleIx>,
) -> Option<Told> {
    let of = |build: BuildId| module_of.get(&build).copied();
    let verdict = |passed: bool| if passed { Standing::Recovered } else { Standing::NotPassed };
    Some(match &row.what {
        Log::Event(Event::Tested { build, passed, module, .. }) => {
            (*build, *module, None, verdict(*passed))
        }
        Log::Event(Event::ComponentTested { build, component, passed, .. }) => {
            (*build, of(*build)?, Some(*component), verdict(*passed))
        }
        Log::Event(Event::Waived { build, module, component }) => {
            (*build, *module, *component, Standing::Recovered)
        }
        Log::Event(Event::ComponentEnded { build, end, .. }) if *end != ComponentEnd::Complete => {
            (*build, of(*build)?, None, Standing::BuildFailed)
        }
        Log::Event(Event::RepoEnded { build, is_ok: false }) => {
            (*build, of(*build)?, None, Standing::BuildFailed)
        }
        Log::Command(Command::RequestTest { build, component, .. }) => {
            (*build, of(*build)?, *component, Standing::NoResult)
        }
        Log::Command(Command::Publish { build, module, .. }) if !setup.conditions.gates.module => {
            (*build, *module, None, Standing::Recovered)
        }
        Log::Event(Event::Refused { command }) => match **command {
            Command::BuildModule { cause, module, .. } => {
                (cause?, module, None, Standing::NoAnswer)
            }
            ref command => {
                let build = build_of(command)?;
                (build, of(build)?, None, Standing::NoAnswer)
            }
        },
        Log::Command(_) | Log::Event(_) | Log::Fact(_) => return None,
    })
}

fn mails_have_a_cause(setup: &Setup, run: &Run) -> Option<String> {
    let mut causes: BTreeSet<Told> = BTreeSet::new();
    let mut told: BTreeMap<(BuildId, ModuleIx, Option<ComponentIx>), Standing> = BTreeMap::new();
    let mut module_of = BTreeMap::new();
    // After a restart the last mails may be tried again: the driver knows them.
    let may_repeat = run.tally.crashes > 0;
    for row in &run.log {
        match &row.what {
            Log::Fact(Fact::ModuleBegan { build, module, .. })
            | Log::Command(Command::OpenModule { build, module, .. }) => {
                module_of.insert(*build, *module);
            }
            Log::Command(Command::Mail { to, about }) => {
                if about.is_empty() {
                    return Some("a mail is about nothing".to_owned());
                }
                for item in about {
                    let told_so = (item.build, item.module, item.component, item.standing);
                    let is_caused = causes.contains(&told_so);
                    if !may_repeat {
                        causes.remove(&told_so);
                    }
                    if !is_caused {
                        return Some(format!("nothing caused {item:?}"));
                    }
                    if *to != Owner::of(&setup.catalog, item.module) {
                        return Some(format!("{item:?} goes to {to:?}"));
                    }
                    let of = (item.build, item.module, item.component);
                    let before = told.insert(of, item.standing);
                    if before == Some(item.standing) && !may_repeat {
                        return Some(format!("{item:?} is told twice"));
                    }
                    if before.is_none() && item.standing == Standing::Recovered && !may_repeat {
                        return Some(format!("{item:?} tells of a recovery from nothing"));
                    }
                }
            }
            Log::Command(_) | Log::Event(_) | Log::Fact(_) => {}
        }
        causes.extend(cause_of_mail(setup, row, &module_of));
    }
    None
}

fn build_of(command: &Command) -> Option<BuildId> {
    match *command {
        Command::BuildModule { cause, .. } => cause,
        Command::CreateTarget { build, .. }
        | Command::BuildComponent { build, .. }
        | Command::CancelComponent { build, .. }
        | Command::TagComponent { build, .. }
        | Command::MakeRepo { build, .. }
        | Command::AskDependants { build, .. } => Some(build),
        _ => None,
    }
}

/// Under the literal rule each pass has each dependant rebuilt, once.
fn calls_have_a_cause(setup: &Setup, run: &Run) -> Option<String> {
    let mut made: BTreeMap<(BuildId, ModuleIx), u32> = BTreeMap::new();
    let mut passed: BTreeMap<BuildId, ModuleIx> = BTreeMap::new();
    let mut opened = BTreeSet::new();
    for row in &run.log {
        match &row.what {
            Log::Command(Command::BuildModule { module, cause: Some(cause), tries: 0, .. }) => {
                *made.entry((*cause, *module)).or_default() += 1;
            }
            Log::Command(Command::OpenModule { build, module, cause }) => {
                if let Some(cause) = cause
                    && opened.insert(*build)
                {
                    *made.entry((*cause, *module)).or_default() += 1;
                }
            }
            Log::Event(Event::Tested { build, module, passed: true, .. })
            | Log::Event(Event::Waived { build, module, component: None })
                if setup.approach == Approach::KojiOwned =>
            {
                passed.insert(*build, *module);
            }
            Log::Command(Command::Ready { build, module }) => {
                passed.insert(*build, *module);
            }
            Log::Command(_) | Log::Event(_) | Log::Fact(_) => {}
        }
    }
    let forgets = setup.approach == Approach::KojiOwned && run.tally.crashes > 0;
    let twice = made.iter().find(|(_, times)| **times > 1 && !forgets);
    if let Some(((cause, module), times)) = twice {
        return Some(format!("{cause:?} has {module:?} built {times} times"));
    }
    let is_asked_well = !setup
        .conditions
        .faults
        .iter()
        .any(|fault| matches!(fault.kind, FaultKind::PdcDown | FaultKind::PdcStale));
    let is_whole = run.figures.outcome != Outcome::Capped && !forgets && is_asked_well;
    if setup.cascade != Cascade::Literal || !is_whole {
        return None;
    }
    for (build, module) in passed {
        let dependants = &setup.catalog.module(module).dependants;
        let built: Vec<ModuleIx> =
            made.keys().filter(|(cause, _)| *cause == build).map(|(_, module)| *module).collect();
        let mut wanted: Vec<ModuleIx> = dependants.to_vec();
        wanted.sort_unstable();
        if built != wanted {
            return Some(format!("{build:?} of {module:?} passed: {built:?}, not {wanted:?}"));
        }
    }
    None
}

/// A module build is given up only after as many failures of one component in a row as retries
/// allow and one more, after a cancel, or when its repo failed six times.
fn retries_are_made(setup: &Setup, run: &Run) -> Option<String> {
    let mut failures: BTreeMap<(BuildId, ComponentIx), u32> = BTreeMap::new();
    let mut heard = BTreeSet::new();
    let mut repos: BTreeMap<BuildId, u32> = BTreeMap::new();
    let mut may_give_up = BTreeSet::new();
    for row in &run.log {
        match &row.what {
            Log::Event(Event::ComponentEnded { build, component, attempt, end }) => {
                if !heard.insert((*build, *component, *attempt)) {
                    continue;
                }
                let count = failures.entry((*build, *component)).or_default();
                match end {
                    ComponentEnd::Complete => *count = 0,
                    ComponentEnd::Failed => *count += 1,
                    ComponentEnd::Canceled => *count = u32::MAX / 2,
                }
                if *count > setup.conditions.retries {
                    may_give_up.insert(*build);
                }
            }
            Log::Event(Event::RepoEnded { build, is_ok: false }) => {
                let count = repos.entry(*build).or_default();
                *count += 1;
                if *count > 5 {
                    may_give_up.insert(*build);
                }
            }
            Log::Event(Event::Canceled { build, .. }) => {
                may_give_up.insert(*build);
            }
            Log::Event(Event::Resumed { build, fixed, .. }) => {
                // What was repaired begins anew, and so does what was given up.
                failures.retain(|(of, component), count| {
                    of != build
                        || (!fixed.contains(component) && *count <= setup.conditions.retries)
                });
            }
            Log::Fact(Fact::Submitted { build, component, .. })
                if failures.get(&(*build, *component)) > Some(&setup.conditions.retries) =>
            {
                return Some(format!("{component:?} of {build:?} is tried too often"));
            }
            Log::Command(Command::FailModule { build, .. }) if !may_give_up.contains(build) => {
                return Some(format!("{build:?} is given up at {:?}", row.at));
            }
            Log::Command(_) | Log::Event(_) | Log::Fact(_) => {}
        }
    }
    None
}

/// A run that is not done says why; and orchestrator-owned is not stopped by messages or crashes.
fn ends_with_a_reason(setup: &Setup, run: &Run) -> Option<String> {
    let not_ready: Vec<&str> = run
        .modules
        .iter()
        .filter(|module| module.state != ModuleState::Ready)
        .map(|module| &*module.id)
        .collect();
    let ended = |wanted: &[ComponentEnd]| {
        facts(run).any(|fact| {
            matches!(fact, Fact::ComponentEnded { end, .. } | Fact::ModuleEnded { end, .. }
                if wanted.contains(&end))
        })
    };
    let outcome = run.figures.outcome;
    let is_explained = match outcome {
        Outcome::Done => not_ready.is_empty(),
        Outcome::Capped => facts(run).any(|fact| fact == Fact::Capped),
        Outcome::Failed => {
            let has_failed_repo =
                events(run).any(|event| matches!(event, Event::RepoEnded { is_ok: false, .. }));
            ended(&[ComponentEnd::Failed, ComponentEnd::Canceled])
                || has_failed_repo
                || events(run).any(|event| matches!(event, Event::Canceled { .. }))
        }
        Outcome::Stuck => is_stuck_for_a_reason(setup, run),
    };
    (!is_explained).then(|| format!("{outcome:?} with {not_ready:?} not ready"))
}

fn is_stuck_for_a_reason(setup: &Setup, run: &Run) -> bool {
    let is_red =
        facts(run).any(|fact| matches!(fact, Fact::Tested { passed: None | Some(false), .. }));
    let lasts = |fault: &modplan::scenario::Fault| {
        fault.lasts.is_none() && fault.kind != FaultKind::OrchestratorCrash
    };
    let gave_up = commands(run).any(|command| {
        matches!(command, Command::Mail { about, .. }
            if about.iter().any(|item| item.standing == Standing::NoAnswer))
    });
    let mut reasons = vec![
        is_red,
        !run.arches_without_builder.is_empty(),
        // A hub says itself what it waits for.
        !run.stuck.is_empty(),
        setup.conditions.faults.iter().any(lasts),
        gave_up,
        // The superseded row of a stale service leaves a dependant out.
        setup.cascade != Cascade::Planned
            && setup.conditions.faults.iter().any(|fault| fault.kind == FaultKind::PdcStale),
        setup.conditions.faults.iter().any(|fault| fault.kind == FaultKind::ModuleCanceled),
    ];
    if setup.approach == Approach::KojiOwned {
        reasons.push(run.tally.messages_lost > 0 || run.tally.crashes > 0);
    }
    reasons.contains(&true)
}
