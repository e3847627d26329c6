//! Rows by method, package and arch, and by each coarser key of the fallback.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::fit::{self, Family, Fit, ROWS_ENOUGH};
use super::samples::Shrunk;
use super::{
    BUILD, BUILD_ARCH, BuildShape, Draw, EstimateFrom, Fits, KindFit, Row, RowOutcome, Samples,
};
use crate::time::Millis;

/// The statistics of the rows of one key.
#[derive(Clone, Debug, Default)]
pub(super) struct Cell {
    draws: Vec<Draw>,
    shared: Shared,
    sorted: Vec<Millis>,
    /// For closed and failed rows, computed on first use.
    fits: Option<(Fit, Option<Fit>)>,
}

/// The same run times, shared by many samples.
#[derive(Clone, Debug, Default)]
struct Shared {
    /// Closed and failed rows in the order recorded.
    draws: Arc<[Draw]>,
    /// The closed rows, for draws.
    passing: Arc<[Draw]>,
    closed: Arc<[Millis]>,
    failed: Arc<[Millis]>,
}

impl Cell {
    fn finish(&mut self) {
        let of = |outcome| {
            let rows = self.draws.iter().filter(move |draw| draw.outcome == outcome);
            rows.copied().collect::<Vec<_>>()
        };
        let passing = of(RowOutcome::Closed);
        let runs = |rows: &[Draw]| rows.iter().map(|draw| draw.run).collect::<Arc<[_]>>();
        self.shared = Shared {
            closed: runs(&passing),
            failed: runs(&of(RowOutcome::Failed)),
            passing: passing.into(),
            draws: std::mem::take(&mut self.draws).into(),
        };
        self.sorted = self.shared.closed.to_vec();
        self.sorted.sort_unstable();
    }

    fn fit(&mut self) {
        let failed = Some(&self.shared.failed).filter(|failed| failed.len() >= ROWS_ENOUGH);
        let failed = failed.and_then(|failed| fit::fit(failed));
        self.fits = fit::fit(&self.sorted).map(|closed| (closed, failed));
    }

    /// Returns the median of the closed rows; for an even number the mean of the middle two.
    pub(super) fn median(&self) -> Millis {
        let middle = self.sorted.len() / 2;
        let upper = self.sorted[middle];
        if self.sorted.len() % 2 == 1 {
            return upper;
        }
        let lower = self.sorted[middle - 1];
        Millis(lower.0 + (upper.0 - lower.0).div_ceil(2))
    }
}

/// All cells of one method.
#[derive(Clone, Debug, Default)]
struct MethodPools {
    package_arch: BTreeMap<Arc<str>, BTreeMap<Arc<str>, Cell>>,
    package: BTreeMap<Arc<str>, Cell>,
    arch: BTreeMap<Arc<str>, Cell>,
    all: Cell,
    spread_by_arch: BTreeMap<Arc<str>, Spread>,
    spread: Spread,
}

/// Every cell; looked up by method, package and arch.
#[derive(Clone, Debug, Default)]
pub(super) struct Pools {
    methods: BTreeMap<Arc<str>, MethodPools>,
    /// The arch of the first row of each package with known whole builds.
    whole: BTreeMap<Arc<str>, crate::name::Arch>,
    /// For methods without a closed row.
    pub(super) fallback: super::Fallback,
}

impl Pools {
    pub(super) fn new(rows: &[Row]) -> Self {
        let mut pools = Self::default();
        for row in rows.iter().filter(|row| row.outcome != RowOutcome::Canceled) {
            if &*row.method == BUILD {
                pools.whole.entry(row.package.as_str().into()).or_insert_with(|| row.arch.clone());
            }
            pools.methods.entry(row.method.clone()).or_default().add(row);
        }
        for method in pools.methods.values_mut() {
            method.finish();
        }
        pools
    }

    /// Fits a distribution to the rows of every key.
    pub(super) fn fit(&mut self) {
        for method in self.methods.values_mut() {
            let own = method.package_arch.values_mut().flat_map(BTreeMap::values_mut);
            let coarser = method.package.values_mut().chain(method.arch.values_mut());
            own.chain(coarser).chain([&mut method.all]).for_each(Cell::fit);
        }
    }

    /// Returns the fit of every method, package and arch with closed rows, in that order.
    pub(super) fn fits(&self) -> Vec<KindFit> {
        let mut fits = Vec::new();
        for (method, pools) in &self.methods {
            for (package, arches) in &pools.package_arch {
                for (arch, cell) in arches {
                    let Some((fit, _)) = cell.fits else { continue };
                    fits.push(KindFit {
                        method: method.clone(),
                        package: package.clone().into(),
                        arch: arch.clone().into(),
                        fit,
                    });
                }
            }
        }
        fits
    }

    /// Returns the most specific cell with a closed row, and its level.
    pub(super) fn closed(
        &self,
        method: &str,
        package: &str,
        arch: &str,
    ) -> Option<(&Cell, EstimateFrom)> {
        let mut finest = self.methods.get(method)?.by_fineness(package, arch);
        finest.find(|(cell, _)| !cell.sorted.is_empty())
    }

    pub(super) fn samples(&self, method: &str, package: &str, arch: &str) -> Samples {
        let Some((cell, from)) = self.closed(method, package, arch) else {
            return self.without_success(method, package, arch);
        };
        let pools = &self.methods[method];
        let own = pools.own(package, arch);
        let shrunk = pools.shrunk(cell, from, arch);
        let fits = cell.fits.map(|(closed, failed)| Fits {
            closed: shrunk.as_ref().map_or(closed, |shrunk| shrunk.fit(cell.sorted.len())),
            failed,
        });
        Samples {
            draws: own.map_or(&cell.shared.passing, |own| &own.shared.draws).clone(),
            closed: cell.shared.closed.clone(),
            failed: pools.failed(package, arch),
            from,
            shrunk,
            fits,
        }
    }

    /// Returns samples for a method without closed tasks: the default time, and the recorded
    /// failures.
    fn without_success(&self, method: &str, package: &str, arch: &str) -> Samples {
        let run = self.fallback.of(method);
        let pools = self.methods.get(method);
        let own = pools.and_then(|pools| pools.own(package, arch));
        let draws = own.map(|own| own.shared.draws.clone());
        Samples {
            draws: draws.unwrap_or_else(|| [Draw { run, outcome: RowOutcome::Closed }].into()),
            closed: [run].into(),
            failed: pools.map_or_else(Arc::default, |pools| pools.failed(package, arch)),
            from: EstimateFrom::Default,
            shrunk: None,
            fits: Some(Fits {
                closed: Fit { family: Family::Constant { run }, rows: 0, goodness: None },
                failed: None,
            }),
        }
    }

    pub(super) fn build_shape(&self, package: &str) -> BuildShape {
        let arches = self.methods.get(BUILD_ARCH).and_then(|pools| pools.package_arch.get(package));
        match (arches, self.whole.get(package)) {
            (Some(arches), _) if arches.keys().all(|arch| &**arch == "noarch") => {
                BuildShape::Noarch
            }
            (None, Some(arch)) => BuildShape::Whole(arch.clone()),
            (None, None) => BuildShape::Unknown,
            (Some(_), _) => BuildShape::PerArch,
        }
    }
}

impl MethodPools {
    fn add(&mut self, row: &Row) {
        let (package, arch): (Arc<str>, Arc<str>) =
            (row.package.as_str().into(), row.arch.as_str().into());
        let draw = Draw { run: row.run, outcome: row.outcome };
        let of_package = self.package_arch.entry(package.clone()).or_default();
        of_package.entry(arch.clone()).or_default().draws.push(draw);
        self.package.entry(package).or_default().draws.push(draw);
        self.arch.entry(arch).or_default().draws.push(draw);
        self.all.draws.push(draw);
    }

    fn finish(&mut self) {
        self.package_arch.values_mut().flat_map(BTreeMap::values_mut).for_each(Cell::finish);
        self.package.values_mut().chain(self.arch.values_mut()).for_each(Cell::finish);
        self.all.finish();
        for arch in self.arch.keys() {
            let cells = self.package_arch.values().filter_map(|arches| arches.get(arch));
            self.spread_by_arch.insert(arch.clone(), Spread::new(cells));
        }
        self.spread = Spread::new(self.package.values());
    }

    fn own(&self, package: &str, arch: &str) -> Option<&Cell> {
        self.package_arch.get(package).and_then(|arches| arches.get(arch))
    }

    fn by_fineness(
        &self,
        package: &str,
        arch: &str,
    ) -> impl Iterator<Item = (&Cell, EstimateFrom)> {
        let cells = [
            (self.own(package, arch), EstimateFrom::PackageArch),
            (self.package.get(package), EstimateFrom::Package),
            (self.arch.get(arch), EstimateFrom::Arch),
            (Some(&self.all), EstimateFrom::All),
        ];
        cells.into_iter().filter_map(|(cell, from)| Some((cell?, from)))
    }

    fn failed(&self, package: &str, arch: &str) -> Arc<[Millis]> {
        let mut finest = self.by_fineness(package, arch).map(|(cell, _)| &cell.shared.failed);
        finest.find(|failed| !failed.is_empty()).cloned().unwrap_or_default()
    }

    /// Returns the model of a package with few rows; `None` if it has enough, or none at all.
    fn shrunk(&self, cell: &Cell, from: EstimateFrom, arch: &str) -> Option<Shrunk> {
        if cell.sorted.len() >= ROWS_ENOUGH {
            return None;
        }
        match from {
            EstimateFrom::PackageArch => Some(self.spread_by_arch[arch].shrink(cell)),
            EstimateFrom::Package => Some(self.spread.shrink(cell)),
            EstimateFrom::Arch | EstimateFrom::All | EstimateFrom::Default => None,
        }
    }
}

/// The spread of run times in a pool, in logarithms: between packages, and within one.
#[derive(Clone, Debug, Default)]
struct Spread {
    mean: f64,
    between: f64,
    within: f64,
    residuals: Arc<[f64]>,
}

impl Spread {
    /// Estimates both variances from packages' closed rows, as in a one-way analysis of variance.
    ///
    /// If no package has two rows, the spread within one is unknown; it is assumed to be half the
    /// spread between packages.
    fn new<'a>(cells: impl Iterator<Item = &'a Cell>) -> Self {
        let packages: Vec<Vec<f64>> =
            cells.map(logarithms).filter(|logs| !logs.is_empty()).collect();
        if packages.is_empty() {
            return Self::default();
        }
        let means: Vec<f64> = packages.iter().map(|logs| mean(logs)).collect();
        let grand = mean(&means);
        let of_means = sum_of_squares(&means, grand) / count(means.len() - 1).max(1.0);
        let freedom: usize = packages.iter().map(|logs| logs.len() - 1).sum();
        if freedom == 0 {
            let residuals = means.iter().map(|mean| (mean - grand) / 2.0).collect();
            return Self { mean: grand, between: of_means, within: of_means / 4.0, residuals };
        }
        let repeated = || packages.iter().zip(&means).filter(|(logs, _)| logs.len() > 1);
        let squares: f64 = repeated().map(|(logs, mean)| sum_of_squares(logs, *mean)).sum();
        let within = squares / count(freedom);
        let shares: f64 = packages.iter().map(|logs| count(logs.len()).recip()).sum();
        let between = (of_means - within * shares / count(packages.len())).max(0.0);
        let residuals = repeated().flat_map(|(logs, mean)| {
            // Differences from a mean of n rows are too small by sqrt((n - 1) / n).
            let stretch = (count(logs.len()) / count(logs.len() - 1)).sqrt();
            logs.iter().map(move |log| (log - mean) * stretch)
        });
        Self { mean: grand, between, within, residuals: residuals.collect() }
    }

    /// Shrinks the level of a package: its own mean weighs `n·between / (n·between + within)`.
    fn shrink(&self, cell: &Cell) -> Shrunk {
        let logs = logarithms(cell);
        let own = count(logs.len()) * self.between;
        let weight = if own + self.within > 0.0 { own / (own + self.within) } else { 1.0 };
        let level = weight * mean(&logs) + (1.0 - weight) * self.mean;
        Shrunk { level, deviation: self.within.sqrt(), residuals: self.residuals.clone() }
    }
}

/// Returns logarithms of run times in milliseconds; a task of no time counts as one millisecond.
#[expect(clippy::cast_precision_loss, reason = "exact below 285 000 years")]
fn logarithms(cell: &Cell) -> Vec<f64> {
    cell.shared.closed.iter().map(|run| (run.0.max(1) as f64).ln()).collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / count(values.len())
}

fn sum_of_squares(values: &[f64], around: f64) -> f64 {
    values.iter().map(|value| (value - around).powi(2)).sum()
}

#[expect(clippy::cast_precision_loss, reason = "fewer than 2^53 rows")]
fn count(number: usize) -> f64 {
    number as f64
}
