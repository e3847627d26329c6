//! Where the durations of a simulation came from: how finely history has them, and how well the
//! distributions fit that were drawn from.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::sim::{DurationMode, HubSetup};
use crate::trace::{BUILD_ARCH, EstimateFrom, Family, Samples};

/// The sources of all kinds of tasks, a kind being a method, a package and an arch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Durations {
    /// `replay`, `resample` or `fit`.
    pub mode: String,
    /// Kinds of tasks.
    pub kinds: usize,
    /// How many of them fell back how far.
    pub from: BTreeMap<EstimateFrom, usize>,
    /// The same by method where builds have more steps than one, in koji's model: koji's words, and
    /// `module-build-macros` for the `buildArch` of that package.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub methods: BTreeMap<String, BTreeMap<EstimateFrom, usize>>,
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
    /// Counts the sources of what components build, and of the other steps of koji's model.
    #[must_use]
    pub fn of(samples: &[Samples], hub: Option<&HubSetup>, mode: DurationMode) -> Self {
        let mut all: Vec<&Samples> = samples.iter().collect();
        let mut methods: BTreeMap<String, BTreeMap<EstimateFrom, usize>> = BTreeMap::new();
        if let Some(hub) = hub {
            let builds = samples.iter().map(|samples| (BUILD_ARCH, Some(samples)));
            for (method, samples) in builds.chain(hub.steps()) {
                let from = samples.map_or(EstimateFrom::Default, |samples| samples.from);
                *methods.entry(method.to_owned()).or_default().entry(from).or_default() += 1;
            }
            all.extend(hub.steps().filter_map(|(_, samples)| samples));
        }
        let mut from: BTreeMap<EstimateFrom, usize> = BTreeMap::new();
        if hub.is_none() {
            all.iter().for_each(|samples| *from.entry(samples.from).or_default() += 1);
        }
        for (&source, kinds) in methods.values().flatten() {
            *from.entry(source).or_default() += kinds;
        }
        let fits = (mode == DurationMode::Fit).then(|| FitQuality::of(&all));
        let kinds = from.values().sum();
        Self { mode: mode.as_str().to_owned(), kinds, from, methods, fits }
    }

    /// Says it in a line or two, each ended.
    #[must_use]
    pub fn to_lines(&self) -> String {
        let mut text = format!(
            "durations: {} over {} kinds of tasks{}\n",
            self.mode,
            self.kinds,
            sources(&self.from)
        );
        for (method, from) in &self.methods {
            writeln!(text, "  {method}{}", sources(from)).expect("a string takes all");
        }
        if let Some(fits) = &self.fits {
            text.push_str(&fits.to_line());
        }
        text
    }
}

/// Says how many kinds or tasks fell back how far.
pub(super) fn sources(from: &BTreeMap<EstimateFrom, usize>) -> String {
    let mut text = String::new();
    for (at, (from, kinds)) in from.iter().enumerate() {
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
    text
}

impl FitQuality {
    fn of(samples: &[&Samples]) -> Self {
        let mut quality = Self::default();
        for fit in samples.iter().filter_map(|sample| sample.fits).map(|fits| fits.closed) {
            // Of few rows the level shrinks towards the pool, so they have no fit of their own.
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
