//! What a plan reuses and what it rebuilds, component by component.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::layout::{Indent, wrapped};
use crate::plan::Plan;
use crate::plan::model::{PlanComponent, PlanModule};

/// How many components of one reason are named before the rest is counted.
const NAMED_MAX: usize = 8;

/// Renders why each component is rebuilt or reused, in lines of at most `width` characters: by module,
/// components of one reason together.
#[must_use]
pub fn table(plan: &Plan, width: usize) -> String {
    let mut text = String::new();
    let built = plan.modules.iter().filter(|module| !module.pass_through);
    built.for_each(|module| add_module(&mut text, module, width));
    let all = plan.components().count();
    let reused = plan.components().filter(|component| component.reused).count();
    add(&mut text, format_args!("reused: {reused} of {all} components\n"));
    text
}

fn add_module(text: &mut String, module: &PlanModule, width: usize) {
    let mut reasons: BTreeMap<(bool, &str), Vec<&PlanComponent>> = BTreeMap::new();
    for component in module.batches.iter().flat_map(|batch| &batch.components) {
        reasons.entry((component.reused, &component.why)).or_default().push(component);
    }
    if reasons.is_empty() {
        return;
    }
    add(text, format_args!("{}\n", module.id));
    for ((reused, why), components) in reasons {
        let named: Vec<&str> =
            components.iter().take(NAMED_MAX).map(|each| each.component.as_str()).collect();
        let more = components.len().saturating_sub(NAMED_MAX);
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        let what = if reused { "reused" } else { "rebuilt" };
        add(text, format_args!("  {what:<8} "));
        *text += wrapped(&format!("{}{more}: {why}", named.join(" ")), width, Indent::all(11))
            .trim_start();
    }
}

fn add(text: &mut String, what: std::fmt::Arguments<'_>) {
    text.write_fmt(what).expect("a string takes all that is written to it");
}
