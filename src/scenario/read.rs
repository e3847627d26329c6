//! The scenario file.

use super::{
    Arrival, Builds, Bus, ByApproach, Dispatch, Fault, FaultKind, Gate, OrchestratorOwned,
    Outcomes, People, Quantiles, RepoMaker, Scenario, Tests,
};
use super::{check, hub_faults};
use crate::load::Finding;
use crate::name::Selector;
use crate::settings::{self, Node, Reader, Section, Value};
use crate::time::Millis;

impl Scenario {
    /// Reads a scenario file; `input` is what the findings' places call the file.
    ///
    /// # Errors
    /// Every problem found, each with line and column; a file with a problem yields no scenario.
    pub fn read(bytes: &[u8], input: u32) -> Result<Self, Vec<Finding>> {
        let root = settings::parse(bytes, input).map_err(|finding| vec![finding])?;
        let mut reader = Reader::default();
        let known = [
            "builds",
            "tests",
            "people",
            "bus",
            "cascade",
            "orchestrator_owned",
            "arrivals",
            "faults",
            "hub_faults",
        ];
        let file = reader.section(&root, "", &known);
        let mut scenario = Self::default();
        let find = |key| file.find(key);
        if let Some(node) = find("builds") {
            scenario.builds = builds(&mut reader, node);
        }
        if let Some(node) = find("tests") {
            scenario.tests = tests(&mut reader, node);
        }
        scenario.people = find("people").and_then(|node| people(&mut reader, node));
        if let Some(node) = find("bus") {
            scenario.bus = bus(&mut reader, node);
        }
        if let Some(node) = find("cascade") {
            scenario.builds_max = builds_max(&mut reader, node).unwrap_or(scenario.builds_max);
        }
        if let Some(node) = find("orchestrator_owned") {
            scenario.orchestrator_owned = orchestrator_owned(&mut reader, node);
        }
        for node in reader.items(&file, "arrivals").unwrap_or_default() {
            if let Some(arrival) = arrival(&mut reader, node) {
                scenario.places.changed.push(node.place_of("changed"));
                scenario.arrivals.push(arrival);
            }
        }
        for node in reader.items(&file, "faults").unwrap_or_default() {
            if let Some(fault) = fault(&mut reader, node) {
                check_crashes(&mut reader, &scenario.faults, &fault, node);
                scenario.places.builders.push(node.place_of("builders"));
                scenario.places.module.push(node.place_of("module"));
                scenario.faults.push(fault);
            }
        }
        for node in reader.items(&file, "hub_faults").unwrap_or_default() {
            scenario.hub_faults.extend(hub_faults::read(&mut reader, node));
        }
        scenario.given = root.keys();
        scenario.remarks = check::unused(&file, &scenario);
        reader.finish(scenario)
    }
}

/// Reads the number of retries of a failed build; it is limited, because a build that always fails
/// would be tried for ever.
fn retries(text: &str) -> Result<u32, String> {
    const RETRIES_MAX: u32 = 1000;
    match settings::count(text)? {
        many if many > RETRIES_MAX => Err(format!("must be at most {RETRIES_MAX}, not {many}")),
        retries => Ok(retries),
    }
}

fn builds(reader: &mut Reader, node: &Node) -> Builds {
    let known = ["outcomes", "failure_rate", "flaky_share", "retries"];
    let section = reader.section(node, "builds", &known);
    let words = [
        ("replay", Outcomes::Replay),
        ("rate", Outcomes::Rate),
        ("always-pass", Outcomes::AlwaysPass),
    ];
    let outcomes = |text: &str| settings::word(text, &words);
    let read = Builds {
        outcomes: reader.value(&section, "outcomes", outcomes).unwrap_or_default(),
        failure_rate: share(reader, &section, "failure_rate"),
        flaky_share: share(reader, &section, "flaky_share"),
        retries: reader.value(&section, "retries", retries).unwrap_or_default(),
    };
    if read.outcomes == Outcomes::AlwaysPass && read.failure_rate > 0.0 {
        let node = section.find("failure_rate").unwrap_or(node);
        let what =
            "`builds.failure_rate` contradicts `outcomes: always-pass`: write `outcomes: rate`";
        reader.wrong(node.place, what);
    }
    read
}

fn share(reader: &mut Reader, section: &Section<'_>, key: &str) -> f64 {
    reader.value(section, key, settings::share).unwrap_or_default()
}

fn tests(reader: &mut Reader, node: &Node) -> Tests {
    let known = [
        "gate",
        "defect_rate",
        "detect_component",
        "detect_module",
        "false_alarm",
        "component",
        "module",
        "workers",
        "missing",
        "timeout",
    ];
    let section = reader.section(node, "tests", &known);
    Tests {
        gate: gates(reader, &section).unwrap_or_default(),
        defect_rate: share(reader, &section, "defect_rate"),
        detect_component: share(reader, &section, "detect_component"),
        detect_module: share(reader, &section, "detect_module"),
        false_alarm: share(reader, &section, "false_alarm"),
        component: quantiles(reader, &section, "component", "tests.component"),
        module: quantiles(reader, &section, "module", "tests.module"),
        workers: reader.value(&section, "workers", settings::positive_count),
        missing: share(reader, &section, "missing"),
        timeout: reader.value(&section, "timeout", settings::interval),
    }
}

/// Reads one word for both approaches, or a map with a word for each.
fn gates(reader: &mut Reader, section: &Section<'_>) -> Option<ByApproach<Gate>> {
    let node = section.find("gate")?;
    if !matches!(node.value, Value::Map(_)) {
        let both = reader.value(section, "gate", gate)?;
        return Some(ByApproach { koji_owned: both, orchestrator_owned: both });
    }
    let gates = reader.section(node, "tests.gate", &["koji-owned", "orchestrator-owned"]);
    Some(ByApproach {
        koji_owned: reader.value(&gates, "koji-owned", gate).unwrap_or_default(),
        orchestrator_owned: reader.value(&gates, "orchestrator-owned", gate).unwrap_or_default(),
    })
}

fn gate(text: &str) -> Result<Gate, String> {
    let words = [
        ("none", Gate::None),
        ("module", Gate::Module),
        ("component", Gate::Component),
        ("both", Gate::Both),
    ];
    settings::word(text, &words)
}

/// Reads `{p50: …, p90: …}`; the key comes with its path.
fn quantiles(
    reader: &mut Reader,
    section: &Section<'_>,
    key: &str,
    path: &'static str,
) -> Option<Quantiles> {
    let node = section.find(key)?;
    let pair = reader.section(node, path, &["p50", "p90"]);
    let p50 = reader.required(&pair, "p50", settings::interval)?;
    let p90 = reader.required(&pair, "p90", settings::interval)?;
    if p90 < p50 {
        reader.wrong(node.place, format!("`{path}` has a p90 below its p50"));
        return None;
    }
    Some(Quantiles { p50, p90 })
}

fn people(reader: &mut Reader, node: &Node) -> Option<People> {
    let section = reader.section(node, "people", &["fix", "waive_share"]);
    reader.require(&section, "fix");
    let waive_share = share(reader, &section, "waive_share");
    let fix = quantiles(reader, &section, "fix", "people.fix")?;
    Some(People { fix, waive_share })
}

fn bus(reader: &mut Reader, node: &Node) -> Bus {
    let section = reader.section(node, "bus", &["delay", "jitter", "loss", "duplicate"]);
    Bus {
        delay: reader.value(&section, "delay", settings::duration).unwrap_or_default(),
        jitter: reader.value(&section, "jitter", settings::duration).unwrap_or_default(),
        loss: share(reader, &section, "loss"),
        duplicate: share(reader, &section, "duplicate"),
    }
}

fn builds_max(reader: &mut Reader, node: &Node) -> Option<u64> {
    let section = reader.section(node, "cascade", &["max_builds"]);
    reader.value(&section, "max_builds", settings::positive_count).map(u64::from)
}

fn orchestrator_owned(reader: &mut Reader, node: &Node) -> OrchestratorOwned {
    let known = ["dispatch", "submit_limit", "poll", "repo"];
    let section = reader.section(node, "orchestrator_owned", &known);
    let words = [("graph", Dispatch::Graph), ("batch", Dispatch::Batch), ("wave", Dispatch::Wave)];
    let dispatch = reader.value(&section, "dispatch", |text| settings::word(text, &words));
    let makers = [("koji", RepoMaker::Koji), ("self", RepoMaker::Orchestrator)];
    let repo = reader.value(&section, "repo", |text| settings::word(text, &makers));
    let line = |key| section.place_of(key).map_or(0, |place| place.line);
    let mut settings_read = OrchestratorOwned {
        dispatch: dispatch.unwrap_or_default(),
        submit_limit: reader.value(&section, "submit_limit", settings::positive_count),
        repo: repo.unwrap_or_default(),
        lines: (line("dispatch"), line("repo")),
        ..OrchestratorOwned::default()
    };
    if let Some(poll) = reader.value(&section, "poll", settings::period) {
        settings_read.poll = poll;
    }
    settings_read
}

fn arrival(reader: &mut Reader, node: &Node) -> Option<Arrival> {
    /// The default time during which changes arrive: four weeks.
    const LASTS: Millis = Millis::from_secs(28 * 86_400);
    let known = ["every", "changed", "class", "within", "for"];
    let section = reader.section(node, "arrivals", &known);
    let every = reader.required(&section, "every", settings::interval);
    reader.require(&section, "changed");
    let stream = |text: &str| text.parse::<Selector>().map_err(|error| error.to_string());
    let changed = reader.values(&section, "changed", stream);
    let class = reader.value(&section, "class", settings::text);
    let within = reader.value(&section, "within", settings::interval);
    let lasts = reader.value(&section, "for", settings::interval).unwrap_or(LASTS);
    let line = node.place.line;
    Some(Arrival { every: every?, changed: changed?, class, within, lasts, line })
}

fn fault(reader: &mut Reader, node: &Node) -> Option<Fault> {
    let known = ["at", "after", "kind", "builders", "count", "module", "for"];
    let section = reader.section(node, "faults", &known);
    let after = reader.value(&section, "after", settings::positive_count).map(u64::from);
    let has_after = section.find("after").is_some();
    let at = match reader.value(&section, "at", settings::duration) {
        None if has_after && section.find("at").is_none() => Some(Millis::ZERO),
        at => at,
    };
    let kind = reader.required(&section, "kind", |text| settings::word(text, &FaultKind::ALL));
    match (section.find("at"), section.find("after")) {
        (None, None) => reader.require(&section, "at"),
        (Some(_), Some(node)) => {
            reader.wrong(node.place, "`faults.after` and `faults.at` exclude each other");
        }
        (Some(_), None) | (None, Some(_)) => {}
    }
    let builders = reader.value(&section, "builders", settings::text);
    let count = reader.value(&section, "count", settings::positive_count);
    let module = reader.value(&section, "module", settings::text);
    let lasts = reader.value(&section, "for", settings::interval);
    if kind == Some(FaultKind::BuildersDown) && builders.is_none() {
        reader.wrong(node.place, "`faults.builders` is missing: name the builders that go down");
    }
    let of_module = [FaultKind::ModuleCanceled, FaultKind::SourceMissing];
    if kind.is_some_and(|kind| of_module.contains(&kind)) && module.is_none() {
        reader.wrong(node.place, "`faults.module` is missing: name a module");
    }
    let belongs = [
        ("builders", &[FaultKind::BuildersDown][..]),
        ("count", &[FaultKind::BuildersDown]),
        ("module", &of_module),
        ("after", &[FaultKind::OrchestratorCrash]),
    ];
    for (key, to) in belongs {
        let is_elsewhere = kind.is_some_and(|kind| !to.contains(&kind));
        if let Some(node) = section.find(key).filter(|_| is_elsewhere) {
            let to: Vec<String> = to.iter().map(|kind| format!("`{}`", kind.as_str())).collect();
            reader.wrong(node.place, format!("`faults.{key}` is for {} only", to.join(" and ")));
        }
    }
    if let Some(node) = section.find("for").filter(|_| kind == Some(FaultKind::ModuleCanceled)) {
        reader.wrong(node.place, "`faults.for` does not apply to `module-canceled`");
    }
    let line = node.place.line;
    Some(Fault { at: at?, after, kind: kind?, builders, count, module, lasts, line })
}

/// An orchestrator that is down cannot crash.
fn check_crashes(reader: &mut Reader, earlier: &[Fault], fault: &Fault, node: &Node) {
    let is_crash = |fault: &&Fault| fault.kind == FaultKind::OrchestratorCrash;
    let end = |fault: &Fault| fault.at + fault.lasts.unwrap_or_default();
    // Only the run shows when the event after which it crashes is handled.
    let overlaps = |other: &&Fault| match (other.after, fault.after) {
        (None, None) => other.at <= end(fault) && fault.at <= end(other),
        (earlier, later) => earlier == later,
    };
    if !is_crash(&fault) {
        return;
    }
    if let Some(other) = earlier.iter().filter(is_crash).find(overlaps) {
        let line = other.line;
        let what = "the orchestrator crashes while it is already down because of line";
        reader.wrong(node.place, format!("{what} {line}"));
    }
}
