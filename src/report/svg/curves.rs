//! Lines of shares or numbers over time, one a series, each with its own number, shade and width.

use super::axis::TimeAxis;
use super::canvas::{Align, BLACK, Canvas, GREY, PALE, Pen, SHADES, Stroke, picture};

const WIDTH: i32 = 980;
const LEFT: i32 = 70;
const RIGHT: i32 = WIDTH - 140;
const TOP: i32 = 70;
const PLOT: i32 = 260;
const LEGEND: i32 = 20;
/// How far the numbers of two lines are apart at least.
const LABEL: i32 = 15;

/// A chart of lines.
#[derive(Clone, Debug)]
pub struct Curves<'a> {
    /// What it shows.
    pub title: &'a str,
    /// What the vertical axis counts, with its unit.
    pub unit: &'a str,
    /// The lines.
    pub series: Vec<Series<'a>>,
    /// The largest number of the vertical axis.
    pub most: f64,
    /// Whether numbers are shares, written in per cent.
    pub is_share: bool,
}

/// Returns the next number above that four steps of 0.5, 1, 2, 5, 10… reach.
#[must_use]
pub fn round_most(most: f64) -> f64 {
    let mut step = 0.5;
    for factor in [2.0, 2.0, 2.5].into_iter().cycle() {
        if step * 4.0 >= most {
            break;
        }
        step *= factor;
    }
    step * 4.0
}

/// One line.
#[derive(Clone, Debug)]
pub struct Series<'a> {
    /// Its name.
    pub name: &'a str,
    /// Milliseconds and numbers, in order of time; a number holds until the next.
    pub points: Vec<(u64, f64)>,
}

/// Draws a chart of lines in steps.
#[must_use]
pub fn curves(chart: &Curves<'_>) -> String {
    let count = i32::try_from(chart.series.len()).expect("a handful of lines");
    let bottom = TOP + PLOT;
    let height = bottom + 66 + count * LEGEND;
    picture(WIDTH, height, |canvas| {
        canvas.text((24, 26), chart.title, Pen::new(18, Align::Left).bold());
        canvas.text((24, 50), chart.unit, Pen::new(12, Align::Left).color(GREY));
        let ends = chart.series.iter().filter_map(|line| line.points.last());
        let Some(end) = ends.map(|(at, _)| *at).max() else {
            canvas.text((WIDTH / 2, TOP + 40), "nothing to show", Pen::new(14, Align::Center));
            return;
        };
        let axis = TimeAxis::covering(0, end);
        draw_axes(canvas, chart, &axis);
        let mut ends = Vec::new();
        for (nth, line) in (0_i32..).zip(&chart.series) {
            ends.push(draw_line(canvas, chart, &axis, nth));
            draw_legend(canvas, line.name, nth, bottom + 62 + nth * LEGEND);
        }
        let heights: Vec<i32> = ends.iter().map(|(_, height)| *height).collect();
        for (nth, (end, label)) in (1..).zip(ends.into_iter().zip(apart(&heights))) {
            let (column, height) = label;
            draw_label(canvas, nth, end, column, height);
        }
    })
}

/// Returns where a number stands.
fn y(number: f64, most: f64) -> i32 {
    #[expect(clippy::cast_possible_truncation, reason = "a few hundred pixels")]
    let up = (number / most.max(f64::MIN_POSITIVE) * f64::from(PLOT)).round() as i32;
    TOP + PLOT - up.clamp(0, PLOT)
}

fn draw_axes(canvas: &mut Canvas<'_>, chart: &Curves<'_>, axis: &TimeAxis) {
    let bottom = TOP + PLOT;
    for fifth in 0..=4 {
        let number = chart.most * f64::from(fifth) / 4.0;
        let at = y(number, chart.most);
        canvas.line((LEFT, at), (RIGHT, at), Stroke::thin(PALE));
        let label = match chart.is_share {
            true => format!("{:.0} %", number * 100.0),
            false => number.to_string(),
        };
        canvas.text((LEFT - 8, at), &label, Pen::new(12, Align::Right));
    }
    for (at, label) in axis.ticks() {
        let x = axis.at(at, LEFT, RIGHT);
        canvas.line((x, bottom), (x, bottom + 5), Stroke::thin(BLACK));
        canvas.text((x, bottom + 16), &label, Pen::new(12, Align::Center));
    }
    canvas.line((LEFT, bottom), (RIGHT, bottom), Stroke::thin(BLACK));
    let title = format!("time since the start ({})", axis.unit());
    canvas.text(((LEFT + RIGHT) / 2, bottom + 38), &title, Pen::new(13, Align::Center));
}

/// Draws a line, and returns where it ends.
fn draw_line(canvas: &mut Canvas<'_>, chart: &Curves<'_>, axis: &TimeAxis, nth: i32) -> (i32, i32) {
    let line = &chart.series[usize::try_from(nth).expect("counted from 0")];
    let stroke = stroke(nth);
    let mut last = (LEFT, y(0.0, chart.most));
    for &(time, number) in &line.points {
        let (x, at) = (axis.at(time, LEFT, RIGHT), y(number, chart.most));
        canvas.line(last, (x, last.1), stroke);
        canvas.line((x, last.1), (x, at), stroke);
        last = (x, at);
    }
    last
}

/// Writes the number of a line beside the chart, with a thin line to it from where the line ends.
fn draw_label(canvas: &mut Canvas<'_>, nth: usize, end: (i32, i32), column: i32, height: i32) {
    let x = RIGHT + 34 + 26 * column;
    canvas.line((end.0 + 3, end.1), (x - 10, height), Stroke::thin(PALE));
    canvas.text((x, height), &nth.to_string(), Pen::new(12, Align::Center).bold());
}

/// Returns the column and the height of a label for each height, so that no two lie upon each other:
/// in each column downwards from the highest, and up again from the bottom where they do not fit.
fn apart(heights: &[i32]) -> Vec<(i32, i32)> {
    let mut order: Vec<usize> = (0..heights.len()).collect();
    order.sort_by_key(|&at| (heights[at], at));
    let mut labels = vec![(0, 0); heights.len()];
    let room = usize::try_from(PLOT / LABEL + 1).expect("positive");
    let columns = heights.len().div_ceil(room).max(1);
    for column in 0..columns {
        let own: Vec<usize> = order.iter().copied().skip(column).step_by(columns).collect();
        let mut places: Vec<i32> = own.iter().map(|&at| heights[at]).collect();
        for at in 1..places.len() {
            places[at] = places[at].max(places[at - 1] + LABEL);
        }
        let mut floor = TOP + PLOT;
        for place in places.iter_mut().rev() {
            *place = (*place).min(floor);
            floor = *place - LABEL;
        }
        let number = i32::try_from(column).expect("a few columns");
        own.iter().zip(places).for_each(|(&at, place)| labels[at] = (number, place));
    }
    labels
}

fn draw_legend(canvas: &mut Canvas<'_>, name: &str, nth: i32, at: i32) {
    canvas.line((LEFT, at), (LEFT + 34, at), stroke(nth));
    let text = format!("{}  {name}", nth + 1);
    canvas.text((LEFT + 44, at), &text, Pen::new(12, Align::Left));
}

/// Later lines are lighter and thinner, so that both stay visible where they lie upon each other.
fn stroke(nth: i32) -> Stroke {
    let color = SHADES[usize::try_from(nth).expect("counted from 0") % 4];
    Stroke { color, width: u32::try_from((5 - nth).clamp(2, 5)).expect("positive") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_lines_that_end_together_do_not_lie_upon_each_other() {
        assert_eq!(apart(&[100]), [(0, 100)]);
        // Nine lines that end at the bottom, and one above.
        let mut heights = vec![TOP + PLOT; 9];
        heights.push(TOP);
        for many in [heights, vec![200; 17], vec![TOP; 40], Vec::new()] {
            let labels = apart(&many);
            assert_eq!(labels.len(), many.len());
            for (at, one) in labels.iter().enumerate() {
                assert!((TOP..=TOP + PLOT).contains(&one.1), "{labels:?}");
                let others = labels[at + 1..].iter().filter(|other| other.0 == one.0);
                assert!(others.into_iter().all(|other| (other.1 - one.1).abs() >= LABEL));
            }
        }
    }

    #[test]
    fn lines_have_their_names_and_the_axis_its_unit() {
        let series = vec![
            Series { name: "koji-owned/planned", points: vec![(3_600_000, 0.5), (7_200_000, 1.0)] },
            Series { name: "orchestrator-owned/planned", points: vec![(7_200_000, 0.0)] },
        ];
        let (title, unit) = ("Runs that are done", "share of runs");
        let chart = Curves { title, unit, series, most: 1.0, is_share: true };
        let drawn = curves(&chart);
        for part in
            ["1  koji-owned/planned", "2  orchestrator-owned/planned", "share of runs", "100 %"]
        {
            assert!(drawn.contains(part), "{part}");
        }
        assert_eq!((y(0.0, 1.0), y(1.0, 1.0), y(0.5, 1.0)), (TOP + PLOT, TOP, TOP + PLOT / 2));
        let most = [0.0, 2.1, 4.4, 21.0, 41.0].map(|most| round_most(most).to_string());
        assert_eq!(most, ["2", "4", "8", "40", "80"]);
        let empty = Curves { series: Vec::new(), ..chart };
        assert!(curves(&empty).contains("nothing to show"));
    }
}
