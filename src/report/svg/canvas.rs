//! What every picture draws with: boxes, lines and texts in whole pixels.

use plotters::backend::SVGBackend;
use plotters::prelude::{Color, DrawingBackend, RGBColor, TextStyle};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontStyle, IntoFont, ShapeStyle};

pub(super) const BLACK: RGBColor = RGBColor(0, 0, 0);
pub(super) const WHITE: RGBColor = RGBColor(255, 255, 255);
pub(super) const GREY: RGBColor = RGBColor(110, 110, 110);
pub(super) const PALE: RGBColor = RGBColor(225, 225, 225);
pub(super) const ALARM: RGBColor = RGBColor(190, 0, 30);

/// From dark to light, so that they differ in grey; blue and orange, so that they do for
/// those who see few colours.
pub(super) const SHADES: [RGBColor; 6] = [
    RGBColor(22, 50, 79),
    RGBColor(143, 64, 12),
    RGBColor(98, 142, 198),
    RGBColor(233, 160, 88),
    RGBColor(176, 205, 235),
    RGBColor(250, 224, 190),
];

const EXPECTED: &str = "a string takes every shape";

/// How a text stands at its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Center,
    Right,
}

/// A text of one size; texts are centred upon their line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pen {
    pub(super) size: i32,
    pub(super) is_bold: bool,
    pub(super) align: Align,
    pub(super) color: RGBColor,
}

impl Pen {
    pub(super) fn new(size: i32, align: Align) -> Self {
        Self { size, is_bold: false, align, color: BLACK }
    }

    pub(super) fn bold(self) -> Self {
        Self { is_bold: true, ..self }
    }

    pub(super) fn color(self, color: RGBColor) -> Self {
        Self { color, ..self }
    }

    /// Returns how wide a text may be at most, in pixels.
    pub(super) fn width(self, text: &str) -> i32 {
        let letters = i32::try_from(text.chars().count()).unwrap_or(i32::MAX / 1000);
        let tenths = if self.is_bold { 7 } else { 6 };
        letters * self.size * tenths / 10
    }
}

/// The colour and the width of a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stroke {
    pub(super) color: RGBColor,
    pub(super) width: u32,
}

impl Stroke {
    /// Returns a stroke of one pixel.
    pub(super) fn thin(color: RGBColor) -> Self {
        Self { color, width: 1 }
    }
}

/// A rectangle: left, top, right, bottom.
#[derive(Clone, Copy, Debug)]
pub(super) struct Area(pub(super) i32, pub(super) i32, pub(super) i32, pub(super) i32);

/// A picture being drawn.
pub(super) struct Canvas<'t>(SVGBackend<'t>);

/// Draws a picture of a size on white.
pub(super) fn picture(width: i32, height: i32, draw: impl FnOnce(&mut Canvas<'_>)) -> String {
    let mut text = String::new();
    let size = (width.unsigned_abs(), height.unsigned_abs());
    {
        let mut canvas = Canvas(SVGBackend::with_string(&mut text, size));
        canvas.fill(Area(0, 0, width, height), WHITE);
        draw(&mut canvas);
        canvas.0.present().expect(EXPECTED);
    }
    text
}

impl Canvas<'_> {
    /// Fills a box.
    pub(super) fn fill(&mut self, Area(left, top, right, bottom): Area, color: RGBColor) {
        let style = color.filled();
        self.0.draw_rect((left, top), (right, bottom), &style, true).expect(EXPECTED);
    }

    /// Frames a box.
    pub(super) fn frame(&mut self, Area(left, top, right, bottom): Area, color: RGBColor) {
        let style = ShapeStyle::from(&color);
        self.0.draw_rect((left, top), (right, bottom), &style, false).expect(EXPECTED);
    }

    /// Draws a line between two points.
    pub(super) fn line(&mut self, from: (i32, i32), to: (i32, i32), stroke: Stroke) {
        let style = ShapeStyle::from(&stroke.color).stroke_width(stroke.width);
        self.0.draw_line(from, to, &style).expect(EXPECTED);
    }

    /// Crosses a box out.
    pub(super) fn cross(&mut self, Area(left, top, right, bottom): Area, color: RGBColor) {
        self.line((left, top), (right, bottom), Stroke::thin(color));
        self.line((left, bottom), (right, top), Stroke::thin(color));
    }

    /// Writes a text beside, upon or before a point.
    pub(super) fn text(&mut self, at: (i32, i32), text: &str, pen: Pen) {
        // The backend draws fonts smaller than asked for by this factor.
        let size = f64::from(pen.size) * 1.24;
        let style = if pen.is_bold { FontStyle::Bold } else { FontStyle::Normal };
        let horizontal = match pen.align {
            Align::Left => HPos::Left,
            Align::Center => HPos::Center,
            Align::Right => HPos::Right,
        };
        let style = TextStyle::from(("sans-serif", size, style).into_font())
            .color(&pen.color)
            .pos(Pos::new(horizontal, VPos::Center));
        self.0.draw_text(text, &style, at).expect(EXPECTED);
    }
}
