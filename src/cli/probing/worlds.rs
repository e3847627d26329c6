//! The worlds that are tried: one setting taken back, one trouble alone, or one assumed number
//! halved or doubled.

use modplan::farm::{Farm, Model};
use modplan::report::{ProbeKind, Trial};
use modplan::scenario::{
    Bus, ByApproach, Fault, FaultKind, Gate, Outcomes, People, Quantiles, Scenario, Tests,
};
use modplan::time::Millis;

use super::unsaid::unsaid;

/// A world with one setting changed.
pub(super) struct Other {
    pub(super) trial: Trial,
    pub(super) farm: Farm,
    pub(super) scenario: Scenario,
}

fn gates(gate: ByApproach<Gate>) -> String {
    let ByApproach { koji_owned, orchestrator_owned } = gate;
    match koji_owned == orchestrator_owned {
        true => koji_owned.as_str().to_owned(),
        false => format!("{}, {}", koji_owned.as_str(), orchestrator_owned.as_str()),
    }
}

fn both(gate: Gate) -> ByApproach<Gate> {
    ByApproach { koji_owned: gate, orchestrator_owned: gate }
}

/// Returns the worlds in which one setting is taken back.
pub(super) fn ablations(farm: &Farm, scenario: &Scenario) -> Vec<Other> {
    let mut others = Vec::new();
    let mut add = |setting: &str, from: &str, to: &str, scenario: Scenario, farm: &Farm| {
        let trial = Trial::new(ProbeKind::Ablation, setting, from, to);
        others.push(Other { trial, farm: farm.clone(), scenario });
    };
    let Scenario { tests, builds, bus, people, orchestrator_owned, faults, .. } = scenario;
    for gate in [tests.gate.koji_owned, tests.gate.orchestrator_owned, Gate::None] {
        let other = Tests { gate: both(gate), ..tests.clone() };
        if other.gate != tests.gate {
            let from = gates(tests.gate);
            let other = Scenario { tests: other, ..scenario.clone() };
            add("tests.gate", &from, gate.as_str(), other, farm);
        }
    }
    if builds.outcomes != Outcomes::AlwaysPass {
        let mut other = scenario.clone();
        (other.builds.outcomes, other.builds.failure_rate) = (Outcomes::AlwaysPass, 0.0);
        add("builds.outcomes", "as given", "always-pass", other, farm);
    }
    if builds.retries > 0 {
        let mut other = scenario.clone();
        other.builds.retries = 0;
        add("builds.retries", &builds.retries.to_string(), "0", other, farm);
    }
    if *bus != Bus::default() {
        let other = Scenario { bus: Bus::default(), ..scenario.clone() };
        let from = format!("delay {}, loss {}", bus.delay, bus.loss);
        add("bus", &from, "no delay, no loss", other, farm);
    }
    if people.is_some() {
        let other = Scenario { people: None, ..scenario.clone() };
        add("people", "as given", "nobody", other, farm);
    }
    for (at, fault) in faults.iter().enumerate() {
        let mut other = scenario.clone();
        other.faults.remove(at);
        let from = format!("{} at {}", fault.kind.as_str(), fault.at);
        add("faults", &from, "without it", other, farm);
    }
    if let Some(limit) = orchestrator_owned.submit_limit {
        let mut other = scenario.clone();
        other.orchestrator_owned.submit_limit = None;
        add("orchestrator_owned.submit_limit", &limit.to_string(), "none", other, farm);
    }
    if farm.model == Model::Koji {
        let ideal = Farm { model: Model::Ideal, ..farm.clone() };
        add("model", "koji", "ideal", scenario.clone(), &ideal);
    }
    others
}

/// Returns whether a scenario has gates, people, faults, retries or a bus of its own: one of them may
/// be what decides.
pub(in crate::cli) fn is_troubled(scenario: &Scenario) -> bool {
    let Scenario { tests, builds, bus, people, faults, .. } = scenario;
    let Tests { gate, .. } = tests;
    let has_gate = [gate.koji_owned, gate.orchestrator_owned].iter().any(|g| *g != Gate::None);
    has_gate
        || people.is_some()
        || !faults.is_empty()
        || builds.retries > 0
        || *bus != Bus::default()
}

/// Returns the scenario without any trouble.
pub(super) fn calm(scenario: &Scenario) -> Scenario {
    let mut calm = scenario.clone();
    calm.faults.clear();
    (calm.places.builders, calm.places.module) = (Vec::new(), Vec::new());
    (calm.builds.outcomes, calm.builds.failure_rate) = (Outcomes::AlwaysPass, 0.0);
    calm.bus.loss = 0.0;
    calm.tests.gate = both(Gate::Module);
    (calm.tests.defect_rate, calm.tests.false_alarm, calm.tests.missing) = (0.0, 0.0, 0.0);
    calm
}

/// Returns the worlds with one trouble each; what the scenario says of it, else a value of ours that
/// is named with it. What breaks at a moment breaks after a third of a run.
pub(super) fn troubles(farm: &Farm, calm: &Scenario, third: Millis) -> Vec<Other> {
    let mut others = Vec::new();
    let mut add = |setting: &str, to: &str, scenario: Scenario| {
        let trial = Trial::new(ProbeKind::Trouble, setting, "calm", to);
        others.push(Other { trial, farm: farm.clone(), scenario });
    };
    let with = |change: &dyn Fn(&mut Scenario)| {
        let mut other = calm.clone();
        change(&mut other);
        other
    };
    let hour = Millis::from_secs(3600);
    let lost = with(&|other| other.bus.loss = 0.02);
    add("lost messages", "bus.loss 0.02", lost);
    let crash = fault(FaultKind::OrchestratorCrash, third, Some(Millis::from_secs(600)));
    add(
        "crash",
        &format!("orchestrator-crash at {third} for 10m"),
        with(&|other| other.faults = vec![crash.clone()]),
    );
    let failed = with(&|other| {
        (other.builds.outcomes, other.builds.failure_rate) = (Outcomes::Rate, 0.002);
        (other.builds.flaky_share, other.builds.retries) = (1.0, 1);
    });
    add("failed component", "failure_rate 0.002, all flaky, 1 retry", failed);
    let waived = with(&|other| {
        other.tests.false_alarm = 0.05;
        let fix = Quantiles { p50: Millis(8 * hour.0), p90: Millis(24 * hour.0) };
        other.people = Some(People { fix, waive_share: 1.0 });
    });
    add("waived test", "false_alarm 0.05, all waived (half in 8h)", waived);
    let away = fault(FaultKind::HubOffline, third, Some(hour));
    add(
        "hub away",
        &format!("hub-offline at {third} for 1h"),
        with(&|other| other.faults = vec![away.clone()]),
    );
    others
}

fn fault(kind: FaultKind, at: Millis, lasts: Option<Millis>) -> Fault {
    Fault { at, after: None, kind, builders: None, count: None, module: None, lasts, line: 0 }
}

/// Returns the worlds in which one assumed value is another: numbers of a farm, by their
/// names, are halved and doubled, and what a scenario left unsaid is [said otherwise](unsaid).
pub(super) fn assumed(
    farm: &Farm,
    scenario: &Scenario,
    open: &[String],
    third: Millis,
) -> Vec<Other> {
    let mut others = Vec::new();
    for (name, factor) in open.iter().flat_map(|name| [(name, 0.5), (name, 2.0)]) {
        let mut other = farm.clone();
        let Some(mut dial) = other.dial(name) else { continue };
        let from = dial.text();
        let is_other = if factor > 1.0 { dial.double() } else { dial.halve() };
        let trial = Trial::new(ProbeKind::Assumed, name, &from, &dial.text());
        if is_other {
            let trial = Trial { factor: Some(factor), ..trial };
            others.push(Other { trial, farm: other, scenario: scenario.clone() });
        }
    }
    for said in unsaid(scenario, third) {
        let trial = Trial::new(ProbeKind::Assumed, said.setting, &said.from, &said.to);
        let trial = Trial { factor: said.factor, ..trial };
        others.push(Other { trial, farm: farm.clone(), scenario: said.scenario });
    }
    others
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_setting_changes_at_a_time() {
        let scenario = Scenario::read(
            b"tests: {gate: {koji-owned: module, orchestrator-owned: both}}\n\
              builds: {outcomes: rate, failure_rate: 0.1, retries: 2}\n\
              faults: [{at: 1h, kind: hub-offline, for: 1h}]\n",
            0,
        );
        let scenario = scenario.unwrap();
        let farm = Farm { model: Model::Koji, ..Farm::default() };
        let others = ablations(&farm, &scenario);
        let told: Vec<String> = others
            .iter()
            .map(|Other { trial, .. }| format!("{}: {} -> {}", trial.setting, trial.from, trial.to))
            .collect();
        assert_eq!(
            told,
            [
                "tests.gate: module, both -> module",
                "tests.gate: module, both -> both",
                "tests.gate: module, both -> none",
                "builds.outcomes: as given -> always-pass",
                "builds.retries: 2 -> 0",
                "faults: hub-offline at 1h 00m -> without it",
                "model: koji -> ideal",
            ]
        );
        assert!(others[5].scenario.faults.is_empty());
        assert_eq!(others[4].scenario.faults.len(), 1);
    }

    #[test]
    fn every_number_nobody_gave_is_halved_and_doubled() {
        let text =
            b"model: koji\nbuilders: [{name: x86, count: 1, arches: [x86_64], capacity: 4}]\n\
                     hub: {run_interval: 30s}\n";
        let farm = Farm::read(text, 0).unwrap();
        let open: Vec<String> = farm.not_given().into_iter().map(|(name, _)| name).collect();
        let others = assumed(&farm, &Scenario::default(), &open, Millis::from_secs(3600));
        let of = |setting: &str| {
            let of = others.iter().filter(|other| other.trial.setting == setting);
            of.map(|other| other.trial.to.clone()).collect::<Vec<_>>()
        };
        assert_eq!(of("builders.x86.max_jobs"), ["5", "20"]);
        assert_eq!(of("orchestrator_owned.poll"), ["5m 00s", "20m 00s"]);
        assert!(of("builders.x86.capacity").is_empty() && of("hub.run_interval").is_empty());
    }
}
