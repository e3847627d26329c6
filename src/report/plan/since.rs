//! What differs from an older snapshot, for people.

use std::fmt::Write as _;

use super::counted;
use crate::plan::Plan;
use crate::plan::model::SinceRow;
use crate::plan::since::ChangeKind;
use crate::report::layout::{Indent, wrapped};

/// Where the text beside the kind of a change starts.
const TEXT: usize = 15;

/// Renders what differs from the snapshots of `--since`, in lines of at most `width` characters; nothing
/// where none was given.
pub(super) fn since(plan: &Plan, width: usize) -> String {
    if plan.selection.since.is_empty() {
        return String::new();
    }
    let older = plan.selection.since.join(", ");
    if plan.since.is_empty() {
        return format!(
            "\n{}",
            wrapped(&format!("nothing differs from {older}"), width, Indent::hanging(2))
        );
    }
    let mut text = format!("\n{}", wrapped(&format!("since {older}"), width, Indent::hanging(2)));
    for row in &plan.since {
        let kind = kind(row.change);
        let what = wrapped(&change(row), width, Indent::all(TEXT));
        writeln!(text, "  {kind:<0$}{1}", TEXT - 2, what.trim()).expect("a string takes all");
    }
    text
}

fn kind(change: ChangeKind) -> &'static str {
    match change {
        ChangeKind::NewStream => "new stream",
        ChangeKind::NewContext => "new context",
        ChangeKind::Context => "context",
        ChangeKind::Version => "version",
        ChangeKind::Content => "content",
        ChangeKind::GoneStream => "gone stream",
        ChangeKind::GoneContext => "gone context",
    }
}

/// Names a module, and what of it is another.
fn change(row: &SinceRow) -> String {
    let mut parts = Vec::new();
    parts.extend(row.was.as_ref().map(|was| format!("was {was}")));
    if let (Some(from), Some(to)) = (&row.from_version, &row.to_version)
        && from != to
    {
        parts.push(format!("{from} to {to}"));
    }
    if !row.sources.is_empty() {
        parts.push(format!(
            "{} with other or unknown sources",
            counted(row.sources.len(), "component")
        ));
    }
    if row.dependencies {
        parts.push("other dependencies".to_owned());
    }
    match parts.is_empty() {
        true => row.module.clone(),
        false => format!("{}: {}", row.module, parts.join(", ")),
    }
}
