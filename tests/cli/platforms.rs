//! What is said of modules that build on several platforms.

use std::fs;

use crate::support::program::{Program, Said};

/// A built module of one component.
fn module(name: &str, requires: &str) -> String {
    format!(
        "---\ndocument: modulemd\nversion: 2\ndata:\n  name: {name}\n  stream: \"1\"\n  version: 1\n  \
         context: c0ffee\n  summary: s\n  description: d\n  license: {{module: [MIT]}}\n  \
         dependencies:\n  - buildrequires: {{{requires}}}\n  components:\n    rpms: \
         {{{name}: {{rationale: r}}}}\n...\n"
    )
}

/// Plans a change of `base` with more arguments; `middle` builds on `base`.
fn plan(platform_of_middle: &str, more: &[&str]) -> Said {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("modules.yaml");
    let middle = format!("platform: [{platform_of_middle}], base: [\"1\"]");
    let other = module("other", "platform: [el8.6.0]");
    let text = module("base", "platform: [el8.4.0]") + &module("middle", &middle) + &other;
    fs::write(&file, text).expect("written");
    let file = file.display().to_string();
    Program::new(["plan", &file].iter().chain(more)).run()
}

#[test]
fn platforms_whose_modules_build_on_each_other_are_planned_together() {
    let Said { code, out, .. } = plan("el8.6.0", &["--changed", "base:1"]);
    let text = out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(code, 0, "{text}");
    let told = "plan them together: 1 of them builds on a rebuilt module of another platform, as \
                middle:1:c0ffee on base:1:c0ffee; `--only platform:el8.4.0` would leave forced \
                rebuilds out";
    assert!(text.contains(told), "{text}");
}

#[test]
fn platforms_that_have_nothing_to_do_with_each_other_are_planned_apart() {
    let Said { code, out, .. } = plan("el8.4.0", &["--all"]);
    let text = out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(code, 0, "{text}");
    let told = "if they are not one release, plan one at a time, such as `--only platform:el8.4.0`";
    assert!(text.contains(told) && !text.contains("plan them together"), "{text}");
}

#[test]
fn a_module_of_another_platform_than_asked_for_is_said_to_be() {
    let asked = ["--changed", "base:1", "--only", "platform:el8.6.0"];
    let Said { code, err, .. } = plan("el8.6.0", &asked);
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("`base:1` builds on no platform of `--only`"), "{err}");
    assert!(!err.contains("did you mean"), "{err}");
}
