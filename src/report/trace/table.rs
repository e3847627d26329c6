//! A description of a history as a table for a terminal.

use std::fmt::Write as _;

use super::super::cells::{percent, range, time};
use super::super::figures::Interval;
use super::super::layout::{Indent, Layout, wrapped};
use super::{Description, MethodRow};

/// Only so many outliers and rejected fits are printed; JSON has them all.
const ROWS_MAX: usize = 10;

/// Writes a description for people, in lines of at most `width` characters.
#[must_use]
pub fn table(description: &Description, width: usize) -> String {
    let mut text = heading(description);
    if description.methods.is_empty() {
        text.push_str("\nno task, build or repo of it has an end\n");
    } else {
        text.push('\n');
        text.push_str(&methods(&description.methods, width));
    }
    let mut add = |title: &str, body: String| {
        if !body.is_empty() {
            write!(text, "\n{title}\n\n{body}").expect("a string takes all");
        }
    };
    add("Failures, with the 95 % interval of their share", failures(&description.methods, width));
    add("How finely durations can be drawn", coverage(description, width));
    add("Far from the median of their kind", outliers(description, width));
    add("Recorded, but not a row", left_out(description));
    text
}

fn heading(description: &Description) -> String {
    let files = description.files.len();
    let span = match (&description.from, &description.to) {
        (Some(from), Some(to)) => format!(", started between {from} and {to}"),
        _ => String::new(),
    };
    format!("{} of {}{span}\n", plural(description.rows, "row"), plural(files, "file"))
}

fn plural(count: usize, one: &str) -> String {
    format!("{count} {one}{}", if count == 1 { "" } else { "s" })
}

fn methods(rows: &[MethodRow], width: usize) -> String {
    let header = [
        "METHOD",
        "ARCH",
        "PACKAGES",
        "CLOSED",
        "FAILED",
        "CANCELED",
        "UNFINISHED",
        "RUN P50",
        "P10 TO P90",
        "LONGEST",
        "WAIT P50",
        "WAIT P90",
    ];
    let mut table = Layout::new(&header, &[2, 3, 4, 5, 6, 7, 9, 10, 11]);
    for row in rows {
        table.add(vec![
            row.method.clone(),
            row.arch.clone(),
            row.packages.to_string(),
            row.closed.to_string(),
            row.failed.to_string(),
            row.canceled.to_string(),
            row.unfinished.to_string(),
            time(row.run_seconds.p50),
            range(&row.run_seconds),
            time(row.longest_seconds),
            time(row.queued_seconds.p50),
            time(row.queued_seconds.p90),
        ]);
    }
    table.render_in_parts(width, 2)
}

fn failures(rows: &[MethodRow], width: usize) -> String {
    let header = ["METHOD", "ARCH", "FAILED", "SHARE", "95 %", "AFTER P50"];
    let mut table = Layout::new(&header, &[2, 3, 5]);
    let failing = || rows.iter().filter(|row| row.failed > 0);
    for row in failing() {
        let Interval(low, high) = row.failure_rate_ci95;
        table.add(vec![
            row.method.clone(),
            row.arch.clone(),
            format!("{} of {}", row.failed, row.failed + row.closed),
            row.failure_rate.map_or("-".to_owned(), percent),
            format!("{} to {}", percent(low.unwrap_or(0.0)), percent(high.unwrap_or(1.0))),
            time(row.failed_seconds.p50),
        ]);
    }
    if failing().next().is_none() { String::new() } else { table.render_in_parts(width, 2) }
}

fn coverage(description: &Description, width: usize) -> String {
    let super::Coverage { packages, kinds, kinds_with_enough_rows } = description.coverage;
    if kinds == 0 {
        return String::new();
    }
    let mut text = wrapped(
        &format!(
            "{packages} packages; {kinds_with_enough_rows} of {kinds} kinds (method, package, arch) \
             have 5 closed rows or more, the others shrink towards their pool"
        ),
        width,
        Indent::NONE,
    );
    let judged = || description.fits.iter().filter(|fit| fit.is_rejected.is_some());
    let count = |family: &str| judged().filter(|fit| fit.family == family).count();
    let refused: Vec<_> = judged().filter(|fit| fit.is_rejected == Some(true)).collect();
    if judged().next().is_some() {
        writeln!(
            text,
            "fits: {} lognormal, {} gamma; Anderson-Darling refuses {} of {} at 5 %",
            count("lognormal"),
            count("gamma"),
            refused.len(),
            judged().count()
        )
        .expect("a string takes all");
    }
    for fit in refused.iter().take(ROWS_MAX) {
        let line = format!(
            "{} {} {}: {} through {} rows, D {:.3}, A² {:.2}",
            fit.method,
            if fit.package.is_empty() { "-" } else { &fit.package },
            fit.arch,
            fit.family,
            fit.rows,
            fit.kolmogorov_smirnov.unwrap_or_default(),
            fit.anderson_darling.unwrap_or_default(),
        );
        text += &wrapped(&line, width, Indent { first: 2, rest: 4 });
    }
    text + &more(refused.len())
}

fn outliers(description: &Description, width: usize) -> String {
    let rows = &description.outliers;
    if rows.is_empty() {
        return String::new();
    }
    let header = ["METHOD", "PACKAGE", "ARCH", "RUN", "MEDIAN", "TIMES", "STARTED", "SOURCE"];
    let mut table = Layout::new(&header, &[3, 4, 5]);
    for row in rows.iter().take(ROWS_MAX) {
        table.add(vec![
            row.method.clone(),
            row.package.clone(),
            row.arch.clone(),
            time(Some(row.run_seconds)),
            time(Some(row.median_seconds)),
            format!("{:.2}", row.times_median.unwrap_or_default()),
            row.started_at.clone().unwrap_or("-".to_owned()),
            row.source.clone().unwrap_or("-".to_owned()),
        ]);
    }
    table.render_in_parts(width, 2) + &more(rows.len())
}

fn more(rows: usize) -> String {
    match rows.saturating_sub(ROWS_MAX) {
        0 => String::new(),
        more => format!("and {more} more; --format json lists all\n"),
    }
}

fn left_out(description: &Description) -> String {
    let tally = description.left_out;
    let reasons = [
        (tally.told_by_children, "tasks whose time comes from their subtasks"),
        (tally.unmatched, "ends without a beginning"),
        (tally.repeated, "records that repeat known facts"),
        (tally.foreign, "messages of another instance than primary"),
        (tally.imported, "builds of modules, images and content generators"),
        (tally.others, "messages and answers about something else"),
    ];
    let told = reasons.iter().filter(|(count, _)| *count > 0);
    let mut text: String = told.map(|(count, why)| format!("{count:>6} {why}\n")).collect();
    if tally.whole_builds > 0 {
        let whole = tally.whole_builds;
        writeln!(text, "{whole:>6} whole builds became rows although their time holds waiting")
            .expect("a string takes all");
    }
    text
}
