//! The questions that a release engineer puts to `plan` and `show`, each with the command and the right
//! answer.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::program::{Program, Said};
use crate::support::shared;

/// One modulemd document in a line: `perl-DBI:1.641:3:c0 el8 perl:5.3,php:7`, the platform after the
/// identity (`-` for none), then what it builds on.
fn document(line: &str) -> String {
    let mut words = line.split_whitespace();
    let identity = words.next().expect("an identity");
    let parts: Vec<&str> = identity.split(':').collect();
    let [name, stream, version, context] = parts[..] else { panic!("{identity}") };
    let platform = words.next().expect("a platform");
    let platform = if platform == "-" { String::new() } else { format!("[{platform}]") };
    let mut requires = String::new();
    if !platform.is_empty() {
        writeln!(requires, "      platform: {platform}").unwrap();
    }
    for required in words.flat_map(|list| list.split(',')) {
        let (name, stream) = required.split_once(':').expect("a name and a stream");
        let stream = if stream == "*" { String::new() } else { format!("\"{stream}\"") };
        writeln!(requires, "      {name}: [{stream}]").unwrap();
    }
    let dependencies = match requires.is_empty() {
        true => String::new(),
        false => format!("  dependencies:\n  - buildrequires:\n{requires}"),
    };
    format!(
        "---\ndocument: modulemd\nversion: 2\ndata:\n  name: {name}\n  stream: \"{stream}\"\n  \
         version: {version}\n  context: {context}\n  arch: x86_64\n  summary: s\n  \
         description: d\n  license:\n    module: [MIT]\n{dependencies}  components:\n    rpms:\n      \
         {name}-rpm:\n        rationale: r\n        ref: main\n...\n"
    )
}

/// A directory with one snapshot of modules.
struct Case(tempfile::TempDir);

impl Case {
    fn new(lines: &str) -> Self {
        Self::with(lines, "")
    }

    /// The same with other documents behind.
    fn with(lines: &str, more: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let case = Self(directory);
        case.write("modules.yaml", lines, more);
        case
    }

    fn write(&self, name: &str, lines: &str, more: &str) {
        let lines = lines.lines().map(str::trim).filter(|line| !line.is_empty());
        let text: String = lines.map(document).collect();
        fs::write(self.0.path().join(name), text + more).expect("written");
    }

    fn run(&self, arguments: &str) -> Said {
        Program::new(arguments.split_whitespace()).within(self.0.path()).run()
    }

    fn plan(&self, arguments: &str) -> Said {
        self.run(&format!("plan modules.yaml {arguments}"))
    }

    fn json(&self, arguments: &str) -> Value {
        let said = self.plan(&format!("{arguments} --format json"));
        assert_eq!(said.code, 0, "{}", said.err);
        serde_json::from_str(&said.out).expect("JSON")
    }
}

fn ids(plan: &Value) -> Vec<String> {
    let modules = plan["modules"].as_array().expect("modules").iter();
    let mut ids: Vec<String> =
        modules.map(|module| module["id"].as_str().expect("an id").to_owned()).collect();
    ids.sort();
    ids
}

/// perl-DBI lost the zero of perl 5.30, and perl-DBD builds on perl-DBI.
const LOST_ZERO: &str = "
    perl:5.30:1:c0 el8
    perl-DBI:1.641:1:c0 el8 perl:5.3
    perl-DBD:3.7:1:c0 el8 perl-DBI:1.641
    perl-YAML:1.24:1:c0 el8 perl:5.30";

#[test]
fn what_a_lost_zero_leaves_out_is_listed_by_name() {
    let case = Case::new(LOST_ZERO);
    let plan = case.json("--changed perl:5.30 -q");
    assert_eq!(ids(&plan), ["perl-YAML:1.24:c0", "perl:5.30:c0"]);
    let rows = plan["left_out"].as_array().expect("rows");
    assert_eq!(rows.len(), 1, "perl-DBD is left out because perl-DBI is");
    assert_eq!(rows[0]["module"], "perl-DBI:1.641:c0");
    assert_eq!(
        (&rows[0]["requires"], &rows[0]["perhaps"]),
        (&"perl:5.3".into(), &"perl:5.30".into())
    );
    let text = fs::read_to_string(case.0.path().join("modules.yaml")).expect("text");
    let number = rows[0]["line"].as_u64().and_then(|line| usize::try_from(line).ok());
    let line = text.lines().nth(number.expect("a line") - 1);
    assert_eq!(line.map(str::trim), Some("perl: [\"5.3\"]"));
    assert_eq!(plan["left_out_brings"], 2);
    for quiet in ["", "-q"] {
        let said = case.plan(&format!("--changed perl:5.30 {quiet}"));
        assert!(said.out.contains("perl-DBI:1.641:c0"), "{}", said.out);
        assert!(said.err.contains("warning[left-out]"), "{}", said.err);
        let hint = "`--alias perl:5.3=perl:5.30` would bring 2 more modules";
        assert!(said.err.contains(hint), "{}", said.err);
    }
    // What runs the same rebuild leaves out the same.
    for command in ["execute modules.yaml --approach orchestrator-owned", "compare modules.yaml"] {
        let said = case.run(&format!("{command} --changed perl:5.30 -q"));
        assert_eq!(said.code, 0, "{}", said.err);
        assert!(said.err.contains("warning[left-out]"), "{command}: {}", said.err);
    }
    let said = case.run("show modules.yaml --dependants perl:5.30");
    assert!(said.err.contains("`--alias perl:5.3=perl:5.30`"), "{}", said.err);
}

#[test]
fn an_alias_repairs_a_requirement() {
    let case = Case::new(LOST_ZERO);
    for alias in ["perl:5.3=perl:5.30", "perl:5.3=5.30"] {
        let plan = case.json(&format!("--changed perl:5.30 --alias {alias}"));
        let all = ["perl-DBD:3.7:c0", "perl-DBI:1.641:c0", "perl-YAML:1.24:c0", "perl:5.30:c0"];
        assert_eq!(ids(&plan), all);
        assert_eq!(plan["left_out"], Value::Array(vec![]));
        assert_eq!(plan["aliases"][0]["written"], "perl:5.3");
        assert_eq!(plan["aliases"][0]["meant"], "perl:5.30");
    }
    let said = case.plan("--all --alias perl:5.3=perl:5.31");
    assert_eq!(said.code, 2, "{}", said.err);
    assert!(said.err.contains("did you mean `perl:5.30`?"), "{}", said.err);
    let said = case.plan("--all --alias perl:5.4=perl:5.30");
    assert_eq!(said.code, 0);
    assert!(said.err.contains("nothing requires `perl:5.4`"), "{}", said.err);
    assert_eq!(case.plan("--all --alias perl:5.3").code, 2);
}

#[test]
fn x86_64_appstream_says_which_modules_its_lost_zero_leaves_out() {
    let Some(root) = shared("data/modulemd/eurolinux8") else { return };
    let file = root.join("x86_64-appstream.modules.yaml");
    let file = file.to_str().expect("UTF-8");
    let plan = |more: &[&str]| -> Value {
        let arguments = ["plan", file, "--changed", "perl:5.30", "--unit", "context"];
        let said = Program::new(arguments.iter().chain(&["--format", "json"]).chain(more)).run();
        assert_eq!(said.code, 0, "{}", said.err);
        serde_json::from_str(&said.out).expect("JSON")
    };
    let plain = plan(&[]);
    assert_eq!(ids(&plain).len(), 4);
    let left_out = plain["left_out"].as_array().expect("rows");
    assert!(!left_out.is_empty() && left_out.iter().all(|row| row["requires"] == "perl:5.3"));
    let mended = plan(&["--alias", "perl:5.3=perl:5.30"]);
    assert_eq!(ids(&mended).len(), 10, "as on aarch64, whose file spells it right");
    assert_eq!(plain["left_out_brings"], 6);
}

/// Two contexts of a source that need different things: 8.9 of app comes after both.
const SOURCES: &str = "
    lib:1:1:c0 el8
    base:1:1:c0 el8 lib:1
    app:1:1:aa el8 lib:1
    app:1:1:bb el8 base:1
    app:1:1:cc el8
    tool:1:1:c0 el8 app:1";

#[test]
fn a_submission_has_one_wave_and_says_what_comes_along() {
    let case = Case::new(SOURCES);
    let plan = case.json("--changed lib:1");
    let app = plan["submissions"].as_array().expect("rows").iter().find(|s| s["id"] == "app:1");
    let app = app.expect("app is submitted");
    assert_eq!(app["wave"], 3, "when base is there, for all of its contexts");
    assert_eq!(app["modules"], serde_json::json!(["app:1:aa", "app:1:bb", "app:1:cc"]));
    assert_eq!((&app["forced"], &app["siblings"]), (&2.into(), &1.into()));
    let waves = serde_json::json!([
        ["lib:1:c0"],
        ["base:1:c0"],
        ["app:1:aa", "app:1:bb", "app:1:cc"],
        ["tool:1:c0"]
    ]);
    assert_eq!(plan["waves"], waves);
    let said = case.plan("--changed lib:1");
    assert!(said.out.contains("5 forced, 1 comes along"), "{}", said.out);
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let is_submitted = said.out.lines().any(|line| words(line) == "3 app:1 2 1 aa bb cc");
    assert!(is_submitted, "{}", said.out);
    let plan = case.json("--changed lib:1 --unit context");
    let rows = plan["submissions"].as_array().expect("rows");
    assert_eq!(rows.len(), 5, "each context by itself, and no sibling");
    assert_eq!((&rows[1]["id"], &rows[1]["wave"]), (&"app:1:aa".into(), &2.into()));
}

#[test]
fn submissions_that_wait_for_each_other_are_a_cycle_with_a_way_out() {
    let case = Case::new(
        "a:1:1:c1 el8
         a:1:1:c2 el8 b:1
         b:1:1:c0 el8 a:1",
    );
    // b builds on both contexts of a; without the edge back, contexts go round as well.
    let plan = case.json("--all");
    assert_eq!(plan["cycles"][0]["members"].as_array().expect("ids").len(), 3);
    assert_eq!(plan["cycles"][0]["by_submission"], false);
    let case = Case::new(
        "a:1:1:c1 el8 x:1
         a:1:1:c2 el8 b:1
         b:1:1:c0 el8 c:1
         c:1:1:c0 el8 x:1
         x:1:1:c0 el8",
    );
    let plan = case.json("--all");
    assert_eq!(plan["cycles"], Value::Array(vec![]));
    let case = Case::with("", ROUND_BY_SUBMISSION);
    let plan = case.json("--all");
    let cycle = &plan["cycles"][0];
    assert_eq!(cycle["by_submission"], true, "{cycle}");
    assert_eq!(cycle["cut_proven"], true);
    assert_eq!(cycle["cut"].as_array().expect("edges").len(), 1);
    let waves: Vec<u64> = plan["modules"]
        .as_array()
        .expect("rows")
        .iter()
        .filter_map(|m| m["wave"].as_u64())
        .collect();
    assert!(waves.iter().all(|wave| *wave == 1), "members of a cycle share their wave");
    let said = case.plan("--all");
    assert!(said.err.contains("a cycle of submissions"), "{}", said.err);
    assert!(said.err.contains("`--unit context`"), "{}", said.err);
    let plan = case.json("--all --unit context");
    assert_eq!(plan["cycles"], Value::Array(vec![]), "the way out is one");
    for approach in ["koji-owned", "orchestrator-owned"] {
        let built = builds(&case, &format!("--all --cascade planned --approach {approach}"));
        let once = ["a:1:c1", "a:1:c2", "b:1:c0"].map(|id| (id.to_owned(), 1));
        assert_eq!(built, once, "a plan with a cycle of submissions is carried out: {approach}");
    }
}

/// Executes a rebuild, which must end well; returns how often each module was built.
fn builds(case: &Case, arguments: &str) -> Vec<(String, u64)> {
    let said = case.run(&format!("execute modules.yaml {arguments} --format json"));
    assert_eq!(said.code, 0, "{}", said.err);
    let run: Value = serde_json::from_str(&said.out).expect("JSON");
    let modules = run["modules"].as_object().expect("modules").iter();
    let count = |module: &Value| module["module_builds"].as_u64().expect("a number");
    modules.map(|(id, module)| (id.clone(), count(module))).collect()
}

#[test]
fn a_literal_cascade_rebuilds_what_is_submitted_together_and_no_other_platform_line() {
    let case = Case::new(
        "p:1:1:c8 el8
         x:1:1:a8 el8 p:1
         x:1:1:b8 el8
         x:1:2:c9 el9",
    );
    let once = |ids: &[&str]| ids.iter().map(|&id| (id.to_owned(), 1)).collect::<Vec<_>>();
    let changed = "--changed p:1 --cascade literal --approach koji-owned";
    assert_eq!(builds(&case, changed), once(&["p:1:c8", "x:1:a8", "x:1:b8"]));
    let context = format!("{changed} --unit context");
    assert_eq!(builds(&case, &context), once(&["p:1:c8", "x:1:a8"]));
}

/// b needs the context c1 of a alone (a:c2 requires p 2 and b builds on p 1); a:c2 builds on b.
const ROUND_BY_SUBMISSION: &str = "\
---
document: modulemd
version: 2
data:
  name: a
  stream: \"1\"
  version: 1
  context: c1
  arch: x86_64
  summary: s
  description: d
  license: {module: [MIT]}
  dependencies:
  - buildrequires: {platform: [el8]}
    requires: {p: [\"1\"]}
  components: {rpms: {a-rpm: {rationale: r, ref: main}}}
...
---
document: modulemd
version: 2
data:
  name: a
  stream: \"1\"
  version: 1
  context: c2
  arch: x86_64
  summary: s
  description: d
  license: {module: [MIT]}
  dependencies:
  - buildrequires: {platform: [el8], b: [\"1\"]}
    requires: {p: [\"2\"]}
  components: {rpms: {a-rpm: {rationale: r, ref: main}}}
...
---
document: modulemd
version: 2
data:
  name: b
  stream: \"1\"
  version: 1
  context: c0
  arch: x86_64
  summary: s
  description: d
  license: {module: [MIT]}
  dependencies:
  - buildrequires: {platform: [el8], a: [\"1\"], p: [\"1\"]}
    requires: {platform: [el8]}
  components: {rpms: {b-rpm: {rationale: r, ref: main}}}
...
";

#[test]
fn a_plan_says_what_it_assumed_and_what_it_was_made_from() {
    let case = Case::new(LOST_ZERO);
    let plan = case.json("--changed perl:5.30 --exclude perl-DBI");
    assert_eq!(plan["format"], 2);
    let assumed = plan["assumed"].as_array().expect("rows");
    let keys: Vec<&str> = assumed.iter().filter_map(|row| row["key"].as_str()).collect();
    assert_eq!(keys[..3], ["builders", "durations", "arches"]);
    // The rest is what the estimate on koji takes for its steps; nobody gave builders of koji's.
    assert!(keys.contains(&"fallback.tagBuild") && keys.contains(&"hub.run_interval"), "{keys:?}");
    assert!(keys.iter().all(|key| !key.starts_with("builders.")), "{keys:?}");
    assert_eq!(assumed[0]["value"], "10 per arch");
    assert_eq!(assumed[0]["because"], "no --farm");
    assert_eq!(plan["selection"]["changed"], serde_json::json!(["perl:5.30"]));
    assert_eq!(plan["selection"]["exclude"], serde_json::json!(["perl-DBI"]));
    assert_eq!(plan["selection"]["unit"], "source");
    assert_eq!(plan["arches"], serde_json::json!(["x86_64"]));
    assert_eq!(plan["farm"]["builders"][0]["count"], 10);
    let modulemd = plan["modules"][0]["modulemd"].as_str().expect("a document");
    assert!(modulemd.contains("perl-rpm"), "{modulemd}");
    // The caveats go where the table goes.
    let said = case.plan("--changed perl:5.30 -q -o plan.txt");
    assert_eq!((said.code, said.out.as_str()), (0, ""));
    let written = fs::read_to_string(case.0.path().join("plan.txt")).expect("written");
    assert!(written.contains("assumed: no --farm: builders 10 per arch\n"), "{written}");
    assert!(written.contains("left out because a zero was lost"), "{written}");

    fs::write(
        case.0.path().join("t.csv"),
        "package,method,arch,run_seconds,outcome\nperl-rpm,buildArch,x86_64,60,closed\n",
    )
    .expect("written");
    let farm = "model: ideal\nbuilders:\n  - {name: x86, count: 3, arches: [x86_64]}\n";
    fs::write(case.0.path().join("farm.yaml"), farm).expect("written");
    let plan = case.json("--changed perl:5.30 --trace t.csv --farm farm.yaml --arches x86_64");
    assert_eq!(plan["trace"][0]["path"], "t.csv");
    assert_eq!(plan["farm"]["path"], "farm.yaml");
    assert_eq!(plan["farm"]["sha256"].as_str().map(str::len), Some(64));
    assert_eq!(plan["farm"]["builders"][0]["name"], "x86");
    // All was given that the schedule rests on; koji's steps were not.
    let keys =
        plan["assumed"].as_array().expect("rows").iter().filter_map(|row| row["key"].as_str());
    let is_kojis =
        |key: &str| ["fallback.", "hub.", "repo.", "weights."].iter().any(|of| key.starts_with(of));
    let open: Vec<&str> = keys.filter(|key| !is_kojis(key)).collect();
    assert_eq!(open, [""; 0]);
}

#[test]
fn a_prerequisite_says_whether_an_earlier_build_is_meant() {
    let case = Case::new(
        "go-toolset:rhel8:1:c0 el8 go-toolset:rhel8
         perl:5.26:1:c0 el8
         pg:1:1:c0 el8 perl:5.26,gone:2",
    );
    let plan = case.json("--all");
    assert_eq!(plan["prerequisites"], serde_json::json!(["go-toolset:rhel8", "gone:2"]));
    let details = plan["prerequisite_details"].as_array().expect("rows");
    assert_eq!(details[0]["kind"], "earlier-build");
    assert_eq!(details[0]["rebuilt_here"], true);
    assert_eq!(
        (&details[1]["kind"], &details[1]["rebuilt_here"]),
        (&"not-loaded".into(), &false.into())
    );
    let said = case.plan("--all");
    assert!(said.out.contains("an earlier build of go-toolset:rhel8"), "{}", said.out);
    assert!(said.out.contains("gone:2 for pg:1:c0: not loaded"), "{}", said.out);
}

/// Two releases of one platform, and one of another.
const PLATFORMS: &str = "
    a:1:1:c0 el8.4.0
    b:1:1:c0 el8.4.0 a:1
    a:1:2:c1 el8.6.0
    b:1:2:c1 el8.6.0 a:1
    other:1:1:c0 el8.4.0
    loose:1:1:c0 -";

#[test]
fn one_platform_is_planned_at_a_time() {
    let case = Case::new(PLATFORMS);
    let plan = case.json("--all --only platform:el8.4.0");
    assert_eq!(ids(&plan), ["a:1:c0", "b:1:c0", "other:1:c0"], "newest among them");
    assert!(plan["modules"].as_array().expect("rows").iter().all(|m| m["platform"] == "el8.4.0"));
    assert_eq!(plan["dangling"], serde_json::json!([]));
    let said = case.plan("--all");
    let hint = "plan one at a time, such as `--only platform:el8.4.0`";
    assert!(said.err.contains(hint), "{}", said.err);
    let said = case.plan("--all --only platform:el8.5.0");
    assert_eq!(said.code, 2);
    assert!(said.err.contains("did you mean `platform:el8."), "{}", said.err);
    assert_eq!(case.plan("--all --only platform").code, 2);
}

#[test]
fn modules_of_other_platforms_count_as_given() {
    let case = Case::new("a:1:1:c0 el8.4.0\nb:1:1:c0 el8.6.0 a:1\nc:1:1:c0 el8.6.0 gone:1");
    let plan = case.json("--all --only platform:el8.6.0");
    assert_eq!(ids(&plan), ["b:1:c0", "c:1:c0"]);
    assert_eq!(plan["prerequisites"], serde_json::json!(["gone:1"]));
}

#[test]
fn lines_of_platforms_are_planned_apart() {
    let case = Case::new(
        "lib:1:1:c5 f35
         app:1:1:c5 f35 lib:1
         lib:1:2:c6 f36
         app:1:2:c6 f36 lib:1",
    );
    let plan = case.json("--changed lib:1");
    assert_eq!(ids(&plan), ["app:1:c5", "app:1:c6", "lib:1:c5", "lib:1:c6"]);
    let edges = serde_json::json!([
        {"from": "lib:1:c5", "to": "app:1:c5"}, {"from": "lib:1:c6", "to": "app:1:c6"}
    ]);
    let mut found = plan["edges"].as_array().expect("edges").clone();
    found.sort_by_key(|edge| edge["from"].to_string());
    assert_eq!(Value::Array(found), edges, "no edge runs between lines");
    assert_eq!(plan["submissions"].as_array().expect("rows").len(), 4);
    // One static context in two lines: the version tells them apart, and each id is accepted.
    let case = Case::new("lib:1:1:c0 f35\nlib:1:2:c0 f36");
    assert_eq!(ids(&case.json("--all")), ["lib:1:1:c0", "lib:1:2:c0"]);
    assert_eq!(ids(&case.json("--changed lib:1:1:c0 --unit context")), ["lib:1:1:c0"]);
}

#[test]
fn who_builds_on_a_platform() {
    let Some(root) = shared("cases/field-reports/39-who-builds-on-platform") else { return };
    let run = |arguments: &str| Program::new(arguments.split_whitespace()).within(&root).run();
    let said = run("plan modules.yaml --built platform:f31 --format json");
    assert_eq!(said.code, 0, "{}", said.err);
    let plan: Value = serde_json::from_str(&said.out).expect("JSON");
    let names: Vec<&str> = plan["modules"]
        .as_array()
        .expect("rows")
        .iter()
        .filter_map(|m| m["name"].as_str())
        .collect();
    assert_eq!(names, ["b", "d", "e"]);
    assert_eq!(plan["roots"], serde_json::json!(["platform:f31"]));
    let platforms: Vec<&Value> =
        plan["modules"].as_array().expect("rows").iter().map(|m| &m["platform"]).collect();
    assert!(platforms.iter().all(|platform| *platform != "-f31"), "{platforms:?}");
    let said = run("plan modules.yaml --built platform:f3");
    assert_eq!(said.code, 2);
    assert!(said.err.contains("did you mean `platform:f3"), "{}", said.err);
}

const OBSOLETES: &str = "\
---
document: modulemd-obsoletes
version: 1
data:
  modified: 2020-05-01T00:00Z
  module: old
  stream: \"1\"
  eol_date: 2021-05-01T00:00Z
  message: use another
  obsoleted_by: {module: a, stream: \"1\"}
...
";

#[test]
fn streams_at_the_end_of_their_life_are_told_and_left_out() {
    let lines = "a:1:1:c0 el8\nold:1:1:c0 el8\nafter:1:1:c0 el8 old:1";
    let case = Case::with(lines, OBSOLETES);
    let plan = case.json("--all");
    assert_eq!(plan["retired"][0]["stream"], "old:1");
    assert_eq!(plan["retired"][0]["eol_date"], "2021-05-01T00:00Z");
    assert_eq!(plan["retired"][0]["obsoleted_by"], "a:1");
    let said = case.plan("--all");
    assert!(said.err.contains("warning[end-of-life]"), "{}", said.err);
    assert!(said.out.contains("old:1 (2021-05-01T00:00Z, use a:1)"), "{}", said.out);
    let skip = |now: &str| ids(&case.json(&format!("--all --skip-eol {now}")));
    let all = ["a:1:c0", "after:1:c0", "old:1:c0"];
    assert_eq!(skip("--now 2022-01-01T00:00Z"), ["a:1:c0", "after:1:c0"]);
    assert_eq!(skip("--now 2021-01-01T00:00Z"), all);
    assert_eq!(skip(""), all, "without a time, one with a date has not come");
    let said = case.plan("--changed old:1 --only old:1 --skip-eol --now 2022-01-01T00:00Z");
    assert_eq!(said.code, 2);
    assert!(said.err.contains("--skip-eol"), "{}", said.err);
}

#[test]
fn findings_outside_the_selection_are_counted_in_one_line() {
    let case = Case::new("a:1:1:c0 el8\nb:1:1:c0 el8 c:1.3\nc:1.30:1:c0 el8");
    let said = case.plan("--changed a:1");
    assert!(!said.err.contains("warning[lost-zero]"), "{}", said.err);
    assert!(
        said.err.contains("outside the selection: 1 lost-zero; `modplan check`"),
        "{}",
        said.err
    );
    let said = case.plan("--all");
    assert!(said.err.contains("warning[lost-zero]"), "{}", said.err);
}

#[test]
fn strict_passes_with_what_is_allowed() {
    let case = Case::new("a:1:1:c0 el8\nb:1:1:c0 el8 c:1.3\nc:1.30:1:c0 el8");
    assert_eq!(case.plan("--all --strict").code, 1);
    assert_eq!(case.plan("--all --strict --allow lost-zero").code, 1, "it dangles too");
    assert_eq!(case.plan("--all --strict --allow lost-zero --allow dangling").code, 0);
    assert_eq!(case.plan("--all --strict --allow lost-zero,dangling").code, 0);
    let said = case.plan("--all --allow lost-zeros");
    assert_eq!(said.code, 2);
    assert!(said.err.contains("did you mean `lost-zero`?"), "{}", said.err);
}

#[test]
fn strict_can_pass_on_a_real_repository() {
    let Some(root) = shared("data/modulemd/eurolinux8") else { return };
    let file = root.join("x86_64-appstream.modules.yaml");
    let run = |more: &[&str]| {
        let arguments = ["plan", file.to_str().expect("UTF-8"), "--all", "--strict"];
        Program::new(arguments.iter().chain(more)).run().code
    };
    assert_eq!(run(&[]), 1);
    let known = "lost-zero,dangling,several-platforms,no-arch-left,wrapped-buildorder";
    assert_eq!(run(&["--allow", known]), 0);
}

/// A diamond: d is reached over b and over c.
const DIAMOND: &str = "
    a:1:1:c0 el8
    b:1:1:c0 el8 a:1
    c:1:1:c0 el8 a:1
    d:1:1:c0 el8 b:1,c:1";

#[test]
fn why_prints_every_path_with_file_and_line() {
    let case = Case::new(DIAMOND);
    let said = case.plan("--changed a:1 --why d:1");
    assert!(said.out.starts_with("d:1:c0 is rebuilt on 2 paths\n"), "{}", said.out);
    assert_eq!(said.out.matches("changed").count(), 2, "{}", said.out);
    let text = fs::read_to_string(case.0.path().join("modules.yaml")).expect("text");
    for line in said.out.lines().filter(|line| line.contains("modules.yaml:")) {
        let number: usize = line
            .rsplit_once(':')
            .and_then(|(_, n)| n.trim_end_matches(')').parse().ok())
            .expect("a line");
        let named = text.lines().nth(number - 1).expect("it is there").trim();
        let on = line
            .split("builds on ")
            .nth(1)
            .and_then(|rest| rest.split(':').next())
            .expect("a name");
        assert!(named.starts_with(&format!("{on}: ")), "{line}: {named}");
    }
    let plan = case.json("--changed a:1 --why d:1");
    assert_eq!(plan["why"][0]["paths"].as_array().expect("paths").len(), 2);
    assert_eq!(plan["why"][0]["complete"], true);
    assert_eq!(case.plan("--changed d:1 --why a:1").code, 1);
    assert_eq!(case.plan("--changed a:1 --why x:1").code, 2);
}

#[test]
fn show_lists_dependants_dependencies_single_ids_and_the_newest() {
    let case = Case::new(&format!("{DIAMOND}\n    a:1:2:c0 el8"));
    let said = case.run("show modules.yaml --dependants a:1 --format json");
    let json: Value = serde_json::from_str(&said.out).expect("JSON");
    let rows: Vec<(String, u64)> = json["modules"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| {
            (
                row["id"].as_str().expect("an id").to_owned(),
                row["distance"].as_u64().expect("a number"),
            )
        })
        .collect();
    let row = |id: &str, distance: u64| (id.to_owned(), distance);
    assert_eq!(rows, [row("b:1:c0", 1), row("c:1:c0", 1), row("d:1:c0", 2)]);
    let said = case.run("show modules.yaml --dependencies d:1");
    assert!(said.out.contains("3 modules are built before d:1:c0"), "{}", said.out);
    let count = |arguments: &str| {
        let said = case.run(&format!("show modules.yaml {arguments}"));
        assert_eq!(said.code, 0, "{}", said.err);
        said.out.lines().last().expect("a line").split(' ').next().expect("a number").to_owned()
    };
    assert_eq!(count(""), "5");
    assert_eq!(count("--newest"), "4");
    assert_eq!(count("a:1"), "2");
    assert_eq!(count("a:1:2 d"), "2");
    assert_eq!(count("--newest a:1"), "1");
    let said = case.run("show modules.yaml e:1");
    assert_eq!(said.code, 2);
    assert!(said.err.contains("did you mean"), "{}", said.err);
    assert_eq!(case.run("show missing.yaml").code, 3, "a path is not an identity");
    assert_eq!(case.run("show a:1").code, 2, "no input is named");
}

#[test]
fn since_plans_what_differs_from_an_older_snapshot() {
    let case = Case::new(
        "same:1:1:c0 el8
         newer:1:2:c0 el8
         after:1:1:c0 el8 newer:1
         came:1:1:c0 el8
         moved:1:1:c0 el8 same:1",
    );
    case.write(
        "older.yaml",
        "same:1:1:c0 el8
         newer:1:1:c0 el8
         after:1:1:c0 el8 newer:1
         went:1:1:c0 el8
         moved:1:1:c0 el8",
        "",
    );
    let plan = case.json("--since older.yaml");
    assert_eq!(ids(&plan), ["after:1:c0", "came:1:c0", "moved:1:c0", "newer:1:c0"]);
    assert_eq!(plan["roots"], serde_json::json!(["came:1", "moved:1", "newer:1"]));
    let changes: Vec<(&str, &str)> = plan["since"]
        .as_array()
        .expect("rows")
        .iter()
        .filter_map(|row| Some((row["module"].as_str()?, row["change"].as_str()?)))
        .collect();
    let expected = [
        ("came:1:c0", "new-stream"),
        ("moved:1:c0", "content"),
        ("newer:1:c0", "version"),
        ("went:1:c0", "gone-stream"),
    ];
    assert_eq!(changes, expected);
    let newer = &plan["since"][2];
    assert_eq!((&newer["from_version"], &newer["to_version"]), (&"1".into(), &"2".into()));
    assert_eq!(newer["sources"][0]["from"], "unpinned", "a branch is never called unchanged");
    assert_eq!(plan["since"][1]["dependencies"], true);
    let because =
        plan["modules"].as_array().expect("rows").iter().find(|m| m["id"] == "newer:1:c0");
    assert_eq!(because.expect("it is rebuilt")["because"][0]["kind"], "since");
    assert_eq!(plan["selection"]["since"], serde_json::json!(["older.yaml"]));
    // Nothing differs: nothing is rebuilt, and that is an answer.
    let table = case.plan("--since older.yaml").out;
    assert!(table.contains("\nsince older.yaml\n"), "{table}");
    for change in plan["since"].as_array().expect("rows") {
        let kind = change["change"].as_str().expect("a kind").replace('-', " ");
        let line = format!("  {kind:<13}{}", change["module"].as_str().expect("an id"));
        assert!(table.lines().any(|one| one.starts_with(&line)), "{line}: {table}");
    }
    let same = case.plan("--since modules.yaml").out;
    assert!(same.contains("\nnothing differs from modules.yaml\n"), "{same}");
    let said = case.plan("--since modules.yaml --format json");
    assert_eq!(said.code, 0, "{}", said.err);
    assert_eq!(case.plan("--since missing.yaml").code, 3);
}

#[test]
fn every_hint_names_flags_that_exist() {
    let case = Case::with(
        &format!("{LOST_ZERO}\n{PLATFORMS}\n    old:1:1:c0 el8 gone:1\n    pg:1:1:c0 el8 gone:2"),
        OBSOLETES,
    );
    let commands = [
        "plan modules.yaml --all",
        "plan modules.yaml --changed perl:5.30",
        "plan modules.yaml",
        "plan modules.yaml --changed platform:el8.4.0",
        "plan modules.yaml --changed perl --exclude perl",
        "plan modules.yaml --changed perl --built perl",
        "plan modules.yaml --all --only platform",
        "plan modules.yaml --all --max-builds 1",
        "plan modules.yaml --all --alias perl:5.4=perl:5.30",
        "plan modules.yaml --changed perl:5.30 --why pg:1",
        "plan modules.yaml --changed zzzzz",
        "show modules.yaml zzzzz",
    ];
    let help = |command: &str| case.run(&format!("{command} --help")).out;
    let (plan, show) = (help("plan"), help("show"));
    let mut named = 0;
    for command in commands {
        let said = case.run(command);
        for hint in said.err.lines().filter_map(|line| line.strip_prefix("hint: ")) {
            for flag in hint.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')) {
                if flag.starts_with("--") && flag.len() > 2 {
                    named += 1;
                    assert!(plan.contains(flag) || show.contains(flag), "{command}: {hint}");
                }
            }
            run_what_stands_in(&case, hint);
        }
    }
    assert!(named >= 15, "{named} flags are named");
}

/// Runs the command that a hint gives in full, or adds the flags it gives to a plan: none is refused
/// as wrongly typed.
fn run_what_stands_in(case: &Case, hint: &str) {
    for quoted in hint.split('`').skip(1).step_by(2) {
        let command = match quoted.strip_prefix("modplan ") {
            Some(command) => command.replace("INPUT", "modules.yaml"),
            None if quoted.starts_with("--") && !quoted.contains("TIME") => {
                let all = if quoted.starts_with("--built") { "" } else { "--all" };
                format!("plan modules.yaml {all} {quoted}")
            }
            None => continue,
        };
        let is_whole = command.split_whitespace().count() > 1;
        let command = if is_whole { command } else { format!("{command} modules.yaml") };
        let said = case.run(&command);
        assert_ne!(said.code, 2, "{hint}: {command}: {}", said.err);
    }
}

#[test]
fn tables_fit_their_width() {
    let case = Case::with(&format!("{LOST_ZERO}\n{SOURCES}\n{DIAMOND}"), OBSOLETES);
    let commands = [
        "plan modules.yaml --all",
        "plan modules.yaml --changed perl:5.30 --at 2026-01-01T00:00:00Z",
        "plan modules.yaml --changed a:1 --why d:1",
        "show modules.yaml",
        "show modules.yaml --dependants a:1",
    ];
    let mut all = String::new();
    for command in commands {
        for width in [80, 160] {
            let run = Program::new(command.split_whitespace()).within(case.0.path());
            let said = run.columns(width).run();
            let longest = said.out.lines().map(|line| line.chars().count()).max().unwrap_or(0);
            assert!(longest <= usize::from(width), "{command}: {longest}\n{}", said.out);
            writeln!(all, "{width} columns: modplan {command}\n\n{}", said.out).unwrap();
        }
    }
    insta::assert_snapshot!(all);
}

#[test]
fn tables_of_real_repositories_fit_eighty_columns() {
    let Some(root) = shared("data/modulemd") else { return };
    let files = ["eurolinux8/x86_64-appstream.modules.yaml", "arrfab-centos8-2019/modules.yaml"];
    files.map(|file| root.join(file)).iter().for_each(|file| check_widths(file));
}

fn check_widths(file: &Path) {
    let file = file.to_str().expect("UTF-8");
    for arguments in [&["plan", file, "--all"][..], &["show", file], &["show", file, "--newest"]] {
        let said = Program::new(arguments).run();
        for line in said.out.lines() {
            assert!(line.chars().count() <= 80, "{arguments:?}: {line}");
        }
    }
}
