//! How the makespans of every variant are spread: a histogram each, one above the other.

use super::axis::TimeAxis;
use super::canvas::{Align, Area, BLACK, Canvas, GREY, PALE, Pen, SHADES, picture};
use crate::report::compare::Comparison;
use crate::report::figures::Distribution;
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
/// Only runs that ended `done` have a makespan; their share stands under each name. Counts are
/// drawn to the tallest bin of each variant, so shapes compare, not numbers.
#[must_use]
pub fn makespans(comparison: &Comparison) -> String {
    let rows = i32::try_from(comparison.variants.len()).expect("a handful of variants");
    let height = TOP + rows.max(1) * ROW + BOTTOM;
    picture((WIDTH, height), |canvas| {
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
            draw_row(canvas, &axis, (variant, top, *shade));
            top += ROW;
        }
    })
}

fn subtitle(comparison: &Comparison) -> String {
    let replications = comparison.variants.first().map_or(0, |variant| variant.runs.len());
    format!(
        "{replications} replications a variant with the same luck, seed {}; line: median, bar \
         below: p10 to p90",
        comparison.seed
    )
}

/// Returns an axis for all runs that are done, but for those far beyond the others: they are counted
/// at its end, so that a few of them do not squeeze the rest together.
fn axis(comparison: &Comparison) -> Option<TimeAxis> {
    let mut ends: Vec<u64> = comparison.variants.iter().flat_map(Variant::makespans_done).collect();
    ends.sort_unstable();
    let (first, last) = (*ends.first()?, *ends.last()?);
    let most = comparison.variants.iter().filter_map(usual_end).max()?;
    Some(TimeAxis::covering(first, if last > most { most } else { last }))
}

/// Returns the end of what is usual for a variant: as far above the 90 % point as that is above the
/// 10 % point.
fn usual_end(variant: &Variant) -> Option<u64> {
    let Spread { p10, p90, .. } = Spread::of(&variant.makespans_done())?;
    Some(p90 + (p90 - p10).max(p90 / 20))
}

fn draw_axis(canvas: &mut Canvas<'_>, axis: &TimeAxis, bottom: i32) {
    for (at, label) in axis.ticks() {
        let x = axis.at(at, (LEFT, RIGHT));
        canvas.line((x, TOP), (x, bottom), (PALE, 1));
        canvas.text((x, bottom + 14), &label, Pen::new(12, Align::Center));
    }
    canvas.line((LEFT, bottom), (RIGHT, bottom), (BLACK, 1));
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
    (variant, top, shade): (&Variant, i32, plotters::style::RGBColor),
) {
    let base = top + 22 + BARS;
    canvas.line((LEFT, base), (RIGHT, base), (GREY, 1));
    let values = variant.makespans_done();
    let Some(spread) = Spread::of(&values) else {
        let pen = Pen::new(12, Align::Center).color(GREY);
        canvas.text(((LEFT + RIGHT) / 2, base - 16), "no run ended done", pen);
        return;
    };
    let bins = usize::try_from((RIGHT - LEFT) / BIN).expect("positive");
    let counts = histogram(&values, (axis.low, axis.high), bins);
    let most = counts.iter().copied().max().unwrap_or(0).max(1);
    for (x, count) in (LEFT..).step_by(BIN.unsigned_abs() as usize).zip(counts) {
        let tall =
            i32::try_from(count * BARS.unsigned_abs() as usize / most).expect("BARS at most");
        if count > 0 {
            canvas.fill(Area(x, base - tall.max(1), x + BIN - 1, base), shade);
        }
    }
    let at = |millis: u64| axis.at(millis.min(axis.high), (LEFT, RIGHT));
    canvas.fill(
        Area(at(spread.p10), base + 4, at(spread.p90).max(at(spread.p10) + 2), base + 9),
        shade,
    );
    let beyond = values.iter().filter(|value| **value > axis.high).count();
    if beyond > 0 {
        let longest = Millis(values.iter().copied().max().unwrap_or(0));
        let told = format!("{beyond} later, up to {longest} ▸");
        canvas.text((RIGHT, base - BARS - 13), &told, Pen::new(12, Align::Right).color(GREY));
    }
    let median = at(spread.p50);
    canvas.line((median, base - BARS - 4), (median, base + 12), (BLACK, 2));
    let label = Millis(spread.p50).to_string();
    let pen = Pen::new(12, Align::Center).bold();
    let half = pen.width(&label) / 2;
    // What lies beyond the axis is told at its end.
    let right = if beyond > 0 { RIGHT - 200 } else { RIGHT };
    canvas.text((median.clamp(LEFT + half, right - half), base - BARS - 13), &label, pen);
}

/// The marked points of a histogram, in milliseconds.
struct Spread {
    p10: u64,
    p50: u64,
    p90: u64,
}

impl Spread {
    fn of(values: &[u64]) -> Option<Self> {
        let spread = Distribution::of(values, 1000);
        let millis =
            |seconds: Option<f64>| seconds.and_then(Millis::from_secs_f64).map(|span| span.0);
        Some(Self { p10: millis(spread.p10)?, p50: millis(spread.p50)?, p90: millis(spread.p90)? })
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
        assert!(makespans(&comparison).contains("1 later, up to 1d 01h"), "its time is told");
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
