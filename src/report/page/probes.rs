//! What other settings change, as rows of a table.

use super::html::Rows;
use crate::report::cells::{percent, reached, short};
use crate::report::probe::Probe;
use crate::report::table::{adds, earlier};

/// Writes a row for each setting that was tried; with a confidence, what it makes of the answer of a
/// sweep over farms.
pub(super) fn probe_rows(probes: &[&Probe], confidence: Option<f64>) -> Rows {
    let names: Vec<&String> =
        probes.first().map(|p| p.effects.keys().collect()).unwrap_or_default();
    let mut head = vec!["Setting".to_owned(), "Change".to_owned()];
    for name in &names {
        let name = short(name);
        head.extend([format!("{name}: done"), "P50".to_owned(), "mean change".to_owned()]);
    }
    head.push(if confidence.is_some() { "In time" } else { "Ends earlier" }.to_owned());
    let mut rows = Rows { head, is_narrow: true, has_words: true, ..Rows::default() };
    for probe in probes {
        let mut row = vec![probe.setting.clone(), format!("{} → {}", probe.from, probe.to)];
        for effect in probe.effects.values() {
            row.extend([
                effect.done_share.map_or("-".to_owned(), percent),
                reached(effect.makespan_p50),
                adds(effect),
            ]);
        }
        row.push(match confidence {
            Some(confidence) => in_time(probe, confidence),
            None => earlier(probe),
        });
        rows.push(row);
    }
    rows
}

/// Writes the share of runs within the deadline, and whether that makes the answer another.
fn in_time(probe: &Probe, confidence: f64) -> String {
    let share = probe.effects.values().next().and_then(|effect| effect.in_time_share);
    let Some(share) = share else { return "-".to_owned() };
    let changed = match probe.changes_answer(Some(confidence)) {
        true if share < confidence => ": no longer enough",
        true => ": then enough",
        false => "",
    };
    format!("{}{changed}", percent(share))
}
