//! The rules of the house that neither the compiler nor clippy checks: which room may use which,
//! which crate is used where, how long a file may be, what a function takes, and what the core may
//! depend on.

use std::fmt::Write;

mod arguments;
mod circles;
mod orchestrators;
mod packages;
mod sources;

use sources::sources;

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
    ("tokio", &["live", "mock_koji/serve", "store/open"]),
];

const FILE_LINES_MAX: usize = 600;

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
