//! A capacity sweep as a table for a terminal and as rows for a spreadsheet.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::super::assumed::wrapped;
use super::super::cells::{
    Runs, counted, fitted, partial, percent, reached, rests_on, short, table as new_table, time,
};
use super::super::conclusion::confounded;
use super::super::farm_load;
use super::super::figures::Interval;
use super::amount::named;
use super::{Amount, Anomaly, Answer, Capacity, CapacitySummary, PointSummary, verdict};
use crate::name::Arch;
use crate::report::probe::Probe;
use crate::time::Millis;

/// So many of the assumed values are listed.
const PROBES: usize = 6;

/// Says that other settings were not tried.
const UNTRIED: &str = "Ctrl-C came before other values and one builder more were tried: what would make the \
                       answer another is not known";

/// Writes the table of points, the answer, and what was assumed, in lines of `width` columns.
#[must_use]
pub fn table(capacity: &Capacity, width: usize) -> String {
    let summary = capacity.summary();
    let head = format!(
        "{} of each point with the same luck, seed {}; done within {} in {} of runs or more",
        counted(summary.replications, "replication"),
        summary.seed,
        capacity.deadline,
        percent(capacity.confidence),
    );
    let mut text = wrapped(&head, width, "");
    if let Some(asked) = summary.interrupted_of {
        text.push_str(&wrapped(&partial(summary.replications, asked), width, "  "));
    }
    text.push('\n');
    text.push_str(&points(&summary, capacity.answer(), width));
    text.push('\n');
    let more = said(capacity, &summary);
    more.iter().for_each(|line| text.push_str(&wrapped(line, width, "  ")));
    text.push_str(&probes(capacity, width));
    text.push('\n');
    let runs = Runs {
        made: summary.replications,
        are_drawn: summary.is_drawn,
        have_no_spread: summary.no_spread,
    };
    text + &rests_on(&capacity.durations, runs, &capacity.assumed, width)
}

/// Says what other values than the assumed ones would make of the answer, the worst first.
fn probes(capacity: &Capacity, width: usize) -> String {
    let (Some(first), Some(at)) =
        (capacity.probes().first(), capacity.answer().or(capacity.best()))
    else {
        return String::new();
    };
    if !capacity.is_sensitivity_told {
        return String::new();
    }
    let effect = |probe: &Probe| {
        let effect = probe.effects.values().next();
        effect.map_or((0.0, 0.0), |effect| {
            (effect.in_time_share.unwrap_or_default(), effect.in_time_adds.unwrap_or_default())
        })
    };
    let share = |probe: &Probe| effect(probe).0;
    let (tried, adds) = effect(first);
    let head = format!(
        "Assumed values, varied one at a time at {}: of the first {} replications {} are in \
         time as it is; the {PROBES} worst",
        capacity.points[at].name(),
        first.runs,
        percent(tried - adds),
    );
    let mut text = format!("\n{}", wrapped(&head, width, "  "));
    let mut probes: Vec<&Probe> =
        capacity.probes().iter().filter(|probe| probe.changes_anything()).collect();
    let without = capacity.probes().len() - probes.len();
    probes.sort_by(|a, b| {
        share(a).total_cmp(&share(b)).then_with(|| b.largest().total_cmp(&a.largest()))
    });
    for probe in probes.into_iter().take(PROBES) {
        let Probe { setting, from, to, effects, .. } = probe;
        let half = effects.values().next().and_then(|effect| effect.makespan_p50);
        let is_changed = probe.changes_answer(Some(capacity.confidence));
        let enough = match (is_changed, share(probe) < capacity.confidence) {
            (true, true) => ": no longer enough",
            (true, false) => ": then enough",
            (false, true) => ": not enough",
            (false, false) => "",
        };
        let (in_time, half) = (percent(share(probe)), reached(half));
        let line = format!("  {setting}: {from} -> {to}: {in_time} in time, P50 {half}{enough}");
        text.push_str(&wrapped(&line, width, "    "));
    }
    if without > 0 {
        let tried = counted(capacity.probes().len(), "value");
        text.push_str(&wrapped(&format!("  {without} of {tried} change nothing"), width, "    "));
    }
    text
}

/// Says what the sweep answers, a line each.
pub(in crate::report) fn said(capacity: &Capacity, summary: &CapacitySummary) -> Vec<String> {
    let said = verdict::unserved(capacity) + &answer(summary, capacity);
    let mut lines: Vec<String> = said.lines().map(str::to_owned).collect();
    if let Some(at) = capacity.answer().or(capacity.best()) {
        lines.extend(summary.points[at].changes.iter().map(|(class, of)| of.line(class)));
    }
    lines.extend(summary.anomalies.iter().map(anomaly));
    if !capacity.confounders.is_empty() {
        lines.push(confounded(&capacity.confounders));
    }
    lines.extend(summary.leaves_out.map(|what| format!("but {what}")));
    lines.extend(summary.settings_untried.then(|| UNTRIED.to_owned()));
    lines
}

/// Writes `load.csv`: what builders did over time at the answer, and at the point nearest to the
/// deadline.
#[must_use]
pub fn load(capacity: &Capacity) -> String {
    let mut text = farm_load::HEADER.to_owned();
    for pilot in capacity.shown() {
        // A comma would begin a new column.
        let name = pilot.name.replace(", ", " ");
        farm_load::rows(&mut text, &name, pilot.makespan, &pilot.load);
    }
    text
}

/// Names a farm that is slower than a smaller one.
fn anomaly(anomaly: &Anomaly) -> String {
    let Anomaly { approach, fewer, more, slower_by_seconds, .. } = anomaly;
    format!(
        "anomaly: {} is slower than {} under {approach}, by {} on average; more builders can make a \
         list schedule longer (Graham)",
        named(more),
        named(fewer),
        time(Some(*slower_by_seconds))
    )
}

fn points(summary: &CapacitySummary, answer: Option<usize>, width: usize) -> String {
    let names = names(summary);
    let arches = arches(summary);
    let is_priced = summary.points.iter().any(|point| point.cost_p50.is_some());
    let mut header: Vec<String> = vec![String::new()];
    header.extend(names.iter().map(|name| name.to_uppercase()));
    header.extend(["APPROACH", "IN TIME", "95 %", "READY", "P50", "P90"].map(str::to_owned));
    header.extend(is_priced.then(|| "COST".to_owned()));
    // Where every arch has a column of its own the table may be too wide: then the busiest is shown.
    let room = width.saturating_sub(70 + 8 * names.len() + 8 * usize::from(is_priced));
    let is_narrow = room < 13 * arches.len();
    match is_narrow {
        true => header.push("BUSIEST".to_owned()),
        false => header.extend(arches.iter().map(|arch| format!("BUSY {arch}"))),
    }
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let mut table = new_table(&header);
    for (at, point) in summary.points.iter().enumerate() {
        let interval = match point.meets_deadline_ci95 {
            Interval(Some(low), Some(high)) => format!("{:.0}-{:.0}", low * 100.0, high * 100.0),
            Interval(..) => "-".to_owned(),
        };
        let mut row = vec![if answer == Some(at) { ">".to_owned() } else { String::new() }];
        row.extend(names.iter().map(|name| number(point, name)));
        row.extend([
            short(&point.approach),
            percent(point.meets_deadline_share),
            interval,
            point.ready_by_deadline.share.map_or("-".to_owned(), percent),
            reached(point.makespan_seconds.p50),
            reached(point.makespan_seconds.p90),
        ]);
        if is_priced {
            row.push(point.cost_p50.map_or("-".to_owned(), |cost| format!("{cost:.2}")));
        }
        match is_narrow {
            true => row.push(busiest(point)),
            false => row.extend(arches.iter().map(|arch| {
                point.utilization.get(*arch).map_or("-".to_owned(), |share| percent(*share))
            })),
        }
        table.add_row(row);
    }
    let first = names.len() + 1;
    let numbers: Vec<usize> = (1..header.len())
        .filter(|&at| at != first && !(is_narrow && at == header.len() - 1))
        .collect();
    // Each part of a table that is too wide begins with the farm and the approach.
    let mut text = fitted(&table, &numbers, width, first + 1);
    let busy = if is_narrow { "BUSIEST" } else { "BUSY" };
    let legend = format!(
        "\nREADY: modules ready by the deadline; P50, P90: over all runs, one that is not done never \
         finishes; {busy}: the share of the time for which builders work"
    );
    text.push_str(&wrapped(&legend, width, ""));
    text
}

fn busiest(point: &PointSummary) -> String {
    let busiest = point.utilization.iter().max_by(|(_, a), (_, b)| a.total_cmp(b));
    busiest.map_or("-".to_owned(), |(arch, share)| format!("{} {arch}", percent(*share)))
}

fn answer(summary: &CapacitySummary, capacity: &Capacity) -> String {
    let Some(answer) = &summary.answer else {
        let best = summary.points.iter().map(|point| point.meets_deadline_share);
        let best = best.fold(0.0, f64::max);
        return format!(
            "no point meets the deadline of {} in {} of its runs; the best has {} in time\n{}",
            capacity.deadline,
            percent(capacity.confidence),
            percent(best),
            verdict::advice(capacity)
        );
    };
    let Answer { builders, approach, meets_deadline_share, next_builder, also, alike, .. } = answer;
    let mut text = format!(
        "smallest farm with {} of runs or more done within {}: {} under {approach}, {} of runs\n",
        percent(capacity.confidence),
        capacity.deadline,
        named(builders),
        percent(*meets_deadline_share)
    );
    let others: Vec<&str> =
        also.iter().filter(|one| !alike.contains(one)).map(String::as_str).collect();
    if !alike.is_empty() {
        let all = if alike.len() == 1 { "both" } else { "all" };
        writeln!(text, "in time on it as surely and as fast, {all} alike: {}", alike.join(", "))
            .expect("a string takes all");
    }
    if !others.is_empty() {
        writeln!(text, "also in time on it, slower or less surely: {}", others.join(", "))
            .expect("a string takes all");
    }
    if !answer.is_certain && !summary.no_spread {
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
        _ => writeln!(text, "next builder: {}", verdict::none_more(capacity))
            .expect("a string takes all"),
    }
    text
}

/// Writes one row a point.
#[must_use]
pub fn csv(capacity: &Capacity) -> String {
    let summary = capacity.summary();
    let (names, arches) = (names(&summary), arches(&summary));
    let classes: BTreeSet<&str> = summary
        .points
        .iter()
        .flat_map(|point| point.changes.keys().map(|class| &**class))
        .collect();
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    let mut write = |row: Vec<String>| writer.write_record(row).expect("memory takes every row");
    let fixed = "approach,replications,done_share,meets_deadline_share,ready_by_deadline_share,\
                 makespan_seconds_mean,makespan_seconds_p10,makespan_seconds_p50,\
                 makespan_seconds_p90,makespan_seconds_p99,cost_per_hour,cost_p50";
    let mut header: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    header.extend(fixed.split(',').map(str::to_owned));
    header.extend(arches.iter().map(|arch| format!("utilization_{arch}")));
    header.extend(classes.iter().map(|class| format!("in_time_share_{class}")));
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
            point.ready_by_deadline.share.map_or(String::new(), |share| share.to_string()),
        ]);
        row.extend([spread.mean, spread.p10, spread.p50, spread.p90, spread.p99].map(seconds));
        let cost = |cost: Option<f64>| cost.map_or(String::new(), |cost| format!("{cost:.2}"));
        row.extend([point.cost_per_hour, point.cost_p50].map(cost));
        row.extend(
            arches
                .iter()
                .map(|arch| point.utilization.get(*arch).map_or(String::new(), f64::to_string)),
        );
        let in_time = |class: &&str| point.changes.get(*class).and_then(|of| of.in_time_share);
        row.extend(classes.iter().map(|of| in_time(of).map_or(String::new(), |s| s.to_string())));
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
