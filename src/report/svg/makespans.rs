//! How the makespans of every variant are spread: a histogram each, one above the other.

use plotters::style::RGBColor;

use super::axis::TimeAxis;
use super::canvas::{Align, Area, BLACK, Canvas, GREY, PALE, Pen, SHADES, Stroke, picture};
use crate::report::compare::Comparison;
use crate::report::completion::usual_end;
use crate::report::figures::time_within;
use crate::report::spark::histogram;
use crate::report::variant::Variant;
use crate::time::Millis;

const WIDTH: i32 = 980;
/// The space between left and right is a whole number of bins, so that bars stand where the axis
/// has them.
const LEFT: i32 = 280;
const RIGHT: i32 = WIDTH - 40;
const TOP: i32 = 64;
const ROW: i32 = 104;
const BARS: i32 = 56;
const BOTTOM: i32 = 62;
const BIN: i32 = 6;

/// Draws one histogram a variant on a common axis, with the median and the span from p10 to p90.
///
/// Only runs that ended `done` have a makespan; their share stands under each name. The median and the
/// span are of all runs, one that is not done being never done. Counts are drawn to the tallest bin of
/// each variant, so shapes compare, not numbers.
#[must_use]
pub fn makespans(comparison: &Comparison) -> String {
    let rows = i32::try_from(comparison.variants.len()).expect("a handful of variants");
    let height = TOP + rows.max(1) * ROW + BOTTOM;
    picture(WIDTH, height, |canvas| {
        let title = Pen::new(18, Align::Left).bold();
        canvas.text((24, 26), "Time until the rebuild is done", title);
        canvas.text((24, 48), &subtitle(comparison), Pen::new(12, Align::Left).color(GREY));
        let Some(axis) = axis(comparison) else {
            let pen = Pen::new(14, Align::Center);
            canvas.text((WIDTH / 2, TOP + ROW / 2), "no run of any variant ended done", pen);
            return;
        };
        draw_axis(canvas, &axis, height - BOTTOM);
        let mut top = TOP;
        for (variant, shade) in comparison.variants.iter().zip(SHADES.iter().cycle()) {
            draw_name(canvas, variant, top);
            draw_row(canvas, &axis, variant, top, *shade);
            top += ROW;
        }
    })
}

fn subtitle(comparison: &Comparison) -> String {
    let replications = comparison.variants.first().map_or(0, |variant| variant.runs.len());
    format!(
        "{replications} replications a variant with the same luck, seed {}; line: median of all \
         runs, bar below: p10 to p90 of all",
        comparison.seed
    )
}

/// Returns an axis for all runs that are done, but for those far beyond the others: they are counted
/// at its end, so that a few of them do not squeeze the rest together.
fn axis(comparison: &Comparison) -> Option<TimeAxis> {
    let mut ends: Vec<u64> = comparison.variants.iter().flat_map(Variant::makespans_done).collect();
    ends.sort_unstable();
    let (first, last) = (*ends.first()?, *ends.last()?);
    let most = usual_end(&comparison.variants)?;
    Some(TimeAxis::covering(first, if last > most { most } else { last }))
}

fn draw_axis(canvas: &mut Canvas<'_>, axis: &TimeAxis, bottom: i32) {
    for (at, label) in axis.ticks() {
        let x = axis.at(at, LEFT, RIGHT);
        canvas.line((x, TOP), (x, bottom), Stroke::thin(PALE));
        canvas.text((x, bottom + 14), &label, Pen::new(12, Align::Center));
    }
    canvas.line((LEFT, bottom), (RIGHT, bottom), Stroke::thin(BLACK));
    let title = format!("makespan ({})", axis.unit());
    canvas.text(((LEFT + RIGHT) / 2, bottom + 38), &title, Pen::new(13, Align::Center));
}

fn draw_name(canvas: &mut Canvas<'_>, variant: &Variant, top: i32) {
    let right = LEFT - 16;
    let middle = top + 20 + BARS / 2;
    canvas.text((right, middle), &variant.name, Pen::new(14, Align::Right).bold());
    let done = variant.makespans_done().len();
    let share = format!("{done} of {} runs done", variant.runs.len());
    canvas.text((right, middle + 19), &share, Pen::new(12, Align::Right).color(GREY));
}

fn draw_row(
    canvas: &mut Canvas<'_>,
    axis: &TimeAxis,
    variant: &Variant,
    top: i32,
    shade: RGBColor,
) {
    let base = top + 22 + BARS;
    canvas.line((LEFT, base), (RIGHT, base), Stroke::thin(GREY));
    let values = variant.makespans_done();
    if values.is_empty() {
        let pen = Pen::new(12, Align::Center).color(GREY);
        canvas.text(((LEFT + RIGHT) / 2, base - 16), "no run ended done", pen);
        return;
    }
    let bins = usize::try_from((RIGHT - LEFT) / BIN).expect("positive");
    let counts = histogram(&values, axis.low..=axis.high, bins);
    let most = counts.iter().copied().max().unwrap_or(0).max(1);
    for (x, count) in (LEFT..).step_by(BIN.unsigned_abs() as usize).zip(counts) {
        let tall =
            i32::try_from(count * BARS.unsigned_abs() as usize / most).expect("BARS at most");
        if count > 0 {
            canvas.fill(Area(x, base - tall.max(1), x + BIN - 1, base), shade);
        }
    }
    let at = |millis: u64| axis.at(millis.min(axis.high), LEFT, RIGHT);
    let Spread { p10, p50, p90 } = Spread::of(variant);
    if let Some(from) = p10.map(at) {
        // Where nine in ten are never done the bar has no end.
        let to = p90.map_or(RIGHT, at).max(from + 2);
        canvas.fill(Area(from, base + 4, to, base + 9), shade);
    }
    let beyond = values.iter().filter(|value| **value > axis.high).count();
    if beyond > 0 {
        let longest = Millis(values.iter().copied().max().unwrap_or(0));
        let told = format!("{beyond} later, up to {longest} ▸");
        canvas.text((RIGHT, base - BARS - 13), &told, Pen::new(12, Align::Right).color(GREY));
    }
    // What lies beyond the axis is written at its end.
    let right = if beyond > 0 { RIGHT - 200 } else { RIGHT };
    let pen = Pen::new(12, Align::Center).bold();
    let (label, middle) = match p50 {
        Some(median) => (Millis(median).to_string(), at(median)),
        None => ("median: never".to_owned(), right),
    };
    if p50.is_some() {
        canvas.line(
            (middle, base - BARS - 4),
            (middle, base + 12),
            Stroke { color: BLACK, width: 2 },
        );
    }
    let half = pen.width(&label) / 2;
    canvas.text((middle.clamp(LEFT + half, right - half), base - BARS - 13), &label, pen);
}

/// The marked points of a histogram, over all runs, in milliseconds; `None` is never.
struct Spread {
    p10: Option<u64>,
    p50: Option<u64>,
    p90: Option<u64>,
}

impl Spread {
    fn of(variant: &Variant) -> Self {
        let done = variant.makespans_done();
        let within = |percent| time_within(&done, variant.runs.len(), percent).map(|time| time.0);
        Self { p10: within(10), p50: within(50), p90: within(90) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;
    use crate::sim::{Outcome, RunFigures};

    #[test]
    fn every_variant_has_its_row() {
        insta::assert_snapshot!(makespans(&sample::comparison()));
    }

    #[test]
    fn an_outlier_is_counted_at_the_end_and_squeezes_nothing() {
        let mut comparison = sample::comparison();
        let runs = (0..99).map(|n| sample::run(100 + n, 10, Outcome::Done));
        comparison.variants[0].runs = runs.collect();
        comparison.variants[1].runs = comparison.variants[0].runs.clone();
        let axis_before = axis(&comparison).unwrap();
        comparison.variants[0].runs.extend([sample::run(90_000, 10, Outcome::Done)]);
        let with_outlier = axis(&comparison).unwrap();
        assert!(with_outlier.high < 2 * axis_before.high, "{with_outlier:?}");
        assert!(makespans(&comparison).contains("1 later, up to 1d 01h"), "its time is written");
    }

    #[test]
    fn the_median_of_the_survivors_is_not_shown_as_that_of_all() {
        let mut comparison = sample::comparison();
        let end = |n| if n == 0 { Outcome::Done } else { Outcome::Stuck };
        comparison.variants[0].runs = (0..8).map(|n| sample::run(7200, 10, end(n))).collect();
        let picture = makespans(&comparison);
        assert!(picture.contains("1 of 8 runs done"), "{picture}");
        assert!(picture.contains("median: never") && !picture.contains("2h 00m"), "{picture}");
    }

    #[test]
    fn runs_that_are_not_done_draw_no_bars() {
        let mut comparison = sample::comparison();
        let capped = |run| RunFigures { outcome: Outcome::Capped, ..run };
        comparison.variants[0].runs = comparison.variants[0].runs.iter().map(capped).collect();
        let picture = makespans(&comparison);
        assert!(picture.contains("0 of 4 runs done") && picture.contains("no run ended done"));
        comparison.variants.remove(1);
        assert!(makespans(&comparison).contains("no run of any variant ended done"));
    }
}
