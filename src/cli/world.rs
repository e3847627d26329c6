//! The world that a plan is run in: recorded builds, a farm, a scenario.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use modplan::farm::{Createrepo, Farm, Model};
use modplan::load::{self, Code, Finding, Input, Place, Severity};
use modplan::name::{Arch, PackageName};
use modplan::plan::Plan;
use modplan::plan::model::PlanFile;
use modplan::report::Assumed;
use modplan::scenario::Scenario;
use modplan::sim::{self, DurationMode, Setup};
use modplan::trace::{BUILD_ARCH, BUILD_SRPM, CREATEREPO, EstimateFrom, History, TAG_BUILD};

use super::args::WorldArgs;
use super::console::Console;
use super::status::Refusal;
use super::vary::{Vary, widest};

/// The package that sets a module's macros.
const MACROS: &str = "module-build-macros";

/// History, farm and scenario.
pub(crate) struct World {
    pub(crate) history: History,
    pub(crate) farm: Option<Farm>,
    farm_path: Option<PathBuf>,
    pub(crate) scenario: Scenario,
    pub(crate) scenario_path: Option<PathBuf>,
    /// Every assumed value.
    pub(crate) assumed: Vec<Assumed>,
}

impl World {
    /// Reads what the arguments name; what is wrong in a file is printed, and then the exit code is 1.
    pub(crate) fn read(
        args: &WorldArgs,
        durations: DurationMode,
        console: &Console,
    ) -> anyhow::Result<Self> {
        Self::read_to_vary(args, durations, &[], console)
    }

    /// The same for a hub that builds more than modules.
    #[cfg(feature = "live")]
    pub(crate) fn read_for_hub(args: &WorldArgs, console: &Console) -> anyhow::Result<Self> {
        Self::read_with(args, DurationMode::Replay, &[], Builds::Any, console)
    }

    /// The same with a farm whose numbers are going to be varied.
    pub(crate) fn read_to_vary(
        args: &WorldArgs,
        durations: DurationMode,
        vary: &[Vary],
        console: &Console,
    ) -> anyhow::Result<Self> {
        Self::read_with(args, durations, vary, Builds::OfModules, console)
    }

    fn read_with(
        args: &WorldArgs,
        durations: DurationMode,
        vary: &[Vary],
        builds: Builds,
        console: &Console,
    ) -> anyhow::Result<Self> {
        let history = history(&args.trace, console)?;
        let history = if durations == DurationMode::Fit { history.fitted() } else { history };
        let farm =
            args.farm.as_deref().map(|path| farm(path, vary, builds, console)).transpose()?;
        let fallback = farm.as_ref().map(|farm| farm.fallback.clone()).unwrap_or_default();
        let unknown = fallback.build_arch.as_secs_f64();
        let history = history.with_fallback(fallback);
        let scenario = args.scenario.as_deref().map(|path| scenario(path, console)).transpose()?;
        let mut assumed = Vec::new();
        if args.trace.is_empty() {
            console.warn(
                &format!("no trace: every build is taken to last {unknown} s"),
                Some("give recorded durations with --trace"),
            );
            let value = format!("every buildArch task takes {unknown} s");
            assumed.push(Assumed::new("trace", value, "no --trace"));
        }
        match &farm {
            Some(farm) => assumed.extend(of_farm(farm, &history)),
            None => {
                let but = if vary.is_empty() { "" } else { " but for what --vary says" };
                let value = format!("10 for each needed arch{but}");
                assumed.push(Assumed::new("builders", value, "no --farm"));
                assumed.push(Assumed::new("model", "ideal", "no --farm"));
            }
        }
        let why = if scenario.is_some() { "not in --scenario" } else { "no --scenario" };
        let scenario = scenario.unwrap_or_default();
        let unset = scenario.not_given().into_iter();
        assumed.extend(unset.map(|(key, value)| Assumed::new(key, value, why)));
        let scenario_path = args.scenario.clone();
        let farm_path = args.farm.clone();
        Ok(Self { history, farm, farm_path, scenario, scenario_path, assumed })
    }

    /// Writes into a plan which files its times rest on.
    pub(crate) fn record(&self, plan: &mut Plan) -> anyhow::Result<()> {
        let file = |path: &PathBuf| -> anyhow::Result<PlanFile> {
            let is_standard_input = path.as_os_str() == "-";
            let sha256 = match is_standard_input {
                // It can be read once; its rows are what counts.
                true => load::sha256(self.history.to_csv().as_bytes()),
                false => load::sha256(&read(path)?),
            };
            Ok(PlanFile { path: path.display().to_string(), sha256 })
        };
        // A trace may be a directory: what was read of it is what counts.
        let traces = self.history.files.iter().map(|of| PathBuf::from(&of.path));
        plan.trace = traces.map(|path| file(&path)).collect::<anyhow::Result<_>>()?;
        if let Some(path) = &self.farm_path {
            let PlanFile { path, sha256 } = file(path)?;
            (plan.farm.path, plan.farm.sha256) = (Some(path), Some(sha256));
        }
        Ok(())
    }

    /// Warns about settings of the scenario without effect in the runs that are to be made.
    pub(super) fn warn_of_unused(&self, setups: &[Setup], console: &Console) {
        let Some(path) = &self.scenario_path else { return };
        let unused =
            sim::unused_settings(&self.scenario, setups).into_iter().map(|(line, what)| {
                Finding::new(Code::SettingUnused, Place { input: 0, line, column: 1 }, what)
            });
        console.findings(&unused.collect::<Vec<_>>(), &[named(&path.display().to_string())]);
    }
}

/// Reads a file that is not a module input.
pub(crate) fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(path).map_err(|error| {
        if error.kind() == ErrorKind::NotFound {
            return anyhow::anyhow!("cannot find `{}`", path.display());
        }
        anyhow::Error::from(error).context(format!("cannot read `{}`", path.display()))
    })
}

/// Reads recorded builds, and prints what is wrong in them.
pub(crate) fn read_history(paths: &[PathBuf], console: &Console) -> anyhow::Result<History> {
    let files = load::raw_files(paths, &[".csv", ".json", ".jsonl"])?;
    let whole = files.iter().filter(|file| file.broken.is_none());
    let inputs: Vec<(&str, &[u8])> =
        whole.map(|file| (file.path.as_str(), file.content.as_slice())).collect();
    let mut history = History::read(&inputs);
    for file in &files {
        if let Some((code, why)) = &file.broken {
            history.note_broken(&file.path, *code, why.clone());
        }
    }
    if history.rows().is_empty() && !paths.is_empty() {
        tell_of_nothing(&mut history, paths)?;
    } else {
        leave_out_others(&mut history, paths, console);
    }
    let paths: Vec<Input> = history.files.iter().map(|file| named(&file.path)).collect();
    console.findings(&history.findings, &paths);
    Ok(history)
}

/// A history needs a recorded task: else what is wrong in its files is printed for each, named
/// or not, and of those in which nothing is wrong that they hold nothing.
fn tell_of_nothing(history: &mut History, named: &[PathBuf]) -> Result<(), Refusal> {
    if history.files.is_empty() {
        let names: Vec<String> = named.iter().map(|path| path.display().to_string()).collect();
        let hint = "histories are files that end in .csv, .json or .jsonl, packed or not";
        let others: Vec<String> = named.iter().flat_map(|path| names_in(path)).collect();
        let left_out = match others.as_slice() {
            [] => String::new(),
            others => format!("; left out: {}", first_few(others.iter().map(String::as_str))),
        };
        return Err(Refusal::no(format!("no history in {}", names.join(", ")))
            .hint(format!("{hint}{left_out}")));
    }
    let is_told = |input: u32| {
        let errors = history.findings.iter().filter(|f| f.severity() == Severity::Error);
        errors.clone().any(|finding| finding.place.input == input)
    };
    let silent: Vec<u32> =
        (0..).take(history.files.len()).filter(|&input| !is_told(input)).collect();
    for input in silent {
        let place = Place { input, line: 1, column: 1 };
        let message = "no recorded task in this file that came to an end";
        history.findings.push(Finding::new(Code::TraceRow, place, message));
    }
    Ok(())
}

/// Returns the names of what a directory holds, sorted; none where it is none or cannot be read.
fn names_in(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Files that were found in a directory, not named, may be about anything: those that hold no
/// history are no error.
fn leave_out_others(history: &mut History, named: &[PathBuf], console: &Console) {
    let is_other = |finding: &Finding| {
        let path = &history.files[finding.place.input as usize].path;
        let is_named = named.iter().any(|named| named.as_os_str() == path.as_str());
        !is_named && matches!(finding.code, Code::TraceShape | Code::TraceColumn)
    };
    let others: BTreeSet<u32> =
        history.findings.iter().filter(|f| is_other(f)).map(|f| f.place.input).collect();
    if !others.is_empty() {
        history.findings.retain(|finding| !others.contains(&finding.place.input));
        let plural = if others.len() == 1 { "" } else { "s" };
        let names = others.iter().map(|&other| history.files[other as usize].path.as_str());
        console.note(&format!(
            "left out {} file{plural} without recorded builds: {}",
            others.len(),
            first_few(names)
        ));
    }
}

/// Returns the first names of a list, and how many there are besides.
fn first_few<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 3;
    let more = names.len().saturating_sub(SHOWN);
    let text = names.take(SHOWN).collect::<Vec<_>>().join(", ");
    if more == 0 { text } else { format!("{text} and {more} more") }
}

fn history(paths: &[PathBuf], console: &Console) -> anyhow::Result<History> {
    let history = read_history(paths, console)?;
    if history.is_wrong() {
        return Err(Refusal::no("the trace has errors").into());
    }
    Ok(history)
}

/// Which builds a farm makes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Builds {
    OfModules,
    #[cfg(feature = "live")]
    Any,
}

/// Reads a farm file.
fn farm(path: &Path, vary: &[Vary], builds: Builds, console: &Console) -> anyhow::Result<Farm> {
    let bytes = read(path)?;
    // What cannot be varied is refused when it is named.
    let widen = |farm: &mut Farm| *farm = widest(farm, vary);
    let farm =
        Farm::read_to_vary(&bytes, 0, widen).map_err(|findings| wrong(path, &findings, console))?;
    let mut remarks = farm.remarks.clone();
    if builds == Builds::OfModules {
        remarks.extend_from_slice(&farm.unused_by_modules);
        remarks.sort_by_key(|remark| remark.place);
    }
    console.findings(&remarks, &[named(&path.display().to_string())]);
    Ok(farm)
}

/// Returns what a farm file leaves open: its model, koji's constants, and steps of koji's model that
/// take a time that no row of the trace has.
pub(super) fn of_farm(farm: &Farm, history: &History) -> Vec<Assumed> {
    if farm.model == Model::Ideal {
        let is_open = !farm.given.contains("model");
        let model = Assumed::new("model", "ideal", "not in --farm");
        return Vec::from_iter(is_open.then_some(model));
    }
    let noarch = Arch::from("noarch");
    let source = |method, package: &str| {
        let (run, from) = history.estimate(method, &PackageName::from(package), &noarch);
        (from, run.as_secs_f64())
    };
    let mut methods = vec![BUILD_SRPM, TAG_BUILD];
    if farm.repo.createrepo == Createrepo::Trace {
        methods.push(CREATEREPO);
    }
    let mut all = Vec::new();
    let mut add = |method: &str, seconds: f64| {
        let (key, value) = (format!("fallback.{method}"), format!("{seconds} s"));
        all.push(Assumed::new(&key, value, "no row in the trace"));
    };
    for method in methods {
        if let (EstimateFrom::Default, seconds) = source(method, "") {
            add(method, seconds);
        }
    }
    let (from, _) = source(BUILD_ARCH, MACROS);
    let knows_macros = matches!(from, EstimateFrom::PackageArch | EstimateFrom::Package);
    if !knows_macros {
        add(MACROS, farm.hub.macros_build.as_secs_f64());
    }
    let unset = farm.not_given().into_iter().filter(|(key, _)| key != "hub.macros_build");
    all.extend(unset.map(|(key, value)| Assumed::new(&key, value, "koji's default")));
    all
}

/// The same for a scenario file.
fn scenario(path: &Path, console: &Console) -> anyhow::Result<Scenario> {
    let bytes = read(path)?;
    let scenario = Scenario::read(&bytes, 0).map_err(|findings| wrong(path, &findings, console))?;
    console.findings(&scenario.remarks, &[named(&path.display().to_string())]);
    Ok(scenario)
}

/// Prints what is wrong in a file, and counts it.
pub(crate) fn wrong(path: &Path, findings: &[Finding], console: &Console) -> Refusal {
    let path = path.display().to_string();
    console.findings(findings, &[named(&path)]);
    let errors = findings.iter().filter(|f| f.severity() == Severity::Error).count();
    let plural = if errors == 1 { "" } else { "s" };
    Refusal::no(format!("{path} has {errors} error{plural}"))
}

fn named(path: &str) -> Input {
    Input { path: path.to_owned(), kind: "", documents: 0, sha256: String::new() }
}
