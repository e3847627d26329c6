//! How many builders a deadline needs.

use super::{KOJI, WORLD, good, sweep, sweep_on};
use crate::support::program::{Said, modplan};

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
    let arches = "--arches=x86_64,aarch64";
    let more = ["--vary=x86.capacity=1..40:39", "--deadline=2d", "--replications=8", arches];
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
        assert_eq!((code, told.contains("has no builder")), (1, true), "{told}");
    }
}

#[test]
fn where_nothing_is_drawn_one_run_is_made_of_each_farm_and_the_table_says_so() {
    let select = ["fixtures/el8-perl/modules.yaml", "--changed=perl:5.30"];
    let vary = ["--vary=x86_64=2..4:2", "--deadline=20h", "--half-width=1%"];
    let run = |command: &[&str], format: &str| {
        let Said { code, out, err } = modplan(&[command, &select, &[format]].concat());
        assert_eq!((code, err.contains("precise")), (0, false), "{err}");
        out
    };
    for command in [&["compare"][..], &[&["capacity"][..], &vary].concat()] {
        let json: serde_json::Value = serde_json::from_str(&run(command, "--format=json")).unwrap();
        assert_eq!((&json["replications"], &json["no_spread"]), (&1.into(), &true.into()));
        let said = run(command, "--format=table").replace("\n           ", " ");
        assert!(said.contains("no spread: nothing here is drawn"), "{said}");
    }
    // A farm of koji's polls at moments that are drawn: there are runs to repeat.
    let drawn = ["compare", "--farm=fixtures/el8-perl/farm-koji.yaml", "--replications=3"];
    let json: serde_json::Value = serde_json::from_str(&run(&drawn, "--format=json")).unwrap();
    assert_eq!((&json["replications"], &json["is_drawn"]), (&3.into(), &true.into()));
}

#[test]
fn one_run_of_a_world_with_luck_concludes_nothing() {
    let Said { out, err: told, .. } = sweep("compare", &["--replications=1", "--format=json"]);
    let summary: serde_json::Value = serde_json::from_str(&out).expect(&told);
    assert_eq!(summary["is_drawn"], true);
    assert_eq!(summary["conclusions"], serde_json::json!([]));
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
    assert!(out.contains("no builder for x86_64 at x86=0: its tasks wait forever"), "{out}");
    let Said { code, err: told, .. } = with("x86=1..2", "0s");
    assert_eq!((code, told.contains("a deadline must be above 0")), (2, true), "{told}");
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
    assert!(told.contains("the plan builds for x86_64"), "{told}");
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
    assert!(told.contains("Time until all that came in is done;"), "{told}");
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
