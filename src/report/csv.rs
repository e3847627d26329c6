//! `compare.csv`: one row for every variant and replication, for spreadsheets and R.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::chain::Part;
use super::compare::Comparison;
use super::farm_load;
use super::pilot::Pilot;
use super::probe::{Probe, ProbeKind};
use crate::name::Arch;
use crate::sim::RunFigures;

/// How many rows are made into text at once.
const BLOCK: usize = 1000;

/// Writes one row per variant and replication, in pieces that follow each other; replications count
/// from 1.
///
/// The makespan is that of the run however it ended: filter on `outcome` before averaging. Builder
/// time by arch comes last, one column an arch.
pub fn compare(comparison: &Comparison) -> impl Iterator<Item = String> + '_ {
    let arches: BTreeSet<Arch> =
        comparison.variants.iter().flat_map(|variant| variant.runs.arches()).collect();
    let header = std::iter::once(text(&[header(&arches)]));
    let arches = Arc::new(arches);
    let rows = comparison.variants.iter().flat_map(move |variant| {
        let arches = Arc::clone(&arches);
        let mut rows = (1..)
            .zip(variant.runs.iter())
            .map(move |(replication, run)| row(&variant.name, replication, &run, &arches));
        std::iter::from_fn(move || {
            let block: Vec<Vec<String>> = rows.by_ref().take(BLOCK).collect();
            (!block.is_empty()).then(|| text(&block))
        })
    });
    header.chain(rows)
}

/// Writes `within.csv`: one row for every variant, time and what is counted.
#[must_use]
pub fn within(comparison: &Comparison) -> String {
    let head = ["variant", "what", "seconds", "share", "low95", "high95"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for (name, figures) in &comparison.summary().approaches {
        let all = [("runs done", &figures.done_within), ("modules ready", &figures.ready_within)];
        for (what, within) in all {
            for at in within {
                let number = |value: Option<f64>| value.map_or(String::new(), |v| v.to_string());
                let (low, high) = (number(at.ci95.0), number(at.ci95.1));
                let seconds = at.time.as_secs_f64().to_string();
                let share = at.share.to_string();
                rows.push(vec![name.clone(), what.to_owned(), seconds, share, low, high]);
            }
        }
    }
    text(&rows)
}

/// Writes `load.csv`: what builders of each group did over time in the typical run of each variant.
#[must_use]
pub fn load(pilots: &[Pilot]) -> String {
    let mut text = farm_load::HEADER.to_owned();
    for pilot in pilots {
        farm_load::rows(&mut text, &pilot.name, pilot.makespan, &pilot.load);
    }
    text
}

/// Writes `parts.csv`: where the time of each variant goes.
#[must_use]
pub fn parts(pilots: &[Pilot]) -> String {
    let mut rows = vec![["variant", "part", "mean_seconds"].map(str::to_owned).to_vec()];
    for pilot in pilots {
        for part in Part::ALL {
            let seconds = format!("{:.3}", pilot.mean(part).as_secs_f64());
            rows.push(vec![pilot.name.clone(), part.name().to_owned(), seconds]);
        }
    }
    text(&rows)
}

/// Writes `probes.csv`: what one other setting at a time changes, one row a variant.
#[must_use]
pub fn probes(probes: &[Probe]) -> String {
    let head = "kind,setting,from,to,runs,variant,makespan_seconds_p50,done_share,adds_seconds,adds_low95,\
         adds_high95,pairs,earlier,earlier_as_given";
    let mut rows = vec![head.split(',').map(str::to_owned).collect::<Vec<_>>()];
    let number = |value: Option<f64>| value.map_or(String::new(), |value| value.to_string());
    for probe in probes {
        let kind = match probe.kind {
            ProbeKind::Ablation => "ablation",
            ProbeKind::Trouble => "trouble",
            ProbeKind::Assumed => "assumed",
        };
        for (name, effect) in &probe.effects {
            rows.push(vec![
                kind.to_owned(),
                probe.setting.clone(),
                probe.from.clone(),
                probe.to.clone(),
                probe.runs.to_string(),
                name.clone(),
                number(effect.makespan_p50),
                number(effect.done_share),
                number(effect.adds),
                number(effect.adds_ci95.0),
                number(effect.adds_ci95.1),
                effect.pairs.to_string(),
                probe.earlier.clone().unwrap_or_default(),
                probe.earlier_as_given.clone().unwrap_or_default(),
            ]);
        }
    }
    text(&rows)
}

fn text(rows: &[Vec<String>]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.write_record(row).expect("memory takes every row");
    }
    let bytes = writer.into_inner().expect("memory takes every row");
    String::from_utf8(bytes).expect("made of texts")
}

fn header(arches: &BTreeSet<Arch>) -> Vec<String> {
    let fixed = "variant,replication,outcome,makespan_seconds,module_builds,component_builds,tasks,\
                 hub_calls,repo_regenerations,messages,mails,reused,rebuilds_per_module_max,\
                 builder_seconds_wasted";
    let fixed = fixed.split(',').map(str::to_owned);
    fixed.chain(arches.iter().map(|arch| format!("builder_seconds_busy_{arch}"))).collect()
}

fn row(
    variant: &str,
    replication: usize,
    run: &RunFigures,
    arches: &BTreeSet<Arch>,
) -> Vec<String> {
    let seconds = |millis: u64| format!("{}.{:03}", millis / 1000, millis % 1000);
    let mut row = vec![
        variant.to_owned(),
        replication.to_string(),
        run.outcome.as_str().to_owned(),
        seconds(run.makespan.0),
        run.module_builds.to_string(),
        run.component_builds.to_string(),
        run.tasks.to_string(),
        run.hub_calls.to_string(),
        run.repo_regenerations.to_string(),
        run.messages.to_string(),
        run.mails.to_string(),
        run.reused.to_string(),
        run.rebuilds_per_module_max.to_string(),
        seconds(run.wasted.0),
    ];
    let busy_on =
        |arch| run.busy.iter().find(|(known, _)| known == arch).map_or(0, |(_, time)| time.0);
    row.extend(arches.iter().map(|arch| seconds(busy_on(arch))));
    row
}

#[cfg(test)]
mod tests {
    use super::super::sample;

    #[test]
    fn every_run_is_a_row() {
        insta::assert_snapshot!(super::compare(&sample::comparison()).collect::<String>());
    }
}
