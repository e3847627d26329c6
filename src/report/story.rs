//! The story of a run for people: what went wrong and what was done about it, in order of time; and
//! of one module, everything that concerned it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::layout::wrapped_story;
use crate::orchestrate::{
    BuildId, Call, Catalog, Command, ComponentEnd, Concern, ModuleIx, Standing, Tell,
};
use crate::scenario::{Fault, FaultKind};
use crate::sim::{Fact, Log, LogRow, ModuleRun, ModuleState, Run};
use crate::time::{Millis, Timestamp};

mod builds;

use builds::Builds;

/// Lines of a story before it is cut.
const LINES_MAX: usize = 40;
/// Components of a module that are listed before the rest is counted.
const COMPONENTS_MAX: usize = 10;
const DIES: &str = "the orchestrator dies";
/// How often the same line is shown for the builds of one module.
const REPEATS_MAX: usize = 2;

/// What a story is about, and how much of it is shown.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'c> {
    /// The modules of the run.
    pub catalog: &'c Catalog,
    /// The faults of its scenario.
    pub faults: &'c [Fault],
    /// Whether everything is shown; else repeated lines are counted, and there are at most 40 lines.
    pub is_whole: bool,
}

/// Returns how the state of a module is called in tables and stories.
pub(super) fn state_word(state: ModuleState) -> &'static str {
    match state {
        ModuleState::Ready => "ready",
        ModuleState::Failed => "failed",
        ModuleState::Stuck => "stuck",
        ModuleState::Blocked => "blocked",
        ModuleState::Waiting => "waiting",
    }
}

/// Returns what went wrong in a run and what was done about it, one line each; nothing for a run
/// without trouble.
#[must_use]
pub fn story(run: &Run, scene: Scene<'_>) -> String {
    let builds = Builds::of(run, scene);
    let lines = lines(run, &builds);
    if scene.is_whole {
        return lines.iter().map(|(at, what)| line(*at, what)).collect();
    }
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for (_, what) in &lines {
        *times.entry(kind(what)).or_default() += 1;
    }
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut text = String::new();
    let (mut shown, mut hidden) = (0, 0);
    for (at, what) in &lines {
        let kind = kind(what);
        let (all, nth) = (times[&kind], seen.entry(kind).or_default());
        *nth += 1;
        if *nth > REPEATS_MAX && all > REPEATS_MAX + 1 {
            continue;
        }
        let is_last = *nth == REPEATS_MAX && all > REPEATS_MAX + 1;
        let more = if is_last { format!("; {} more like this", all - *nth) } else { String::new() };
        shown += 1;
        if shown > LINES_MAX {
            hidden += 1;
        } else {
            text += &line(*at, &format!("{what}{more}"));
        }
    }
    if hidden > 0 {
        writeln!(text, "{:>9}  … and {hidden} lines more: --story all", "")
            .expect("a string takes all that is written to it");
    }
    text
}

/// Returns the lines of a story: a crash that is over at once is one of them, and so are the
/// components of a module that are canceled together. A fault after the end of the run is none.
fn lines(run: &Run, builds: &Builds<'_>) -> Vec<(Timestamp, String)> {
    let mut lines: Vec<(Timestamp, String)> = Vec::new();
    let mut canceled: Option<(Timestamp, BuildId, u32)> = None;
    let end = run.end();
    for row in &run.log {
        if row.is_fault() && Millis(row.at.0) > end {
            continue;
        }
        if let Log::Fact(Fact::ComponentEnded { build, end: ComponentEnd::Canceled, .. }) = row.what
            && let Some((at, of, count)) = &mut canceled
            && (*at, *of) == (row.at, build)
        {
            *count += 1;
            let what = format!("{count} components of {} are canceled", builds.name(build));
            *lines.last_mut().expect("the first of them has a line") = (row.at, what);
            continue;
        }
        let Some(what) = row_line(row, builds) else { continue };
        canceled = match row.what {
            Log::Fact(Fact::ComponentEnded { build, end: ComponentEnd::Canceled, .. }) => {
                Some((row.at, build, 1))
            }
            Log::Fact(_) | Log::Command(_) | Log::Answered { .. } | Log::Event(_) => None,
        };
        let is_back = matches!(row.what, Log::Fact(Fact::Restarted));
        if is_back && lines.last().is_some_and(|last| *last == (row.at, DIES.to_owned())) {
            lines.pop();
            lines.push((row.at, format!("{DIES} and is back at once")));
        } else {
            lines.push((row.at, what));
        }
    }
    lines
}

/// Returns what a line says, whichever build of the module it is about.
fn kind(what: &str) -> String {
    let mut parts = what.split(" (build ");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once(')').map_or(part, |(_, rest)| rest))
}

/// Returns everything that concerned one module, in lines of at most `width` characters.
#[must_use]
pub fn explain(run: &Run, scene: Scene<'_>, module: ModuleIx, width: usize) -> String {
    let builds = Builds::of(run, scene);
    let mut text = String::new();
    for row in &run.log {
        let is_its = |build: BuildId| builds.module(build) == Some(module);
        if subject(row).is_some_and(is_its)
            && let Some(what) = detail_line(row, &builds)
        {
            text += &line(row.at, &what);
        }
        if let Log::Command(Command::Call { call: Call::Mail { about, .. }, .. }) = &row.what {
            for concern in about.iter().filter(|concern| concern.module == module) {
                let people = builds.people(module);
                text += &line(row.at, &format!("mail to {people}: {}", mailed(concern, &builds)));
            }
        }
    }
    if let Some(entry) = run.modules.iter().find(|of| of.module == module) {
        let spent = entry.spent;
        let why = entry.reason.as_ref().map_or_else(String::new, |reason| format!(" ({reason})"));
        writeln!(
            text,
            "\n{} ended {}{why}: {} waiting, {} queued, {} building, {} testing, {} stuck",
            entry.id,
            state_word(entry.state),
            spent.waiting,
            spent.queued,
            spent.building,
            spent.testing,
            spent.stuck
        )
        .expect("a string takes all that is written to it");
        text += &components(entry, scene.is_whole);
    }
    wrapped_story(&text, width)
}

/// Says of the components of a module that are not done how they stand.
fn components(module: &ModuleRun, is_whole: bool) -> String {
    let open: Vec<_> = module.components.iter().filter(|part| !part.state.is_done()).collect();
    let shown = if is_whole { open.len() } else { COMPONENTS_MAX.min(open.len()) };
    let mut text: String = open[..shown]
        .iter()
        .map(|part| format!("  {}: {}\n", part.component, part.because))
        .collect();
    if shown < open.len() {
        writeln!(text, "  … and {} more: --story all", open.len() - shown)
            .expect("a string takes all that is written to it");
    }
    text
}

fn line(at: Timestamp, what: &str) -> String {
    format!("{:>9}  {what}\n", Millis(at.0).to_string())
}

/// Returns the line of a row in the story of the whole run.
fn row_line(row: &LogRow, builds: &Builds<'_>) -> Option<String> {
    match &row.what {
        Log::Fact(fact) => fact_line(*fact, builds),
        Log::Command(Command::Call { call: Call::Mail { about, .. }, .. }) => {
            let items: Vec<String> = about.iter().map(|concern| mailed(concern, builds)).collect();
            Some(format!("mail to {}: {}", builds.people(about.first()?.module), items.join("; ")))
        }
        Log::Command(Command::Tell(Tell::Failed { build, .. })) => {
            Some(format!("{} is given up", builds.name(*build)))
        }
        Log::Command(Command::Tell(Tell::Resumed { build, .. })) => {
            Some(format!("{} is taken up again", builds.name(*build)))
        }
        Log::Command(_) | Log::Answered { .. } | Log::Event(_) => None,
    }
}

fn fact_line(fact: Fact, builds: &Builds<'_>) -> Option<String> {
    Some(match fact {
        Fact::ModuleEnded { build, end } if end != ComponentEnd::Complete => {
            format!("{} {}", builds.name(build), end_word(end))
        }
        Fact::ComponentEnded { build, component, end } if end != ComponentEnd::Complete => {
            format!("{} {}", builds.subject(build, Some(component)), end_word(end))
        }
        Fact::Tested { build, component, passed, .. } if passed != Some(true) => {
            let how = if passed.is_none() { "gives no result" } else { "does not pass" };
            format!("the test of {} {how}", builds.subject(build, component))
        }
        Fact::MessageLost { build, component, to_tests } => {
            let to = if to_tests { " to the tests" } else { "" };
            format!("a message{to} about {} is lost", builds.subject(build, component))
        }
        Fact::Waived { build, component } => {
            format!("people waive the test of {}", builds.subject(build, component))
        }
        Fact::Mailed { build } => {
            let people = builds.module(build).map_or_else(String::new, |m| builds.people(m));
            format!("koji mails {people}: {} failed", builds.name(build))
        }
        Fact::CallFailed { build, call, .. } => {
            format!("koji refuses {} of {} for good", call.as_str(), builds.name(build))
        }
        Fact::NotFetched { build } => format!("no modulemd is found for {}", builds.name(build)),
        Fact::Fixed { build } => format!("people repair {}", builds.name(build)),
        // What the orchestrator does then says it.
        Fact::FaultBegan { kind: FaultKind::OrchestratorCrash, .. }
        | Fact::FaultEnded { kind: FaultKind::OrchestratorCrash, .. }
        // It is over in the same moment.
        | Fact::FaultEnded { kind: FaultKind::ModuleCanceled, .. } => return None,
        Fact::FaultBegan { kind, fault } => format!("fault: {}", builds.fault(kind, fault)),
        Fact::FaultEnded { kind, fault } => format!("fault over: {}", builds.fault(kind, fault)),
        Fact::Capped => "the cap on module builds stops the run".to_owned(),
        Fact::Crashed => DIES.to_owned(),
        Fact::Restarted => "the orchestrator is back".to_owned(),
        Fact::ModuleBegan { .. }
        | Fact::ModuleEnded { .. }
        | Fact::Submitted { .. }
        | Fact::ComponentEnded { .. }
        | Fact::Tested { .. } => return None,
    })
}

fn mailed(concern: &Concern, builds: &Builds<'_>) -> String {
    let subject = match builds.module(concern.build) == Some(concern.module) {
        true => builds.subject(concern.build, concern.component),
        false => builds.catalog.module(concern.module).id.to_string(),
    };
    match concern.standing {
        Standing::NotPassed => format!("the rebuild of {subject} is stuck, its test did not pass"),
        Standing::NoResult => format!("the rebuild of {subject} is stuck, its test gave no result"),
        Standing::BuildFailed => format!("the rebuild of {subject} failed"),
        Standing::NotDefined => format!("{subject} is not found, its definition is unavailable"),
        Standing::NoAnswer => format!("the rebuild of {subject} is stuck, a call gets no answer"),
        Standing::Recovered => format!("the rebuild of {subject} continues"),
    }
}

fn end_word(end: ComponentEnd) -> &'static str {
    match end {
        ComponentEnd::Complete => "is built",
        ComponentEnd::Failed => "fails",
        ComponentEnd::Canceled => "is canceled",
    }
}

/// Returns the module build that a row is about, mails apart.
fn subject(row: &LogRow) -> Option<BuildId> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the story of a module has these only")]
    match row.what {
        Log::Fact(
            Fact::ModuleBegan { build, .. }
            | Fact::ModuleEnded { build, .. }
            | Fact::Submitted { build, .. }
            | Fact::ComponentEnded { build, .. }
            | Fact::Tested { build, .. }
            | Fact::Waived { build, .. }
            | Fact::MessageLost { build, .. }
            | Fact::NotFetched { build }
            | Fact::CallFailed { build, .. }
            | Fact::Mailed { build }
            | Fact::Fixed { build },
        )
        | Log::Command(
            Command::Tell(Tell::Opened { build, .. })
            | Command::Call { call: Call::Publish { build, .. }, .. }
            | Command::Tell(Tell::Ready { build, .. })
            | Command::Tell(Tell::Failed { build, .. })
            | Command::Tell(Tell::Resumed { build, .. })
            | Command::Call { call: Call::AskDependants { build, .. }, .. },
        ) => Some(build),
        _ => None,
    }
}

/// Returns the line of a row in the story of its module.
fn detail_line(row: &LogRow, builds: &Builds<'_>) -> Option<String> {
    match row.what {
        Log::Fact(Fact::ModuleBegan { build, cause, .. })
        | Log::Command(Command::Tell(Tell::Opened { build, cause, .. })) => {
            let why = match cause {
                Some(cause) => format!("because {} passed", builds.name(cause)),
                None => "because people asked for it".to_owned(),
            };
            Some(format!("{} begins, {why}", builds.name(build)))
        }
        Log::Fact(Fact::Submitted { component, attempt, .. }) => {
            let package = builds.package(component);
            Some(match attempt {
                1 => format!("{package} is submitted"),
                _ => format!("{package} is submitted, attempt {attempt}"),
            })
        }
        Log::Fact(Fact::ComponentEnded { component, end, .. }) => {
            Some(format!("{} {}", builds.package(component), end_word(end)))
        }
        Log::Fact(Fact::ModuleEnded { build, end }) => {
            Some(format!("{} {}", builds.name(build), end_word(end)))
        }
        Log::Fact(Fact::Tested { build, component, passed: Some(true), .. }) => {
            Some(format!("the test of {} passes", builds.subject(build, component)))
        }
        Log::Command(Command::Call { call: Call::Publish { build, .. }, .. }) => {
            Some(format!("{} is published as done", builds.name(build)))
        }
        Log::Command(Command::Tell(Tell::Ready { build, .. })) => {
            Some(format!("{} is ready", builds.name(build)))
        }
        Log::Command(Command::Call { call: Call::AskDependants { .. }, .. }) => {
            Some("its dependants are asked for".to_owned())
        }
        Log::Fact(_) | Log::Command(_) | Log::Answered { .. } | Log::Event(_) => {
            row_line(row, builds)
        }
    }
}
