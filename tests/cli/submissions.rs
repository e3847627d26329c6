//! What is submitted together starts together: in plans, in runs, and in the script.

use serde_json::Value;

use crate::support::program::modplan;

/// Two streams of a base, of 100 and 1000 seconds, and an app with a context for each, of 10 seconds.
struct World {
    place: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let place = tempfile::tempdir().expect("a directory");
        let document = |name: &str, stream: u32, context: &str, needs: &str| {
            format!(
                "---\ndocument: modulemd\nversion: 2\ndata:\n  name: {name}\n  stream: \"{stream}\"\n  \
                 version: 1\n  context: {context}\n  arch: x86_64\n  summary: s\n  description: d\n  \
                 license:\n    module: [MIT]\n  dependencies:\n  - buildrequires:\n      \
                 platform: [el8]\n{needs}    requires:\n      platform: [el8]\n  components:\n    rpms:\n      \
                 {name}-{stream}:\n        rationale: r\n        ref: main\n...\n"
            )
        };
        let modules = [
            document("base", 1, "00000001", ""),
            document("base", 2, "00000002", ""),
            document("app", 1, "0000000a", "      base: [\"1\"]\n"),
            document("app", 1, "0000000b", "      base: [\"2\"]\n"),
        ];
        let world = Self { place };
        world.write("modules.yaml", &modules.concat());
        world.write(
            "trace.csv",
            "package,method,arch,run_seconds,outcome\nbase-1,buildArch,x86_64,100,closed\n\
             base-2,buildArch,x86_64,1000,closed\napp-1,buildArch,x86_64,10,closed\n",
        );
        world.write(
            "farm.yaml",
            "model: ideal\nbuilders: [{name: x86, count: 9, arches: [x86_64]}]\n",
        );
        world
    }

    fn path(&self, name: &str) -> String {
        self.place.path().join(name).to_str().expect("UTF-8").to_owned()
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).expect("writable");
    }

    fn run(&self, command: &[&str], more: &[&str]) -> Value {
        let (modules, trace, farm) =
            (self.path("modules.yaml"), self.path("trace.csv"), self.path("farm.yaml"));
        let files = [&*modules, "--all", "--trace", &trace, "--farm", &farm, "--format", "json"];
        let said = modplan(&[&command[..1], &files, &command[1..], more].concat());
        assert_eq!(said.code, 0, "{}", said.err);
        serde_json::from_str(&said.out).expect("JSON")
    }
}

/// When each context of the app starts or is ready, in seconds.
fn of_app(modules: &Value, key: &str) -> Vec<f64> {
    let ids = ["app:1:0000000a", "app:1:0000000b"];
    let time = |id: &str| match modules.as_array() {
        Some(rows) => rows.iter().find(|row| row["id"] == id).expect("planned")[key].as_f64(),
        None => modules[id][key].as_f64(),
    };
    ids.iter().map(|id| time(id).expect("a time")).collect()
}

#[test]
fn contexts_that_are_submitted_together_start_together_in_a_plan() {
    let world = World::new();
    let plan = world.run(&["plan"], &[]);
    // Both wait for the slower base.
    assert_eq!(of_app(&plan["modules"], "earliest_start_seconds"), [1000.0, 1000.0]);
    assert_eq!(of_app(&plan["modules"], "finish_seconds"), [1010.0, 1010.0]);
    assert_eq!(plan["bounds"]["critical_path_seconds"], 1010.0);
    // Ten seconds later and base:1 would be late.
    let base = plan["modules"].as_array().expect("rows").iter().find(|row| row["stream"] == "1");
    assert_eq!(base.expect("planned")["slack_seconds"], 900.0);
    let plan = world.run(&["plan"], &["--unit", "context"]);
    assert_eq!(of_app(&plan["modules"], "earliest_start_seconds"), [100.0, 1000.0]);
}

#[test]
fn contexts_that_are_submitted_together_start_together_in_a_planned_run() {
    let world = World::new();
    for approach in ["koji-owned", "orchestrator-owned"] {
        let execute = ["execute", "--approach", approach, "--cascade", "planned"];
        let run = world.run(&execute, &[]);
        assert_eq!(of_app(&run["modules"], "ready_seconds"), [1010.0, 1010.0], "{approach}");
        let run = world.run(&execute, &["--unit", "context"]);
        assert_eq!(of_app(&run["modules"], "ready_seconds"), [110.0, 1010.0], "{approach}");
    }
}

#[test]
fn a_script_submits_sources_and_refuses_contexts() {
    let world = World::new();
    let script = |more: &[&str]| {
        let modules = world.path("modules.yaml");
        modplan(&[&["plan", &modules, "--all", "--format", "sh"], more].concat())
    };
    let said = script(&[]);
    assert_eq!((said.code, said.out.matches("fedpkg module-build --watch").count()), (0, 3));
    let refused = script(&["--unit", "context"]);
    assert_eq!((refused.code, &*refused.out), (2, ""), "{}", refused.err);
    let words = "error: a script submits sources, each with all its contexts\nhint: leave --unit context out";
    assert!(refused.err.contains(words), "{}", refused.err);
}

#[test]
fn a_cycle_is_submitted_one_by_one_and_what_was_cut_again() {
    let said = modplan(&["plan", "fixtures/cycle/modules.yaml", "--all", "--format", "sh"]);
    let submitted: Vec<&str> = said
        .out
        .lines()
        .filter_map(|line| line.strip_prefix("url=$(tip '")?.split('\'').next())
        .collect();
    let expected =
        ["ant", "javapackages-tools", "maven", "ant", "eclipse", "tycho", "eclipse", "jmc"];
    assert_eq!(submitted, expected, "{}", said.out);
}
