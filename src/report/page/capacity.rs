//! The page of a capacity sweep.

use std::collections::BTreeSet;

use super::html::{Figure, Page, Rows};
use super::{Picture, again, assumed, charts};
use crate::report::capacity::{Capacity, CapacitySummary, Limit, PointSummary, limit_words, said};
use crate::report::cells::{few, no_spread, partial, percent, reached, spans_apart};
use crate::report::figures::Interval;
use crate::report::probe::Probe;
use crate::report::svg::{Curves, Series, curves};
use crate::time::Millis;

/// Writes the page of a capacity sweep.
#[must_use]
pub fn capacity(capacity: &Capacity) -> String {
    let summary = capacity.summary();
    let mut page = Page::new("How many builders a deadline needs");
    page.section("verdict", "Verdict");
    if let Some(asked) = summary.interrupted_of {
        page.warning(&partial(summary.replications, asked));
    }
    let lines: Vec<String> = said(capacity, &summary);
    page.list(&lines);
    if let Some(line) = few(summary.replications, summary.no_spread) {
        page.warning(&line);
    }
    if summary.no_spread {
        page.warning(&no_spread(summary.replications, summary.is_drawn));
    }
    page.section("why", "Why");
    why(&mut page, capacity, &summary);
    page.section("figures", "Figures");
    figures(&mut page, capacity, &summary);
    page.section("assumed", "What was assumed");
    let probes: Vec<&Probe> = capacity.probes().iter().collect();
    let confidence = Some(capacity.confidence);
    assumed(&mut page, &capacity.assumed, &capacity.durations, &probes, confidence);
    page.section("again", "How to reproduce it");
    again(&mut page, &capacity.command, summary.replications);
    page.finish()
}

/// Returns the pictures of a capacity sweep by the names of their files.
#[must_use]
pub fn pictures(capacity: &Capacity) -> Vec<Picture<'_>> {
    let mut pictures: Vec<Picture<'_>> =
        vec![("done-within.svg".to_owned(), Box::new(|| done(capacity)))];
    let names = ["load-answer.svg", "load-nearest.svg"];
    // Where nothing is in time there is no answer, and the only pilot is of the nearest farm.
    let skipped = usize::from(capacity.answer().is_none());
    let shown = capacity.points_shown().into_iter().zip(&names[skipped..]);
    for (point, name) in shown {
        if let Some(pilot) = capacity.pilot(point) {
            pictures.push(((*name).to_owned(), Box::new(|| charts::load(pilot))));
        }
    }
    if !capacity.probes().is_empty() {
        let draw = || {
            let probes: Vec<&Probe> = capacity.probes().iter().collect();
            charts::tornado(&probes, Some(capacity.confidence))
        };
        pictures.push(("sensitivity.svg".to_owned(), Box::new(draw)));
    }
    pictures
}

fn why(page: &mut Page, capacity: &Capacity, summary: &CapacitySummary) {
    if let (Some(best), Some(at)) = (&summary.best, capacity.best()) {
        let kind = match &best.limit {
            Limit::Failures | Limit::Builders { .. } | Limit::Path { .. } => "",
            Limit::Chain { .. } => "what builds wait for besides builders; ",
        };
        let limit = limit_words(capacity, at);
        page.paragraph(&format!("What limits the fastest farm of the sweep: {kind}{limit}."));
    }
    for pilot in capacity.shown() {
        page.figure(&Figure {
            title: &format!("{}: builders at work and tasks that wait", pilot.name),
            caption: &format!(
                "Replication {}, the median of {}: means over 60 steps of how many builders of each group \
                 work, and in koji's model how many tasks of each channel wait for them.",
                pilot.typical, pilot.runs
            ),
            svg: charts::load(pilot),
            rows: charts::load_rows(pilot),
        });
    }
}

fn figures(page: &mut Page, capacity: &Capacity, summary: &CapacitySummary) {
    page.table("Figures of every farm", &point_rows(summary));
    page.figure(&Figure {
        title: "Runs done by the deadline",
        caption: "The share of runs that are done over time, one line each for the smallest and the largest \
                  farm, the answer and the farm nearest to the deadline; the answer is the smallest farm \
                  whose line is high enough at the deadline. The table above has every farm.",
        svg: done(capacity),
        rows: done_rows(capacity),
    });
}

/// The moments at which the share of runs done is drawn.
const STEPS: u64 = 60;

/// One farm of the chart.
struct DoneLine {
    name: String,
    /// By each step of time, in milliseconds, the share of all runs that are done.
    points: Vec<(u64, f64)>,
}

/// Returns the share done over time for the points with the fewest and the most builders, the answer,
/// and the one nearest to the deadline: up to half as long again as the deadline, or until that one is
/// done, so that a deadline that nothing meets does not leave all lines empty.
fn done_lines(capacity: &Capacity) -> Vec<DoneLine> {
    let last = capacity.points.len().checked_sub(1);
    let shown = [last.map(|_| 0), capacity.answer(), capacity.best(), last];
    let shown: BTreeSet<usize> = shown.into_iter().flatten().collect();
    let best = capacity.best().map(|at| capacity.points[at].makespans_done());
    let latest = best.and_then(|ends| ends.into_iter().max()).unwrap_or(0);
    let end = (capacity.deadline.0.saturating_mul(3) / 2).max(latest);
    let line = |at: usize| {
        let point = &capacity.points[at];
        let mut ends = point.makespans_done();
        ends.sort_unstable();
        let share = |step: u64| {
            let time = end.saturating_mul(step) / STEPS;
            let done = ends.partition_point(|end| *end <= time);
            #[expect(clippy::cast_precision_loss, reason = "a count of replications")]
            let share = done as f64 / point.runs.len().max(1) as f64;
            (time, share)
        };
        DoneLine { name: point.name(), points: (1..=STEPS).map(share).collect() }
    };
    shown.into_iter().map(line).collect()
}

fn done(capacity: &Capacity) -> String {
    let lines = done_lines(capacity);
    let series =
        lines.iter().map(|DoneLine { name, points }| Series { name, points: points.clone() });
    let title = format!("Runs done by time; the deadline is {}", capacity.deadline);
    let unit = "share of all runs";
    curves(&Curves { title: &title, unit, series: series.collect(), most: 1.0, is_share: true })
}

/// The same numbers, a row for each step of time.
fn done_rows(capacity: &Capacity) -> Rows {
    let lines = done_lines(capacity);
    let mut head = vec!["By"];
    head.extend(lines.iter().map(|line| line.name.as_str()));
    let mut rows = Rows::new(&head);
    let times = lines.first().map_or(&[][..], |line| &line.points);
    let times: Vec<Option<Millis>> = times.iter().map(|(by, _)| Some(Millis(*by))).collect();
    for (at, by) in spans_apart(&times).into_iter().enumerate() {
        rows.push(std::iter::once(by).chain(lines.iter().map(|line| percent(line.points[at].1))));
    }
    rows
}

fn point_rows(summary: &CapacitySummary) -> Rows {
    let mut rows = Rows::words(&[
        "Farm",
        "Approach",
        "In time",
        "95 %",
        "Modules ready",
        "P50",
        "P90",
        "Cost an hour",
        "Cost of a run",
        "Busy",
    ]);
    rows.is_narrow = true;
    for point in &summary.points {
        rows.push(row(point));
    }
    rows
}

fn row(point: &PointSummary) -> Vec<String> {
    let interval = match point.meets_deadline_ci95 {
        Interval(Some(low), Some(high)) => format!("{} to {}", percent(low), percent(high)),
        Interval(..) => "-".to_owned(),
    };
    let cost = |cost: Option<f64>| cost.map_or("-".to_owned(), |cost| format!("{cost:.2}"));
    let busy = point.utilization.iter().map(|(arch, share)| format!("{arch} {}", percent(*share)));
    vec![
        point.farm(),
        point.approach.clone(),
        percent(point.meets_deadline_share),
        interval,
        point.ready_by_deadline.share.map_or("-".to_owned(), percent),
        reached(point.makespan_seconds.p50),
        reached(point.makespan_seconds.p90),
        cost(point.cost_per_hour),
        cost(point.cost_p50),
        busy.collect::<Vec<_>>().join(", "),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::super::sample;
    use super::*;

    #[test]
    fn every_farm_stands_openly_and_a_deadline_that_nothing_meets_leaves_no_empty_chart() {
        let capacity = sample::capacity();
        let page = super::capacity(&capacity);
        let table = page.find("aria-label=\"Figures of every farm, table\"").unwrap();
        let figures = page.find("id=\"figures\"").unwrap();
        let folded = figures + page[figures..].find("<details>").unwrap();
        assert!((figures..folded).contains(&table), "{page}");
        assert_eq!(page[table..folded].matches("<th scope=\"row\">x86=").count(), 4);
        // Up to half as long again as the deadline of 240 s.
        let last = |capacity: &Capacity| done_rows(capacity).rows.pop().unwrap();
        assert_eq!(last(&capacity), ["6m 00s", "0 %", "100 %", "100 %"]);
        // The fastest farm is done after 175 s, the smallest after 700 s.
        let late = Capacity { deadline: Millis(1), ..capacity };
        assert_eq!(last(&late), ["2m 55s", "0 %", "100 %"]);
    }
}
