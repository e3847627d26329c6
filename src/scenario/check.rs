//! Settings of a scenario that have no effect, or not the expected one, on any farm and plan. They
//! are harmless but probably mistakes, so they are warnings.

use super::{Builds, Fault, FaultKind, Gate, Outcomes, Scenario, Tests};
use crate::load::{Code, Finding, Place};
use crate::settings::{Section, Value};

/// Returns settings without effect, in the order of the file.
pub(super) fn unused(file: &Section<'_>, scenario: &Scenario) -> Vec<Finding> {
    let mut unused = Unused { file, remarks: Vec::new() };
    unused.builds(scenario);
    unused.tests(&scenario.tests);
    unused.people(scenario);
    unused.contradictions(scenario);
    unused.remarks.sort_by_key(|remark| remark.place);
    unused.remarks
}

struct Unused<'f, 'n> {
    file: &'f Section<'n>,
    remarks: Vec<Finding>,
}

impl Unused<'_, '_> {
    fn warn(&mut self, place: Option<Place>, message: String) {
        self.remarks.extend(place.map(|place| Finding::new(Code::SettingUnused, place, message)));
    }

    /// Reports a key that has no effect, if it is given.
    fn key(&mut self, section: &str, key: &str, why: &str) {
        let place = self.file.place_below(section, key);
        self.warn(place, format!("`{section}.{key}` has no effect: {why}"));
    }

    fn builds(&mut self, scenario: &Scenario) {
        let Builds { outcomes, failure_rate, flaky_share, retries } = scenario.builds;
        let is_flaky = flaky_share > 0.0;
        match outcomes {
            Outcomes::Replay => {
                let why = "outcomes come from the trace unless `outcomes: rate` is set";
                if failure_rate > 0.0 {
                    self.key("builds", "failure_rate", why);
                }
                if is_flaky {
                    self.key("builds", "flaky_share", why);
                }
            }
            Outcomes::AlwaysPass if is_flaky => {
                self.key("builds", "flaky_share", "with `outcomes: always-pass` no build fails");
            }
            Outcomes::Rate if failure_rate <= 0.0 => {
                let why = "`builds.failure_rate` is missing or 0, and every build passes";
                self.key("builds", "outcomes", why);
                if is_flaky {
                    self.key("builds", "flaky_share", why);
                }
            }
            Outcomes::AlwaysPass | Outcomes::Rate => {}
        }
        if retries > 0 && !may_fail(scenario) {
            self.key("builds", "retries", "no setting makes a build fail");
        }
    }

    fn tests(&mut self, tests: &Tests) {
        let (of_components, of_modules) =
            (has_gate(tests, Gate::Component), has_gate(tests, Gate::Module));
        if !of_components && !of_modules {
            if *tests != (Tests { gate: tests.gate, ..Tests::default() }) {
                let place = self.file.place_of("tests");
                self.warn(place, "`tests` have no effect: there is no `tests.gate`".to_owned());
            }
            return;
        }
        for (has_gate, keys, what) in [
            (of_components, ["component", "detect_component"], "components"),
            (of_modules, ["module", "detect_module"], "modules"),
        ] {
            for key in keys.into_iter().filter(|_| !has_gate) {
                self.key("tests", key, &format!("no `tests.gate` is one of {what}"));
            }
        }
        for (has_gate, share, key) in [
            (of_components, tests.detect_component, "detect_component"),
            (of_modules, tests.detect_module, "detect_module"),
        ] {
            if has_gate && share > 0.0 && tests.defect_rate <= 0.0 {
                let why = "`tests.defect_rate` is missing or 0, and nothing has a defect";
                self.key("tests", key, why);
            }
        }
        let takes_time =
            (of_components && tests.component.is_some()) || (of_modules && tests.module.is_some());
        if tests.workers.is_some() && !takes_time {
            self.key("tests", "workers", "tests take no time, without `component` or `module`");
        }
        if tests.timeout.is_some() && tests.gate.orchestrator_owned == Gate::None {
            let why = "orchestrator-owned has no gate, and koji-owned waits for ever";
            self.key("tests", "timeout", why);
        }
    }

    fn people(&mut self, scenario: &Scenario) {
        let Some(people) = &scenario.people else { return };
        let is_gated =
            has_gate(&scenario.tests, Gate::Component) || has_gate(&scenario.tests, Gate::Module);
        if !is_gated && !may_fail(scenario) {
            let place = self.file.place_of("people");
            let why = "there is no `tests.gate`, and no setting makes a build fail";
            self.warn(place, format!("`people` have no effect: {why}"));
        } else if !is_gated && people.waive_share > 0.0 {
            self.key(
                "people",
                "waive_share",
                "only tests are waived, and there is no `tests.gate`",
            );
        }
    }

    /// Settings whose effect is not the one that their neighbours suggest.
    fn contradictions(&mut self, scenario: &Scenario) {
        let tests = &scenario.tests;
        let instead = match tests.gate.koji_owned {
            Gate::Component => Some("every build passes there"),
            Gate::Both => Some("only modules are tested there"),
            Gate::None | Gate::Module => None,
        };
        if let Some(instead) = instead {
            let why = "a `tests.gate` for components has no effect in koji-owned, which handles \
                       whole modules only";
            self.warn(self.file.place_below("tests", "gate"), format!("{why}: {instead}"));
        }
        let owned = tests.gate.orchestrator_owned;
        for (of, took, key) in [
            (Gate::Component, tests.component, "component"),
            (Gate::Module, tests.module, "module"),
        ] {
            let is_gated = owned == of || owned == Gate::Both;
            let is_short = tests.timeout.zip(took).is_some_and(|(limit, took)| limit < took.p50);
            if is_gated && is_short {
                let place = self.file.place_below("tests", "timeout");
                let why = "most results would be requested again before they arrive";
                self.warn(place, format!("`tests.timeout` is below `tests.{key}.p50`: {why}"));
            }
        }
        let Some(Value::List(nodes)) = self.file.find("faults").map(|node| &node.value) else {
            return;
        };
        let always_pass = scenario.builds.outcomes == Outcomes::AlwaysPass;
        for (fault, node) in scenario.faults.iter().zip(nodes) {
            if always_pass && fault.kind == FaultKind::BasePackageBroken {
                let what = "builds fail while this `base-package-broken` lasts, in spite of \
                            `outcomes: always-pass`";
                self.warn(Some(node.place), what.to_owned());
            }
        }
    }
}

/// Returns whether either approach tests components, or modules.
fn has_gate(tests: &Tests, of: Gate) -> bool {
    let gates = [tests.gate.koji_owned, tests.gate.orchestrator_owned];
    gates.iter().any(|gate| *gate == of || *gate == Gate::Both)
}

/// Returns whether a build may fail or be canceled.
fn may_fail(scenario: &Scenario) -> bool {
    let fails = |fault: &Fault| match fault.kind {
        FaultKind::BuildersDown
        | FaultKind::HubOffline
        | FaultKind::HubRefusing
        | FaultKind::RepoFailure
        | FaultKind::BasePackageBroken
        | FaultKind::ModuleCanceled
        | FaultKind::SourceMissing => true,
        FaultKind::OrchestratorCrash
        | FaultKind::BusOutage
        | FaultKind::PdcDown
        | FaultKind::PdcStale
        | FaultKind::SourcesDown => false,
    };
    let by_outcome = match scenario.builds.outcomes {
        Outcomes::Replay => true,
        Outcomes::Rate => scenario.builds.failure_rate > 0.0,
        Outcomes::AlwaysPass => false,
    };
    by_outcome || scenario.faults.iter().any(fails)
}
