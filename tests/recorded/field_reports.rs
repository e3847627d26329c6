//! Situations of public bug reports, each with its right answer: `cases/field-reports` of the
//! shared data, which has the source of every case and the reason for its answer.

use std::path::PathBuf;

use serde_json::Value;

use crate::support::program::{Program, Said};
use crate::support::shared;

/// A case: the folder in which its commands run.
struct Case(PathBuf);

impl Case {
    fn find(name: &str) -> Option<Self> {
        shared(&format!("cases/field-reports/{name}")).map(Self)
    }

    fn run(&self, arguments: &str) -> Said {
        Program::new(arguments.split(' ')).within(&self.0).run()
    }

    /// Runs a command that answers in JSON.
    fn json(&self, arguments: &str) -> Value {
        let said = self.run(&format!("{arguments} --format json"));
        serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {}", said.err))
    }
}

#[test]
fn modules_are_read_by_their_content_and_bzip2_is_named() {
    let Some(case) = Case::find("03-plain-modules-yaml") else { return };
    for kind in ["plain", "xz", "zst", "lie", "plain/repodata"] {
        let said = case.run(&format!("check {kind}"));
        assert_eq!(said.err, "note: 1 input, 1 document, 0 errors, 0 warnings\n", "{kind}");
    }
    let said = case.run("check bz2");
    assert_eq!(said.code, 1);
    assert!(
        said.err.contains("error[compression]: bzip2 is not supported: unpack the file"),
        "{}",
        said.err
    );
}

#[test]
fn a_lost_zero_is_reported_in_requirements_and_in_defaults() {
    let Some(case) = Case::find("10-lost-zero") else { return };
    let said = case.run("check modules.yaml");
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(
        said.err.contains("ant:1.1 is required; it is not loaded, but ant:1.10 is"),
        "{}",
        said.err
    );
    assert!(
        said.err.contains("the defaults name ant:1.1; it is not loaded, but ant:1.10 is"),
        "{}",
        said.err
    );
    assert_eq!(said.err.matches("[lost-zero]").count(), 2, "perlish:5.3 is loaded: {}", said.err);
}

#[test]
fn two_source_packages_of_one_name_pin_nothing() {
    let Some(case) = Case::find("11-two-source-nevras") else { return };
    let flags = "--all --rebuild-strategy only-changed --format csv --reuse-from";
    for (now, earlier) in [("mixed", "old"), ("mixed", "clean-new"), ("clean-new", "mixed")] {
        let said = case.run(&format!("plan {now}.yaml {flags} {earlier}.yaml"));
        let rows: Vec<&str> = said.out.lines().skip(1).collect();
        assert_eq!(rows.len(), 2, "{}", said.out);
        for row in rows {
            assert!(row.contains(",false,") && row.contains("its source is ambiguous: "), "{row}");
        }
    }
    let said = case.run(&format!("plan clean-new.yaml {flags} old.yaml"));
    assert!(said.out.contains("its source changed from plug-0:0.13-3"), "{}", said.out);
}

#[test]
fn a_requirement_of_any_stream_has_every_edge_and_is_met_by_what_is_given() {
    let Some(case) = Case::find("13-wildcard-requires") else { return };
    let plan = case.json("plan repo.yaml --all");
    let edges: Vec<(&str, &str)> = plan["edges"]
        .as_array()
        .unwrap()
        .iter()
        .map(|edge| (edge["from"].as_str().unwrap(), edge["to"].as_str().unwrap()))
        .collect();
    assert_eq!(
        edges,
        [
            ("httpd:2.4:bbbbbbbb", "php:7.3:cccccccc"),
            ("nginx:1.14:aaaaaaaa", "php:7.3:cccccccc"),
            ("nginx:1.14:aaaaaaaa", "rbind:1:dddddddd"),
            ("nginx:1.16:aaaaaaaa", "neg:1:eeeeeeee"),
            ("nginx:1.16:aaaaaaaa", "rbind:1:dddddddd"),
        ]
    );
    let expanded = case.run("expand php.yaml --against repo.yaml --at 2020-03-01T00:00:00Z");
    assert!(expanded.out.ends_with("php:7.4 expands to 2 contexts\n"), "{}", expanded.out);
    for given in ["dbi:1.641", "dbi:*", "dbi"] {
        let plan = case.json(&format!("plan given.yaml --all --given {given}"));
        assert_eq!(plan["prerequisites"], Value::Array(Vec::new()), "{given}");
        let said = case.run(&format!("plan given.yaml --all --given {given}"));
        assert!(!said.err.contains("nothing requires"), "{}", said.err);
    }
    // A stream that a negative list excludes does not satisfy it.
    let plan = case.json("plan given.yaml --all --given dbi:1.5");
    assert_eq!(plan["dangling"][0]["module"], "dbe:4:aaaaaaaa");
    assert_eq!(plan["dangling"].as_array().unwrap().len(), 1);
}

#[test]
fn newer_defaults_win_whatever_the_order_of_inputs() {
    let Some(case) = Case::find("19-defaults-conflict-between-repos") else { return };
    let stream = |inputs: &str| {
        case.json(&format!("show {inputs}"))["modules"]["pg"]["defaults"]["stream"].clone()
    };
    for order in ["a b newer", "a newer b", "b a newer", "b newer a", "newer a b", "newer b a"] {
        assert_eq!(stream(order), "9.6", "{order}");
    }
    for order in ["a b", "b a", "a b third-equal", "third-equal b a"] {
        assert_eq!(stream(order), Value::Null, "{order}");
    }
    let said = case.run("check a c");
    assert_eq!(said.code, 1);
    assert!(said.err.contains("error[defaults-conflict]: "), "{}", said.err);
}

#[test]
fn koji_answers_are_read_with_any_form_of_request_and_its_text_is_recognised() {
    let Some(case) = Case::find("25-koji-undecoded-requests") else { return };
    let rows = |inputs: &str| case.run(&format!("trace {inputs} --format csv"));
    assert_eq!(rows("listTasks.json").out, rows("decoded.json").out);
    assert!(rows("listTasks.json").out.contains("\nnginx,buildArch,x86_64,600.000,closed,"));
    let pages = rows("page1.json page2.json").out;
    let mut tasks: Vec<&str> = pages.lines().filter_map(|row| row.rsplit(',').next()).collect();
    let all = tasks.len();
    tasks.sort_unstable();
    tasks.dedup();
    assert_eq!(tasks.len(), all, "a task stands twice: {pages}");
    for text in ["python-repr.txt", "taskinfo.txt", "python-repr.json"] {
        let said = case.run(&format!("trace {text}"));
        assert_eq!((said.code, said.out.as_str()), (1, ""), "{text}");
        assert_eq!(said.err.matches("error[").count(), 1, "{text}: {}", said.err);
        assert!(said.err.contains("`koji call --json-output` prints JSON"), "{text}: {}", said.err);
    }
}

#[test]
fn builds_of_modules_and_images_are_no_builds_of_components() {
    let Some(case) = Case::find("27-module-builds-in-listBuilds") else { return };
    let said = case.run("trace listBuilds.json --format csv");
    let perl: Vec<&str> = said.out.lines().filter(|row| row.starts_with("perl,")).collect();
    assert_eq!(perl.len(), 1, "{}", said.out);
    assert!(perl[0].contains(",900.000,"), "{}", perl[0]);
    assert!(!said.out.contains("ubi"), "{}", said.out);
    let table = case.run("trace listBuilds.json").out;
    assert!(table.contains("3 builds of modules, images and content generators"), "{table}");
    let plan = case.json("plan modules.yaml --all --trace listBuilds.json");
    assert_eq!(plan["bounds"]["critical_path_seconds"], 900.0, "{}", plan["bounds"]);
}

#[test]
fn a_lost_separator_is_one_error_that_names_its_line() {
    let Some(case) = Case::find("30-missing-separator") else { return };
    let said = case.run("check mushed.yaml");
    assert_eq!(said.code, 1);
    let errors: Vec<&str> = said.err.lines().filter(|line| line.contains("error[")).collect();
    let expected = "mushed.yaml:23:1: error[repeated-key]: a second document begins here: `---` is \
                    missing before line 23";
    assert_eq!(errors, [expected]);
    let plan = case.json("plan mushed.yaml --all");
    assert_eq!(plan["modules"][0]["id"], "zz:1:aaaaaaaa", "readable ones are kept");
    assert_eq!(case.run("check first-without-dashes.yaml").code, 0);
    let said = case.run("check dots-only.yaml");
    assert!(
        said.err.contains(":24:1: error[yaml-syntax]: text after `...` without a `---`"),
        "{}",
        said.err
    );
}

#[test]
fn a_packager_document_that_cannot_become_a_stream_is_a_warning() {
    let Some(case) = Case::find("32-arches-of-module-and-component") else { return };
    for (file, why) in [
        ("bad", "component `some` requests ppc64le, which the configuration `N` excludes"),
        ("noconf", "the packager document has no configurations"),
        ("nosummary", "summary"),
    ] {
        let said = case.run(&format!("check --packager {file}.yaml"));
        assert_eq!(said.code, 0, "{}", said.err);
        let warning = said.err.lines().find(|line| line.contains("warning[not-convertible]: "));
        assert!(warning.is_some_and(|line| line.contains(why)), "{file}: {}", said.err);
    }
    let said = case.run("check --packager ar.yaml");
    assert_eq!(said.err, "note: 1 input, 1 document, 0 errors, 0 warnings\n");
    assert_eq!(case.run("expand bad.yaml --against pool.yaml").code, 1);
}

#[test]
fn a_packager_document_is_nobodys_newest_build() {
    let Some(case) = Case::find("36-packager-beside-built") else { return };
    let said = case.run("plan tree --changed perlb:devel");
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(said.err.contains("[misplaced-document]"), "{}", said.err);
    assert!(!said.err.contains("newest-unreadable"), "{}", said.err);
}

#[test]
fn a_denied_platform_is_no_platform() {
    let Some(case) = Case::find("39-who-builds-on-platform") else { return };
    let plan = case.json("plan modules.yaml --all");
    let modules = plan["modules"].as_array().unwrap();
    let platforms: Vec<&Value> = modules.iter().map(|module| &module["platform"]).collect();
    assert!(!platforms.contains(&&Value::from("-f31")), "{platforms:?}");
    let said = case.run("plan modules.yaml --all --platform platform:f31");
    assert!(!said.err.contains("-f31") && !said.out.contains(" -f31"), "{}{}", said.out, said.err);
}

#[test]
fn without_a_base_module_to_build_on_nothing_is_expanded() {
    let Some(case) = Case::find("41-no-platform-in-buildrequires") else { return };
    let pool = "--against ../13-wildcard-requires/repo.yaml --at 2020-01-01T00:00:00Z";
    for file in ["m.yaml", "m3.yaml", "m5.yaml", "pk2.yaml --name jm --stream 1"] {
        let said = case.run(&format!("expand {file} {pool}"));
        assert_eq!(said.code, 1, "{file}: {}", said.out);
        assert!(said.err.contains("error[no-base-module]: "), "{file}: {}", said.err);
    }
}
