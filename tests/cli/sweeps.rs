//! Sweeps from the command line: threads, precision, what they say of their inputs.

mod bad_input;
mod capacity;
mod flags;
mod parts;

use crate::support::program::{Said, modplan};

const WORLD: [&str; 4] = [
    "fixtures/el8-perl/modules.yaml",
    "--changed=perl:5.30",
    "--trace=fixtures/el8-perl/trace.csv",
    "--seed=11",
];
const IDEAL: &str = "--farm=fixtures/el8-perl/farm.yaml";
const KOJI: &str = "--farm=fixtures/el8-perl/farm-koji.yaml";

/// Runs a sweep over the small world on a farm.
fn sweep_on(farm: &str, command: &str, more: &[&str]) -> Said {
    let arguments: Vec<&str> =
        [command].into_iter().chain(WORLD).chain([farm]).chain(more.to_vec()).collect();
    modplan(&arguments)
}

/// Runs a sweep over the small world on the ideal farm.
fn sweep(command: &str, more: &[&str]) -> Said {
    sweep_on(IDEAL, command, more)
}

fn good(result: Said) -> String {
    assert_eq!(result.code, 0, "{}", result.err);
    result.out
}

#[test]
fn on_a_hub_the_number_of_threads_changes_no_byte_and_precision_ends_a_sweep() {
    let with = |threads: &str| {
        let more = ["--replications=35", "--format=csv", "--variants=koji-owned/planned", threads];
        good(sweep_on(KOJI, "compare", &more))
    };
    assert_eq!(with("--threads=1"), with("--threads=3"));
    let more = ["--half-width=50%", "--format=json", "--variants=koji-owned/planned"];
    let summary = good(sweep_on(KOJI, "compare", &more));
    let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
    assert_eq!(summary["replications"], 100);
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    for durations in ["replay", "resample", "fit"] {
        let durations = format!("--durations={durations}");
        let with = |threads: &str| {
            let threads = format!("--threads={threads}");
            let more = ["--replications=70", "--format=csv", &durations, &threads];
            good(sweep("compare", &more))
        };
        let one = with("1");
        assert_eq!(one, with("2"), "{durations}");
        assert_eq!(one, with("5"), "{durations}");
    }
}

#[test]
fn a_precise_mean_stops_the_sweep_at_a_whole_block() {
    let wide = ["--half-width=50%", "--format=json", "--threads=2"];
    let summary: serde_json::Value = serde_json::from_str(&good(sweep("compare", &wide))).unwrap();
    assert_eq!(summary["replications"], 100);
    let narrow = ["--half-width=1%", "--replications=1000", "--format=json"];
    let narrow: serde_json::Value = serde_json::from_str(&good(sweep("compare", &narrow))).unwrap();
    let made = narrow["replications"].as_u64().unwrap();
    assert!(made.is_multiple_of(100) && (100..=1000).contains(&made), "{made}");
    for (name, approach) in narrow["approaches"].as_object().unwrap() {
        let makespan = &approach["makespan_seconds_done"];
        let number = |value: &serde_json::Value| value.as_f64().unwrap();
        let half = (number(&makespan["ci95"][1]) - number(&makespan["ci95"][0])) / 2.0;
        assert!(half <= 0.01 * number(&makespan["mean"]) || made == 1000, "{name}: {half}");
    }
    // The same number of replications made at once has the same bytes.
    let fixed = format!("--replications={made}");
    let narrow = ["--half-width=1%", "--replications=1000", "--format=json"];
    assert_eq!(good(sweep("compare", &narrow)), good(sweep("compare", &[&fixed, "--format=json"])));
}

#[test]
fn a_precision_that_is_out_of_reach_is_told() {
    let more = ["--half-width=1ms", "--replications=150"];
    let Said { code, err: told, .. } = sweep("compare", &more);
    assert_eq!(code, 0, "{told}");
    assert!(told.contains("150 replications do not make every mean as precise"), "{told}");
}

#[test]
fn fits_tell_how_good_they_are() {
    let table = good(sweep("compare", &["--durations=fit", "--replications=3"]));
    assert!(table.contains("durations: fit over "), "{table}");
    assert!(table.contains("Anderson-Darling refuses "), "{table}");
    let more = ["--durations=fit", "--replications=3", "--format=json"];
    let summary: serde_json::Value = serde_json::from_str(&good(sweep("compare", &more))).unwrap();
    let durations = &summary["durations"];
    assert_eq!(durations["mode"], "fit");
    let kinds: u64 =
        durations["from"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
    assert_eq!(durations["kinds"], kinds);
    let more = ["--approach=orchestrator-owned", "--durations=fit"];
    let Said { err: told, .. } = sweep("execute", &more);
    assert!(told.contains("fits: "), "{told}");
}

#[test]
fn a_directory_may_hold_more_than_histories_and_a_named_file_may_not() {
    let Said { code, out, err: told } = modplan(&["trace", "fixtures/el8-perl"]);
    assert_eq!(code, 0, "{told}");
    assert!(out.starts_with("2053 rows of "), "{out}");
    assert!(told.contains("left out 2 files without recorded builds: "), "{told}");
    assert!(told.contains("pdc.json"), "{told}");
    let Said { code, err: told, .. } = modplan(&["trace", "fixtures/el8-perl/pdc.json"]);
    assert_eq!((code, told.contains("error[trace-shape]")), (1, true), "{told}");
}

#[test]
fn a_history_without_rows_is_refused_with_what_was_left_out() {
    let place = tempfile::tempdir().unwrap();
    let directory = place.path().to_str().unwrap().to_owned();
    let refused = |what: &str| {
        let Said { code, err: told, .. } = modplan(&["trace", &directory]);
        assert_eq!((code, told.contains(what)), (1, true), "{told}");
        let trace = format!("--trace={directory}");
        let Said { code, err: told, .. } =
            modplan(&["plan", "fixtures/el8-perl/modules.yaml", "--changed=perl:5.30", &trace]);
        assert_eq!((code, told.contains(what)), (1, true), "{told}");
    };
    refused("[empty-directory]: nothing to read in this directory");
    std::fs::write(place.path().join("notes.txt"), "").unwrap();
    refused("[empty-directory]: nothing to read in this directory");
    std::fs::copy("fixtures/el8-perl/pdc.json", place.path().join("pdc.json")).unwrap();
    refused("pdc.json:1:1: error[trace-shape]");
    let header = "package,method,arch,run_seconds,outcome\n";
    std::fs::write(place.path().join("empty.csv"), header).unwrap();
    refused("empty.csv:1:1: error[trace-row]");
}

#[test]
fn keys_of_a_farm_that_change_nothing_are_told_with_their_line() {
    let place = tempfile::tempdir().unwrap();
    let farm = place.path().join("farm.yaml");
    let text = std::fs::read_to_string("fixtures/el8-perl/farm-koji.yaml").unwrap();
    let text = text.replace("\nrepo: {", "\nrepo: {lag: 30m, ");
    std::fs::write(&farm, text).unwrap();
    let farm = format!("--farm={}", farm.to_str().unwrap());
    let trace = "--trace=fixtures/el8-perl/trace.csv";
    let told = modplan(&["plan", WORLD[0], WORLD[1], trace, &farm]).err;
    assert!(
        told.contains("farm.yaml:9:8: warning[setting-unused]: `repo.lag` has no effect"),
        "{told}"
    );
}

#[test]
fn a_farm_on_which_nothing_goes_on_says_why_in_every_command() {
    let place = tempfile::tempdir().unwrap();
    let farm = place.path().join("farm.yaml");
    let text = std::fs::read_to_string("fixtures/el8-perl/farm-koji.yaml").unwrap();
    std::fs::write(&farm, text.replace("- {name", "- {refuses: [tagBuild], name")).unwrap();
    let farm = format!("--farm={}", farm.to_str().unwrap());
    let trace = "--trace=fixtures/el8-perl/trace.csv";
    let group = "--vary=x86=1..2";
    let few = ["--replications", "3"];
    let commands: [(&str, &[&str], i32); 4] = [
        ("plan", &[], 0),
        ("execute", &["--approach", "orchestrator-owned", "--on", "replay"], 1),
        ("compare", &few, 0),
        ("capacity", &[few[0], few[1], group, "--deadline", "900h"], 1),
    ];
    for (command, more, status) in commands {
        let args = [&[command, WORLD[0], WORLD[1], trace, &farm], more].concat();
        let Said { code, err: told, .. } = modplan(&args);
        assert_eq!(code, status, "{command}: {told}");
        assert!(told.contains("every builder that could take it refuses tagBuild"), "{told}");
    }
}

#[test]
fn a_variant_that_is_never_done_says_why_though_its_builds_fail() {
    let place = tempfile::tempdir().unwrap();
    let farm = place.path().join("farm.yaml");
    std::fs::write(&farm, "model: koji\nbuilders: [{name: x, count: 9, arches: [x86_64]}]\n")
        .unwrap();
    let farm = format!("--farm={}", farm.to_str().unwrap());
    let few = ["--replications=2", "--arches=x86_64", "--arches=aarch64"];
    let owned = "--variants=koji-owned/planned";
    let commands: [(&str, &[&str], i32); 2] =
        [("compare", &[], 0), ("capacity", &["--vary=x=9", "--deadline=900h"], 1)];
    for (command, more, status) in commands {
        let args = [&[command, WORLD[0], WORLD[1], WORLD[2], &farm, owned], &few[..], more];
        let Said { code, err: told, .. } = modplan(&args.concat());
        assert_eq!(code, status, "{command}: {told}");
        let why = "no builder serves channel default with aarch64";
        assert!(told.contains(why), "{command}: {told}");
    }
}

#[test]
fn times_that_no_row_tells_are_named_with_koji_model() {
    let place = tempfile::tempdir().unwrap();
    let trace = std::fs::read_to_string("fixtures/el8-perl/trace.csv").unwrap();
    let is_kept = |line: &&str| line.starts_with("package,") || line.contains(",buildArch,");
    let rows: Vec<&str> = trace.lines().filter(is_kept).collect();
    let rows: Vec<&str> =
        rows.into_iter().filter(|row| !row.starts_with("module-build-macros,")).collect();
    let (csv, farm) = (place.path().join("trace.csv"), place.path().join("farm.yaml"));
    std::fs::write(&csv, rows.join("\n") + "\n").unwrap();
    let builders = "model: koji\nbuilders: [{name: x, count: 9, arches: [x86_64, aarch64]}]\n";
    std::fs::write(&farm, builders).unwrap();
    let told = good(modplan(&[
        "compare",
        WORLD[0],
        "--changed=nginx:1.14",
        &format!("--trace={}", csv.display()),
        &format!("--farm={}", farm.display()),
        "--replications=2",
        "--variants=orchestrator-owned/planned",
    ]));
    for expected in [
        "assumed: fallback (no row in the trace): buildSRPMFromSCM 30 s, tagBuild 2 s,\n",
        " createrepo 60 s, module-build-macros 60 s\n",
        "\n  createrepo: 1 without any record\n",
        "\n  module-build-macros: 1 without any record\n",
    ] {
        assert!(told.contains(expected), "{expected}: {told}");
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_writes_what_is_finished_and_says_that_it_is_partial() {
    use std::io::{BufRead as _, BufReader, Read as _};
    use std::process::Stdio;

    let place = tempfile::tempdir().unwrap();
    let report = place.path().join("report");
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("modplan"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["compare", "-v", "--replications=5000000", "--variants=koji-owned/planned"])
        .args(WORLD)
        .args([IDEAL, "-o", report.to_str().unwrap()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
    // One round is finished when the second is reported.
    let begins = |line: &String| line.contains("replications are finished");
    assert!(said.by_ref().map_while(Result::ok).any(|line| begins(&line)));
    let killed =
        std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(killed.unwrap().success());
    let rest = std::thread::spawn(move || said.map_while(Result::ok).count());
    let mut out = String::new();
    child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    rest.join().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{out}");
    assert!(out.contains("PARTIAL: interrupted after "), "{out}");
    let summary = std::fs::read_to_string(report.join("summary.json")).unwrap();
    let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
    assert_eq!(summary["interrupted_of"], 5_000_000);
    // The report of a whole sweep has what other settings would change.
    assert!(out.contains("Ctrl-C came before other settings were tried one at a"), "{out}");
    assert_eq!(summary["settings_untried"], true);
    let made = summary["replications"].as_u64().unwrap();
    assert!((1..5_000_000).contains(&made), "{made}");
}
