//! A dry run on koji: as JSON for programs, and as a table for who decides whether to go ahead.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use super::layout::{Indent, Layout, wrapped};
use crate::koji::Value;
use crate::koji_plan::{Check, Phase, PlannedCall, WorkedOut};
use crate::plan::Plan;
use crate::plan::model::{Assumed, Estimate, PlanBuilders};

/// So many failed checks of a kind are listed in the table.
const FAILED_MAX: usize = 3;
/// So many characters of a word among the parameters are shown in the table.
const WORD_MAX: usize = 46;
/// So many assumed values are named in the table.
const ASSUMED_MAX: usize = 3;
/// So many calls of a phase are shown in the table.
const CALLS_MAX: usize = 3;

/// A dry run with what it rests on.
#[derive(Clone, Copy, Debug)]
pub struct DryRun<'a> {
    /// The checks and calls.
    pub run: &'a WorkedOut,
    /// The plan.
    pub plan: &'a Plan,
    /// The hub's address.
    pub hub: &'a str,
    /// The checksum; none where the hub could not be asked.
    pub checksum: Option<&'a str>,
}

impl DryRun<'_> {
    /// Returns whether every check holds.
    #[must_use]
    pub fn is_fine(&self) -> bool {
        self.run.checks.iter().all(|check| check.ok)
    }
}

#[derive(Serialize)]
struct Document<'a> {
    format: u32,
    checksum: Option<&'a str>,
    hub: &'a str,
    user: Option<&'a str>,
    modules: usize,
    component_builds: usize,
    estimate: Option<Estimate>,
    builders: &'a [PlanBuilders],
    assumed: &'a [Assumed],
    preflight: &'a [Check],
    calls: &'a [PlannedCall],
}

/// Renders a dry run as JSON.
///
/// # Panics
/// Never: numbers and texts are JSON always.
#[must_use]
pub fn json(dry_run: DryRun<'_>) -> String {
    let DryRun { run, plan, hub, checksum } = dry_run;
    let document = Document {
        format: 1,
        checksum,
        hub,
        user: run.user.as_deref(),
        modules: run.modules,
        component_builds: run.component_builds,
        estimate: plan.estimate,
        builders: &plan.farm.builders,
        assumed: &plan.assumed,
        preflight: &run.checks,
        calls: &run.calls,
    };
    let mut text = serde_json::to_string_pretty(&document).expect("numbers and texts are JSON");
    text.push('\n');
    text
}

/// Renders a dry run in lines of at most `width` characters, but for single words that are longer.
#[must_use]
pub fn table(dry_run: DryRun<'_>, width: usize) -> String {
    let parts = [
        opening(dry_run, width),
        preflight(&dry_run.run.checks, width),
        counts(&dry_run.run.calls, width),
        first_calls(&dry_run.run.calls, width),
        ending(dry_run, width),
    ];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
}

fn opening(dry_run: DryRun<'_>, width: usize) -> String {
    let DryRun { run, plan, hub, .. } = dry_run;
    let user = run.user.as_ref().map_or_else(|| "nobody".to_owned(), Clone::clone);
    let mut text = wrapped(
        &format!(
            "Dry run on {hub} as {user}: {} module builds, {} component builds. Nothing was changed.",
            run.modules, run.component_builds
        ),
        width,
        Indent::NONE,
    );
    let times = match plan.estimate {
        Some(Estimate { p50: Some(p50), p90: Some(p90), .. }) => {
            format!("Expected: half of all runs take {p50} at most, nine in ten {p90}")
        }
        Some(Estimate { p50: Some(p50), .. }) => {
            format!("Expected: half of all runs take {p50} at most")
        }
        Some(_) | None => "Expected: the plan has no estimate".to_owned(),
    };
    let builders: Vec<String> = (plan.farm.builders.iter())
        .map(|group| format!("{} {}", group.count, group.name))
        .collect();
    let builders = match builders.is_empty() {
        true => String::new(),
        false => format!(", on the plan's builders ({})", builders.join(", ")),
    };
    text.push_str(&wrapped(&format!("{times}{builders}."), width, Indent::NONE));
    let keys: Vec<&str> = plan.assumed.iter().map(|assumed| assumed.key.as_str()).collect();
    if let Some((first, rest)) = keys.split_at_checked(keys.len().min(ASSUMED_MAX))
        && !first.is_empty()
    {
        let more = match rest.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let line = format!("Assumed: {}{more}.", first.join(", "));
        text.push_str(&wrapped(&line, width, Indent::NONE));
    }
    text
}

fn preflight(checks: &[Check], width: usize) -> String {
    let failed = checks.iter().filter(|check| !check.ok).count();
    let mut text = match failed {
        0 => format!("Preflight: all {} checks hold\n", checks.len()),
        _ => format!("Preflight: {failed} of {} checks FAIL\n", checks.len()),
    };
    let mut table = Layout::new(&["", "CHECK", "FOUND"], &[]);
    let mut of_kind: BTreeMap<&str, usize> = BTreeMap::new();
    for check in checks.iter().filter(|check| !check.ok) {
        let count = of_kind.entry(&check.check).or_default();
        *count += 1;
        if *count <= FAILED_MAX {
            table.add(vec!["FAIL".to_owned(), check.check.clone(), check.detail.clone()]);
        }
    }
    for (kind, count) in of_kind.into_iter().filter(|(_, count)| *count > FAILED_MAX) {
        let more = format!("and {} more: all are in --format json", count - FAILED_MAX);
        table.add(vec!["FAIL".to_owned(), kind.to_owned(), more]);
    }
    for check in checks.iter().filter(|check| check.ok) {
        table.add(vec!["ok".to_owned(), check.check.clone(), check.detail.clone()]);
    }
    text.push_str(&table.render(width));
    text
}

fn counts(calls: &[PlannedCall], width: usize) -> String {
    if calls.is_empty() {
        return String::new();
    }
    let mut counts: BTreeMap<(&str, String), usize> = BTreeMap::new();
    for call in calls {
        *counts.entry((call.method, call.permission.to_string())).or_default() += 1;
    }
    let mut table = Layout::new(&["CALLS", "METHOD", "NEEDS"], &[0]);
    for ((method, needs), count) in counts {
        table.add(vec![count.to_string(), method.to_owned(), needs]);
    }
    format!("A run would make {} calls\n{}", calls.len(), table.render(width))
}

fn first_calls(calls: &[PlannedCall], width: usize) -> String {
    if calls.is_empty() {
        return String::new();
    }
    let mut table = Layout::new(&["PHASE", "METHOD", "PARAMETERS"], &[]);
    let phases = [Phase::Prepare, Phase::Build, Phase::Repo, Phase::Import, Phase::Publish];
    for phase in phases {
        let own = || calls.iter().filter(|call| call.phase == phase);
        for call in own().take(CALLS_MAX) {
            let params: Vec<String> = call.params.iter().map(shown).collect();
            let params = params.join(" ");
            let words: Vec<String> = params.split_whitespace().map(shortened).collect();
            let params = words.join(" ");
            table.add(vec![phase.as_str().to_owned(), call.method.to_owned(), params]);
        }
        let more = own().count().saturating_sub(CALLS_MAX);
        if more > 0 {
            let text = format!("and {more} more");
            table.add(vec![phase.as_str().to_owned(), "…".to_owned(), text]);
        }
    }
    format!("The first of each phase\n{}", table.render(width))
}

/// Shows a parameter: texts as they are, what has parts by the names of its parts.
fn shown(value: &Value) -> String {
    match value {
        Value::Text(text) | Value::Date(text) => text.clone(),
        Value::Int(number) => number.to_string(),
        Value::Double(number) => number.to_string(),
        Value::Bool(is_it) => is_it.to_string(),
        Value::Nil => "nil".to_owned(),
        Value::Bytes(bytes) => format!("{} bytes", bytes.len()),
        Value::List(items) => {
            format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", "))
        }
        Value::Struct(members) => {
            let is_name = |name: &&String| name.as_str() != "__starstar";
            let one = |name: &String| match matches!(members[name], Value::Struct(_)) {
                true => format!("{name}={{…}}"),
                false => format!("{name}={}", shown(&members[name])),
            };
            members.keys().filter(is_name).map(one).collect::<Vec<_>>().join(" ")
        }
    }
}

/// Leaves out the middle of a long text: it begins and ends with what it is known by.
fn shortened(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    if characters.len() <= WORD_MAX {
        return text.to_owned();
    }
    let (start, end) = (WORD_MAX / 2, WORD_MAX - WORD_MAX / 2 - 1);
    let start: String = characters[..start].iter().collect();
    let end: String = characters[characters.len() - end..].iter().collect();
    format!("{start}…{end}")
}

fn ending(dry_run: DryRun<'_>, width: usize) -> String {
    let mut text = String::new();
    if let Some(checksum) = dry_run.checksum {
        writeln!(text, "Checksum {checksum}").expect("writing to a string cannot fail");
    }
    let next = match dry_run.is_fine() {
        false => {
            "Next: fix what fails and run this again. A module that is in the platform's tag is said with \
             --given NAME:STREAM, a source with --sources FILE."
        }
        true => {
            "Next: read the calls with --format json, and have whoever runs the hub look at those that a \
             policy decides, since policies cannot be read from a hub. Then run the same command with --yes \
             CHECKSUM within 24 hours."
        }
    };
    text.push_str(&wrapped(next, width, Indent::NONE));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_parameter_keeps_its_ends() {
        let short = shortened(
            "cli-build/{run}/module-perl-5.30-820260102030405-c1/module-build-macros.src.rpm",
        );
        assert_eq!(short, "cli-build/{run}/module-…e-build-macros.src.rpm");
        assert_eq!(short.chars().count(), WORD_MAX);
        let options = [("skip_tag", Value::Bool(true)), ("__starstar", Value::Bool(true))];
        let options = options.map(|(name, value)| (name.to_owned(), value)).into();
        assert_eq!(shown(&Value::Struct(options)), "skip_tag=true");
    }

    #[test]
    fn failed_checks_come_first_and_many_of_a_kind_are_counted() {
        let check = |ok, detail: &str| {
            let (check, detail) = ("full commits".to_owned(), detail.to_owned());
            Check { check, ok, detail }
        };
        let checks = [
            check(true, "fine"),
            check(false, "a"),
            check(false, "b"),
            check(false, "c"),
            check(false, "d"),
        ];
        let text = preflight(&checks, 80);
        let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        assert_eq!(lines[0], "Preflight: 4 of 5 checks FAIL");
        assert_eq!(lines[2], "FAIL  full commits  a");
        assert_eq!(lines[5], "FAIL  full commits  and 1 more: all are in --format json");
        assert_eq!(lines[6], "ok    full commits  fine");
    }
}
