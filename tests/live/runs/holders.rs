//! Two processes on one run, and two runs on one stream.

use super::*;

/// Returns the name of the run that a line of its process tells.
fn run_of(line: &str) -> String {
    let (_, rest) = line.split_once("run ").expect("it names the run");
    rest.split(';').next().expect("it ends").to_owned()
}

#[test]
fn a_run_has_one_process_and_who_comes_back_late_writes_nothing_more() {
    let Some(site) = Site::new() else { return };
    let sum = site.checksum();
    let mut arguments = site.yes(&sum);
    arguments.extend(["--lease", "3s"].map(str::to_owned));
    let mut first = Running::start(arguments);
    let run = run_of(&first.line_with("resumes it"));
    let held = Program::new(site.resume(&run, &[])).run();
    assert_eq!((held.code, held.out.as_str()), (1, ""), "{}", held.err);
    let holder = format!(":{}", first.pid());
    assert!(held.err.contains(&format!("run `{run}` is driven by ")), "{}", held.err);
    assert!(held.err.contains(&holder), "{}", held.err);
    first.line_with(": begins");
    first.signal("STOP");
    // The other is refused until the lease of the first has passed.
    let (refusals, second) = taken_at_last(&site, &run, &first);
    assert!(refusals > 0, "the lease ran");
    first.signal("CONT");
    let first = first.said();
    assert_eq!(first.code, 3, "{}", first.err);
    assert!(first.err.contains(&format!("run `{run}` was taken over by ")), "{}", first.err);
    let said = second.said();
    assert_eq!(said.code, 0, "{}", said.err);
    assert_eq!(answer(&said)["outcome"], "done");
    assert_eq!(site.built(), site.wanted(&answer(&said)));
}

/// Tries to take a run over from a process that is stopped until it is given; returns how often it was refused,
/// and the process. SQLite lets nobody write while the first one is stopped in the middle of a commit: then it
/// gets a moment more.
fn taken_at_last(site: &Site, run: &str, first: &Running) -> (u32, Running) {
    let mut refusals = 0;
    loop {
        let mut other = Running::start(site.resume(run, &[]));
        if other.line_or_end("resumes it").is_some() {
            return (refusals, other);
        }
        let said = other.said();
        if said.err.contains("database is locked") {
            first.signal("CONT");
            first.signal("STOP");
            continue;
        }
        assert!(said.err.contains("is driven by"), "{}", said.err);
        refusals += 1;
    }
}

#[test]
fn a_stream_has_one_run_until_nobody_drives_it() {
    let Some(mut site) = Site::small() else { return };
    let first_sum = site.checksum();
    let first_plan = site.plan.clone();
    let other = site.case.path("other.json");
    let later = "2026-01-03T03:04:05Z";
    plan(&change(SMALL, later), &other);
    site.plan = other.clone();
    let second_sum = site.checksum();
    site.plan = first_plan;
    let mut first = Running::start(site.yes(&first_sum));
    let run = run_of(&first.line_with("resumes it"));
    first.line_with(": begins");
    first.signal("STOP");
    site.plan = other;
    let refused = Program::new(site.yes(&second_sum)).run();
    assert_eq!((refused.code, refused.out.as_str()), (1, ""), "{}", refused.err);
    assert!(refused.err.contains(&run), "{}", refused.err);
    assert!(refused.err.contains(&format!(":{}", first.pid())), "{}", refused.err);
    first.signal("KILL");
    drop(first);
    // Its tasks may run for a while: until then the stream is not free.
    let sum = loop {
        let said = Program::new(site.execute(&["--format", "json"])).run();
        let dry = answer(&said);
        if said.code == 0 {
            break dry["checksum"].as_str().expect("a text").to_owned();
        }
        let failed = dry["preflight"].as_array().expect("a list").iter();
        for check in failed.filter(|check| check["ok"] == false) {
            assert_eq!(check["check"], "open builds", "{check}");
        }
    };
    let said = Program::new(site.yes(&sum)).run();
    assert_eq!(said.code, 0, "{}", said.err);
    let runs = site.runs();
    let states: Vec<&str> = runs.iter().filter_map(|run| run["state"].as_str()).collect();
    assert_eq!(states, ["done", "interrupted"]);
    let nvrs = answer(&said)["modules"].to_string();
    assert!(nvrs.contains("+el8.6.0+2+"), "the index is above that of the first run: {nvrs}");
}
