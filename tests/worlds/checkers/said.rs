//! What is said, asked and mailed, and why.

use super::*;

/// Without a crash or a refusal each thing is said, and each question asked, once.
pub(super) fn said_once(_: &Setup, run: &Run) -> Option<String> {
    if run.tally.crashes > 0 {
        return None;
    }
    let mut left: BTreeMap<String, i64> = BTreeMap::new();
    let mut attempts: BTreeSet<(BuildId, ComponentIx, u32)> = BTreeSet::new();
    for row in &run.log {
        let (of, more) = match &row.what {
            Log::Command(
                command @ (Command::Fetch { .. }
                | Command::CreateTarget { .. }
                | Command::MakeRepo { .. }
                | Command::TagComponent { .. }
                | Command::Publish { .. }
                | Command::FailModule { .. }
                | Command::AskDependants { .. }),
            ) => (format!("{command:?}"), -1),
            Log::Event(Event::Refused { command }) => (format!("{command:?}"), 1),
            // Each of these is a reason to say a thing once more.
            Log::Command(Command::ResumeModule { build, module }) => {
                (format!("{:?}", Command::Fetch { build: *build, module: *module }), 1)
            }
            Log::Event(Event::Resumed { build, .. }) => {
                let module = module_of(run, *build);
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
        Log::Event(Event::RepoEnded { build, is_ok: false, .. } | Event::FetchFailed { build }) => {
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

pub(super) fn mails_have_a_cause(setup: &Setup, run: &Run) -> Option<String> {
    let mut causes: BTreeSet<Told> = BTreeSet::new();
    let mut told: BTreeMap<(BuildId, ModuleIx, Option<ComponentIx>), Standing> = BTreeMap::new();
    let mut module_of = BTreeMap::new();
    // Of what is told to be bad, by module and component: a later build that passes ends it too.
    let mut bad: BTreeMap<(ModuleIx, Option<ComponentIx>), BTreeSet<BuildId>> = BTreeMap::new();
    // What was told of a build before a repair may be true again.
    let mut repaired: BTreeSet<BuildId> = BTreeSet::new();
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
            Log::Command(_) | Log::Event(_) | Log::Fact(_) => {}
        }
        causes.extend(cause_of_mail(setup, row, &module_of));
    }
    None
}

fn build_of(command: &Command) -> Option<BuildId> {
    match *command {
        Command::BuildModule { cause, .. } => cause,
        Command::Fetch { build, .. }
        | Command::CreateTarget { build, .. }
        | Command::BuildComponent { build, .. }
        | Command::CancelComponent { build, .. }
        | Command::TagComponent { build, .. }
        | Command::MakeRepo { build, .. }
        | Command::AskDependants { build, .. } => Some(build),
        _ => None,
    }
}

/// Under the literal rule each pass has each dependant rebuilt, once.
pub(super) fn calls_have_a_cause(setup: &Setup, run: &Run) -> Option<String> {
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
