//! `compare.csv`: one row for every variant and replication, for spreadsheets and R.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::compare::Comparison;
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
            .map(move |(replication, run)| row(&variant.name, replication, (&run, &arches)));
        std::iter::from_fn(move || {
            let block: Vec<Vec<String>> = rows.by_ref().take(BLOCK).collect();
            (!block.is_empty()).then(|| text(&block))
        })
    });
    header.chain(rows)
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
    (run, arches): (&RunFigures, &BTreeSet<Arch>),
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
        run.hub_calls.map(|calls| calls.to_string()).unwrap_or_default(),
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
