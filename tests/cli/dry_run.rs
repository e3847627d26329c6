//! `plan` as a release engineer reads it: arches, noarch tasks, bounds and estimate, formats, and what
//! changed since an earlier plan.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::left_out;
use crate::support::program::{Program, modplan};

const EL8: &str = "fixtures/el8-perl/modules.yaml";
const CYCLE: &str = "fixtures/cycle/modules.yaml";

/// A module with a noarch component, one per arch, and one of which nothing is known.
const MODULE: &str = "document: modulemd
version: 2
data:
  name: tools
  stream: \"1\"
  version: 1
  context: c0
  arch: x86_64
  summary: Tools
  description: Tools
  license: {module: [MIT]}
  components:
    rpms:
      docs: {rationale: text, ref: main}
      engine: {rationale: code, ref: main}
      new: {rationale: not built yet, ref: main}
  artifacts:
    rpms:
      - docs-0:1.0-1.el8.noarch
      - docs-0:1.0-1.el8.src
      - engine-0:1.0-2.el8.x86_64
      - engine-doc-0:1.0-2.el8.noarch
";

struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a directory"))
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().expect("UTF-8").to_owned()
    }

    fn with(&self, name: &str, content: &str) -> String {
        fs::write(self.path(name), content).expect("it is writable");
        self.path(name)
    }

    fn farm(&self, name: &str, arches: &str) -> String {
        let builders = format!("builders:\n  - {{name: all, count: 4, arches: [{arches}]}}\n");
        self.with(name, &builders)
    }
}

fn plan(arguments: &[&str]) -> Value {
    let said = modplan(&[&["plan"], arguments, &["--format", "json"]].concat());
    assert_eq!(said.code, 0, "{}", said.err);
    serde_json::from_str(&said.out).expect("JSON")
}

fn rows<'a>(value: &'a Value, name: &str) -> std::slice::Iter<'a, Value> {
    value[name].as_array().expect("a list").iter()
}

fn tasks(plan: &Value) -> Vec<&Value> {
    let components = rows(plan, "modules").flat_map(|module| rows(module, "batches"));
    components.flat_map(|batch| rows(batch, "components")).flat_map(|c| rows(c, "tasks")).collect()
}

#[test]
fn a_farm_that_serves_no_arch_is_refused_with_what_was_meant() {
    let files = Files::new();
    let farm = files.farm("farm.yaml", "x86_46");
    let select = [EL8, "--changed", "perl:5.30", "--farm", &farm];
    let capacity = ["--vary", "all=1..2", "--deadline", "9h", "--approach", "koji-owned"];
    for command in [
        [&["plan"], &select[..]].concat(),
        [&["execute", "--approach", "koji-owned"], &select[..]].concat(),
        [&["compare", "--replications", "2"], &select[..]].concat(),
        [&["capacity"], &select[..], &capacity[..4]].concat(),
    ] {
        let said = modplan(&command);
        assert_eq!(said.code, 1, "{command:?}: {}", said.err);
        let told = "no builder of the farm builds x86_64: nothing would be built\n\
                    hint: the farm file has `x86_46`: did you mean `x86_64`?";
        assert!(said.err.contains(told), "{command:?}: {}", said.err);
    }
}

#[test]
fn an_arch_that_no_component_is_built_for_is_refused_where_nothing_would_be_built() {
    let files = Files::new();
    let text = MODULE.replace("ref: main}", "ref: main, arches: [x86_64, s390x]}");
    let inputs = files.with("modules.yaml", &text);
    for command in ["plan", "compare", "execute --approach koji-owned"] {
        let arguments = format!("{command} {inputs} --all --arches x86_46");
        let said = modplan(&arguments.split_whitespace().collect::<Vec<_>>());
        let told = "error: no component is built for x86_46: nothing would be built\n\
                    hint: did you mean `--arches x86_64`?";
        assert_eq!((said.code, said.err.contains(told)), (1, true), "{}", said.err);
    }
    // What one component is built for is a plan.
    assert_eq!(tasks(&plan(&[&inputs, "--all", "--arches", "s390x,x86_46"])).len(), 3);
}

#[test]
fn arches_are_those_of_the_documents_and_not_those_of_the_farm() {
    let files = Files::new();
    let farm = files.farm("farm.yaml", "x86_64, i686, s390x");
    let found = plan(&[EL8, "--changed", "perl:5.30", "--farm", &farm]);
    assert!(tasks(&found).iter().all(|task| task["arch"] != "i686" && task["arch"] != "s390x"));
    let asked = plan(&[EL8, "--changed", "perl:5.30", "--farm", &farm, "--arches", "i686,x86_64"]);
    assert!(tasks(&asked).iter().any(|task| task["arch"] == "i686"));

    let both = MODULE.replace("arch: x86_64", "arch: aarch64");
    let both = files.with("both.yaml", &format!("---\n{MODULE}...\n---\n{both}...\n"));
    let said = modplan(&["plan", &both, "--all", "--farm", &farm, "--format", "json"]);
    assert_eq!(said.code, 0, "{}", said.err);
    let told =
        "warning[unserved-arch]: no builder of the farm builds aarch64, for which the inputs have";
    assert!(said.err.contains(told), "{}", said.err);
    let found: Value = serde_json::from_str(&said.out).expect("JSON");
    assert!(tasks(&found).iter().all(|task| task["arch"] != "aarch64"), "{found}");
    assert_eq!(found["unserved_arches"], serde_json::json!(["aarch64"]));
}

#[test]
fn a_component_with_noarch_rpms_only_makes_one_noarch_task() {
    let files = Files::new();
    let inputs = files.with("modules.yaml", MODULE);
    let arches = ["--arches", "aarch64,x86_64"];
    let found = plan(&[&[inputs.as_str(), "--all"], &arches[..]].concat());
    let components: Vec<(&str, &Value)> = rows(&found, "modules")
        .flat_map(|module| rows(module, "batches"))
        .flat_map(|batch| rows(batch, "components"))
        .map(|c| (c["component"].as_str().expect("text"), &c["arches"]))
        .collect();
    let (noarch, both) = (serde_json::json!(["noarch"]), serde_json::json!(["aarch64", "x86_64"]));
    assert_eq!(components, [("docs", &noarch), ("engine", &both), ("new", &both)]);
    assert_eq!(tasks(&found).len(), 5);
    // A recorded task is a better witness.
    let trace = "package,method,arch,run_seconds,outcome\ndocs,buildArch,x86_64,60,closed\n";
    let trace = files.with("trace.csv", trace);
    let found = plan(&[&[inputs.as_str(), "--all", "--trace", &trace], &arches[..]].concat());
    assert_eq!(tasks(&found).len(), 6);
}

#[test]
fn coverage_counts_the_tasks_that_are_rebuilt() {
    let world = ["--trace", "fixtures/el8-perl/trace.csv", "--arches", "x86_64,aarch64"];
    let found = plan(&[&[EL8, "--changed", "perl-DBI:1.641"], &world[..]].concat());
    let sources = found["sources_of_durations"].as_object().expect("a map");
    let names: Vec<&str> = sources.keys().map(String::as_str).collect();
    assert_eq!(names, ["all", "arch", "default", "package", "package-arch"]);
    let counted: u64 = sources.values().filter_map(Value::as_u64).sum();
    assert_eq!(counted, tasks(&found).len() as u64);
    let fewer = plan(&[&[EL8, "--all"], &world[..]].concat());
    assert!(tasks(&fewer).len() > tasks(&found).len());
}

#[test]
fn bound_and_estimate_speak_of_the_same_farm_and_say_what_they_rest_on() {
    let farm = ["--farm", "fixtures/el8-perl/farm.yaml", "--arches", "x86_64,aarch64"];
    let koji = ["--farm", "fixtures/el8-perl/farm-koji.yaml", "--arches", "x86_64,aarch64"];
    let trace = ["--trace", "fixtures/el8-perl/trace.csv"];
    for world in [&farm[..], &koji[..], &[]] {
        let select = [&[EL8, "--changed", "perl-DBI:1.641"], world].concat();
        let found = plan(&[&select[..], &trace].concat());
        let bound = found["bounds"]["lower_bound_seconds"].as_f64();
        assert!(bound <= found["estimate"]["seconds_p50"].as_f64(), "{world:?}: {found}");
        assert!(found["estimate"]["replications"].as_u64() >= Some(30), "{world:?}");
        assert!(found["estimate"]["seconds_p90"].is_number());
        let said = modplan(&[&["plan"], &select[..], &trace].concat());
        assert!(said.out.contains("nine in ten within"), "{}", said.out);
        assert!(said.out.contains(" simulated runs);"), "{}", said.out);
    }
}

#[test]
fn the_bound_of_noarch_work_names_the_arch_of_the_builders() {
    let files = Files::new();
    let component = |at: u32| format!("      docs{at}: {{rationale: text, ref: main}}\n");
    let artifact = |at: u32| format!("      - docs{at}-0:1.{at}-1.el8.noarch\n");
    let text = MODULE
        .replace(
            "    rpms:\n      docs:",
            &format!("    rpms:\n{}      docs:", many(25, component)),
        )
        .replace("      - docs-0:1.0-1.el8.src\n", &many(25, artifact));
    let inputs = files.with("modules.yaml", &text);
    let found = plan(&[&inputs, "--all"]);
    let certificate = &found["bounds"]["certificate"];
    assert_eq!((&certificate["kind"], &certificate["arch"]), (&"energy".into(), &"x86_64".into()));
    assert_eq!(certificate["arches"], serde_json::json!(["x86_64", "noarch"]));
    // 28 tasks of ten minutes on ten builders.
    assert_eq!(found["bounds"]["lower_bound_seconds"], 1800.0);
    assert_eq!(found["bounds"]["is_optimal"], true);
}

fn many(count: u32, of: impl Fn(u32) -> String) -> String {
    (0..count).map(of).collect()
}

#[test]
fn where_nothing_is_built_one_run_is_made() {
    let files = Files::new();
    let components = MODULE.find("  components:").expect("it has some");
    let inputs = files.with("modules.yaml", &MODULE[..components]);
    let found = plan(&[&inputs, "--all"]);
    assert_eq!(found["estimate"]["replications"], 1);
    assert_eq!(found["estimate"]["no_spread"], true);
    let said = modplan(&["plan", &inputs, "--all"]);
    let told = "\nno spread: nothing is built, so one run was simulated\n";
    assert!(said.out.ends_with(told), "{}", said.out);
    assert_eq!(found["bounds"]["is_optimal"], true);
}

#[test]
fn more_effort_never_makes_a_longer_schedule_and_the_same_makes_the_same() {
    let world = ["--trace", "fixtures/el8-perl/trace.csv", "--arches", "x86_64,aarch64"];
    let farm = ["--farm", "fixtures/el8-perl/farm.yaml"];
    let with = |effort: &str| {
        let select = [EL8, "--all", "--effort", effort];
        plan(&[&select[..], &world, &farm].concat())
    };
    let end = |plan: &Value| plan["bounds"]["schedule_seconds"].as_f64().expect("a schedule");
    let (none, some) = (with("0ms"), with("100ms"));
    assert!(end(&some) <= end(&none));
    assert_eq!(some, with("100ms"));
}

/// Gives `input` to a program; nothing where it is not installed.
fn through(program: &str, arguments: &[&str], input: &str) -> Option<std::process::Output> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let Ok(mut child) = command.spawn() else {
        left_out(&format!("no {program}"));
        return None;
    };
    child.stdin.take().expect("piped").write_all(input.as_bytes()).expect("it reads");
    Some(child.wait_with_output().expect("it ends"))
}

fn format(input: &str, format: &str) -> String {
    let said = modplan(&["plan", input, "--all", "--format", format]);
    assert_eq!(said.code, 0, "{}", said.err);
    said.out
}

#[test]
fn graphviz_draws_what_dot_describes() {
    for input in [EL8, CYCLE] {
        let dot = format(input, "dot");
        let Some(drawn) = through("dot", &["-Tsvg"], &dot) else { return };
        assert!(drawn.status.success(), "{}", String::from_utf8_lossy(&drawn.stderr));
        assert!(drawn.stderr.is_empty(), "{}", String::from_utf8_lossy(&drawn.stderr));
    }
    assert!(format(CYCLE, "dot").contains("label=cut"), "the cut is marked");
}

#[test]
fn mermaid_has_a_box_for_each_wave_and_marks_the_cut() {
    insta::assert_snapshot!(format(CYCLE, "mermaid"));
}

#[test]
fn pictures_are_well_formed_and_hold_every_module() {
    for input in [EL8, CYCLE] {
        let ids = plan(&[input, "--all"]);
        let picture = format(input, "svg");
        roxmltree::Document::parse(&picture).expect("well-formed");
        for module in rows(&ids, "modules") {
            assert!(picture.contains(module["id"].as_str().expect("text")), "{module}");
        }
        let chart = format(input, "gantt");
        roxmltree::Document::parse(&chart).expect("well-formed");
        assert!(chart.contains("x86_64/1"), "a lane for each builder");
    }
}

#[test]
fn the_script_of_a_plan_is_a_script() {
    for input in [EL8, CYCLE] {
        let script = format(input, "sh");
        let Some(checked) = through("sh", &["-n"], &script) else { return };
        assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    }
    let script = format(EL8, "sh");
    assert!(script.contains("url=$(tip 'perl-DBI' '1.641')\n"), "{script}");
    assert!(script.contains("fedpkg module-build --watch \"$url\" '1.641' &"), "{script}");
    assert!(script.contains("koji list-builds "), "{script}");
}

#[test]
fn what_only_a_table_and_json_show_is_refused_elsewhere() {
    for (flag, value) in [("--why", "perl:5.30"), ("--against-plan", "earlier.json")] {
        for format in ["csv", "dot", "mermaid", "svg", "gantt", "sh"] {
            let said = modplan(&["plan", EL8, "--all", flag, value, "--format", format]);
            assert_eq!((said.code, said.out.as_str()), (2, ""), "{}", said.err);
            assert!(said.err.contains(flag), "{}", said.err);
        }
    }
}

#[test]
fn a_plan_is_compared_with_an_earlier_one() {
    let files = Files::new();
    let earlier = files.path("earlier.json");
    let write = ["plan", EL8, "--changed", "perl-DBI:1.641", "--format", "json", "-o", &earlier];
    assert_eq!(modplan(&write).code, 0);
    let now = [EL8, "--changed", "perl:5.30", "--against-plan", &earlier];
    let found = plan(&now);
    let against = &found["against"];
    assert!(
        rows(against, "came").any(|id| id.as_str().is_some_and(|id| id.starts_with("perl:5.30")))
    );
    assert_eq!(against["went"], serde_json::json!([]));
    let moved = against["schedule"]["moved_seconds"].as_f64();
    let ends = ["seconds", "before_seconds"].map(|end| against["schedule"][end].as_f64());
    assert_eq!(moved, ends[0].zip(ends[1]).map(|(now, before)| now - before));
    let table = modplan(&[&["plan"], &now[..]].concat()).out;
    assert!(table.contains("\n  came     perl:5.30:"), "{table}");
    assert!(table.contains(" later\n"), "{table}");

    let same = ["plan", EL8, "--changed", "perl-DBI:1.641", "--against-plan", &earlier];
    let table = modplan(&same).out;
    assert!(table.contains("  the same modules in the same waves\n"), "{table}");
    let said = modplan(&["plan", EL8, "--all", "--against-plan", EL8]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("modules.yaml is not a plan"), "{}", said.err);
    let said = modplan(&["plan", EL8, "--all", "--against-plan", "nowhere.json"]);
    assert_eq!((said.code, said.err.contains("cannot find `nowhere.json`")), (3, true));
}

#[test]
fn a_stale_plan_is_executed_only_where_that_is_accepted() {
    let files = Files::new();
    let inputs = files.with("modules.yaml", MODULE);
    let written = files.path("plan.json");
    let write = ["plan", &inputs, "--all", "--format", "json", "-o", &written];
    assert_eq!(modplan(&write).code, 0);
    let execute = ["execute", &written, "--approach", "orchestrator-owned"];
    assert_eq!(modplan(&execute).code, 0);
    files.with("modules.yaml", &MODULE.replace("version: 1\n", "version: 2\n"));
    let said = modplan(&execute);
    assert_eq!(said.code, 1);
    let told = format!("the plan is stale: {inputs} has changed since it was made\nhint: ");
    assert!(said.err.contains(&told), "{}", said.err);
    let said = modplan(&[&execute[..], &["--stale"]].concat());
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(said.err.contains("warning: the plan is stale"), "{}", said.err);
}

#[test]
fn a_plan_whose_inputs_are_gone_is_executed_and_says_that_they_were_not_compared() {
    let files = Files::new();
    let (one, other) = (files.with("one.yaml", MODULE), files.with("other.yaml", "# nothing\n"));
    let written = files.path("plan.json");
    let write = ["plan", &one, &other, "--all", "--format", "json", "-o", &written];
    assert_eq!(modplan(&write).code, 0);
    let execute = ["execute", &written, "--approach", "orchestrator-owned"];
    let executed = || {
        let said = modplan(&execute);
        assert_eq!(said.code, 0, "{}", said.err);
        said.err
    };
    assert!(!executed().contains("may be stale"));
    fs::remove_file(&one).expect("it is there");
    let told = format!(
        "note: the plan may be stale: {one} cannot be read here, so whether it changed since the plan \
         was made was not checked; the other input was compared\n"
    );
    let err = executed();
    assert!(err.contains(&told), "{err}");
    fs::remove_file(&other).expect("it is there");
    let err = executed();
    assert!(err.contains(&format!("{one}, {other} cannot be read here")), "{err}");
    assert!(!err.contains("compared"), "{err}");
    // A plan of standard input can be compared with nothing.
    let write = ["plan", "-", "--all", "--format", "json", "-o", &written];
    assert_eq!(Program::new(write).input(MODULE).run().code, 0);
    let err = executed();
    assert!(err.contains("may be stale: standard input cannot be read here"), "{err}");
}

#[test]
fn a_misspelt_arch_is_refused_without_a_farm_too() {
    let files = Files::new();
    let inputs = files.with("modules.yaml", MODULE);
    let said = modplan(&["plan", &inputs, "--all", "--arches", "x86_46"]);
    assert_eq!(said.code, 1, "{}", said.err);
    assert!(said.err.contains("hint: did you mean `--arches x86_64`?"), "{}", said.err);
    // Beside one that is right it is left out, and that is said.
    let plan = plan(&[&inputs, "--all", "--arches", "x86_64,x86_46"]);
    assert_eq!(plan["arches"], serde_json::json!(["x86_64"]));
    assert_eq!(plan["unserved_arches"], serde_json::json!(["x86_46"]));
    // An arch that others build for may be asked for before there are documents of it.
    let other = modplan(&["plan", &inputs, "--all", "--arches", "s390x"]);
    assert_eq!(other.code, 0, "{}", other.err);
}

#[test]
fn a_plan_names_what_its_estimate_on_koji_rests_on_and_how_finely_times_are_known() {
    let world = ["--trace", "fixtures/el8-perl/trace.csv", "--arches", "x86_64,aarch64"];
    let farm = ["--farm", "fixtures/el8-perl/farm-koji.yaml"];
    let select = [EL8, "--changed", "perl-DBD-Pg:3.7"];
    let made = plan(&[&select[..], &world, &farm].concat());
    let keys: Vec<&str> = rows(&made, "assumed").map(|one| one["key"].as_str().unwrap()).collect();
    for key in ["hub.run_interval", "fallback.tagBuild"] {
        assert!(keys.contains(&key), "{key}: {keys:?}");
    }
    let said = modplan(&[&["plan"], &select[..], &world, &farm].concat());
    assert!(
        said.out.contains("\ndurations      6 tasks: 6 of the package on the arch\n"),
        "{}",
        said.out
    );
    // A sweep counts what may be rebuilt too, not the whole snapshot.
    let sweep = ["--variants", "orchestrator-owned/planned", "--replications", "2"];
    let said = modplan(&[&["compare"], &select[..], &world, &sweep].concat());
    let told = "durations: resample over 2 kinds of tasks: 2 of the package on the arch\n";
    assert!(said.out.contains(told), "{}", said.out);
}
