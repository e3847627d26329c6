//! What a conclusion hangs on: settings without which it would not hold.

use serde::Serialize;

use super::probe::{Probe, ProbeKind};

/// A setting that decides a conclusion: with it taken back, the conclusion is another or none.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Hinge {
    /// The setting, as its file names it.
    pub setting: String,
    /// What it is.
    pub from: String,
    /// What it was taken back to.
    pub to: String,
    /// Who ends earlier then; null where the replications do not decide.
    pub earlier: Option<String>,
    /// Over how many replications that was tried: the first.
    pub runs: u64,
}

/// Returns the settings that decide who of two ends earlier, of those that were taken back one at a
/// time for the same two variants. Where the few replications that were tried do not decide as things
/// are, that they do not without a setting proves nothing, and only the contrary counts.
pub(super) fn of(earlier: &str, later: &str, probes: &[Probe]) -> Vec<Hinge> {
    let is_of_pair = |probe: &&Probe| {
        let names = [earlier, later];
        let is_same = probe.effects.keys().all(|name| names.contains(&&**name));
        probe.kind == ProbeKind::Ablation && probe.effects.len() == 2 && is_same
    };
    let decides = |probe: &&Probe| match &probe.earlier {
        Some(then) => then == later,
        None => probe.earlier_as_given.as_deref() == Some(earlier),
    };
    let hinge = |probe: &Probe| Hinge {
        setting: probe.setting.clone(),
        from: probe.from.clone(),
        to: probe.to.clone(),
        earlier: probe.earlier.clone(),
        runs: probe.runs,
    };
    probes.iter().filter(is_of_pair).filter(decides).map(hinge).collect()
}

impl Hinge {
    /// Says what taking the setting back makes of a conclusion about two variants.
    pub(super) fn line(&self, first: &str, second: &str) -> String {
        let Self { setting, from, to, earlier, runs } = self;
        let without = match &**setting {
            "faults" => format!("Without `{from}`"),
            _ => format!("With `{setting}: {to}`"),
        };
        match earlier {
            Some(earlier) => {
                let other = if earlier == first { second } else { first };
                format!(
                    "{without} {earlier} would end earlier than {other} ({runs} replications tried)."
                )
            }
            None => format!(
                "{without} neither of {first} and {second} would end earlier for certain ({runs} \
                 replications tried)."
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::probe::Trial;
    use super::super::sample;
    use super::super::variant::Variant;
    use super::*;
    use crate::report::Comparison;
    use crate::sim::Outcome::{Done, Failed};
    use crate::sim::Runs;

    /// koji-owned is done in 4 of 40 runs, after 100 s; the other always, after 200 s.
    fn comparison() -> Comparison {
        let koji = (0..40).map(|n| sample::run(100, 10, if n < 4 { Done } else { Failed }));
        let owned = (0..40).map(|n| sample::run(200 + n, 10, Done));
        let variant = |name: &str, runs| Variant { name: name.to_owned(), runs };
        Comparison {
            variants: vec![
                variant("koji-owned/planned", koji.collect()),
                variant("orchestrator-owned/planned", owned.collect()),
            ],
            ..sample::comparison()
        }
    }

    fn probe(comparison: &Comparison, kind: ProbeKind, fault: &str, tried: [u64; 2]) -> Probe {
        let runs = tried.map(|seconds| -> Runs {
            (0..40).map(|n| sample::run(seconds + n % 3, 10, Done)).collect()
        });
        let trial = Trial::new(kind, "faults", fault, "without it");
        Probe::of(trial, &comparison.variants, &runs, None)
    }

    #[test]
    fn every_setting_without_which_a_conclusion_does_not_hold_is_named() {
        let mut comparison = comparison();
        let crash = "orchestrator-crash at 4h 00m";
        comparison.probes = vec![
            probe(&comparison, ProbeKind::Ablation, crash, [100, 200]),
            probe(&comparison, ProbeKind::Ablation, "hub-offline at 1h 00m", [100, 100]),
            probe(&comparison, ProbeKind::Ablation, "hub-offline at 2h 00m", [200, 100]),
            probe(&comparison, ProbeKind::Trouble, "crash", [100, 200]),
        ];
        let summary = comparison.summary();
        // That koji-owned is done less often stands before it, and hangs on nothing that was tried.
        let [done, conclusion] = &summary.conclusions[..] else {
            panic!("one pair, two conclusions")
        };
        assert!(done.sentence.contains("is done less often than") && done.hinges.is_empty());
        assert!(conclusion.sentence.contains("orchestrator-owned/planned ends earlier than koji"));
        assert_eq!(
            conclusion.hinge_lines(),
            [
                "Without `orchestrator-crash at 4h 00m` koji-owned/planned would end earlier than \
                 orchestrator-owned/planned (40 replications tried).",
                "Without `hub-offline at 1h 00m` neither of orchestrator-owned/planned and \
                 koji-owned/planned would end earlier for certain (40 replications tried).",
            ]
        );
    }

    #[test]
    fn runs_too_few_to_bear_a_conclusion_out_void_none() {
        let mut comparison = comparison();
        let few = |runs: &Runs| runs.iter().skip(3).take(3).collect::<Runs>();
        let given = comparison.variants.iter();
        let given: Vec<Variant> =
            given.map(|one| Variant { name: one.name.clone(), runs: few(&one.runs) }).collect();
        let tried = [few(&given[0].runs), few(&given[1].runs)];
        let trial = Trial::new(ProbeKind::Ablation, "people", "as given", "nobody");
        comparison.probes = vec![Probe::of(trial, &given, &tried, None)];
        assert_eq!(comparison.summary().conclusions[1].hinges, []);
    }
}
