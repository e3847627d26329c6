//! Whether the inputs of a plan still are what it was made from.

use std::fs;

use modplan::load::sha256;
use modplan::plan::Plan;

use super::console::Console;
use super::status::Refusal;

/// How many inputs are named.
const NAMED_MAX: usize = 3;

/// Refuses a plan of which an input has changed since, unless that is accepted; then it warns. Inputs that
/// cannot be read here are taken as unchanged: a plan may be executed where they are not.
pub(crate) fn refuse_stale(
    plan: &Plan,
    is_accepted: bool,
    console: &Console,
) -> Result<(), Refusal> {
    let changed: Vec<&str> = plan
        .inputs
        .iter()
        .filter(|input| fs::read(&input.path).is_ok_and(|bytes| sha256(&bytes) != input.sha256))
        .map(|input| input.path.as_str())
        .collect();
    if changed.is_empty() {
        return Ok(());
    }
    let named = changed.iter().take(NAMED_MAX).copied().collect::<Vec<_>>().join(", ");
    let more = match changed.len().saturating_sub(NAMED_MAX) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let verb = if changed.len() == 1 { "has" } else { "have" };
    let message = format!("the plan is stale: {named}{more} {verb} changed since it was made");
    if is_accepted {
        console.warn(&message, Some("make it again with `modplan plan --format json`"));
        return Ok(());
    }
    Err(Refusal::no(message)
        .hint("make it again with `modplan plan --format json`, or accept it with --stale"))
}
