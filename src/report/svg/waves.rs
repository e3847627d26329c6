//! The waves of a plan: a column each, a box for each module, arrows to what waits for it.

use super::canvas::{
    ALARM, Align, Area, BLACK, Canvas, GREY, PALE, Pen, SHADES, Stroke, WHITE, picture,
};

const LEFT: i32 = 24;
const TOP: i32 = 92;
const ROW: i32 = 44;
const BOX: i32 = 34;
const GAP: i32 = 70;
/// Edges within a column take so many lanes beside it in turn.
const LANES: i32 = 5;
/// How far from the middle of a side such an edge leaves and arrives.
const INSET: i32 = 8;
/// The length of the head of an arrow.
const HEAD: f64 = 8.0;
/// Longer names are cut off.
const LETTERS_MAX: usize = 44;

/// What a picture shows.
#[derive(Clone, Debug, Default)]
pub struct Waves<'a> {
    /// What is planned.
    pub title: &'a str,
    /// The modules, by wave.
    pub modules: Vec<WaveModule>,
    /// From what is built first to what waits for it, by position.
    pub edges: Vec<(usize, usize)>,
    /// The same of what is cut.
    pub cut: Vec<(usize, usize)>,
}

/// A module as it is drawn.
#[derive(Clone, Debug, Default)]
pub struct WaveModule {
    /// Its id.
    pub id: String,
    /// What stands below.
    pub note: String,
    /// Its wave, from 1.
    pub wave: u32,
    /// Whether the end of all hangs on it.
    pub is_critical: bool,
    /// Whether anything of it is built.
    pub is_built: bool,
}

/// Renders waves as SVG.
#[must_use]
pub fn waves(waves: &Waves<'_>) -> String {
    let layout = Layout::of(waves);
    let (width, height) = layout.size();
    picture(width, height, |canvas| {
        canvas.text((LEFT, 26), waves.title, Pen::new(16, Align::Left).bold());
        let mut legend = "arrows lead to what waits; dark: on the critical path".to_owned();
        if waves.modules.iter().any(|module| !module.is_built) {
            legend.push_str("; grey: nothing to build");
        }
        if !waves.cut.is_empty() {
            legend.push_str("; red: cut");
        }
        canvas.text((LEFT, 48), &legend, Pen::new(11, Align::Left).color(GREY));
        for (column, wave) in layout.columns.iter().enumerate() {
            let at = (layout.left(column), TOP - 16);
            let count = layout.places.iter().filter(|place| place.0 == column).count();
            let text = format!("wave {wave}: {count}");
            canvas.text(at, &text, Pen::new(13, Align::Left).bold());
        }
        let mut inside = 0;
        let mut draw = |canvas: &mut Canvas<'_>, from, to, stroke| {
            layout.edge(canvas, from, to, stroke, inside);
            inside += usize::from(layout.is_inside(from, to));
        };
        for &(from, to) in &waves.edges {
            draw(canvas, from, to, Stroke::thin(GREY));
        }
        for (at, module) in waves.modules.iter().enumerate() {
            layout.module(canvas, at, module);
        }
        // Over the boxes: there are few, and they must be seen.
        for &(from, to) in &waves.cut {
            draw(canvas, from, to, Stroke { color: ALARM, width: 2 });
        }
    })
}

struct Layout {
    /// The wave of each column.
    columns: Vec<u32>,
    /// Column and row of each module.
    places: Vec<(usize, i32)>,
    width: i32,
    title: i32,
}

impl Layout {
    fn of(waves: &Waves<'_>) -> Self {
        let mut columns: Vec<u32> = waves.modules.iter().map(|module| module.wave).collect();
        columns.sort_unstable();
        columns.dedup();
        let mut rows = vec![0; columns.len()];
        let place = |module: &WaveModule| {
            let column = columns.partition_point(|&wave| wave < module.wave);
            rows[column] += 1;
            (column, rows[column] - 1)
        };
        let places = waves.modules.iter().map(place).collect();
        let id =
            |module: &WaveModule| Pen::new(12, Align::Left).bold().width(&shortened(&module.id));
        let note = |module: &WaveModule| Pen::new(11, Align::Left).width(&module.note);
        let widest = waves.modules.iter().map(|module| id(module).max(note(module))).max();
        let title = Pen::new(16, Align::Left).bold().width(waves.title);
        Self { columns, places, width: widest.unwrap_or(120) + 16, title }
    }

    fn size(&self) -> (i32, i32) {
        let count = i32::try_from(self.columns.len()).unwrap_or(i32::MAX / 1000);
        let rows = self.places.iter().map(|place| place.1 + 1).max().unwrap_or(0);
        let columns = count * (self.width + GAP) - GAP;
        (2 * LEFT + columns.max(self.title).max(420), TOP + rows * ROW + 16)
    }

    fn left(&self, column: usize) -> i32 {
        LEFT + i32::try_from(column).unwrap_or(i32::MAX / 1000) * (self.width + GAP)
    }

    /// Returns the middle of the left and of the right side of a module's box.
    fn sides(&self, module: usize) -> [(i32, i32); 2] {
        let (column, row) = self.places[module];
        let (left, middle) = (self.left(column), TOP + row * ROW + BOX / 2);
        [(left, middle), (left + self.width, middle)]
    }

    /// Draws an arrow; the `number`-th of those within a column has a lane of its own beside it.
    fn edge(&self, canvas: &mut Canvas<'_>, from: usize, to: usize, stroke: Stroke, number: usize) {
        let ([_, start], [end, back]) = (self.sides(from), self.sides(to));
        if !self.is_inside(from, to) {
            canvas.line(start, end, stroke);
            return head(canvas, start, end, stroke);
        }
        // Members of a cycle share a column: out at the right and in again.
        let lane = i32::try_from(number).unwrap_or(0) % LANES;
        let aside = start.0 + GAP / 4 + lane * (GAP / 2 / LANES);
        let (start, back) = ((start.0, start.1 + INSET), (back.0, back.1 - INSET));
        canvas.line(start, (aside, start.1), stroke);
        canvas.line((aside, start.1), (aside, back.1), stroke);
        canvas.line((aside, back.1), back, stroke);
        head(canvas, (aside, back.1), back, stroke);
    }

    /// Returns whether both ends of an edge are in one column.
    fn is_inside(&self, from: usize, to: usize) -> bool {
        self.places[from].0 == self.places[to].0
    }

    fn module(&self, canvas: &mut Canvas<'_>, at: usize, module: &WaveModule) {
        let [(left, middle), (right, _)] = self.sides(at);
        let area = Area(left, middle - BOX / 2, right, middle + BOX / 2);
        let (fill, ink) = match (module.is_built, module.is_critical) {
            (false, _) => (PALE, BLACK),
            (true, true) => (SHADES[0], WHITE),
            (true, false) => (SHADES[4], BLACK),
        };
        canvas.fill(area, fill);
        canvas.frame(area, GREY);
        let pen = |size| Pen::new(size, Align::Left).color(ink);
        canvas.text((left + 8, middle - 8), &shortened(&module.id), pen(12).bold());
        canvas.text((left + 8, middle + 8), &module.note, pen(11));
    }
}

/// Draws the head of an arrow at the end of a line.
fn head(canvas: &mut Canvas<'_>, from: (i32, i32), to: (i32, i32), stroke: Stroke) {
    let (x, y) = (f64::from(to.0 - from.0), f64::from(to.1 - from.1));
    let length = (x * x + y * y).sqrt().max(1.0);
    let (x, y) = (x / length * HEAD, y / length * HEAD);
    for side in [-0.5, 0.5] {
        let back = (x - side * y, y + side * x);
        #[expect(clippy::cast_possible_truncation, reason = "no longer than the head")]
        let at = (to.0 - back.0.round() as i32, to.1 - back.1.round() as i32);
        canvas.line(at, to, stroke);
    }
}

fn shortened(id: &str) -> String {
    if id.chars().count() <= LETTERS_MAX {
        return id.to_owned();
    }
    let start: String = id.chars().take(LETTERS_MAX - 1).collect();
    format!("{start}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(id: &str, wave: u32) -> WaveModule {
        let note = "2 components, 10m".to_owned();
        WaveModule { id: id.to_owned(), note, wave, is_critical: wave == 1, is_built: true }
    }

    #[test]
    fn each_module_is_in_the_column_of_its_wave_and_every_edge_is_drawn() {
        let picture = waves(&Waves {
            title: "2 waves",
            modules: vec![module("a:1:x", 1), module("b:1:x", 2), module(&"c".repeat(90), 2)],
            edges: vec![(0, 1), (0, 2)],
            cut: vec![(2, 1)],
        });
        insta::assert_snapshot!(picture);
    }

    #[test]
    fn an_empty_plan_is_a_picture_too() {
        assert!(waves(&Waves::default()).starts_with("<svg"));
    }
}
