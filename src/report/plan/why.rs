//! The paths that lead from a root to a module, for people.

use super::{counted, reason};
use crate::plan::Plan;
use crate::plan::model::Why;
use crate::report::layout::{Indent, Layout, wrapped};

/// Renders the paths to the modules that were asked about, in lines of at most `width` characters.
#[must_use]
pub fn why(plan: &Plan, width: usize) -> String {
    let texts: Vec<String> = plan.why.iter().map(|why| paths(plan, why, width)).collect();
    texts.join("\n")
}

fn paths(plan: &Plan, why: &Why, width: usize) -> String {
    let more = if why.complete { "" } else { ", the first of more" };
    let count = counted(why.paths.len(), "path");
    let head = format!("{} is rebuilt on {count}{more}", why.module);
    let mut text = wrapped(&head, width, Indent::hanging(2));
    for path in &why.paths {
        let mut table = Layout::new(&["MODULE", "BECAUSE"], &[]);
        for step in path {
            table.add(vec![step.module.clone(), reason(plan, &step.because)]);
        }
        text.push('\n');
        text.push_str(&table.render(width));
    }
    text
}
