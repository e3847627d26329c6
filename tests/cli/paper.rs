//! Comparisons small enough for paper: every figure and conclusion is worked out by hand.
//!
//! A diamond: b and c build with a, d with both. One builder takes one task at a time; a, b, c and d
//! take 100, 200, 300 and 400 s. *Planned* builds each once: 100 + 200 + 300 + 400 = 1000 s. *Literal*
//! builds d for b and again for c: 1400 s with no moment idle, 400 s of them superseded. Who owns the
//! build makes no difference where nothing but building takes time.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

use crate::support::program::modplan;

const KOJI_LITERAL: &str = "koji-owned/literal";
const KOJI_PLANNED: &str = "koji-owned/planned";
const OWNER_LITERAL: &str = "orchestrator-owned/literal";
const OWNER_PLANNED: &str = "orchestrator-owned/planned";

/// A directory with a world on paper.
struct Paper(tempfile::TempDir);

impl Paper {
    /// Makes modules of one component each from their names and what each builds with.
    fn new(modules: &[(&str, &[&str])]) -> Self {
        let paper = Self(tempfile::tempdir().unwrap());
        let document = |(at, (name, needs)): (usize, &(&str, &[&str]))| {
            let needs: String =
                needs.iter().map(|need| format!("      {need}: [\"1\"]\n")).collect();
            format!(
                "---\ndocument: modulemd\nversion: 2\ndata:\n  name: {name}\n  stream: \"1\"\n  \
                 version: 1\n  context: 0000000{at}\n  arch: x86_64\n  summary: {name}\n  description: \
                 {name}\n  license:\n    module: [MIT]\n  dependencies:\n  - buildrequires:\n{needs}      \
                 platform: [el8]\n    requires:\n      platform: [el8]\n  components:\n    rpms:\n      \
                 {name}:\n        rationale: the one\n        ref: \"1\"\n...\n"
            )
        };
        let documents: String = modules.iter().enumerate().map(document).collect();
        paper.write("modules.yaml", &documents);
        let rows = ["a,buildArch,x86_64,100", "b,buildArch,x86_64,200", "c,buildArch,x86_64,300"];
        let rows: String = rows
            .iter()
            .chain(&["d,buildArch,x86_64,400"])
            .map(|row| format!("{row},closed\n"))
            .collect();
        paper.write("trace.csv", &format!("package,method,arch,run_seconds,outcome\n{rows}"));
        paper.write(
            "farm.yaml",
            "model: ideal\nbuilders: [{name: x86, count: 1, arches: [x86_64]}]\n",
        );
        paper
    }

    fn diamond() -> Self {
        Self::new(&[("a", &[]), ("b", &["a"]), ("c", &["a"]), ("d", &["b", "c"])])
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    /// Runs a comparison and returns its summary.
    fn compare(&self, more: &[&str]) -> Value {
        let given = |flag: &str, name: &str| format!("--{flag}={}", self.path(name).display());
        let modules = self.path("modules.yaml").display().to_string();
        let world = [given("trace", "trace.csv"), given("farm", "farm.yaml")];
        let usual = ["--changed=a:1", "--replications=5", "--durations=replay", "--format=json"];
        let world = [world[0].as_str(), world[1].as_str()];
        let said = modplan(&[&["compare", &modules], &usual[..], &world, more].concat());
        assert_eq!(said.code, 0, "{}", said.err);
        serde_json::from_str(&said.out).expect(&said.err)
    }

    /// Runs a comparison in a scenario.
    fn compare_in(&self, scenario: &str, more: &[&str]) -> Value {
        self.write("scenario.yaml", scenario);
        let scenario = format!("--scenario={}", self.path("scenario.yaml").display());
        self.compare(&[&[scenario.as_str()], more].concat())
    }
}

/// Returns who ends earlier than whom, and by how many seconds.
fn concluded(summary: &Value) -> Vec<(String, String, f64)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let each = summary["conclusions"].as_array().unwrap().iter().map(|one| {
        let figures = &one["figures"];
        let saves = figures["saves_seconds"].as_f64().unwrap();
        (text(&figures["earlier"]), text(&figures["later"]), saves)
    });
    each.collect()
}

fn earlier(earlier: &str, later: &str, by: f64) -> (String, String, f64) {
    (earlier.to_owned(), later.to_owned(), by)
}

#[test]
fn a_diamond_forces_four_conclusions_and_leaves_two_ties() {
    let summary = Paper::diamond().compare(&[]);
    for (name, seconds, builds, wasted) in [
        (KOJI_LITERAL, 1400.0, 5.0, 400.0),
        (KOJI_PLANNED, 1000.0, 4.0, 0.0),
        (OWNER_LITERAL, 1400.0, 5.0, 400.0),
        (OWNER_PLANNED, 1000.0, 4.0, 0.0),
    ] {
        let figures = &summary["approaches"][name];
        assert_eq!(figures["makespan_seconds"]["p50"], seconds, "{name}");
        assert_eq!(figures["module_builds"]["mean"], builds, "{name}");
        assert_eq!(figures["builder_seconds_wasted"]["mean"], wasted, "{name}");
        assert_eq!(figures["done_share"], 1.0, "{name}");
        // The one builder is never idle, and all that is waited for is building.
        let time = &summary["where_time_goes"][name];
        let x86 = &time["builders"]["x86"];
        assert_eq!((&x86["busy"], &x86["idle"]), (&seconds.into(), &0.0.into()), "{name}");
        assert_eq!(time["makespan_seconds"], seconds, "{name}");
    }
    assert_eq!(
        concluded(&summary),
        [
            earlier(KOJI_PLANNED, KOJI_LITERAL, 400.0),
            earlier(OWNER_PLANNED, KOJI_LITERAL, 400.0),
            earlier(KOJI_PLANNED, OWNER_LITERAL, 400.0),
            earlier(OWNER_PLANNED, OWNER_LITERAL, 400.0),
        ]
    );
    assert_eq!(summary["no_spread"], true);
    let rule = summary["conclusions"][0]["rule"].as_str().unwrap();
    assert!(rule.starts_with("nothing is drawn"), "{rule}");
    // Where nothing is drawn, one run is made whatever was asked for.
    assert_eq!(summary["replications"], 1);
    assert_eq!(summary["is_drawn"], false);
    // By 1000 s three or four of the modules are ready: literal has d once, and takes it back.
    let ready = summary["approaches"][OWNER_PLANNED]["ready_within"].as_array().unwrap();
    assert_eq!(ready.last().unwrap()["share"], 1.0);
}

#[test]
fn a_chain_leaves_nothing_to_conclude() {
    // Both rules build a and then b: 100 + 200 s, whoever owns the build.
    let summary = Paper::new(&[("a", &[]), ("b", &["a"])]).compare(&[]);
    for (name, figures) in summary["approaches"].as_object().unwrap() {
        assert_eq!(figures["makespan_seconds"]["p90"], 300.0, "{name}");
    }
    assert_eq!(concluded(&summary), []);
    for (pair, figures) in summary["paired"].as_object().unwrap() {
        assert_eq!(figures["earlier_share"]["together"]["share"], 1.0, "{pair}");
    }
}

#[test]
fn gates_alone_explain_a_difference_and_ablation_shows_it() {
    // Tests of a minute for orchestrator-owned alone: two modules in a chain take 2 minutes longer.
    let scenario = "tests:\n  gate: {koji-owned: none, orchestrator-owned: module}\n  \
                    module: {p50: 60s, p90: 60s}\n";
    let paper = Paper::new(&[("a", &[]), ("b", &["a"])]);
    let summary = paper.compare_in(scenario, &["--ablate"]);
    let p50 = |name: &str| summary["approaches"][name]["makespan_seconds"]["p50"].clone();
    assert_eq!((p50(KOJI_PLANNED), p50(OWNER_PLANNED)), (300.0.into(), 420.0.into()));
    assert_eq!(summary["confounders"][0]["key"], "tests.gate");
    assert_eq!(concluded(&summary), []);
    let tests = &summary["where_time_goes"][OWNER_PLANNED]["parts_seconds"]["tests"];
    assert_eq!(tests, 120.0);
    // With the same gate, either one, both take the same time.
    let probes = summary["probes"].as_array().unwrap();
    let gates: Vec<&Value> = probes.iter().filter(|one| one["setting"] == "tests.gate").collect();
    assert_eq!(gates.len(), 3, "koji-owned's, orchestrator-owned's, and none");
    for probe in gates {
        assert_eq!(probe["earlier"], Value::Null, "{probe}");
        let effects = &probe["effects"];
        let p50 = |name: &str| effects[name]["makespan_p50"].as_f64();
        assert_eq!(p50(KOJI_PLANNED), p50(OWNER_PLANNED), "{probe}");
    }
}

#[test]
fn what_is_never_done_is_never_the_faster_one() {
    // A message that is lost stops koji-owned for good, and a poll of orchestrator-owned finds it: where
    // all are lost, koji-owned is never done.
    let paper = Paper::new(&[("a", &[]), ("b", &["a"])]);
    let summary = paper.compare_in("tests: {gate: module}\nbus: {loss: 1.0}\n", &[]);
    let koji = &summary["approaches"][KOJI_PLANNED];
    assert_eq!(
        (&koji["done_share"], &koji["makespan_seconds"]["p10"]),
        (&0.0.into(), &Value::Null)
    );
    let owner = &summary["approaches"][OWNER_PLANNED];
    assert_eq!(owner["done_share"], 1.0);
    let said =
        summary["conclusions"].as_array().unwrap().iter().map(|one| one["sentence"].as_str());
    let said: Vec<&str> = said.flatten().collect();
    let never = "orchestrator-owned/planned ends earlier than koji-owned/planned in the one run there \
                 is, as the other is never done.";
    assert!(said.contains(&never), "{said:?}");
    // It hangs on the bus: without loss both take the same time. Nobody asked for that.
    let conclusions = summary["conclusions"].as_array().unwrap();
    let is_of_pair = |one: &&Value| {
        (&one["figures"]["earlier"], &one["figures"]["later"])
            == (&OWNER_PLANNED.into(), &KOJI_PLANNED.into())
    };
    let hinges = conclusions.iter().find(is_of_pair).unwrap()["hinges"].as_array().unwrap();
    let bus = hinges.iter().find(|one| one["setting"] == "bus").unwrap();
    assert_eq!((&bus["earlier"], &bus["to"]), (&Value::Null, &"no delay, no loss".into()));
    assert_eq!(summary["probes"], Value::Null, "they are told where they are asked for");
}

/// Returns the makespans of each variant in seconds, from the rows of `--format csv`.
fn makespans(rows: &str) -> BTreeMap<String, Vec<f64>> {
    let mut rows = rows.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let head = rows.next().unwrap();
    let column = |name: &str| head.iter().position(|one| *one == name).unwrap();
    let (variant, makespan) = (column("variant"), column("makespan_seconds"));
    let mut of: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for row in rows {
        of.entry(row[variant].to_owned()).or_default().push(row[makespan].parse().unwrap());
    }
    of
}

#[test]
fn the_parts_of_every_run_sum_to_its_makespan_and_builders_are_busy_or_idle() {
    let fixture = |name: &str| format!("fixtures/el8-perl/{name}");
    for farm in ["farm.yaml", "farm-koji.yaml"] {
        let world = [
            "compare",
            &fixture("modules.yaml"),
            "--changed=perl:5.30",
            "--replications=3",
            "--arches=x86_64,aarch64",
            &format!("--trace={}", fixture("trace.csv")),
            &format!("--farm={}", fixture(farm)),
            &format!("--scenario={}", fixture("scenario-gate.yaml")),
        ];
        let said = modplan(&[&world[..], &["--format=json"]].concat());
        let summary: Value = serde_json::from_str(&said.out).expect(&said.err);
        // The makespans are those of the runs, which know nothing of where their time goes.
        let makespans = makespans(&modplan(&[&world[..], &["--format=csv"]].concat()).out);
        let times = summary["where_time_goes"].as_object().unwrap();
        assert_eq!((times.len(), makespans.len()), (4, 4), "{farm}");
        for (name, time) in times {
            let number = |value: &Value| value.as_f64().unwrap();
            let own = &makespans[name];
            assert_eq!(time["runs"], 3, "{farm} {name}: all runs were looked at");
            let mean = own.iter().sum::<f64>() / 3.0;
            let parts: f64 = time["parts_seconds"].as_object().unwrap().values().map(number).sum();
            assert!((parts - mean).abs() < 0.01, "{farm} {name}: {parts} of {own:?}");
            let told = number(&time["makespan_seconds"]);
            assert!((told - mean).abs() < 0.01, "{farm} {name}: {told} of {own:?}");
            let all = &summary["approaches"][name]["rebuilds_per_module_max"];
            assert!(number(&all["mean"]) >= 1.0, "{farm} {name}");
            // Busy and idle of each group are builders times the makespan of the run that is drawn: the
            // one in the middle, or next to it where some are never done.
            let groups = time["builders"].as_object().unwrap();
            assert!(groups.len() >= 2, "{farm} {name}");
            let span = |group: &Value| {
                (number(&group["busy"]) + number(&group["idle"])) / number(&group["builders"])
            };
            let first = span(groups.values().next().unwrap());
            assert!(own.iter().any(|own| (own - first).abs() < 0.01), "{first} of {own:?}");
            for (group, figures) in groups {
                assert!((span(figures) - first).abs() < 0.01, "{farm} {name} {group}");
                assert!(number(&figures["idle"]) > 0.0, "{farm} {name} {group}");
            }
        }
    }
}

#[test]
fn builds_and_tasks_reconcile_with_the_plan() {
    let world = [
        "fixtures/el8-perl/modules.yaml",
        "--changed=perl-DBI:1.641",
        "--trace=fixtures/el8-perl/trace.csv",
        "--farm=fixtures/el8-perl/farm.yaml",
        "--arches=x86_64,aarch64",
        "--format=json",
    ];
    let json = |command: &str, more: &[&str]| -> Value {
        let said = modplan(&[&[command], &world[..], more].concat());
        serde_json::from_str(&said.out).expect(&said.err)
    };
    let plan = json("plan", &[]);
    let modules = plan["modules"].as_array().unwrap();
    let batches = modules.iter().flat_map(|module| module["batches"].as_array().unwrap());
    let components: Vec<&Value> =
        batches.flat_map(|batch| batch["components"].as_array().unwrap()).collect();
    let tasks = components.iter().map(|one| one["arches"].as_array().unwrap().len()).sum::<usize>();
    let passes = tempfile::tempdir().unwrap();
    let scenario = passes.path().join("scenario.yaml");
    std::fs::write(&scenario, "builds: {outcomes: always-pass}\n").unwrap();
    let scenario = format!("--scenario={}", scenario.display());
    let variants = "--variants=koji-owned/planned,orchestrator-owned/planned,\
                    orchestrator-owned/planned/batch,orchestrator-owned/planned/wave";
    let summary = json("compare", &[&scenario, variants, "--replications=3"]);
    let approaches = summary["approaches"].as_object().unwrap();
    assert_eq!(approaches.len(), 4);
    for (name, figures) in approaches {
        for (figure, planned) in [
            ("module_builds", modules.len()),
            ("component_builds", components.len()),
            ("tasks", tasks),
        ] {
            assert_eq!(figures[figure]["mean"], Value::from(planned as f64), "{name}: {figure}");
        }
    }
}
