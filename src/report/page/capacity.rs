//! The page of a capacity sweep.

use std::collections::BTreeMap;

use super::html::{Figure, Page, Rows};
use super::{Picture, again, assumed, charts};
use crate::report::capacity::{Capacity, CapacitySummary, Limit, PointSummary, limit_words, said};
use crate::report::cells::{few, no_spread, partial, percent, reached};
use crate::report::figures::Interval;
use crate::report::probe::Probe;
use crate::report::svg::{Curves, Series, curves};

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
    let of = (&*capacity.assumed, &capacity.durations);
    assumed(&mut page, of, (&probes, Some(capacity.confidence)));
    page.section("again", "How to make it again");
    again(&mut page, &capacity.command, summary.replications);
    page.finish()
}

/// Returns the pictures of a capacity sweep by the names of their files.
#[must_use]
pub fn pictures(capacity: &Capacity) -> Vec<Picture<'_>> {
    let mut pictures: Vec<Picture<'_>> =
        vec![("done-within.svg".to_owned(), Box::new(|| done(capacity)))];
    let names = ["load-answer.svg", "load-nearest.svg"];
    // Where nothing is in time there is no answer, and the one pilot is of the nearest.
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
    page.figure(&Figure {
        title: "Runs done by the deadline",
        caption: "The share of runs that are done over time, one line each for the smallest and the largest \
                  farm, the answer and the farm nearest to the deadline; the answer is the smallest farm \
                  whose line is high enough at the deadline. The table has every farm.",
        svg: done(capacity),
        rows: point_rows(summary),
    });
}

/// Draws the share done over time for the points with the fewest and the most builders, and the answer.
fn done(capacity: &Capacity) -> String {
    let mut shown: BTreeMap<usize, String> = BTreeMap::new();
    let last = capacity.points.len().saturating_sub(1);
    for at in [Some(0), capacity.answer(), capacity.best(), Some(last)].into_iter().flatten() {
        if let Some(point) = capacity.points.get(at) {
            shown.insert(at, point.name());
        }
    }
    let end = capacity.deadline.0.saturating_mul(3) / 2;
    let series = shown.iter().map(|(at, name)| {
        let runs = &capacity.points[*at].runs;
        let mut ends = runs.makespans_done();
        ends.sort_unstable();
        let share = |time: u64| {
            let done = ends.partition_point(|end| *end <= time);
            #[expect(clippy::cast_precision_loss, reason = "a count of replications")]
            let share = done as f64 / runs.len().max(1) as f64;
            (time, share)
        };
        Series { name, points: (1..=60).map(|step| share(end * step / 60)).collect() }
    });
    let (title, unit) =
        ("Runs done by time, up to half as long again as the deadline", "share of all runs");
    curves(&Curves { title, unit, series: series.collect(), most: 1.0, is_share: true })
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
