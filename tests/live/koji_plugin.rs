//! The plug-in of koji's hub, tried by its own tests with the newest client library and with the oldest one
//! that it supports.

use std::path::Path;
use std::process::Command;

use crate::support::left_out;

fn tried_with(libraries: Option<&str>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = root.join("target/venv/bin/python");
    let place = libraries.map(|name| root.join("target").join(name));
    if !python.exists() || place.as_ref().is_some_and(|place| !place.join("koji").exists()) {
        return left_out("no koji library for the plug-in");
    }
    let mut command = Command::new(python);
    command.arg(root.join("koji-plugin/test_module_build.py"));
    if let Some(place) = &place {
        command.env("PYTHONPATH", place);
    }
    let output = command.env("PYTHONDONTWRITEBYTECODE", "1").output().expect("python runs");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("Ran 6 tests"), "{text}");
}

#[test]
fn the_plug_in_works_with_the_newest_library() {
    tried_with(None);
}

#[test]
fn the_plug_in_works_with_the_oldest_library() {
    tried_with(Some("koji-oldest"));
}
