//! What one other setting at a time changes.

use super::super::assumed::wrapped;
use super::super::cells::{counted, percent, reached, short, signed};
use super::super::compare::Comparison;
use super::super::figures::Interval;
use super::super::probe::{Effect, Probe, ProbeKind};

/// Writes what one other setting at a time changes, for each reason to try some.
pub(super) fn probes(comparison: &Comparison, width: usize) -> String {
    let mut text = String::new();
    for (kind, title) in [
        (ProbeKind::Ablation, "One setting changed at a time"),
        (ProbeKind::Trouble, "One trouble alone, in a world without any other"),
        (ProbeKind::Assumed, "Assumed values, varied one at a time; the six that matter most"),
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
pub(in crate::report) fn adds(effect: &Effect) -> String {
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
pub(in crate::report) fn earlier(probe: &Probe) -> String {
    let named = |one: &Option<String>| one.as_deref().map_or("undecided".to_owned(), short);
    let now = named(&probe.earlier);
    if probe.changes_answer(None) {
        format!("{now} instead of {}", named(&probe.earlier_as_given))
    } else {
        now
    }
}
