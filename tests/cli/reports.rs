//! The sample reports are what the commands write today.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::program::Program;

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns the commands that `reports/README.md` lists, without their first word.
fn commands() -> Vec<Vec<String>> {
    let readme = fs::read_to_string(project().join("reports/README.md")).unwrap();
    let lines = readme.lines().filter_map(|line| line.strip_prefix("    modplan "));
    lines.map(|line| line.split_whitespace().map(str::to_owned).collect()).collect()
}

/// Returns every file below a directory with its content, by its path from there.
fn files(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![root.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(root).unwrap().to_owned();
                found.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// Returns whether a file is made otherwise: the list of commands, written by people, and reports of
/// data that may be absent (those of its months are checked by the tests of `history`).
fn is_made_elsewhere(name: &Path) -> bool {
    name.starts_with("eurolinux8-history")
        || ["README.md", "el8.md"].iter().any(|known| name == Path::new(known))
}

#[test]
#[expect(clippy::disallowed_methods, reason = "snapshots are written anew by this variable")]
fn sample_reports_are_what_the_commands_write() {
    let fresh = tempfile::tempdir().unwrap();
    let is_update = std::env::var("INSTA_UPDATE").is_ok_and(|how| how == "always");
    let target = if is_update { project().join("reports") } else { fresh.path().to_owned() };
    for arguments in commands() {
        let mut arguments = arguments;
        let output = arguments.last_mut().expect("each command ends with its output");
        let below = target.join(output.strip_prefix("reports/").expect("reports go to reports/"));
        fs::create_dir_all(below.parent().expect("it has a parent")).unwrap();
        *output = below.to_str().expect("UTF-8").to_owned();
        let said = Program::new(&arguments).run();
        assert!(
            said.code <= 1,
            "{arguments:?}
{}",
            said.err
        );
    }
    let mut kept = files(&project().join("reports"));
    kept.retain(|name, _| !is_made_elsewhere(name));
    let mut written = files(&target);
    written.retain(|name, _| !is_made_elsewhere(name));
    let names = |files: &BTreeMap<PathBuf, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&kept), names(&written));
    for (name, content) in &written {
        assert!(
            kept[name] == *content,
            "{} differs; look at it, then INSTA_UPDATE=always tests/run reports",
            name.display()
        );
    }
}
