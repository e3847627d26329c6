//! What a comparison found, as a table for a terminal.

use std::fmt::Write as _;

use comfy_table::{CellAlignment, Table, presets};

use super::compare::{Comparison, Summary, Variant};
use super::figures::{Distribution, Interval};
use super::spark::{histogram, sparkline};
use crate::time::Millis;

const SPARK_BINS: usize = 16;

/// Writes the table of variants, the paired differences, and what was assumed.
#[must_use]
pub fn compare(comparison: &Comparison) -> String {
    let summary = comparison.summary();
    let mut text = format!(
        "{} replications of each variant with the same luck, seed {}\n\n{}",
        summary.replications,
        summary.seed,
        variants(comparison, &summary)
    );
    let differences = differences(comparison, &summary);
    if !differences.is_empty() {
        text.push_str("\nDifference of the makespans, replication by replication\n\n");
        text.push_str(&differences);
    }
    let changes = changes(comparison, &summary);
    if !changes.is_empty() {
        text.push_str("\nChanges that came in, until all that followed from each had passed\n\n");
        text.push_str(&changes);
    }
    text.push('\n');
    text.push_str(&comparison.durations.to_lines());
    for assumption in &comparison.assumptions {
        writeln!(text, "assumed: {assumption}").expect("a string takes all");
    }
    text
}

fn variants(comparison: &Comparison, summary: &Summary) -> String {
    let header = [
        "VARIANT",
        "DONE",
        "MAKESPAN P50",
        "P10 TO P90",
        "SPREAD",
        "BUILDS",
        "OF ONE",
        "COMPONENTS",
        "WASTED",
    ];
    let mut table = table(&header);
    let span = common_span(comparison);
    for variant in &comparison.variants {
        let figures = &summary.approaches[&variant.name];
        let makespan = &figures.makespan_seconds;
        table.add_row([
            variant.name.clone(),
            percent(figures.done_share),
            time(makespan.p50),
            range(makespan),
            spark(variant, span),
            number(figures.module_builds.p50),
            number(figures.rebuilds_per_module_max.p50),
            number(figures.component_builds.p50),
            time(figures.builder_seconds_wasted.mean),
        ]);
    }
    finished(table, &[1, 2, 5, 6, 7, 8])
}

fn differences(comparison: &Comparison, summary: &Summary) -> String {
    let header = ["FIRST - SECOND", "MEAN", "95 % INTERVAL", "PAIRS", "VARIANCE REDUCTION"];
    let mut table = table(&header);
    let mut rows = 0;
    for (at, first) in comparison.variants.iter().enumerate() {
        for second in &comparison.variants[at + 1..] {
            let name = format!("{} - {}", first.name, second.name);
            let Some(paired) = summary.paired.get(&name) else { continue };
            let Interval(low, high) = paired.ci95;
            let interval = format!("{} to {}", signed(low), signed(high));
            rows += 1;
            table.add_row([
                name,
                signed(paired.mean_difference),
                if low.is_some() { interval } else { "-".to_owned() },
                paired.pairs.to_string(),
                paired.variance_reduction.map_or("-".to_owned(), |times| format!("{times:.1}x")),
            ]);
        }
    }
    if rows == 0 { String::new() } else { finished(table, &[1, 2, 3, 4]) }
}

fn changes(comparison: &Comparison, summary: &Summary) -> String {
    let header = ["VARIANT", "CLASS", "CHANGES", "SETTLED", "AFTER P50", "P10 TO P90", "IN TIME"];
    let mut table = table(&header);
    let mut rows = 0;
    for variant in &comparison.variants {
        for (class, changes) in &summary.approaches[&variant.name].changes {
            rows += 1;
            table.add_row([
                variant.name.clone(),
                class.to_string(),
                changes.changes.to_string(),
                percent(changes.settled_share),
                time(changes.response_seconds.p50),
                range(&changes.response_seconds),
                changes.in_time_share.map_or("-".to_owned(), percent),
            ]);
        }
    }
    if rows == 0 { String::new() } else { finished(table, &[2, 3, 4, 6]) }
}

pub(super) fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(header);
    table
}

/// Aligns columns of numbers to the right, and takes away the blanks at the ends of lines.
pub(super) fn finished(mut table: Table, numbers: &[usize]) -> String {
    for &at in numbers {
        if let Some(column) = table.column_mut(at) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

fn common_span(comparison: &Comparison) -> Option<(u64, u64)> {
    let makespans = || comparison.variants.iter().flat_map(Variant::makespans_done);
    Some((makespans().min()?, makespans().max()?))
}

fn spark(variant: &Variant, span: Option<(u64, u64)>) -> String {
    span.map(|span| sparkline(&histogram(&variant.makespans_done(), span, SPARK_BINS)))
        .unwrap_or_default()
}

pub(super) fn percent(share: f64) -> String {
    match share * 100.0 {
        percent if percent > 0.0 && percent < 1.0 => "< 1 %".to_owned(),
        percent if percent > 99.0 && percent < 100.0 => "> 99 %".to_owned(),
        percent => format!("{percent:.0} %"),
    }
}

pub(super) fn time(seconds: Option<f64>) -> String {
    let span = seconds.and_then(Millis::from_secs_f64);
    span.map_or("-".to_owned(), |span| span.to_string())
}

fn signed(seconds: Option<f64>) -> String {
    match seconds {
        Some(seconds) if seconds < 0.0 => format!("-{}", time(Some(-seconds))),
        Some(seconds) if seconds > 0.0 => format!("+{}", time(Some(seconds))),
        other => time(other),
    }
}

pub(super) fn range(spread: &Distribution) -> String {
    match spread.p10 {
        Some(_) => format!("{} to {}", time(spread.p10), time(spread.p90)),
        None => "-".to_owned(),
    }
}

fn number(value: Option<f64>) -> String {
    value.map_or("-".to_owned(), |value| format!("{value:.0}"))
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn the_table_fits_a_terminal_and_says_what_was_assumed() {
        let text = compare(&sample::comparison());
        insta::assert_snapshot!(text);
    }

    #[test]
    fn shares_near_the_ends_do_not_round_to_them() {
        assert_eq!(percent(1.0), "100 %");
        assert_eq!(percent(0.999), "> 99 %");
        assert_eq!(percent(0.004), "< 1 %");
        assert_eq!(percent(0.0), "0 %");
    }
}
