//! The rules of the house that neither the compiler nor clippy checks: which room may use which,
//! which crate is used where, how long a file may be, and what the core may depend on.

use std::collections::{BTreeMap, BTreeSet};
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
    &["farm", "scenario", "site"],
    &["graph"],
    &["plan"],
    &["expand"],
    &["module_build"],
    &["koji_plan"],
    &["orchestrate"],
    &["drive"],
    &["status"],
    &["hub"],
    &["sim", "store"],
    &["live"],
    &["report"],
    &["serve", "mock_koji"],
    &["cli"],
];

/// A crate and the only places that may name it.
const CRATE_PLACES: &[(&str, &[&str])] = &[
    ("anyhow", &["cli", "main"]),
    ("axum", &["mock_koji/serve"]),
    ("clap", &["cli", "main"]),
    ("dxr", &["koji/codec"]),
    ("indicatif", &["cli"]),
    ("granit_parser", &["yaml"]),
    ("petgraph", &["graph"]),
    ("plotters", &["report"]),
    ("rand", &["sim"]),
    ("rand_distr", &["sim"]),
    ("rand_pcg", &["sim"]),
    ("rayon", &["sim/sweep"]),
    ("reqwest", &["live"]),
    ("roxmltree", &["load"]),
    ("sqlx", &["store"]),
    ("tokio", &["live", "mock_koji/serve"]),
];

/// Rooms whose files still use each other in a circle. The list only ever gets shorter.
const ROOMS_WITH_CIRCLES: &[&str] = &[];

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

/// Returns the files of a room that are part of a circle, each with those it uses there.
///
/// A file and the files below it are one thing to the outside, so that a file may use what is below
/// it and be used from there.
fn circles(room: &[&Source], house: &House) -> BTreeMap<String, BTreeSet<String>> {
    let uses = |source: &&Source| (source.path.clone(), house.used_by(source));
    let mut left: BTreeMap<String, BTreeSet<String>> = room.iter().map(uses).collect();
    loop {
        let files: BTreeSet<String> = left.keys().cloned().collect();
        left.values_mut().for_each(|used| used.retain(|file| files.contains(file)));
        let used: BTreeSet<String> = left.values().flatten().cloned().collect();
        left.retain(|file, uses| !uses.is_empty() && used.contains(file));
        if left.len() == files.len() {
            return left;
        }
    }
}

/// Every file with the names it passes on from others.
struct House {
    passed_on: BTreeMap<String, BTreeMap<String, Vec<String>>>,
}

impl House {
    fn new(sources: &[Source]) -> Self {
        let passed_on = |source: &Source| {
            let uses = statements(source).filter(|statement| passes_on(statement));
            let paths = uses.flat_map(|statement| used_paths(&statement));
            let paths = paths.map(|path| absolute(path, &source.path));
            let named = paths.filter_map(|path| Some((path.last()?.clone(), path)));
            (source.path.clone(), named.collect())
        };
        Self { passed_on: sources.iter().map(passed_on).collect() }
    }

    /// Returns the files of the same room that a file uses, but for those below it.
    fn used_by(&self, source: &Source) -> BTreeSet<String> {
        let below = format!("{}/", source.path);
        statements(source)
            .filter(|statement| !passes_on(statement))
            .flat_map(|statement| used_paths(&statement))
            .filter_map(|path| self.file_of(&absolute(path, &source.path), 0))
            .filter(|file| file.split('/').next() == Some(source.room()))
            .filter(|file| *file != source.path && !file.starts_with(&below))
            .collect()
    }

    /// Returns the file that a path ends in, through the files that pass the name on.
    fn file_of(&self, path: &[String], depth: usize) -> Option<String> {
        assert!(depth < 10, "a name is passed on without end: {path:?}");
        let is_file = |end: &usize| self.passed_on.contains_key(&path[..*end].join("/"));
        let end = (1..=path.len()).rev().find(is_file)?;
        let file = path[..end].join("/");
        let on = path.get(end).and_then(|name| self.passed_on[&file].get(name));
        match on {
            Some(target) => self.file_of(target, depth + 1).or(Some(file)),
            None => Some(file),
        }
    }
}

/// Returns each line of code, lines of one `use` joined.
fn statements(source: &Source) -> impl Iterator<Item = String> + '_ {
    let mut open: Option<String> = None;
    source.code.iter().filter_map(move |line| {
        let line = line.trim();
        let text = match open.take() {
            Some(text) => text + " " + line,
            None if import(line).is_some() => line.to_owned(),
            None => return Some(line.to_owned()),
        };
        if text.ends_with(';') {
            return Some(text);
        }
        open = Some(text);
        None
    })
}

/// Returns every path of a line that starts in this crate: at its root, or at a file above.
fn used_paths(line: &str) -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    if let Some(tree) = import(line) {
        spread(tree.trim_end_matches(';'), &[], &mut paths);
        return paths;
    }
    for start in ["crate::", "super::"] {
        for (at, _) in line.match_indices(start) {
            let before = line[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
                continue;
            }
            let is_path = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
            let end = line[at..].find(|c| !is_path(c)).map_or(line.len(), |end| at + end);
            paths.push(segments(&line[at..end]));
        }
    }
    paths
}

/// Returns whether a line is an import that others may use.
fn passes_on(line: &str) -> bool {
    line.starts_with("pub") && import(line).is_some()
}

/// Returns what comes after the `use` of an import, public or not.
fn import(line: &str) -> Option<&str> {
    let (visibility, rest) = line.split_once("use ")?;
    let visibility = visibility.trim_end();
    (["", "pub"].contains(&visibility)
        || visibility.starts_with("pub(") && visibility.ends_with(')'))
    .then_some(rest)
}

/// Spreads `a::{b, c::{d}}` into its paths.
fn spread(text: &str, prefix: &[String], paths: &mut Vec<Vec<String>>) {
    let text = text.trim();
    let Some((head, list)) = text.split_once('{') else {
        let name = text.split(" as ").next().expect("split yields something");
        paths.push([prefix, &segments(name)].concat());
        return;
    };
    let prefix = [prefix, &segments(head)].concat();
    let list = list.trim_end().strip_suffix('}').expect("the list ends");
    let (mut depth, mut from) = (0, 0);
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                spread(&list[from..at], &prefix, paths);
                from = at + 1;
            }
            _ => {}
        }
    }
    if !list[from..].trim().is_empty() {
        spread(&list[from..], &prefix, paths);
    }
}

fn segments(path: &str) -> Vec<String> {
    path.split("::").map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// Returns a path from the root of the crate; one of another crate, or of a file below, is as it is.
fn absolute(path: Vec<String>, file: &str) -> Vec<String> {
    let mut place: Vec<String> = file.split('/').map(str::to_owned).collect();
    let mut names = path.into_iter().peekable();
    match names.peek().map(String::as_str) {
        Some("crate" | "modplan") => place.clear(),
        Some("self" | "super") => {}
        _ => {
            place.extend(names);
            return place;
        }
    }
    for name in names {
        match name.as_str() {
            "crate" | "modplan" | "self" => {}
            "super" => drop(place.pop()),
            _ => place.push(name),
        }
    }
    place
}

#[test]
fn no_circle_inside_a_room() {
    let sources = sources();
    let house = House::new(&sources);
    let mut wrong = String::new();
    for room in ROWS.iter().copied().flatten() {
        let files: Vec<&Source> = sources.iter().filter(|source| source.room() == *room).collect();
        let circles = circles(&files, &house);
        let is_known = ROOMS_WITH_CIRCLES.contains(room);
        if is_known && circles.is_empty() {
            writeln!(wrong, "{room} has no circle: take it off the list").unwrap();
        }
        for (file, uses) in circles.iter().filter(|_| !is_known) {
            writeln!(wrong, "src/{file}.rs is part of a circle with {uses:?}").unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn a_circle_is_seen_through_names_that_are_passed_on() {
    let source = |path: &str, text: &str| {
        let (path, text) = (path.to_owned(), text.to_owned());
        Source { path, code: code_lines(&text), text }
    };
    let sources = [
        source("a", "mod b;\nmod c;\npub use c::{self, C as Sea};\npub struct A;"),
        source("a/b", "use super::{\n    A,\n    c::C,\n};\nuse crate::name::Arch;"),
        source("a/c", "fn f() { super::b::f(); crate::a::A; }"),
    ];
    let house = House::new(&sources);
    assert_eq!(house.used_by(&sources[0]), BTreeSet::new(), "what is below is part of it");
    let both = ["a".to_owned(), "a/c".to_owned()];
    assert_eq!(house.used_by(&sources[1]), BTreeSet::from(both));
    let found = circles(&sources.iter().collect::<Vec<_>>(), &house);
    assert_eq!(found.keys().collect::<Vec<_>>(), ["a/b", "a/c"]);
    let without = [&sources[0], &sources[1]];
    assert!(circles(&without, &house).is_empty());
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

/// What orchestrators know nothing of: it is of a simulated world.
const OF_A_WORLD: &[&str] =
    &["draw", "duration", "durations", "sample", "samples", "builder", "builders", "slots"];

#[test]
fn orchestrators_know_no_draw_no_duration_and_no_builder() {
    let mut wrong = String::new();
    for source in sources().iter().filter(|source| source.room() == "orchestrate") {
        for line in &source.code {
            let is_letter = |letter: char| letter.is_ascii_alphanumeric();
            let mut words = line.split(|letter| !is_letter(letter));
            if words.any(|word| OF_A_WORLD.contains(&word)) {
                writeln!(wrong, "src/{}.rs: {line}", source.path).unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn calls_are_made_again_by_their_table_alone() {
    let mut wrong = String::new();
    let is_elsewhere = |source: &&Source| {
        source.room() == "orchestrate" && !source.path.starts_with("orchestrate/call/pending")
    };
    for source in sources().iter().filter(is_elsewhere) {
        let makes =
            |line: &&String| line.contains("Command::Call") || line.contains("Command::Look");
        if let Some(line) = source.code.iter().find(makes) {
            writeln!(wrong, "src/{}.rs: only the table makes calls: {line}", source.path).unwrap();
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
