//! `modulemd-defaults`: the stream and the profiles used by default.

use std::collections::{BTreeMap, BTreeSet};

use super::Reader;
use crate::load::{Defaults, Intent};
use crate::name::StreamName;
use crate::yaml::Node;

/// Reads the `data` of a defaults document.
pub(super) fn read(data: Node<'_, '_>, reader: &mut Reader<'_>) -> Option<Defaults> {
    let mut module = None;
    let (mut modified, mut stream) = (0, None);
    let (mut profiles, mut intents) = (BTreeMap::new(), BTreeMap::new());
    for (field, key, value) in data.entries() {
        match field {
            "module" => module = reader.text(value, field),
            "modified" => modified = reader.unsigned(value, field).unwrap_or_default(),
            "stream" => stream = reader.text(value, field).map(|text| reader.name(text)),
            "profiles" => profiles = profiles_of(value, reader),
            "intents" => {
                for (name, _, value) in reader.entries(value, field) {
                    intents.insert(name.into(), intent(name, value, reader));
                }
            }
            _ => reader.unknown_field(field, key),
        }
    }
    reader.need(data, "module");
    let module = reader.name(module?);
    Some(Defaults { module, modified, stream, profiles, intents, place: reader.start_place() })
}

fn profiles_of(
    node: Node<'_, '_>,
    reader: &mut Reader<'_>,
) -> BTreeMap<StreamName, BTreeSet<Box<str>>> {
    let mut profiles = BTreeMap::new();
    for (stream, _, value) in reader.entries(node, "profiles") {
        let set = reader.owned_set(value, stream);
        profiles.insert(reader.name(stream), set);
    }
    profiles
}

fn intent(name: &str, node: Node<'_, '_>, reader: &mut Reader<'_>) -> Intent {
    let mut intent = Intent::default();
    for (field, key, value) in reader.entries_of(node, "intents", name) {
        match field {
            "stream" => intent.stream = reader.text(value, field).map(|text| reader.name(text)),
            "profiles" => intent.profiles = profiles_of(value, reader),
            _ => reader.unknown_field(field, key),
        }
    }
    intent
}
