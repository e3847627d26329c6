//! How much an answer moves when one value is varied, the largest first.

use super::canvas::{ALARM, Align, Area, BLACK, GREY, PALE, Pen, SHADES, Stroke, picture};

const WIDTH: i32 = 980;
const LEFT: i32 = 330;
const RIGHT: i32 = WIDTH - 120;
const TOP: i32 = 76;
const ROW: i32 = 26;

/// One value with what halving and doubling it changes, in seconds.
#[derive(Clone, Debug)]
pub struct Swing<'a> {
    /// The value, as it is.
    pub name: &'a str,
    /// Seconds that halving it adds; negative where it saves. None where it was not tried.
    pub halved: Option<f64>,
    /// The same of doubling it.
    pub doubled: Option<f64>,
    /// Whether one of the two makes the answer another.
    pub changes_answer: bool,
}

/// Draws how much each value moves the answer.
#[must_use]
pub fn tornado(title: &str, swings: &[Swing<'_>]) -> String {
    let rows = i32::try_from(swings.len()).expect("some tens of values");
    let bottom = TOP + rows * ROW;
    let largest = swings
        .iter()
        .flat_map(|swing| [swing.halved, swing.doubled])
        .flatten()
        .fold(0.0_f64, |most, seconds| most.max(seconds.abs()));
    picture(WIDTH, bottom + 40, |canvas| {
        canvas.text((24, 26), title, Pen::new(18, Align::Left).bold());
        let hint = "minutes added (right) or saved (left); dark: halved, light: doubled or as tabled; ◆ bold: \
             the answer changes";
        canvas.text((24, 50), hint, Pen::new(12, Align::Left).color(GREY));
        let middle = i32::midpoint(LEFT, RIGHT);
        #[expect(clippy::cast_possible_truncation, reason = "a few hundred pixels")]
        let x = |seconds: f64| {
            let half = f64::from(RIGHT - middle);
            middle + (seconds / largest.max(f64::MIN_POSITIVE) * half).round() as i32
        };
        for (top, swing) in (TOP..).step_by(ROW.unsigned_abs() as usize).zip(swings) {
            canvas.line((LEFT, top + ROW), (RIGHT, top + ROW), Stroke::thin(PALE));
            let pen = Pen::new(12, Align::Right);
            match swing.changes_answer {
                true => canvas.text(
                    (LEFT - 10, top + ROW / 2),
                    &format!("◆ {}", swing.name),
                    pen.bold(),
                ),
                false => canvas.text((LEFT - 10, top + ROW / 2), swing.name, pen),
            }
            let bars = [(swing.halved, 3, SHADES[0]), (swing.doubled, ROW / 2 + 1, SHADES[3])];
            for (seconds, offset, shade) in bars {
                let Some(seconds) = seconds else { continue };
                let (low, high) = (x(seconds.min(0.0)), x(seconds.max(0.0)));
                canvas.fill(Area(low, top + offset, high.max(low + 1), top + offset + 9), shade);
            }
            let most = [swing.halved, swing.doubled].into_iter().flatten();
            let most =
                most.fold(0.0_f64, |most, one| if one.abs() > most.abs() { one } else { most });
            let label = format!("{:+.1}", most / 60.0);
            canvas.text((RIGHT + 70, top + ROW / 2), &label, Pen::new(12, Align::Right));
        }
        canvas.line((middle, TOP), (middle, bottom), Stroke::thin(BLACK));
        if swings.is_empty() {
            canvas.text(
                (WIDTH / 2, TOP + 4),
                "no value was assumed",
                Pen::new(12, Align::Center).color(ALARM),
            );
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_named_with_its_larger_swing() {
        let swing = Swing {
            name: "builders.x86.capacity 4",
            halved: Some(600.0),
            doubled: Some(-90.0),
            changes_answer: false,
        };
        let drawn = tornado("What assumed values decide", std::slice::from_ref(&swing));
        assert!(drawn.contains("builders.x86.capacity 4") && drawn.contains("+10.0"), "{drawn}");
        assert!(!drawn.contains("◆ builders"), "{drawn}");
        let drawn = tornado("What", &[Swing { changes_answer: true, ..swing }]);
        assert!(drawn.contains("◆ builders.x86.capacity 4"), "{drawn}");
    }
}
