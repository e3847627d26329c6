//! What other settings change, as rows of a table.

use super::html::Rows;
use crate::report::cells::{percent, reached, short, signed};
use crate::report::probe::Probe;

/// Writes a row for each setting that was tried.
pub(super) fn probe_rows(probes: &[&Probe]) -> Rows {
    let names: Vec<&String> =
        probes.first().map(|p| p.effects.keys().collect()).unwrap_or_default();
    let mut head = vec!["Setting".to_owned(), "Change".to_owned()];
    for name in &names {
        head.extend([format!("{}: P50", short(name)), "done".to_owned(), "adds".to_owned()]);
    }
    let mut effects = probes.iter().flat_map(|probe| probe.effects.values());
    let has_deadline = effects.any(|effect| effect.in_time_share.is_some());
    head.push(if has_deadline { "In time" } else { "Ends earlier" }.to_owned());
    let mut rows = Rows { head, ..Rows::default() };
    for probe in probes {
        let mut row = vec![probe.setting.clone(), format!("{} → {}", probe.from, probe.to)];
        for effect in probe.effects.values() {
            row.extend([
                reached(effect.makespan_p50),
                effect.done_share.map_or("-".to_owned(), percent),
                signed(effect.adds),
            ]);
        }
        row.push(match has_deadline {
            true => in_time(probe),
            false => probe.earlier.clone().unwrap_or_else(|| "undecided".to_owned()),
        });
        rows.push(row);
    }
    rows
}

/// Writes the share of runs within the deadline.
fn in_time(probe: &Probe) -> String {
    let share = probe.effects.values().next().and_then(|effect| effect.in_time_share);
    share.map_or("-".to_owned(), percent)
}
