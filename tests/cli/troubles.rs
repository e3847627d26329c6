//! What `execute` tells of a run that met trouble: its story, the story of one module, why it is not
//! done, and the journal it keeps.

use std::fs;
use std::path::Path;

use crate::support::program::{Program, Said, modplan};

const CYCLE: &str = "fixtures/cycle/modules.yaml";
pub(crate) const EL8: &str = "fixtures/el8-perl/modules.yaml";

/// A module's gate that is always red, people who take an hour, a bus that is away for a while.
const TROUBLE: &str = "\
tests: {gate: module, false_alarm: 1.0, module: {p50: 10m, p90: 10m}}
people: {fix: {p50: 1h, p90: 1h}, waive_share: 1.0}
faults:
- {at: 5m, kind: hub-refusing, for: 10m}
";

pub(crate) fn with_scenario(scenario: &str, arguments: &[&str]) -> Said {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("scenario.yaml");
    fs::write(&path, scenario).expect("it is writable");
    let trace = ["--trace", "fixtures/el8-perl/trace.csv"];
    let scenario = ["--scenario", path.to_str().expect("UTF-8")];
    modplan(&[arguments, &trace, &scenario].concat())
}

const ONE: [&str; 6] =
    ["execute", EL8, "--changed", "perl-DBD-Pg:3.7", "--approach", "orchestrator-owned"];

#[test]
fn the_story_of_a_troubled_run_is_told() {
    let Said { code, out, .. } = with_scenario(TROUBLE, &ONE);
    assert_eq!(code, 0);
    insta::assert_snapshot!(out);
}

#[test]
fn the_story_of_one_module_is_told() {
    let explain = ["--explain", "perl-DBD-Pg:3.7", "--unit", "context"];
    let Said { code, out, .. } = with_scenario(TROUBLE, &[&ONE[..], &explain].concat());
    assert_eq!(code, 0);
    insta::assert_snapshot!(out);
    let Said { code, err, .. } =
        with_scenario(TROUBLE, &[&ONE[..], &["--explain", "perl-DBD-PG:3.7"]].concat());
    assert_eq!(code, 2);
    assert!(err.contains("did you mean `perl-DBD-Pg:3.7"), "{err}");
}

#[test]
fn of_a_module_that_is_not_ready_each_component_says_why() {
    let scenario = "builds: {outcomes: rate, failure_rate: 1.0}\n";
    let run = |stream: &str, more: &[&str]| {
        let run = ["execute", EL8, "--changed", stream, "--approach", "orchestrator-owned"];
        let Said { code, out, err } = with_scenario(scenario, &[&run[..], more].concat());
        assert_eq!(code, 1, "{err}");
        out
    };
    let explain = |stream: &str| run(stream, &["--explain", stream]);
    // Five components come first.
    let out = explain("perl-IO-Socket-SSL:2.066");
    let words = out.split_whitespace().collect::<Vec<_>>().join(" ");
    let first = "perl-Net-SSLeay, perl-IO-Tty, perl-Net-LibIDN and 2 more";
    assert!(words.contains(&format!("perl-IPC-Run: it waits for {first}")), "{out}");
    assert!(out.contains(": it failed\n") && !out.contains("--story all"), "{out}");
    // All of 110 come first.
    let (perl, all) = ("perl:5.30", ["--explain", "perl:5.30", "--story", "all"]);
    let out = explain(perl);
    assert!(out.contains("  … and 100 more: --story all\n"), "{out}");
    assert!(!run(perl, &all).contains("--story all"));
    let out = run("perl-IO-Socket-SSL:2.066", &["--format", "json"]);
    let run: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    let modules = run["modules"].as_object().expect("a map");
    for (_, module) in modules.iter().filter(|(id, _)| id.starts_with("perl-IO-Socket-SSL:")) {
        let parts = module["components"].as_array().expect("a list");
        let of =
            |key: &str| parts.iter().find(|part| part["component"] == key).expect("it is there");
        assert_eq!(
            (&of("perl-IPC-Run")["state"], &of("perl-IPC-Run")["attempt"]),
            (&"waiting".into(), &0.into())
        );
        assert!(parts.iter().any(|part| part["state"] == "failed"), "{module}");
    }
}

#[test]
fn what_a_scenario_says_to_no_effect_is_warned_of_with_its_line() {
    let farm = ["--farm", "fixtures/el8-perl/farm.yaml"];
    let wave = "orchestrator_owned:\n  dispatch: wave\n";
    let wave_told = "scenario.yaml:2:1: warning[setting-unused]: `dispatch: wave` acts as `graph` under a literal \
                     cascade: waves are those of a plan";
    let owner = ["--approach", "orchestrator-owned"];
    let builders = "faults:\n- {at: 1h, kind: builders-down, builders: x86, count: 9, for: 2h}\n\
                    - {at: 4h, kind: builders-down, builders: x86, count: 8, for: 1h}\n\
                    - {at: 6h, kind: builders-down, builders: x86}\n";
    let cases: [(&str, &[&str], &[&str]); 5] = [
        (wave, &["--cascade", "literal"], &[wave_told]),
        (wave, &["--cascade", "planned"], &[]),
        (
            "orchestrator_owned:\n\n  repo: self\n",
            &[],
            &[
                "scenario.yaml:3:1: warning[setting-unused]: `repo: self` has no effect: in the ideal model a repo takes \
               no time",
            ],
        ),
        (
            "faults: [{at: 1h, kind: pdc-down}]\n",
            &[],
            &[
                "scenario.yaml:1:1: warning[setting-unused]: `pdc-down` has no effect: a planned cascade asks nobody for \
               dependants",
            ],
        ),
        (
            builders,
            &farm,
            &[
                "2:1: warning[setting-unused]: `builders-down` takes 9 of x86, which has 8: it takes 8",
            ],
        ),
    ];
    for (scenario, more, told) in cases {
        let run = ["execute", CYCLE, "--all", "--max-builds", "30"];
        let Said { err, .. } = with_scenario(scenario, &[&run[..], &owner, more].concat());
        let warned: Vec<&str> = err.lines().filter(|line| line.contains("scenario.yaml")).collect();
        assert_eq!(warned.len(), told.len(), "{scenario}: {err}");
        for (warned, told) in warned.iter().zip(told) {
            assert!(warned.ends_with(told), "{told} is not told but {warned}");
        }
    }
    // The same in a comparison, once, and of the file alone.
    let text = "builds: {flaky_share: 0.5}\norchestrator_owned: {dispatch: wave}\n";
    let compare = ["compare", CYCLE, "--all", "--replications", "1"];
    let Said { err, .. } = with_scenario(text, &compare);
    let warned: Vec<&str> = err.lines().filter(|line| line.contains("scenario.yaml")).collect();
    assert!(
        warned[0].contains(":1:10: warning[setting-unused]: `builds.flaky_share` has no effect"),
        "{err}"
    );
    assert!(
        warned[1].contains(":2:1: warning[setting-unused]: `dispatch: wave` acts as `graph`"),
        "{err}"
    );
    assert_eq!(warned.len(), 2, "{err}");
}

fn execute_with(journal: &Path, seed: &str) -> Said {
    let journal = journal.to_str().expect("UTF-8");
    with_scenario(TROUBLE, &[&ONE[..], &["--journal", journal, "--seed", seed]].concat())
}

#[test]
fn a_journal_is_kept_gone_on_with_and_refused_when_it_is_not_of_this_run() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("run.jsonl");
    let Said { code, out: first, .. } = execute_with(&path, "1");
    assert_eq!(code, 0);
    let whole = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    assert!(lines.len() > 10, "a header and a line an event");
    for line in &lines {
        serde_json::from_str::<serde_json::Value>(line).expect("JSON lines");
    }
    // Cut after a line, it is gone on with, to the same end.
    fs::write(&path, lines[..5].join("\n") + "\n").unwrap();
    let Said { code, out: again, .. } = execute_with(&path, "1");
    assert_eq!((code, again), (0, first));
    assert_eq!(fs::read_to_string(&path).unwrap(), whole);
    // So it is where the last line is torn, at every byte of it, and where it was cut at its end.
    let before = lines[..4].join("\n") + "\n";
    for bytes in [0, 1, lines[4].len() / 2, lines[4].len()] {
        fs::write(&path, before.clone() + &lines[4][..bytes]).unwrap();
        assert_eq!(execute_with(&path, "1").code, 0, "{bytes} bytes of line 5");
        assert_eq!(fs::read_to_string(&path).unwrap(), whole, "{bytes} bytes of line 5");
    }
    let refused = |text: String, seed: &str, line: usize, what: &str| {
        fs::write(&path, &text).unwrap();
        let Said { code, err, .. } = execute_with(&path, seed);
        assert_eq!(code, 1, "{err}");
        let place = format!("run.jsonl:{line}: ");
        assert!(err.contains(&place) && err.contains(what), "{place}{what} is not in: {err}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text, "what is there stays");
    };
    let edited = lines.iter().position(|line| line.contains("\"build\":0")).unwrap() + 1;
    let damage = "the line is damaged: its checksum does not match";
    refused(whole.replacen("\"build\":0", "\"build\":1", 1), "1", edited, damage);
    refused(whole.clone(), "2", 1, "journal of orchestrator-owned/planned/seed 1/");
    let old = "{\"format\":3,\"run\":\"r\"}\n";
    refused(old.to_owned(), "1", 1, "format 3 is older than 4 and can no longer be read");
    refused(old.replacen('3', "9", 1), "1", 1, "format 9 is newer than this modplan");
    let Said { code, err, .. } = modplan(&[
        "execute",
        CYCLE,
        "--all",
        "--approach",
        "koji-owned",
        "--cascade",
        "planned",
        "--journal",
        path.to_str().unwrap(),
    ]);
    assert_eq!(code, 1, "another run: {err}");
}

#[test]
fn a_journal_of_another_scenario_farm_trace_or_cap_is_told_by_its_name() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("run.jsonl");
    let journal = ["--journal", path.to_str().unwrap()];
    let run = ["execute", EL8, "--changed", "perl-DBD-Pg:3.7", "--approach", "koji-owned"];
    let farm_text = fs::read_to_string("fixtures/el8-perl/farm.yaml").unwrap();
    let farms = ["", "# As bought.\n"].map(|more| {
        let path = directory.path().join(format!("farm{}.yaml", more.len()));
        fs::write(&path, farm_text.clone() + more).unwrap();
        path.to_str().unwrap().to_owned()
    });
    let with_farm = |farm: usize, scenario, more: &[&str]| {
        let farm = ["--farm", &*farms[farm]];
        with_scenario(scenario, &[&run[..], &journal, &farm, more].concat())
    };
    // The one module hears nothing before the end: the bus is away.
    let silent = "bus: {loss: 1.0}\n";
    let Said { err, .. } = with_farm(0, silent, &[]);
    let written = fs::read_to_string(&path).unwrap();
    assert_eq!(written.lines().count(), 1, "a heading, {err}");
    // Another scenario, farm or trace is a warning; the rows written so far stay valid.
    let told: [(usize, &str, &[&str], &str); 3] = [
        (0, "bus: {loss: 1.0, delay: 1s}\n", &[], "is another scenario than"),
        (1, silent, &[], "is another farm than the journal began with"),
        (0, silent, &["--trace", "fixtures/cycle/trace.csv"], "is another trace than"),
    ];
    for (farm, scenario, more, what) in told {
        let Said { err, .. } = with_farm(farm, scenario, more);
        assert!(err.contains(what), "{what}: {err}");
        assert_eq!(fs::read_to_string(&path).unwrap(), written, "{what}");
    }
    // What the orchestrator decides by cannot be another, and neither can the run.
    let cases: [(&[&str], &str); 2] = [
        (&["--max-builds", "9"], "it was written with `max_builds: 10000`, not `9`"),
        (&["--cascade", "planned"], "journal of koji-owned/literal/seed 1/"),
    ];
    for (more, told) in cases {
        let Said { code, err, .. } = with_farm(0, silent, more);
        assert_eq!(code, 1, "{told}: {err}");
        assert!(err.contains("run.jsonl:1: ") && err.contains(told), "{told}: {err}");
        assert_eq!(fs::read_to_string(&path).unwrap(), written, "what is there stays");
    }
}

#[test]
fn a_journal_that_is_no_text_is_told_with_its_line_and_cr_lf_is_read() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("run.jsonl");
    let Said { out: first, .. } = execute_with(&path, "1");
    let whole = fs::read_to_string(&path).unwrap();
    fs::write(&path, whole.replace('\n', "\r\n")).unwrap();
    let Said { code, out: again, err } = execute_with(&path, "1");
    assert_eq!((code, again), (0, first), "{err}");
    let mut bytes = whole.clone().into_bytes();
    let third = whole.match_indices('\n').nth(1).unwrap().0 + 1;
    bytes[third] = 0xff;
    fs::write(&path, &bytes).unwrap();
    let Said { code, err, .. } = execute_with(&path, "1");
    assert_eq!(code, 1);
    assert!(err.contains("run.jsonl:3: the line is damaged: its checksum does not match"), "{err}");
}

#[test]
fn a_crash_after_an_event_is_data_in_the_scenario() {
    // koji-owned hears the pass of perl:5.30 as its first event. Dead right after it, it knows nothing;
    // the bus delivers the message again. orchestrator-owned, dead after its third event, continues from
    // its journal.
    let run =
        ["execute", EL8, "--changed", "perl:5.30", "--format", "json", "--cascade", "literal"];
    let after = |event: u32, approach| {
        let scenario =
            format!("faults:\n- {{after: {event}, kind: orchestrator-crash, for: 1m}}\n");
        with_scenario(&scenario, &[&run[..], &["--approach", approach]].concat())
    };
    let outcome = |out: &str| {
        let run: serde_json::Value = serde_json::from_str(out).expect("JSON");
        (run["outcome"].as_str().unwrap().to_owned(), run["counts"]["module_builds"].clone())
    };
    let calm = |approach| with_scenario("", &[&run[..], &["--approach", approach]].concat()).out;
    let Said { code, out, .. } = after(1, "koji-owned");
    assert_eq!((code, outcome(&out)), (0, outcome(&calm("koji-owned"))));
    let Said { code, out, .. } = after(3, "orchestrator-owned");
    let whole = calm("orchestrator-owned");
    assert_eq!((code, outcome(&out)), (0, outcome(&whole)));
    // After an event that never comes it does nothing, and that is said.
    let Said { out, err, .. } = after(1_000_000, "orchestrator-owned");
    assert_eq!(outcome(&out), outcome(&whole));
    let told = "the `orchestrator-crash` of line 2 has no effect: it is after event 1000000, and the \
                orchestrator handled ";
    assert!(err.contains(told), "{err}");
}

#[test]
fn a_fault_that_names_what_is_not_there_is_told_with_the_place_of_its_key() {
    let cases = [
        (
            "faults:\n- at: 1h\n  kind: module-canceled\n  module: 'perl-DBD-Pg:3.6'\n",
            "scenario.yaml:4:3: `faults.module` names perl-DBD-Pg:3.6, which is not rebuilt",
            "hint: did you mean `perl-DBD-Pg:3.7`?",
        ),
        (
            "faults: [{at: 1h, kind: source-missing, module: nonesuch}]\n",
            "scenario.yaml:1:41: `faults.module` names nonesuch, which is not rebuilt",
            "hint: name a module that is rebuilt: name:stream, or with its context",
        ),
        (
            "faults:\n- {at: 1h, kind: builders-down, builders: x68}\n",
            "scenario.yaml:2:33: `faults.builders` names x68, but the farm's builders are x86, arm",
            "hint: did you mean `x86`?",
        ),
        (
            "faults:\n- {at: 1h, kind: builders-down, builders: mainframe}\n",
            "scenario.yaml:2:33: `faults.builders` names mainframe",
            "hint: name a group of builders as the farm does",
        ),
    ];
    let farm = ["--farm", "fixtures/el8-perl/farm.yaml"];
    for (scenario, told, hint) in cases {
        let Said { code, out, err } = with_scenario(scenario, &[&ONE[..], &farm].concat());
        assert_eq!((code, &*out), (1, ""), "{scenario}: {err}");
        assert!(err.contains(told) && err.contains(hint), "{scenario}: {err}");
    }
    let arrival = "arrivals:\n- {every: 1d, changed: [nonesuch], for: 2d}\n";
    let literal = ["--cascade", "literal"];
    let Said { err, .. } = with_scenario(arrival, &[&ONE[..], &literal].concat());
    assert!(err.contains("scenario.yaml:2:15: `arrivals.changed` names nonesuch"), "{err}");
}

#[test]
fn a_fault_that_begins_after_the_run_is_warned_of() {
    let scenario =
        "faults:\n- {at: 90d, kind: hub-offline}\n- {at: 1m, kind: bus-outage, for: 1m}\n";
    let Said { code, err, .. } = with_scenario(scenario, &ONE);
    assert_eq!(code, 0, "{err}");
    let told =
        "the `hub-offline` of line 2 has no effect: it begins at 90d 00h, and the run was over at ";
    assert!(err.contains(told), "{err}");
    assert_eq!(err.matches("has no effect").count(), 1, "{err}");
}

#[test]
fn of_faults_that_overlap_the_end_is_told_once() {
    let scenario = "faults:\n- {at: 1m, kind: bus-outage, for: 4m}\n\
                    - {at: 3m, kind: bus-outage, for: 5m}\n- {at: 9m, kind: bus-outage, for: 1m}\n";
    let Said { out, .. } = with_scenario(scenario, &ONE);
    let over: Vec<&str> = out.lines().filter(|line| line.contains("fault over")).collect();
    let times: Vec<&str> =
        over.iter().map(|line| line.trim().split("  ").next().unwrap()).collect();
    assert_eq!(times, ["8m 00s", "10m 00s"], "{out}");
}

#[test]
fn a_stale_service_that_changes_nothing_is_told_with_one_reason() {
    let scenario = "faults: [{at: 0s, kind: pdc-stale}]\n";
    let with =
        |cascade: &str| with_scenario(scenario, &[&ONE[..], &["--cascade", cascade]].concat()).err;
    let (asks_nobody, knows_nothing) =
        ("asks nobody for dependants", "`pdc-stale` changes nothing");
    let planned = with("planned");
    assert!(planned.contains(asks_nobody) && !planned.contains(knows_nothing), "{planned}");
    let literal = with("literal");
    assert!(!literal.contains(asks_nobody) && literal.contains(knows_nothing), "{literal}");
}

#[cfg(unix)]
#[test]
fn a_journal_is_written_while_the_run_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("run.jsonl");
    let scenario = directory.path().join("scenario.yaml");
    fs::write(&scenario, TROUBLE).unwrap();
    let text = |path: &Path| path.to_str().expect("UTF-8").to_owned();
    let files = [text(&path), text(&scenario)];
    let given = ["--trace", "fixtures/el8-perl/trace.csv", "--journal", &files[0]];
    let arguments = [&ONE[..], &given, &["--scenario", &files[1]]].concat();
    assert_eq!(modplan(&arguments).code, 0);
    let whole = fs::read_to_string(&path).unwrap();
    fs::remove_file(&path).unwrap();
    // A process that may write only the heading and half of the events to a file, in blocks of 512
    // bytes, is ended by the kernel in the middle of its run: what it had written stays, and is the
    // beginning of the whole.
    let heading = whole.find('\n').unwrap();
    let blocks = (heading + (whole.len() - heading) / 2).div_ceil(512);
    let limit = format!("ulimit -c 0; ulimit -f {blocks}");
    let output = Program::after(&limit, &arguments).output();
    assert!(!output.status.success(), "{output:?}");
    let cut = fs::read_to_string(&path).unwrap();
    assert!(cut.lines().count() > 2 && whole.starts_with(&cut), "{cut}");
    // It is gone on with.
    assert_eq!(modplan(&arguments).code, 0);
    assert_eq!(fs::read_to_string(&path).unwrap(), whole);
}

#[cfg(target_os = "linux")]
#[test]
fn a_journal_that_cannot_be_written_is_trouble_outside() {
    for (path, why) in [("/dev/full", "No space left"), ("/nowhere/run.jsonl", "No such file")] {
        let Said { code, out, err } = execute_with(Path::new(path), "1");
        assert_eq!((code, out.as_str()), (3, ""), "{err}");
        assert!(err.contains(&format!("cannot write {path}: {why}")), "{err}");
    }
}

#[test]
fn a_story_is_cut_unless_all_of_it_is_asked_for() {
    let scenario = "builds: {outcomes: rate, failure_rate: 0.3, flaky_share: 0.5, retries: 1}\n\
                    people: {fix: {p50: 1h, p90: 2h}}\n\
                    bus: {loss: 0.2}\n\
                    faults:\n\
                    - {at: 10m, kind: orchestrator-crash}\n\
                    - {at: 15m, kind: module-canceled, module: \"perl:5.30\"}\n\
                    - {at: 9000h, kind: bus-outage}\n";
    let farm = ["--farm", "fixtures/el8-perl/farm.yaml", "--arches", "x86_64,aarch64"];
    let run = ["execute", EL8, "--all", "--approach", "orchestrator-owned"];
    let Said { out: short, .. } = with_scenario(scenario, &[&run[..], &farm].concat());
    let Said { out: all, .. } =
        with_scenario(scenario, &[&run[..], &farm, &["--story", "all"]].concat());
    let more = short.lines().find(|line| line.contains("lines more: --story all"));
    assert!(more.is_some() && !all.contains("--story all"), "{short}");
    assert!(all.lines().count() > short.lines().count());
    for text in [&short, &all] {
        assert!(text.contains("10m 00s  the orchestrator dies and is back at once"), "{text}");
        assert!(text.contains("15m 00s  fault: module-canceled, perl:5.30"), "{text}");
        assert!(text.contains(" components of perl:5.30:466ea64f are canceled"), "{text}");
        // It would begin a year after the end.
        assert!(!text.contains("bus-outage"), "{text}");
    }
    assert!(all.contains("a message about "), "{all}");
}
