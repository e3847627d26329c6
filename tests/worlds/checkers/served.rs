//! What is to be built, tried again, and given up.

use super::*;

pub(super) fn nothing_after_a_stop(setup: &Setup, run: &Run) -> Option<String> {
    let (mut is_stopped, mut says_stop) = (false, false);
    let (mut given_up, mut opened) = (BTreeSet::new(), BTreeSet::new());
    let mut ended: BTreeMap<(&str, u32), u64> = BTreeMap::new();
    let mut builds: BTreeMap<BuildId, (&str, u32)> = BTreeMap::new();
    let mut counts: BTreeMap<ModuleIx, u32> = BTreeMap::new();
    for row in &run.log {
        match &row.what {
            Log::Fact(Fact::Capped) => is_stopped = true,
            // What an orchestrator asks for after its own word counts, carried out or not.
            // After a restart what was opened is said again.
            Log::Command(Command::Tell(Tell::Opened { build, .. })) => {
                if opened.insert(*build) && says_stop {
                    return Some(format!("{:?} at {:?}", row.what, row.at));
                }
            }
            Log::Command(Command::Call { call: Call::BuildModule { .. }, .. }) if says_stop => {
                return Some(format!("{:?} at {:?}", row.what, row.at));
            }
            Log::Command(Command::Tell(Tell::Stopped { .. })) => says_stop = true,
            Log::Fact(Fact::ModuleEnded { build, .. }) => {
                ended.insert(builds[build], row.at.0);
            }
            Log::Command(Command::Tell(Tell::Failed { build, .. })) => {
                given_up.insert(*build);
            }
            Log::Command(Command::Tell(Tell::Resumed { build, .. })) => {
                given_up.remove(build);
            }
            Log::Fact(Fact::Submitted { build, .. }) if given_up.contains(build) => {
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
            Log::Command(_) | Log::Answered { .. } | Log::Event(_) | Log::Fact(_) => {}
        }
    }
    let begins_late = |bar: &&modplan::sim::Bar| {
        ended.get(&(&*bar.module, bar.build)).is_some_and(|ended| bar.start.0 > *ended)
    };
    let late = run.bars.iter().find(begins_late)?;
    Some(format!("a task of {} begins after its build ended", late.module))
}

/// What people ask the orchestrator for is built, by a build that has submitted nothing when they
/// ask.
pub(super) fn requests_are_served(setup: &Setup, run: &Run) -> Option<String> {
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
                let module = setup.catalog.find(module).expect("people ask for known modules");
                waiting.entry(module).or_default().insert(*request);
                if setup.catalog.module(module).components.is_empty() {
                    waiting.remove(&module);
                }
            }
            Log::Command(Command::Tell(Tell::Opened { build, module, .. })) => {
                module_of.insert(*build, *module);
            }
            Log::Fact(Fact::Submitted { build, .. }) if begun.insert(*build) => {
                waiting.remove(&module_of[build]);
            }
            // A build that is given up before it submits anything took the requests with it.
            Log::Command(Command::Tell(Tell::Failed { build, module }))
                if !begun.contains(build) =>
            {
                waiting.remove(module);
            }
            Log::Command(_) | Log::Answered { .. } | Log::Event(_) | Log::Fact(_) => {}
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
    run.modules.iter().any(|entry| entry.id == *id && entry.state == ModuleState::Stuck)
}

/// A module build is given up only after as many failures of one component in a row as retries
/// allow and one more, after a cancel, or when its repo failed six times.
pub(super) fn retries_are_made(setup: &Setup, run: &Run) -> Option<String> {
    let mut failures: BTreeMap<(BuildId, ComponentIx), u32> = BTreeMap::new();
    let (mut heard, mut heard_repos) = (BTreeSet::new(), BTreeSet::new());
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
            Log::Event(Event::RepoEnded { build, attempt, is_ok: false }) => {
                if !heard_repos.insert((*build, *attempt)) {
                    continue;
                }
                let count = repos.entry(*build).or_default();
                *count += 1;
                if *count > 5 {
                    may_give_up.insert(*build);
                }
            }
            Log::Event(Event::Canceled { build, .. }) => {
                may_give_up.insert(*build);
            }
            Log::Answered {
                call: Call::MakeRepo { build, attempt, .. },
                answer: Answer::Failed(_),
                ..
            } => {
                if heard_repos.insert((*build, *attempt)) {
                    let count = repos.entry(*build).or_default();
                    *count += 1;
                    if *count > 5 {
                        may_give_up.insert(*build);
                    }
                }
            }
            Log::Answered { call, answer: Answer::Failed(_), .. } => {
                may_give_up.extend(call.build());
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
            Log::Command(Command::Tell(Tell::Failed { build, .. }))
                if !may_give_up.contains(build) =>
            {
                return Some(format!("{build:?} is given up at {:?}", row.at));
            }
            Log::Command(_) | Log::Answered { .. } | Log::Event(_) | Log::Fact(_) => {}
        }
    }
    None
}
