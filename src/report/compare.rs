//! What a comparison found, as numbers: `summary.json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::assumed::Assumed;
use super::completion;
use super::conclusion::{self, Conclusion, Confounder, EndFigures, Figures};
use super::durations::Durations;
use super::figures::Paired;
use super::hinge;
use super::pilot::Pilot;
use super::probe::{Probe, ProbeKind};
use super::variant::{Variant, ends};

mod summary;
pub(super) use summary::WhereTimeGoes;
pub use summary::{Summary, VariantSummary};

/// The runs of every variant, made with the same luck: run `n` of each is replication `n`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The seed of every draw.
    pub seed: u64,
    /// What was compared, in the order to show it in.
    pub variants: Vec<Variant>,
    /// Which model of the farm was run.
    pub model: ModelUsed,
    /// Where durations came from.
    pub durations: Durations,
    /// Whether luck can make runs differ; if not, one run of each variant is all.
    pub is_drawn: bool,
    /// In what variants differ besides ownership and cascade.
    pub confounders: Vec<Confounder>,
    /// Every assumed value.
    pub assumed: Vec<Assumed>,
    /// A few runs of each variant in full; in the part that made the first replication.
    pub pilots: Vec<Pilot>,
    /// What other settings would change; in the same part.
    pub probes: Vec<Probe>,
    /// Whether the table and `summary.json` hold what other assumed values would change: that is
    /// asked for. The report holds it wherever it is known.
    pub is_sensitivity_told: bool,
    /// The same of settings that are taken back one at a time; what a conclusion depends on is shown
    /// always.
    pub is_ablation_told: bool,
    /// The command that makes it again.
    pub command: String,
    /// How many replications were asked for, where Ctrl-C ended the sweep before.
    pub interrupted_of: Option<u64>,
    /// Whether Ctrl-C came before other settings were tried, or all of them.
    pub are_settings_untried: bool,
}

/// Which model of the farm was run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModelUsed {
    /// A component is one task per arch, and nothing else takes time.
    #[default]
    Ideal,
    /// koji's scheduler, polling builders and repos.
    Koji,
}

impl ModelUsed {
    /// Says what a model leaves out that may decide the answer; nothing of koji's.
    #[must_use]
    pub fn leaves_out(self) -> Option<&'static str> {
        match self {
            Self::Ideal => Some(
                "the ideal model leaves out SRPMs, the macros package, tagging, repos, the hub's \
                 scheduler and its polling: who is faster may be another with `model: koji`",
            ),
            Self::Koji => None,
        }
    }
}

impl Comparison {
    /// Works out all figures.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let grid = completion::grid(&self.variants);
        let figures = |variant: &Variant| (variant.name.clone(), variant.summary(&grid));
        let mut paired = BTreeMap::new();
        let (confounders, is_drawn) = (&*self.confounders, self.is_drawn);
        let mut conclusions = conclusion::of_done(&self.variants, confounders, is_drawn);
        let has_changes = self.has_changes();
        for (at, first) in self.variants.iter().enumerate() {
            for second in &self.variants[at + 1..] {
                let figures = Paired::of_ends(&ends(&first.runs, &second.runs));
                if has_changes {
                    conclusions.extend(conclusion::of_changes(first, second, confounders));
                } else {
                    let one = conclusion::of(first, second, &figures, confounders, is_drawn);
                    conclusions.extend(one.map(|one| self.with_hinges(one)));
                }
                paired.insert(format!("{} - {}", first.name, second.name), figures);
            }
        }
        Summary {
            format: 2,
            interrupted_of: self.interrupted_of,
            replications: self.variants.iter().map(|v| v.runs.len()).max().unwrap_or(0),
            seed: self.seed,
            approaches: self.variants.iter().map(figures).collect(),
            where_time_goes: self
                .pilots
                .iter()
                .map(|pilot| (pilot.name.clone(), WhereTimeGoes::of(pilot)))
                .collect(),
            probes: self.told_probes().cloned().collect(),
            paired,
            conclusions,
            settings_untried: self.are_settings_untried,
            confounders: self.confounders.clone(),
            model: self.model,
            leaves_out: self.model.leaves_out(),
            is_drawn: self.is_drawn,
            no_spread: self.has_no_spread(),
            durations: self.durations.clone(),
            assumed: self.assumed.clone(),
        }
    }

    fn with_hinges(&self, mut conclusion: Conclusion) -> Conclusion {
        if let Figures::Ends(EndFigures { earlier, later, .. }) = &conclusion.figures {
            conclusion.hinges = hinge::of(earlier, later, &self.probes);
        }
        conclusion
    }

    /// Returns whether changes come in while the rebuild runs: then how soon they are ready is what is
    /// compared, as the end of a run is when the last of them is.
    #[must_use]
    pub(super) fn has_changes(&self) -> bool {
        self.variants.iter().any(|variant| variant.runs.changes().next().is_some())
    }

    /// Returns the probes that the table and `summary.json` hold.
    pub(super) fn told_probes(&self) -> impl Iterator<Item = &Probe> {
        let is_told = |probe: &&Probe| match probe.kind {
            ProbeKind::Ablation => self.is_ablation_told,
            ProbeKind::Assumed => self.is_sensitivity_told,
            ProbeKind::Trouble => true,
        };
        self.probes.iter().filter(is_told)
    }

    /// Returns whether all runs of each variant are equal, so that no figure has a spread.
    #[must_use]
    pub fn has_no_spread(&self) -> bool {
        if !self.is_drawn {
            return true;
        }
        let mut variants = self.variants.iter().filter(|variant| !variant.runs.is_empty());
        !self.variants.is_empty() && variants.all(conclusion::is_equal)
    }

    /// Appends the runs of the next part of the same sweep; returns whether it is one.
    pub(super) fn append(&mut self, next: Self) -> bool {
        let same = |(a, b): (&Variant, &Variant)| a.name == b.name;
        let is_same = self.variants.len() == next.variants.len()
            && self.variants.iter().zip(&next.variants).all(same);
        if is_same {
            for (variant, next) in self.variants.iter_mut().zip(next.variants) {
                variant.runs.extend(next.runs.iter());
            }
            self.pilots.extend(next.pilots);
            self.probes.extend(next.probes);
        }
        is_same
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;

    #[test]
    fn a_run_that_is_not_done_never_finishes() {
        let summary = sample::comparison().summary();
        let literal = &summary.approaches["koji-owned/literal"];
        assert!((literal.done_share - 0.75).abs() < 1e-9, "{}", literal.done_share);
        assert!((literal.failed_share - 0.25).abs() < 1e-9);
        // Makespans 100, 200 and 400 s ended done; 300 s failed: of four runs half are done by 200 s,
        // and nine in ten never are.
        assert_eq!(literal.makespan_seconds.p50, Some(200.0));
        assert_eq!((literal.makespan_seconds.p90, literal.makespan_seconds.mean), (None, None));
        assert_eq!(literal.makespan_seconds_done.p90, Some(400.0));
        assert_eq!(literal.component_builds.mean, Some(25.0));
        let paired = &summary.paired["koji-owned/literal - koji-owned/planned"];
        assert_eq!((paired.pairs, paired.mean_difference), (3, Some(50.0)));
    }

    #[test]
    fn summary_json_keeps_its_format() {
        insta::assert_snapshot!(sample::comparison().summary().to_json());
    }
}
