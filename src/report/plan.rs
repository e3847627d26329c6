//! A plan for people, for spreadsheets, and as a drawing.

mod against;
mod cycles;
mod drawing;
mod picture;
mod remarks;
mod sh;
mod since;
mod summary;
mod table;
mod why;

pub use against::against;
pub use drawing::{dot, mermaid};
pub use picture::{gantt, svg};
pub use remarks::{Remark, RemarkPlace, remarks};
pub use sh::sh;
pub use table::table;
pub use why::why;

use super::cells::counted;
use crate::plan::Plan;
use crate::plan::model::{Because, BecauseKind, PlanComponent};
use crate::time::Millis;

/// How many modules of a reason or list are named before the rest is counted.
const NAMED_MAX: usize = 3;

/// Writes one reason, with the place of the requirement.
fn reason(plan: &Plan, because: &Because) -> String {
    let Because { kind, on, path, line } = because;
    let at = file_line(plan, path, *line);
    match kind {
        BecauseKind::Changed => "changed".to_owned(),
        BecauseKind::ChangedPackage => format!("builds {on}"),
        BecauseKind::All => "all".to_owned(),
        BecauseKind::Since => "differs from the older snapshot".to_owned(),
        BecauseKind::Buildrequires => format!("builds on {on} ({at})"),
        BecauseKind::Requires => format!("requires {on} ({at})"),
        BecauseKind::Sibling => format!("same source as {on}"),
    }
}

/// Writes a file and a line in it: of a single input the name alone, which is short.
fn file_line(plan: &Plan, path: &str, line: u32) -> String {
    let name = std::path::Path::new(path).file_name();
    let name = name.filter(|_| plan.inputs.len() == 1).map(|name| name.to_string_lossy());
    let path = name.unwrap_or_else(|| path.into());
    format!("{path}:{line}")
}

/// Renders a plan as CSV, one row a component; modules that are passed through have one row
/// without a component.
#[must_use]
pub fn csv(plan: &Plan) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut write = |row: Vec<String>| writer.write_record(row).expect("memory takes every row");
    let header = "wave,module,version,batch,component,package,ref,arches,estimate_seconds,estimate_from,reused,why,new_version,start_seconds,end_seconds,slack_seconds,drag_seconds";
    let columns = header.split(',').count();
    write(header.split(',').map(str::to_owned).collect());
    for module in &plan.modules {
        let start = || vec![module.wave.to_string(), module.id.clone(), module.version.clone()];
        if module.pass_through {
            write(
                start()
                    .into_iter()
                    .chain(std::iter::repeat_n(String::new(), columns - 3))
                    .collect(),
            );
        }
        for batch in &module.batches {
            for component in &batch.components {
                let arches: Vec<&str> = component.arches.iter().map(|arch| arch.as_str()).collect();
                let rest = [
                    batch.index.to_string(),
                    component.component.to_string(),
                    component.package.to_string(),
                    component.reference.clone().unwrap_or_default(),
                    arches.join(" "),
                    format!("{:.3}", component.estimate.as_secs_f64()),
                    component.estimate_from.to_string(),
                    component.reused.to_string(),
                    component.why.clone(),
                    module.new_version.clone().unwrap_or_default(),
                ];
                write(start().into_iter().chain(rest).chain(scheduled(component)).collect());
            }
        }
    }
    let bytes = writer.into_inner().expect("memory takes every row");
    String::from_utf8(bytes).expect("every field is text")
}

/// Returns when the tasks of a component start and end in the planned schedule, the least slack and the
/// most drag of them; nothing without a schedule or tasks.
fn scheduled(component: &PlanComponent) -> [String; 4] {
    let tasks = || component.tasks.iter();
    let start = tasks().filter_map(|task| task.start).min();
    let end = tasks().filter_map(|task| Some(task.start? + task.estimate)).max();
    let slack = tasks().filter_map(|task| task.slack).min();
    let drag = tasks().filter_map(|task| task.drag).max();
    let seconds = |span: Millis| format!("{:.3}", span.as_secs_f64());
    [start, end, slack, drag].map(|span| span.map(seconds).unwrap_or_default())
}

/// Names the first few of a list and counts the rest.
fn first_few(names: &[&str], count: usize) -> String {
    let first = names.iter().take(count).copied().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(count) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}
