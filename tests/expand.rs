//! `modplan expand` as a command, against the perl family of `fixtures/el8-perl`.

use assert_cmd::Command;
use serde_json::Value;

const AGAINST: &str = "fixtures/el8-perl/modules.yaml";

/// Runs `modplan expand -` on a document with these dependencies.
fn expand(dependencies: &str, flags: &[&str]) -> (i32, String, String) {
    let document = format!(
        "document: modulemd\nversion: 2\ndata:\n  name: app\n  stream: rhel-8\n  summary: s\n  \
         description: d\n  license: {{module: [MIT]}}\n  dependencies:\n{dependencies}  components:\n    \
         rpms:\n      app-libs: {{rationale: r}}\n      app: {{rationale: r, buildorder: 1}}\n"
    );
    run(&document, flags)
}

fn run(document: &str, flags: &[&str]) -> (i32, String, String) {
    let mut command = Command::cargo_bin("modplan").expect("the binary is built");
    let command = command.args(["expand", "-", "--against", AGAINST]).args(flags);
    let output = command.write_stdin(document).output().expect("it starts");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code().expect("it ends by itself"), text(output.stdout), text(output.stderr))
}

/// Any perl but 5.32, and perl-DBI, of which each context needs one perl.
const TWO: &str = "  - buildrequires: {platform: [el8], perl: [-5.32], perl-DBI: []}\n    \
                   requires: {platform: [el8], perl: [-5.32]}\n";

#[test]
fn contexts_names_and_batches_are_printed_for_people() {
    let at = ["--at", "2026-01-02T03:04:05Z", "--build-id", "7"];
    let (code, table, told) = expand(TWO, &at);
    assert_eq!(
        (code, told.as_str()),
        (0, "note: no input describes platform:el8.6.0: taken from what was built on it\n")
    );
    insta::assert_snapshot!(table);
}

#[test]
fn every_build_is_explained() {
    let (code, table, _) = expand(TWO, &["--explain"]);
    assert_eq!(code, 0);
    insta::assert_snapshot!(table);
}

#[test]
fn json_holds_pins_hashes_and_names() {
    let at = ["--at", "2026-01-02T03:04:05Z", "--build-id", "7", "--format", "json"];
    let (code, json, _) = expand(TWO, &at);
    assert_eq!(code, 0);
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["format"], 1);
    assert_eq!(json["complete"], true);
    let document = &json["documents"][0];
    assert_eq!(document["buildrequires"]["platform"], "el8.6.0");
    assert_eq!(
        document["buildroot"]["perl-DBI"].as_str().unwrap().split(':').next(),
        Some("perl-DBI")
    );
    // The stream written and the one built on are no longer the same set, so this stays as written.
    assert_eq!(document["requires"]["platform"], serde_json::json!(["el8"]));
    let version = document["version"].as_u64().unwrap();
    assert_eq!(version, 8_060_020_260_102_030_405);
    let context = document["context"].as_str().unwrap();
    let tag = format!("module-app-rhel-8-{version}-{context}");
    assert_eq!(document["koji_tag"], tag.as_str());
    assert_eq!(document["build_tag"], format!("{tag}-build").as_str());
    let dist = document["dist_tag"].as_str().unwrap();
    assert!(dist.starts_with("module+el8.6.0+7+"), "{dist}");
    assert_eq!(document["macros_package"], format!("module-build-macros-0.1-1.{dist}").as_str());
    assert_eq!(document["content_nvr"], format!("app-rhel_8-{version}.{context}").as_str());
    assert_eq!(json["batches"][1]["components"][0]["component"], "app");
}

/// What is wrong, the exit code, and what is told of it.
const BAD: &[(&str, i32, &[&str])] = &[
    (
        "  - buildrequires: {platform: [el8.6.0], pearl: []}\n",
        1,
        &["-:10:42: error[unknown-module]: buildrequires of group 1 ask for any stream of pearl"],
    ),
    (
        "  - buildrequires: {perl: [5.30]}\n",
        1,
        &["error[no-base-module]: no base module is buildrequired"],
    ),
    (
        "  - buildrequires: {platform: [el9.0.0]}\n",
        1,
        &[
            "-:10:21: error[no-base-module]: no base module can be found: there is no build of platform:el9.0.0",
        ],
    ),
    (
        "  - buildrequires: {platform: [el8.6.0], perl: [5.30, -5.26]}\n",
        1,
        &[
            "-:10:48: warning[not-convertible]: the streams of `perl` mix",
            "error: - holds no document",
        ],
    ),
    (
        "  - buildrequires: {platform: [el8.6.0], perl: [-5.24, -5.26, -5.30, -5.32]}\n",
        1,
        &[
            "-:10:42: error[all-streams-negated]: buildrequires of group 1 negate every stream of perl",
        ],
    ),
    (
        "  - buildrequires: {platform: [el8.6.0], perl: [5.3]}\n",
        1,
        &["-:10:42: error[no-build]: there is no build of perl:5.3; perl has 5.26, 5.30 and 5.32"],
    ),
    (
        "  - buildrequires: {platform: [el8.6.0]}\n  - buildrequires: {platform: []}\n",
        1,
        &["error[same-context]: context", "comes out 2 times (groups 1 and 2)"],
    ),
];

#[test]
fn bad_requirements_are_told_with_their_place() {
    for (dependencies, expected, told) in BAD {
        let (code, out, err) = expand(dependencies, &[]);
        for text in *told {
            assert!(err.contains(text), "{dependencies}{err}{out}");
        }
        assert_eq!(code, *expected, "{dependencies}{err}{out}");
        assert!(out.is_empty() || out.contains("not the whole answer"), "{out}");
    }
}

/// Two modules that need different streams of a third.
const APART: &str = "\
---
document: modulemd
version: 2
data: {name: gtk, stream: '1', version: 1, context: c1, summary: s, description: d, license: {module: [MIT]},
  dependencies: [{buildrequires: {platform: [f29]}, requires: {platform: [f29], bar: ['1']}}]}
---
document: modulemd
version: 2
data: {name: foo, stream: '1', version: 1, context: c2, summary: s, description: d, license: {module: [MIT]},
  dependencies: [{buildrequires: {platform: [f29]}, requires: {platform: [f29], bar: ['2']}}]}
---
document: modulemd
version: 2
data: {name: bar, stream: '1', version: 1, context: c3, summary: s, description: d, license: {module: [MIT]},
  dependencies: [{buildrequires: {platform: [f29]}, requires: {platform: [f29]}}]}
---
document: modulemd
version: 2
data: {name: bar, stream: '2', version: 1, context: c4, summary: s, description: d, license: {module: [MIT]},
  dependencies: [{buildrequires: {platform: [f29]}, requires: {platform: [f29]}}]}
";

#[test]
fn a_conflict_names_both_builds_and_where_they_say_so_and_spoils_no_other_group() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("apart.yaml"), APART).unwrap();
    let document = "document: modulemd\nversion: 2\ndata:\n  name: app\n  stream: '1'\n  summary: s\n  \
                    description: d\n  license: {module: [MIT]}\n  dependencies:\n  \
                    - buildrequires: {platform: [f29], gtk: ['1'], foo: ['1']}\n  \
                    - buildrequires: {platform: [f29], gtk: ['1']}\n";
    let mut command = Command::cargo_bin("modplan").expect("the binary is built");
    let command = command.args(["expand", "-", "--format", "json", "--against", "apart.yaml"]);
    let output = command.current_dir(&directory).write_stdin(document).output().expect("it starts");
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{err}");
    let conflict = "foo:1:1:c2 requires bar:2 at apart.yaml:10:81, met by bar:2:1:c4; \
                    gtk:1:1:c1 requires bar:1 at apart.yaml:5:81, met by bar:1:1:c3";
    assert!(err.contains(&format!("-:10:21: warning[refused-streams]: {conflict}\n")), "{err}");
    assert!(
        err.contains("error[unsolvable]: what group 1 buildrequires cannot be had together"),
        "{err}"
    );
    let json: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(json["complete"], false);
    assert_eq!(json["refused"][0]["conflict"], conflict);
    assert_eq!(json["refused"][0]["requirements"][1]["line"], 5);
    let documents = json["documents"].as_array().unwrap();
    assert_eq!(documents.len(), 1, "the other group comes out");
    assert_eq!(documents[0]["group"], 2);
    assert_eq!(documents[0]["buildroot"]["bar"], "bar:1:1:c3");
}

#[test]
fn a_request_overrides_pins_and_names() {
    let json = |flags: &[&str]| -> Value {
        let flags: Vec<&str> = ["--format", "json"].iter().chain(flags).copied().collect();
        let (_, json, err) = expand(TWO, &flags);
        serde_json::from_str(&json).unwrap_or_else(|_| panic!("{err}"))
    };
    let overridden =
        json(&["--buildrequire-override", "perl:5.32", "--require-override", "perl:5.32"]);
    assert_eq!(overridden["documents"].as_array().unwrap().len(), 1);
    assert_eq!(overridden["documents"][0]["buildrequires"]["perl"], "5.32");
    let default = json(&["--default-stream", "perl:5.26"]);
    assert_eq!(default["documents"][0]["buildrequires"]["perl"], "5.26");
    // Nobody built anything on the support stream.
    let released = json(&["--released", "platform:el8.6.0"]);
    assert_eq!(released["problems"][0]["code"], "no-base-module");
    let (code, _, err) = expand(TWO, &["--buildrequire-override", "ruby:2.5"]);
    assert_eq!(code, 2);
    assert!(err.contains("the buildrequires overrides of ruby change nothing"), "{err}");
    let (code, _, err) = expand(TWO, &["--refuse-ambiguous"]);
    assert_eq!(code, 1);
    assert!(err.contains("error[ambiguous-stream]"), "{err}");
    let (code, _, err) = expand(TWO, &["--max-documents", "1"]);
    assert_eq!(code, 1);
    assert!(err.contains("error[too-many-keys]"), "{err}");
}

#[test]
fn a_packager_document_keeps_its_contexts() {
    let document = "document: modulemd-packager\nversion: 3\ndata:\n  name: app\n  stream: \"1\"\n  summary: s\n  \
                    description: d\n  license: [MIT]\n  configurations:\n  - context: B\n    platform: el8.6.0\n    \
                    buildrequires: {perl: [5.30]}\n    requires: {perl: [5.30]}\n  - context: A\n    \
                    platform: el8.6.0\n    buildrequires: {pearl: [1]}\n";
    let (code, json, err) = run(document, &["--format", "json"]);
    assert_eq!(code, 1);
    assert!(err.contains("-:16:21: error[no-build]: there is no build of pearl:1"), "{err}");
    let json: Value = serde_json::from_str(&json).expect("JSON");
    let documents = json["documents"].as_array().unwrap();
    assert_eq!(documents.len(), 1);
    assert_eq!(documents[0]["context"], "B");
    assert_eq!(documents[0]["static_context"], true);
    assert_eq!(documents[0]["buildrequires"]["perl"], "5.30");
}

#[test]
fn a_document_without_a_name_and_inputs_without_a_module_are_told() {
    let document = "document: modulemd-packager\nversion: 2\ndata:\n  summary: s\n  description: d\n  \
                    license: {module: [MIT]}\n  dependencies: [{buildrequires: {platform: [el8.6.0]}}]\n";
    let (code, table, err) = run(document, &["--at", "2026-01-02T03:04:05Z"]);
    assert_eq!(code, 0);
    assert!(err.contains("the document names no stream"), "{err}");
    assert!(table.contains("no stream, so no tags"), "{table}");
    let mut command = Command::cargo_bin("modplan").expect("the binary is built");
    let command = command.args(["expand", AGAINST, "--against", "fixtures/el8-perl/modules.yaml"]);
    let output = command.output().expect("it starts");
    assert_eq!(output.status.code(), Some(1), "a file of many documents is none to expand");
    let mut command = Command::cargo_bin("modplan").expect("the binary is built");
    let command = command.args(["expand", "-", "--against", "fixtures/el8-perl/README.md"]);
    let output = command.write_stdin(document).output().expect("it starts");
    assert_eq!(output.status.code(), Some(1));
}
