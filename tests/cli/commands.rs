//! `plan`, `execute` and `compare` as commands: what they print where, how they end, and what they
//! say of wrong input.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::program::{Program, Said, modplan};

const EL8: &str = "fixtures/el8-perl/modules.yaml";
const CYCLE: &str = "fixtures/cycle/modules.yaml";

/// A directory with inputs that are wrong in some way.
struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a directory"))
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().expect("UTF-8").to_owned()
    }

    fn with(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        fs::write(self.0.path().join(name), content).expect("it is writable");
        self.path(name)
    }
}

/// Runs each command that needs modules on one input; they must all end with the same answer.
fn every_planner(input: &str) -> [Said; 3] {
    let compare = ["compare", input, "--all", "--replications", "2"];
    let execute = ["execute", input, "--all", "--approach", "koji-owned"];
    [modplan(&["plan", input, "--all"]), modplan(&execute), modplan(&compare)]
}

#[test]
fn inputs_without_a_module_are_an_answer_of_no() {
    let files = Files::new();
    fs::create_dir(files.path("directory")).unwrap();
    let junk: Vec<u8> =
        (0..4096_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let inputs = [
        (files.with("empty.yaml", ""), ""),
        (files.path("directory"), ""),
        (files.with("junk.yaml", junk), "error[encoding]: the text is not UTF-8"),
        (
            files.with(
                "cut.yaml",
                "---\ndocument: modulemd\nversion: 2\ndata: {name: a, stream: \"1",
            ),
            "cut.yaml:4:25: error[yaml-syntax]",
        ),
    ];
    for (input, finding) in &inputs {
        for said in every_planner(input) {
            assert_eq!((said.code, said.out.as_str()), (1, ""), "{input}");
            assert!(said.err.contains(finding), "{}", said.err);
            assert!(said.err.contains("error: the inputs hold no module\nhint: "), "{}", said.err);
        }
    }
    assert_eq!(modplan(&["check", &inputs[0].0]).code, 0);
}

#[test]
fn a_missing_file_is_outside_trouble() {
    for said in every_planner("no/such/modules.yaml") {
        assert_eq!((said.code, said.out.as_str()), (3, ""));
        assert_eq!(said.err, "error: cannot find `no/such/modules.yaml`\n");
    }
    let world = [["--trace", "t.csv"], ["--farm", "f.yaml"], ["--scenario", "s.yaml"]];
    for [flag, path] in world {
        let said = modplan(&["plan", EL8, "--all", flag, path]);
        assert_eq!(said.code, 3);
        assert!(said.err.contains(&format!("error: cannot find `{path}`")), "{}", said.err);
    }
}

#[test]
fn an_id_that_is_not_loaded_is_usage_and_the_nearest_is_named() {
    for (id, hint) in [
        ("perl:5.3", "hint: did you mean `perl:5.30`?"),
        ("pearl", "hint: did you mean `perl`?"),
        ("zzz:1", "hint: `modplan show` lists what the inputs hold"),
    ] {
        let said = modplan(&["plan", EL8, "--changed", id]);
        assert_eq!((said.code, said.out.as_str()), (2, ""));
        let error = format!("error: no loaded module is `{id}`\n{hint}\n");
        assert!(said.err.ends_with(&error), "{}", said.err);
    }
    let said = modplan(&["plan", EL8]);
    assert_eq!(said.code, 2);
    assert!(
        said.err.contains("error: nothing is selected\nhint: give --changed ID"),
        "{}",
        said.err
    );
}

#[test]
fn a_package_that_no_module_builds_is_an_answer_of_no() {
    let said = modplan(&["plan", EL8, "--changed-package", "glibc"]);
    assert_eq!(said.code, 1);
    let reason = "error: `glibc` is not a modular component; modulemd does not say which \
                  components link it\n";
    assert!(said.err.contains(reason), "{}", said.err);
}

#[test]
fn a_wrong_trace_farm_or_scenario_is_told_with_its_line() {
    let files = Files::new();
    let trace = files.with("trace.csv", "package,method,arch\nperl,buildArch,x86_64\n");
    let farm = files.with(
        "farm.yaml",
        "model: ideal\nbuilders:\n  - {name: x86, count: many, arches: [x86_64]}\n",
    );
    let scenario = files.with("scenario.yaml", "builds:\n  outcomes: replay\n  luck: good\n");
    for (flag, path, finding) in [
        (
            "--trace",
            &trace,
            "trace.csv:1:20: error[trace-column]: columns are missing: `run_seconds`, `outcome`",
        ),
        ("--farm", &farm, "farm.yaml:3:24: error[setting-value]"),
        ("--scenario", &scenario, "scenario.yaml:3:3: error[setting-unknown]"),
    ] {
        let said = modplan(&["plan", EL8, "--changed", "perl:5.30", flag, path]);
        assert_eq!((said.code, said.out.as_str()), (1, ""));
        assert!(said.err.contains(finding), "{}", said.err);
    }
}

#[test]
fn an_arch_without_a_builder_waits_and_is_told() {
    let files = Files::new();
    let builders = "model: ideal\nbuilders:\n  - {name: x86, count: 4, arches: [x86_64]}\n";
    let farm = files.with("farm.yaml", builders);
    let world = ["--changed", "perl:5.30", "--farm", &farm, "--arches", "x86_64,s390x"];
    for approach in ["koji-owned", "orchestrator-owned"] {
        let json = ["execute", EL8, "--approach", approach, "--format", "json"];
        let said = modplan(&[&json, &world[..]].concat());
        assert_eq!(said.code, 1);
        let run: serde_json::Value = serde_json::from_str(&said.out).expect("JSON");
        assert_eq!(run["outcome"], "stuck");
        assert_eq!(run["arches_without_builder"][0], "s390x");
        assert!(run["builder_seconds"]["busy"]["x86_64"].as_f64() > Some(0.0), "x86_64 is built");
        let told = "cannot continue: no builder of the farm builds s390x\nhint: ";
        assert!(said.err.contains(told), "{}", said.err);
    }
    let said = modplan(&[&["plan", EL8, "--format", "json"], &world[..]].concat());
    assert_eq!(said.code, 0);
    let plan: serde_json::Value = serde_json::from_str(&said.out).expect("JSON");
    assert!(plan["bounds"]["schedule_seconds"].is_null());
}

#[test]
fn on_a_hub_the_same_rebuild_takes_longer_and_makes_repos() {
    let files = Files::new();
    let builders = "builders:\n  - {name: x86, count: 4, arches: [x86_64]}\n";
    let ideal = files.with("ideal.yaml", builders);
    let koji = files.with("koji.yaml", format!("model: koji\n{builders}"));
    for approach in ["koji-owned", "orchestrator-owned"] {
        let on = |farm: &str| -> serde_json::Value {
            let json = ["execute", EL8, "--approach", approach, "--format", "json"];
            let world = ["--changed", "perl-DBI", "--farm", farm, "--arches", "x86_64"];
            let said = modplan(&[&json, &world[..]].concat());
            assert_eq!(said.code, 0, "{}", said.err);
            serde_json::from_str(&said.out).expect("JSON")
        };
        let (ideal, koji) = (on(&ideal), on(&koji));
        let seconds = |run: &serde_json::Value| run["makespan_seconds"].as_f64();
        assert!(seconds(&koji) > seconds(&ideal), "{approach}");
        assert_eq!(ideal["counts"]["repo_regenerations"], 0);
        assert!(koji["counts"]["repo_regenerations"].as_u64() > Some(0), "{approach}");
    }
    let wrong = files.with("wrong.yaml", "model: koji\nbuilders: []\n");
    let said = modplan(&["compare", EL8, "--all", "--farm", &wrong]);
    assert_eq!((said.code, said.out.as_str()), (1, ""));
    assert!(said.err.contains("wrong.yaml:2:11: error[setting-value]"), "{}", said.err);
}

#[test]
fn a_cycle_is_told_with_its_cut_and_is_no_under_strict() {
    let said = modplan(&["plan", CYCLE, "--all"]);
    assert_eq!(said.code, 0);
    let told = "warning[cycle]: a cycle: eclipse:rhel8:5f3a1c07, tycho:rhel8:b1d60e94\nhint: the fewest \
                edges that cut it: tycho:rhel8:b1d60e94 -> eclipse:rhel8:5f3a1c07; the plan leaves \
                these out\n";
    assert!(said.err.contains(told), "{}", said.err);
    assert_eq!(modplan(&["plan", CYCLE, "--all", "--strict"]).code, 1);
    let said = modplan(&["execute", CYCLE, "--all", "--approach", "koji-owned"]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("these caused their own rebuild: ant:"), "{}", said.err);
    let planned = ["execute", CYCLE, "--all", "--approach", "koji-owned", "--cascade", "planned"];
    assert_eq!(modplan(&planned).code, 0);
}

#[test]
fn a_plan_read_back_runs_as_its_inputs_do() {
    let files = Files::new();
    let plan = files.path("plan.json");
    let said = modplan(&["plan", EL8, "--changed", "perl:5.30", "--format", "json", "-o", &plan]);
    assert_eq!((said.code, said.out.as_str()), (0, ""));
    let run = ["--approach", "orchestrator-owned", "--format", "json"];
    let from_plan = modplan(&[&["execute", &plan], &run[..]].concat());
    let from_inputs = modplan(&[&["execute", EL8, "--changed", "perl:5.30"], &run[..]].concat());
    assert_eq!(from_plan.code, 0);
    assert_eq!(from_plan.out, from_inputs.out);
    let selected = modplan(&["execute", &plan, "--all", "--approach", "koji-owned"]);
    assert_eq!(selected.code, 2);
    assert!(selected.err.contains("error: a plan is selected already"), "{}", selected.err);
    let text = fs::read_to_string(&plan).unwrap().replacen("\"format\": 2", "\"format\": 99", 1);
    let later = modplan(&["execute", &files.with("later.json", text), "--approach", "koji-owned"]);
    assert_eq!(later.code, 1);
    assert!(later.err.contains("its format is 99, not 2"), "{}", later.err);
}

#[test]
fn what_is_left_out_stays_out_of_a_literal_cascade() {
    let only = ["--changed", "perl:5.30", "--only", "perl:5.30", "--cascade", "literal"];
    let run =
        [&["execute", EL8, "--approach", "koji-owned", "--format", "json"], &only[..]].concat();
    let run: serde_json::Value = serde_json::from_str(&modplan(&run).out).expect("JSON");
    assert_eq!(run["counts"]["module_builds"], 1);
    let capped = ["execute", EL8, "--changed", "perl:5.30", "--max-builds", "28"];
    let said = modplan(&[&capped, &["--approach", "koji-owned", "--format", "json"][..]].concat());
    assert_eq!(said.code, 1);
    let run: serde_json::Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!((&run["outcome"], &run["counts"]["module_builds"]), (&"capped".into(), &28.into()));
}

#[test]
fn a_plan_read_back_says_that_a_literal_cascade_ends_with_it() {
    let files = Files::new();
    let plan = files.path("plan.json");
    modplan(&["plan", EL8, "--changed", "perl:5.30", "--format", "json", "-o", &plan]);
    let literal = modplan(&["execute", &plan, "--approach", "koji-owned"]);
    assert!(literal.err.contains("warning: a plan holds only what it rebuilds"), "{}", literal.err);
    let planned = modplan(&["execute", &plan, "--approach", "orchestrator-owned"]);
    assert!(!planned.err.contains("a plan holds only"), "{}", planned.err);
}

#[test]
fn a_plan_of_noarch_tasks_read_back_has_builders() {
    let files = Files::new();
    let plan = files.path("plan.json");
    let world = ["--trace", "fixtures/el8-perl/trace.csv"];
    let ask = ["plan", EL8, "--changed", "perl-YAML", "--unit", "context", "--format", "json"];
    assert_eq!(modplan(&[&ask, &world[..], &["-o", &plan]].concat()).code, 0);
    let run = ["execute", &plan, "--approach", "orchestrator-owned"];
    assert_eq!(modplan(&[&run, &world[..]].concat()).code, 0);
}

#[test]
fn a_farm_without_builders_is_told_with_its_line() {
    let files = Files::new();
    let farm = files.with("farm.yaml", "builders:\n  - {name: x, count: 0, arches: [x86_64]}\n");
    let run = ["execute", EL8, "--changed", "nginx:1.14", "--approach", "koji-owned"];
    let said = modplan(&[&run, &["--farm", &farm][..]].concat());
    assert_eq!(said.code, 1);
    let told = "farm.yaml:2:3: error[setting-value]: `builders` has no builder";
    assert!(said.err.contains(told), "{}", said.err);
}

#[test]
fn selections_that_contradict_themselves_are_usage() {
    for (selection, why) in [
        (
            &["--changed", "perl:5.30", "--only", "httpd:2.4"][..],
            "nothing of perl:5.30 is left to rebuild",
        ),
        (
            &["--changed", "perl:5.30", "--exclude", "perl:5.30"],
            "nothing of perl:5.30 is left to rebuild",
        ),
        (
            &["--changed", "perl:5.30", "--built", "perl:5.30"],
            "`perl:5.30` is named as changed and as built",
        ),
        (&["--all", "--arches", "noarch"], "`noarch` is not the arch of a builder"),
    ] {
        let said = modplan(&[&["plan", EL8], selection].concat());
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{selection:?}");
        assert!(said.err.contains(why), "{}", said.err);
    }
    let nothing_follows = modplan(&["plan", EL8, "--built", "nginx:1.14"]);
    assert_eq!(nothing_follows.code, 0);
}

#[test]
fn a_module_that_builds_on_an_earlier_build_of_itself_can_be_given_that() {
    let given = ["--changed", "tycho:rhel8", "--given", "tycho:rhel8", "--format", "json"];
    let said = modplan(&[&["plan", CYCLE], &given[..]].concat());
    let plan: serde_json::Value = serde_json::from_str(&said.out).expect("JSON");
    assert!(plan["modules"].as_array().is_some_and(|modules| !modules.is_empty()));
    let said = modplan(&["plan", EL8, "--changed", "perl:5.30", "--given", "perl-botstrap:5.30"]);
    let told = "warning: nothing requires `perl-botstrap:5.30`, which is given\nhint: did you mean";
    assert!(said.err.contains(told), "{}", said.err);
}

#[test]
fn numbers_beyond_all_machines_are_usage() {
    let compare = ["compare", EL8, "--changed", "perl:5.30"];
    for more in [["--replications", "18446744073709551615"], ["--threads", "100000"]] {
        let said = modplan(&[&compare, &more[..]].concat());
        assert_eq!(said.code, 2);
        assert!(said.err.contains("write a whole number from 1 to "), "{}", said.err);
    }
    let files = Files::new();
    let farm =
        files.with("farm.yaml", "builders:\n  - {name: x, count: 4000000000, arches: [a]}\n");
    let said = modplan(&["plan", EL8, "--all", "--farm", &farm]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("farm.yaml:2:22: error[setting-value]"), "{}", said.err);
    let vary = ["capacity", EL8, "--changed", "perl:5.30", "--deadline", "4h"];
    let said = modplan(&[&vary, &["--vary", "x86_64=4000000000"][..]].concat());
    assert_eq!(said.code, 2);
    assert!(said.err.contains("`4000000000` is more than 100000 builders"), "{}", said.err);
}

#[test]
fn a_run_of_years_on_a_hub_that_polls_as_often_as_allowed_ends() {
    let files = Files::new();
    let farm = files.with(
        "farm.yaml",
        "model: koji\nbuilders: [{name: x, count: 2, arches: [x86_64]}]\n\
         hub: {run_interval: 1s, builder_sleep: 1s, builder_turn: 1ms}\n\
         repo: {createrepo: 364d, check_interval: 1s, wait_poll: 1s, wait_timeout: 365d,\n  \
           auto: true, auto_lag: 0s, auto_interval: 1s, lag_window: 1s}\n",
    );
    let one = ["--changed", "nginx:1.14", "--arches", "x86_64", "--format", "json"];
    for approach in ["koji-owned", "orchestrator-owned"] {
        let run = ["execute", EL8, "--farm", &farm, "--approach", approach];
        let said = modplan(&[&run, &one[..]].concat());
        assert_eq!(said.code, 0, "{}", said.err);
        let run: serde_json::Value = serde_json::from_str(&said.out).expect("JSON");
        // One repo before the macros package, one before the components, one of the module.
        assert!(run["makespan_seconds"].as_f64().expect("seconds") > 3.0 * 364.0 * 86_400.0);
    }
}

#[test]
fn more_arches_than_a_hub_tells_apart_are_refused() {
    let files = Files::new();
    let farm = |arches: usize| {
        let arches: Vec<String> = (0..arches).map(|number| format!("arch{number}")).collect();
        let text = format!(
            "model: koji\nbuilders:\n- {{name: x, count: 1, arches: [x86_64]}}\n\
             - {{name: y, count: 1, arches: [{}]}}\n",
            arches.join(", ")
        );
        files.with(&format!("farm-{}.yaml", arches.len()), text)
    };
    let run = ["--changed", "nginx:1.14", "--arches", "x86_64"];
    let (fits, too_many) = (farm(63), farm(71));
    let plan = |farm: &str| modplan(&[&["plan", EL8, "--farm", farm], &run[..]].concat());
    assert_eq!(plan(&fits).code, 0, "{}", plan(&fits).err);
    let said = plan(&too_many);
    assert_eq!(said.code, 1);
    let told =
        ":4:3: error[setting-value]: with builders `y` the farm has 72 arches; the limit is 64";
    assert!(said.err.contains(told), "{}", said.err);
    // The farm alone has 64, and what is built asks for one more.
    let more = ["--changed=nginx:1.14", "--arches=aarch64,x86_64"];
    for command in [&["plan"][..], &["execute", "--approach", "koji-owned"]] {
        let said = modplan(&[command, &[EL8, "--farm", &fits], &more].concat());
        assert_eq!(said.code, 1, "{}", said.err);
        let told = "have 65 arches together: koji's model takes 64 at most";
        assert!(said.err.contains(told), "{}", said.err);
    }
}

#[test]
fn nothing_is_left_half_written() {
    let files = Files::new();
    let old = files.with("plan.json", "the plan of yesterday");
    let said = modplan(&["plan", EL8, "--changed", "perl:5.3", "-o", &old]);
    assert_eq!(said.code, 2);
    assert_eq!(fs::read_to_string(&old).unwrap(), "the plan of yesterday");
    let nowhere = files.path("no/such/plan.json");
    let said = modplan(&["plan", EL8, "--changed", "perl:5.30", "-o", &nowhere]);
    assert_eq!((said.code, said.out.as_str()), (3, ""));
    assert!(said.err.contains("error: cannot write "), "{}", said.err);
    let compare = ["compare", EL8, "--changed", "perl:5.30", "--replications", "2", "-o", &old];
    assert_eq!(modplan(&compare).code, 2);
    let names: Vec<PathBuf> =
        fs::read_dir(files.0.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(names, [Path::new(&old)]);
}

#[test]
fn a_comparison_is_the_same_for_any_number_of_threads_and_differs_by_seed() {
    let files = Files::new();
    let compare = |name: &str, more: &[&str]| {
        let directory = files.path(name);
        let base = ["compare", EL8, "--changed", "perl:5.30", "--replications", "150"];
        let world =
            ["--trace", "fixtures/el8-perl/trace.csv", "--farm", "fixtures/el8-perl/farm.yaml"];
        let said = modplan(&[&base, &world[..], &["-o", &directory], more].concat());
        assert_eq!(said.code, 0, "{}", said.err);
        let read = |file: &str| fs::read(Path::new(&directory).join(file)).unwrap();
        (read("summary.json"), read("compare.csv"))
    };
    let one = compare("one", &["--threads", "1"]);
    let two = compare("two", &["--threads", "2"]);
    assert!(one == two, "one thread and two threads write the same bytes");
    let other = compare("other", &["--threads", "2", "--seed", "2"]);
    assert!(one.0 != other.0 && one.1 != other.1, "another seed has other luck");
}

/// Returns the first command of the README, from after `cargo run --release --`.
fn readme_command(readme: &str) -> Vec<String> {
    let line = readme.lines().find_map(|line| line.trim().strip_prefix("cargo run --release -- "));
    line.expect("the README has the command").split_whitespace().map(str::to_owned).collect()
}

#[test]
fn the_first_command_of_the_readme_prints_what_the_readme_shows() {
    let readme =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let command = readme_command(&readme);
    let arguments: Vec<&str> = command.iter().map(String::as_str).collect();
    let said = modplan(&arguments);
    assert_eq!(said.code, 0, "{}", said.err);
    let header =
        said.out.lines().position(|line| line.starts_with("    VARIANT")).expect("a table");
    let table: Vec<&str> = said.out.lines().skip(header).take(5).collect();
    assert!(table.len() == 5 && table[4].starts_with(" 4  orchestrator-owned/planned"));
    for line in table {
        assert!(readme.contains(line.trim_end()), "the README shows another table:\n{}", said.out);
    }
    // The page on both approaches rests on the same run: its table, and what it quotes.
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/two-approaches.md");
    let page = fs::read_to_string(page).unwrap();
    let said = said.out.split_whitespace().collect::<Vec<_>>().join(" ");
    let quoted: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("> ")).collect();
    assert!(!quoted.is_empty());
    for sentence in quoted {
        assert!(said.contains(sentence), "{sentence}");
    }
}

#[test]
fn a_plan_is_read_back_from_standard_input_and_packed() {
    use std::io::Write as _;
    let select = ["--changed", "perl:5.30"];
    let plan = modplan(&[&["plan", EL8, "--format", "json"], &select[..]].concat()).out;
    let approach = ["--approach", "orchestrator-owned", "--format", "json"];
    let plain = modplan(&[&["execute", EL8], &select[..], &approach].concat());
    let files = Files::new();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(plan.as_bytes()).expect("memory takes it");
    let path = files.with("plan.json.gz", packed.finish().expect("memory takes it"));
    let read_back = modplan(&[&["execute", &path], &approach[..]].concat());
    assert_eq!((read_back.code, &read_back.out), (0, &plain.out));
    let through =
        |input: String, arguments: &[&str]| Program::new(arguments).input(input).run().out;
    assert_eq!(through(plan, &[&["execute", "-"], &approach[..]].concat()), plain.out);
    // Modules come through standard input too, though it was looked at for a plan first.
    let modules = fs::read_to_string(EL8).expect("the fixture is there");
    let piped = through(modules, &[&["execute", "-"], &select[..], &approach].concat());
    assert_eq!(piped, plain.out);
}

#[test]
fn what_is_missing_is_told_with_its_line() {
    let said = modplan(&["plan", EL8, "--all", "-v"]);
    let line = said.err.lines().find(|line| line.contains("not loaded")).expect("something is");
    assert!(line.starts_with("fixtures/el8-perl/modules.yaml:"), "{line}");
    assert!(line.contains(": warning[dangling]: "), "{line}");
    assert!(said.err.contains("read 1 inputs"), "{}", said.err);
}
