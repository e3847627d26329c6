//! What there may be of a kind at one time.

use super::*;

pub(super) fn never_twice(_: &Setup, run: &Run) -> Option<String> {
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
    for bar in run.bars.iter().filter(|bar| !bar.module.is_empty()) {
        let of = (&bar.module, bar.build, bar.package.as_str(), bar.arch.as_str());
        by_task.entry(of).or_default().push((bar.start.0, bar.end.0));
    }
    overlap(by_task)
}

pub(super) fn one_task_a_builder(_: &Setup, run: &Run) -> Option<String> {
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

pub(super) fn one_live_build(setup: &Setup, run: &Run) -> Option<String> {
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
            Log::Command(Command::Tell(Tell::Opened { build, module, .. })) => {
                module_of.insert(*build, *module);
                // A restart may say again what was said.
                if is_open.insert(*build) {
                    live.insert(*build);
                }
            }
            Log::Command(
                Command::Tell(Tell::Ready { build, .. })
                | Command::Tell(Tell::Failed { build, .. }),
            )
            | Log::Event(Event::Tested { build, passed: false, .. }) => {
                live.remove(build);
            }
            Log::Command(Command::Tell(Tell::Resumed { build, .. })) => {
                live.insert(*build);
            }
            Log::Command(Command::Call {
                call: Call::RequestTest { build, component: None, .. },
                ..
            }) => {
                *asked.entry(*build).or_default() += 1;
                live.insert(*build);
            }
            Log::Command(Command::Call { call: Call::Publish { build, attempt, .. }, .. }) => {
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
            Log::Command(_) | Log::Answered { .. } | Log::Event(_) | Log::Fact(_) => {}
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

pub(super) fn within_the_limit(setup: &Setup, run: &Run) -> Option<String> {
    let mut live = 0_u32;
    let mut builds = 0_u32;
    let opened: BTreeSet<BuildId> = commands(run)
        .filter_map(|command| match command {
            Command::Tell(Tell::Opened { build, .. }) => Some(*build),
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
