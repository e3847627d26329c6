//! Cells and lines that tables and pages share: shares, times and names as people read them.

use comfy_table::{CellAlignment, Row, Table, presets};

use super::assumed::{self, Assumed, wrapped};
use super::durations::Durations;
use super::figures::Distribution;
use super::layout::Layout;
use crate::time::Millis;

/// Keeps the name of a variant short: `koji/planned`, `orch/planned`.
pub(super) fn short(variant: &str) -> String {
    variant.replacen("koji-owned", "koji", 1).replacen("orchestrator-owned", "orch", 1)
}

/// Begins a table without lines.
pub(super) fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(header);
    table
}

/// Aligns columns of numbers to the right, and takes away the blanks at the ends of lines.
pub(super) fn finished(mut table: Table, numbers: &[usize]) -> String {
    for &at in numbers {
        if let Some(column) = table.column_mut(at) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// Does the same within lines of `width` columns: a table that is wider is parted, each part with the
/// first `keys` columns.
pub(super) fn fitted(table: &Table, numbers: &[usize], width: usize, keys: usize) -> String {
    let text = finished(table.clone(), numbers);
    if text.lines().all(|line| line.chars().count() <= width) {
        return text;
    }
    let cells = |row: &Row| row.cell_iter().map(|cell| cell.content()).collect::<Vec<String>>();
    let header = table.header().map(cells).unwrap_or_default();
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let mut layout = Layout::new(&header, numbers);
    table.row_iter().for_each(|row| layout.add(cells(row)));
    layout.render_in_parts(width, keys)
}

/// Writes a share in per cent; one near an end does not round to it.
pub(super) fn percent(share: f64) -> String {
    match share * 100.0 {
        percent if percent > 0.0 && percent < 1.0 => "< 1 %".to_owned(),
        percent if percent > 99.0 && percent < 100.0 => "> 99 %".to_owned(),
        percent => format!("{percent:.0} %"),
    }
}

/// Writes a time as people do.
pub(super) fn time(seconds: Option<f64>) -> String {
    let span = seconds.and_then(Millis::from_secs_f64);
    span.map_or("-".to_owned(), |span| span.to_string())
}

/// Writes times as [`time`] does, and with as many more digits as it takes for those that differ to look
/// different.
pub(super) fn times_apart(seconds: &[Option<f64>]) -> Vec<String> {
    let spans = seconds.iter().map(|one| one.and_then(Millis::from_secs_f64));
    spans_apart(&spans.collect::<Vec<_>>())
}

/// The same of spans in whole milliseconds.
pub(super) fn spans_apart(spans: &[Option<Millis>]) -> Vec<String> {
    let is_apart = |span: &Millis, digits: usize| {
        let others = spans.iter().flatten().filter(|other| *other != span);
        let text = with_digits(*span, digits);
        others.into_iter().all(|other| with_digits(*other, digits) != text)
    };
    let written = |span: Millis| {
        let digits = (0..DIGITS_MOST).find(|digits| is_apart(&span, *digits));
        with_digits(span, digits.unwrap_or(DIGITS_MOST))
    };
    spans.iter().map(|span| span.map_or("-".to_owned(), written)).collect()
}

/// How often a time can be written more finely, down to the millisecond.
const DIGITS_MOST: usize = 3;

/// Writes a time with up to `more` units than people do, at most down to milliseconds.
fn with_digits(span: Millis, more: usize) -> String {
    if more == 0 {
        return span.to_string();
    }
    let (seconds, millis) = (span.0 / 1000, span.0 % 1000);
    let (days, hours) = (seconds / 86_400, seconds / 3600 % 24);
    let (minutes, rest) = (seconds / 60 % 60, seconds % 60);
    let second = if more == DIGITS_MOST || seconds < 3600 {
        format!("{rest:02}.{millis:03}s")
    } else {
        format!("{rest:02}s")
    };
    match (seconds, more) {
        (0..60, _) => format!("{rest}.{millis:03}s"),
        (60..3600, _) => format!("{minutes}m {second}"),
        (3600..86_400, _) => format!("{hours}h {minutes:02}m {second}"),
        (_, 1) => format!("{days}d {hours:02}h {minutes:02}m"),
        (_, _) => format!("{days}d {hours:02}h {minutes:02}m {second}"),
    }
}

/// Writes a quantile over all runs, which may be out of reach.
pub(super) fn reached(seconds: Option<f64>) -> String {
    if seconds.is_some() { time(seconds) } else { "never".to_owned() }
}

/// Writes a difference of times with its sign.
pub(super) fn signed(seconds: Option<f64>) -> String {
    match seconds {
        Some(seconds) if seconds < 0.0 => format!("-{}", time(Some(-seconds))),
        Some(seconds) if seconds > 0.0 => format!("+{}", time(Some(seconds))),
        other => time(other),
    }
}

/// Writes from where to where eight in ten lie.
pub(super) fn range(spread: &Distribution) -> String {
    match spread.p10 {
        Some(_) => format!("{} to {}", time(spread.p10), time(spread.p90)),
        None => "-".to_owned(),
    }
}

/// Writes a count with its noun.
pub(super) fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// Writes a mean number.
pub(super) fn number(value: Option<f64>) -> String {
    match value {
        Some(value) if value > 0.0 && value < 9.95 && value.fract() > 1e-9 => format!("{value:.1}"),
        Some(value) => format!("{value:.0}"),
        None => "-".to_owned(),
    }
}

/// Says that a sweep was interrupted.
pub(super) fn partial(made: usize, asked: u64) -> String {
    format!("PARTIAL: interrupted after {made} of {asked} replications")
}

/// With fewer replications the 90 % point is one of the slowest three.
const REPLICATIONS_FEW: usize = 30;

/// Says that late quantiles rest on few runs.
pub(super) fn few(replications: usize, has_no_spread: bool) -> Option<String> {
    (replications < REPLICATIONS_FEW && !has_no_spread).then(|| {
        format!(
            "of {} P90 and P99 rest on the slowest few; more --replications make them reliable",
            counted(replications, "replication")
        )
    })
}

/// Says that figures have no spread, and what gives them one. Without draws one run was made.
pub(super) fn no_spread(replications: usize, is_drawn: bool) -> String {
    let more = "recorded durations (--trace, --durations resample) and a --scenario with luck give a \
                spread";
    match (replications, is_drawn) {
        (_, false) => format!(
            "no spread: nothing here is drawn, so every run would be equal and one was made; {more}"
        ),
        (0 | 1, true) => {
            "no spread: one run gives no share and no quantile; give --replications".to_owned()
        }
        (count, true) => format!(
            "no spread: all {count} runs are equal, so shares and quantiles are those of one run; \
             {more}"
        ),
    }
}

/// Writes what every figure of a sweep rests on, in lines of `width` columns: where durations came from,
/// how far the runs can be distinguished, and each assumed value.
pub(super) fn rests_on(
    durations: &Durations,
    runs: Runs,
    assumed: &[Assumed],
    width: usize,
) -> String {
    let lines = durations.to_lines();
    let mut text: String = lines.lines().map(|line| wrapped(line, width, "    ")).collect();
    if runs.have_no_spread {
        text.push_str(&wrapped(&no_spread(runs.made, runs.are_drawn), width, "           "));
    }
    if let Some(line) = few(runs.made, runs.have_no_spread) {
        text.push_str(&wrapped(&format!("few: {line}"), width, "     "));
    }
    text + &assumed::lines(assumed, width)
}

/// The runs of a sweep.
#[derive(Clone, Copy)]
pub(super) struct Runs {
    /// Replications of each variant or point.
    pub(super) made: usize,
    /// Whether anything in them is drawn.
    pub(super) are_drawn: bool,
    /// Whether all of them are equal.
    pub(super) have_no_spread: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_replications_are_said_to_be_few() {
        assert!(few(29, false).unwrap().contains("of 29 replications P90 and P99 rest on"));
        assert_eq!((few(30, false), few(1, true)), (None, None));
    }

    #[test]
    fn times_that_differ_look_different_and_others_stay_short() {
        let apart = |seconds: &[f64]| {
            times_apart(&seconds.iter().map(|one| Some(*one)).collect::<Vec<_>>())
        };
        // 2 d 5 h, 4 min later and 30 s after that; the first day is like none of them.
        let days = [86_400.0, 190_800.0, 191_040.0, 191_070.0];
        let told = ["1d 00h", "2d 05h 00m", "2d 05h 04m 00s", "2d 05h 04m 30s"];
        assert_eq!(apart(&days), told);
        assert_eq!(apart(&[7200.0, 7205.0]), ["2h 00m 00s", "2h 00m 05s"]);
        assert_eq!(apart(&[7200.0, 7200.004]), ["2h 00m 00.000s", "2h 00m 00.004s"]);
        assert_eq!(
            apart(&[61.0, 61.2, 5.01, 5.04]),
            ["1m 01.000s", "1m 01.200s", "5.010s", "5.040s"]
        );
        // What is the same looks the same.
        assert_eq!(apart(&[7200.0, 7200.0]), ["2h 00m", "2h 00m"]);
        assert_eq!(times_apart(&[None, Some(90.0)]), ["-", "1m 30s"]);
    }

    #[test]
    fn a_table_that_is_too_wide_is_parted_and_each_part_has_its_keys() {
        let mut wide = table(&["", "NAME", "ONE", "TWO"]);
        wide.add_row([">", "a", "1", "22"]);
        assert_eq!(fitted(&wide, &[2, 3], 80, 2), "    NAME  ONE  TWO\n >  a       1   22\n");
        assert_eq!(
            fitted(&wide, &[2, 3], 16, 2),
            "   NAME  ONE\n>  a       1\n\n   NAME  TWO\n>  a      22\n"
        );
    }

    #[test]
    fn shares_near_the_ends_do_not_round_to_them() {
        assert_eq!(percent(1.0), "100 %");
        assert_eq!(percent(0.999), "> 99 %");
        assert_eq!(percent(0.004), "< 1 %");
        assert_eq!(percent(0.0), "0 %");
    }
}
