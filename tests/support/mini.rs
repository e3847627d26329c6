//! A mini-language for streams, so that a test says in a line what it is about.
//!
//! One line is one document:
//!
//! ```text
//! perl-DBI:1.641:3:9d36@x86_64 -> platform:el8 perl:5.26|5.30 => perl: { DBI DBD<DBI/x86_64 } only x86_64
//! ```
//!
//! * the identity: name, stream, then version (1 when left out), context (`c0`), and arch after `@`
//!   (`x86_64`; a bare `@` for none);
//! * `->` what it buildrequires and `=>` what it requires, one group; `;` starts another group;
//!   streams are joined by `|`, `name:` is any stream, `name:-1` any but 1;
//! * `{ … }` its components (without it one component named as the module): `key`, then any of
//!   `=package`, `#buildorder`, `<after`, `/arch`, `!ref`; `+name=stream#buildorder` is an
//!   included module;
//! * `only arch…` its `buildopts.arches`.
//!
//! Blank lines and lines that start with `//` are skipped. A place is the line in the text.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use modplan::load::{
    Component, Dependencies, IncludedModule, Input, Place, Requirement, Snapshot, Stream,
};
use modplan::name::{ModuleName, StreamName, Version};

/// Reads lines of the mini-language as one input.
pub(crate) fn snapshot(text: &str) -> Snapshot {
    let streams: Vec<Stream> = (1_u32..)
        .zip(text.lines())
        .map(|(number, line)| (number, line.trim()))
        .filter(|(_, line)| !line.is_empty() && !line.starts_with("//"))
        .map(|(number, line)| document(line, Place { input: 0, line: number, column: 1 }))
        .collect();
    let input = Input {
        path: "mini".to_owned(),
        kind: "modulemd",
        documents: streams.len(),
        sha256: "0".repeat(64),
    };
    Snapshot { inputs: vec![input], streams, ..Snapshot::default() }
}

fn document(line: &str, place: Place) -> Stream {
    let (line, only) = line.split_once(" only ").unwrap_or((line, ""));
    let (line, components) = match line.split_once('{') {
        Some((head, rest)) => (head, Some(rest.trim_end().trim_end_matches('}'))),
        None => (line, None),
    };
    let start = line.find("->").or_else(|| line.find("=>")).unwrap_or(line.len());
    let (identity, needs) = line.split_at(start);
    let mut stream = identified(identity.trim(), place);
    if !needs.trim().is_empty() {
        let groups = needs.split(';').map(|group| group_of(group, place));
        stream.dependencies = Arc::new(groups.collect());
    }
    let own_name = stream.name.to_string();
    for word in components.unwrap_or(&own_name).split_whitespace() {
        add_component(&mut stream, word, place);
    }
    stream.build_arches = only.split_whitespace().map(Into::into).collect();
    stream
}

fn identified(identity: &str, place: Place) -> Stream {
    let (nsvc, arch) = identity.split_once('@').unwrap_or((identity, "x86_64"));
    let mut parts = nsvc.split(':');
    let name = parts.next().expect("a line starts with a name").into();
    let stream = parts.next().unwrap_or_else(|| panic!("{identity} has no stream")).into();
    let version = parts.next().map_or(1, |version| version.parse().expect("a version is a number"));
    let context = parts.next().unwrap_or("c0");
    Stream {
        name,
        stream,
        version: Version(version),
        context: (!context.is_empty()).then(|| context.into()),
        arch: (!arch.is_empty()).then(|| arch.into()),
        place,
        ..Stream::default()
    }
}

fn group_of(text: &str, place: Place) -> Dependencies {
    let (build, runtime) = text.split_once("=>").unwrap_or((text, ""));
    let names = |text: &str| -> BTreeMap<ModuleName, Requirement> {
        text.split_whitespace().map(|word| requirement(word, place)).collect()
    };
    Dependencies {
        buildrequires: names(build.trim().trim_start_matches("->")),
        requires: names(runtime),
    }
}

fn requirement(word: &str, place: Place) -> (ModuleName, Requirement) {
    let (name, streams) = word.split_once(':').unwrap_or_else(|| panic!("{word} has no colon"));
    let streams: BTreeSet<StreamName> =
        streams.split('|').filter(|stream| !stream.is_empty()).map(Into::into).collect();
    (name.into(), Requirement { streams, place })
}

fn add_component(stream: &mut Stream, word: &str, place: Place) {
    const MARKS: &[char] = &['=', '#', '<', '/', '!'];
    let end = word.find(MARKS).unwrap_or(word.len());
    let (key, mut rest) = word.split_at(end);
    let mut component = Component { package: key.into(), place, ..Component::default() };
    let mut equals = None;
    while let Some(mark) = rest.chars().next() {
        let end = rest[1..].find(MARKS).map_or(rest.len(), |at| at + 1);
        let value = &rest[1..end];
        match mark {
            '=' => equals = Some(value),
            '#' => component.buildorder = value.parse().expect("a buildorder is a number"),
            '<' => drop(component.buildafter.insert(value.into())),
            '/' => drop(component.arches.insert(value.into())),
            _ => component.reference = Some(value.to_owned()),
        }
        rest = &rest[end..];
    }
    if let Some(included) = key.strip_prefix('+') {
        let reference = equals.map(str::to_owned);
        let buildorder = component.buildorder;
        stream.included.insert(
            included.into(),
            IncludedModule { reference, buildorder, place, ..IncludedModule::default() },
        );
        return;
    }
    if let Some(package) = equals {
        component.package = package.into();
    }
    Arc::make_mut(&mut stream.components).insert(key.into(), component);
}
