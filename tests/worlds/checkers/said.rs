//! What is said, asked and mailed, and why.

use super::*;

/// Without a crash each thing is asked once: a call keeps its number when it is made again, which it
/// is only after it was refused, or when a look found nothing of it.
pub(super) fn said_once(_: &Setup, run: &Run) -> Option<String> {
    if run.tally.crashes > 0 {
        return None;
    }
    let mut made: BTreeMap<CallId, u32> = BTreeMap::new();
    let mut may: BTreeMap<CallId, i64> = BTreeMap::new();
    let mut distinct: BTreeMap<String, CallId> = BTreeMap::new();
    let mut left: BTreeMap<BuildId, i64> = BTreeMap::new();
    for row in &run.log {
        match &row.what {
            Log::Command(Command::Call { id, call }) => {
                let times = made.entry(*id).or_default();
                *times += 1;
                if i64::from(*times) > 1 + may.get(id).copied().unwrap_or_default() {
                    return Some(format!("{call:?} at {:?}", row.at));
                }
                // What is asked again for a reason of its own says so, or is fetched or mailed anew.
                let repeats = matches!(
                    call,
                    Call::Fetch { .. }
                        | Call::CreateTarget { .. }
                        | Call::RequestTest { .. }
                        | Call::Mail { .. }
                );
                let other = distinct.insert(format!("{call:?}"), *id);
                if other.is_some_and(|other| other != *id) && !repeats {
                    return Some(format!("{call:?} is made as two calls at {:?}", row.at));
                }
            }
            // What is looked for first is made when nothing of it is there.
            Log::Command(Command::Look { id, .. }) if !made.contains_key(id) => {
                may.entry(*id).or_insert(-1);
            }
            Log::Answered { id, answer: Answer::Refused | Answer::Absent, .. } => {
                *may.entry(*id).or_default() += 1;
            }
            Log::Command(Command::Tell(Tell::Failed { build, .. })) => {
                let left = left.entry(*build).or_insert(1);
                *left -= 1;
                if *left < 0 {
                    return Some(format!("{build:?} is given up twice at {:?}", row.at));
                }
            }
            // What only reads is asked again where the answer was lost.
            Log::Answered { id, call, answer: Answer::Unknown } if call.is_read() => {
                *may.entry(*id).or_default() += 1;
            }
            Log::Event(Event::Resumed { build, .. }) => *left.entry(*build).or_insert(1) += 1,
            Log::Command(_) | Log::Answered { .. } | Log::Event(_) | Log::Fact(_) => {}
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
        Log::Event(Event::RepoEnded { build, is_ok: false, .. }) => {
            (*build, of(*build)?, None, Standing::BuildFailed)
        }
        Log::Command(Command::Call {
            call: Call::RequestTest { build, component, .. }, ..
        }) => (*build, of(*build)?, *component, Standing::NoResult),
        Log::Command(Command::Call { call: Call::Publish { build, module, .. }, .. })
            if !setup.conditions.gates.module =>
        {
            (*build, *module, None, Standing::Recovered)
        }
        Log::Answered {
            call: Call::BuildModule { module, cause, .. },
            answer: Answer::Failed(_),
            ..
        } => (*cause, *module, None, Standing::NoAnswer),
        Log::Answered { call, answer: Answer::Failed(_), .. } => {
            let build = call.build()?;
            let standing = match call {
                Call::Fetch { .. }
                | Call::CreateTarget { .. }
                | Call::BuildComponent { .. }
                | Call::TagComponent { .. }
                | Call::MakeRepo { .. } => Standing::BuildFailed,
                _ => Standing::NoAnswer,
            };
            (build, of(build)?, None, standing)
        }
        Log::Answered { call, answer: Answer::Refused | Answer::Unknown, .. } => {
            let module = match *call {
                Call::BuildModule { module, .. } => Some(module),
                _ => None,
            };
            let build = call.build()?;
            (build, module.or_else(|| of(build))?, None, Standing::NoAnswer)
        }
        Log::Command(_) | Log::Answered { .. } | Log::Event(_) | Log::Fact(_) => return None,
    })
}

pub(super) fn mails_have_a_cause(setup: &Setup, run: &Run) -> Option<String> {
    let mut causes: BTreeSet<Told> = BTreeSet::new();
    let mut told: BTreeMap<(BuildId, ModuleIx, Option<ComponentIx>), Standing> = BTreeMap::new();
    let mut module_of = BTreeMap::new();
    // Of what is told to be bad, by module and component: a later build that passes ends it too.
    let mut bad: BTreeMap<(ModuleIx, Option<ComponentIx>), BTreeSet<BuildId>> = BTreeMap::new();
    // What was told of a build before a repair may be true again.
    let mut repaired: BTreeSet<BuildId> = BTreeSet::new();
    let mut sent: BTreeSet<CallId> = BTreeSet::new();
    // After a restart the last mails may be tried again: the driver knows them.
    let may_repeat = run.tally.crashes > 0;
    for row in &run.log {
        match &row.what {
            Log::Fact(Fact::ModuleBegan { build, module, .. })
            | Log::Command(Command::Tell(Tell::Opened { build, module, .. })) => {
                module_of.insert(*build, *module);
            }
            Log::Command(Command::Call { id, call: Call::Mail { to, about } }) => {
                // One that was refused, or of which nothing is there, is sent again.
                if !sent.insert(*id) && !may_repeat {
                    continue;
                }
                if about.is_empty() {
                    return Some("a mail is about nothing".to_owned());
                }
                for item in about.iter() {
                    let told_so = (item.build, item.module, item.component, item.standing);
                    if !causes.contains(&told_so) {
                        return Some(format!("nothing caused {item:?}"));
                    }
                    if *to != Owner::of(&setup.catalog, item.module) {
                        return Some(format!("{item:?} goes to {to:?}"));
                    }
                    let of = (item.build, item.module, item.component);
                    let before = told.insert(of, item.standing);
                    let is_known = before == Some(item.standing);
                    if is_known && !repaired.contains(&item.build) && !may_repeat {
                        return Some(format!("{item:?} is told twice"));
                    }
                    let bad = bad.entry((item.module, item.component)).or_default();
                    let all = bad.len();
                    bad.retain(|build| item.standing != Standing::Recovered || *build > item.build);
                    let ends_none = item.standing == Standing::Recovered && bad.len() == all;
                    if item.standing != Standing::Recovered {
                        bad.insert(item.build);
                    }
                    if ends_none && !may_repeat {
                        return Some(format!("{item:?} tells of a recovery from nothing"));
                    }
                }
                // A digest may say a thing, that it goes on, and the thing again.
                for item in about.iter().filter(|_| !may_repeat) {
                    causes.remove(&(item.build, item.module, item.component, item.standing));
                }
            }
            Log::Event(Event::Resumed { build, .. }) => {
                repaired.insert(*build);
            }
            Log::Command(_) | Log::Answered { .. } | Log::Event(_) | Log::Fact(_) => {}
        }
        causes.extend(cause_of_mail(setup, row, &module_of));
    }
    None
}

/// Under the literal rule each pass has each dependant rebuilt, once. koji-owned, which forgets in a
/// crash, looks before it asks: that no rebuild begins twice is seen where calls are enumerated.
pub(super) fn calls_have_a_cause(setup: &Setup, run: &Run) -> Option<String> {
    let mut made: BTreeMap<(BuildId, ModuleIx), u32> = BTreeMap::new();
    let mut passed: BTreeMap<BuildId, ModuleIx> = BTreeMap::new();
    let (mut opened, mut unknown) = (BTreeSet::new(), BTreeSet::new());
    let mut is_down = false;
    for row in &run.log {
        match &row.what {
            Log::Command(Command::Look {
                call: Call::BuildModule { module, cause, .. }, ..
            }) => {
                made.insert((*cause, *module), 1);
            }
            // The outage is reported, and dependants are unknown.
            Log::Answered {
                call: Call::AskDependants { build, .. },
                answer: Answer::Failed(_),
                ..
            } => {
                unknown.insert(*build);
            }
            Log::Fact(Fact::Crashed) => is_down = true,
            Log::Fact(Fact::Restarted) => is_down = false,
            Log::Command(Command::Tell(Tell::Opened { build, module, cause })) => {
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
            Log::Command(Command::Tell(Tell::Ready { build, module })) => {
                passed.insert(*build, *module);
            }
            Log::Command(_) | Log::Answered { .. } | Log::Event(_) | Log::Fact(_) => {}
        }
    }
    let twice = made.iter().find(|(_, times)| **times > 1);
    if let Some(((cause, module), times)) = twice {
        return Some(format!("{cause:?} has {module:?} built {times} times"));
    }
    let is_asked_well = !setup
        .conditions
        .faults
        .iter()
        .any(|fault| matches!(fault.kind, FaultKind::PdcDown | FaultKind::PdcStale));
    let is_whole = run.figures.outcome != Outcome::Capped && !is_down && is_asked_well;
    if setup.cascade != Cascade::Literal || !is_whole {
        return None;
    }
    for (build, module) in passed.into_iter().filter(|(build, _)| !unknown.contains(build)) {
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
