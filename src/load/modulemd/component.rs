//! `components`: the components of a module.

use std::collections::BTreeMap;

use super::Reader;
use crate::load::problem::Code;
use crate::load::{Component, IncludedModule};
use crate::name::ComponentKey;
use crate::yaml::Node;

/// Both sections of `components`.
#[derive(Debug, Default)]
pub(super) struct Components {
    pub(super) rpms: BTreeMap<ComponentKey, Component>,
    pub(super) modules: BTreeMap<ComponentKey, IncludedModule>,
}

/// Reads `components`.
pub(super) fn read(node: Node<'_, '_>, reader: &mut Reader<'_>) -> Components {
    let mut components = Components::default();
    for (section, key, value) in reader.entries(node, "components") {
        match section {
            "rpms" => {
                let entries = reader.entries(value, "components.rpms");
                let rpms = entries.map(|(name, key, value)| {
                    let component = rpm(name, key, value, reader);
                    (reader.name(name), component)
                });
                components.rpms =
                    std::mem::take(&mut components.rpms).into_iter().chain(rpms).collect();
            }
            "modules" => {
                for (name, key, value) in reader.entries(value, "components.modules") {
                    let included = module(name, key, value, reader);
                    components.modules.insert(reader.name(name), included);
                }
            }
            _ => reader.unknown_field(section, key),
        }
    }
    components
}

fn rpm(name: &str, key: Node<'_, '_>, node: Node<'_, '_>, reader: &mut Reader<'_>) -> Component {
    let mut component = Component {
        package: reader.name(name),
        place: reader.place(key.mark()),
        ..Component::default()
    };
    for (field, key, value) in reader.entries(node, name) {
        match field {
            "rationale" => component.rationale = reader.shared(value, field),
            "name" => {
                if let Some(package) = reader.text(value, field) {
                    component.package = reader.name(package);
                }
            }
            "repository" => component.repository = reader.shared(value, field),
            "cache" => component.cache = reader.shared(value, field),
            "ref" => component.reference = reader.text(value, field).map(Into::into),
            "buildorder" => component.buildorder = buildorder(value, reader),
            "buildafter" => component.buildafter = reader.set(value, field),
            "buildonly" => component.buildonly = reader.boolean(value, field),
            "buildroot" => component.buildroot = reader.boolean(value, field),
            "srpm-buildroot" => component.srpm_buildroot = reader.boolean(value, field),
            "arches" => component.arches = reader.set(value, field),
            "multilib" => component.multilib = reader.set(value, field),
            _ => reader.unknown_field(field, key),
        }
    }
    component
}

fn module(
    name: &str,
    key: Node<'_, '_>,
    node: Node<'_, '_>,
    reader: &mut Reader<'_>,
) -> IncludedModule {
    let mut included =
        IncludedModule { place: reader.place(key.mark()), ..IncludedModule::default() };
    for (field, key, value) in reader.entries(node, name) {
        match field {
            "rationale" => included.rationale = reader.shared(value, field),
            "repository" => included.repository = reader.shared(value, field),
            "ref" => included.reference = reader.text(value, field).map(Into::into),
            "buildorder" => included.buildorder = buildorder(value, reader),
            "buildonly" => included.buildonly = reader.boolean(value, field),
            _ => reader.unknown_field(field, key),
        }
    }
    included
}

/// Reads a buildorder: a whole number of 64 bits with its sign. The reference library keeps 32 bits
/// of it, and real documents have a -1 converted to an unsigned number; both are reported.
fn buildorder(node: Node<'_, '_>, reader: &mut Reader<'_>) -> i64 {
    const WRAPPED: &str = "18446744073709551615";
    let Some(text) = reader.text(node, "buildorder") else { return 0 };
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if text == WRAPPED {
        let message = format!("buildorder {WRAPPED} is read as -1");
        reader
            .refuse(Code::WrappedBuildOrder, node.mark(), message)
            .hint_last("write -1: the number is -1 printed without its sign");
        return -1;
    }
    match text.parse::<i64>() {
        Ok(order) if is_plain => {
            if i32::try_from(order).is_err() {
                let message =
                    format!("buildorder {order} exceeds 32 bits; other tools truncate it");
                reader.refuse(Code::WideBuildOrder, node.mark(), message);
            }
            order
        }
        _ => {
            let message = format!("`buildorder` must be a whole number of 64 bits, not `{text}`");
            reader.refuse(Code::BadValue, node.mark(), message);
            0
        }
    }
}
