//! What a comparison found, as tables for a terminal.

use std::sync::Arc;

use super::assumed::wrapped;
use super::cells::{
    Runs, counted, fitted, number, partial, percent, range, reached, rests_on, short, signed,
    table, time, times_apart,
};
use super::changes::ChangeSummary;
use super::compare::{Comparison, Summary, VariantSummary};
use super::completion::some_of;
use super::conclusion::{UNTRIED, confounded};
use super::figures::{Interval, Paired};
use super::probe::{Effect, Probe, ProbeKind};
use super::spark::curve;
use super::variant::Variant;

/// So many times of the grid are shown, a letter each.
const LETTERS: usize = 8;

/// Writes what may be concluded, the tables of variants, the paired differences, and what was
/// assumed, in lines of `width` columns.
#[must_use]
pub fn compare(comparison: &Comparison, width: usize) -> String {
    let summary = comparison.summary();
    let mut text = format!(
        "{} of each variant with the same luck, seed {}\n\n",
        counted(summary.replications, "replication"),
        summary.seed
    );
    if let Some(asked) = summary.interrupted_of {
        text.push_str(&wrapped(&partial(summary.replications, asked), width, "  "));
    }
    let verdict = verdict(&summary, width);
    if !verdict.is_empty() {
        text.push_str(&verdict);
        text.push('\n');
    }
    let until = if comparison.has_changes() { "all that came in" } else { "the rebuild" };
    let line = format!("Time until {until} is done; a run that is not done never finishes");
    text.push_str(&wrapped(&line, width, "  "));
    text.push('\n');
    text.push_str(&times(comparison, &summary, width));
    text.push_str("\nWhat it takes, on average over all runs\n\n");
    text.push_str(&costs(comparison, &summary, width));
    let differences = differences(comparison, &summary, width);
    if !differences.is_empty() {
        text.push_str("\nWhich of two ends earlier, replication by replication\n\n");
        text.push_str(&differences);
        text.push_str("\nThe difference is of runs in which both are done.\n");
    }
    text.push_str(&probes(comparison, width));
    let changes = changes(comparison, &summary, width);
    if !changes.is_empty() {
        text.push_str("\nChanges that came in, until all that followed from each had passed\n\n");
        text.push_str(&changes);
    }
    text.push('\n');
    let runs = Runs {
        made: summary.replications,
        are_drawn: summary.is_drawn,
        have_no_spread: summary.no_spread,
    };
    text + &rests_on(&comparison.durations, runs, &comparison.assumed, width)
}

/// Says what may be concluded, or why nothing may.
fn verdict(summary: &Summary, width: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    let point = |line: &str| wrapped(&format!("* {line}"), width, "  ");
    if !summary.confounders.is_empty() {
        lines.push(point(&confounded(&summary.confounders)));
    }
    for one in &summary.conclusions {
        lines.push(point(&one.sentence));
        let below = |line: String| wrapped(&format!("  - {line}"), width, "    ");
        lines.extend(one.hinge_lines().into_iter().map(below));
    }
    lines.extend(summary.no_conclusion().map(point));
    lines.extend(summary.settings_untried.then(|| point(UNTRIED)));
    if lines.is_empty() && summary.paired.is_empty() {
        return String::new();
    }
    lines.extend(summary.leaves_out.map(|what| point(&format!("But {what}."))));
    lines.concat()
}

fn times(comparison: &Comparison, summary: &Summary, width: usize) -> String {
    let is_capped = summary.approaches.values().any(|figures| figures.capped_share > 0.0);
    let mut header = vec!["", "VARIANT", "DONE", "FAILED", "STUCK"];
    if is_capped {
        header.push("CAPPED");
    }
    header.extend(["P50", "P90"]);
    // Both would make the table wider than a terminal.
    if !is_capped {
        header.push("DONE BY");
    }
    let mut table = table(&header);
    for (nth, variant) in (1..).zip(&comparison.variants) {
        let figures = &summary.approaches[&variant.name];
        let makespan = &figures.makespan_seconds;
        let mut row = vec![
            nth.to_string(),
            variant.name.clone(),
            percent(figures.done_share),
            percent(figures.failed_share),
            percent(figures.stuck_share),
        ];
        if is_capped {
            row.push(percent(figures.capped_share));
        }
        row.extend([reached(makespan.p50), reached(makespan.p90)]);
        if !is_capped {
            row.push(curve(some_of(&figures.done_within, LETTERS).iter().map(|at| at.share)));
        }
        table.add_row(row);
    }
    let numbers: Vec<usize> = (2..header.len() - usize::from(!is_capped)).collect();
    let mut text = fitted(&table, &numbers, (width, 2));
    let grid = summary.approaches.values().next().map(|figures| &figures.done_within);
    if let Some(grid) = grid.filter(|grid| !is_capped && !grid.is_empty()) {
        let by: Vec<Option<f64>> =
            some_of(grid, LETTERS).into_iter().map(|at| at.seconds).collect();
        let by = times_apart(&by).join(", ");
        let line = format!("DONE BY: the share of runs done by {by}; a letter each");
        text.push('\n');
        text.push_str(&wrapped(&line, width, ""));
    }
    text
}

fn costs(comparison: &Comparison, summary: &Summary, width: usize) -> String {
    let header =
        ["", "VARIANT", "BUILDS", "OF ONE", "COMPONENTS", "WASTED", "REPOS", "MAILS", "ESCAPED"];
    let mut table = table(&header);
    for (nth, variant) in (1..).zip(&comparison.variants) {
        let VariantSummary {
            module_builds,
            rebuilds_per_module_max,
            component_builds,
            builder_seconds_wasted,
            repo_regenerations,
            mails,
            defects_escaped,
            ..
        } = &summary.approaches[&variant.name];
        table.add_row([
            nth.to_string(),
            short(&variant.name),
            number(module_builds.mean),
            number(rebuilds_per_module_max.mean),
            number(component_builds.mean),
            time(builder_seconds_wasted.mean),
            number(repo_regenerations.mean),
            number(mails.mean),
            number(defects_escaped.mean),
        ]);
    }
    let legend = "\nBUILDS: builds of modules; OF ONE: of the module that is built most often; \
                  COMPONENTS: builds of components; WASTED: builder time of builds that failed or were \
                  superseded; REPOS: regenerations; ESCAPED: components with a defect in modules that \
                  are ready all the same";
    fitted(&table, &[2, 3, 4, 5, 6, 7, 8], (width, 2)) + &wrapped(legend, width, "")
}

/// Writes one row for every two variants, by their numbers in the tables above.
fn differences(comparison: &Comparison, summary: &Summary, width: usize) -> String {
    let header =
        ["PAIR", "FIRST", "SECOND", "TOGETHER", "DIFFERENCE", "95 % INTERVAL", "BOTH DONE"];
    let mut table = table(&header);
    let mut rows = 0;
    for (at, first) in comparison.variants.iter().enumerate() {
        for (other, second) in comparison.variants.iter().enumerate().skip(at + 1) {
            let name = format!("{} - {}", first.name, second.name);
            let Some(Paired { earlier_share, pairs, mean_difference, ci95, .. }) =
                summary.paired.get(&name)
            else {
                continue;
            };
            let share = |of: super::figures::Share| of.share.map_or("-".to_owned(), percent);
            let interval = match *ci95 {
                Interval(Some(low), Some(high)) if high > low => {
                    format!("{} to {}", signed(Some(low)), signed(Some(high)))
                }
                Interval(..) => "-".to_owned(),
            };
            rows += 1;
            table.add_row([
                format!("{} - {}", at + 1, other + 1),
                share(earlier_share.first),
                share(earlier_share.second),
                share(earlier_share.together),
                signed(*mean_difference),
                interval,
                pairs.to_string(),
            ]);
        }
    }
    if rows == 0 { String::new() } else { fitted(&table, &[1, 2, 3, 4, 5, 6], (width, 1)) }
}

/// Writes what one other setting at a time changes, for each reason to try some.
fn probes(comparison: &Comparison, width: usize) -> String {
    let mut text = String::new();
    for (kind, title) in [
        (ProbeKind::Ablation, "One setting changed at a time"),
        (ProbeKind::Trouble, "One trouble alone, in a world without any other"),
        (
            ProbeKind::Assumed,
            "Values that nobody gave, varied one at a time; the six that matter most",
        ),
    ] {
        let most = if kind == ProbeKind::Assumed { 6 } else { usize::MAX };
        let probes = comparison.told_probes().filter(|probe| probe.kind == kind).take(most);
        let probes: Vec<&Probe> = probes.collect();
        let Some(first) = probes.first() else { continue };
        text.push('\n');
        let count = usize::try_from(first.runs).unwrap_or(usize::MAX);
        let line = format!(
            "{title}; {}; P50 over all runs, the mean change over pairs of runs that are done both ways",
            counted(count, "replication")
        );
        text.push_str(&wrapped(&line, width, "  "));
        for probe in probes {
            let line = format!("  {}: {} -> {}", probe.setting, probe.from, probe.to);
            text.push_str(&wrapped(&line, width, "    "));
            for (name, effect) in &probe.effects {
                let (done, p50) = (effect.done_share.unwrap_or_default(), effect.makespan_p50);
                let line = format!(
                    "      {}: {} done, P50 {}, {}",
                    short(name),
                    percent(done),
                    reached(p50),
                    adds(effect)
                );
                text.push_str(&wrapped(&line, width, "        "));
            }
            text.push_str(&wrapped(
                &format!("      earlier: {}", earlier(probe)),
                width,
                "        ",
            ));
        }
    }
    text
}

/// Says what a setting adds on average over the pairs that are done with it and without.
pub(super) fn adds(effect: &Effect) -> String {
    let Effect { adds: Some(mean), adds_ci95, pairs, .. } = *effect else {
        return "no pair done both ways".to_owned();
    };
    let pairs = counted(pairs, "pair");
    let mean = signed(Some(mean));
    match adds_ci95 {
        Interval(Some(low), Some(high)) if high - low < 1e-9 => format!("mean {mean} over {pairs}"),
        Interval(Some(low), Some(high)) if effect.is_decided() => {
            format!("mean {mean} ({} to {}) over {pairs}", signed(Some(low)), signed(Some(high)))
        }
        Interval(..) => format!("mean {mean} over {pairs}, not decided"),
    }
}

/// Says who ends earlier with a setting, and who does without it where that is another.
pub(super) fn earlier(probe: &Probe) -> String {
    let named = |one: &Option<String>| one.as_deref().map_or("undecided".to_owned(), short);
    let now = named(&probe.earlier);
    if probe.changes_answer(None) {
        format!("{now}, where as things are it is {}", named(&probe.earlier_as_given))
    } else {
        now
    }
}

/// The columns of [`change_rows`].
pub(super) const CHANGES: [&str; 7] =
    ["VARIANT", "CLASS", "CHANGES", "SETTLED", "P50", "P10 TO P90", "IN TIME"];

/// Returns a row for each class of changes that came in under each variant.
pub(super) fn change_rows(comparison: &Comparison, summary: &Summary) -> Vec<[String; 7]> {
    let of = |variant: &Variant| {
        let classes = summary.approaches[&variant.name].changes.iter();
        let row = |(class, changes): (&Arc<str>, &ChangeSummary)| {
            [
                variant.name.clone(),
                class.to_string(),
                changes.changes.to_string(),
                percent(changes.settled_share),
                time(changes.response_seconds.p50),
                range(&changes.response_seconds),
                changes.in_time_share.map_or("-".to_owned(), percent),
            ]
        };
        classes.map(row).collect::<Vec<_>>()
    };
    comparison.variants.iter().flat_map(of).collect()
}

fn changes(comparison: &Comparison, summary: &Summary, width: usize) -> String {
    let rows = change_rows(comparison, summary);
    if rows.is_empty() {
        return String::new();
    }
    let mut table = table(&CHANGES);
    for mut row in rows {
        row[0] = short(&row[0]);
        table.add_row(row);
    }
    fitted(&table, &[2, 3, 4, 6], (width, 2))
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    const WIDTH: usize = 80;

    #[test]
    fn the_table_fits_a_terminal_and_says_what_was_assumed() {
        let text = compare(&sample::comparison(), WIDTH);
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        insta::assert_snapshot!(text);
    }

    #[test]
    fn long_names_and_changes_that_come_in_fit_a_terminal() {
        let mut comparison = sample::comparison();
        let change = |class: &str| crate::sim::ChangeFigures {
            class: class.into(),
            response: Some(crate::time::Millis::from_secs(12 * 3600)),
            is_in_time: Some(true),
            module_builds: 3,
            came: crate::time::Timestamp::START,
        };
        for (variant, name) in comparison.variants.iter_mut().zip(["coalesced", "coalesced/batch"])
        {
            variant.name = format!("orchestrator-owned/{name}");
            let with = |mut run: crate::sim::RunFigures| {
                run.makespan = crate::time::Millis::from_secs(13 * 86400);
                run.changes = vec![change("security"), change("mass")];
                run
            };
            variant.runs = variant.runs.iter().map(with).collect();
        }
        let text = compare(&comparison, WIDTH);
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        assert!(text.contains("Changes that came in") && text.contains("12h 00m"), "{text}");
        for column in ["DONE BY", "ESCAPED", "IN TIME"] {
            assert!(text.contains(column), "{column}\n{text}");
        }
    }

    #[test]
    fn the_favourite_of_the_survivors_is_not_shown_as_the_faster_one() {
        // koji-owned is done in 46 of 100 runs, after 19 h; orchestrator-owned always, after 53 h.
        use crate::sim::Outcome::{Done, Failed};
        let run = |hours: u64, outcome| sample::run(hours * 3600, 10, outcome);
        let mut comparison = sample::comparison();
        let ends = (0..100).map(|n| if n < 46 { Done } else { Failed });
        comparison.variants[0].runs = ends.map(|end| run(19, end)).collect();
        comparison.variants[1].runs = (0..100).map(|_| run(53, Done)).collect();
        let text = compare(&comparison, WIDTH);
        let row = text.lines().find(|line| line.starts_with(" 1")).unwrap();
        assert_eq!(row.matches("never").count(), 2, "{text}");
        assert!(row.contains("46 %") && row.contains("54 %"), "{text}");
        let figures = &comparison.summary().approaches["koji-owned/literal"];
        assert_eq!(figures.makespan_seconds.p50, None);
        assert_eq!(figures.makespan_seconds_done.p50, Some(19.0 * 3600.0));
    }

    /// koji-owned is done in 26 of 40 runs, after 100 s; the other always, after 200 s.
    fn undecided() -> Comparison {
        use crate::sim::Outcome::{Done, Failed};
        let mut comparison = sample::comparison();
        let koji = (0..40).map(|n| sample::run(100, 10, if n < 26 { Done } else { Failed }));
        comparison.variants[0].runs = koji.collect();
        comparison.variants[1].name = "orchestrator-owned/planned".to_owned();
        comparison.variants[1].runs = (0..40).map(|_| sample::run(200, 10, Done)).collect();
        comparison
    }

    #[test]
    fn who_is_done_less_often_is_said_where_nothing_is_concluded_about_time() {
        let text = compare(&undecided(), 1000);
        let said = "\n* koji-owned/literal is done less often than orchestrator-owned/planned: in 65 % \
                    of 40 replications, against 100 %.\n* No conclusion about time: no variant ends \
                    earlier by more than luck explains.\n";
        assert!(text.contains(said), "{text}");
        let page = crate::report::page::compare(&undecided());
        for said in ["is done less often than", "No conclusion about time", "do not overlap"] {
            assert!(page.contains(said), "{said}: {page}");
        }
        let json = undecided().summary().to_json();
        assert!(json.contains("\"about\": \"done\""), "{json}");
    }

    #[test]
    fn a_sweep_that_was_cut_short_says_that_no_other_setting_was_tried() {
        let told = "Ctrl-C came before other settings were tried one at a time";
        let mut comparison = undecided();
        assert!(!compare(&comparison, 1000).contains(told));
        comparison.are_settings_untried = true;
        assert!(compare(&comparison, 1000).contains(told));
        assert!(crate::report::page::compare(&comparison).contains(told));
        assert!(comparison.summary().to_json().contains("\"settings_untried\": true"));
    }

    #[test]
    fn times_in_the_legend_that_differ_look_different() {
        let mut comparison = undecided();
        let ends = (0..40).map(|n| 190_800 + 20 * n);
        let ends = ends.map(|seconds| sample::run(seconds, 10, crate::sim::Outcome::Done));
        comparison.variants[1].runs = ends.collect();
        comparison.variants.remove(0);
        let text = compare(&comparison, 1000);
        let legend = text.lines().find(|line| line.starts_with("DONE BY:")).expect("a legend");
        let times = legend.split_once(" by ").expect("times").1.split_once(';').expect("times").0;
        let times: Vec<&str> = times.split(", ").collect();
        let different: std::collections::BTreeSet<&&str> = times.iter().collect();
        assert!(times.len() >= 4 && different.len() == times.len(), "{legend}");
    }

    #[test]
    fn one_run_or_equal_runs_are_said_to_have_no_spread() {
        let mut comparison = sample::comparison();
        assert!(!compare(&comparison, WIDTH).contains("no spread"));
        for variant in &mut comparison.variants {
            let first = variant.runs.iter().next().unwrap();
            variant.runs = std::iter::repeat_n(first, 20).collect();
        }
        assert!(compare(&comparison, WIDTH).contains("no spread: all 20 runs are equal"));
        comparison.is_drawn = false;
        assert!(compare(&comparison, WIDTH).contains("no spread: nothing here is drawn"));
    }
}
