//! Cycles for people: who requires whom and where, what is cut, and the order that follows.

use std::collections::BTreeSet;

use super::{counted, file_line};
use crate::plan::Plan;
use crate::plan::model::{CycleEdge, PlanCycle};
use crate::report::layout::{Indent, Layout, wrapped};

/// Renders the cycles of a plan in lines of at most `width` characters; nothing where it has none.
pub(super) fn cycles(plan: &Plan, width: usize) -> String {
    plan.cycles.iter().map(|cycle| one(plan, cycle, width)).collect()
}

fn one(plan: &Plan, cycle: &PlanCycle, width: usize) -> String {
    let is_cut =
        |edge: &CycleEdge| cycle.cut.iter().any(|cut| cut.from == edge.from && cut.to == edge.to);
    let what = if cycle.by_submission { "cycle of submissions" } else { "cycle" };
    let proven = if cycle.cut_proven { "the fewest possible" } else { "the fewest found" };
    let mut text = String::from("\n");
    text += &wrapped(
        &format!(
            "{what} of {}, cut by leaving out {}, {proven}:",
            counted(cycle.members.len(), "module"),
            counted(cycle.cut.len(), "requirement"),
        ),
        width,
        Indent::hanging(2),
    );
    let mut table = Layout::new(&["MODULE", "REQUIRES", "", "AT"], &[]);
    for edge in &cycle.edges {
        let mark = if is_cut(edge) { "cut" } else { "" };
        let at = file_line(plan, &edge.path, edge.line);
        table.add(vec![edge.to.clone(), edge.from.clone(), mark.to_owned(), at]);
    }
    text += &table.render(width);
    let again: BTreeSet<&str> = cycle.cut.iter().map(|edge| edge.to.as_str()).collect();
    let again: Vec<&str> =
        cycle.order.iter().map(String::as_str).filter(|id| again.contains(id)).collect();
    let order = format!(
        "bootstrap: {}; then once again, on what was cut: {} (these second builds are in no schedule or \
         estimate)",
        cycle.order.join(", "),
        again.join(", ")
    );
    text += &wrapped(&order, width, Indent::hanging(2));
    if cycle.by_submission {
        text += &wrapped(
            "only the submissions wait for each other: --unit context submits each context by itself",
            width,
            Indent::hanging(2),
        );
    }
    text
}
