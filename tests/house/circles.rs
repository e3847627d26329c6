//! No file of a room uses another that uses it in turn.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::ROWS;
use super::sources::{Source, code_lines, sources};

/// Rooms whose files still use each other in a circle. The list only ever gets shorter.
const ROOMS_WITH_CIRCLES: &[&str] = &[];

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
