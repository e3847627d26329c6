//! `dependencies`: which streams of which modules a stream builds with and runs with.

use std::collections::BTreeMap;

use super::Reader;
use super::reader::shown;
use crate::load::problem::Code;
use crate::load::{Dependencies, Requirement};
use crate::name::ModuleName;
use crate::yaml::{Kind, Node};

type Requirements = BTreeMap<ModuleName, Requirement>;

/// Reads the list of format 2, each item one combination.
pub(super) fn read_v2(node: Node<'_, '_>, reader: &mut Reader<'_>) -> Vec<Dependencies> {
    if node.kind() != Kind::List {
        let message = format!("`dependencies` must be a list of maps, not {}", shown(node));
        reader.refuse(Code::WrongShape, node.mark(), message);
        return Vec::new();
    }
    let items = node.children().enumerate();
    items.map(|(at, item)| item_of(at, item, reader, read_sets)).collect()
}

/// Reads the single map of format 1; it becomes one combination, or none if it is empty.
pub(super) fn read_v1(node: Node<'_, '_>, reader: &mut Reader<'_>) -> Vec<Dependencies> {
    let item = group_of(reader.map(node, || "dependencies".to_owned()), reader, read_single);
    let is_empty = item.buildrequires.is_empty() && item.requires.is_empty();
    if is_empty { Vec::new() } else { vec![item] }
}

type Read = fn(Node<'_, '_>, &str, &mut Reader<'_>) -> Requirements;

fn item_of(at: usize, node: Node<'_, '_>, reader: &mut Reader<'_>, read: Read) -> Dependencies {
    group_of(reader.map(node, || format!("dependencies[{at}]")), reader, read)
}

fn group_of(node: Option<Node<'_, '_>>, reader: &mut Reader<'_>, read: Read) -> Dependencies {
    let mut item = Dependencies::default();
    for (name, key, value) in node.into_iter().flat_map(Node::entries) {
        match name {
            "buildrequires" => item.buildrequires = read(value, name, reader),
            "requires" => item.requires = read(value, name, reader),
            _ => reader.unknown_field(name, key),
        }
    }
    item
}

/// Reads a map of module to set of streams.
fn read_sets(node: Node<'_, '_>, field: &str, reader: &mut Reader<'_>) -> Requirements {
    let mut requirements = Requirements::new();
    for (name, key, value) in reader.entries(node, field) {
        let place = reader.place(key.mark());
        let streams = reader.set(value, name);
        let requirement = Requirement { streams, place };
        check(&requirement, name, value, reader);
        requirements.insert(reader.name(name), requirement);
    }
    requirements
}

/// Reads a map of module to one stream.
fn read_single(node: Node<'_, '_>, field: &str, reader: &mut Reader<'_>) -> Requirements {
    let mut requirements = Requirements::new();
    for (name, key, value) in reader.entries(node, field) {
        let Some(stream) = reader.text(value, name) else { continue };
        let place = reader.place(key.mark());
        let requirement = Requirement { streams: [reader.name(stream)].into(), place };
        check(&requirement, name, value, reader);
        requirements.insert(reader.name(name), requirement);
    }
    requirements
}

/// Refuses empty items, and a set that both names streams and leaves streams out.
fn check(requirement: &Requirement, module: &str, node: Node<'_, '_>, reader: &mut Reader<'_>) {
    let streams = &requirement.streams;
    let negative = streams.iter().filter(|stream| stream.as_str().starts_with('-')).count();
    if streams.iter().any(|stream| matches!(stream.as_str(), "" | "-")) {
        let message = format!("the streams of `{module}` include an empty name");
        reader.refuse(Code::StreamSet, node.mark(), message).hint_last("`[]` means any stream");
    } else if negative > 0 && negative < streams.len() {
        let message = format!("the streams of `{module}` mix `x` and `-x`");
        reader
            .invalid(Code::StreamSet, node.mark(), message)
            .hint_last("list either the accepted or the excluded streams");
    }
}
