//! Sweeps from the command line: parts joined, threads, precision, capacity.

use std::path::Path;

use crate::support::left_out;
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

/// Returns the names and contents of all files of a directory, by name.
fn files(directory: &Path) -> Vec<(String, String)> {
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<(String, String)> = entries
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read_to_string(&path).unwrap())
        })
        .collect();
    files.sort();
    files
}

/// Makes a sweep at once and in three parts, and compares every byte of both.
fn parts_make_the_whole(farm: &str, command: &str, more: &[&str]) {
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name).to_str().unwrap().to_owned();
    let (whole, joined, parts) = (at("whole"), at("joined"), at("parts"));
    let with = |extra: Vec<&str>| -> Vec<String> {
        more.iter().copied().chain(extra).map(str::to_owned).collect()
    };
    let sweep = |command: &str, more: Vec<String>| {
        sweep_on(farm, command, &more.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let stdout = good(sweep(command, with(vec!["-o", &whole])));
    for part in ["2/3", "3/3", "1/3"] {
        let told = good(sweep(command, with(vec!["--shard", part, "-o", &parts])));
        assert_eq!(told, "", "a part goes into its file alone");
    }
    assert_eq!(good(modplan(&["merge", &parts, "-o", &joined])), stdout);
    assert_eq!(files(Path::new(&joined)), files(Path::new(&whole)));
    for format in ["json", "csv"] {
        let form = ["--format", format];
        assert_eq!(
            good(modplan(&[&["merge", &parts], &form[..]].concat())),
            good(sweep(command, with(form.to_vec())))
        );
    }
    // What is there is not replaced unasked.
    let Said { code, err: told, .. } = modplan(&["merge", &parts, "-o", &joined]);
    assert!(code == 2 && told.contains("is not empty") && told.contains("--force"), "{told}");
    assert_eq!(good(modplan(&["merge", &parts, "-o", &joined, "--force"])), stdout);
    // A part that is missing is named.
    std::fs::remove_file(Path::new(&parts).join("shard-2-of-3.json")).unwrap();
    let Said { code, err: told, .. } = modplan(&["merge", &parts]);
    assert_eq!((code, told.contains("shard 2 of 3 is missing")), (1, true), "{told}");
}

#[test]
fn a_comparison_in_parts_has_the_bytes_of_one_made_at_once() {
    parts_make_the_whole(IDEAL, "compare", &["--replications=40"]);
}

#[test]
fn sweeps_on_a_hub_in_parts_have_the_bytes_of_those_made_at_once() {
    parts_make_the_whole(KOJI, "compare", &["--replications=6"]);
    let more = [
        "--replications=5",
        "--vary=x86.capacity=0.5..1",
        "--deadline=30d",
        "--confidence=0.1",
        "--variants=koji-owned/planned",
    ];
    parts_make_the_whole(KOJI, "capacity", &more);
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

/// Returns the points of a capacity sweep, as JSON.
fn points(farm: &str, more: &[&str]) -> Vec<serde_json::Value> {
    let more: Vec<&str> = more.iter().copied().chain(["--format=json"]).collect();
    let Said { code, out, err: told } = sweep_on(farm, "capacity", &more);
    assert!(code <= 1, "{told}");
    let summary: serde_json::Value = serde_json::from_str(&out).expect(&told);
    summary["points"].as_array().unwrap().clone()
}

#[test]
fn on_a_hub_utilization_is_a_share_of_builders_whatever_they_take_at_a_time() {
    let more = ["--vary=x86.capacity=1..40:39", "--deadline=2d", "--replications=8"];
    for point in points(KOJI, &more) {
        let shares = point["utilization"].as_object().unwrap();
        assert_eq!(shares.keys().collect::<Vec<_>>(), ["aarch64", "x86_64"], "no noarch");
        for (arch, share) in shares {
            let share = share.as_f64().unwrap();
            assert!(share > 0.01 && share <= 1.0, "{arch}: {share}");
        }
    }
}

#[test]
fn a_sweep_plans_for_every_arch_that_one_of_its_farms_has() {
    let place = tempfile::tempdir().unwrap();
    for (model, whole) in [("ideal", "--vary=x86=8"), ("koji", "--vary=x86=8")] {
        let farm = place.path().join("farm.yaml");
        let text = format!(
            "model: {model}\nbuilders:\n- {{name: x86, count: 0, arches: [x86_64]}}\n\
             - {{name: arm, count: 0, arches: [aarch64]}}\n"
        );
        std::fs::write(&farm, text).unwrap();
        let farm = format!("--farm={}", farm.to_str().unwrap());
        let arches = "--arches=aarch64,x86_64";
        let more = [whole, "--vary=arm=0..4:4", "--deadline=30d", "--replications=2", arches];
        for point in points(&farm, &more) {
            let shares = point["utilization"].as_object().unwrap();
            assert_eq!(shares.keys().collect::<Vec<_>>(), ["aarch64", "x86_64"], "{model}");
            // Without a builder for aarch64 nothing is ever done.
            let is_staffed = point["builders"]["arm"] == 4;
            assert_eq!(point["done_share"].as_f64().unwrap() > 0.0, is_staffed, "{point}");
        }
        let Said { code, err: told, .. } =
            sweep_on(&farm, "compare", &["--replications=1", arches]);
        assert_eq!((code, told.contains("hold no builder")), (1, true), "{told}");
    }
}

#[test]
fn a_capacity_sweep_in_parts_has_the_bytes_of_one_made_at_once() {
    let more = [
        "--replications=20",
        "--vary=x86=4..6:2",
        "--deadline=3d",
        "--confidence=0.1",
        "--variants=koji-owned/planned",
    ];
    parts_make_the_whole(IDEAL, "capacity", &more);
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
fn a_precision_and_a_part_exclude_each_other() {
    let Said { code, err: told, .. } = sweep("compare", &["--half-width=1%", "--shard=1/2"]);
    assert_eq!(code, 2, "{told}");
    assert!(told.contains("--shard"), "{told}");
    let Said { code, err: told, .. } = sweep("compare", &["--shard=1/2", "--format=csv"]);
    assert_eq!((code, told.contains("modplan merge")), (2, true), "{told}");
    assert_eq!(sweep("compare", &["--shard=3/2"]).code, 2);
}

#[test]
fn parts_of_different_sweeps_are_not_joined() {
    let place = tempfile::tempdir().unwrap();
    let part = |name: &str, part: &str, replications: &str| {
        let path = place.path().join(name).to_str().unwrap().to_owned();
        let replications = format!("--replications={replications}");
        let text = good(sweep("compare", &["--shard", part, &replications]));
        std::fs::write(&path, text).unwrap();
        path
    };
    let (first, second) = (part("a.json", "1/2", "4"), part("b.json", "2/2", "6"));
    let Said { code, err: told, .. } = modplan(&["merge", &first, &second]);
    assert_eq!((code, told.contains("is of another sweep")), (1, true), "{told}");
    let Said { code, err: told, .. } = modplan(&["merge", "fixtures/el8-perl/pdc.json"]);
    assert_eq!((code, told.contains("is no shard")), (1, true), "{told}");
    assert_eq!(modplan(&["merge", "nowhere.json"]).code, 3);
}

#[test]
fn a_part_that_was_edited_or_made_by_another_version_is_not_joined() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("a.json");
    let file = path.to_str().unwrap();
    let part = good(sweep("compare", &["--shard=1/1", "--replications=3"]));
    let merge = |text: &str| {
        std::fs::write(&path, text).unwrap();
        modplan(&["merge", file])
    };
    good(merge(&part));
    // Still a shard that could have been: its seed, its number and its digest are others.
    let column = part.find("\"sha256\":").unwrap() + "\"sha256\":".len() + 1;
    let expected = format!("{file}:1:{column}: this sha256 is not that of the shard");
    for (from, to) in
        [("\"seed\":11", "\"seed\":12"), ("\"number\":1", "\"number\":2"), ("\"of\":1", "\"of\":2")]
    {
        let Said { code, out, err: told } = merge(&part.replacen(from, to, 1));
        assert_eq!((code, &*out), (1, ""), "{told}");
        assert!(told.contains(&expected) && told.contains("make it again"), "{told}");
    }
    let Said { code, out, err: told } = merge(&part.replacen("\"format\":4", "\"format\":2", 1));
    assert_eq!((code, &*out), (1, ""), "{told}");
    let expected = "a.json: it is a shard of format 2, and this version joins format 4";
    assert!(told.contains(expected), "{told}");
    assert!(told.contains("make all shards again with this version"), "{told}");
}

#[test]
fn capacity_names_the_cheapest_farm_in_time() {
    let more = ["--vary=x86=2..8:2", "--deadline=6h", "--replications=60", "--format=json"];
    let Said { code, out, err: told } = sweep("capacity", &more);
    let summary: serde_json::Value = serde_json::from_str(&out).expect(&told);
    assert_eq!(summary["format"], 1);
    assert_eq!(summary["deadline_seconds"], 21600.0);
    let points = summary["points"].as_array().unwrap();
    assert_eq!(points.len(), 8, "four farms under two variants");
    let good: Vec<&serde_json::Value> = points
        .iter()
        .filter(|point| point["meets_deadline_share"].as_f64().unwrap() >= 0.9)
        .collect();
    let cheapest = good.iter().map(|point| point["builders"]["x86"].as_u64().unwrap()).min();
    assert_eq!(code, i32::from(cheapest.is_none()), "{told}");
    assert_eq!(summary["answer"]["builders"]["x86"].as_u64(), cheapest);
    for point in points {
        for (arch, share) in point["utilization"].as_object().unwrap() {
            assert!((0.0..=1.0).contains(&share.as_f64().unwrap()), "{arch}: {share}");
        }
    }
}

#[test]
fn capacity_answers_no_when_no_point_is_in_time_and_refuses_what_it_cannot_vary() {
    let with = |vary: &str, deadline: &str| {
        let (vary, deadline) = (format!("--vary={vary}"), format!("--deadline={deadline}"));
        sweep("capacity", &[&vary, &deadline, "--replications=5"])
    };
    let Said { code, out, .. } = with("x86=1..2", "1s");
    assert_eq!(code, 1);
    assert!(out.contains("no point meets the deadline"), "{out}");
    let Said { code, err: told, .. } = with("x68=1..2", "1h");
    assert_eq!((code, told.contains("did you mean `x86`?")), (2, true), "{told}");
    let Said { code, err: told, .. } = with("x86.capacity=1..2", "1h");
    assert_eq!((code, told.contains("ideal model")), (2, true), "{told}");
    assert_eq!(with("x86=2..1", "1h").code, 2);
    // Where no point has a builder for what the documents are for, nothing would be built.
    let Said { code, err: told, .. } = with("x86=0", "30d");
    let nothing = "no builder of the farm builds x86_64: nothing would be built";
    assert_eq!((code, told.contains(nothing)), (1, true), "{told}");
    // Planned for the largest farm: on the smallest x86_64 is asked for, and nobody builds it.
    let Said { code, out, .. } = with("x86=0..1", "30d");
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("no builder for x86_64 at x86=0: what needs it waits for ever"), "{out}");
    let Said { code, err: told, .. } = with("x86=1..2", "0s");
    assert_eq!((code, told.contains("a deadline is longer than nothing")), (2, true), "{told}");
}

#[test]
fn builders_that_nothing_needs_are_not_varied() {
    let place = tempfile::tempdir().unwrap();
    let farm = place.path().join("farm.yaml");
    let text = std::fs::read_to_string("fixtures/el8-perl/farm.yaml").unwrap();
    let text = text.replace("builders:", "builders:\n  - {name: z, count: 3, arches: [s390x]}");
    std::fs::write(&farm, text).unwrap();
    let farm = format!("--farm={}", farm.display());
    let more = ["--vary=z=1..3", "--deadline=1d", "--replications=2", "--arches=x86_64"];
    let world = ["capacity", WORLD[0], "--changed=perl-DBD-Pg:3.7", WORLD[2], &farm];
    let Said { code, err: told, .. } = modplan(&[&world[..], &more].concat());
    let why = "nothing is built for s390x: varying the builders `z` changes nothing";
    assert_eq!((code, told.contains(why)), (2, true), "{told}");
    assert!(told.contains("what is built is built for x86_64"), "{told}");
}

#[test]
fn capacity_says_that_runs_fail_where_no_builder_would_help() {
    // Some of the recorded builds failed: however many builders there are, not every run is done.
    let more = ["--vary=x86=7..8", "--deadline=30d", "--replications=60", "--confidence=1"];
    let arches = ["--arches=aarch64,x86_64"];
    let Said { code, out, err: told } = sweep("capacity", &[&more[..], &arches].concat());
    assert_eq!((code, out.contains("no point meets the deadline")), (1, true), "{out}{told}");
    let out = out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(out.contains("builders are not the limit: at best "), "{out}");
    assert!(out.contains(" failed see the failures in the trace"), "{out}");
    assert!(out.contains("--durations resample --seed "), "{out}");
    assert!(!out.contains("try more builders"), "{out}");
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
    assert!(told.contains("left out 1 file without recorded builds: "), "{told}");
    assert!(told.contains("pdc.json"), "{told}");
    let Said { code, err: told, .. } = modplan(&["trace", "fixtures/el8-perl/pdc.json"]);
    assert_eq!((code, told.contains("error[trace-shape]")), (1, true), "{told}");
}

#[test]
fn arrivals_of_a_scenario_are_told_by_class_and_need_a_cascade_that_spreads_again() {
    let place = tempfile::tempdir().unwrap();
    let scenario = place.path().join("scenario.yaml");
    let text = "builds: {outcomes: always-pass}\narrivals:\n\
                - {every: 2d, changed: [perl-DBI:1.641], class: security, within: 12h, for: 14d}\n";
    std::fs::write(&scenario, text).unwrap();
    let scenario = format!("--scenario={}", scenario.to_str().unwrap());
    let execute = |cascade: &str, format: &str| {
        let (cascade, format) = (format!("--cascade={cascade}"), format!("--format={format}"));
        sweep("execute", &["--approach=orchestrator-owned", &scenario, &cascade, &format])
    };
    let run: serde_json::Value = serde_json::from_str(&good(execute("literal", "json"))).unwrap();
    let changes = run["changes"].as_array().unwrap();
    assert!(!changes.is_empty());
    for change in changes {
        assert_eq!(change["class"], "security");
        let response = change["response_seconds"].as_f64().unwrap();
        assert_eq!(change["is_in_time"], response <= 12.0 * 3600.0);
    }
    let told = good(execute("literal", "table"));
    assert!(told.contains(&format!("security: {} changes", changes.len())), "{told}");
    let Said { code, err: told, .. } = execute("planned", "json");
    assert_eq!((code, told.contains("arrivals come again and again")), (1, true), "{told}");
    let more = ["--variants=orchestrator-owned/literal", "--replications=5", &scenario];
    let told = good(sweep("compare", &more));
    assert!(told.contains("Changes that came in"), "{told}");
    // Nobody chose a cascade: one that can follow changes is taken.
    let told = good(sweep("compare", &["--replications=2", &scenario]));
    assert!(told.contains("koji-owned/coalesced") && !told.contains("planned"), "{told}");
    let more = ["--vary=x86=9", "--deadline=900d", "--replications=2", &scenario];
    let told = good(sweep("capacity", &more));
    assert!(told.contains("koji-owned/coalesced") && !told.contains("planned"), "{told}");
    let line = told.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        line.contains("security: ") && line.contains(" within the time of their class"),
        "{told}"
    );
    // Two runs of two in time: the interval begins at 34 %, far below the 90 % asked for.
    assert!(
        told.contains("\nnot certain: the 95 % interval of that share begins below 90"),
        "{told}"
    );
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
    refused("[empty-directory]: nothing in this directory is read");
    std::fs::write(place.path().join("notes.txt"), "").unwrap();
    refused("[empty-directory]: nothing in this directory is read");
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
        told.contains("farm.yaml:9:8: warning[setting-unused]: `repo.lag` changes nothing"),
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
        let why = "no builder of the farm builds aarch64: what needs it waits for ever";
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

/// Returns whether a program is installed.
fn has(program: &str) -> bool {
    std::process::Command::new(program).arg("--version").output().is_ok()
}

#[test]
fn parts_made_by_gnu_parallel_as_documented_have_the_bytes_of_the_whole() {
    if !has("parallel") {
        left_out("no GNU parallel (tests/run --setup installs it on Debian)");
        return;
    }
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(project.join("docs/sweeps.md")).unwrap();
    let section = page.split("## GNU parallel").nth(1).unwrap().split("## ").next().unwrap();
    let lines: Vec<&str> = section.lines().filter_map(|line| line.strip_prefix("    ")).collect();
    assert_eq!(lines.len(), 2);
    let place = tempfile::tempdir().unwrap();
    let binary = assert_cmd::cargo::cargo_bin("modplan");
    let directory = binary.parent().unwrap().to_str().unwrap().to_owned();
    let script = format!("set -e; PATH={directory}:$PATH\n{}\n", lines.join("\n"));
    let done = std::process::Command::new("bash")
        .args(["-c", &script])
        .current_dir(project)
        .env("OUT", place.path())
        .env("HOME", place.path())
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    // The same at once: the words of the documented line up to its part.
    let words = lines[0].split("modplan ").nth(1).unwrap().split(" --threads").next().unwrap();
    let whole = place.path().join("whole");
    let mut whole_sweep: Vec<&str> = words.split(' ').collect();
    whole_sweep.extend(["-o", whole.to_str().unwrap()]);
    good(modplan(&whole_sweep));
    assert_eq!(files(&place.path().join("report")), files(&whole));
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
    let made = summary["replications"].as_u64().unwrap();
    assert!((1..5_000_000).contains(&made), "{made}");
}
