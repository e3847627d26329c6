//! Programs of this machine, and macros packages.

use super::*;

#[test]
fn programs_that_a_run_needs_are_looked_for() {
    let missing: fn(&str) -> Found = |name| match name {
        "rpmbuild" => Ok("RPM version 4.18.0".to_owned()),
        _ => Err("it cannot be started: No such file or directory (os error 2)".to_owned()),
    };
    let case = Case { program: missing, ..Case::new() };
    let (run, _) = case.run(hub);
    let of_programs = |check: &&Check| check.check.starts_with("program ");
    let checks: Vec<&Check> = run.checks.iter().filter(of_programs).collect();
    assert_eq!(checks.len(), 1, "final repositories are not configured");
    assert_eq!((checks[0].ok, checks[0].detail.as_str()), (true, "RPM version 4.18.0"));
    let site = format!("{SITE}final_repo: {{directory: /srv/final}}\n");
    let failures = Case { site, program: missing, ..Case::new() }.failures(hub);
    let why = "it cannot be started: No such file or directory (os error 2)";
    let install = "install the package `createrepo-c` on Debian, `createrepo_c` on Fedora";
    assert_eq!(
        failures,
        ["createrepo_c", "modifyrepo_c"].map(|name| format!("program {name}: {why}: {install}"))
    );
}

#[test]
fn an_identity_that_rpm_would_expand_is_refused() {
    let modules = MODULES.replace("COMMIT", COMMIT).replace(":c2 ", ":c%2 ");
    let failures = Case { modules, ..Case::new() }.failures(hub);
    let wanted = "macros packages: perl-DBI:1:c%2: the context `c%2` cannot stand in a spec file: it holds '%'";
    assert_eq!(failures, [wanted]);
}
