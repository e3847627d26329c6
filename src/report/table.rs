//! What a comparison found, as tables for a terminal.

use std::sync::Arc;

use super::assumed::wrapped;
use super::cells::{
    Runs, counted, fitted, number, partial, percent, range, reached, rests_on, short, signed,
    spans_apart, table, time,
};
use super::changes::ChangeSummary;
use super::compare::{Comparison, Summary, VariantSummary};
use super::completion::some_of;
use super::conclusion::{UNTRIED, confounded};
use super::figures::{Interval, Paired};
use super::spark::curve;
use super::variant::Variant;
use crate::time::Millis;

mod probes;
#[cfg(test)]
mod tests;

use probes::probes;
pub(super) use probes::{adds, earlier};

/// So many times of the grid are shown, a letter each.
const LETTERS: usize = 8;

/// Writes what may be concluded, the tables of variants, the paired differences, and what was
/// assumed, in lines of `width` columns.
#[must_use]
pub fn compare(comparison: &Comparison, width: usize) -> String {
    let summary = comparison.summary();
    let mut text = format!(
        "{} of each variant with the same luck, seed {}\n\n",
        counted(summary.replications, "replication"),
        summary.seed
    );
    if let Some(asked) = summary.interrupted_of {
        text.push_str(&wrapped(&partial(summary.replications, asked), width, "  "));
    }
    let verdict = verdict(&summary, width);
    if !verdict.is_empty() {
        text.push_str(&verdict);
        text.push('\n');
    }
    let until = if comparison.has_changes() { "all that came in" } else { "the rebuild" };
    let line = format!("Time until {until} is done; a run that is not done never finishes");
    text.push_str(&wrapped(&line, width, "  "));
    text.push('\n');
    text.push_str(&times(comparison, &summary, width));
    text.push_str("\nWhat it takes, on average over all runs\n\n");
    text.push_str(&costs(comparison, &summary, width));
    let differences = differences(comparison, &summary, width);
    if !differences.is_empty() {
        text.push_str("\nWhich of two ends earlier, replication by replication\n\n");
        text.push_str(&differences);
        text.push_str("\nThe difference is of runs in which both are done.\n");
    }
    text.push_str(&probes(comparison, width));
    let changes = changes(comparison, &summary, width);
    if !changes.is_empty() {
        text.push_str("\nChanges that came in, until all that followed from each had passed\n\n");
        text.push_str(&changes);
    }
    text.push('\n');
    let runs = Runs {
        made: summary.replications,
        are_drawn: summary.is_drawn,
        have_no_spread: summary.no_spread,
    };
    text + &rests_on(&comparison.durations, runs, &comparison.assumed, width)
}

/// Says what may be concluded, or why nothing may.
fn verdict(summary: &Summary, width: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    let point = |line: &str| wrapped(&format!("* {line}"), width, "  ");
    if !summary.confounders.is_empty() {
        lines.push(point(&confounded(&summary.confounders)));
    }
    for one in &summary.conclusions {
        lines.push(point(&one.sentence));
        let below = |line: String| wrapped(&format!("  - {line}"), width, "    ");
        lines.extend(one.hinge_lines().into_iter().map(below));
    }
    lines.extend(summary.no_conclusion().map(point));
    lines.extend(summary.settings_untried.then(|| point(UNTRIED)));
    if lines.is_empty() && summary.paired.is_empty() {
        return String::new();
    }
    lines.extend(summary.leaves_out.map(|what| point(&format!("But {what}."))));
    lines.concat()
}

fn times(comparison: &Comparison, summary: &Summary, width: usize) -> String {
    let is_capped = summary.approaches.values().any(|figures| figures.capped_share > 0.0);
    let mut header = vec!["", "VARIANT", "DONE", "FAILED", "STUCK"];
    if is_capped {
        header.push("CAPPED");
    }
    header.extend(["P50", "P90"]);
    // Both would make the table wider than a terminal.
    if !is_capped {
        header.push("DONE BY");
    }
    let mut table = table(&header);
    for (nth, variant) in (1..).zip(&comparison.variants) {
        let figures = &summary.approaches[&variant.name];
        let makespan = &figures.makespan_seconds;
        let mut row = vec![
            nth.to_string(),
            variant.name.clone(),
            percent(figures.done_share),
            percent(figures.failed_share),
            percent(figures.stuck_share),
        ];
        if is_capped {
            row.push(percent(figures.capped_share));
        }
        row.extend([reached(makespan.p50), reached(makespan.p90)]);
        if !is_capped {
            row.push(curve(some_of(&figures.done_within, LETTERS).iter().map(|at| at.share)));
        }
        table.add_row(row);
    }
    let numbers: Vec<usize> = (2..header.len() - usize::from(!is_capped)).collect();
    let mut text = fitted(&table, &numbers, width, 2);
    let grid = summary.approaches.values().next().map(|figures| &figures.done_within);
    if let Some(grid) = grid.filter(|grid| !is_capped && !grid.is_empty()) {
        let by: Vec<Option<Millis>> =
            some_of(grid, LETTERS).into_iter().map(|at| Some(at.time)).collect();
        let by = spans_apart(&by).join(", ");
        let line = format!("DONE BY: the share of runs done by {by}; a letter each");
        text.push('\n');
        text.push_str(&wrapped(&line, width, ""));
    }
    text
}

fn costs(comparison: &Comparison, summary: &Summary, width: usize) -> String {
    let header =
        ["", "VARIANT", "BUILDS", "OF ONE", "COMPONENTS", "WASTED", "REPOS", "MAILS", "ESCAPED"];
    let mut table = table(&header);
    for (nth, variant) in (1..).zip(&comparison.variants) {
        let VariantSummary {
            module_builds,
            rebuilds_per_module_max,
            component_builds,
            builder_seconds_wasted,
            repo_regenerations,
            mails,
            defects_escaped,
            ..
        } = &summary.approaches[&variant.name];
        table.add_row([
            nth.to_string(),
            short(&variant.name),
            number(module_builds.mean),
            number(rebuilds_per_module_max.mean),
            number(component_builds.mean),
            time(builder_seconds_wasted.mean),
            number(repo_regenerations.mean),
            number(mails.mean),
            number(defects_escaped.mean),
        ]);
    }
    let legend = "\nBUILDS: builds of modules; OF ONE: of the module that is built most often; \
                  COMPONENTS: builds of components; WASTED: builder time of builds that failed or were \
                  superseded; REPOS: regenerations; ESCAPED: components with a defect in modules that \
                  are ready all the same";
    fitted(&table, &[2, 3, 4, 5, 6, 7, 8], width, 2) + &wrapped(legend, width, "")
}

/// Writes one row for every two variants, by their numbers in the tables above.
fn differences(comparison: &Comparison, summary: &Summary, width: usize) -> String {
    let header =
        ["PAIR", "FIRST", "SECOND", "TOGETHER", "DIFFERENCE", "95 % INTERVAL", "BOTH DONE"];
    let mut table = table(&header);
    let mut rows = 0;
    for (at, first) in comparison.variants.iter().enumerate() {
        for (other, second) in comparison.variants.iter().enumerate().skip(at + 1) {
            let name = format!("{} - {}", first.name, second.name);
            let Some(Paired { earlier_share, pairs, mean_difference, ci95, .. }) =
                summary.paired.get(&name)
            else {
                continue;
            };
            let share = |of: super::figures::Share| of.share.map_or("-".to_owned(), percent);
            let interval = match *ci95 {
                Interval(Some(low), Some(high)) if high > low => {
                    format!("{} to {}", signed(Some(low)), signed(Some(high)))
                }
                Interval(..) => "-".to_owned(),
            };
            rows += 1;
            table.add_row([
                format!("{} - {}", at + 1, other + 1),
                share(earlier_share.first),
                share(earlier_share.second),
                share(earlier_share.together),
                signed(*mean_difference),
                interval,
                pairs.to_string(),
            ]);
        }
    }
    if rows == 0 { String::new() } else { fitted(&table, &[1, 2, 3, 4, 5, 6], width, 1) }
}

/// The columns of [`change_rows`].
pub(super) const CHANGES: [&str; 7] =
    ["VARIANT", "CLASS", "CHANGES", "SETTLED", "P50", "P10 TO P90", "IN TIME"];

/// Returns a row for each class of changes that came in under each variant.
pub(super) fn change_rows(comparison: &Comparison, summary: &Summary) -> Vec<[String; 7]> {
    let of = |variant: &Variant| {
        let classes = summary.approaches[&variant.name].changes.iter();
        let row = |(class, changes): (&Arc<str>, &ChangeSummary)| {
            [
                variant.name.clone(),
                class.to_string(),
                changes.changes.to_string(),
                percent(changes.settled_share),
                time(changes.response_seconds.p50),
                range(&changes.response_seconds),
                changes.in_time_share.map_or("-".to_owned(), percent),
            ]
        };
        classes.map(row).collect::<Vec<_>>()
    };
    comparison.variants.iter().flat_map(of).collect()
}

fn changes(comparison: &Comparison, summary: &Summary, width: usize) -> String {
    let rows = change_rows(comparison, summary);
    if rows.is_empty() {
        return String::new();
    }
    let mut table = table(&CHANGES);
    for mut row in rows {
        row[0] = short(&row[0]);
        table.add_row(row);
    }
    fitted(&table, &[2, 3, 4, 6], width, 2)
}
