//! Every hint names flags that exist.

use super::{Case, LOST_ZERO, OBSOLETES, PLATFORMS};

#[test]
fn every_hint_names_flags_that_exist() {
    let case = Case::with(
        &format!("{LOST_ZERO}\n{PLATFORMS}\n    old:1:1:c0 el8 gone:1\n    pg:1:1:c0 el8 gone:2"),
        OBSOLETES,
    );
    let commands = [
        "plan modules.yaml --all",
        "plan modules.yaml --changed perl:5.30",
        "plan modules.yaml",
        "plan modules.yaml --changed platform:el8.4.0",
        "plan modules.yaml --changed perl --exclude perl",
        "plan modules.yaml --changed perl --built perl",
        "plan modules.yaml --all --only platform",
        "plan modules.yaml --all --max-builds 1",
        "plan modules.yaml --all --alias perl:5.4=perl:5.30",
        "plan modules.yaml --changed perl:5.30 --why pg:1",
        "plan modules.yaml --changed zzzzz",
        "show modules.yaml zzzzz",
    ];
    let help = |command: &str| case.run(&format!("{command} --help")).out;
    let (plan, show) = (help("plan"), help("show"));
    let mut named = 0;
    for command in commands {
        let said = case.run(command);
        for hint in said.err.lines().filter_map(|line| line.strip_prefix("hint: ")) {
            for flag in hint.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')) {
                if flag.starts_with("--") && flag.len() > 2 {
                    named += 1;
                    assert!(plan.contains(flag) || show.contains(flag), "{command}: {hint}");
                }
            }
            run_what_stands_in(&case, hint);
        }
    }
    assert!(named >= 15, "{named} flags are named");
}

/// Runs the command that a hint gives in full, or adds the flags it gives to a plan: none is refused
/// as wrongly typed.
fn run_what_stands_in(case: &Case, hint: &str) {
    for quoted in hint.split('`').skip(1).step_by(2) {
        let command = match quoted.strip_prefix("modplan ") {
            Some(command) => command.replace("INPUT", "modules.yaml"),
            None if quoted.starts_with("--") && !quoted.contains("TIME") => {
                let all = if quoted.starts_with("--built") { "" } else { "--all" };
                format!("plan modules.yaml {all} {quoted}")
            }
            None => continue,
        };
        let is_whole = command.split_whitespace().count() > 1;
        let command = if is_whole { command } else { format!("{command} modules.yaml") };
        let said = case.run(&command);
        assert_ne!(said.code, 2, "{hint}: {command}: {}", said.err);
    }
}
