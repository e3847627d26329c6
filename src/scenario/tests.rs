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
            (4, "`faults.builders` is missing: which builders go down?"),
            (
                5,
                "`faults.kind` must be one of builders-down, hub-offline, hub-refusing, \
                 orchestrator-crash, bus-outage, repo-failure, base-package-broken, module-canceled, \
                 pdc-down, pdc-stale, not `hub-ofline`; did you mean `hub-offline`?"
            ),
            (7, "`faults` lets the orchestrator crash while it is down already, by line 6"),
        ]
    );
}

#[test]
fn unknown_keys_and_wrong_words_say_what_was_meant() {
    let findings = Scenario::read(b"cascades: {}\nbuilds: {outcomes: reply}\n", 0).unwrap_err();
    assert_eq!(findings[0].hint.as_deref(), Some("did you mean `cascade`?"));
    assert!(findings[1].message.ends_with("did you mean `replay`?"), "{}", findings[1].message);
}
