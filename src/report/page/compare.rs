//! The page of a comparison: what may be said, why, and every figure.

use super::charts;
use super::html::{Figure, Page, Rows};
use super::probes::probe_rows;
use crate::report::cells::{
    few, no_spread, number, partial, percent, reached, signed, spans_apart, time,
};
use crate::report::chain::Part;
use crate::report::compare::{Comparison, Summary};
use crate::report::conclusion::{About, UNTRIED, confounded};
use crate::report::figures::{Interval, Share};
use crate::report::probe::{Probe, ProbeKind};
use crate::report::table::{CHANGES, change_rows};
use crate::report::variant::Variant;
use crate::time::Millis;

pub(super) fn verdict(page: &mut Page, summary: &Summary) {
    if let Some(asked) = summary.interrupted_of {
        page.warning(&partial(summary.replications, asked));
    }
    if !summary.confounders.is_empty() {
        page.warning(&confounded(&summary.confounders));
    }
    let mut said: Vec<String> = Vec::new();
    for one in &summary.conclusions {
        said.push(one.sentence.clone());
        said.extend(one.hinge_lines());
    }
    if !said.is_empty() {
        page.list(&said);
    }
    if let Some(line) = summary.no_conclusion() {
        page.paragraph(line);
    }
    if summary.settings_untried {
        page.warning(UNTRIED);
    }
    if let Some(what) = summary.leaves_out {
        page.warning(what);
    }
    if summary.no_spread {
        page.warning(&no_spread(summary.replications, summary.is_drawn));
    }
    if let Some(line) = few(summary.replications, summary.no_spread) {
        page.warning(&line);
    }
    let mut rules = Rows::words(&["Conclusion", "Figures"]);
    for one in &summary.conclusions {
        rules.push([one.sentence.clone(), one.figures_line()]);
    }
    let mut told: Vec<&str> = Vec::new();
    for one in &summary.conclusions {
        if !told.contains(&one.rule) {
            told.push(one.rule);
        }
    }
    for rule in &told {
        let of = match told.len() {
            1 => "each conclusion".to_owned(),
            _ => format!("a conclusion {}", about(summary, rule)),
        };
        page.paragraph(&format!("The rule of {of}: {rule}."));
    }
    if !told.is_empty() {
        page.table("Figures of the conclusions", &rules);
    }
}

/// Says what the conclusions of a rule are about.
fn about(summary: &Summary, rule: &str) -> &'static str {
    let first = summary.conclusions.iter().find(|one| one.rule == rule);
    match first.map(|one| one.about) {
        Some(About::Done) => "about who is done less often",
        Some(About::InTime) => "about changes in time",
        Some(About::Response) => "about how soon changes are ready",
        Some(About::Ends) | None => "about who ends earlier",
    }
}

pub(super) fn why(page: &mut Page, comparison: &Comparison) {
    let pilots = &comparison.pilots;
    if pilots.is_empty() {
        page.paragraph(
            "The first replication is not among these runs, so none was looked at in full.",
        );
        return;
    }
    let mut head = vec!["Variant", "Done"];
    head.extend(Part::ALL.map(Part::name));
    head.push("sum: mean makespan");
    let mut rows = Rows { is_narrow: true, ..Rows::new(&head) };
    for pilot in pilots {
        let mut row = vec![pilot.name.clone(), pilot.done_words()];
        row.extend(Part::ALL.map(|part| seconds(pilot.mean(part).as_secs_f64())));
        let sum = pilot.parts.values().copied().sum::<Millis>();
        #[expect(clippy::cast_precision_loss, reason = "a few runs")]
        row.push(seconds(sum.as_secs_f64() / pilot.runs as f64));
        rows.push(row);
    }
    page.figure(&Figure {
        title: "Where the time goes",
        caption: &format!(
            "Mean of the first {} replications of each variant, along what the last build of each run \
             waited for. The parts of a bar sum to the makespan, its length; the legend numbers them. A \
             run that is not done counts up to its last event, when nothing more happened: the less of \
             its runs a variant has done, the shorter its bar: that is not in its favour.",
            pilots[0].runs
        ),
        svg: charts::parts(pilots),
        rows,
    });
    for (kind, title, text) in [
        (
            ProbeKind::Ablation,
            "One setting at a time",
            "Each row changes one setting and leaves all others as they were given.",
        ),
        (
            ProbeKind::Trouble,
            "Each trouble alone",
            "Each row has one trouble in a world without any other; the values are those of the \
             scenario or ours, and calibrated to no farm.",
        ),
    ] {
        let probes: Vec<&Probe> =
            comparison.probes.iter().filter(|probe| probe.kind == kind).collect();
        if !probes.is_empty() {
            page.paragraph(&format!("{title}. {text} {}", probes[0].over()));
            page.table(title, &probe_rows(&probes, None));
        }
    }
}

pub(super) fn figures(page: &mut Page, comparison: &Comparison, summary: &Summary) {
    page.table("Figures of every variant", &variant_rows(comparison, summary));
    page.figure(&Figure {
        title: "Time until the rebuild is done",
        caption: "A histogram of the runs that are done, one a variant, on one axis; the tall line is the \
                  median of all runs, done or not, and the bar below reaches from P10 to P90 of all: to \
                  the right end where so many are never done. Runs far beyond the others are counted \
                  at the right end.",
        svg: crate::report::svg::makespans(comparison),
        rows: variant_rows(comparison, summary),
    });
    page.figure(&Figure {
        title: "Runs done by time",
        caption: "The share of all runs that are done by each time; a line that stays below 100 % has \
                  runs that are never done. Lines are numbered at their right end; runs that are done \
                  after the end of the axis are counted in the legend.",
        svg: charts::done(comparison, summary),
        rows: within_rows(comparison, summary, true),
    });
    page.figure(&Figure {
        title: "Modules ready by time",
        caption: "The mean share of the modules of the plan that are ready by each time. One component \
                  that fails keeps a run from being done, but few modules from being ready. The axis \
                  ends where that of the runs does.",
        svg: charts::ready(comparison, summary),
        rows: within_rows(comparison, summary, false),
    });
    pairs(page, summary);
    changes(page, comparison, summary);
    typical_runs(page, comparison);
}

/// Sets every two variants against each other.
fn pairs(page: &mut Page, summary: &Summary) {
    let mut paired = Rows::new(&[
        "First - second",
        "First earlier",
        "Second earlier",
        "Together",
        "Mean difference",
        "95 %",
        "Both done",
    ]);
    for (name, one) in &summary.paired {
        let share = |of: Share| of.share.map_or("-".to_owned(), percent);
        let Interval(low, high) = one.ci95;
        paired.push([
            name.clone(),
            share(one.earlier_share.first),
            share(one.earlier_share.second),
            share(one.earlier_share.together),
            signed(one.mean_difference),
            format!("{} to {}", signed(low), signed(high)),
            one.pairs.to_string(),
        ]);
    }
    page.paragraph(
        "Every two variants, replication by replication. A run that is not done counts as last; the \
         mean difference is of the replications that are done in both.",
    );
    page.table("Every two variants", &paired);
}

/// Writes how soon changes that came in were done, where any did.
fn changes(page: &mut Page, comparison: &Comparison, summary: &Summary) {
    let changes = change_rows(comparison, summary);
    if !changes.is_empty() {
        page.paragraph(
            "Changes that came in while the rebuild ran, by class: SETTLED is the share whose \
             builds have all passed, IN TIME the share for which that was within the time of the \
             class.",
        );
        let mut rows = Rows::words(&CHANGES);
        changes.into_iter().for_each(|row| rows.push(row));
        page.table("Changes that came in", &rows);
    }
}

/// Draws a typical run of every variant.
fn typical_runs(page: &mut Page, comparison: &Comparison) {
    for pilot in &comparison.pilots {
        page.figure(&Figure {
            title: &pilot.title(),
            caption: "One lane a task that a builder had at a time, one bar a task, shaded by wave and \
                      numbered by module; crossed out: failed; struck through: canceled. Strips above the lanes show from when to \
                      when each wave was built. timeline.json has the same for Perfetto.",
            svg: charts::gantt(pilot),
            rows: charts::lane_rows(pilot),
        });
        page.figure(&Figure {
            title: &format!("{}: builders at work and tasks that wait", pilot.name),
            caption: "Means over 60 steps of the same run: how many builders of each group work, and in \
                      koji's model how many tasks of each channel wait for them.",
            svg: charts::load(pilot),
            rows: charts::load_rows(pilot),
        });
    }
}

/// Writes every figure of every variant, variants side by side.
fn variant_rows(comparison: &Comparison, summary: &Summary) -> Rows {
    let names = comparison.variants.iter().map(|variant: &Variant| variant.name.as_str());
    let mut head = vec!["Figure"];
    head.extend(names);
    let mut rows = Rows::new(&head);
    let mut add = |name: &str, of: &dyn Fn(&crate::report::VariantSummary) -> String| {
        let cells = comparison.variants.iter().map(|v| of(&summary.approaches[&v.name]));
        rows.push(std::iter::once(name.to_owned()).chain(cells));
    };
    add("done", &|v| percent(v.done_share));
    add("failed", &|v| percent(v.failed_share));
    add("stuck", &|v| percent(v.stuck_share));
    add("capped", &|v| percent(v.capped_share));
    add("P10 of all runs", &|v| reached(v.makespan_seconds.p10));
    add("P50 of all runs", &|v| reached(v.makespan_seconds.p50));
    add("P90 of all runs", &|v| reached(v.makespan_seconds.p90));
    add("P99 of all runs", &|v| reached(v.makespan_seconds.p99));
    add("P50 of runs done", &|v| time(v.makespan_seconds_done.p50));
    add("module builds, mean", &|v| number(v.module_builds.mean));
    add("builds of one module at most, mean", &|v| number(v.rebuilds_per_module_max.mean));
    add("component builds, mean", &|v| number(v.component_builds.mean));
    add("tasks, mean", &|v| number(v.tasks.mean));
    add("builder time wasted, mean", &|v| time(v.builder_seconds_wasted.mean));
    add("hub calls, mean", &|v| number(v.hub_calls.mean));
    add("repo regenerations, mean", &|v| number(v.repo_regenerations.mean));
    add("messages, mean", &|v| number(v.messages.mean));
    add("messages lost, mean", &|v| number(v.messages_lost.mean));
    add("mails, mean", &|v| number(v.mails.mean));
    add("results waived, mean", &|v| number(v.waivers.mean));
    add("repairs by people, mean", &|v| number(v.fixes.mean));
    add("defects that escape, mean", &|v| number(v.defects_escaped.mean));
    add("rows of state to keep, mean", &|v| number(v.state_rows.mean));
    rows
}

fn seconds(value: f64) -> String {
    time(Some(value))
}

fn within_rows(comparison: &Comparison, summary: &Summary, of_runs: bool) -> Rows {
    let names = comparison.variants.iter().map(|variant| variant.name.as_str());
    let mut head = vec!["By"];
    head.extend(names);
    let mut rows = Rows::new(&head);
    let of = |variant: &Variant| {
        let figures = &summary.approaches[&variant.name];
        if of_runs { &figures.done_within } else { &figures.ready_within }
    };
    let grid = comparison.variants.first().map_or(&[][..], |variant| of(variant));
    let times = spans_apart(&grid.iter().map(|at| Some(at.time)).collect::<Vec<_>>());
    for (at, by) in times.into_iter().enumerate() {
        let cell = |variant: &Variant| {
            let within = of(variant)[at];
            match within.ci95 {
                Interval(Some(low), Some(high)) => {
                    format!("{} ({} to {})", percent(within.share), percent(low), percent(high))
                }
                Interval(..) => percent(within.share),
            }
        };
        rows.push(std::iter::once(by).chain(comparison.variants.iter().map(cell)));
    }
    rows
}
