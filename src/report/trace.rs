//! What a history holds: how much, how spread, how often it failed, and what stands out.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::figures::{Distribution, Interval, three_digits, wilson95};
use crate::time::Millis;
use crate::trace::{Family, Fit, History, KindFit, Outlier, ROWS_ENOUGH, Row, RowOutcome, Tally};

mod table;

pub use table::table;

/// A history, described.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Description {
    format: u32,
    files: Vec<FileRow>,
    rows: usize,
    /// The first start and the last, where any row has its start.
    from: Option<String>,
    to: Option<String>,
    methods: Vec<MethodRow>,
    coverage: Coverage,
    fits: Vec<FitRow>,
    outliers: Vec<OutlierRow>,
    left_out: Tally,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct FileRow {
    path: String,
    kind: &'static str,
    records: usize,
}

/// One method on one arch.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct MethodRow {
    method: String,
    arch: String,
    packages: usize,
    closed: usize,
    failed: usize,
    canceled: usize,
    unfinished: usize,
    /// Failed among closed and failed, with its 95 % interval (Wilson).
    failure_rate: Option<f64>,
    failure_rate_ci95: Interval,
    run_seconds: Distribution,
    failed_seconds: Distribution,
    queued_seconds: Distribution,
    #[serde(serialize_with = "three_digits")]
    longest_seconds: Option<f64>,
}

/// How finely durations can be drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
struct Coverage {
    packages: usize,
    /// Packages on an arch, by method, with a closed row.
    kinds: usize,
    /// Those of them with 5 closed rows or more; the others shrink towards their pool.
    kinds_with_enough_rows: usize,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct FitRow {
    method: String,
    package: String,
    arch: String,
    family: &'static str,
    rows: usize,
    #[serde(serialize_with = "three_digits")]
    mean_seconds: Option<f64>,
    parameters: BTreeMap<&'static str, f64>,
    #[serde(serialize_with = "three_digits")]
    kolmogorov_smirnov: Option<f64>,
    #[serde(serialize_with = "three_digits")]
    anderson_darling: Option<f64>,
    /// Whether the fit is refused at 5 %; null where there are too few rows.
    is_rejected: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct OutlierRow {
    method: String,
    package: String,
    arch: String,
    run_seconds: f64,
    median_seconds: f64,
    #[serde(serialize_with = "three_digits")]
    times_median: Option<f64>,
    started_at: Option<String>,
    source: Option<String>,
}

/// Describes a history that [was fitted](History::fitted).
#[must_use]
pub fn describe(history: &History) -> Description {
    let rows = history.rows();
    let starts = || rows.iter().filter_map(|row| row.started_at);
    let file = |file: &crate::trace::TraceFile| FileRow {
        path: file.path.clone(),
        kind: file.kind,
        records: file.records,
    };
    Description {
        format: 1,
        files: history.files.iter().map(file).collect(),
        rows: rows.len(),
        from: starts().min().map(|at| at.to_string()),
        to: starts().max().map(|at| at.to_string()),
        methods: methods(history),
        coverage: coverage(rows),
        fits: history.fits().iter().map(FitRow::new).collect(),
        outliers: history.outliers().iter().map(OutlierRow::new).collect(),
        left_out: history.tally,
    }
}

impl Description {
    /// Writes it as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).expect("keys are texts");
        json.push('\n');
        json
    }
}

fn methods(history: &History) -> Vec<MethodRow> {
    let mut kinds: BTreeMap<(&str, &str), (Vec<&Row>, usize)> = BTreeMap::new();
    for row in history.rows() {
        kinds.entry((&row.method, row.arch.as_str())).or_default().0.push(row);
    }
    for task in &history.unfinished {
        kinds.entry((&task.method, task.arch.as_str())).or_default().1 += 1;
    }
    let row = |((method, arch), (rows, unfinished)): ((&str, &str), (Vec<&Row>, usize))| {
        MethodRow::new(method, arch, &rows, unfinished)
    };
    kinds.into_iter().map(row).collect()
}

fn coverage(rows: &[Row]) -> Coverage {
    let mut kinds: BTreeMap<(&str, &str, &str), usize> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.outcome == RowOutcome::Closed) {
        *kinds.entry((&row.method, row.package.as_str(), row.arch.as_str())).or_default() += 1;
    }
    let packages: BTreeSet<&str> = kinds.keys().map(|(_, package, _)| *package).collect();
    Coverage {
        packages: packages.into_iter().filter(|package| !package.is_empty()).count(),
        kinds: kinds.len(),
        kinds_with_enough_rows: kinds.values().filter(|rows| **rows >= ROWS_ENOUGH).count(),
    }
}

impl MethodRow {
    fn new(method: &str, arch: &str, rows: &[&Row], unfinished: usize) -> Self {
        let of = |outcome| rows.iter().filter(move |row| row.outcome == outcome);
        let runs = |outcome| of(outcome).map(|row| row.run.0).collect::<Vec<_>>();
        let (closed, failed) = (runs(RowOutcome::Closed), runs(RowOutcome::Failed));
        let queued: Vec<u64> = rows.iter().filter_map(|row| row.queued).map(|w| w.0).collect();
        let packages: BTreeSet<&str> = rows.iter().map(|row| row.package.as_str()).collect();
        let ended = closed.len() + failed.len();
        let (rate, ci95) = wilson95(failed.len(), ended);
        Self {
            method: method.to_owned(),
            arch: arch.to_owned(),
            packages: packages.iter().filter(|package| !package.is_empty()).count(),
            closed: closed.len(),
            failed: failed.len(),
            canceled: of(RowOutcome::Canceled).count(),
            unfinished,
            failure_rate: rate,
            failure_rate_ci95: ci95,
            run_seconds: Distribution::of_times(&closed, 1000),
            failed_seconds: Distribution::of_times(&failed, 1000),
            queued_seconds: Distribution::of_times(&queued, 1000),
            longest_seconds: closed.iter().max().map(|run| Millis(*run).as_secs_f64()),
        }
    }
}

impl FitRow {
    fn new(kind: &KindFit) -> Self {
        let Fit { family, rows, goodness } = kind.fit;
        let parameters = match family {
            Family::Constant { run } => vec![("seconds", run.as_secs_f64())],
            // The scale of the logarithm is that of seconds here, as everywhere outside.
            Family::Lognormal { mu, sigma } => vec![("mu", mu - 1000_f64.ln()), ("sigma", sigma)],
            Family::Gamma { shape, scale } => {
                vec![("shape", shape), ("scale_seconds", scale / 1000.0)]
            }
        };
        let rounded = |(name, value): (&'static str, f64)| (name, (value * 1e4).round() / 1e4);
        Self {
            method: kind.method.to_string(),
            package: kind.package.to_string(),
            arch: kind.arch.to_string(),
            family: family.as_str(),
            rows,
            mean_seconds: Some(family.mean() / 1000.0),
            parameters: parameters.into_iter().map(rounded).collect(),
            kolmogorov_smirnov: goodness.map(|goodness| goodness.ks),
            anderson_darling: goodness.map(|goodness| goodness.ad),
            is_rejected: goodness.map(|goodness| goodness.is_rejected),
        }
    }
}

impl OutlierRow {
    fn new(outlier: &Outlier<'_>) -> Self {
        let Outlier { row, median, times } = *outlier;
        Self {
            method: row.method.to_string(),
            package: row.package.to_string(),
            arch: row.arch.to_string(),
            run_seconds: row.run.as_secs_f64(),
            median_seconds: median.as_secs_f64(),
            times_median: Some(times),
            started_at: row.started_at.map(|at| at.to_string()),
            source: row.source.as_deref().map(str::to_owned),
        }
    }
}
