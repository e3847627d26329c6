//! Sweeps in parts: joined they have the bytes of one made at once.

use std::path::Path;

use super::{IDEAL, KOJI, good, sweep, sweep_on};
use crate::support::left_out;
use crate::support::program::{Said, modplan};

/// Returns the names and contents of all files of a directory, by name.
fn files(directory: &Path) -> Vec<(String, String)> {
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<(String, String)> = entries
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read_to_string(&path).unwrap())
        })
        .collect();
    files.sort();
    files
}

/// Makes a sweep at once and in three parts, and compares every byte of both.
fn parts_make_the_whole(farm: &str, command: &str, more: &[&str]) {
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name).to_str().unwrap().to_owned();
    let (whole, joined, parts) = (at("whole"), at("joined"), at("parts"));
    let with = |extra: Vec<&str>| -> Vec<String> {
        more.iter().copied().chain(extra).map(str::to_owned).collect()
    };
    let sweep = |command: &str, more: Vec<String>| {
        sweep_on(farm, command, &more.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let stdout = good(sweep(command, with(vec!["-o", &whole])));
    for part in ["2/3", "3/3", "1/3"] {
        let told = good(sweep(command, with(vec!["--shard", part, "-o", &parts])));
        assert_eq!(told, "", "a part goes into its file alone");
    }
    assert_eq!(good(modplan(&["merge", &parts, "-o", &joined])), stdout);
    assert_eq!(files(Path::new(&joined)), files(Path::new(&whole)));
    // Parts have tried the assumed values, though they do not know the answer.
    assert!(Path::new(&joined).join("sensitivity.svg").is_file());
    for format in ["json", "csv"] {
        let form = ["--format", format];
        assert_eq!(
            good(modplan(&[&["merge", &parts], &form[..]].concat())),
            good(sweep(command, with(form.to_vec())))
        );
    }
    // What is there is not replaced unasked.
    let Said { code, err: told, .. } = modplan(&["merge", &parts, "-o", &joined]);
    assert!(code == 2 && told.contains("is not empty") && told.contains("--force"), "{told}");
    assert_eq!(good(modplan(&["merge", &parts, "-o", &joined, "--force"])), stdout);
    // A part that is missing is named.
    std::fs::remove_file(Path::new(&parts).join("shard-2-of-3.json")).unwrap();
    let Said { code, err: told, .. } = modplan(&["merge", &parts]);
    assert_eq!((code, told.contains("shard 2 of 3 is missing")), (1, true), "{told}");
}

#[test]
fn a_comparison_in_parts_has_the_bytes_of_one_made_at_once() {
    parts_make_the_whole(IDEAL, "compare", &["--replications=40"]);
}

#[test]
fn sweeps_on_a_hub_in_parts_have_the_bytes_of_those_made_at_once() {
    parts_make_the_whole(KOJI, "compare", &["--replications=6"]);
    let more = [
        "--replications=5",
        "--vary=x86.capacity=0.5..1",
        "--deadline=30d",
        "--confidence=0.1",
        "--variants=koji-owned/planned",
    ];
    parts_make_the_whole(KOJI, "capacity", &more);
}

#[test]
fn a_capacity_sweep_in_parts_has_the_bytes_of_one_made_at_once() {
    let more = [
        "--replications=20",
        "--vary=x86=4..6:2",
        "--deadline=3d",
        "--confidence=0.1",
        "--variants=koji-owned/planned",
    ];
    parts_make_the_whole(IDEAL, "capacity", &more);
}

#[test]
fn a_precision_and_a_part_exclude_each_other() {
    let Said { code, err: told, .. } = sweep("compare", &["--half-width=1%", "--shard=1/2"]);
    assert_eq!(code, 2, "{told}");
    assert!(told.contains("--shard"), "{told}");
    let Said { code, err: told, .. } = sweep("compare", &["--shard=1/2", "--format=csv"]);
    assert_eq!((code, told.contains("modplan merge")), (2, true), "{told}");
    assert_eq!(sweep("compare", &["--shard=3/2"]).code, 2);
}

#[test]
fn parts_of_different_sweeps_are_not_joined() {
    let place = tempfile::tempdir().unwrap();
    let part = |name: &str, part: &str, replications: &str| {
        let path = place.path().join(name).to_str().unwrap().to_owned();
        let replications = format!("--replications={replications}");
        let text = good(sweep("compare", &["--shard", part, &replications]));
        std::fs::write(&path, text).unwrap();
        path
    };
    let (first, second) = (part("a.json", "1/2", "4"), part("b.json", "2/2", "6"));
    let Said { code, err: told, .. } = modplan(&["merge", &first, &second]);
    assert_eq!((code, told.contains("is of another sweep")), (1, true), "{told}");
    let Said { code, err: told, .. } = modplan(&["merge", "fixtures/el8-perl/pdc.json"]);
    assert_eq!((code, told.contains("not a shard")), (1, true), "{told}");
    assert_eq!(modplan(&["merge", "nowhere.json"]).code, 3);
}

#[test]
fn a_part_that_was_edited_or_made_by_another_version_is_not_joined() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("a.json");
    let file = path.to_str().unwrap();
    let part = good(sweep("compare", &["--shard=1/1", "--replications=3"]));
    let merge = |text: &str| {
        std::fs::write(&path, text).unwrap();
        modplan(&["merge", file])
    };
    good(merge(&part));
    // Still a shard that could have been: its seed, its number and its digest are others.
    let column = part.find("\"sha256\":").unwrap() + "\"sha256\":".len() + 1;
    let expected = format!("{file}:1:{column}: this sha256 is not that of the shard");
    for (from, to) in
        [("\"seed\":11", "\"seed\":12"), ("\"number\":1", "\"number\":2"), ("\"of\":1", "\"of\":2")]
    {
        let Said { code, out, err: told } = merge(&part.replacen(from, to, 1));
        assert_eq!((code, &*out), (1, ""), "{told}");
        assert!(told.contains(&expected) && told.contains("make it again"), "{told}");
    }
    let Said { code, out, err: told } = merge(&part.replacen("\"format\":7", "\"format\":2", 1));
    assert_eq!((code, &*out), (1, ""), "{told}");
    let expected = "a.json: it is a shard of format 2, and this version joins format 7";
    assert!(told.contains(expected), "{told}");
    assert!(told.contains("make all shards again with this version"), "{told}");
}

/// Returns whether a program is installed.
fn has(program: &str) -> bool {
    std::process::Command::new(program).arg("--version").output().is_ok()
}

#[test]
fn parts_made_by_gnu_parallel_as_documented_have_the_bytes_of_the_whole() {
    if !has("parallel") {
        left_out("no GNU parallel (tests/run --setup installs it on Debian)");
        return;
    }
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(project.join("docs/sweeps.md")).unwrap();
    let section = page.split("## GNU parallel").nth(1).unwrap().split("## ").next().unwrap();
    let lines: Vec<&str> = section.lines().filter_map(|line| line.strip_prefix("    ")).collect();
    assert_eq!(lines.len(), 2);
    let place = tempfile::tempdir().unwrap();
    let binary = assert_cmd::cargo::cargo_bin("modplan");
    let directory = binary.parent().unwrap().to_str().unwrap().to_owned();
    let script = format!("set -e; PATH={directory}:$PATH\n{}\n", lines.join("\n"));
    let done = std::process::Command::new("bash")
        .args(["-c", &script])
        .current_dir(project)
        .env("OUT", place.path())
        .env("HOME", place.path())
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    // The same at once: the words of the documented line up to its part.
    let words = lines[0].split("modplan ").nth(1).unwrap().split(" --threads").next().unwrap();
    let whole = place.path().join("whole");
    let mut whole_sweep: Vec<&str> = words.split(' ').collect();
    whole_sweep.extend(["-o", whole.to_str().unwrap()]);
    good(modplan(&whole_sweep));
    assert_eq!(files(&place.path().join("report")), files(&whole));
}
