//! Where the durations of a simulation came from: how finely history told them, and how well the
//! distributions fit that were drawn from.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::sim::DurationMode;
use crate::trace::{EstimateFrom, Family, Samples};

/// The sources of all kinds of tasks, a kind being a method, a package and an arch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Durations {
    /// `replay`, `resample` or `fit`.
    pub mode: String,
    /// Kinds of tasks.
    pub kinds: usize,
    /// How many of them fell back how far.
    pub from: BTreeMap<EstimateFrom, usize>,
    /// How the fits are, where durations are drawn from them.
    pub fits: Option<FitQuality>,
}

/// How well distributions fit, over all kinds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FitQuality {
    /// Kinds by the family taken.
    pub families: BTreeMap<String, usize>,
    /// Kinds with enough rows to judge the fit.
    pub judged: usize,
    /// Those of them whose Anderson-Darling distance one sample in twenty would exceed.
    pub rejected: usize,
    /// The largest Kolmogorov-Smirnov distance among the judged.
    pub kolmogorov_smirnov_max: f64,
    /// The largest Anderson-Darling distance among the judged.
    pub anderson_darling_max: f64,
}

impl Durations {
    /// Counts the sources of samples.
    #[must_use]
    pub fn of(samples: &[Samples], mode: DurationMode) -> Self {
        let mut from: BTreeMap<EstimateFrom, usize> = BTreeMap::new();
        for sample in samples {
            *from.entry(sample.from).or_default() += 1;
        }
        let fits = (mode == DurationMode::Fit).then(|| FitQuality::of(samples));
        Self { mode: mode.as_str().to_owned(), kinds: samples.len(), from, fits }
    }

    /// Says it in a line or two, each ended.
    #[must_use]
    pub fn to_lines(&self) -> String {
        let mut text = format!("durations: {} over {} kinds of tasks", self.mode, self.kinds);
        for (at, (from, kinds)) in self.from.iter().enumerate() {
            let joint = if at == 0 { ": " } else { ", " };
            let source = match from {
                EstimateFrom::PackageArch => "of the package on the arch",
                EstimateFrom::Package => "of the package on any arch",
                EstimateFrom::Arch => "of the arch",
                EstimateFrom::All => "of all",
                EstimateFrom::Default => "without any record",
            };
            write!(text, "{joint}{kinds} {source}").expect("a string takes all");
        }
        text.push('\n');
        if let Some(fits) = &self.fits {
            text.push_str(&fits.to_line());
        }
        text
    }
}

impl FitQuality {
    fn of(samples: &[Samples]) -> Self {
        let mut quality = Self::default();
        for fit in samples.iter().filter_map(|sample| sample.fits).map(|fits| fits.closed) {
            // Of few rows the level shrinks towards the pool; that is no fit of its own.
            let family = match (fit.goodness, fit.family) {
                (None, Family::Lognormal { .. } | Family::Gamma { .. }) => "shrunk",
                (_, family) => family.as_str(),
            };
            *quality.families.entry(family.to_owned()).or_default() += 1;
            let Some(goodness) = fit.goodness else { continue };
            quality.judged += 1;
            quality.rejected += usize::from(goodness.is_rejected);
            quality.kolmogorov_smirnov_max = quality.kolmogorov_smirnov_max.max(goodness.ks);
            quality.anderson_darling_max = quality.anderson_darling_max.max(goodness.ad);
        }
        let rounded = |value: f64| (value * 1000.0).round() / 1000.0;
        quality.kolmogorov_smirnov_max = rounded(quality.kolmogorov_smirnov_max);
        quality.anderson_darling_max = rounded(quality.anderson_darling_max);
        quality
    }

    fn to_line(&self) -> String {
        let families: Vec<String> =
            self.families.iter().map(|(family, kinds)| format!("{kinds} {family}")).collect();
        let mut text = format!("fits: {}", families.join(", "));
        if self.judged > 0 {
            write!(
                text,
                "; Anderson-Darling refuses {} of {} at 5 %, largest D {:.3}, largest A² {:.2}",
                self.rejected, self.judged, self.kolmogorov_smirnov_max, self.anderson_darling_max
            )
            .expect("a string takes all");
        }
        text + "\n"
    }
}
