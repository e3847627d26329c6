//! Whether the inputs of a plan still are what it was made from.

use std::fs;

use modplan::load::sha256;
use modplan::plan::Plan;

use super::console::Console;
use super::status::Refusal;

/// How many inputs are named.
const NAMED_MAX: usize = 3;

/// Refuses a plan if an input has changed since, unless that is accepted; then it warns. A plan may
/// be executed where its inputs are not: they are named as not compared.
pub(crate) fn refuse_stale(
    plan: &Plan,
    is_accepted: bool,
    console: &Console,
) -> Result<(), Refusal> {
    let (mut changed, mut unread) = (Vec::new(), Vec::new());
    for input in &plan.inputs {
        match fs::read(&input.path) {
            Ok(bytes) if sha256(&bytes) == input.sha256 => {}
            Ok(_) => changed.push(input.path.as_str()),
            Err(_) if input.path == "-" => unread.push("standard input"),
            Err(_) => unread.push(input.path.as_str()),
        }
    }
    note_unread(&unread, plan.inputs.len(), console);
    if changed.is_empty() {
        return Ok(());
    }
    let verb = if changed.len() == 1 { "has" } else { "have" };
    let message =
        format!("the plan is stale: {} {verb} changed since it was made", named(&changed));
    if is_accepted {
        console.warn(&message, Some("make it again with `modplan plan --format json`"));
        return Ok(());
    }
    Err(Refusal::no(message)
        .hint("make it again with `modplan plan --format json`, or accept it with --stale"))
}

/// Says which of so many inputs could not be read, and so not compared with the plan.
fn note_unread(unread: &[&str], inputs: usize, console: &Console) {
    if unread.is_empty() {
        return;
    }
    let others = match inputs - unread.len() {
        0 => "",
        1 => "; the other input was compared",
        _ => "; the other inputs were compared",
    };
    let they = if unread.len() == 1 { "it" } else { "they" };
    console.note(&format!(
        "the plan may be stale: {} cannot be read here, so whether {they} changed since the plan was \
         made was not checked{others}",
        named(unread)
    ));
}

/// Names the first few inputs.
fn named(paths: &[&str]) -> String {
    let named = paths.iter().take(NAMED_MAX).copied().collect::<Vec<_>>().join(", ");
    match paths.len().saturating_sub(NAMED_MAX) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}
