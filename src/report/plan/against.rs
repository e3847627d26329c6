//! What differs between a plan and an earlier one, for people.

use std::cmp::Ordering;

use super::counted;
use crate::plan::difference::{MovedEnd, PlanDifference};
use crate::report::layout::{Indent, wrapped};
use crate::time::Millis;

/// Where the text beside what happened starts.
const TEXT: usize = 11;

/// Renders the difference to an earlier plan, in lines of at most `width` characters.
#[must_use]
pub fn against(difference: &PlanDifference, width: usize) -> String {
    let mut text = wrapped(&format!("against {}", difference.path), width, Indent::hanging(2));
    if difference.is_same() {
        text.push_str("  the same modules in the same waves\n");
    }
    for (what, how) in rows(difference) {
        text += "  ";
        text += what;
        text += &" ".repeat(TEXT - 2 - what.len());
        text += wrapped(&how, width, Indent::all(TEXT)).trim_start();
    }
    text
}

/// Returns what happened to which module, and by how much the ends moved.
fn rows(difference: &PlanDifference) -> Vec<(&'static str, String)> {
    let came = difference.came.iter().map(|module| ("came", module.clone()));
    let went = difference.went.iter().map(|module| ("went", module.clone()));
    let moved = difference.moved.iter().map(|moved| {
        let (before, now) = (moved.wave_before, moved.wave);
        ("moved", format!("{}: wave {before} to {now}", moved.module))
    });
    let changed = difference.changed.iter().map(|changed| {
        let (came, went) = (counted(changed.came.len(), "component"), changed.went.len());
        ("changed", format!("{}: {came} came, {went} went", changed.module))
    });
    let ends = [("schedule", difference.schedule), ("on koji", difference.estimate)];
    let ends = ends.into_iter().filter_map(|(what, end)| Some((what, moved_end(end)?)));
    came.chain(went).chain(moved).chain(changed).chain(ends).collect()
}

fn moved_end(end: MovedEnd) -> Option<String> {
    let (before, now) = (end.before?, end.now?);
    let by = match now.cmp(&before) {
        Ordering::Equal => "as before".to_owned(),
        Ordering::Greater => format!("was {before}, {} later", Millis(now.0 - before.0)),
        Ordering::Less => format!("was {before}, {} earlier", Millis(before.0 - now.0)),
    };
    Some(format!("{now}, {by}"))
}
