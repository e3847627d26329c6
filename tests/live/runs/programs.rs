//! Programs of this machine that a run needs: looked for before it, missed in the middle of it, and not started
//! for what is done.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::*;

/// A directory with an `rpmbuild` of the test's own.
fn own_rpmbuild(site: &Site, script: &str) -> String {
    let directory = site.case.path("bin");
    fs::create_dir_all(&directory).expect("it can be made");
    let file = format!("{directory}/rpmbuild");
    fs::write(&file, format!("#!/bin/sh\n{script}\n")).expect("it is writable");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("it is ours");
    directory
}

/// Runs the program with another search path.
fn with_path(path: &str, arguments: Vec<String>) -> Said {
    Program::after(&format!("export PATH=\"{path}\""), arguments).run()
}

#[test]
fn what_is_not_installed_is_named_before_a_run() {
    let Some(site) = Site::small() else { return };
    let sum = site.checksum();
    let directory = site.case.path("final");
    let said = with_path("/nowhere", site.execute(&["--format", "json"]));
    assert_eq!(said.code, 1, "{}", said.err);
    let failed = |said: &Said| -> Vec<String> {
        let run: Json = serde_json::from_str(&said.out).expect("JSON");
        let checks = run["preflight"].as_array().expect("a list").iter();
        let failed = checks.filter(|check| check["ok"] == false);
        failed.map(|check| format!("{}: {}", check["check"], check["detail"])).collect()
    };
    let checks = failed(&said);
    assert_eq!(checks.len(), 1, "{checks:?}");
    assert!(checks[0].starts_with("\"program rpmbuild\": \"it cannot be started: "), "{checks:?}");
    assert!(checks[0].contains("install the package `rpm` on Debian"), "{checks:?}");
    // It is looked for again before the run.
    let said = with_path("/nowhere", site.yes(&sum));
    assert_eq!((said.code, said.out.as_str()), (1, ""));
    assert!(said.err.contains("the preflight fails: program rpmbuild: "), "{}", said.err);
    assert_eq!(site.runs().len(), 0);
    site.case.write_config(|text| format!("{text}final_repo: {{directory: {directory}}}\n"));
    let arguments = site.execute(&["--format", "json"]);
    let profile = "[koji]\nretry_interval = 0\ntopurl = http://127.0.0.1:9/\n";
    fs::write(site.case.path("koji.conf"), profile).expect("it is writable");
    let checks = failed(&with_path("/nowhere", arguments));
    assert_eq!(checks.len(), 3, "{checks:?}");
    for program in ["createrepo_c", "modifyrepo_c"] {
        let is_its = |check: &&String| check.contains(&format!("program {program}"));
        let check = checks.iter().find(is_its).expect("it is checked");
        assert!(check.contains("install the package `createrepo-c` on Debian"), "{check}");
    }
}

#[test]
fn a_program_that_disappears_stops_the_run_until_it_is_back() {
    let Some(site) = Site::small() else { return };
    // It says its version to the dry run, and to the preflight before the run; then it is gone.
    let asked = site.case.path("asked");
    let script = format!("[ -e {asked} ] && /bin/rm \"$0\"\n: > {asked}\necho RPM version 4");
    let directory = own_rpmbuild(&site, &script);
    let dry = with_path(&directory, site.execute(&["--format", "json"]));
    let run: Json = serde_json::from_str(&dry.out).expect("JSON");
    let sum = run["checksum"].as_str().expect("a text").to_owned();
    let said = with_path(&directory, site.yes(&sum));
    assert_eq!(said.code, 3, "{}", said.err);
    let words = "paused: rpmbuild cannot be started; install the package `rpm` on Debian";
    assert!(said.err.contains(words), "{}", said.err);
    assert_eq!(answer(&said)["outcome"], "interrupted");
    let run = site.runs()[0]["run"].as_str().expect("a text").to_owned();
    let said = Program::new(site.resume(&run, &[])).run();
    assert_eq!(said.code, 0, "{}", said.err);
    assert_eq!(site.built(), site.wanted(&answer(&said)));
}

#[test]
fn a_run_that_is_resumed_makes_no_macros_package_again() {
    let Some(site) = Site::small() else { return };
    let log = site.case.path("log");
    let script = format!(
        "case \" $* \" in *\" -bs \"*) echo made >> {log};; esac\n\
         PATH=\"${{PATH#*:}}\"\nexport PATH\nexec rpmbuild \"$@\""
    );
    let path = format!("{}:$PATH", own_rpmbuild(&site, &script));
    let made = || fs::read_to_string(&log).unwrap_or_default().lines().count();
    let sum = site.checksum();
    let mut arguments = site.yes(&sum);
    arguments.extend(["--canary", "1"].map(str::to_owned));
    let said = with_path(&path, arguments);
    assert_eq!(said.code, 3, "{}", said.err);
    assert_eq!(made(), 1, "{}", said.err);
    let run = site.runs()[0]["run"].as_str().expect("a text").to_owned();
    // Neither is it needed.
    let said = with_path("/nowhere", site.resume(&run, &[]));
    assert_eq!(said.code, 0, "{}", said.err);
    assert_eq!(site.built(), site.wanted(&answer(&said)));
    assert_eq!(made(), 1);
}
