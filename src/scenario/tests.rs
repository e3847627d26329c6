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
fn known_keys_that_nothing_simulates_yet_are_refused_with_their_line() {
    let problems = refused(
        "builds: {retries: 1}\n\
         bus: {delay: 2s}\n\
         tests:\n  gate: both\n  workers: 20\n\
         faults:\n- {at: 2h, kind: builders-down, builders: x86, count: 5, for: 1h}\n",
    );
    let lines: Vec<_> = problems.iter().map(|(line, code, _)| (*line, *code)).collect();
    assert_eq!(
        lines,
        [
            (1, Code::SettingUnsupported),
            (2, Code::SettingUnsupported),
            (4, Code::SettingValue),
            (5, Code::SettingUnsupported),
            (6, Code::SettingUnsupported),
        ]
    );
}

#[test]
fn unknown_keys_and_wrong_words_say_what_was_meant() {
    let findings = Scenario::read(b"cascades: {}\nbuilds: {outcomes: reply}\n", 0).unwrap_err();
    assert_eq!(findings[0].hint.as_deref(), Some("did you mean `cascade`?"));
    assert!(findings[1].message.ends_with("did you mean `replay`?"), "{}", findings[1].message);
}
