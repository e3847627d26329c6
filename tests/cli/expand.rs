//! `modplan expand` as a command, against the perl family of `fixtures/el8-perl`.

use crate::support::program::{Program, Said, modplan};
use serde_json::Value;

const AGAINST: &str = "fixtures/el8-perl/modules.yaml";

/// Runs `modplan expand -` on a document with these dependencies.
fn expand(dependencies: &str, flags: &[&str]) -> Said {
    let document = format!(
        "document: modulemd\nversion: 2\ndata:\n  name: app\n  stream: rhel-8\n  summary: s\n  \
         description: d\n  license: {{module: [MIT]}}\n  dependencies:\n{dependencies}  components:\n    \
         rpms:\n      app-libs: {{rationale: r}}\n      app: {{rationale: r, buildorder: 1}}\n"
    );
    run(&document, flags)
}

fn run(document: &str, flags: &[&str]) -> Said {
    let arguments = [&["expand", "-", "--against", AGAINST], flags].concat();
    Program::new(arguments).input(document).run()
}

/// Any perl but 5.32, and perl-DBI, of which each context needs one perl.
const TWO: &str = "  - buildrequires: {platform: [el8], perl: [-5.32], perl-DBI: []}\n    \
                   requires: {platform: [el8], perl: [-5.32]}\n";

#[test]
fn contexts_names_and_batches_are_printed_for_people() {
    let at = ["--at", "2026-01-02T03:04:05Z", "--build-id", "7"];
    let Said { code, out: table, err: told } = expand(TWO, &at);
    assert_eq!(
        (code, told.as_str()),
        (0, "note: no input describes platform:el8.6.0: taken from what was built on it\n")
    );
    insta::assert_snapshot!(table);
}

#[test]
fn every_build_is_explained() {
    let Said { code, out: table, .. } = expand(TWO, &["--explain"]);
    assert_eq!(code, 0);
    insta::assert_snapshot!(table);
}

#[test]
fn json_holds_pins_hashes_and_names() {
    let at = ["--at", "2026-01-02T03:04:05Z", "--build-id", "7", "--format", "json"];
    let Said { code, out: json, .. } = expand(TWO, &at);
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
        &["error[no-base-module]: group 1 buildrequires no base module"],
    ),
    (
        "  - buildrequires: {platform: [el8.6.0, el9.0.0]}\n",
        1,
        &[
            "-:10:21: error[no-base-module]: there is no build of platform:el9.0.0, which group 1 should",
        ],
    ),
    (
        "  - buildrequires: {platform: [el8.6.0]}\n  - buildrequires: {perl: [5.30]}\n",
        1,
        &["-:11:21: error[no-base-module]: group 2 buildrequires no base module"],
    ),
    (
        "  - buildrequires: {platform: [el8.6.0]}\n  - buildrequires: {}\n",
        1,
        &["-:10:21: error[dropped-group]: group 1 is ignored"],
    ),
    (
        "  - buildrequires: {platform: [el8.6.0]}\n    requires: {nosuch: [\"1\"]}\n",
        0,
        &[
            "-:11:16: warning[unknown-runtime-module]: requires of group 1 ask for nosuch:1, which has no",
        ],
    ),
    (
        "  - buildrequires: {platform: [el8.6.0], perl: [5.30]}\n  - buildrequires: {platform: [el8.6.0], perl: [5.3]}\n",
        1,
        &["-:11:42: error[no-build]: there is no build of perl:5.3;"],
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
        &["error[same-context]: context", "occurs 2 times (groups 1 and 2)"],
    ),
];

#[test]
fn bad_requirements_are_told_with_their_place() {
    for (dependencies, expected, told) in BAD {
        let Said { code, out, err } = expand(dependencies, &[]);
        for text in *told {
            assert!(err.contains(text), "{dependencies}{err}{out}");
        }
        assert!(!err.contains("[no-provider]"), "one fault is told once: {err}");
        assert_eq!(code, *expected, "{dependencies}{err}{out}");
        let is_whole = !out.is_empty() && !out.contains("incomplete, see the errors");
        assert_eq!(is_whole, code == 0, "{out}");
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
    let arguments = ["expand", "-", "--format", "json", "--against", "apart.yaml"];
    let Said { code, out, err } =
        Program::new(arguments).within(directory.path()).input(document).run();
    assert_eq!(code, 1, "{err}");
    let conflict = "foo:1:1:c2 requires bar:2 at apart.yaml:10:81, satisfied by bar:2:1:c4; \
                    gtk:1:1:c1 requires bar:1 at apart.yaml:5:81, satisfied by bar:1:1:c3";
    assert!(
        err.contains(&format!(
            "-:10:21: warning[refused-streams]: {conflict}
"
        )),
        "{err}"
    );
    assert!(
        err.contains("error[unsolvable]: the buildrequires of group 1 conflict with each other"),
        "{err}"
    );
    let json: Value = serde_json::from_str(&out).expect("JSON");
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
        let Said { out: json, err, .. } = expand(TWO, &flags);
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
    let Said { code, err, .. } = expand(TWO, &["--buildrequire-override", "ruby:2.5"]);
    assert_eq!(code, 2);
    assert!(err.contains("the buildrequires overrides of ruby have no effect"), "{err}");
    let Said { code, err, .. } = expand(TWO, &["--refuse-ambiguous"]);
    assert_eq!(code, 1);
    assert!(err.contains("error[ambiguous-stream]"), "{err}");
    let Said { code, err, .. } = expand(TWO, &["--max-documents", "1"]);
    assert_eq!(code, 1);
    assert!(err.contains("error[too-many-keys]"), "{err}");
}

#[test]
fn a_packager_document_keeps_its_contexts() {
    let document = "document: modulemd-packager\nversion: 3\ndata:\n  name: app\n  stream: \"1\"\n  summary: s\n  \
                    description: d\n  license: [MIT]\n  configurations:\n  - context: B\n    platform: el8.6.0\n    \
                    buildrequires: {perl: [5.30]}\n    requires: {perl: [5.30]}\n  - context: A\n    \
                    platform: el8.6.0\n    buildrequires: {pearl: [1]}\n";
    let Said { code, out: json, err } = run(document, &["--format", "json"]);
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
    let Said { code, out: table, err } = run(document, &["--at", "2026-01-02T03:04:05Z"]);
    assert_eq!(code, 0);
    assert!(err.contains("the document names no stream"), "{err}");
    assert!(table.contains("no stream, so no tags"), "{table}");
    let many = ["expand", AGAINST, "--against", "fixtures/el8-perl/modules.yaml"];
    assert_eq!(modplan(&many).code, 1, "a file of many documents is none to expand");
    let no_modules = ["expand", "-", "--against", "fixtures/el8-perl/README.md"];
    assert_eq!(Program::new(no_modules).input(document).run().code, 1);
}

/// A module of one version with these components, included or not.
fn module(name: &str, version: u32, components: &str) -> String {
    format!(
        "---\ndocument: modulemd\nversion: 2\ndata:\n  name: {name}\n  stream: \"1\"\n  version: {version}\n  \
         context: c{version}\n  summary: s\n  description: d\n  license: {{module: [MIT]}}\n  \
         dependencies: [{{buildrequires: {{platform: [f29]}}, requires: {{platform: [f29]}}}}]\n  \
         components: {components}\n"
    )
}

/// Runs `modplan expand` in a directory that holds these files.
fn expand_files(files: &[(&str, String)], arguments: &[&str]) -> Said {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(directory.path().join(name), text).unwrap();
    }
    let arguments = [&["expand"], arguments].concat();
    Program::new(arguments).within(directory.path()).run()
}

#[test]
fn the_newest_document_of_an_included_module_counts_in_any_order_of_inputs() {
    let rpms = |key: &str| format!("{{rpms: {{{key}: {{rationale: r}}}}}}");
    let outer = module("outer", 1, "{modules: {inner: {rationale: r, ref: \"1\"}}}");
    let mut documents = [
        module("inner", 1, &rpms("older")),
        module("inner", 3, &rpms("newest")),
        module("inner", 2, &rpms("old")),
        module("lib", 1, "{}"),
        module("lib", 2, "{}"),
    ];
    let mut all = std::collections::BTreeSet::new();
    for turn in 0..documents.len() {
        documents.rotate_left(1);
        if turn % 2 == 0 {
            documents.swap(0, 2);
        }
        let (one, other) = documents.split_at(turn + 1);
        let files =
            [("a.yaml", outer.clone()), ("b.yaml", one.concat()), ("c.yaml", other.concat())];
        let inputs = if other.is_empty() { vec!["b.yaml"] } else { vec!["c.yaml", "b.yaml"] };
        let flags = ["a.yaml", "--format", "json", "--explain", "--against"];
        let flags: Vec<&str> = flags.into_iter().chain(inputs).collect();
        let Said { code, out: json, err } = expand_files(&files, &flags);
        assert_eq!(code, 0, "{err}");
        all.insert(json);
    }
    let json: Vec<&String> = all.iter().collect();
    assert_eq!(json.len(), 1, "the same bytes in every order: {json:#?}");
    assert!(json[0].contains("\"component\": \"newest\""), "{}", json[0]);
}

#[test]
fn an_included_module_that_nobody_loaded_is_an_error_with_its_place() {
    let outer = module("outer", 1, "{modules: {inner: {rationale: r, ref: \"7\"}}}");
    let files = [("a.yaml", outer), ("b.yaml", module("inner", 1, "{}"))];
    let Said { code, out: json, err } =
        expand_files(&files, &["a.yaml", "--against", "b.yaml", "--format", "json"]);
    assert_eq!(code, 1, "{err}");
    let told = "a.yaml:13:26: error[included-module]: inner:7 is included, but no document of it";
    assert!(err.contains(told), "{err}");
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["complete"], false);
}

/// A release of the platform with `el8` as virtual stream, and a library built on one.
fn release(stream: &str) -> String {
    format!(
        "---\ndocument: modulemd\nversion: 2\ndata:\n  name: platform\n  stream: {stream}\n  version: 5\n  \
         context: '00000000'\n  summary: s\n  description: d\n  license: {{module: [MIT]}}\n  \
         xmd: {{mbs: {{virtual_streams: [el8], disttag_marking: MARK}}}}\n"
    )
}

fn library(platform: &str, version: u32, requires: &str) -> String {
    format!(
        "---\ndocument: modulemd\nversion: 2\ndata:\n  name: lib\n  stream: \"1\"\n  version: {version}\n  \
         context: c{version}\n  summary: s\n  description: d\n  license: {{module: [MIT]}}\n  \
         xmd: {{mbs: {{buildrequires: {{platform: {{stream: {platform}, version: 5, context: '00000000', ref: x}}}}}}}}\n  \
         dependencies: [{{buildrequires: {{platform: [{platform}]}}, requires: {{platform: [el8]{requires}}}}}]\n"
    )
}

fn app(dependencies: &str) -> String {
    format!(
        "document: modulemd\nversion: 2\ndata:\n  name: app\n  stream: '1'\n  summary: s\n  description: d\n  \
         license: {{module: [MIT]}}\n  dependencies: [{dependencies}]\n"
    )
}

#[test]
fn the_rule_told_is_the_rule_that_holds() {
    let releases = ["el8.0.0", "el8.1.0", "el8.2.0"].map(release).concat();
    let builds = releases.clone() + &library("el8.0.0", 1, "") + &library("el8.2.0", 3, "");
    let on = app("{buildrequires: {platform: [el8.1.0], lib: ['1']}, requires: {platform: [el8]}}");
    let flags = ["a.yaml", "--explain", "--against", "b.yaml"];
    let Said { code, out: table, err } =
        expand_files(&[("a.yaml", on), ("b.yaml", builds)], &flags);
    assert_eq!(code, 0, "{err}");
    let newer = "lib:1:3:c3  no: built for platform:el8.2.0, which is newer than the";
    assert!(table.contains(newer), "{table}");
    // Without a buildroot, the need that nothing meets is the rule, and not a conflict.
    let builds = releases + &library("el8.0.0", 1, ", nothere: ['7']");
    let on = app("{buildrequires: {platform: [el8], lib: ['1']}, requires: {platform: [el8]}}");
    let Said { code, out: table, err } =
        expand_files(&[("a.yaml", on), ("b.yaml", builds)], &flags);
    assert_eq!(code, 1);
    assert!(table.contains("no: needs nothere 7, which has no build"), "{table}");
    assert!(
        table.contains("buildrequires platform (el8), replaced by el8.2.0 (virtual stream), line"),
        "{table}"
    );
    assert!(err.contains("a.yaml:9:52: error[no-build]: there is no build of nothere:7"), "{err}");
    assert!(err.contains("(required by lib:1:1:c1 at b.yaml:49:85)"), "{err}");
}

#[test]
fn a_loaded_platform_that_is_its_own_virtual_stream_is_a_stream() {
    let builds = ["el8", "el8.1.0"].map(release).concat();
    let on = app("{buildrequires: {platform: [el8]}, requires: {platform: [el8]}}");
    let flags = ["a.yaml", "--all-bases", "--format", "json", "--against", "b.yaml"];
    let Said { code, out: json, err } = expand_files(&[("a.yaml", on), ("b.yaml", builds)], &flags);
    assert_eq!(code, 0, "{err}");
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["documents"][0]["buildrequires"]["platform"], "el8");
}

#[test]
fn a_static_context_of_the_options_is_called_by_its_name() {
    let document = "document: modulemd\nversion: 2\ndata:\n  name: app\n  stream: '1'\n  summary: s\n  description: d\n  \
                    license: {module: [MIT]}\n  dependencies:\n  - buildrequires: {platform: [el8.6.0]}\n  \
                    - buildrequires: {platform: [el8.6.0]}\n  xmd: {mbs_options: {contexts: {CTX1: {buildrequires: \
                    {platform: el8.6.0}, requires: {perl: '5.30'}}, CTX2: {buildrequires: {platform: el8.6.0}, \
                    requires: {perl: '5.99'}}}}}\n";
    let Said { code, err, .. } = run(document, &[]);
    assert_eq!(code, 0, "{err}");
    assert!(
        err.contains("requires of context CTX2 ask for perl:5.99, which has no build"),
        "{err}"
    );
    let document =
        document.replace("CTX2: {buildrequires: {", "CTX2: {buildrequires: {ruby: '9', ");
    let Said { code, err, .. } = run(&document, &[]);
    assert_eq!(code, 1, "{err}");
    assert!(err.contains("there is no build of ruby:9 (required by context CTX2)"), "{err}");
}

#[test]
fn rules_of_the_service_are_flags() {
    let releases = ["el8.0.0", "el8.1.0", "el8.2.0"].map(release).concat();
    let builds = releases + &library("el8.2.0", 3, "");
    let expanded = |needs: &str, flags: &[&str]| {
        let files = [("a.yaml", app(needs)), ("b.yaml", builds.clone())];
        let start = ["a.yaml", "--format", "json", "--against", "b.yaml"];
        let flags: Vec<&str> = start.iter().chain(flags).copied().collect();
        let Said { code, out: json, err } = expand_files(&files, &flags);
        let json: Value = serde_json::from_str(&json).unwrap_or_else(|_| panic!("{err}"));
        (code, json["documents"].as_array().unwrap().clone(), err)
    };
    // A build on a newer release is used where every base module that shares a virtual stream counts.
    let on_first = "{buildrequires: {platform: [el8.0.0], lib: ['1']}, requires: {}}";
    let (code, _, err) = expanded(on_first, &[]);
    assert_eq!(code, 1);
    assert!(err.contains("error[no-build]: there is no build of lib:1 for the platform"), "{err}");
    let (_, _, err) = expanded(on_first, &["--all-bases"]);
    assert!(!err.contains("[no-build]"), "{err}");
    let any = "{buildrequires: {platform: []}, requires: {}}";
    assert_eq!(expanded(any, &[]).1.len(), 3);
    assert_eq!(expanded(any, &["--exclude-base-stream", "el8.1.0"]).1.len(), 2);
    let (code, documents, err) = expanded(any, &["--base-module", "core"]);
    assert_eq!((code, documents.len()), (1, 0));
    assert!(err.contains("group 1 buildrequires no base module"), "{err}");
}

#[test]
fn scratch_builds_have_names_of_their_own() {
    let flags = ["--at", "2026-01-02T03:04:05Z", "--scratch", "--format", "json"];
    let Said { code, .. } = expand(TWO, &flags);
    assert_eq!(code, 2, "their names hold the id");
    let flags: Vec<&str> = flags.into_iter().chain(["--build-id", "7"]).collect();
    let Said { code, out: json, err } = expand(TWO, &flags);
    assert_eq!(code, 0, "{err}");
    let json: Value = serde_json::from_str(&json).expect("JSON");
    let document = &json["documents"][0];
    let context = document["context"].as_str().unwrap();
    assert!(context.ends_with("_1"), "{context}");
    let tag = format!("scrmod-app-rhel-8-8060020260102030405-{context}+7");
    assert_eq!(document["koji_tag"], tag.as_str());
    assert!(document["dist_tag"].as_str().unwrap().starts_with("scrmod+el8.6.0+7+"));
}

#[test]
fn what_was_built_on_a_base_module_past_its_end_of_life_counts_where_all_bases_do() {
    let row = |modulemd: &str, [name, stream, version, context, state]: [&str; 5]| {
        serde_json::json!({
            "name": name, "stream": stream, "version": version, "context": context, "state_name": state,
            "modulemd": modulemd.trim_start_matches("---\n"),
        })
    };
    let items = [
        row(&release("el8.0.0"), ["platform", "el8.0.0", "5", "00000000", "garbage"]),
        row(&release("el8.1.0"), ["platform", "el8.1.0", "5", "00000000", "ready"]),
        row(&library("el8.0.0", 1, ""), ["lib", "1", "1", "c1", "ready"]),
    ];
    let page = serde_json::json!({"items": items, "meta": {"total": 3}}).to_string();
    let on = |streams: &str| {
        app(&format!("{{buildrequires: {{platform: {streams}, lib: ['1']}}, requires: {{}}}}"))
    };
    let files = [("a.yaml", on("[el8.1.0]")), ("b.json", page.clone())];
    let Said { code, out: table, err } =
        expand_files(&files, &["a.yaml", "--all-bases", "--explain", "--against", "b.json"]);
    assert_eq!(code, 0, "{err}");
    assert!(table.contains("lib:1:1:c1  chosen for"), "{table}{err}");
    let files = [("a.yaml", on("[el8.0.0]")), ("b.json", page)];
    let Said { code, err, .. } =
        expand_files(&files, &["a.yaml", "--all-bases", "--against", "b.json"]);
    assert_eq!(code, 1, "nothing is built on it any more");
    assert!(err.contains("there is no build of platform:el8.0.0"), "{err}");
}
