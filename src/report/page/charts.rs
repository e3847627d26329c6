//! The charts of a page, and their numbers.

use super::html::Rows;
use crate::report::cells::{percent, time};
use crate::report::chain::Part;
use crate::report::compare::{Comparison, Summary};
use crate::report::completion::{Within, usual_end};
use crate::report::farm_load::STEPS;
use crate::report::pilot::Pilot;
use crate::report::probe::{Probe, ProbeKind};
use crate::report::svg::{self, Curves, Gantt, Series, Stack, Stacks, Swing};
use crate::report::variant::Variant;
use crate::time::Millis;

/// More assumed values than this are in the table alone.
const SWINGS_MAX: usize = 16;

/// Draws the share of runs that are done by time; those done after the end of the axis are counted.
pub(super) fn done(comparison: &Comparison, summary: &Summary) -> String {
    let end = usual_end(&comparison.variants).unwrap_or(u64::MAX);
    let name = |variant: &Variant| {
        let ends = variant.makespans_done();
        let later = ends.iter().filter(|at| **at > end).count();
        match ends.iter().max() {
            Some(&last) if later > 0 => {
                format!("{} ({later} done later, up to {})", variant.name, Millis(last))
            }
            _ => variant.name.clone(),
        }
    };
    let (title, unit) = ("Runs done by time", "share of all runs that are done");
    within(title, unit, comparison, name, |variant| &summary.approaches[&variant.name].done_within)
}

pub(super) fn ready(comparison: &Comparison, summary: &Summary) -> String {
    let (title, unit) =
        ("Modules ready by time", "share of the modules of the plan that are ready");
    let name = |variant: &Variant| variant.name.clone();
    within(title, unit, comparison, name, |variant| &summary.approaches[&variant.name].ready_within)
}

fn within<'s>(
    title: &str,
    unit: &str,
    comparison: &Comparison,
    name: impl Fn(&Variant) -> String,
    of: impl Fn(&Variant) -> &'s Vec<Within>,
) -> String {
    let end = usual_end(&comparison.variants).unwrap_or(u64::MAX);
    let names: Vec<String> = comparison.variants.iter().map(name).collect();
    let series = comparison.variants.iter().zip(&names).map(|(variant, name)| {
        let points = of(variant).iter().map(|at| (at.time.0, at.share));
        Series { name, points: points.filter(|(at, _)| *at <= end).collect() }
    });
    svg::curves(&Curves { title, unit, series: series.collect(), most: 1.0, is_share: true })
}

pub(super) fn parts(pilots: &[Pilot]) -> String {
    let rows = pilots.iter().map(|pilot| Stack {
        name: &pilot.name,
        note: pilot.done_words(),
        parts: Part::ALL.iter().map(|part| pilot.mean(*part)).collect(),
    });
    let parts = Part::ALL.iter().map(|part| part.name()).collect();
    let unit = "mean time along what the last build of each run waited for";
    svg::stacks(&Stacks { title: "Where the time goes", unit, parts, rows: rows.collect() })
}

pub(super) fn gantt(pilot: &Pilot) -> String {
    svg::gantt(&Gantt { title: &pilot.title(), bars: &pilot.bars, modules: &pilot.modules })
}

/// How many tasks each builder had, and for how long.
pub(super) fn lane_rows(pilot: &Pilot) -> Rows {
    let mut rows = Rows::new(&["Group", "Builders", "Busy", "Idle", "Busy share", "Tasks"]);
    for load in &pilot.load {
        let whole = (load.busy + load.idle).as_secs_f64();
        let share = if whole > 0.0 { load.busy.as_secs_f64() / whole } else { 0.0 };
        let is_of =
            |lane: &str| lane.rsplit_once('/').is_some_and(|(name, _)| *name == *load.group);
        let tasks = pilot.bars.iter().filter(|bar| is_of(&bar.lane)).count();
        rows.push([
            load.group.to_string(),
            load.builders.to_string(),
            time(Some(load.busy.as_secs_f64())),
            time(Some(load.idle.as_secs_f64())),
            percent(share),
            tasks.to_string(),
        ]);
    }
    rows
}

/// Draws how many builders of each group work, and how many tasks wait for them.
pub(super) fn load(pilot: &Pilot) -> String {
    let lines = load_lines(pilot);
    let most = lines.iter().flat_map(|(_, steps)| steps.iter().copied()).max().unwrap_or(0);
    let series = lines.iter().map(|(name, steps)| {
        let point =
            |(at, number): (u64, &u64)| (pilot.makespan.0 * (at + 1) / STEPS, thousandth(*number));
        Series { name, points: (0..).zip(steps.iter()).map(point).collect() }
    });
    let title = format!("{}: builders at work, tasks that wait", pilot.name);
    let unit = "builders, or tasks (mean of each of 60 steps)";
    let series = series.collect();
    svg::curves(&Curves {
        title: &title,
        unit,
        series,
        most: svg::round_most(thousandth(most)),
        is_share: false,
    })
}

pub(super) fn load_rows(pilot: &Pilot) -> Rows {
    let lines = load_lines(pilot);
    let mut head = vec!["From"];
    head.extend(lines.iter().map(|(name, _)| name.as_str()));
    let mut rows = Rows::new(&head);
    for (at, step) in (0..STEPS).zip(0..) {
        let from = time(Some(Millis(pilot.makespan.0 * at / STEPS).as_secs_f64()));
        let cell = |(_, steps): &(String, &Vec<u64>)| {
            let number: &u64 = &steps[step];
            format!("{:.2}", thousandth(*number))
        };
        rows.push(std::iter::once(from).chain(lines.iter().map(cell)));
    }
    rows
}

/// Returns the lines of a chart of load: builders at work by group, and tasks that wait by channel.
fn load_lines(pilot: &Pilot) -> Vec<(String, &Vec<u64>)> {
    let mut lines = Vec::new();
    for load in &pilot.load {
        lines.push((format!("{}: at work, of {}", load.group, load.builders), &load.working));
        for (channel, steps) in &load.waiting {
            lines.push((format!("{}: wait in {channel}", load.group), steps));
        }
    }
    lines
}

#[expect(clippy::cast_precision_loss, reason = "a number of builders or tasks")]
fn thousandth(number: u64) -> f64 {
    number as f64 / 1000.0
}

/// Draws what each assumed value decides; with a confidence, of a sweep over farms.
pub(super) fn tornado(probes: &[&Probe], confidence: Option<f64>) -> String {
    let mut values: Vec<(String, Option<f64>, Option<f64>, bool)> = Vec::new();
    for probe in probes.iter().filter(|probe| probe.kind == ProbeKind::Assumed) {
        let name = format!("{} {}", probe.setting, probe.from);
        let at = values.iter().position(|(known, ..)| *known == name).unwrap_or_else(|| {
            values.push((name, None, None, false));
            values.len() - 1
        });
        values[at].3 |= probe.changes_answer(confidence);
        let is_halved = probe.factor.is_some_and(|factor| factor < 1.0);
        let slot = if is_halved { &mut values[at].1 } else { &mut values[at].2 };
        *slot = Some(probe.largest());
    }
    values.truncate(SWINGS_MAX);
    let swings: Vec<Swing<'_>> = values
        .iter()
        .map(|(name, halved, doubled, changes_answer)| Swing {
            name,
            halved: *halved,
            doubled: *doubled,
            changes_answer: *changes_answer,
        })
        .collect();
    svg::tornado("What the assumed values decide", &swings)
}
