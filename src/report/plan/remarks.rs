//! What to know before a plan is started, each with what to do about it.

use std::collections::{BTreeMap, BTreeSet};

use super::{NAMED_MAX, first_few};
use crate::load::Code;
use crate::name::Arch;
use crate::plan::Plan;
use crate::plan::model::{DanglingRow, PlanCycle, RetiredRow};

/// One thing to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// The kind of it, which `--allow` takes.
    pub code: Code,
    /// Its place, if it has exactly one.
    pub at: Option<RemarkPlace>,
    /// What is so.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

/// Where something stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemarkPlace {
    /// The file.
    pub path: String,
    /// The line in it.
    pub line: u32,
    /// The column in the line.
    pub column: u32,
}

/// Returns what to know before a plan is started: arches and modules left out, cycles, dangling
/// requirements, several platforms, streams at the end of their life.
#[must_use]
pub fn remarks(plan: &Plan) -> Vec<Remark> {
    let mut remarks: Vec<Remark> = unserved(plan).into_iter().chain(left_out(plan)).collect();
    remarks.extend(plan.cycles.iter().map(cycle));
    remarks.extend(dangling(plan));
    remarks.extend(platforms(plan));
    remarks.extend(retired(plan));
    remarks
}

fn unserved(plan: &Plan) -> Option<Remark> {
    let arches: Vec<&str> = plan.unserved_arches.iter().map(Arch::as_str).collect();
    let arches = (!arches.is_empty()).then(|| arches.join(", "))?;
    let built: Vec<&str> = plan.arches.iter().map(Arch::as_str).collect();
    Some(Remark {
        code: Code::UnservedArch,
        at: None,
        message: format!(
            "no builder of the farm builds {arches}, for which the inputs have documents: left out"
        ),
        hint: format!("add builders to the farm, or give `--arches {}`", built.join(",")),
    })
}

fn left_out(plan: &Plan) -> Option<Remark> {
    let names: Vec<&str> = plan.left_out.iter().map(|row| row.module.as_str()).collect();
    let first = plan.left_out.first()?;
    let aliases: BTreeSet<String> = plan
        .left_out
        .iter()
        .map(|row| format!("--alias {}={}", row.requires, row.perhaps))
        .collect();
    let written: BTreeSet<String> = plan
        .left_out
        .iter()
        .map(|row| format!("{}, perhaps {}", row.requires, row.perhaps))
        .collect();
    let written: Vec<String> = written.into_iter().collect();
    let count = plan.left_out_brings;
    let modules = if count == 1 { "module" } else { "modules" };
    Some(Remark {
        code: Code::LeftOut,
        at: Some(RemarkPlace { path: first.path.clone(), line: first.line, column: first.column }),
        message: format!(
            "left out because a zero was lost ({}): {}",
            written.join("; "),
            // All by name: what is left out in silence breaks the release.
            names.join(", "),
        ),
        hint: format!(
            "`{}` would bring {count} more {modules}",
            aliases.into_iter().collect::<Vec<_>>().join(" ")
        ),
    })
}

fn cycle(cycle: &PlanCycle) -> Remark {
    let cut: Vec<String> =
        cycle.cut.iter().map(|edge| format!("{} -> {}", edge.from, edge.to)).collect();
    let proven = if cycle.cut_proven { "the fewest edges" } else { "the fewest edges found" };
    let members: Vec<&str> = cycle.members.iter().map(String::as_str).collect();
    let (what, way_out) = match cycle.by_submission {
        true => ("a cycle of submissions", "; `--unit context` has none"),
        false => ("a cycle", ""),
    };
    Remark {
        code: Code::Cycle,
        at: None,
        message: format!("{what}: {}", members.join(", ")),
        hint: format!(
            "{proven} that cut it: {}; the plan leaves these out{way_out}",
            cut.join(", ")
        ),
    }
}

fn dangling(plan: &Plan) -> Vec<Remark> {
    let mut missing: BTreeMap<(&str, &str), Vec<&DanglingRow>> = BTreeMap::new();
    for row in &plan.dangling {
        missing.entry((&row.requires, &row.reason)).or_default().push(row);
    }
    let remark = |((requires, reason), rows): ((&str, &str), Vec<&DanglingRow>)| {
        let modules: Vec<&str> = rows.iter().map(|row| row.module.as_str()).collect();
        let verb = if rows.len() == 1 { "requires" } else { "require" };
        let DanglingRow { path, line, column, perhaps, .. } = rows[0];
        Remark {
            code: Code::Dangling,
            at: Some(RemarkPlace { path: path.clone(), line: *line, column: *column }),
            message: format!("{} {verb} {requires}: {reason}", first_few(&modules, NAMED_MAX)),
            hint: match (perhaps, reason) {
                (Some(meant), _) => format!("a zero was lost: `--alias {requires}={meant}`"),
                (None, "not loaded") => {
                    format!("load an input that holds it, or give `--given {requires}`")
                }
                (None, _) => format!(
                    "load an input with a context of it that fits, or give `--given {requires}`"
                ),
            },
        }
    };
    missing.into_iter().map(remark).collect()
}

fn platforms(plan: &Plan) -> Option<Remark> {
    let platforms: BTreeSet<&str> =
        plan.modules.iter().filter_map(|module| module.platform.as_deref()).collect();
    let first = platforms.first().filter(|_| platforms.len() > 1)?;
    let names: Vec<&str> = platforms.iter().copied().collect();
    let across = across_platforms(plan);
    Some(Remark {
        code: Code::SeveralPlatforms,
        at: None,
        message: format!(
            "the rebuilt modules build on {} platforms: {}",
            names.len(),
            names.join(", ")
        ),
        hint: match across.first() {
            Some((module, on)) => format!(
                "plan them together: {} of them {} on a rebuilt module of another platform, as {module} \
                 on {on}; `--only platform:{first}` would leave forced rebuilds out",
                across.len(),
                if across.len() == 1 { "builds" } else { "build" },
            ),
            None => format!(
                "if they are not one release, plan one at a time, such as `--only platform:{first}`"
            ),
        },
    })
}

/// Returns the modules that are rebuilt because of a module of another platform, each with the first.
fn across_platforms(plan: &Plan) -> Vec<(&str, &str)> {
    let platforms: BTreeMap<&str, &String> = plan
        .modules
        .iter()
        .filter_map(|module| Some((module.id.as_str(), module.platform.as_ref()?)))
        .collect();
    let mut across = Vec::new();
    for module in plan.modules.iter().filter(|module| module.platform.is_some()) {
        let is_other = |on: &&str| {
            platforms.get(on).is_some_and(|platform| module.platform.as_ref() != Some(*platform))
        };
        let mut reasons = module.because.iter().map(|reason| reason.on.as_str());
        across.extend(reasons.find(is_other).map(|on| (module.id.as_str(), on)));
    }
    across
}

fn retired(plan: &Plan) -> Option<Remark> {
    let row = |row: &RetiredRow| {
        let by = row.obsoleted_by.as_ref().map(|by| format!(", use {by}")).unwrap_or_default();
        match &row.eol_date {
            Some(date) => format!("{} ({date}{by})", row.stream),
            None => format!("{} (at once{by})", row.stream),
        }
    };
    let rows: Vec<String> = plan.retired.iter().map(row).collect();
    if rows.is_empty() {
        return None;
    }
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    Some(Remark {
        code: Code::EndOfLife,
        at: None,
        message: format!("rebuilt although their life ends: {}", first_few(&rows, NAMED_MAX)),
        hint: "`--skip-eol` with `--now TIME` leaves out what has ended by then".to_owned(),
    })
}
