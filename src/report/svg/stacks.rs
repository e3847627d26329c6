//! Parts of a whole, one bar a row: where time goes.

use plotters::style::RGBColor;

use super::axis::TimeAxis;
use super::canvas::{Align, Area, BLACK, Canvas, GREY, PALE, Pen, Stroke, WHITE, picture};
use crate::time::Millis;

const WIDTH: i32 = 980;
const LEFT: i32 = 240;
const RIGHT: i32 = WIDTH - 40;
const TOP: i32 = 70;
const ROW: i32 = 44;
const LEGEND: i32 = 20;
const COLUMNS: i32 = 3;

/// From dark to light and back, so that neighbours differ in grey too; the number of each part stands
/// in its bar.
const SHADES: [RGBColor; 8] = [
    RGBColor(176, 205, 235),
    RGBColor(22, 50, 79),
    RGBColor(233, 160, 88),
    RGBColor(98, 142, 198),
    RGBColor(250, 224, 190),
    RGBColor(143, 64, 12),
    RGBColor(205, 205, 205),
    RGBColor(120, 120, 120),
];

/// Bars that are made of parts.
#[derive(Clone, Debug)]
pub struct Stacks<'a> {
    /// What it shows.
    pub title: &'a str,
    /// How to read it.
    pub unit: &'a str,
    /// The names of the parts.
    pub parts: Vec<&'a str>,
    /// One bar a row.
    pub rows: Vec<Stack<'a>>,
}

/// One bar.
#[derive(Clone, Debug)]
pub struct Stack<'a> {
    /// Its name.
    pub name: &'a str,
    /// What has to be known beside it.
    pub note: String,
    /// How long each part is.
    pub parts: Vec<Millis>,
}

/// Draws bars made of parts on one time axis.
#[must_use]
pub fn stacks(chart: &Stacks<'_>) -> String {
    let count = |number: usize| i32::try_from(number).expect("a handful");
    let bottom = TOP + count(chart.rows.len()) * ROW;
    let lines = (count(chart.parts.len()) + COLUMNS - 1) / COLUMNS;
    picture(WIDTH, bottom + 66 + lines * LEGEND, |canvas| {
        canvas.text((24, 26), chart.title, Pen::new(18, Align::Left).bold());
        canvas.text((24, 50), chart.unit, Pen::new(12, Align::Left).color(GREY));
        let whole = |row: &Stack<'_>| row.parts.iter().copied().sum::<Millis>().0;
        let axis = TimeAxis::covering(0, chart.rows.iter().map(whole).max().unwrap_or(0));
        for (at, label) in axis.ticks() {
            let x = axis.at(at, LEFT, RIGHT);
            canvas.line((x, TOP), (x, bottom), Stroke::thin(PALE));
            canvas.text((x, bottom + 14), &label, Pen::new(12, Align::Center));
        }
        let title = format!("time ({})", axis.unit());
        canvas.text(((LEFT + RIGHT) / 2, bottom + 36), &title, Pen::new(13, Align::Center));
        for (nth, row) in (0..).zip(&chart.rows) {
            draw_row(canvas, &axis, row, TOP + nth * ROW);
        }
        for (nth, name) in (0..).zip(&chart.parts) {
            let at = (LEFT - 200 + nth % COLUMNS * 290, bottom + 62 + nth / COLUMNS * LEGEND);
            let area = Area(at.0, at.1 - 8, at.0 + 22, at.1 + 8);
            draw_part(canvas, area, nth);
            canvas.text((at.0 + 30, at.1), name, Pen::new(12, Align::Left));
        }
    })
}

fn draw_row(canvas: &mut Canvas<'_>, axis: &TimeAxis, row: &Stack<'_>, top: i32) {
    let Stack { name, note, parts } = row;
    canvas.text((LEFT - 10, top + ROW / 2 - 8), name, Pen::new(12, Align::Right));
    let pen = Pen::new(12, Align::Right).color(GREY);
    canvas.text((LEFT - 10, top + ROW / 2 + 9), note, pen);
    let mut sum = Millis::ZERO;
    for (nth, part) in (0..).zip(parts) {
        let from = axis.at(sum.0, LEFT, RIGHT);
        sum += *part;
        let to = axis.at(sum.0, LEFT, RIGHT);
        if to > from {
            draw_part(canvas, Area(from, top + 8, to, top + ROW - 8), nth);
        }
    }
}

fn draw_part(canvas: &mut Canvas<'_>, area: Area, nth: i32) {
    let at = usize::try_from(nth).expect("counted from 0") % SHADES.len();
    let shade = SHADES[at];
    canvas.fill(area, shade);
    canvas.frame(area, WHITE);
    let label = (nth + 1).to_string();
    let ink = if [1, 5].contains(&at) { WHITE } else { BLACK };
    let pen = Pen::new(11, Align::Center).color(ink);
    if area.2 - area.0 >= pen.width(&label) + 6 {
        canvas.text((i32::midpoint(area.0, area.2), i32::midpoint(area.1, area.3)), &label, pen);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_and_part_has_its_name() {
        let rows = vec![Stack {
            name: "koji-owned/planned",
            note: "12 % done".to_owned(),
            parts: vec![Millis(60_000), Millis(0), Millis(30_000)],
        }];
        let parts = vec!["waiting for a builder", "building", "tests"];
        let drawn = stacks(&Stacks { title: "Where the time goes", unit: "u", parts, rows });
        for part in
            ["koji-owned/planned", "12 % done", "waiting for a builder", "tests", "time (seconds)"]
        {
            assert!(drawn.contains(part), "{part}");
        }
    }
}
