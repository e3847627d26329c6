//! `modulemd-translations`: texts of a stream in other languages. Checked and kept; no plan uses
//! them.

use std::collections::BTreeMap;

use super::Reader;
use crate::load::problem::Code;
use crate::load::{Translation, Translations};
use crate::yaml::Node;

/// Reads the `data` of a translations document.
pub(super) fn read(data: Node<'_, '_>, reader: &mut Reader<'_>) -> Option<Translations> {
    let (mut module, mut stream, mut modified) = (None, None, None);
    let mut locales = BTreeMap::new();
    for (field, key, value) in data.entries() {
        match field {
            "module" => module = reader.text(value, field),
            "stream" => stream = reader.text(value, field),
            "modified" => modified = reader.unsigned(value, field),
            "translations" => {
                for (locale, _, value) in reader.entries(value, field) {
                    locales.insert(locale.into(), translation(locale, value, reader));
                }
            }
            _ => reader.unknown_field(field, key),
        }
    }
    reader.need(data, "module");
    reader.need(data, "stream");
    match data.find("modified") {
        None => {
            reader.refuse(Code::MissingField, data.mark(), "`modified` is missing");
        }
        Some(value) if modified == Some(0) => {
            reader.refuse(Code::MissingField, value.mark(), "`modified` is 0, which means unset");
        }
        Some(_) => {}
    }
    Some(Translations {
        module: reader.name(module?),
        stream: reader.name(stream?),
        modified: modified?,
        locales,
        place: reader.start_place(),
    })
}

fn translation(locale: &str, node: Node<'_, '_>, reader: &mut Reader<'_>) -> Translation {
    let mut translation = Translation::default();
    for (field, key, value) in reader.entries_of(node, "translations", locale) {
        match field {
            "summary" => translation.summary = reader.owned(value, field),
            "description" => translation.description = reader.owned(value, field),
            "profiles" => {
                for (profile, _, value) in reader.entries(value, field) {
                    if let Some(text) = reader.owned(value, profile) {
                        translation.profiles.insert(profile.into(), text);
                    }
                }
            }
            _ => reader.unknown_field(field, key),
        }
    }
    translation
}
