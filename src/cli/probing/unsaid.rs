//! What a scenario left unsaid, said otherwise: a number is halved and doubled, and where there is
//! nothing to halve, a value of ours is tried that is named with it.

use modplan::scenario::{ByApproach, Fault, FaultKind, Gate, People, Quantiles, Scenario};
use modplan::time::Millis;

/// One value said otherwise.
pub(super) struct Said {
    pub(super) setting: &'static str,
    pub(super) from: String,
    pub(super) to: String,
    /// By what a number is multiplied.
    pub(super) factor: Option<f64>,
    pub(super) scenario: Scenario,
}

/// Returns the scenarios in which one assumed value is another. What breaks at a moment
/// breaks after a third of a run.
pub(super) fn unsaid(scenario: &Scenario, third: Millis) -> Vec<Said> {
    let values = scenario.not_given().into_iter();
    values.flat_map(|(setting, from)| otherwise(setting, &from, scenario, third)).collect()
}

fn otherwise(setting: &'static str, from: &str, scenario: &Scenario, third: Millis) -> Vec<Said> {
    let said = |to: &str, factor: Option<f64>, change: &dyn Fn(&mut Scenario)| {
        let mut other = scenario.clone();
        change(&mut other);
        Said { setting, from: from.to_owned(), to: to.to_owned(), factor, scenario: other }
    };
    let one = |to: &str, change: &dyn Fn(&mut Scenario)| vec![said(to, None, change)];
    let minutes = |p50: u64, p90: u64| Quantiles {
        p50: Millis::from_secs(60 * p50),
        p90: Millis::from_secs(60 * p90),
    };
    let tests = minutes(20, 60);
    match setting {
        "builds.retries" => one("1", &|other| other.builds.retries = 1),
        "tests.gate" => one("module, tests of 20m (one in ten over 60m)", &|other| {
            let gate = Gate::Module;
            other.tests.gate = ByApproach { koji_owned: gate, orchestrator_owned: gate };
            other.tests.module = Some(tests);
        }),
        "tests.defect_rate" => one("0.002", &|other| other.tests.defect_rate = 0.002),
        "tests.false_alarm" => one("0.01", &|other| other.tests.false_alarm = 0.01),
        "tests.component" => {
            one("20m (one in ten over 60m)", &|other| other.tests.component = Some(tests))
        }
        "tests.module" => {
            one("20m (one in ten over 60m)", &|other| other.tests.module = Some(tests))
        }
        "tests.workers" => one("10", &|other| other.tests.workers = Some(10)),
        "people" => one("half mend it in 2h, one in ten after 12h", &|other| {
            other.people = Some(People { fix: minutes(120, 720), waive_share: 0.0 });
        }),
        "bus.delay" => one("30s", &|other| other.bus.delay = Millis::from_secs(30)),
        "bus.loss" => one("0.02", &|other| other.bus.loss = 0.02),
        "orchestrator_owned.poll" => {
            let poll = scenario.orchestrator_owned.poll;
            let times = |factor: f64, to: Millis| {
                let change = |other: &mut Scenario| other.orchestrator_owned.poll = to;
                said(&to.to_string(), Some(factor), &change)
            };
            vec![times(0.5, Millis(poll.0 / 2)), times(2.0, Millis(poll.0 * 2))]
        }
        "orchestrator_owned.submit_limit" => {
            one("20", &|other| other.orchestrator_owned.submit_limit = Some(20))
        }
        "faults" => one(&format!("hub-offline at {third} for 1h"), &|other| {
            other.faults = vec![Fault {
                at: third,
                after: None,
                kind: FaultKind::HubOffline,
                builders: None,
                count: None,
                module: None,
                lasts: Some(Millis::from_secs(3600)),
                line: 0,
            }];
        }),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_left_unsaid_is_said_otherwise() {
        for text in [
            "{}",
            "tests: {gate: both}",
            "tests: {gate: component}\npeople: {fix: {p50: 1h, p90: 2h}}",
        ] {
            let scenario = Scenario::read(text.as_bytes(), 0).unwrap();
            let tried = unsaid(&scenario, Millis::from_secs(3600));
            for (key, value) in scenario.not_given() {
                let of: Vec<&Said> = tried.iter().filter(|said| said.setting == key).collect();
                assert!(!of.is_empty(), "{key} is not tried otherwise");
                for said in of {
                    assert_eq!(said.from, value);
                    assert_ne!(said.to, value, "{key}");
                    assert_ne!(said.scenario, scenario, "{key}");
                }
            }
        }
    }
}
