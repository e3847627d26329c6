//! What differs between a plan and an earlier one, for people.

use std::fmt::Write as _;

use super::{counted, span};
use crate::plan::difference::{MovedEnd, PlanDifference};

/// Renders the difference to an earlier plan.
#[must_use]
pub fn against(difference: &PlanDifference) -> String {
    let mut text = format!("against {}\n", difference.path);
    if difference.is_same() {
        text.push_str("  the same modules in the same waves\n");
    }
    for (what, modules) in [("came", &difference.came), ("went", &difference.went)] {
        for module in modules {
            add(&mut text, format_args!("  {what:<8} {module}\n"));
        }
    }
    for moved in &difference.moved {
        let (before, now) = (moved.wave_before, moved.wave);
        add(&mut text, format_args!("  moved    {}: wave {before} to {now}\n", moved.module));
    }
    for changed in &difference.changed {
        let (came, went) = (counted(changed.came.len(), "component"), changed.went.len());
        add(&mut text, format_args!("  changed  {}: {came} came, {went} went\n", changed.module));
    }
    add_end(&mut text, "schedule", difference.schedule);
    add_end(&mut text, "on koji", difference.estimate);
    text
}

fn add_end(text: &mut String, what: &str, end: MovedEnd) {
    let (Some(before), Some(now), Some(moved)) =
        (end.before_seconds, end.seconds, end.moved_seconds)
    else {
        return;
    };
    let by = match moved {
        0.0 => "as before".to_owned(),
        later if later > 0.0 => format!("was {}, {} later", span(before), span(later)),
        earlier => format!("was {}, {} earlier", span(before), span(-earlier)),
    };
    add(text, format_args!("  {what:<8} {}, {by}\n", span(now)));
}

fn add(text: &mut String, what: std::fmt::Arguments<'_>) {
    text.write_fmt(what).expect("a string takes all that is written to it");
}
