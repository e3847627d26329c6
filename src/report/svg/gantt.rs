//! One run as a Gantt chart: a lane for every builder, a bar for every task, a strip for every wave.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use plotters::style::RGBColor;

use super::axis::TimeAxis;
use super::canvas::{
    ALARM, Align, Area, BLACK, Canvas, GREY, PALE, Pen, SHADES, Stroke, WHITE, picture,
};
use super::lanes::{Builder, builder, packed};
use crate::sim::{Bar, BarEnd};

const WIDTH: i32 = 1280;
const RIGHT: i32 = WIDTH - 30;
const STRIP: i32 = 14;
const LEGEND_LINE: i32 = 18;
const LEGEND_COLUMNS: usize = 4;
/// More modules than this would make a legend longer than the chart; then shades alone show waves.
const LEGEND_MODULES_MAX: usize = 400;
/// Tasks that serve no module alone: repos of tags.
const REPO: RGBColor = GREY;
/// More waves than this share the last strip.
const STRIPS_MAX: u32 = 12;

/// What a chart shows.
#[derive(Clone, Copy, Debug)]
pub struct Gantt<'a> {
    /// What was run, such as `koji-owned/literal, replication 1`.
    pub title: &'a str,
    /// The tasks, in any order.
    pub bars: &'a [Bar],
    /// The modules that may appear, with their waves.
    pub modules: &'a [GanttModule],
}

/// A module of the plan.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct GanttModule {
    /// Its id, as bars name it.
    pub id: Arc<str>,
    /// Its wave in the plan, from 1.
    pub wave: u32,
}

/// Draws a chart. Bars are shaded by wave and numbered by module; the legend says which is which.
#[must_use]
pub fn gantt(gantt: &Gantt<'_>) -> String {
    let layout = Layout::of(gantt);
    picture(WIDTH, layout.height(), |canvas| {
        let title = Pen::new(18, Align::Left).bold();
        canvas.text((24, 26), gantt.title, title);
        canvas.text((24, 48), &hint(gantt, &layout), Pen::new(12, Align::Left).color(GREY));
        draw_marks(canvas, gantt.bars);
        if gantt.bars.is_empty() {
            canvas.text((WIDTH / 2, 80), "nothing was built", Pen::new(14, Align::Center));
            return;
        }
        draw_axis(canvas, &layout);
        draw_waves(canvas, gantt, &layout);
        draw_lanes(canvas, &layout);
        for (at, bar) in layout.worth_drawing(gantt.bars) {
            draw_bar(canvas, bar, layout.rows[at], &layout);
        }
        draw_legend(canvas, &layout);
    })
}

/// Where everything stands.
struct Layout {
    axis: TimeAxis,
    /// Where each lane of a builder begins; tasks that share a builder have lanes beside each other.
    lanes: BTreeMap<Builder, i32>,
    /// Which lane of its builder each bar is in, in the order of the bars.
    rows: Vec<i32>,
    /// How many lanes there are in all.
    all_lanes: i32,
    lane: i32,
    left: i32,
    /// Number in the legend and wave of every module that was built, by wave and id.
    modules: BTreeMap<Arc<str>, (usize, u32)>,
    waves: u32,
}

impl Layout {
    fn of(gantt: &Gantt<'_>) -> Self {
        let end = gantt.bars.iter().map(|bar| bar.end.0).max().unwrap_or(0);
        let (rows, depths) = packed(gantt.bars);
        let all_lanes = depths.values().sum();
        let lane = match all_lanes {
            0..=40 => 18,
            41..=120 => 10,
            _ => 4,
        };
        let mut lanes = BTreeMap::new();
        let mut top = 0;
        for (builder, depth) in depths {
            lanes.insert(builder, top);
            top += depth * lane;
        }
        let names = gantt.bars.iter().map(|bar| Pen::new(11, Align::Right).width(&bar.lane));
        let built: BTreeSet<&Arc<str>> = gantt.bars.iter().map(|bar| &bar.module).collect();
        let mut modules: Vec<_> = gantt
            .modules
            .iter()
            .filter(|module| built.contains(&module.id))
            .map(|module| (module.wave, Arc::clone(&module.id)))
            .collect();
        modules.sort();
        let waves = modules.iter().map(|(wave, _)| (*wave).min(STRIPS_MAX)).max().unwrap_or(0);
        Self {
            axis: TimeAxis::covering(0, end),
            lanes,
            rows,
            all_lanes,
            lane,
            left: 24 + names.max().unwrap_or(0).max(60) + 10,
            modules: (1..).zip(modules).map(|(n, (wave, id))| (id, (n, wave))).collect(),
            waves,
        }
    }

    fn strips_top(&self) -> i32 {
        72
    }

    fn lanes_top(&self) -> i32 {
        self.strips_top() + i32::try_from(self.waves).expect("STRIPS_MAX at most") * STRIP + 12
    }

    fn lanes_bottom(&self) -> i32 {
        self.lanes_top() + self.all_lanes * self.lane
    }

    fn legend_top(&self) -> i32 {
        self.lanes_bottom() + 76
    }

    /// Returns whether the legend names every module.
    fn has_legend(&self) -> bool {
        self.modules.len() <= LEGEND_MODULES_MAX
    }

    fn height(&self) -> i32 {
        let listed = if self.has_legend() { self.modules.len() } else { 1 };
        let lines = i32::try_from(listed.div_ceil(LEGEND_COLUMNS)).expect("a few lines");
        self.legend_top() + lines * LEGEND_LINE + 10
    }

    /// Leaves out bars that fall whole into a pixel which is painted already: a storm has tens of
    /// thousands of them, and nobody would see one. What failed or was canceled always shows.
    fn worth_drawing<'g>(&self, bars: &'g [Bar]) -> impl Iterator<Item = (usize, &'g Bar)> {
        let mut painted: BTreeSet<(&'g str, i32, i32)> = BTreeSet::new();
        bars.iter().enumerate().filter(move |(at, bar)| {
            let (left, right) = (self.x(bar.start.0), self.x(bar.end.0));
            let is_thin = right <= left + 1 && bar.outcome == BarEnd::Closed;
            let is_news = painted.insert((&bar.lane, self.rows[*at], left));
            is_news || !is_thin
        })
    }

    fn x(&self, moment: u64) -> i32 {
        self.axis.at(moment, self.left, RIGHT)
    }
}

fn shade(wave: u32) -> RGBColor {
    SHADES[wave.saturating_sub(1) as usize % SHADES.len()]
}

/// Returns black or white, whichever reads better upon a shade.
fn ink(RGBColor(red, green, blue): RGBColor) -> RGBColor {
    let light = 299 * u32::from(red) + 587 * u32::from(green) + 114 * u32::from(blue);
    if light > 128_000 { BLACK } else { WHITE }
}

/// Says how to read what the chart shows, and nothing that it does not show.
fn hint(gantt: &Gantt<'_>, layout: &Layout) -> String {
    let mut hint = "shade: wave; number: module".to_owned();
    if gantt.bars.iter().any(|bar| bar.build > 1) {
        hint.push_str(", with ², ³… from its second build on");
    }
    if gantt.bars.iter().any(|bar| !layout.modules.contains_key(&bar.module)) {
        hint.push_str("; grey: repos");
    }
    hint
}

/// Explains how failed and canceled tasks are marked, if there are any.
fn draw_marks(canvas: &mut Canvas<'_>, bars: &[Bar]) {
    let pen = Pen::new(12, Align::Left);
    if bars.iter().any(|bar| bar.outcome == BarEnd::Failed) {
        let failed = Area(RIGHT - 180, 40, RIGHT - 156, 54);
        canvas.fill(failed, WHITE);
        canvas.frame(failed, ALARM);
        canvas.cross(failed, ALARM);
        canvas.text((RIGHT - 150, 47), "failed", pen);
    }
    if bars.iter().any(|bar| bar.outcome == BarEnd::Canceled) {
        let canceled = Area(RIGHT - 90, 40, RIGHT - 66, 54);
        canvas.fill(canceled, WHITE);
        canvas.frame(canceled, BLACK);
        canvas.line((canceled.0, canceled.3), (canceled.2, canceled.1), Stroke::thin(BLACK));
        canvas.text((RIGHT - 60, 47), "canceled", pen);
    }
}

fn draw_axis(canvas: &mut Canvas<'_>, layout: &Layout) {
    let (top, bottom) = (layout.lanes_top(), layout.lanes_bottom());
    for (at, label) in layout.axis.ticks() {
        let x = layout.x(at);
        canvas.line((x, top), (x, bottom), Stroke::thin(PALE));
        canvas.text((x, bottom + 14), &label, Pen::new(12, Align::Center));
    }
    canvas.line((layout.left, bottom), (RIGHT, bottom), Stroke::thin(BLACK));
    let title = format!("time since the start ({})", layout.axis.unit());
    canvas.text(((layout.left + RIGHT) / 2, bottom + 36), &title, Pen::new(13, Align::Center));
}

/// Draws from when to when each wave was built: where strips overlap, nobody waited for a wave.
fn draw_waves(canvas: &mut Canvas<'_>, gantt: &Gantt<'_>, layout: &Layout) {
    let mut spans: BTreeMap<u32, (u64, u64)> = BTreeMap::new();
    for bar in gantt.bars {
        let Some((_, wave)) = layout.modules.get(&bar.module) else { continue };
        let span = spans.entry((*wave).min(STRIPS_MAX)).or_insert((bar.start.0, bar.end.0));
        *span = (span.0.min(bar.start.0), span.1.max(bar.end.0));
    }
    for (wave, (start, end)) in spans {
        let row = i32::try_from(wave).expect("STRIPS_MAX at most") - 1;
        let top = layout.strips_top() + row * STRIP;
        let (left, right) = (layout.x(start), layout.x(end).max(layout.x(start) + 2));
        canvas.fill(Area(left, top + 3, right, top + STRIP - 3), shade(wave));
        canvas.frame(Area(left, top + 3, right, top + STRIP - 3), BLACK);
        let later = if wave == STRIPS_MAX { " on" } else { "" };
        let name = format!("wave {wave}{later}");
        canvas.text((layout.left - 10, top + STRIP / 2), &name, Pen::new(11, Align::Right));
    }
}

fn draw_lanes(canvas: &mut Canvas<'_>, layout: &Layout) {
    let mut last_group = "";
    for ((group, slot), offset) in &layout.lanes {
        let top = layout.lanes_top() + offset;
        let starts_group = group != last_group;
        let color = if starts_group { GREY } else { PALE };
        canvas.line((layout.left, top), (RIGHT, top), Stroke::thin(color));
        let name = match (layout.lane >= 14, starts_group) {
            (true, _) => format!("{group}/{slot}"),
            (false, true) => group.clone(),
            (false, false) => String::new(),
        };
        let middle = top + layout.lane.max(12) / 2;
        canvas.text((layout.left - 10, middle), &name, Pen::new(11, Align::Right));
        last_group = group;
    }
}

fn draw_bar(canvas: &mut Canvas<'_>, bar: &Bar, row: i32, layout: &Layout) {
    let known = layout.modules.get(&bar.module).copied();
    let top = layout.lanes_top() + layout.lanes[&builder(&bar.lane)] + row * layout.lane;
    let (left, right) = (layout.x(bar.start.0), layout.x(bar.end.0));
    let gap = i32::from(layout.lane > 6);
    let area = Area(left, top + gap, right.max(left + 1), top + layout.lane - gap);
    let shade = match bar.outcome {
        BarEnd::Closed => known.map_or(REPO, |(_, wave)| shade(wave)),
        BarEnd::Failed | BarEnd::Canceled => WHITE,
    };
    canvas.fill(area, shade);
    match bar.outcome {
        BarEnd::Closed if right - left > 2 && layout.lane > 6 => canvas.frame(area, WHITE),
        BarEnd::Closed => {}
        BarEnd::Failed => {
            canvas.frame(area, ALARM);
            canvas.cross(area, ALARM);
        }
        BarEnd::Canceled => {
            canvas.frame(area, BLACK);
            canvas.line((area.0, area.3), (area.2, area.1), Stroke::thin(BLACK));
        }
    }
    let Some((number, _)) = known else { return };
    let label = format!("{number}{}", superscript(bar.build));
    let pen = Pen::new(10, Align::Center).color(ink(shade));
    let (width, middle) = (pen.width(&label), i32::midpoint(left, right));
    // A mark must stay visible beside its number.
    let margin = if bar.outcome == BarEnd::Closed { 2 } else { 20 };
    if layout.lane >= 14 && width + margin < right - left {
        if bar.outcome != BarEnd::Closed {
            let half = width / 2 + 1;
            canvas.fill(Area(middle - half, area.1 + 3, middle + half, area.3 - 3), WHITE);
        }
        canvas.text((middle, top + layout.lane / 2), &label, pen);
    }
}

/// Returns which build of its module it is, from the second on.
fn superscript(build: u32) -> String {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let digit = |c: char| c.to_digit(10).map(|digit| DIGITS[digit as usize]);
    if build < 2 { String::new() } else { build.to_string().chars().filter_map(digit).collect() }
}

fn draw_legend(canvas: &mut Canvas<'_>, layout: &Layout) {
    let mut modules: Vec<_> = layout.modules.iter().map(|(id, place)| (*place, id)).collect();
    modules.sort();
    if !layout.has_legend() {
        let text = format!("{} modules, shaded by wave", modules.len());
        canvas.text((24, layout.legend_top()), &text, Pen::new(11, Align::Left));
        return;
    }
    let lines = modules.len().div_ceil(LEGEND_COLUMNS).max(1);
    let place = |n: usize| {
        let column = i32::try_from(n / lines).expect("a few columns");
        let line = i32::try_from(n % lines).expect("a few lines");
        let width = (RIGHT - 24) / i32::try_from(LEGEND_COLUMNS).expect("a few columns");
        (24 + column * width, layout.legend_top() + line * LEGEND_LINE)
    };
    for (n, ((number, wave), id)) in modules.into_iter().enumerate() {
        let (x, y) = place(n);
        let area = Area(x, y - 7, x + 26, y + 7);
        canvas.fill(area, shade(wave));
        let pen = Pen::new(10, Align::Center).color(ink(shade(wave)));
        canvas.text((x + 13, y), &number.to_string(), pen);
        canvas.text((x + 32, y), &shortened(id), Pen::new(11, Align::Left));
    }
}

/// Keeps a legend entry within its column.
fn shortened(id: &str) -> String {
    const LETTERS_MAX: usize = 38;
    if id.chars().count() <= LETTERS_MAX {
        return id.to_owned();
    }
    id.chars().take(LETTERS_MAX - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn lanes_waves_and_ends_are_drawn() {
        let (bars, modules) = (sample::bars(), sample::modules());
        let chart =
            Gantt { title: "koji-owned/literal, replication 1", bars: &bars, modules: &modules };
        insta::assert_snapshot!(gantt(&chart));
    }

    #[test]
    fn of_many_bars_in_one_pixel_one_is_drawn_and_every_failure() {
        let bar = |start: u64, outcome: BarEnd| Bar {
            start: crate::time::Timestamp(start),
            end: crate::time::Timestamp(start + 1),
            outcome,
            ..sample::bars().remove(0)
        };
        let mut bars: Vec<Bar> = (0..1000).map(|at| bar(at, BarEnd::Closed)).collect();
        bars.push(bar(500, BarEnd::Failed));
        bars.push(bar(1_000_000_000, BarEnd::Closed));
        let modules = sample::modules();
        let layout = Layout::of(&Gantt { title: "a storm", bars: &bars, modules: &modules });
        let drawn: Vec<u64> = layout.worth_drawing(&bars).map(|(_, bar)| bar.start.0).collect();
        assert_eq!(drawn, [0, 500, 1_000_000_000]);
    }

    #[test]
    fn the_legend_explains_what_is_drawn_and_no_more() {
        let one = [sample::bars().remove(0)];
        let modules = sample::modules();
        let drawn = |bars| gantt(&Gantt { title: "planned", bars, modules: &modules });
        let every = sample::bars();
        let (plain, all) = (drawn(&one), drawn(&every));
        for word in ["failed", "canceled", "second build"] {
            assert!(!plain.contains(word), "{word}");
            assert!(all.contains(word), "{word}");
        }
        assert!(!plain.contains("repos") && !all.contains("repos"));
        let repo = [Bar { module: "repos".into(), ..one[0].clone() }];
        assert!(drawn(&repo).contains("grey: repos"));
    }

    #[test]
    fn a_run_without_builds_says_so() {
        let chart = Gantt { title: "nothing", bars: &[], modules: &[] };
        assert!(gantt(&chart).contains("nothing was built"));
    }

    #[test]
    fn later_builds_of_a_module_are_numbered_above_the_line() {
        assert_eq!(superscript(1), "");
        assert_eq!(superscript(12), "¹²");
    }
}
