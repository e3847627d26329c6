//! The rules of the house that neither the compiler nor clippy checks: which room may use which,
//! which crate is used where, how long a file may be, and what the core may depend on.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The rooms from the bottom up: a room uses rooms of lower rows only.
const ROWS: &[&[&str]] = &[
    &["name", "time"],
    &["yaml"],
    &["load", "koji"],
    &["trace", "settings"],
    &["farm", "scenario"],
    &["graph"],
    &["plan"],
    &["orchestrate"],
    &["hub"],
    &["store"],
    &["sim", "live"],
    &["report", "serve", "mock_koji"],
    &["cli"],
];

/// A crate and the only places that may name it.
const CRATE_PLACES: &[(&str, &[&str])] = &[
    ("anyhow", &["cli", "main"]),
    ("clap", &["cli", "main"]),
    ("dxr", &["koji/codec"]),
    ("indicatif", &["cli"]),
    ("granit_parser", &["yaml", "settings"]),
    ("petgraph", &["graph"]),
    ("plotters", &["report"]),
    ("rand", &["sim"]),
    ("rand_distr", &["sim"]),
    ("rand_pcg", &["sim"]),
    ("rayon", &["sim/sweep"]),
    ("reqwest", &["live"]),
    ("roxmltree", &["load"]),
    ("tokio", &["live"]),
];

const FILE_LINES_MAX: usize = 600;

/// A source file without comments and unit tests.
struct Source {
    /// Its path below `src`, without `.rs`: `plan/wave`.
    path: String,
    text: String,
    code: Vec<String>,
}

impl Source {
    fn room(&self) -> &str {
        self.path.split('/').next().expect("split yields something")
    }
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&root, &mut files);
    files.sort();
    assert!(files.len() > 10, "the sources were found");
    files
        .iter()
        .map(|file| {
            let text = fs::read_to_string(file).unwrap();
            let path = file.strip_prefix(&root).unwrap().with_extension("");
            let code = code_lines(&text);
            Source { path: path.to_str().unwrap().replace('\\', "/"), text, code }
        })
        .filter(|source| !source.path.ends_with("/tests") && !source.path.contains("/tests/"))
        .collect()
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// Returns the lines of code before the unit tests, without whole-line comments.
fn code_lines(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    let tests = lines
        .windows(2)
        .position(|pair| pair[0].trim() == "#[cfg(test)]" && pair[1].trim().starts_with("mod "))
        .unwrap_or(lines.len());
    lines[..tests]
        .iter()
        .filter(|line| !line.trim_start().starts_with("//"))
        .map(|line| (*line).to_owned())
        .collect()
}

/// Returns the rooms a line names: `use crate::plan::Plan` and `crate::plan::Plan` alike.
fn rooms_named(line: &str) -> Vec<&str> {
    ["crate::", "modplan::"]
        .iter()
        .flat_map(|prefix| line.match_indices(prefix).map(|(at, _)| at + prefix.len()))
        .flat_map(|from| names_at(&line[from..]))
        .collect()
}

/// Returns the first path segment, or each first segment of a braced list.
fn names_at(rest: &str) -> Vec<&str> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    match rest.strip_prefix('{') {
        Some(list) => list
            .split([',', '}'])
            .map(|item| first(item.trim(), is_name))
            .filter(|name| !name.is_empty())
            .collect(),
        None => vec![first(rest, is_name)],
    }
}

fn first(text: &str, is_name: impl Fn(char) -> bool) -> &str {
    text.split(|c| !is_name(c)).next().expect("split yields something")
}

fn row(room: &str) -> Option<usize> {
    ROWS.iter().position(|rooms| rooms.contains(&room))
}

/// Returns why a room may not use another, where it may not.
fn wrong_arrow(from: &str, to: &str) -> Option<String> {
    let (Some(lower), Some(upper)) = (row(to), row(from)) else {
        return None;
    };
    (from != to && lower >= upper).then(|| format!("{from} may not use {to}"))
}

#[test]
fn no_arrow_between_rooms_points_back() {
    let mut wrong = String::new();
    for source in sources() {
        let room = source.room();
        let outside = ["lib", "main"];
        if row(room).is_none() && !outside.contains(&room) {
            writeln!(wrong, "src/{}.rs: {room} has no row in this test", source.path).unwrap();
        }
        for line in &source.code {
            for complaint in rooms_named(line).iter().filter_map(|to| wrong_arrow(room, to)) {
                writeln!(wrong, "src/{}.rs: {complaint}: {}", source.path, line.trim()).unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn an_arrow_that_points_back_is_seen() {
    assert_eq!(rooms_named("use crate::{name::Arch, sim::Outcome};"), ["name", "sim"]);
    assert_eq!(rooms_named("    let plan = crate::plan::Plan::new();"), ["plan"]);
    assert!(wrong_arrow("load", "graph").is_some());
    assert!(wrong_arrow("graph", "load").is_none());
    assert!(wrong_arrow("sim", "live").is_some());
    assert!(wrong_arrow("plan", "plan").is_none());
}

#[test]
fn each_crate_stays_in_its_room() {
    let mut wrong = String::new();
    for source in sources() {
        for (name, places) in CRATE_PLACES {
            let is_place =
                |place: &str| source.path == place || source.path.starts_with(&format!("{place}/"));
            let is_home = places.iter().any(|place| is_place(place));
            let path = format!("{name}::");
            let names_it = |line: &&String| {
                line.match_indices(&path).any(|(at, _)| {
                    !line[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
                })
            };
            if let Some(line) = source.code.iter().find(names_it).filter(|_| !is_home) {
                writeln!(wrong, "src/{}.rs: {name} belongs in {places:?}: {line}", source.path)
                    .unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_file_says_what_it_is_for_and_is_short() {
    let mut wrong = String::new();
    for source in sources() {
        if !source.text.starts_with("//!") {
            writeln!(wrong, "src/{}.rs does not open with `//!`", source.path).unwrap();
        }
        if source.path.ends_with("/mod") {
            writeln!(wrong, "src/{}.rs: write foo.rs with foo/ beside it", source.path).unwrap();
        }
        let lines = source.code.len();
        if lines > FILE_LINES_MAX {
            writeln!(wrong, "src/{}.rs has {lines} lines of code", source.path).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Crates with `-sys` in their name that hold no C all the same.
const PURE_SYS: &[&str] = &["linux-raw-sys", "windows-sys", "js-sys", "web-sys"];

/// What builds or binds C, or opens a socket.
const NOT_IN_THE_CORE: &[&str] =
    &["cc", "cmake", "bindgen", "pkg-config", "reqwest", "hyper", "tokio", "lapin", "sqlx"];

#[test]
fn the_core_has_no_c_and_no_network_and_licences_all_may_use() {
    let mut wrong = String::new();
    for line in core_crates() {
        let (package, licence) = line.split_once('|').expect("the format has a bar");
        let name = package.split(' ').next().expect("split yields something");
        let is_native = name.ends_with("-sys") && !PURE_SYS.contains(&name);
        if is_native || NOT_IN_THE_CORE.contains(&name) {
            writeln!(wrong, "{package} does not belong in the core").unwrap();
        }
        if !licence_is_fine(licence, &licences_allowed()) {
            writeln!(wrong, "{package} has the licence {licence}").unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

fn core_crates() -> Vec<String> {
    let arguments = "tree --no-dedupe --no-default-features --edges normal,build --prefix none --format {p}|{l}";
    let output = Command::new(env!("CARGO"))
        .args(arguments.split(' '))
        .args(["--locked", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let mut lines: Vec<_> =
        text.lines().map(str::to_owned).filter(|line| !line.is_empty()).collect();
    lines.sort();
    lines.dedup();
    assert!(lines.len() > 50, "the tree was read");
    lines
}

/// Returns the list of `deny.toml`, so that there is one list.
fn licences_allowed() -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("deny.toml");
    let text = fs::read_to_string(path).unwrap();
    let list = text.split("allow = [").nth(1).and_then(|rest| rest.split(']').next()).unwrap();
    list.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Reads the part of SPDX that crates use: every `AND` part needs one `OR` part that is allowed.
fn licence_is_fine(expression: &str, allowed: &[String]) -> bool {
    let plain = expression.replace(['(', ')'], "").replace('/', " OR ");
    plain.split(" AND ").all(|part| {
        part.split(" OR ").any(|licence| allowed.iter().any(|allowed| allowed == licence.trim()))
    })
}

#[test]
fn licences_are_read_with_and_and_or() {
    let allowed = ["MIT".to_owned(), "Zlib".to_owned()];
    assert!(licence_is_fine("GPL-3.0 OR MIT", &allowed));
    assert!(licence_is_fine("(MIT OR Apache-2.0) AND Zlib", &allowed));
    assert!(!licence_is_fine("MIT AND GPL-3.0", &allowed));
    assert!(!licence_is_fine("", &allowed));
}

#[test]
fn no_crate_is_locked_that_deny_toml_bans() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |name: &str| fs::read_to_string(root.join(name)).expect("it is there");
    let (deny, lock) = (read("deny.toml"), read("Cargo.lock"));
    let banned: Vec<&str> = deny
        .lines()
        .filter(|line| !line.contains("wrappers"))
        .filter_map(|line| line.split_once("crate = \"")?.1.split('"').next())
        .collect();
    assert!(!banned.is_empty(), "deny.toml bans something");
    for name in banned {
        assert!(!lock.contains(&format!("name = \"{name}\"\n")), "{name} is locked");
    }
    // What wraps C code belongs to the live feature alone.
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--offline", "--edges", "normal,build", "--prefix", "none"])
        .current_dir(root)
        .output()
        .expect("cargo runs");
    let tree = String::from_utf8(tree.stdout).expect("UTF-8");
    assert!(tree.contains("petgraph"), "the tree of the core is listed");
    for name in ["openssl-sys", "cc", "cmake", "bindgen"] {
        let is_it = |line: &str| line.split(' ').next() == Some(name);
        assert!(!tree.lines().any(is_it), "the core needs {name}");
    }
}
