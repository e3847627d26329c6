//! The scenario file.

use super::{
    Arrival, Builds, Bus, ByApproach, Dispatch, Fault, FaultKind, Gate, OrchestratorOwned,
    Outcomes, People, Quantiles, Scenario, Tests,
};
use crate::load::Finding;
use crate::name::Selector;
use crate::settings::{self, Node, Reader, Section, Value};

/// Keys that are read and checked, but refused until what they ask for is simulated.
const UNSUPPORTED: &[&str] = &[
    "builds.failure_rate",
    "builds.flaky_share",
    "builds.retries",
    "tests.defect_rate",
    "tests.detect_component",
    "tests.detect_module",
    "tests.false_alarm",
    "tests.component",
    "tests.module",
    "tests.workers",
    "people",
    "bus",
    "orchestrator_owned.submit_limit",
    "orchestrator_owned.poll",
    "arrivals",
    "faults",
];

impl Scenario {
    /// Reads a scenario file; `input` is what the findings' places call the file.
    ///
    /// # Errors
    /// Every problem found, each with line and column; a scenario with a problem is none.
    pub fn read(bytes: &[u8], input: u32) -> Result<Self, Vec<Finding>> {
        let root = settings::parse(bytes, input).map_err(|finding| vec![finding])?;
        let mut reader = Reader::new(UNSUPPORTED);
        let known = [
            "builds",
            "tests",
            "people",
            "bus",
            "cascade",
            "orchestrator_owned",
            "arrivals",
            "faults",
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
            scenario.arrivals.extend(arrival(&mut reader, node));
        }
        for node in reader.items(&file, "faults").unwrap_or_default() {
            scenario.faults.extend(fault(&mut reader, node));
        }
        reader.finish(scenario)
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
    let outcomes = |text: &str| match settings::word(text, &words)? {
        Outcomes::Rate if UNSUPPORTED.contains(&"builds.failure_rate") => {
            Err("rate is not yet supported".to_owned())
        }
        outcomes @ (Outcomes::Replay | Outcomes::Rate | Outcomes::AlwaysPass) => Ok(outcomes),
    };
    Builds {
        outcomes: reader.value(&section, "outcomes", outcomes).unwrap_or_default(),
        failure_rate: share(reader, &section, "failure_rate"),
        flaky_share: share(reader, &section, "flaky_share"),
        retries: reader.value(&section, "retries", settings::count).unwrap_or_default(),
    }
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
    ];
    let section = reader.section(node, "tests", &known);
    Tests {
        gate: gates(reader, &section).unwrap_or_default(),
        defect_rate: share(reader, &section, "defect_rate"),
        detect_component: share(reader, &section, "detect_component"),
        detect_module: share(reader, &section, "detect_module"),
        false_alarm: share(reader, &section, "false_alarm"),
        component: quantiles(reader, &section, ("component", "tests.component")),
        module: quantiles(reader, &section, ("module", "tests.module")),
        workers: reader.value(&section, "workers", settings::positive_count),
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
    match settings::word(text, &words)? {
        Gate::None => Ok(Gate::None),
        Gate::Module | Gate::Component | Gate::Both => Err(format!("{text} is not yet supported")),
    }
}

/// Reads `{p50: …, p90: …}`; the key comes with its path.
fn quantiles(
    reader: &mut Reader,
    section: &Section<'_>,
    (key, path): (&str, &'static str),
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
    let fix = quantiles(reader, &section, ("fix", "people.fix"))?;
    Some(People { fix, waive_share })
}

fn bus(reader: &mut Reader, node: &Node) -> Bus {
    let section = reader.section(node, "bus", &["delay", "loss", "duplicate"]);
    Bus {
        delay: reader.value(&section, "delay", settings::duration).unwrap_or_default(),
        loss: share(reader, &section, "loss"),
        duplicate: share(reader, &section, "duplicate"),
    }
}

fn builds_max(reader: &mut Reader, node: &Node) -> Option<u64> {
    let section = reader.section(node, "cascade", &["max_builds"]);
    reader.value(&section, "max_builds", settings::positive_count).map(u64::from)
}

fn orchestrator_owned(reader: &mut Reader, node: &Node) -> OrchestratorOwned {
    let known = ["dispatch", "submit_limit", "poll"];
    let section = reader.section(node, "orchestrator_owned", &known);
    let words = [("graph", Dispatch::Graph), ("batch", Dispatch::Batch), ("wave", Dispatch::Wave)];
    let dispatch = reader.value(&section, "dispatch", |text| settings::word(text, &words));
    let mut settings_read = OrchestratorOwned {
        dispatch: dispatch.unwrap_or_default(),
        submit_limit: reader.value(&section, "submit_limit", settings::positive_count),
        ..OrchestratorOwned::default()
    };
    if let Some(poll) = reader.value(&section, "poll", settings::interval) {
        settings_read.poll = poll;
    }
    settings_read
}

fn arrival(reader: &mut Reader, node: &Node) -> Option<Arrival> {
    let section = reader.section(node, "arrivals", &["every", "changed", "class", "within"]);
    let every = reader.required(&section, "every", settings::interval);
    reader.require(&section, "changed");
    let stream = |text: &str| text.parse::<Selector>().map_err(|error| error.to_string());
    let changed = reader.values(&section, "changed", stream);
    let class = reader.value(&section, "class", settings::text);
    let within = reader.value(&section, "within", settings::interval);
    Some(Arrival { every: every?, changed: changed?, class, within })
}

fn fault(reader: &mut Reader, node: &Node) -> Option<Fault> {
    let known = ["at", "kind", "builders", "count", "for"];
    let section = reader.section(node, "faults", &known);
    let words = [
        ("builders-down", FaultKind::BuildersDown),
        ("hub-offline", FaultKind::HubOffline),
        ("orchestrator-crash", FaultKind::OrchestratorCrash),
        ("bus-outage", FaultKind::BusOutage),
        ("repo-failure", FaultKind::RepoFailure),
        ("base-package-broken", FaultKind::BasePackageBroken),
    ];
    let at = reader.required(&section, "at", settings::duration);
    let kind = reader.required(&section, "kind", |text| settings::word(text, &words));
    let builders = reader.value(&section, "builders", settings::text);
    let count = reader.value(&section, "count", settings::positive_count);
    let lasts = reader.value(&section, "for", settings::interval);
    if kind == Some(FaultKind::BuildersDown) && builders.is_none() {
        reader.wrong(node.place, "`faults.builders` is missing: which builders go down?");
    }
    Some(Fault { at: at?, kind: kind?, builders, count, lasts })
}
