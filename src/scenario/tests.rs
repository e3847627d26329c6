use super::*;
use crate::load::Code;

fn refused(text: &str) -> Vec<(u32, Code, String)> {
    let findings = Scenario::read(text.as_bytes(), 0).unwrap_err();
    findings.into_iter().map(|f| (f.place.line, f.code, f.message)).collect()
}

#[test]
fn an_empty_scenario_is_no_scenario() {
    assert_eq!(Scenario::read(b"", 0).unwrap(), Scenario::default());
    assert_eq!(Scenario::read(b"builds:\ntests: {}\n", 0).unwrap(), Scenario::default());
    let scenario = Scenario::default();
    assert_eq!(scenario.builds_max, 10_000);
    assert_eq!(scenario.orchestrator_owned.poll, Millis::from_secs(600));
}

#[test]
fn what_is_supported_is_read() {
    let scenario = Scenario::read(
        b"builds: {outcomes: always-pass}\n\
          tests: {gate: {koji-owned: none}}\n\
          cascade: {max_builds: 50}\n\
          orchestrator_owned: {dispatch: wave}\n",
        0,
    )
    .unwrap();
    assert_eq!(scenario.builds.outcomes, Outcomes::AlwaysPass);
    assert_eq!(scenario.builds_max, 50);
    assert_eq!(scenario.orchestrator_owned.dispatch, Dispatch::Wave);
}

#[test]
fn who_makes_the_repo_is_koji_unless_the_file_says() {
    let read = |text: &str| Scenario::read(text.as_bytes(), 0).unwrap().orchestrator_owned.repo;
    assert_eq!(read("orchestrator_owned: {poll: 5m}\n"), RepoMaker::Koji);
    assert_eq!(read("orchestrator_owned: {repo: koji}\n"), RepoMaker::Koji);
    assert_eq!(read("orchestrator_owned: {repo: self}\n"), RepoMaker::Orchestrator);
    let problems = refused("orchestrator_owned:\n  repo: mash\n");
    let told = "`orchestrator_owned.repo` must be one of koji, self, not `mash`";
    assert_eq!(problems, [(2, problems[0].1, told.to_owned())]);
}

#[test]
fn an_orchestrator_that_polls_more_than_once_a_second_is_told() {
    let read = |poll: &str| format!("orchestrator_owned:\n  dispatch: graph\n  poll: {poll}\n");
    let least = Scenario::read(read("1s").as_bytes(), 0).unwrap();
    assert_eq!(least.orchestrator_owned.poll, Millis::from_secs(1));
    for poll in ["999ms", "1ms", "0s"] {
        let told = format!("`orchestrator_owned.poll` must be 1s or longer, not `{poll}`");
        assert_eq!(refused(&read(poll)), [(3, Code::SettingValue, told)]);
    }
}

#[test]
fn a_whole_scenario_is_read() {
    let scenario = Scenario::read(
        b"builds: {outcomes: rate, failure_rate: 0.002, flaky_share: 0.3, retries: 1}\n\
          tests:\n  gate: {koji-owned: module, orchestrator-owned: both}\n  defect_rate: 0.002\n  \
          detect_component: 0.7\n  detect_module: 0.9\n  false_alarm: 0.001\n  missing: 0.01\n  \
          timeout: 6h\n  component: {p50: 10m, p90: 30m}\n  workers: 20\n\
          people: {fix: {p50: 8h, p90: 3d}, waive_share: 0.2}\n\
          bus: {delay: 2s, jitter: 1s, loss: 0.01, duplicate: 0.02}\n\
          faults:\n- {at: 2h, kind: builders-down, builders: x86, count: 5, for: 1h}\n\
          - {at: 3h, kind: pdc-stale}\n",
        0,
    )
    .unwrap();
    assert_eq!(scenario.tests.gate.koji_owned, Gate::Module);
    assert_eq!(scenario.tests.gate.orchestrator_owned, Gate::Both);
    assert_eq!(scenario.tests.timeout, Some(Millis::from_secs(6 * 3600)));
    assert_eq!(scenario.bus.jitter, Millis::from_secs(1));
    let kinds: Vec<(u32, FaultKind)> = scenario.faults.iter().map(|f| (f.line, f.kind)).collect();
    assert_eq!(kinds, [(15, FaultKind::BuildersDown), (16, FaultKind::PdcStale)]);
}

#[test]
fn arrivals_are_read_and_come_for_four_weeks_unless_the_file_says() {
    let text = "arrivals:\n- {every: 3d, changed: [perl:5.30], class: security, within: 24h}\n\
                - {every: 1d, changed: [httpd], for: 7d}\n";
    let scenario = Scenario::read(text.as_bytes(), 0).unwrap();
    let days = |days: u64| Millis::from_secs(days * 86_400);
    let [security, other] = scenario.arrivals.as_slice() else { panic!() };
    assert_eq!((security.every, security.lasts, security.line), (days(3), days(28), 2));
    assert_eq!((security.within, security.class.as_deref()), (Some(days(1)), Some("security")));
    assert_eq!((other.lasts, other.within), (days(7), None));
    let problems = refused("arrivals:\n- {every: 0s, changed: [perl:5.30]}\n- {every: 1d}\n");
    let lines: Vec<u32> = problems.iter().map(|(line, _, _)| *line).collect();
    assert_eq!(lines, [2, 3]);
}

#[test]
fn the_places_of_what_only_farm_and_plan_know_are_kept() {
    let text = "arrivals: [{every: 1d, changed: [perl:5.30]}]\n\
                faults:\n- at: 1h\n  kind: module-canceled\n  module: perl:5.30\n\
                - {at: 1h, kind: builders-down, builders: x86}\n- {at: 1h, kind: pdc-down}\n";
    let places = Scenario::read(text.as_bytes(), 0).unwrap().places;
    let place = |line, column| Some(Place { input: 0, line, column });
    assert_eq!(places.changed, [place(1, 24)]);
    assert_eq!(places.module, [place(5, 3), None, None]);
    assert_eq!(places.builders, [None, place(6, 33), None]);
}

#[test]
fn contradictions_and_unknown_faults_are_told_with_their_line() {
    let problems = refused(
        "builds: {outcomes: always-pass, failure_rate: 0.1}\n\
         faults:\n- {at: 1h, kind: hub-offline, count: 2}\n- {at: 1h, kind: builders-down}\n\
         - {at: 1h, kind: hub-ofline}\n- {at: 2h, kind: orchestrator-crash, for: 1h}\n\
         - {at: 150m, kind: orchestrator-crash}\n",
    );
    let told: Vec<(u32, &str)> = problems.iter().map(|(line, _, text)| (*line, &**text)).collect();
    assert_eq!(
        told,
        [
            (
                1,
                "`builds.failure_rate` contradicts `outcomes: always-pass`: write `outcomes: rate`"
            ),
            (3, "`faults.count` is for `builders-down` only"),
            (4, "`faults.builders` is missing: name the builders that go down"),
            (
                5,
                "`faults.kind` must be one of builders-down, hub-offline, hub-refusing, \
                 orchestrator-crash, bus-outage, repo-failure, base-package-broken, module-canceled, \
                 pdc-down, pdc-stale, sources-down, source-missing, not `hub-ofline`; did you mean \
                 `hub-offline`?"
            ),
            (7, "the orchestrator crashes while it is already down because of line 6"),
        ]
    );
}

#[test]
fn a_crash_has_a_time_or_an_event_and_not_both() {
    let text = "faults:\n- {after: 3, kind: orchestrator-crash}\n\
                - {after: 9, kind: orchestrator-crash, for: 1h}\n- {at: 1h, kind: orchestrator-crash}\n";
    let faults = Scenario::read(text.as_bytes(), 0).unwrap().faults;
    let read: Vec<_> = faults.iter().map(|f| (f.at.0, f.after, f.lasts.is_some())).collect();
    assert_eq!(read, [(0, Some(3), false), (0, Some(9), true), (3_600_000, None, false)]);
    let problems = refused(
        "faults:\n- {after: 3, at: 1h, kind: orchestrator-crash}\n- {kind: orchestrator-crash}\n\
         - {after: 3, kind: hub-offline}\n- {after: 0, kind: orchestrator-crash}\n\
         - {after: 7, kind: orchestrator-crash}\n- {after: 7, kind: orchestrator-crash}\n\
         - {at: 1h, kind: source-missing}\n- {at: 1h, kind: pdc-down, module: 'a:1'}\n",
    );
    let told: Vec<(u32, &str)> = problems.iter().map(|(line, _, text)| (*line, &**text)).collect();
    assert_eq!(
        told,
        [
            (2, "`faults.after` and `faults.at` exclude each other"),
            (3, "`faults.at` is missing"),
            (4, "`faults.after` is for `orchestrator-crash` only"),
            (5, "`faults.after` must be at least 1"),
            (7, "the orchestrator crashes while it is already down because of line 6"),
            (8, "`faults.module` is missing: name a module"),
            (9, "`faults.module` is for `module-canceled` and `source-missing` only"),
        ]
    );
}

#[test]
fn unknown_keys_and_wrong_words_say_what_was_meant() {
    let findings = Scenario::read(b"cascades: {}\nbuilds: {outcomes: reply}\n", 0).unwrap_err();
    assert_eq!(findings[0].hint.as_deref(), Some("did you mean `cascade`?"));
    assert!(findings[1].message.ends_with("did you mean `replay`?"), "{}", findings[1].message);
}

fn remarks(text: &str) -> Vec<(u32, String)> {
    let remarks = Scenario::read(text.as_bytes(), 0).unwrap().remarks;
    remarks.into_iter().map(|remark| (remark.place.line, remark.message)).collect()
}

#[test]
fn keys_of_no_effect_are_remarked_with_their_line_and_why() {
    let trace = "outcomes come from the trace unless `outcomes: rate` is set";
    let told = |text: &str| -> Vec<String> {
        remarks(text).into_iter().map(|(line, what)| format!("{line}: {what}")).collect()
    };
    let cases: [(&str, &[&str]); 7] = [
        (
            "builds:\n  failure_rate: 0.1\n  flaky_share: 0.5\n",
            &[
                "2: `builds.failure_rate` has no effect: T",
                "3: `builds.flaky_share` has no effect: T",
            ],
        ),
        (
            "builds: {outcomes: always-pass, flaky_share: 0.5, retries: 2}\n",
            &[
                "1: `builds.flaky_share` has no effect: with `outcomes: always-pass` no build fails",
                "1: `builds.retries` has no effect: no setting makes a build fail",
            ],
        ),
        (
            "builds: {outcomes: rate}\n",
            &[
                "1: `builds.outcomes` has no effect: `builds.failure_rate` is missing or 0, and every \
               build passes",
            ],
        ),
        (
            "bus: {delay: 2s}\ntests:\n  defect_rate: 0.1\n  workers: 3\n",
            &["2: `tests` have no effect: there is no `tests.gate`"],
        ),
        (
            "tests:\n  gate: {koji-owned: module}\n  component: {p50: 1m, p90: 1m}\n  \
             detect_module: 0.5\n  workers: 3\n  timeout: 1h\n",
            &[
                "3: `tests.component` has no effect: no `tests.gate` is one of components",
                "4: `tests.detect_module` has no effect: `tests.defect_rate` is missing or 0, and \
                 nothing has a defect",
                "5: `tests.workers` has no effect: tests take no time, without `component` or `module`",
                "6: `tests.timeout` has no effect: orchestrator-owned has no gate, and koji-owned \
                 waits for ever",
            ],
        ),
        (
            "builds: {outcomes: always-pass}\npeople: {fix: {p50: 1h, p90: 1h}}\n",
            &["2: `people` have no effect: there is no `tests.gate`, and no setting makes a \
                 build fail"],
        ),
        (
            "people:\n  fix: {p50: 1h, p90: 1h}\n  waive_share: 0.5\n",
            &["3: `people.waive_share` has no effect: only tests are waived, and there is no \
               `tests.gate`"],
        ),
    ];
    for (text, wanted) in cases {
        let wanted: Vec<String> =
            wanted.iter().map(|told| told.replace(": T", &format!(": {trace}"))).collect();
        assert_eq!(told(text), wanted, "{text}");
    }
}

#[test]
fn what_has_an_effect_or_is_nothing_is_not_remarked() {
    for text in [
        "",
        "builds: {failure_rate: 0, flaky_share: 0.0, retries: 3}\ntests: {gate: none, missing: 0}\n",
        "builds: {outcomes: rate, failure_rate: 0.1, flaky_share: 0.3, retries: 1}\n\
         people: {fix: {p50: 1h, p90: 1h}}\n",
        "tests: {gate: {koji-owned: module, orchestrator-owned: both}, defect_rate: 0.1, detect_component: 0.5, detect_module: 0.5, \
         component: {p50: 1m, p90: 1m}, workers: 1, timeout: 1h}\n\
         people: {fix: {p50: 1h, p90: 1h}, waive_share: 0.5}\n",
        "builds: {outcomes: rate, failure_rate: 0.1}\nfaults: [{at: 1h, kind: base-package-broken}]\n",
        "tests: {gate: {koji-owned: module, orchestrator-owned: component}, timeout: 30m, \
         component: {p50: 10m, p90: 30m}, module: {p50: 1h, p90: 1h}}\n",
    ] {
        assert_eq!(remarks(text), [], "{text}");
    }
}

#[test]
fn what_has_another_effect_than_it_seems_is_remarked() {
    let told = |text: &str| -> Vec<String> {
        remarks(text).into_iter().map(|(line, what)| format!("{line}: {what}")).collect()
    };
    assert_eq!(
        told("tests:\n  gate: {koji-owned: component, orchestrator-owned: module}\n"),
        ["2: a `tests.gate` for components has no effect in koji-owned, which handles whole \
             modules only: every build passes there"]
    );
    for both in ["both", "{koji-owned: both, orchestrator-owned: module}"] {
        assert_eq!(
            told(&format!("tests:\n  gate: {both}\n")),
            ["2: a `tests.gate` for components has no effect in koji-owned, which handles whole \
              modules only: only modules are tested there"]
        );
    }
    assert_eq!(
        told(
            "tests:\n  gate: {koji-owned: module, orchestrator-owned: both}\n  timeout: 9m\n  \
             component: {p50: 9m, p90: 30m}\n  module: {p50: 10m, p90: 30m}\n"
        ),
        ["3: `tests.timeout` is below `tests.module.p50`: most results would be requested \
             again before they arrive"]
    );
    assert_eq!(
        told(
            "builds: {outcomes: always-pass}\nfaults:\n- {at: 1h, kind: bus-outage}\n\
             - {at: 1h, kind: base-package-broken}\n"
        ),
        ["4: builds fail while this `base-package-broken` lasts, in spite of `outcomes: \
             always-pass`"]
    );
}

#[test]
fn what_always_fails_is_not_tried_for_ever() {
    let read = |retries: u32| format!("builds:\n  retries: {retries}\n");
    let scenario = Scenario::read(read(1000).as_bytes(), 0).unwrap();
    assert_eq!(scenario.builds.retries, 1000);
    let problems = refused(&read(1001));
    assert_eq!(
        (problems[0].0, &*problems[0].2),
        (2, "`builds.retries` must be at most 1000, not 1001")
    );
}
