//! A capacity sweep as a table for a terminal and as rows for a spreadsheet.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::super::figures::Interval;
use super::super::table::{finished, percent, range, table as new_table, time};
use super::{Amount, Answer, Capacity, CapacitySummary, PointSummary, verdict};
use crate::name::Arch;
use crate::time::Millis;

/// Writes the table of points, the answer, and what was assumed.
#[must_use]
pub fn table(capacity: &Capacity) -> String {
    let summary = capacity.summary();
    let mut text = format!(
        "{} replications of each point with the same luck, seed {}; done within {} in {} of runs or more\n\n{}",
        summary.replications,
        summary.seed,
        capacity.deadline,
        percent(capacity.confidence),
        points(&summary, capacity.answer())
    );
    text.push('\n');
    text.push_str(&verdict::unserved(capacity));
    text.push_str(&answer(&summary, capacity));
    text.push('\n');
    text.push_str(&capacity.durations.to_lines());
    for assumption in &capacity.assumptions {
        writeln!(text, "assumed: {assumption}").expect("a string takes all");
    }
    text
}

fn points(summary: &CapacitySummary, answer: Option<usize>) -> String {
    let names = names(summary);
    let arches = arches(summary);
    let mut header: Vec<String> = vec![String::new()];
    header.extend(names.iter().map(|name| name.to_uppercase()));
    header.extend(
        ["APPROACH", "DONE", "IN TIME", "95 %", "MAKESPAN P50", "P10 TO P90"].map(str::to_owned),
    );
    header.extend(arches.iter().map(|arch| format!("BUSY {arch}")));
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let mut table = new_table(&header);
    for (at, point) in summary.points.iter().enumerate() {
        let Interval(low, high) = point.meets_deadline_ci95;
        let mut row = vec![if answer == Some(at) { ">".to_owned() } else { String::new() }];
        row.extend(names.iter().map(|name| number(point, name)));
        row.extend([
            point.approach.clone(),
            percent(point.done_share),
            percent(point.meets_deadline_share),
            format!("{} to {}", percent(low.unwrap_or(0.0)), percent(high.unwrap_or(1.0))),
            time(point.makespan_seconds.p50),
            range(&point.makespan_seconds),
        ]);
        row.extend(arches.iter().map(|arch| {
            point.utilization.get(*arch).map_or("-".to_owned(), |share| percent(*share))
        }));
        table.add_row(row);
    }
    let first = names.len() + 1;
    let mut numbers: Vec<usize> = (1..first).collect();
    numbers.extend([first + 1, first + 2, first + 4]);
    numbers.extend((0..arches.len()).map(|at| first + 6 + at));
    finished(table, &numbers)
}

fn answer(summary: &CapacitySummary, capacity: &Capacity) -> String {
    let Some(answer) = &summary.answer else {
        let best = summary.points.iter().map(|point| point.meets_deadline_share);
        let best = best.fold(0.0, f64::max);
        return format!(
            "no point meets the deadline; the best has {} of its runs in time\n{}",
            percent(best),
            verdict::advice(capacity)
        );
    };
    let Answer { builders, approach, meets_deadline_share, next_builder, .. } = answer;
    let builders: Vec<String> =
        builders.iter().map(|(name, number)| format!("{name}={number}")).collect();
    let mut text = format!(
        "cheapest in time: {} under {approach}, {} of runs\n",
        builders.join(", "),
        percent(*meets_deadline_share)
    );
    if !answer.is_certain {
        writeln!(
            text,
            "not certain: the 95 % interval of that share begins below {}; more --replications \
             narrow it",
            percent(summary.confidence)
        )
        .expect("a string takes all");
    }
    let saved = answer.next_builder_saves_seconds.and_then(Millis::from_secs_f64);
    match (next_builder, saved) {
        (Some(group), Some(saved)) => {
            writeln!(text, "next builder: {group}, one more saves {saved} on average")
                .expect("a string takes all");
        }
        _ => text.push_str("next builder: none, one more of any group saves nothing\n"),
    }
    text
}

/// Writes one row a point.
#[must_use]
pub fn csv(capacity: &Capacity) -> String {
    let summary = capacity.summary();
    let (names, arches) = (names(&summary), arches(&summary));
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    let mut write = |row: Vec<String>| writer.write_record(row).expect("memory takes every row");
    let fixed = "approach,replications,done_share,meets_deadline_share,makespan_seconds_mean,\
                 makespan_seconds_p10,makespan_seconds_p50,makespan_seconds_p90,makespan_seconds_p99";
    let mut header: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    header.extend(fixed.split(',').map(str::to_owned));
    header.extend(arches.iter().map(|arch| format!("utilization_{arch}")));
    write(header);
    for point in &summary.points {
        let mut row: Vec<String> = names.iter().map(|name| number(point, name)).collect();
        let spread = &point.makespan_seconds;
        let seconds = |value: Option<f64>| value.map_or(String::new(), |v| format!("{v:.3}"));
        row.extend([
            point.approach.clone(),
            summary.replications.to_string(),
            point.done_share.to_string(),
            point.meets_deadline_share.to_string(),
        ]);
        row.extend([spread.mean, spread.p10, spread.p50, spread.p90, spread.p99].map(seconds));
        row.extend(
            arches
                .iter()
                .map(|arch| point.utilization.get(*arch).map_or(String::new(), f64::to_string)),
        );
        write(row);
    }
    let bytes = writer.into_inner().expect("memory takes every row");
    String::from_utf8(bytes).expect("made of texts")
}

fn names(summary: &CapacitySummary) -> Vec<&str> {
    let names: BTreeSet<&str> =
        summary.points.iter().flat_map(|point| point.builders.keys().map(String::as_str)).collect();
    names.into_iter().collect()
}

fn arches(summary: &CapacitySummary) -> Vec<&Arch> {
    let arches: BTreeSet<&Arch> =
        summary.points.iter().flat_map(|point| point.utilization.keys()).collect();
    arches.into_iter().collect()
}

fn number(point: &PointSummary, name: &str) -> String {
    point.builders.get(name).map_or("-".to_owned(), Amount::to_string)
}
